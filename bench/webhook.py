"""How fast the signed webhook is: Attend beside a floor that checks, commits twice and answers, in one run, round by round.

    .venv/bin/python bench/webhook.py [--quick] [--database SQLite|PostgreSQL] [--stored N] [--plain] [--unread] [--messages FILE ...]

Each message comes from a patient of its own who was asked about a visit. What a worker does beside (sending, the schedule, the search
index) is not measured here: `WORKERS=apart`. --stored: Attend on a database with so many earlier messages (bench/history.py) runs
too, --plain: Attend without encryption and audit (bench/plain.py), --unread: Attend that looks up what its own sentences mean, to see
what reading costs (bench/unread.py). Beside messages a second stands the processor time of one, of the server and of its database,
since the former depends on what else the machine does. Fails when Attend handles fewer than LEAST of the floor's messages a second,
fewer than KEPT of what it handles on an empty database or without encryption and audit; when less than KEPT of its processor time
would do without these; when a message takes more than MOST times the processor time with earlier ones; or when any gets an error or
no answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import history
import processor
import served
from databases import databases
from served import Reply, Server

from bot.understand.phrases import load_phrases

AIM = 0.5  # of the floor's throughput; on PostgreSQL not reached: its own processes take part of the same processors
LEAST = 0.25  # below this something has become slow by mistake
KEPT = 0.8  # of its own throughput on an empty database, and without encryption and audit
MOST = 1.2  # times the processor time of a message on an empty database
CLIENTS = 8
ATTEND, FLOOR, PLAIN, UNREAD = "Attend", "floor", "not encrypted", "not read"


@dataclass
class Measured:
    """One application's replies, and how long the rounds took."""

    replies: list[Reply] = field(default_factory=list)
    seconds: float = 0.0
    worked: float = 0.0  # of the processor

    @property
    def rate(self) -> float:
        """Messages a second."""
        return len(self.replies) / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of processor time of a message, the database's too."""
        return 1000 * self.worked / len(self.replies)

    def quantile(self, part: float) -> float:
        """Milliseconds within which that part of the messages was answered."""
        times = sorted(reply.seconds for reply in self.replies)
        return 1000 * times[min(int(part * len(times)), len(times) - 1)]


def main() -> int:
    """Measures, prints, and gives the exit code."""
    options = _options()
    rounds, each = (5, 100) if options.quick else (10, 500)
    texts = list(islice(cycle(_texts(options.messages)), (rounds + 1) * each))
    print(f"{options.database}: {rounds} rounds of {each} messages, {CLIENTS} clients")
    print(f"gunicorn: {served.WORKERS} workers of {served.THREADS} threads")
    with tempfile.TemporaryDirectory() as name, databases() as kinds:
        servers = _servers(options, Path(name), kinds[options.database], [language for language, _ in texts])
        with served.running(*servers.values()):
            meters = {name: processor.meter(server.pid, server.env["DATABASE_URL"]) for name, server in servers.items()}
            found = _measure(servers, meters, texts, each)
    return _verdict(found)


def _servers(options: argparse.Namespace, folder: Path, new: Callable[[], str], languages: list[str]) -> dict[str, Server]:
    """What is measured, by name, each on a database of its own with the same patients. new: makes a database."""
    applications = {ATTEND: "app:serve()", FLOOR: "floor:serve()"}
    if options.stored:
        applications[f"{options.stored:,} stored"] = "app:serve()"
    if options.plain:
        applications[PLAIN] = "plain:serve()"
    if options.unread:
        applications[UNREAD] = "unread:serve()"
    servers = {}
    for name, application in applications.items():
        url = new()
        if name != FLOOR:
            bot = served.fill(folder, languages, url)
            if name.endswith("stored"):
                history.fill(bot, options.stored, first=len(languages))
            bot.store.engine.dispose()
        servers[name] = Server(application, served.environment(folder, url) | {"WORKERS": "apart"})
    return servers


