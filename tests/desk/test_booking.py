"""A coordinator books, moves and calls off; the patient hears of it and from whom it came (peers, 27)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.desk import booking, staff
from bot.desk.booking import Desk
from bot.desk.work import Refused
from bot.store.models import AppointmentRow, PatientPhoneRow, SlotRow, TaskRow
from bot.turn import take
from tests.delivery.test_planner import run, texts, visit_of
from tests.world import World, make_world

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """The demo's clinic; nobody has been texted."""
    made = make_world(bot_parts)
    yield made
    made.bot.store.engine.dispose()


def slot(world: World, *, day: int, service: str = "primary") -> SlotRow:
    """A free slot on that day of March 2026."""
    with world.bot.store.session() as session:
        query = select(SlotRow).where(SlotRow.service == service, SlotRow.status == "free").order_by(SlotRow.start)
        return next(row for row in session.scalars(query) if row.start.astimezone(NEW_YORK).day == day)


def desk(world: World, who: str, *, asked: bool = False) -> Desk:
    """Ana, in the conversation of that patient."""
    return Desk(by=world.staff, phone_id=world.phones[who], asked=asked)


def row_of(world: World, visit: int) -> AppointmentRow:
    """The visit as it is now."""
    with world.bot.store.session() as session:
        return session.get_one(AppointmentRow, visit)


def test_a_visit_that_the_clinic_moves_is_told_and_asked_about(world: World) -> None:
    """The clinic says that it was the clinic, and the answer is about the new time."""
    visit, free = visit_of(world, "dorothy"), slot(world, day=12)
    old = row_of(world, visit)
    assert booking.move(world.bot, visit, slot_id=free.id, desk=desk(world, "dorothy"))
    send_waiting(world.bot, Console())
    assert "Sorry, we had to move your visit" in texts(world, "dorothy")[-1][1]
    take(world.bot, received(sender=world.number("dorothy"), body="yes I'll be there"))
    now = row_of(world, visit)
    assert (now.start, now.participant) == (free.start, "accepted")
    with world.bot.store.session() as session:
        assert session.get_one(SlotRow, old.slot_id).status == "busy-unavailable"


def test_what_the_patient_had_asked_for_is_confirmed_as_such(world: World) -> None:
    """Moved at the patient's word: their old time is free for others, and nobody asks whether they come."""
    visit = visit_of(world, "dorothy")
    old = row_of(world, visit)
    assert booking.move(world.bot, visit, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy", asked=True))
    send_waiting(world.bot, Console())
    assert "As you asked, your visit is now on" in texts(world, "dorothy")[-1][1]
    assert row_of(world, visit).participant == "accepted"
    with world.bot.store.session() as session:
        assert session.get_one(SlotRow, old.slot_id).status == "free"


@pytest.mark.parametrize(("asked", "says"), [(False, "Sorry, we had to call off"), (True, "As you asked, your visit on")])
def test_a_visit_that_is_called_off_is_told_and_never_reminded_of(world: World, asked: bool, says: str) -> None:
    """One text about it, and none of the reminders."""
    visit = visit_of(world, "dorothy")
    assert booking.call_off(world.bot, visit, desk=desk(world, "dorothy", asked=asked))
    run(world, datetime(2026, 3, 8, tzinfo=UTC))
    assert [says in body for _, body in texts(world, "dorothy")] == [True]
    assert row_of(world, visit).status == "cancelled"


def test_a_booked_visit_is_told_and_not_reminded_of_at_once(world: World) -> None:
    """The news is the first text; the reminders come at their times."""
    free = slot(world, day=12)
    with world.bot.store.session() as session:
        patient = session.scalars(select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == world.phones["owen"])).one()
    assert booking.book(world.bot, patient, slot_id=free.id, desk=desk(world, "owen"))
    run(world, datetime(2026, 3, 13, tzinfo=UTC))
    assert ["We booked a visit for you" in body for _, body in texts(world, "owen")] == [True, False, False, False]
    assert [at[:6] for at, _ in texts(world, "owen")] == ["Wed 04", "Thu 05", "Tue 10", "Wed 11"]


def test_a_visit_moved_twice_in_a_minute_is_told_once(world: World) -> None:
    """The news of the first move is taken back before it goes."""
    visit = visit_of(world, "dorothy")
    booking.move(world.bot, visit, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy"))
    final = slot(world, day=13)
    booking.move(world.bot, visit, slot_id=final.id, desk=desk(world, "dorothy"))
    plan_due(world.bot)
    send_waiting(world.bot, Console())
    sent = texts(world, "dorothy")
    assert len(sent) == 1
    assert "Mar 13" in sent[0][1]


def test_a_slot_goes_to_one(world: World) -> None:
    """The second coordinator finds it taken, and nothing of theirs is written (F-07)."""
    free = slot(world, day=12)
    booking.move(world.bot, visit_of(world, "dorothy"), slot_id=free.id, desk=desk(world, "dorothy"))
    before = row_of(world, visit_of(world, "olga")).start
    with pytest.raises(Refused, match="no longer free"):
        booking.move(world.bot, visit_of(world, "olga"), slot_id=free.id, desk=desk(world, "olga"))
    assert row_of(world, visit_of(world, "olga")).start == before


def test_who_cannot_be_told_by_text_is_somebodys_to_phone(world: World) -> None:
    """Opted out: the change is made, and the caller learns that no text goes. Opted out before it went: an item says so."""
    staff.consent(world.bot, world.phones["dorothy"], texts=False, by=world.staff)
    assert not booking.move(world.bot, visit_of(world, "dorothy"), slot_id=slot(world, day=12).id, desk=desk(world, "dorothy"))
    assert row_of(world, visit_of(world, "dorothy")).start.astimezone(NEW_YORK).day == 12
    world.clock.now = datetime(2026, 3, 4, 23, 0, tzinfo=NEW_YORK)
    visit = visit_of(world, "marcus")  # tomorrow at nine: no lawful hour is left
    assert booking.call_off(world.bot, visit, desk=desk(world, "marcus"))
    send_waiting(world.bot, Console())
    assert texts(world, "marcus") == []
    with world.bot.store.session() as session:
        item = session.scalars(select(TaskRow).where(TaskRow.kind == "not_told")).one()
        assert (item.appointment_id, item.detail) == (visit, "called_off")


def test_a_coordinator_who_has_taken_over_still_tells(world: World) -> None:
    """A paused conversation stops the bot's reminders, not the news that the coordinator causes."""
    staff.take_over(world.bot, world.phones["dorothy"], by=world.staff)
    assert booking.move(world.bot, visit_of(world, "dorothy"), slot_id=slot(world, day=12).id, desk=desk(world, "dorothy"))
    send_waiting(world.bot, Console())
    assert len(texts(world, "dorothy")) == 1
