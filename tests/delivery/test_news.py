"""News of a visit that wait for the morning and then do not go: a person tells them, whatever kept them (O-21)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import Console, received
from bot.delivery import catchup, switch
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.desk import booking, person, staff
from bot.desk.booking import Desk
from bot.dialogue.types import Ask, Prompt
from bot.records.imports import import_file
from bot.records.opened import Records
from bot.remind import remind
from bot.store import queries
from bot.store.models import AppointmentRow, PatientRow, PhoneRow, SlotRow, TaskRow
from bot.turn import take
from tests.delivery.test_planner import NEW_YORK, change, texts, visit_of
from tests.world import World, make_world

NIGHT = datetime(2026, 3, 4, 21, 30, tzinfo=NEW_YORK)
NEW_NUMBER = "+17165550155"


@pytest.fixture
def world(bot_parts: Any, tmp_path: Path) -> Iterator[World]:
    """A clinic that called Mei's visit off late in the evening; the text waits for the morning."""
    made = make_world(bot_parts)
    imported(made, tmp_path)
    made.clock.now = NIGHT
    done = booking.call_off(made.bot, visit_of(made, "mei"), desk=desk(made))
    send_waiting(made.bot, Console())
    assert done.told and len(texts(made, "mei", "waiting")) == 1
    yield made
    made.bot.store.engine.dispose()


def desk(world: World) -> Desk:
    """A coordinator with Mei's conversation; the clinic causes what happens."""
    return Desk(by=world.staff, phone_id=world.phones["mei"], asked=False)


def imported(world: World, folder: Path, **values: str) -> None:
    """The clinic's own file about Mei, with these values."""
    bot = world.bot
    with bot.store.begin() as session:
        row = session.scalars(select(PatientRow).join(AppointmentRow).where(AppointmentRow.id == visit_of(world, "mei"))).one()
        row.identifier, row.identifier_key = "P9", bot.store.cipher.index("patient P9")
    said = {"identifier": "P9", "name": "林美", "language": "zh-Hans", "phone": world.number("mei"), "active": "yes", **values}
    path = folder / "patients.csv"
    path.write_text(f"{','.join(said)}\n{','.join(said.values())}\n", encoding="utf-8")
    import_file(Records(store=bot.store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=world.clock, actor="command:test"), path)


def corrected(world: World, **values: Any) -> None:
    """A coordinator corrects Mei."""
    with world.bot.store.session() as session:
        patient = session.scalars(select(PatientRow).join(AppointmentRow).where(AppointmentRow.id == visit_of(world, "mei"))).one()
        seen = person.details(session, patient)
    person.correct(world.bot, patient.id, replace(seen, **values), seen=seen, by=world.staff)


def to_phone(world: World) -> list[tuple[str, str]]:
    """(what was not told, the number of the conversation where it stands), of the open items."""
    with world.bot.store.session() as session:
        query = select(TaskRow.detail, PhoneRow).join(PhoneRow, TaskRow.phone_id == PhoneRow.id)
        return [(what, phone.number) for what, phone in session.execute(query.where(TaskRow.kind == "not_told"))]


KEPT: dict[str, tuple[Callable[[World, Path], object], str]] = {
    "the patient writes STOP": (lambda world, _: take(world.bot, received(sender=world.number("mei"), body="STOP")), ""),
    "the desk notes an opt-out": (lambda world, _: staff.consent(world.bot, world.phones["mei"], texts=False, by=world.staff), ""),
    "a file brings another number": (lambda world, folder: imported(world, folder, phone=NEW_NUMBER), NEW_NUMBER),
    "a file says not to text": (lambda world, folder: imported(world, folder, do_not_text="yes"), ""),
    "a file says who is one no more": (lambda world, folder: imported(world, folder, active="no"), ""),
    "the desk writes another number": (lambda world, _: corrected(world, phones=((NEW_NUMBER, "self"),)), NEW_NUMBER),
    "the desk notes not to text": (lambda world, _: corrected(world, do_not_text=True), ""),
    "it is dropped after an outage": (lambda world, _: after_outage(world, "drop"), ""),
    "it is replaced after an outage": (lambda world, _: after_outage(world, "replace"), ""),
}


def after_outage(world: World, do: str) -> None:
    """Nothing went until noon; then somebody decides about the news."""
    switch.pause(world.bot.store, world.bot.clinic_id, world.clock.now)
    world.clock.now += timedelta(hours=14)
    for group in catchup.groups(world.bot):
        if group.kind == "news of a visit":
            assert catchup.act(world.bot, kind=group.kind, reason=group.reason, do=do, by=world.staff) == 1


@pytest.mark.parametrize("what", KEPT)
def test_who_is_not_told_by_text_that_a_visit_is_called_off_is_somebodys_to_phone(world: World, tmp_path: Path, what: str) -> None:
    """One item, in the conversation where the patient is reached now; the text never goes."""
    happens, number = KEPT[what]
    happens(world, tmp_path)
    switch.resume(world.bot.store, world.bot.clinic_id)
    world.clock.now += timedelta(days=1)
    send_waiting(world.bot, Console())
    assert to_phone(world) == [("called_off", number or world.number("mei"))]
    assert texts(world, "mei", "waiting") == texts(world, "mei") == []


