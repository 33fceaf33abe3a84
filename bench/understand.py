"""What reading costs, and what it is worth beside rapidfuzz alone, beside nlp.js, and with fewer phrases; all on sentences never
learned from.

    .venv/bin/python bench/understand.py [--quick]

Fails when a start from the cache, a message or the memory takes far more than is aimed at, when rapidfuzz or nlp.js reads better, or
when all phrases read no better than a quarter of them. nlp.js (by npm, for English alone) is skipped where npm is not there; all
English phrases take it many minutes to learn.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import nlpjs
from rapidfuzz import fuzz, process

import app  # noqa: F401 - it keeps numpy to one thread, as a server does
from bot.settings import ROOT
from bot.understand import model as models
from bot.understand.measure import measure, read, verdicts
from bot.understand.normalise import fold
from bot.understand.phrases import Phrase, load_phrases
from bot.understand.reader import Reader, load_reader
from bot.understand.types import Understanding

# Seconds of a start; milliseconds of a message, and of the 99th of 100; MB. What is aimed at on a quiet machine; and what would
# be a mistake even on a busy one.
AIM = (2.0, 1.0, 3.0, 300)
MOST = (6.0, 3.0, 12.0, 400)
SHARES = (1 / 16, 1 / 4, 1.0)
NLPJS = 800  # English phrases that nlp.js learns in a quick run
NEAR = 75  # rapidfuzz's ratio from which a phrase counts as what was meant


@dataclass(frozen=True)
class Fuzzy:
    """Reads a sentence as the phrase that it is most like."""

    phrases: list[Phrase]
    texts: list[str]

    def read(self, sentence: Phrase) -> Understanding:
        """The acts and the danger of the likest phrase; nothing when none is near."""
        found = process.extractOne(fold(sentence.text), self.texts, scorer=fuzz.token_set_ratio, score_cutoff=NEAR)
        labels = self.phrases[found[2]].labels if found else frozenset()
        urgent = next((label.split(".")[1] for label in labels if label.startswith("urgent.")), None)
        return Understanding(acts=frozenset(label.split(".")[0] for label in labels) - {"urgent"}, urgent=urgent)


def main() -> int:
    """Prints what it measures and the verdict; gives the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="a tenth of the sentences, in English and Spanish")
    quick = options.parse_args().quick
    subprocess.run([sys.executable, ROOT / "bench" / "learn.py"], check=True)  # apart, so that its memory does not count
    began = time.process_time()  # here and below: what others do on the machine meanwhile does not count
    reader = load_reader(ROOT / "intents", cache=ROOT / "instance" / "cache")
    start = time.process_time() - began
    codes = ["en", "es"] if quick else sorted(reader.tongues)
    tests = [sentence for code in codes for sentence in load_phrases(ROOT / "intents" / code / "tests.yaml")[:: 10 if quick else 1]]
    median, slowest = _cost(reader, tests)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(reader.tongues)} languages: start {start:.1f} s, median {median:.2f} ms, 99th of 100 {slowest:.2f} ms, {memory:.0f} MB"
    )
    phrases = [phrase for code in codes for phrase in load_phrases(ROOT / "intents" / code / "phrases")]
    exact = _curve(reader, phrases, tests)
    fuzzy = _fuzzy(phrases, tests[:: 1 if quick else 5])
    measured = (start, median, slowest, memory)
    good = all(map(float.__le__, measured, map(float, MOST))) and exact[-1] > fuzzy and exact[-1] > exact[1]
    good = _nlpjs(reader, quick) and good
    reached = [f"{each:.1f}" for each, aim in zip(measured, AIM, strict=True) if each > aim]
    print(f"{'PASS' if good else 'FAIL'}: at most {MOST}, the aim is {AIM}, missed by {', '.join(reached) or 'none'}")
    return 0 if good else 1


def _cost(reader: Reader, tests: list[Phrase]) -> tuple[float, float]:
    """(median, 99th percentile) of the milliseconds that one message takes."""
    taken = []
    for _ in range(2):  # the first time the model is still read from the disk
        taken = []
        for sentence in tests:
            began = time.process_time()
            read(reader, sentence)
            taken.append(1000 * (time.process_time() - began))
    taken.sort()
    return taken[len(taken) // 2], taken[int(0.99 * len(taken))]


def _curve(reader: Reader, phrases: list[Phrase], tests: list[Phrase]) -> list[float]:
    """Prints what shares of the phrases read exactly."""
    phrases = random.Random(7).sample(phrases, len(phrases))  # a fixed order
    exact = []
    for share in SHARES:
        some = phrases[: int(len(phrases) * share)]
        found = measure(replace(reader, model=models.train(some)), tests)
        exact.append(found.exact)
        print(f"{len(some):7} phrases: exact {found.exact:.1f} %, wrong {found.wrong:.1f} %, missed {found.missed:.1f} %", flush=True)
    return exact


def _nlpjs(reader: Reader, quick: bool) -> bool:
    """Prints how nlp.js and ours read English after the same phrases; whether ours reads better, as far as it can be told."""
    if reason := nlpjs.missing():
        print(f"nlp.js: skipped, {reason}")
        return True
    phrases, tests = load_phrases(ROOT / "intents" / "en" / "phrases"), load_phrases(ROOT / "intents" / "en" / "tests.yaml")
    some = random.Random(7).sample(phrases, NLPJS) if quick else phrases
    other = nlpjs.compare(some, tests, "en")
    began = time.perf_counter()
    ours = replace(reader, model=models.train(some))
    training = time.perf_counter() - began
    began = time.perf_counter()
    found = measure(ours, tests)
    each = 1000 * (time.perf_counter() - began) / len(tests)
    print(f"{len(some)} English phrases, {len(tests)} sentences:")
    for name, shares, learned, taken in (
        ("nlp.js", other, other.training, other.each),
        ("ours", found, training, each),
    ):
        print(
            f"  {name:7} exact {shares.exact:.1f} %, wrong {shares.wrong:.1f} %, learned in {learned:.0f} s, {taken:.2f} ms a sentence"
        )
    return found.exact > other.exact and found.wrong < other.wrong


def _fuzzy(phrases: list[Phrase], tests: list[Phrase]) -> float:
    fuzzy = Fuzzy(phrases, [fold(phrase.text) for phrase in phrases])
    began = time.perf_counter()
    found = [verdicts(sentence, fuzzy.read(sentence)) for sentence in tests]
    each = 1000 * (time.perf_counter() - began) / len(tests)
    exact, wrong = (100 * sum(name in each for each in found) / len(tests) for name in ("exact", "wrong"))
    print(f"rapidfuzz alone: exact {exact:.1f} %, wrong {wrong:.1f} %, {each:.1f} ms a message")
    return exact


if __name__ == "__main__":
    sys.exit(main())
