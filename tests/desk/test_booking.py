"""A coordinator books, moves and calls off; the patient hears of it and from whom it came (peers, 27)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.desk import booking, staff
from bot.desk.booking import Desk
from bot.desk.work import Refused
from bot.store import audit, queries
from bot.store.models import AppointmentRow, AuditRow, PatientPhoneRow, PatientRow, PhoneRow, SlotRow, TaskRow
from bot.store.work_models import ActionRow, PromiseRow
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
    assert booking.move(world.bot, visit, slot_id=free.id, desk=desk(world, "dorothy")).told
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
    assert booking.move(world.bot, visit, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy", asked=True)).told
    send_waiting(world.bot, Console())
    assert "As you asked, your visit is now on" in texts(world, "dorothy")[-1][1]
    assert row_of(world, visit).participant == "accepted"
    with world.bot.store.session() as session:
        assert session.get_one(SlotRow, old.slot_id).status == "free"


@pytest.mark.parametrize(("asked", "says"), [(False, "Sorry, we had to call off"), (True, "As you asked, your visit on")])
def test_a_visit_that_is_called_off_is_told_and_never_reminded_of(world: World, asked: bool, says: str) -> None:
    """One text about it, and none of the reminders."""
    visit = visit_of(world, "dorothy")
    assert booking.call_off(world.bot, visit, desk=desk(world, "dorothy", asked=asked)).told
    run(world, datetime(2026, 3, 8, tzinfo=UTC))
    assert [says in body for _, body in texts(world, "dorothy")] == [True]
    assert row_of(world, visit).status == "cancelled"


def test_a_booked_visit_is_told_and_not_reminded_of_at_once(world: World) -> None:
    """The news is the first text; the reminders come at their times."""
    free = slot(world, day=12)
    with world.bot.store.session() as session:
        patient = session.scalars(select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == world.phones["owen"])).one()
    assert booking.book(world.bot, patient, slot_id=free.id, desk=desk(world, "owen")).told
    run(world, datetime(2026, 3, 13, tzinfo=UTC))
    told = [(at, body) for at, body in texts(world, "owen") if "medicine" not in body]  # he is in a programme too
    assert ["We booked a visit for you" in body for _, body in told] == [True, False, False, False]
    assert [at[:6] for at, _ in told] == ["Wed 04", "Thu 05", "Tue 10", "Wed 11"]


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
    """The night is longer than the news are of use: an item says so."""
    world.clock.now = datetime(2026, 3, 4, 23, 0, tzinfo=NEW_YORK)
    visit = visit_of(world, "marcus")  # tomorrow at nine: no lawful hour is left
    assert booking.call_off(world.bot, visit, desk=desk(world, "marcus")).told
    send_waiting(world.bot, Console())
    assert texts(world, "marcus") == []
    with world.bot.store.session() as session:
        item = session.scalars(select(TaskRow).where(TaskRow.kind == "not_told")).one()
        assert (item.appointment_id, item.detail) == (visit, "called_off")


def test_a_coordinator_who_has_taken_over_still_tells(world: World) -> None:
    """A paused conversation stops the bot's reminders, not the news that the coordinator causes."""
    staff.take_over(world.bot, world.phones["dorothy"], by=world.staff)
    assert booking.move(world.bot, visit_of(world, "dorothy"), slot_id=slot(world, day=12).id, desk=desk(world, "dorothy")).told
    send_waiting(world.bot, Console())
    assert len(texts(world, "dorothy")) == 1


def items(world: World, *, status: str = "requested") -> list[tuple[str, str | None]]:
    """Kind and outcome of the items that coordinators see, or have seen."""
    with world.bot.store.session() as session:
        rows = select(TaskRow).where(TaskRow.status == status, TaskRow.created_at <= world.clock.now).order_by(TaskRow.id)
        return [(row.kind, row.outcome) for row in session.scalars(rows)]


def promised(world: World) -> list[bool]:
    """Whether each promise is settled."""
    with world.bot.store.session() as session:
        return [row.kept_at is not None for row in session.scalars(select(PromiseRow).order_by(PromiseRow.id))]


def nothing_fits(world: World, who: str) -> None:
    """A patient whom the bot cannot offer a time is a person's to help."""
    with world.bot.store.begin() as session:
        session.execute(update(SlotRow).values(status="busy"))
    take(world.bot, received(sender=world.number(who), body="I need another time for my visit, Tuesday morning"))
    assert items(world) == [("no_fit", None)]
    with world.bot.store.begin() as session:
        session.execute(update(SlotRow).where(SlotRow.service == "primary").values(status="free"))


