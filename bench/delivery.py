"""No text lost and none sent twice, though workers are killed and the provider misbehaves; and the whole rate is used.

    .venv/bin/python bench/delivery.py [--quick] [--on SQLite|PostgreSQL]

On SQLite and on PostgreSQL in turn: reminders are due (bench/due.py), several worker processes send them, random ones are killed with
SIGKILL and started again, and the provider (bench/double.py, a process of its own) refuses, drops and hangs, before or after it took a
text, or takes it when nobody waits for it any more. Meanwhile a web server (gunicorn with the whole application, whose processes are
killed as well) takes what the carrier tells about each text, twice, disordered or never, and "STOP" from some of the phones;
coordinators move visits; and where some of the people live, night has come. In the end every text must be accounted for
(bench/account.py). Then one worker alone must fill a number of RATE segments a second, at a provider that takes PAUSE seconds for each
text, within WITHIN. Who else wants the processors can keep it from that, and nothing makes it faster than it may be: when it used too
little it tries again, TRIES times in all, and the best counts; once too much is too much.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import served
from account import Account
from databases import databases
from due import FEW, Person, fill, move
from sending import open_bot
from served import Server
from sqlalchemy import func, select

from bot.core import Bot
from bot.segments import segments
from bot.store.sending_models import OutboxRow

TEXTS, KILLS = 10_000, 60
WORKERS, FAULTS = 3, 0.1
RATE, PAUSE, WITHIN = 100.0, 0.1, 0.05
TRIES = 3
IN_SECONDS = 0.2  # within which --quick does: of its five seconds, one may use what was left of the one before
FAST = 1000.0  # segments a second where the rate is not what is measured
OFTEN, AS_EVER = 0.2, 1.0  # seconds between two looks of a worker: where kills are not to be waited for, and as in a clinic
STALLED = 120  # seconds without any end after which no other is expected
SETTLED = 5  # seconds without a callback after which none is on its way
HERE = Path(__file__).parent


@dataclass
class Scene:
    """A database with texts in it, a provider, and the processes that work on them."""

    bot: Bot
    people: list[Person]
    url: str
    provider: str
    rate: float
    web: Server | None
    workers: list[subprocess.Popen[bytes]]

    def start(self) -> None:
        """One more worker."""
        every = OFTEN if self.web else AS_EVER
        command = [sys.executable, str(HERE / "sending.py"), self.url, served.KEY, self.provider, str(self.rate), str(every)]
        self.workers.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))

    def kill(self) -> None:
        """One worker less, in the middle of whatever it does."""
        worker = self.workers.pop(random.randrange(len(self.workers)))
        worker.kill()
        worker.wait()

    def open(self) -> int:
        """How many texts have no end yet, nor have been put off until the morning."""
        soon = OutboxRow.send_at < datetime.now(UTC) + timedelta(hours=1)
        with self.bot.store.session() as session:
            return session.scalar(select(func.count()).where(OutboxRow.status.in_(("waiting", "sending")), soon)) or 0

    def untold(self) -> int:
        """How many texts have had no callback that says what became of them; of some none ever comes."""
        return sum("told" not in message for message in self.messages())

    def messages(self) -> list[dict[str, Any]]:
        """What the provider took."""
        with urllib.request.urlopen(f"{self.provider}/Messages.json", timeout=30) as answer:  # noqa: S310 (loopback)
            return json.load(answer)["messages"]  # type: ignore[no-any-return]


@contextmanager
def scene(url: str, texts: int, *, rate: float, faults: float, pause: float, web: bool = False) -> Iterator[Scene]:
    """Reminders in a new database, one for each phone, a provider, a web server if it is asked for, and no worker yet."""
    bot = open_bot(url, served.KEY)
    bot.store.migrate()
    people = fill(bot, texts, evening=web)
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
        found = Scene(bot, people, url, f"http://127.0.0.1:{port}", rate, server, [])
        try:
            _until(lambda: _answers(found), seconds=30)
            yield found
        finally:
            while found.workers:
                found.kill()
            double.kill()
            double.wait()
            bot.store.engine.dispose()


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


def _while_it_moves(left: Callable[[], int], *, seconds: float) -> None:
    """Waits until nothing is left, or it has been the same for so many seconds."""
    last, since = left(), time.monotonic()
    while last and time.monotonic() - since < seconds:
        time.sleep(0.5)
        now = left()
        last, since = now, since if now == last else time.monotonic()


def under_fire(url: str, texts: int, kills: int) -> int:
    """Sends the texts while workers die; prints the account and gives the number of faults."""
    with scene(url, texts, rate=FAST, faults=FAULTS, pause=0.01, web=True) as found:
        account, began = Account(found.bot, found.people), time.monotonic()
        last = found.people[-texts // 3 :]  # of whom most wait when something happens to them
        random.shuffle(last)
        for _ in range(WORKERS):
            found.start()
        for kill in range(1, kills + 1):
            _until(lambda left=texts * (kills + 1 - kill) // (kills + 1): found.open() <= left, seconds=120)  # type: ignore[misc]
            time.sleep(random.random() * 0.05)  # anywhere in a text
            found.kill()
            found.start()
            if found.web and kill % 2:
                found.web.kill_one()
            _opt_out(found, account, last.pop())
            _move(found, account, last.pop())
        _while_it_moves(found.open, seconds=STALLED)
        seconds = time.monotonic() - began
        _while_it_moves(found.untold, seconds=SETTLED)
        print(f"  {texts} texts in {seconds:.0f} s, {WORKERS} workers killed {kills} times, web processes {(kills + 1) // 2} times")
        print(
            f"  {len(account.stopped)} opted out, {len(account.moved)} visits moved, and one person in {FEW} lived where it was evening"
        )
        return account.faults(found.messages())


def _opt_out(scene: Scene, account: Account, person: Person) -> None:
    """Somebody texts STOP; what got no answer is posted again, as the provider does."""
    form, marks = served.inbound(f"SM{uuid.uuid4().hex}", person.patient, "STOP"), dict[str, str]()
    while served.post(scene.web.port if scene.web else 0, form, **marks).error:
        marks = {"I-Twilio-Idempotency-Token": uuid.uuid4().hex}
    account.stopped[person.number] = datetime.now(UTC)


def _move(scene: Scene, account: Account, person: Person) -> None:
    """A coordinator moves somebody's visit."""
    if moved_at := move(scene.bot, person):
        account.moved[person.number] = moved_at


