"""What each kind of machine spends on a text, from which docs/operations.md tells how many a clinic needs.

    .venv/bin/python bench/machines.py [--quick]

Three machines' processes, all on this one: PostgreSQL; gunicorn twice, as behind a load balancer; a worker, with a provider
(bench/double.py). First patients' texts come in, to one gunicorn and the other by turns, and the worker makes them searchable; then the
worker plans reminders and sends them. Prints the processor time of each kind for a text either way, beyond what it uses while nothing
happens, and how many of each a machine with two processors does, three quarters of which are used. Fails when a text was not answered
or a reminder did not go.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

import processor
import served
from databases import databases
from due import DAY, hour_here
from served import Server
from sqlalchemy import func, select, update

from bot.core import Bot
from bot.store import queries, words
from bot.store.models import LOOK_NOW, AppointmentRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.store.sending_models import OutboxRow
from bot.understand.phrases import load_phrases

PROCESSORS, USED = 2, 0.75  # of a machine: what is used beyond that makes people wait
IDLE = 10  # seconds in which nothing happens
CLIENTS, FAST, OFTEN = 8, 1000.0, 0.2  # segments a second and seconds between a worker's looks: neither is what is measured
LONGEST = 600  # seconds for either half
HERE = Path(__file__).parent
T = TypeVar("T")


@dataclass(frozen=True)
class Kinds:
    """The processor time that each kind of machine has used so far."""

    web: Callable[[], float]
    worker: Callable[[], float]
    all_with_database: Callable[[], float]

    def spent(self) -> dict[str, float]:
        """Seconds by kind."""
        web, worker = self.web(), self.worker()
        return {"web": web, "worker": worker, "database": self.all_with_database() - self.web()}


def main() -> int:
    """Measures, prints, and gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer texts, within 45 seconds")
    count = 120 if parser.parse_args().quick else 2000
    texts = list(islice(cycle(_texts()), count))
    with tempfile.TemporaryDirectory() as name, databases() as kinds:
        url = kinds["PostgreSQL"]()
        bot = served.fill(Path(name), [language for language, _ in texts] * 2, url)
        webs = [Server("app:serve()", served.environment(Path(name), url) | {"WORKERS": "apart"}) for _ in range(2)]
        with served.running(*webs), _worker(url) as worker:
            return _measured(bot, webs, worker, url, texts)


def _texts() -> list[tuple[str, str]]:
    """(language, sentence) of every language in turn, as the reader is tested with them."""
    files = sorted((served.ROOT / "intents").glob("*/tests.yaml"))
    own = [[(path.parent.name, phrase.text) for phrase in load_phrases(path)] for path in files]
    return [pair for pairs in zip(*own, strict=False) for pair in pairs]


@contextmanager
def _worker(url: str) -> Iterator[int]:
    """A worker's process, whose id it gives, and a provider's that takes what it sends."""
    port = str(served.free_port())
    double = subprocess.Popen([sys.executable, str(HERE / "double.py"), port, "0", "0.05"])
    command = [sys.executable, str(HERE / "sending.py"), url, served.KEY, f"http://127.0.0.1:{port}", str(FAST), str(OFTEN)]
    worker = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield worker.pid
    finally:
        for process in (worker, double):
            process.kill()
            process.wait()


def _measured(bot: Bot, webs: Sequence[Server], worker: int, url: str, texts: list[tuple[str, str]]) -> int:
    pids = [web.pid for web in webs]
    meters = [processor.meter(pid, "sqlite://") for pid in pids]
    with_database = processor.meter(pids[0], url)
    kinds = Kinds(lambda: sum(meter() for meter in meters), processor.meter(worker, "sqlite://"), lambda: with_database() + meters[1]())
    _until(lambda: not _looks(bot))  # the worker has seen all visits, and found that none is due
    idle = _spent(kinds, lambda: time.sleep(IDLE))[1]
    answered, received = _spent(kinds, lambda: _receive(bot, webs, texts), idle)
    went = _sent(bot)
    due, reminded = _spent(kinds, lambda: _remind(bot, len(texts)), idle)
    sent = _sent(bot) - went
    print(f"{len(texts)} texts received, {sent} sent; milliseconds of processor for each, and texts a second of a machine")
    print(f"{'':10}{'received':>22}{'sent':>22}")
    for kind in idle:
        print(f"{kind:10}{_cost(1000 * received[kind] / len(texts))}{_cost(1000 * reminded[kind] / max(sent, 1))}")
    wrong = [f"{len(texts) - answered} texts not answered"] * (answered < len(texts)) + [f"{due - sent} not sent"] * (sent < due)
    print(f"FAIL: {', '.join(wrong)}" if wrong else "PASS: all answered, all sent")
    return 1 if wrong else 0


