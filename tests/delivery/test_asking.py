"""What a text asks is asked when it goes: until then an answer is to what the patient has last been asked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.care.due import TALKING
from bot.channels.console import Console, received
from bot.delivery import claims, switch
from bot.delivery.sender import send_waiting
from bot.desk import booking
from bot.desk.booking import Desk
from bot.remind import ask_medicine
from bot.store import care, queries
from bot.store.models import AppointmentRow, SlotRow
from bot.turn import take
from tests.delivery.conftest import Post
from tests.delivery.test_planner import NEW_YORK, texts
from tests.world import World, make_world

NIGHT = datetime(2026, 3, 4, 21, 30, tzinfo=NEW_YORK)
MORNING = datetime(2026, 3, 5, 9, 30, tzinfo=NEW_YORK)


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """A clinic."""
    made = make_world(bot_parts)
    yield made
    made.bot.store.engine.dispose()


def says(world: World, words: str, who: str = "rosa") -> str:
    """What they are answered."""
    return take(world.bot, received(sender=world.number(who), body=words))


def visits(world: World) -> dict[str, AppointmentRow]:
    """Rosa's two, by what they are for."""
    with world.bot.store.session() as session:
        of_hers = AppointmentRow.patient_id.in_(queries.people(session, world.phones["rosa"]))
        return {row.service: row for row in session.scalars(select(AppointmentRow).where(of_hers))}


def move_at_night(world: World) -> AppointmentRow:
    """The clinic moves Rosa's visit with the doctor, when texts wait for the morning."""
    world.clock.now = NIGHT
    with world.bot.store.session() as session:
        at = datetime(2026, 3, 11, 9, tzinfo=NEW_YORK)
        slot = session.scalars(select(SlotRow.id).where(SlotRow.service == "primary", SlotRow.start == at)).one()
    visit = visits(world)["primary"]
    booking.move(world.bot, visit.id, slot_id=slot, desk=Desk(by=world.staff, phone_id=world.phones["rosa"], asked=False))
    send_waiting(world.bot, Console())
    return visits(world)["primary"]


def test_a_visit_that_is_moved_at_night_disturbs_no_talk_about_another_one(world: World) -> None:
    """The patient picks a time for the blood test; the news of the other visit go in the morning, and then a yes is about them."""
    world.clock.now = NIGHT - timedelta(minutes=5)
    before = visits(world)["lab"].start
    says(world, "necesito otra hora para el análisis de sangre")
    assert "1)" in says(world, "el viernes 13")
    moved = move_at_night(world)
    assert len(texts(world, "rosa", "waiting")) == 1
    says(world, "1")
    assert visits(world)["lab"].start != before
    says(world, "ok")
    assert visits(world)["primary"].participant == "needs-action"
    world.clock.now = MORNING
    send_waiting(world.bot, Console())
    says(world, "sí, voy")
    now = visits(world)["primary"]
    assert (now.start, now.participant) == (moved.start, "accepted")


def test_a_question_that_nobody_has_got_is_not_answered(world: World) -> None:
    """S-18: what waits while nothing is sent is asked when it goes."""
    switch.pause(world.bot.store, world.bot.clinic_id, world.clock.now)
    with world.bot.store.begin() as session:
        assert ask_medicine(world.bot, session, world.phones["owen"])
    phone = world.phones["owen"]
    with world.bot.store.session() as session:
        assert queries.state_of(queries.locked_phone(session, phone)).prompt is None
    switch.resume(world.bot.store, world.bot.clinic_id)
    world.clock.now += timedelta(hours=1)
    send_waiting(world.bot, Console())
    with world.bot.store.session() as session:
        prompt = queries.state_of(queries.locked_phone(session, phone)).prompt
    assert prompt is not None and prompt.at == world.clock.now


def test_nothing_is_started_beside_a_question_that_has_yet_to_go(world: World) -> None:
    """Written or gone: for an hour the schedule starts nothing else on that phone."""
    phone_id, began = world.phones["owen"], world.clock.now

    def busy_until() -> datetime | None:
        with world.bot.store.begin() as session:
            phone = queries.locked_phone(session, phone_id)
            return care.number(session, phone, now=world.clock.now, zone=NEW_YORK)[0].busy_until

    assert busy_until() is None
    with world.bot.store.begin() as session:
        assert ask_medicine(world.bot, session, phone_id)
    assert busy_until() == began + TALKING
    world.clock.now += timedelta(minutes=10)
    send_waiting(world.bot, Console())
    assert busy_until() == began + timedelta(minutes=10) + TALKING


def test_a_text_that_asks_waits_while_an_answer_is_being_written(post: Post) -> None:
    """PostgreSQL: whoever holds the phone finishes first, and nobody waits for a lock. SQLite has one writer at a time anyway."""
    post.world.remind("dorothy", goes=False)
    plain = post.text("marcus", sender="staff")
    store = post.world.bot.store
    if store.engine.dialect.name == "postgresql":
        with store.begin() as session:
            queries.locked_phone(session, post.world.phones["dorothy"])
            assert [each.text.mark for each in claims.claim(post.world.bot, rate=math.inf, limit=5).texts] == [str(plain)]
    assert post.send() == (1 if store.engine.dialect.name == "postgresql" else 2)
