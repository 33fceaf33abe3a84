"""How fast the signed webhook is: Attend beside a floor that checks, commits twice and answers, in one run, round by round.

    .venv/bin/python bench/webhook.py [--quick] [--messages FILE ...]

Each message comes from a patient of its own who was asked about a visit. What a worker does beside (sending, the schedule, the search
index) is not measured here: `WORKERS=apart`. Fails when Attend handles fewer than LEAST of the floor's
messages a second, or when any message gets an error or no answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import served
from served import Client, Reply, Server

from bot.understand.phrases import load_phrases

AIM = 0.5  # of the floor's throughput; not always reached: writers wait for each other at SQLite's one lock
LEAST = 0.25  # below this something has become slow by mistake
CLIENTS = 8


@dataclass
class Measured:
    """One application's replies, and how long the rounds took."""

    replies: list[Reply] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Messages a second."""
        return len(self.replies) / self.seconds

    def quantile(self, part: float) -> float:
        """Milliseconds within which that part of the messages was answered."""
        times = sorted(reply.seconds for reply in self.replies)
        return 1000 * times[min(int(part * len(times)), len(times) - 1)]


def main() -> int:
    """Measures, prints, and gives the exit code."""
    options = _options()
    rounds, each = (5, 100) if options.quick else (10, 500)
    texts = list(islice(cycle(_texts(options.messages)), (rounds + 1) * each))
    print(f"{rounds} rounds of {each} messages, {CLIENTS} clients, gunicorn: {served.WORKERS} workers of {served.THREADS} threads")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        served.fill(folder, [language for language, _ in texts])
        attend = Server("app:serve()", served.environment(folder) | {"WORKERS": "apart"})
        floor = Server("floor:serve()", served.environment(folder, "floor.db"))
        with served.running(attend, floor):
            found = {"attend": Measured(), "floor": Measured()}
            _round(attend, texts[:each], 0, Measured())  # both warm up on patients of their own
            _round(floor, texts[:each], 0, Measured())
            for turn in range(1, rounds + 1):
                part = texts[turn * each : (turn + 1) * each]
                pair = [(attend, found["attend"]), (floor, found["floor"])]
                for server, measured in pair if turn % 2 else reversed(pair):
                    _round(server, part, turn * each, measured)
    return _verdict(found["attend"], found["floor"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="at a fraction of the scale, within 45 seconds")
    parser.add_argument("--messages", nargs="+", type=Path, help='JSON lines with "text" and "lang"; else the test sentences')
    return parser.parse_args()


def _texts(files: list[Path] | None) -> list[tuple[str, str]]:
    """(language on record, text): each line of the files, or the sentences that the reader is tested with, languages in turn."""
    if files:
        lines = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [(line.get("lang") or "en", line["text"]) for line in lines]
    intents = served.ROOT / "intents"
    own = [[(code, phrase.text) for phrase in load_phrases(intents / code / "tests.yaml")] for code in ("en", "es")]
    return [pair for pairs in zip(*own, strict=False) for pair in pairs]


def _round(server: Server, texts: list[tuple[str, str]], first: int, measured: Measured) -> None:
    """All texts, by several clients at once, each over one connection."""

    def work(client: int) -> list[Reply]:
        connection = Client(server.port)
        mine = range(client, len(texts), CLIENTS)
        replies = [connection.post(served.inbound(f"SM{uuid.uuid4().hex}", first + n, texts[n][1])) for n in mine]
        connection.close()
        return replies

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for replies in pool.map(work, range(CLIENTS)):
            measured.replies += replies
    measured.seconds += time.perf_counter() - began


def _verdict(attend: Measured, floor: Measured) -> int:
    for name, measured in (("Attend", attend), ("floor", floor)):
        middle, slow = measured.quantile(0.5), measured.quantile(0.99)
        print(f"{name:<7} median {middle:6.1f} ms   p99 {slow:6.1f} ms   {measured.rate:6.0f} messages/s")
    ratio = attend.rate / floor.rate
    errors = [reply.error for measured in (attend, floor) for reply in measured.replies if reply.error]
    silent = sum(not reply.text and not reply.error for reply in attend.replies)
    if errors:
        print(f"errors: {sorted(set(errors))}")
    good = ratio >= LEAST and not errors and not silent
    word = "PASS" if good else "FAIL"
    limits = f"at least {LEAST}, the aim is {AIM}"
    print(f"{word}: {ratio:.2f} of the floor's throughput ({limits}), {len(errors)} errors, {silent} unanswered")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