def filled(url: str, texts: int) -> float:
    """The segments a second that one worker sends, as a share of RATE; prints what a text costs it."""
    with scene(url, texts, rate=RATE, faults=0, pause=PAUSE) as found:
        found.start()
        _until(lambda: bool(found.messages()), seconds=60)
        before = _processor(found.workers[0])
        _until(lambda: not found.open(), seconds=60 + 6 * texts / RATE)
        cost = _processor(found.workers[0]) - before
        taken = sorted((datetime.fromisoformat(message["taken"]), message["body"]) for message in found.messages())
    settled = taken[int(RATE) :]  # the first second may use what was left of the one before
    share = sum(segments(body) for _, body in settled[1:]) / (settled[-1][0] - settled[0][0]).total_seconds() / RATE
    print(f"  one worker used {share:.1%} of {RATE:.0f} segments a second, with {1000 * cost / len(taken):.1f} ms of processor a text")
    return share


def used(make: Callable[[], str], texts: int, within: float) -> float:
    """The share of RATE that one worker uses: the first that is not too little, else the most. make: gives a new database."""
    most = 0.0
    for _ in range(TRIES):
        most = max(most, filled(make(), texts))
        if most >= 1 - within:
            break
    return most


def _processor(process: subprocess.Popen[bytes]) -> float:
    """Seconds of processor that it has used."""
    times = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Runs, prints the account, and gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer texts, within 45 seconds")
    parser.add_argument("--on", choices=("SQLite", "PostgreSQL"), help="this database alone")
    options = parser.parse_args()
    quick = options.quick
    texts, kills, long = (250, 4, 600) if quick else (TEXTS, KILLS, 3000)
    within = IN_SECONDS if quick else WITHIN
    faults, shares = 0, []
    with databases() as kinds:
        for kind in [options.on] if options.on else kinds:
            print(f"{kind}:", flush=True)
            faults += under_fire(kinds[kind](), texts, kills)
            shares.append(used(kinds[kind], long, within))
    good = not faults and all(abs(share - 1) <= within for share in shares)
    told = " and ".join(f"{share:.2f}" for share in shares)
    print(f"{'PASS' if good else 'FAIL'}: {faults} faults; {told} of the rate used (1 ± {within})")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
