"""What every page of staff costs in a clinic with a long history beside one with a short one, under the same traffic in one run.

    .venv/bin/python bench/inbox.py [--quick] [--database SQLite|PostgreSQL] [--keep FOLDER]

Two servers, with 10,000 and 1,000,000 texts, 500 and 50,000 patients, 1,000 and 100,000 items; the day's work is the same: 300 open
items, 400 visits to come. By turns 20 people click through every page and form while 50 texts a second arrive. Then each page is
opened again and again with nothing else going on, and the processor time of server and database is taken. Fails when a page's 95th
percentile in the server, or its processor time, is more than LIMIT times what it is with the short history, the worklist's more than
FLAT times, or when a page or a text gets an error. The 95th of a few dozen clicks is mostly chance: pages where it is over are
clicked through by themselves, under the same texts, and only what is over again counts. Clicks while the whole machine stood still
are left out and counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import clicks
import history
import msgspec
import processor
import served
from clicks import GONE, Person, Traffic
from databases import databases
from rows import STAFF, Past
from served import Server

LIMIT = 2.0
LIST, FLAT = "/inbox", 1.2  # of the worklist
AIM = 100.0  # milliseconds
NEAR = 10.0  # milliseconds by which a page may differ whatever its ratio: two threads of one process take turns
SENDERS, FEWER = 1_000, 200  # patients who write; with --quick
THREADS = 16  # of each process, as docs/operations.md has it
SHORT, LONG, QUICK = 10_000, 1_000_000, 40_000
ENOUGH = 20  # clicks on a page in each clinic, for its 95th percentile to count
LOADS, OF_LIST = 12, 40  # of each page with nothing else going on, and of what is held to the most


@dataclass
class Clinic:
    """A clinic with a history, its server, and who is signed in."""

    texts: int
    server: Server
    url: str
    past: Past
    people: list[Person]


def main() -> int:
    """Measures, prints, and gives the exit code."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="a short while, on SQLite, with 40,000 texts")
    options.add_argument("--database", choices=("SQLite", "PostgreSQL"), help="one of both alone")
    options.add_argument("--keep", type=Path, help="where the histories stay for the next run, with what this one left open")
    given = options.parse_args()
    wanted = [given.database] if given.database else ["SQLite"] if given.quick else ["SQLite", "PostgreSQL"]
    if given.keep:
        served.use_key(given.keep)
    with tempfile.TemporaryDirectory() as name, databases(given.keep) as kinds:
        return max(_compare(database, Path(name), kinds[database], given.keep, quick=given.quick) for database in wanted)


def _compare(database: str, folder: Path, new: Callable[[], str], keep: Path | None, *, quick: bool) -> int:
    rounds, seconds, rate = (1, 6.0, 20.0) if quick else (6, 60.0, 50.0)
    senders = FEWER if quick else SENDERS
    clinics = [
        _clinic(folder, new(), texts, senders, keep and keep / f"{database}-{texts}.json")
        for texts in (SHORT, QUICK if quick else LONG)
    ]
    print(f"{database}: {clinics[0].texts:,} and {clinics[1].texts:,} texts, {STAFF} people, {rate:.0f} texts a second")
    with served.running(*(clinic.server for clinic in clinics)):
        _traffic(clinics, 1, seconds=seconds / 4, rate=rate, senders=senders)  # to warm up
        found = _traffic(clinics, rounds, seconds=seconds, rate=rate, senders=senders)
        if slow := _slow(found):
            again = _traffic(clinics, rounds, seconds=seconds / 2, rate=rate, senders=senders, pages=slow)
            found = [[*_without(first, slow), *second] for first, second in zip(found, again, strict=True)]
        costs = _costs(clinics, 3 if quick else LOADS)
    return _verdict(database, found, costs, asked=rate * seconds * rounds * (1.5 if slow else 1))