def _measure(
    servers: dict[str, Server], meters: dict[str, Callable[[], float]], texts: list[tuple[str, str]], each: int
) -> dict[str, Measured]:
    """Rounds in which each of them gets the same texts, another one first each time."""
    names, found = list(servers), {name: Measured() for name in servers}
    for first in range(0, len(texts), each):
        for name in names:
            warm = Measured() if first == 0 else found[name]  # all warm up on patients of their own
            before = meters[name]()
            _round(servers[name], texts[first : first + each], first, warm)
            warm.worked += meters[name]() - before
        names = [*names[1:], names[0]]
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="at a fraction of the scale, within 45 seconds")
    parser.add_argument("--database", choices=("SQLite", "PostgreSQL"), default="SQLite")
    parser.add_argument("--stored", type=int, default=0, help="also with so many earlier messages")
    parser.add_argument("--plain", action="store_true", help="also without encryption and audit")
    parser.add_argument("--unread", action="store_true", help="also with nothing but looking up what its own sentences mean")
    parser.add_argument("--messages", nargs="+", type=Path, help='JSON lines with "text" and "lang"; else the test sentences')
    return parser.parse_args()


def _texts(files: list[Path] | None) -> list[tuple[str, str]]:
    """(language on record, text): each line of the files, or the sentences that the reader is tested with, languages in turn."""
    if files:
        lines = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [(line.get("lang") or "en", line["text"]) for line in lines]
    return own_texts()


def own_texts() -> list[tuple[str, str]]:
    """(language, text) of the sentences that the reader is tested with."""
    intents = served.ROOT / "intents"
    own = [[(code, phrase.text) for phrase in load_phrases(intents / code / "tests.yaml")] for code in ("en", "es")]
    return [pair for pairs in zip(*own, strict=False) for pair in pairs]


def _round(server: Server, texts: list[tuple[str, str]], first: int, measured: Measured) -> None:
    """All texts, by several clients at once."""

    def work(client: int) -> list[Reply]:
        mine = range(client, len(texts), CLIENTS)
        return [served.post(server.port, served.inbound(f"SM{uuid.uuid4().hex}", first + n, texts[n][1])) for n in mine]

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for replies in pool.map(work, range(CLIENTS)):
            measured.replies += replies
    measured.seconds += time.perf_counter() - began


def _verdict(found: dict[str, Measured]) -> int:
    errors, silent, shares, dearer = [], 0, [], 1.0
    attend = found[ATTEND].rate
    for name, measured in found.items():
        middle, slow = measured.quantile(0.5), measured.quantile(0.99)
        speed = f"{measured.rate:6.0f} messages/s   {measured.cost:5.1f} ms of processor time a message"
        print(f"{name:<17} median {middle:6.1f} ms   p99 {slow:6.1f} ms   {speed}")
        errors += [reply.error for reply in measured.replies if reply.error]
        silent += sum(not reply.text and not reply.error for reply in measured.replies)
        if name == FLOOR:
            shares.append((attend / measured.rate, LEAST, f"of the floor's throughput (the aim is {AIM})"))
        elif name == PLAIN:
            shares.append((attend / measured.rate, KEPT, f"of that {PLAIN}"))
            shares.append((measured.cost / found[ATTEND].cost, KEPT, f"of its processor time goes {PLAIN}"))
        elif name == UNREAD:
            shares.append((measured.rate / found[FLOOR].rate, LEAST, f"of the floor's {name}"))
        elif name != ATTEND:
            shares.append((measured.rate / attend, KEPT, f"of it with {name}"))
            shares.append((measured.rate / found[FLOOR].rate, LEAST, f"of the floor's with {name}"))
            dearer = measured.cost / found[ATTEND].cost
    if errors:
        print(f"errors: {sorted(set(errors))}")
    good = all(share >= least for share, least, _ in shares) and dearer <= MOST and not errors and not silent
    words = ", ".join(f"{share:.2f} {what}, at least {least}" for share, least, what in shares)
    words += f"; {dearer:.2f} times the processor time, at most {MOST}" if dearer != 1.0 else ""
    print(f"{'PASS' if good else 'FAIL'}: {words}; {len(errors)} errors, {silent} unanswered")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
