"""What a web process and a worker take of memory after real texts in every language, as docs/operations.md counts on it."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask
from sqlalchemy import ColumnElement, func, select

from bench.served import free_port
from bot.accounts import calendars
from bot.accounts.sessions import digest
from bot.settings import ROOT, Settings
from bot.store import words
from bot.store.account_models import CalendarRow
from bot.store.models import CommunicationRow
from bot.store.sending_models import OutboxRow
from bot.understand.phrases import load_phrases
from tests.conftest import KEY
from tests.patience import until
from tests.provider import CLINIC_NUMBER, PUBLIC, TOKENS, post, sms
from tests.staff import Browser, hire
from tests.world import Clock

WEB, WORKER = 300, 150  # MB
EACH, SEVERAL = 30, 6  # texts of a language; times that each page is opened
LANGUAGES = sorted(path.parent.name for path in (ROOT / "intents").glob("*/tests.yaml"))
PAGES = [
    *("/inbox", "/inbox/today", "/inbox/pictures", "/inbox/settings", "/inbox/languages", "/inbox/learn", "/inbox/waiting"),
    *("/inbox/phone/1", "/account"),
]

# structlog takes 6 MB for `rich` where it finds it; only tools for developers bring it.
AS_INSTALLED = """
import runpy, sys
sys.modules["rich"] = None
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def each(pids: list[int]) -> float:
    """MB that one of these processes takes of a machine: its own, and its part of the files that all of them have mapped.

    These are what the reader has learned (90 MB) and code; the system keeps one copy of them, and gives it up when it needs to.
    """
    every = [dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()) for pid in pids]
    own, mapped = ([int(one[name].split()[0]) for one in every] for name in ("RssAnon", "RssFile"))
    return (sum(own) + max(mapped)) / 1024 / len(pids)


@contextmanager
def running(settings: Settings, *command: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process on that database; without an account no text leaves the machine."""
    given = {"DATABASE_URL": settings.database_url, "SPOOL_DIR": str(settings.spool_dir), "ATTEND_KEY": KEY, **environ}
    process = subprocess.Popen(
        [sys.executable, "-c", AS_INSTALLED, *command], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **given}
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    """Whether the server is there."""
    try:
        return urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200
    except OSError:  # nobody listens yet, or nobody has time yet
        return False


def rows(app: Flask, *which: ColumnElement[bool]) -> int:
    """How many rows there are of which that holds."""
    with app.extensions["attend"].bot.store.session() as session:
        return session.scalar(select(func.count()).where(*which)) or 0


def unsearchable(app: Flask) -> bool:
    """Whether a worker has yet to take in texts."""
    with app.extensions["attend"].bot.store.reading() as connection:
        return bool(words.unindexed(connection).last)


@pytest.mark.slow
@pytest.mark.alone
def test_processes_stay_as_small_as_machines_are_planned_for(app: Flask, settings: Settings, clock: Clock) -> None:
    """Web processes that read and show pages, two of them as in docs/operations.md; and a worker that plans, sends and indexes."""
    phones = (f"+1{201 + number // 100}55501{number % 100:02}" for number in count())
    texts = [text for code in LANGUAGES for text in load_phrases(ROOT / "intents" / code / "tests.yaml", root=ROOT)[:EACH]]
    assert len(LANGUAGES) == 17
    clock.now = datetime.now(UTC)  # that of the processes, where somebody is signed in
    who, secret, port = hire(app, "manager"), uuid.uuid4().hex, free_port()
    with app.extensions["attend"].bot.store.begin() as session:
        session.add(CalendarRow(user_id=who.id, token_hash=digest(secret), created_at=app.extensions["attend"].bot.clock()))
    asked = {"PUBLIC_URL": PUBLIC, "TWILIO_AUTH_TOKEN": TOKENS[0], "TWILIO_NUMBER": CLINIC_NUMBER, "OPT_OUT_HANDLED_BY": "us"}
    asked["WORKERS"] = "apart"
    web = ("gunicorn", "--workers", "2", "--threads", "16", "--bind", f"127.0.0.1:{port}", "app:serve()")
    with running(settings, *web, **asked) as server:
        until(lambda: answers(port))
        for text in texts:
            assert post(port, sms(text.text, From=next(phones))).status == 200
        browser = Browser(port).enter(app, who)
        for _ in range(SEVERAL):  # whichever of the two has time answers
            assert {path: browser.get(path).status for path in PAGES} == dict.fromkeys(PAGES, 200)
            assert browser.get(calendars.link("", secret)).status == 200
        of_web = each([int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()])
    assert rows(app, CommunicationRow.direction == "inbound", CommunicationRow.status == "answered") >= len(texts)
    with running(settings, "flask", "--app", "app", "worker", STAFF_PAGES="off", SEGMENTS_PER_SECOND="100") as worker:
        until(lambda: worker.poll() is not None or not (rows(app, OutboxRow.status == "waiting") or unsearchable(app)))
        of_worker = each([worker.pid])
        assert worker.poll() is None
    print(f"web {of_web:.0f} MB, worker {of_worker:.0f} MB")
    assert (of_web < WEB, of_worker < WORKER) == (True, True), (of_web, of_worker)