def _clinic(folder: Path, url: str, texts: int, senders: int, note: Path | None) -> Clinic:
    """note: where it stands what an earlier run has filled the database with."""
    if note is not None and note.exists():
        bot, past = served.open_bot(folder, url), msgspec.json.decode(note.read_bytes(), type=Past)
        history.count(bot)
    else:
        bot = served.fill(folder, ["en", "es"] * (senders // 2), url)
        past = history.fill(bot, texts, first=senders)
        if note is not None:
            note.write_bytes(msgspec.json.encode(past))
    tokens = history.hire(bot)
    bot.store.engine.dispose()
    server = Server("timed:serve()", served.environment(folder, url) | {"WORKERS": "apart"}, served.free_port(), THREADS)
    return Clinic(texts, server, url, past, [Person(server.port, token, past) for token in tokens])


def _traffic(clinics: list[Clinic], rounds: int, **how: Any) -> list[list[Traffic]]:
    """What some rounds gave in each clinic, by turns."""
    found: list[list[Traffic]] = [[] for _ in clinics]
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            found[which].append(clicks.traffic(clinics[which].people, seed=f"{number} {how.get('pages')}", **how))
    return found


def _slow(found: list[list[Traffic]]) -> list[str]:
    """The pages whose 95th percentile is over."""
    times = [_by_page(stretches) for stretches in found]
    return [page for page in clicks.labels() if _over(*(each[page] for each in times))]


def _without(stretches: list[Traffic], pages: list[str]) -> list[Traffic]:
    return [
        replace(each, clicks=[click for click in each.clicks if click.page not in pages or click.status >= 400]) for each in stretches
    ]


def _costs(clinics: list[Clinic], loads: int) -> dict[str, list[float]]:
    """page → milliseconds of processor time in the short and in the long history, opened by turns."""
    meters = [processor.meter(clinic.server.pid, clinic.url) for clinic in clinics]
    costs: dict[str, list[float]] = {}
    for page in clicks.labels():
        taken: list[list[float]] = [[], []]
        for load in range(OF_LIST if page == LIST else loads):
            for spent, clinic, each in zip(meters, clinics, taken, strict=True):
                before = spent()
                clinic.people[load % len(clinic.people)].click(page, load)
                each.append(1000 * (spent() - before))
        costs[page] = [min(each) for each in taken]  # whatever else a server does meanwhile only adds
    return costs


def _verdict(database: str, found: list[list[Traffic]], costs: dict[str, list[float]], *, asked: float) -> int:
    wrong, over, slow = [], 0, {}
    times = [_by_page(stretches) for stretches in found]
    print(f"{'':45}{'95 of 100 in the server':>32}{'processor, server + database':>34}")
    for page in clicks.labels():
        (short, long), (few, many) = (_ninety_fifth(each[page]) for each in times), costs[page]
        bad = _over(*(each[page] for each in times)) or _more(few, many) or (page == LIST and many > FLAT * few)
        wrong += [page] if bad else []
        mark = "  <" if bad else ""
        over += long > AIM
        slow[page] = long
        ratio = f"{long / short:5.2f}" if short else "    -"
        print(f"{page:45}{short:8.1f} ms{long:8.1f} ms{ratio:>7}{few:12.1f} ms{many:8.1f} ms{many / few:7.2f}{mark}")
    for each, which in zip(found, ("short", "long"), strict=True):
        clicked, out = sum(len(some.clicks) for some in each), sum(some.left_out for some in each)
        texts = [text for some in each for text in some.texts]
        errors = [click for some in each for click in some.clicks if click.status >= 400]
        silent = [text for text in texts if text.error]
        print(
            f"{which}: {clicked} clicks, {out} left out, {len(errors)} errors; {len(texts)} of {asked:.0f} texts, {len(silent)} errors"
        )
        wrong += sorted({f"{click.page} {click.status}" for click in errors}) + sorted({text.error for text in silent})
    worst = max(costs.values(), key=lambda pair: pair[1] / pair[0])
    what = f"{database}: at most {worst[1] / worst[0]:.2f} times the processor time, {LIMIT} are allowed; "
    what += f"{over} of {len(costs)} pages over {AIM:.0f} ms"
    print(f"{'FAIL' if wrong else 'PASS'}: {what}{'; ' if wrong else ''}{', '.join(wrong)}")
    return 1 if wrong else 0


def _over(short: list[float], long: list[float]) -> bool:
    return min(len(short), len(long)) >= ENOUGH and _more(_ninety_fifth(short), _ninety_fifth(long))


def _more(short: float, long: float) -> bool:
    return long > max(LIMIT * short, short + NEAR)


def _by_page(stretches: list[Traffic]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for some in stretches:
        for click in some.clicks:
            if click.status != GONE:
                found[click.page].append(click.server)
    return found


def _ninety_fifth(values: list[float]) -> float:
    return sorted(values)[min(int(0.95 * len(values)), len(values) - 1)] if values else 0.0


if __name__ == "__main__":
    sys.exit(main())
