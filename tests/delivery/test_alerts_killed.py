"""The watch over urgent items in a process of its own, which is killed at its worst moment: its timer stands in the database (S-13)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import received
from bot.settings import ROOT
from bot.store.models import AuditRow
from bot.store.work_models import AlertRow
from bot.turn import take
from tests.conftest import KEY
from tests.delivery.test_alerts import Mailbox
from tests.patience import LONG, until
from tests.staff import HERE
from tests.world import World, make_world

QUIET = 3.0  # seconds in which a worker that is well looks several times


@dataclass
class SlowMailbox(Mailbox):
    """A mail server that keeps the first e-mail waiting, so that who sends it can be killed meanwhile."""

    asked: threading.Event = field(default_factory=threading.Event)
    hangs: bool = True

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Takes an e-mail, or keeps its sender waiting."""
        self.asked.set()
        while self.hangs:
            await asyncio.sleep(0.05)
        return await super().handle_DATA(server, session, envelope)


@contextmanager
def worker(environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`flask worker`, killed with SIGKILL at the end: no handler of its own runs."""
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(LONG)


def alert(world: World) -> AlertRow:
    """The one alert."""
    with world.bot.store.session() as session:
        return session.scalars(select(AlertRow)).one()


def passes(world: World, **span: float) -> None:
    """Time passes: what the alert waits for comes nearer by so much."""
    with world.bot.store.begin() as session:
        row = session.scalars(select(AlertRow)).one()
        row.next_at = row.next_at - timedelta(**span) if row.next_at else None


@pytest.mark.slow
def test_killed_while_it_tells_somebody_and_again_afterwards_the_next_process_goes_on(
    empty: str, bot_parts: Any, tmp_path: Path
) -> None:
    """S-13: on either database. Who was being told is told, who was told is not told again, the next one is told in time."""
    world = make_world(bot_parts, url=empty, key=KEY.encode())
    take(world.bot, received(sender=world.number("dorothy"), body="I have chest pain"))
    mailbox = SlowMailbox()
    with mailbox.serve():
        environ = os.environ | {
            "DATABASE_URL": empty, "ATTEND_KEY": KEY, "SPOOL_DIR": str(tmp_path / "spool"), 
            "ALERT_EMAIL": "ana@a.example,ben@a.example",
            "SMTP_URL": mailbox.url, "ALERT_FROM": "attend@a.example", "PUBLIC_URL": HERE,
        }  # fmt: skip
        with worker(environ):
            assert mailbox.asked.wait(LONG)
        assert (mailbox.got, alert(world).told, alert(world).tries) == ([], 0, 1)
        mailbox.got.clear()
        mailbox.hangs = False
        passes(world, minutes=2)  # the lease of the process that died
        with worker(environ):
            until(lambda: alert(world).told == 1)
        assert mailbox.got[-1][0] == ["ana@a.example"]
        told = len(mailbox.got)  # the server may have taken what the dead process had sent, too: twice is better than never
        with worker(environ):
            passes(world, minutes=5)
            time.sleep(QUIET)
            assert len(mailbox.got) == told
            passes(world, minutes=5)
            until(lambda: alert(world).told == 2)
        assert mailbox.got[-1][0] == ["ben@a.example"]
    with world.bot.store.session() as session:
        done = session.scalars(select(AuditRow.reason).where(AuditRow.action == "alert").order_by(AuditRow.id)).all()
    assert done == ["email 1", "email 2"]
    world.bot.store.engine.dispose()
