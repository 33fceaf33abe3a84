"""What more phrases and the meaning vector bring: the reader trained on shares of the phrases, read on sentences never learned from.

    .venv/bin/python bench/understand.py [--quick]

Fails when the vector brings nothing, or the whole of the phrases reads less than a quarter of them.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import app  # noqa: F401 - it keeps numpy to one thread, as a server does
from bot.settings import ROOT
from bot.understand import model as models
from bot.understand.encoder import Encoder
from bot.understand.measure import Figures, measure
from bot.understand.phrases import Phrase, load_phrases
from bot.understand.reader import Reader, load_reader
from bot.understand.spelling import Speller

SHARES = (0.25, 1.0)
QUICK = 0.05  # of the phrases, in --quick


class NoVector(Encoder):
    """Knows no meanings: every vector is nothing."""

    def vectors(self, texts):  # type: ignore[no-untyped-def]
        """Zeros."""
        return super().vectors([""] * len(texts))


def main() -> int:
    """Prints a line a training, and the verdict; gives the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args().quick
    reader = load_reader(ROOT / "intents", cache=ROOT / "instance" / "cache")
    phrases = [phrase for code in reader.tongues for phrase in load_phrases(ROOT / "intents" / code / "phrases")]
    random.Random(7).shuffle(phrases)  # a fixed order
    tests = [load_phrases(ROOT / "intents" / code / "tests.yaml")[:: 5 if quick else 1] for code in reader.tongues]
    phrases = phrases[: int(len(phrases) * (QUICK if quick else 1))]
    print(
        f"{'phrases':>9} {'vector':7}{'exact %':>9}{'wrong %':>9}{'missed %':>10}{'alarms %':>10}   mean of {', '.join(reader.tongues)}"
    )
    exact = {(share, way): _line(reader, phrases, tests, share, way) for share in SHARES for way in ("without", "with")}
    gains = exact[1.0, "with"] - exact[1.0, "without"], exact[1.0, "with"] - exact[0.25, "with"]
    good = min(gains) > 0
    print(f"{'PASS' if good else 'FAIL'}: the vector brings {gains[0]:+.1f} points, four times the phrases {gains[1]:+.1f}")
    return 0 if good else 1


def _line(reader: Reader, phrases: list[Phrase], tests: list[list[Phrase]], share: float, way: str) -> float:
    some = phrases[: int(len(phrases) * share)]
    trained = models.train(some, Encoder() if way == "with" else NoVector())
    speller = Speller(name[2:] for name in trained.vocabulary if name.startswith("w:"))
    read = replace(reader, model=trained, speller=speller)
    each = [measure(read, sentences) for sentences in tests]
    exact, wrong, missed, alarms = (_mean(each, name) for name in ("exact", "wrong", "missed", "alarms"))
    print(f"{len(some):9} {way:7}{exact:9.1f}{wrong:9.1f}{missed:10.1f}{alarms:10.1f}", flush=True)
    return exact


def _mean(each: list[Figures], name: str) -> float:
    return float(sum(getattr(figures, name) for figures in each) / len(each))


if __name__ == "__main__":
    sys.exit(main())