def test_moving_at_the_patients_word_closes_what_asked_for_it(world: World) -> None:
    """With what came of it; what was promised is settled; the timeline says so."""
    nothing_fits(world, "dorothy")
    assert promised(world) == [False]
    visit = visit_of(world, "dorothy")
    done = booking.move(world.bot, visit, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy", asked=True))
    assert (items(world), items(world, status="completed"), promised(world)) == ([], [("no_fit", "booked")], [True])
    with world.bot.store.session() as session:
        told = [(row.kind, row.task_id) for row in session.scalars(select(ActionRow).order_by(ActionRow.id))]
    assert told == [("moved", None), ("resolved", done.closed[0])]


def test_what_the_clinic_changes_by_itself_answers_nobodys_wish(world: World) -> None:
    """The patient still waits for a time that suits them."""
    nothing_fits(world, "dorothy")
    done = booking.move(world.bot, visit_of(world, "dorothy"), slot_id=slot(world, day=12).id, desk=desk(world, "dorothy"))
    assert (done.closed, items(world), promised(world)) == ((), [("no_fit", None)], [False])


def test_another_matter_of_the_same_patient_stays_open_and_promised(world: World) -> None:
    """Only what asked for exactly this is closed; the refill is still somebody's to answer."""
    nothing_fits(world, "dorothy")
    take(world.bot, received(sender=world.number("dorothy"), body="I also need a refill of my pills"))
    visit = visit_of(world, "dorothy")
    booking.move(world.bot, visit, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy", asked=True))
    assert (items(world), promised(world)) == ([("refill", None)], [False])


def test_calling_off_closes_the_item_that_says_to_call_it_off(bot_parts: Any) -> None:
    """Where the clinic has the bot only note that somebody cannot come (F-02); whoever caused it, nobody need do it again."""
    world = make_world(bot_parts, may_cancel=False)
    take(world.bot, received(sender=world.number("dorothy"), body="I can't make it to my appointment, please cancel it"))
    assert items(world) == [("declined", None)]
    booking.call_off(world.bot, visit_of(world, "dorothy"), desk=desk(world, "dorothy"))
    assert items(world, status="completed") == [("declined", "called_off")]


def test_who_looked_for_another_time_of_a_visit_that_the_clinic_calls_off_wants_a_visit(world: World) -> None:
    """They still do, and the item is closed by the next visit that is booked, whoever books it."""
    nothing_fits(world, "dorothy")
    assert items(world) == [("no_fit", None)]
    booking.call_off(world.bot, visit_of(world, "dorothy"), desk=desk(world, "dorothy"))
    assert (items(world), promised(world)) == ([("booking", None)], [False])
    with world.bot.store.session() as session:
        patient = next(iter(queries.people(session, world.phones["dorothy"])))
    booking.book(world.bot, patient, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy", asked=True))
    assert (items(world), items(world, status="completed")) == ([], [("booking", "booked")])


def test_the_bot_settles_what_it_had_promised_a_person_for(world: World) -> None:
    """The patient takes a free time after all: the item is closed, and no apology for silence will be due."""
    nothing_fits(world, "dorothy")
    for words in ("do you have anything on Thursday?", "1"):
        take(world.bot, received(sender=world.number("dorothy"), body=words))
    assert (items(world), promised(world)) == ([], [True])


@pytest.mark.parametrize("why", ["opted out", "asked not to be texted", "a landline", "no number"])
def test_what_no_text_can_tell_is_an_item_to_phone(world: World, why: str) -> None:
    """For every reason (N-08, O-12), until the next change replaces it."""
    visit = visit_of(world, "dorothy")
    with world.bot.store.begin() as session:
        row = session.get_one(AppointmentRow, visit)
        phone = session.get_one(PhoneRow, world.phones["dorothy"])
        if why == "asked not to be texted":
            session.get_one(PatientRow, row.patient_id).do_not_text = True
        elif why == "a landline":
            phone.unusable_at = world.clock.now
        elif why == "opted out":
            phone.opted_out_at = world.clock.now
        else:
            session.execute(delete(PatientPhoneRow).where(PatientPhoneRow.patient_id == row.patient_id))
    assert not booking.move(world.bot, visit, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy", asked=True)).told
    booking.call_off(world.bot, visit, desk=desk(world, "dorothy"))
    with world.bot.store.session() as session:
        found = [(row.kind, row.detail, row.outcome) for row in session.scalars(select(TaskRow).order_by(TaskRow.id))]
    assert found == [("not_told", "moved", "not_needed"), ("not_told", "called_off", None)]


def act_on(world: World, what: str) -> None:
    """Ana books, moves or calls off a visit of Dorothy's."""
    visit = visit_of(world, "dorothy")
    if what == "booked":
        booking.book(world.bot, row_of(world, visit).patient_id, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy"))
    elif what == "moved":
        booking.move(world.bot, visit, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy"))
    else:
        booking.call_off(world.bot, visit, desk=desk(world, "dorothy"))


@pytest.mark.parametrize("what", ["booked", "moved", "called_off"])
def test_what_is_done_with_a_visit_is_in_the_trail(what: str, world: World) -> None:
    """H-07: who, what, in which conversation; no name, no day."""
    act_on(world, what)
    with world.bot.store.session() as session:
        entries = session.scalars(select(AuditRow).where(AuditRow.action == what)).all()
        assert audit.verify(session).broken is None
    assert [(each.actor, each.role, each.about) for each in entries] == [("staff:1", "coordinator", f"phone:{world.phones['dorothy']}")]


@pytest.mark.parametrize("what", ["booked", "moved", "called_off"])
def test_what_cannot_be_recorded_is_not_done_to_a_visit(what: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """H-07: neither the change nor the text about it."""

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    before = {row.id: (row.start, row.status) for row in rows_of(world)}
    monkeypatch.setattr("bot.desk.work.audit.record", full)
    with pytest.raises(OSError, match="no space"):
        act_on(world, what)
    assert {row.id: (row.start, row.status) for row in rows_of(world)} == before
    send_waiting(world.bot, Console())
    assert texts(world, "dorothy") == []


def rows_of(world: World) -> list[AppointmentRow]:
    """Every visit."""
    with world.bot.store.session() as session:
        return list(session.scalars(select(AppointmentRow)))


@pytest.mark.parametrize("what", ["moved", "called off"])
def test_undo_from_a_second_phone_takes_nothing_back_that_the_desk_has_changed_since(what: str, world: World) -> None:
    """F-03: the news go to one of her phones, and she writes from the other; so it is of what she did there."""
    visit, other = visit_of(world, "dorothy"), "+17165550190"
    with world.bot.store.begin() as session:
        phone = queries.phone(session, world.bot.store.cipher, clinic_id=world.bot.clinic_id, number=other, now=world.clock.now)
        patient = session.get_one(AppointmentRow, visit).patient_id
        session.add(PatientPhoneRow(patient_id=patient, phone_id=phone.id, clinic_id=world.bot.clinic_id))
    take(world.bot, received(sender=other, body="can we do monday morning instead"))
    assert "UNDO" in take(world.bot, received(sender=other, body="1"))
    if what == "moved":
        booking.move(world.bot, visit, slot_id=slot(world, day=12).id, desk=desk(world, "dorothy"))
    else:
        booking.call_off(world.bot, visit, desk=desk(world, "dorothy"))
    left = row_of(world, visit)
    assert "nothing to take back" in take(world.bot, received(sender=other, body="UNDO"))
    now = row_of(world, visit)
    assert (now.start, now.status, now.version) == (left.start, left.status, left.version)


@pytest.mark.parametrize("act", ["can we do monday morning instead", "cancel my appointment"])
def test_what_an_earlier_version_kept_for_undo_is_taken_back(act: str, world: World) -> None:
    """It kept neither whose the visit is nor when it is since."""
    visit = visit_of(world, "dorothy")
    before = row_of(world, visit)
    for said in (act, "1") if "monday" in act else (act,):
        take(world.bot, received(sender=world.number("dorothy"), body=said))
    with world.bot.store.begin() as session:
        phone = session.get_one(PhoneRow, world.phones["dorothy"])
        kept = json.loads(phone.state)
        kept["undo"] = [{name: each[name] for name in ("visit", "start", "participant", "slot", "act")} for each in kept["undo"]]
        phone.state = json.dumps(kept)
    assert row_of(world, visit).version > before.version
    assert "Taken back" in take(world.bot, received(sender=world.number("dorothy"), body="UNDO"))
    now = row_of(world, visit)
    assert (now.start, now.status, now.slot_id) == (before.start, "booked", before.slot_id)