@pytest.mark.parametrize(("event", "told"), [("died", []), ("hospital", ["called_off"])])
def test_nobody_is_to_phone_who_has_died(world: World, event: str, told: list[str]) -> None:
    """Who is in hospital must still hear that the visit is off, from a person."""
    corrected(world, life_event=event)
    assert [what for what, _ in to_phone(world)] == told


def stands(world: World, visit: int) -> tuple[str, str]:
    """A visit's status, and what its patient has said of it."""
    with world.bot.store.session() as session:
        row = session.get_one(AppointmentRow, visit)
        return row.status, row.participant


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_an_answer_to_the_reminder_is_none_to_the_news_that_wait_for_the_morning(bot_parts: Any, answer: str) -> None:
    """Whoever answers in the evening hears of the new time, and is asked (F-03); in the morning the news go all the same."""
    world = make_world(bot_parts)
    visit = visit_of(world, "dorothy")
    world.remind("dorothy")
    send_waiting(world.bot, Console())
    world.clock.now = NIGHT
    with world.bot.store.session() as session:
        at = datetime(2026, 3, 11, 9, tzinfo=NEW_YORK)
        slot = session.scalars(select(SlotRow.id).where(SlotRow.service == "primary", SlotRow.start == at)).one()
    booking.move(world.bot, visit, slot_id=slot, desk=replace(desk(world), phone_id=world.phones["dorothy"]))
    said = take(world.bot, received(sender=world.number("dorothy"), body=answer))
    assert "Wed, Mar 11, 9:00 AM" in said and "confirmed" not in said
    assert stands(world, visit) == ("booked", "needs-action")
    world.clock.now += timedelta(hours=12)
    send_waiting(world.bot, Console())
    assert "had to move your visit" in texts(world, "dorothy")[-1][1]
    take(world.bot, received(sender=world.number("dorothy"), body="yes"))
    assert stands(world, visit) == ("booked", "accepted")
    world.bot.store.engine.dispose()


def test_news_that_the_clinics_own_file_has_overtaken_are_nobodys_to_phone(world: World) -> None:
    """The visit is booked again, at the same time."""
    change(world, visit_of(world, "mei"), status="booked")
    take(world.bot, received(sender=world.number("mei"), body="STOP"))
    assert to_phone(world) == []


def test_who_takes_an_opt_out_back_is_reminded_of_what_had_waited(bot_parts: Any) -> None:
    """What STOP kept from going counts as not sent."""
    world = make_world(bot_parts)
    change(world, visit_of(world, "mei"), start=datetime(2026, 3, 6, 15, tzinfo=NEW_YORK))
    world.clock.now = datetime(2026, 3, 4, 15, 1, tzinfo=NEW_YORK)
    while plan_due(world.bot):
        pass
    assert len(texts(world, "mei", "waiting")) == 1
    for word in ("STOP", "START"):
        take(world.bot, received(sender=world.number("mei"), body=word))
    while plan_due(world.bot):
        pass
    send_waiting(world.bot, Console())
    assert len(texts(world, "mei")) == 1
    world.bot.store.engine.dispose()


def test_several_texts_to_one_phone_are_replaced_by_one(bot_parts: Any) -> None:
    """Two reminders and a coordinator's own waited; what is booked now is told once."""
    world = make_world(bot_parts)
    switch.pause(world.bot.store, world.bot.clinic_id, world.clock.now)
    change(world, visit_of(world, "mei"), start=datetime(2026, 3, 11, 9, tzinfo=NEW_YORK))
    for _ in range(8):  # a week before, and two days before
        while plan_due(world.bot):
            pass
        world.clock.now += timedelta(days=1)
    with world.bot.store.begin() as session:
        change(world, visit_of(world, "mei"), start=datetime(2026, 3, 20, 9, tzinfo=NEW_YORK))
        remind(world.bot, session, world.phones["mei"])
        remind(world.bot, session, world.phones["mei"])
    waited = len(texts(world, "mei", "waiting"))
    world.clock.now += timedelta(hours=1)
    for group in catchup.groups(world.bot):
        if group.kind == "reminder":
            catchup.act(world.bot, kind=group.kind, reason=group.reason, do="replace", by=world.staff)
    assert waited == 3 and len(texts(world, "mei", "waiting")) == 1
    world.bot.store.engine.dispose()


def test_a_number_that_a_file_takes_away_answers_nothing_for_its_former_patient(world: World, tmp_path: Path) -> None:
    """A time was offered there for a first visit; whoever has the phone now books nothing for them."""
    with world.bot.store.begin() as session:
        phone = queries.locked_phone(session, world.phones["mei"])
        patient = next(iter(queries.people(session, phone.id)))
        slot = queries.free_slots(
            session, clinic_id=world.bot.clinic_id, services=["primary"], phone_id=phone.id, now=NIGHT, zone=world.bot.clinic.zone
        )[0]
        prompt = Prompt(ask=Ask.SLOTS, at=world.clock.now, slots=(slot.id,), slot_starts=(slot.start,), patient=patient)
        queries.keep_state(phone, replace(queries.state_of(phone), prompt=prompt))
    imported(world, tmp_path, phone=NEW_NUMBER)
    take(world.bot, received(sender=world.number("mei"), body="1"))
    with world.bot.store.session() as session:
        assert session.scalars(select(AppointmentRow.status).where(AppointmentRow.patient_id == patient)).all() == ["cancelled"]
