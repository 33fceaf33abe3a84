"""Two at the same moment, on both databases over HTTP: one does it, the other reads in plain words that somebody was first."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from flask import Flask
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from bot.channels.console import received
from bot.store.audit import AuditRow
from bot.store.models import CommunicationRow, PhoneRow, TaskRow
from bot.store.turns import table
from bot.store.work_models import ActionRow, ClaimRow
from bot.turn import take
from tests.inbox.conftest import Come
from tests.staff import Browser
from tests.world import NUMBERS


@pytest.fixture
def overtaken() -> Iterator[None]:
    """Whatever a request changes about a phone, another one has changed it since it was read."""

    def first(session: Session, *_: object) -> None:
        if any(isinstance(row, PhoneRow) for row in session.dirty):
            phones = table(PhoneRow)
            session.connection().execute(update(phones).values(version=phones.c.version + 1))

    event.listen(Session, "before_flush", first)
    yield
    event.remove(Session, "before_flush", first)


@pytest.fixture
def side_by_side() -> Iterator[None]:
    """Whoever is about to write a claim waits a moment for another one who is, too, if nothing keeps that one out."""
    meet = Barrier(2)

    def wait(session: Session, *_: object) -> None:
        if any(isinstance(row, ClaimRow) for row in session.new):
            with suppress(BrokenBarrierError):
                meet.wait(0.5)

    event.listen(Session, "before_flush", wait)
    yield
    event.remove(Session, "before_flush", wait)


def test_of_two_first_claims_at_the_same_moment_one_is_refused(app: Flask, come: Come, side_by_side: None) -> None:
    """One has it, the other reads who; neither meets an error."""

    def claim(browser: Browser) -> str:
        answer = browser.post("/inbox/phone/1/claim")
        assert answer.status == 303
        return browser.get(answer.location).text

    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(claim, [come("ana"), come("ben")]))
    assert sum("You have this conversation" in page for page in pages) == 1
    assert sum("is working on this conversation for another 5 min" in page for page in pages) == 1


def test_who_is_overtaken_reads_it_in_plain_words(app: Flask, come: Come, overtaken: None) -> None:
    """Not an error of the server: nothing is written, the way back is there, and the audit trail says refused."""
    ana = come("ana")
    answer = ana.post("/inbox/phone/1/take-over")
    assert answer.status == 409
    said = html.unescape(answer.text)
    assert "Somebody else changed the same thing at the same moment. Nothing of yours was written" in said
    assert 'href="/inbox/phone/1"' in said
    with app.extensions["attend"].bot.store.session() as session:
        assert session.query(ActionRow).count() == 0
        trail = [(row.action, row.outcome) for row in session.query(AuditRow).order_by(AuditRow.id)]
        assert trail[-1] == ("take-over", "refused")


def test_a_double_click_answers_nobody_twice(app: Flask, come: Come) -> None:
    """Two copies of one form at the same moment: each patient gets one text, and both pages tell who has it."""
    bot, ana = app.extensions["attend"].bot, come("ana")
    for who in ("dorothy", "marcus", "owen", "rosa"):
        take(bot, received(sender=NUMBERS[who], body="please have somebody call me"))
    with bot.store.session() as session:
        items = ".".join(str(row.id) for row in session.query(TaskRow).order_by(TaskRow.id))
        since = str(max(row.id for row in session.query(CommunicationRow)))
    shown = ana.get(f"/inbox/bulk?items={items}&since={since}&key=human").text
    assert "Send to 4 conversations" in shown
    seen = re.search(r'name="seen" value="(\w+)"', shown)
    assert seen is not None

    def press(_: int) -> str:
        answer = ana.post("/inbox/bulk", items=items, since=since, key="human", seen=seen[1], close="on")
        return ana.get(answer.location).text

    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(press, range(2)))
    with bot.store.session() as session:
        got = [row.phone_id for row in session.query(CommunicationRow).filter(CommunicationRow.sender == "staff")]
    assert len(got) == len(set(got)) == 4
    assert "4 conversations are answered" in pages[0] or "4 conversations are answered" in pages[1]
    assert not [page for page in pages if "Not everybody has got it" in page]
