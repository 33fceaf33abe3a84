"""The worker as a process of its own, and the commands of an operator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from bot import commands
from bot.remind import remind
from bot.settings import ROOT, Settings
from bot.store.models import PhoneRow
from bot.store.sending_models import OutboxRow
from tests.conftest import KEY
from tests.patience import LONG, until


def environment(settings: Settings) -> dict[str, str]:
    """What a process needs to work on that database. Without an account no text leaves the machine."""
    given = {"STAFF_PAGES": "off", "DATABASE_URL": settings.database_url, "SPOOL_DIR": str(settings.spool_dir), "ATTEND_KEY": KEY}
    return {**os.environ, **given, "PYTHONPATH": str(ROOT)}


def waiting(app: Flask) -> int:
    """How many texts wait."""
    with app.extensions["attend"].bot.store.session() as session:
        return len(session.scalars(select(OutboxRow.id).where(OutboxRow.status == "waiting")).all())


def resident(pid: int) -> int:
    """MB of memory that a process has."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) // 1024


@pytest.mark.slow
@pytest.mark.alone
def test_a_process_of_its_own_sends_and_ends_when_told(app: Flask, settings: Settings) -> None:
    """`flask worker`: what waits is sent, without the reader's memory, and SIGTERM ends it with nothing left half done."""
    bot = app.extensions["attend"].bot
    with bot.store.begin() as session:
        for phone_id in session.scalars(select(PhoneRow.id)).all():
            remind(bot, session, phone_id)
    assert waiting(app) > 1
    command = [sys.executable, "-m", "flask", "--app", "app", "worker"]
    process = subprocess.Popen(command, cwd=ROOT, env={**environment(settings), "SEGMENTS_PER_SECOND": "100"}, stderr=subprocess.PIPE)
    until(lambda: process.poll() is not None or not waiting(app))
    memory = resident(process.pid)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=LONG)
    assert (waiting(app), process.returncode) == (0, 0), errors.decode()[-2000:]
    assert memory < 160, f"{memory} MB"


def test_an_operator_pauses_and_resumes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-18: by command, for all processes at once, and /readyz tells it; without the reader, which may have to learn for minutes."""
    monkeypatch.setattr(commands, "read_settings", lambda: None)
    operator = Flask("operator")
    asked: list[dict[str, bool]] = []

    def wire(*_: object, **how: bool) -> object:
        asked.append(how)
        return app.extensions["attend"]

    commands.register(operator, wire)
    for name, tells in (("pause", "ready\nsender: paused since 2026-03-04 14:00 UTC\n"), ("resume", "ready\n")):
        assert operator.test_cli_runner().invoke(args=[name]).exit_code == 0
        assert app.test_client().get("/readyz").get_data(as_text=True) == tells
    assert asked == [{"reads": False}] * 2
