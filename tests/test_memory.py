"""What a web process and a worker take of memory after real texts in every language, as docs/operations.md counts on it."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from flask import Flask
from sqlalchemy import func, select

from bench.served import free_port
from bot.accounts import calendars
from bot.accounts.sessions import digest
from bot.settings import ROOT, Settings
from bot.store.account_models import CalendarRow
from bot.store.models import CommunicationRow
from bot.store.sending_models import OutboxRow
from bot.understand.phrases import load_phrases
from tests.conftest import KEY
from tests.patience import until
from tests.provider import CLINIC_NUMBER, PUBLIC, TOKENS, post, sms
from tests.staff import Browser, hire

WEB, WORKER = 300, 150  # MB
EACH = 30  # texts of a language
LANGUAGES = sorted(path.parent.name for path in (ROOT / "intents").glob("*/tests.yaml"))
PAGES = [
    *("/inbox", "/inbox/pictures", "/inbox/search?q=ride", "/inbox/settings", "/inbox/languages", "/inbox/learn", "/inbox/waitlist"),
    *("/inbox/phone/1", "/account"),
]


def peak(pid: int) -> int:
    """MB of memory that a process has had at most."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) // 1024


@contextmanager
def running(settings: Settings, *command: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process on that database; without an account no text leaves the machine."""
    given = {"DATABASE_URL": settings.database_url, "SPOOL_DIR": str(settings.spool_dir), "ATTEND_KEY": KEY, **environ}
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **given})
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    """Whether the server is there."""
    try:
        return urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200
    except (URLError, ConnectionError):
        return False


def rows(app: Flask, *which: object) -> int:
    """How many texts there are of which that holds."""
    with app.extensions["attend"].bot.store.session() as session:
        return session.scalar(select(func.count()).select_from(CommunicationRow).where(*which)) or 0


@pytest.mark.slow
@pytest.mark.alone
def test_processes_stay_as_small_as_machines_are_planned_for(app: Flask, settings: Settings) -> None:
    """The peak of each: a web process that reads, sends and shows pages, then a worker that sends and indexes what it left."""
    phones = (f"+1{201 + number // 100}55501{number % 100:02}" for number in count())
    texts = [text for code in LANGUAGES for text in load_phrases(ROOT / "intents" / code / "tests.yaml", root=ROOT)[:EACH]]
    assert len(LANGUAGES) == 17
    who, secret, port = hire(app, "manager"), uuid.uuid4().hex, free_port()
    with app.extensions["attend"].bot.store.begin() as session:
        session.add(CalendarRow(user_id=who.id, token_hash=digest(secret), created_at=app.extensions["attend"].bot.clock()))
    asked = {"PUBLIC_URL": PUBLIC, "TWILIO_AUTH_TOKEN": TOKENS[0], "TWILIO_NUMBER": CLINIC_NUMBER, "OPT_OUT_HANDLED_BY": "us"}
    web = ("gunicorn", "--workers", "1", "--threads", "16", "--bind", f"127.0.0.1:{port}", "app:serve()")
    with running(settings, *web, **asked) as server:
        until(lambda: answers(port))
        for text in texts:
            assert post(port, sms(text.text, From=next(phones))).status == 200
        browser = Browser(port).enter(app, who)
        assert {path: browser.get(path).status for path in PAGES} == dict.fromkeys(PAGES, 200)
        assert browser.get(calendars.link("", secret)).status == 200
        (pid,) = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        of_web = peak(int(pid))
    assert rows(app, CommunicationRow.direction == "inbound", CommunicationRow.status == "answered") >= len(texts)
    with running(settings, "flask", "--app", "app", "worker", SEGMENTS_PER_SECOND="100") as worker:
        left = OutboxRow.status == "waiting", OutboxRow.communication_id == CommunicationRow.id
        until(lambda: worker.poll() is not None or not rows(app, *left))
        of_worker = peak(worker.pid)
        assert worker.poll() is None
    assert (of_web < WEB, of_worker < WORKER) == (True, True), f"web {of_web} MB, worker {of_worker} MB"
