"""Who else has a conversation open: seen at load without JavaScript, live with it, gone with the page."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from bot.store.models import ClinicRow, PhoneRow
from bot.store.work_models import ViewingRow
from tests.inbox.conftest import Come
from tests.world import Clock

PAGE, MARK = "/inbox/phone/2", "/inbox/mark?phone=2"
OTHER = "Invented coordinator has it open too"


def test_a_colleague_who_opened_the_page_is_seen_at_load_for_two_minutes(come: Come, clock: Clock) -> None:
    """Nobody is told of their own page; a claim says it already."""
    ana, ben = come("ana"), come("ben")
    assert OTHER not in ana.get(PAGE).text
    assert OTHER in ben.get(PAGE).text
    assert OTHER in ana.get(PAGE).text
    ben.post(f"{PAGE}/claim")
    assert OTHER not in ana.get(PAGE).text
    ben.post(f"{PAGE}/let-go")
    clock.now += timedelta(minutes=3)
    assert OTHER not in ana.get(PAGE).text


def test_an_open_page_learns_of_who_comes_and_goes(come: Come, clock: Clock) -> None:
    """Its mark changes then, and not while both stay; a page that is left says so no more within half a minute."""
    ana, ben = come("ana"), come("ben")
    ana.get(PAGE)
    alone = ana.get(MARK).text
    ben.get(PAGE)
    both = ben.get(MARK).text
    assert both != alone
    for _ in range(10):
        clock.now += timedelta(seconds=20)
        assert ana.get(MARK).text == ben.get(MARK).text == both
    for _ in range(2):
        clock.now += timedelta(seconds=20)
        ana.get(MARK)
    assert ana.get(MARK).text == alone


def test_a_conversation_of_another_clinic_is_not_marked(app: Flask, come: Come) -> None:
    """H-16: an address with its number leaves no trace there."""
    bot = app.extensions["attend"].bot
    with bot.store.begin() as session:
        session.add(clinic := ClinicRow(slug="elsewhere"))
        session.flush()
        session.add(phone := PhoneRow(clinic_id=clinic.id, number="+17165550177", number_key="key", created_at=bot.clock()))
    ana = come("ana")
    ana.get(f"/inbox/mark?phone={phone.id}")
    ana.get("/inbox/mark?phone=999")
    with bot.store.session() as session:
        assert session.scalars(select(ViewingRow)).all() == []
