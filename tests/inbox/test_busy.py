"""A database that does not answer: staff wait longer than the provider, then read so, and lose nothing that they typed."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import pytest

from bot.store import database
from bot.store.database import patience
from bot.store.work_models import ActionRow
from tests.inbox.conftest import Desk

WORDS = 'Cousin may drive, "perhaps" <b>'


@contextmanager
def another_writer(desk: Desk) -> Iterator[sqlite3.Connection]:
    """Another process, which has the one lock."""
    other = sqlite3.connect(str(desk.bot.store.engine.url.database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.close()


def notes(desk: Desk) -> list[str | None]:
    """What has been noted."""
    return [row.words for row in desk.rows(ActionRow, ActionRow.kind == "note")]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second is long."""
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.1)


def test_what_was_typed_stands_in_the_page_that_says_so(desk: Desk) -> None:
    """One click sends it once more; it is written once."""
    with another_writer(desk):
        answer = desk.ana.post("/inbox/phone/7/note", data={"words": WORDS})
        shown = answer.get_data(as_text=True)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The database is busy" in shown
    assert notes(desk) == []
    fields = {unescape(name): unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', shown)}
    where = re.findall(r'<form method="post" action="([^"]*)"', shown)[-1]
    assert desk.ana.post(where, data=fields).status_code == 303
    assert notes(desk) == [WORDS]


def test_a_page_that_cannot_be_recorded_is_not_shown_but_offered_again(desk: Desk) -> None:
    """H-07: no name stands on the page that is shown instead."""
    with another_writer(desk):
        answer = desk.ana.get("/inbox/phone/7?why=3")
        shown = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert 'href="/inbox/phone/7?why=3"' in shown
    assert "Owen Park" not in shown


def test_staff_wait_longer_than_the_provider(desk: Desk) -> None:
    """A writer that takes twice as long as a webhook waits ends before anybody at the desk sees an error; the thread forgets it."""
    with another_writer(desk) as other:
        ends = threading.Timer(0.2, other.close)
        ends.start()
        assert desk.ana.post("/inbox/phone/7/note", data={"words": WORDS}).status_code == 303
        ends.join()
    assert notes(desk) == [WORDS]
    assert patience.get() > 1
    desk.app.test_client().get("/healthz")
    assert patience.get() == 1