def _spent(kinds: Kinds, work: Callable[[], T], idle: dict[str, float] | None = None) -> tuple[T, dict[str, float]]:
    """What `work` gives, and the seconds of processor that each kind uses meanwhile beyond what it does in IDLE seconds anyway."""
    before, began = kinds.spent(), time.monotonic()
    done = work()
    share = (time.monotonic() - began) / IDLE
    return done, {kind: seconds - before[kind] - share * (idle or {}).get(kind, 0.0) for kind, seconds in kinds.spent().items()}


def _receive(bot: Bot, webs: Sequence[Server], texts: list[tuple[str, str]]) -> int:
    """Patients' texts, until all can be searched; gives how many were answered."""
    answered = _post(webs, texts)
    _until(lambda: not _unsearchable(bot))
    return answered


def _remind(bot: Bot, first: int) -> int:
    """Reminders, until none is left; gives how many were due."""
    due = _make_due(bot, first=first)
    _until(lambda: not (_looks(bot) or _waiting(bot)))
    return due


def _cost(milliseconds: float) -> str:
    """What a text costs, and how many a machine does; next to nothing is what idling differs by."""
    return f"{milliseconds:11.1f} ms" + (f"{1000 * PROCESSORS * USED / milliseconds:6.0f}/s" if milliseconds > 0.5 else " " * 8)


def _post(webs: Sequence[Server], texts: list[tuple[str, str]]) -> int:
    """All texts, by several clients at once; gives how many were answered."""

    def work(client: int) -> int:
        mine = range(client, len(texts), CLIENTS)
        forms = [(webs[n % 2].port, served.inbound(f"SM{uuid.uuid4().hex}", n, texts[n][1])) for n in mine]
        return sum(not served.post(port, form).error for port, form in forms)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(work, range(CLIENTS)))


def _make_due(bot: Bot, *, first: int) -> int:
    """Whoever from that one on may be texted has a visit in a week, of which nothing has been told yet, and day where they live.

    Gives how many they are.
    """
    now = datetime.now(UTC)
    start = (now + timedelta(days=6, hours=20)).replace(minute=0, second=0, microsecond=0)
    with bot.store.begin() as session:
        names = {f"Patient {n}" for n in range(first, 2 * first) if not queries.abroad(served.number(n))}
        ids = [id_ for id_, name in session.execute(select(PatientRow.id, PatientRow.name)) if name in names]
        phones = select(PatientPhoneRow.phone_id).where(PatientPhoneRow.patient_id.in_(ids))
        session.execute(update(PhoneRow).where(PhoneRow.id.in_(phones)).values(state="{}"))
        session.execute(update(PatientRow).where(PatientRow.id.in_(ids)).values(zone=hour_here(DAY, now).key))
        visits = update(AppointmentRow).where(AppointmentRow.patient_id.in_(ids))
        session.execute(visits.values(start=start, told_at=None, next_text_at=LOOK_NOW))
    return len(ids)


def _looks(bot: Bot) -> int:
    with bot.store.session() as session:
        return session.scalar(select(func.count()).where(AppointmentRow.next_text_at <= datetime.now(UTC))) or 0


def _waiting(bot: Bot) -> int:
    with bot.store.session() as session:
        return session.scalar(select(func.count()).where(OutboxRow.status.in_(("waiting", "sending")))) or 0


def _sent(bot: Bot) -> int:
    with bot.store.session() as session:
        return session.scalar(select(func.count()).where(OutboxRow.status == "sent")) or 0


def _unsearchable(bot: Bot) -> bool:
    with bot.store.reading() as connection:
        return bool(words.unindexed(connection).last)


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not done() and time.monotonic() < deadline:
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
