"""No text lost and none sent twice, though workers are killed and the provider misbehaves; and the whole rate is used.

    .venv/bin/python bench/delivery.py [--quick]

On SQLite and on PostgreSQL in turn: texts fall due, several worker processes send them, random ones are killed with SIGKILL and
started again, and the provider (bench/double.py, a process of its own) refuses, drops and hangs, before or after it took a text.
Meanwhile a web server (gunicorn with the whole application) takes what the carrier tells about each text, and "STOP" from some of
the phones. In the end every text must be accounted for. Then one worker alone must fill a number of RATE segments a second, at a
provider that takes PAUSE seconds for each text, within WITHIN.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import served
from databases import databases
from sending import open_bot
from served import Server
from sqlalchemy import func, select

from bot.core import Bot
from bot.store.models import ClinicRow, CommunicationRow, PhoneRow, TaskRow
from bot.store.outgoing import queue
from bot.store.sending_models import OutboxRow, SenderRow

WORKERS, FAULTS = 3, 0.1
RATE, PAUSE, WITHIN = 100.0, 0.1, 0.05
IN_SECONDS = 0.2  # within which --quick does: of its five seconds, one may use what was left of the one before
FAST = 1000.0  # segments a second where the rate is not what is measured
IN_FLIGHT = timedelta(seconds=2)  # a text that was given to a worker before the opt-out may still go
SETTLED = 3  # seconds in which the last callbacks arrive
HERE = Path(__file__).parent


@dataclass
class Scene:
    """A database with texts in it, a provider, and the processes that work on them."""

    bot: Bot
    url: str
    key: str
    provider: str
    rate: float
    web: Server | None
    workers: list[subprocess.Popen[bytes]]

    def start(self) -> None:
        """One more worker."""
        command = [sys.executable, str(HERE / "sending.py"), self.url, self.key, self.provider, str(self.rate)]
        self.workers.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))

    def kill(self) -> None:
        """One worker less, in the middle of whatever it does."""
        worker = self.workers.pop(random.randrange(len(self.workers)))
        worker.kill()
        worker.wait()

    def open(self) -> int:
        """How many texts have no end yet."""
        with self.bot.store.session() as session:
            return session.scalar(select(func.count()).where(OutboxRow.status.in_(("waiting", "sending")))) or 0

    def messages(self) -> list[dict[str, Any]]:
        """What the provider took."""
        with urllib.request.urlopen(f"{self.provider}/Messages.json", timeout=30) as answer:  # noqa: S310 (loopback)
            return json.load(answer)["messages"]  # type: ignore[no-any-return]


@contextmanager
def scene(url: str, texts: int, *, rate: float, faults: float, pause: float, web: bool = False) -> Iterator[Scene]:
    """Texts in a new database, one for each phone, a provider, a web server if it is asked for, and no worker yet."""
    bot = open_bot(url, served.KEY)
    bot.store.migrate()
    _fill(bot, texts)
    port = served.free_port()
    command = [sys.executable, str(HERE / "double.py"), str(port), str(faults), str(pause)]
    with ExitStack() as stack:
        server = None
        if web:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = Server("app:serve()", {**served.environment(folder, url), "WORKERS": "apart"})
            stack.enter_context(served.running(server))
            command += [str(server.port), served.TOKEN]
        double = subprocess.Popen(command)
        found = Scene(bot, url, served.KEY, f"http://127.0.0.1:{port}", rate, server, [])
        try:
            _until(lambda: _answers(found), seconds=30)
            yield found
        finally:
            while found.workers:
                found.kill()
            double.kill()
            double.wait()
            bot.store.engine.dispose()


def _fill(bot: Bot, texts: int) -> None:
    now = datetime.now(UTC)
    with bot.store.begin() as session:
        session.add(ClinicRow(id=1, slug="demo"))
        session.flush()
        session.add(SenderRow(clinic_id=1))
        for each in range(texts):
            number = served.number(each)
            phone = PhoneRow(clinic_id=1, number=number, number_key=bot.store.cipher.index(number), created_at=now)
            session.add(phone)
            session.flush()
            queue(session, clinic_id=1, phone_id=phone.id, body=f"Sunrise Clinic: text {each}", now=now, sender="bot")


def _answers(scene: Scene) -> bool:
    with suppress(urllib.error.URLError, ConnectionError):
        scene.messages()
        return True
    return False


def _until(done: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def under_fire(url: str, texts: int, kills: int) -> int:
    """Sends the texts while workers die; prints the account and gives the number of faults."""
    with scene(url, texts, rate=FAST, faults=FAULTS, pause=0.01, web=True) as found:
        for _ in range(WORKERS):
            found.start()
        stopped: dict[str, datetime] = {}
        for kill in range(1, kills + 1):
            _until(lambda left=texts * (kills + 1 - kill) // (kills + 1): found.open() <= left, seconds=30)  # type: ignore[misc]
            time.sleep(random.random() * 0.05)  # anywhere in a text
            found.kill()
            found.start()
            stopped |= _opt_out(found, texts)
        _until(lambda: not found.open(), seconds=60 + texts / 20)
        time.sleep(SETTLED)
        return _account(found, texts, kills, stopped)


def _opt_out(scene: Scene, texts: int) -> dict[str, datetime]:
    """A phone whose text is among the last ones texts STOP; gives when that was answered."""
    phone = texts - 1 - random.randrange(texts // 3)
    answer = served.post(scene.web.port if scene.web else 0, served.inbound(f"SM{uuid.uuid4().hex}", phone, "STOP"))
    return {} if answer.error else {served.number(phone): datetime.now(UTC)}


def _account(found: Scene, texts: int, kills: int, stopped: dict[str, datetime]) -> int:
    taken = found.messages()
    times = Counter(message["body"] for message in taken)
    with found.bot.store.session() as session:
        due = select(OutboxRow, CommunicationRow).join_from(OutboxRow, CommunicationRow).where(CommunicationRow.in_reply_to.is_(None))
        rows = session.execute(due).all()  # the others are what STOP is answered with, where the webhook could not (O-08)
        items = session.scalar(select(func.count()).select_from(TaskRow)) or 0
    by_status = Counter(outbox.status for outbox, _ in rows)
    sids = {message["sid"] for message in taken}
    bodies = {text.body for _, text in rows}
    late = [
        each for each in taken if each["body"] in bodies and each["to"] in stopped and _moment(each) > stopped[each["to"]] + IN_FLIGHT
    ]
    unknown = [text for outbox, text in rows if outbox.status == "failed" and text.status == "unknown" and times[text.body]]
    told = {message["sid"]: message["told"] for message in taken if "told" in message}
    faults = {
        "without an end": by_status["waiting"] + by_status["sending"],
        "marked as sent, not at the provider": sum(outbox.status == "sent" and text.provider_sid not in sids for outbox, text in rows),
        "dropped, but sent": sum(outbox.status == "dropped" and times[text.body] > 0 for outbox, text in rows),
        "given up, and no item tells it": max(0, by_status["failed"] - items),
        "sent more than once": sum(count > 1 for count in times.values()),
        "sent after an opt-out": len(late),
        "not known as the carrier told it": sum(told.get(text.provider_sid, text.status) != text.status for _, text in rows),
        "texts that are missing": texts - len(rows),
    }
    print(f"  {texts} texts, {WORKERS} workers killed {kills} times, {len(stopped)} opted out")
    print(f"  the provider took {len(taken)}; callbacks told what became of {len(told)}")
    print("  " + "   ".join(f"{status} {count}" for status, count in sorted(by_status.items())))
    print(f"  truly unknowable (taken, but it could not be found out in time; a person was told): {len(unknown)}")
    for fault, count in faults.items():
        print(f"  {fault:<40}{count}")
    return sum(faults.values())


def _moment(message: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(message["taken"])


def filled(url: str, texts: int) -> float:
    """The segments a second that one worker sends, as a share of RATE."""
    with scene(url, texts, rate=RATE, faults=0, pause=PAUSE) as found:
        found.start()
        _until(lambda: not found.open(), seconds=30 + 3 * texts / RATE)
        taken = sorted(map(_moment, found.messages()))
        settled = taken[int(RATE) :]  # the first second may use what was left of the one before
        return (len(settled) - 1) / (settled[-1] - settled[0]).total_seconds() / RATE


def main() -> int:
    """Runs, prints the account, and gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer texts, within 45 seconds")
    quick = parser.parse_args().quick
    texts, kills, long = (250, 4, 600) if quick else (10_000, 60, 3000)
    faults, shares = 0, []
    with databases() as kinds:
        for kind, make in kinds.items():
            print(f"{kind}:")
            faults += under_fire(make(), texts, kills)
            shares.append(filled(make(), long))
            print(f"  one worker used {shares[-1]:.1%} of {RATE:.0f} segments a second")
    within = IN_SECONDS if quick else WITHIN
    good = not faults and all(abs(share - 1) <= within for share in shares)
    used = " and ".join(f"{share:.2f}" for share in shares)
    print(f"{'PASS' if good else 'FAIL'}: {faults} faults; {used} of the rate used (1 ± {within})")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
