"""Whole conversations, as data: what they write, which approved texts answer, and what is true afterwards.

The format is described in tests/conversations/README.md; `flask --app app chat --save FILE` writes one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.delivery.waitlist import offer_due
from bot.desk import staff
from bot.dialogue.effects import JoinWaitlist
from bot.remind import ask_medicine, remind
from bot.store import queries, waiting
from bot.store.models import BREAK, AppointmentRow, PhoneRow, SlotRow, TaskRow
from bot.store.programme_models import CheckInRow
from bot.store.sending_models import CommunicationRequestRow
from bot.turn import UNREVIEWED, take
from bot.yamlfile import read_yaml
from tests.world import World, make_world

FOLDER = Path(__file__).parent / "conversations"
KEYS = {"name", "who", "speaks", "remind", "clinic", "talk", "ends", "why"}
ENDS = {"visits", "items", "hidden_items", "language", "opted_out", "wants", "waits", "answers", "hold"}
TURN_KEYS = {"they", "says", "has", "lacks", "first", "picture", "silent"}


def conversations(files: str = "*") -> Iterator[Any]:
    """Every conversation of those files. The languages' own tell the same stories: each is quick in a third of them."""
    for language, path in enumerate(sorted(FOLDER.glob(f"{files}.yaml"))):
        for number, talk in enumerate(read_yaml(path), 1):
            again = path.stem.startswith("lang_") and (language + number) % 3
            yield pytest.param(talk, id=f"{path.stem}-{number:02} {talk['name']}", marks=[pytest.mark.slow] if again else [])


@pytest.mark.parametrize("talk", list(conversations()))
def test_a_conversation_goes_as_it_should(talk: dict[str, Any], bot_parts: Any) -> None:
    """Each text gets the answers it should, and the clinic's records end as they should."""
    _goes(talk, bot_parts, "sqlite://")


@pytest.mark.slow
@pytest.mark.parametrize("talk", list(conversations("[!l]*")))
def test_a_conversation_goes_the_same_on_postgresql(talk: dict[str, Any], bot_parts: Any, databases: Any, tables: str) -> None:
    """One code path: what the bot says and does hangs on no database. (The languages' own conversations change nothing else.)"""
    with databases.copy(tables) as url:
        _goes(talk, bot_parts, url)


def _goes(talk: dict[str, Any], bot_parts: Any, url: str) -> None:
    assert set(talk) <= KEYS, f"unknown keys {set(talk) - KEYS}"
    world = make_world(bot_parts, url=url, may_cancel=talk.get("clinic") != "asks before cancelling")
    if "speaks" in talk:
        with world.bot.store.begin() as session:
            for patient, _ in queries.people(session, world.phone_id(talk["who"])).values():
                patient.language = talk["speaks"]
    if talk.get("remind", "yes") == "yes" and talk["who"] in world.phones:
        world.remind(talk["who"])
    for number, turn in enumerate(talk["talk"], 1):
        assert set(turn) <= TURN_KEYS, f"unknown keys {set(turn) - TURN_KEYS}"
        for event in turn.get("first", []):
            EVENTS[event.split()[0]](world, talk["who"], *event.split()[1:])
        _one_turn(world, talk["who"], turn, number)
    _ends(world, talk["who"], talk.get("ends") or {})
    world.bot.store.engine.dispose()


def _one_turn(world: World, who: str, turn: dict[str, Any], number: int) -> None:
    inbound = replace(received(sender=world.number(who), body=turn["they"]), media=int(turn.get("picture") == "yes"))
    answer = take(world.bot, inbound)
    with world.bot.store.session() as session:
        row = queries.by_sid(session, inbound.sid)
    said = [key for key in (row.texts or "").split(",") if key]
    where = f"turn {number}, {turn['they']!r}: answered {answer!r} by {row.rule}, read {row.reading}"
    assert said == list(turn.get("says", [])), where
    assert bool(answer) != (turn.get("silent") == "yes" or not said), where
    own, *_ = answer.split(BREAK)  # the English that goes with an unreviewed safety text has a test of its own
    for words in _list(turn.get("has")):
        assert words in own, where
    for words in _list(turn.get("lacks")):
        assert words not in own, where


def _ends(world: World, who: str, ends: dict[str, Any]) -> None:
    assert set(ends) <= ENDS, f"unknown keys in ends: {ends}"
    with world.bot.store.session() as session:
        phone = session.get_one(PhoneRow, world.phone_id(who))
        if "visits" in ends:
            assert _visits(session, world, phone) == {key: str(value) for key, value in ends["visits"].items()}
        if "items" in ends:
            assert sorted(_items(session, phone, world.bot.clock())) == sorted(ends["items"])
        if "hidden_items" in ends:
            every = _items(session, phone, world.bot.clock() + timedelta(days=90))
            assert set(ends["hidden_items"]) <= set(every)
        if "language" in ends:
            assert queries.state_of(phone).language == ends["language"]
        if "opted_out" in ends:
            assert (phone.opted_out_at is not None) == (ends["opted_out"] == "yes")
        if "answers" in ends:
            asked = session.scalars(select(CheckInRow).where(CheckInRow.phone_id == phone.id).order_by(CheckInRow.id))
            assert [f"{row.answer} {row.statement}".strip() for row in asked] == ends["answers"]
        if "wants" in ends:
            assert phone.wants == ends["wants"]
        if "waits" in ends:
            found = waiting.of_phone(session, phone.id, zone=world.bot.clinic.zone)
            assert [each.service for each in found] == ends["waits"]
        if "hold" in ends:
            assert str(queries.state_of(phone).hold or "none") == ends["hold"]


def _visits(session: Session, world: World, phone: PhoneRow) -> dict[str, str]:
    """{"dorothy Fri 10:30": "accepted"}: every visit of the phone's people, called-off ones as "cancelled"."""
    found = {}
    for patient, _ in queries.people(session, phone.id).values():
        rows = session.scalars(select(AppointmentRow).where(AppointmentRow.patient_id == patient.id))
        for row in rows:
            start = row.start.astimezone(world.bot.clinic.zone)
            name = patient.name.split()[0].casefold().replace("í", "i")
            found[f"{name} {start:%a %d %H:%M}"] = row.participant if row.status == "booked" else row.status
    return found


def _items(session: Session, phone: PhoneRow, until: datetime) -> list[str]:
    rows = session.scalars(
        select(TaskRow).where(TaskRow.phone_id == phone.id, TaskRow.status != "completed", TaskRow.created_at <= until)
    )
    return [f"{row.kind} {row.detail}".strip() for row in rows if row.kind != UNREVIEWED]


def _list(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


# ---- what may happen between two texts


def _wait(world: World, who: str, amount: str, unit: str) -> None:
    world.clock.now += timedelta(**{unit: float(amount)})


def _medicine(world: World, who: str) -> None:
    with world.bot.store.begin() as session:
        ask_medicine(world.bot, session, world.phone_id(who))
    send_waiting(world.bot, Console())


def _remind(world: World, who: str) -> None:
    with world.bot.store.begin() as session:
        remind(world.bot, session, world.phone_id(who))
    send_waiting(world.bot, Console())


def _programme(world: World, who: str) -> None:
    """The next question of a programme goes, whenever that is."""
    mine = select(func.count()).select_from(CheckInRow).where(CheckInRow.phone_id == world.phone_id(who))
    with world.bot.store.session() as session:
        asked = session.scalar(mine)
    while True:
        while plan_due(world.bot):
            pass
        send_waiting(world.bot, Console())
        with world.bot.store.session() as session:
            if session.scalar(mine) != asked:
                return
        world.clock.now += timedelta(hours=1)


def _visited(world: World, who: str) -> None:
    """The first visit of the phone takes place, whatever kind it was, and it is two days later."""
    with world.bot.store.begin() as session:
        row = min(_open_visits(session, world, who), key=lambda visit: visit.start)
        row.status, row.service = "fulfilled", "lab"
        world.clock.now = row.start + timedelta(days=2)


def _clinic_moves(world: World, who: str, days: str) -> None:
    """The clinic moves every visit of the phone by so many days."""
    with world.bot.store.begin() as session:
        for row in _open_visits(session, world, who):
            there = row.start.astimezone(world.bot.clinic.zone) + timedelta(days=float(days))  # the same time of day
            row.start, row.changed_at = there, world.clock.now


def _clinic_cancels(world: World, who: str) -> None:
    with world.bot.store.begin() as session:
        for row in _open_visits(session, world, who):
            row.status, row.changed_at = "cancelled", world.clock.now


def _others_take(world: World, who: str, which: str) -> None:
    """Somebody else books what this phone was offered (its numbers joined by commas), or "everything"."""
    with world.bot.store.begin() as session:
        if which == "everything":
            session.execute(update(SlotRow).values(status="busy"))
            return
        prompt = queries.state_of(session.get_one(PhoneRow, world.phone_id(who))).prompt
        assert prompt is not None
        for number in which.split(","):
            session.get_one(SlotRow, prompt.slots[int(number) - 1]).status = "busy"


def _waits(world: World, who: str) -> None:
    """A coordinator puts the phone's person on the waiting list, with any earlier time."""
    with world.bot.store.begin() as session:
        for row in _open_visits(session, world, who):
            effect = JoinWaitlist(patient=row.patient_id, service=row.service, visit=row.id, wishes=(), source="staff:1")
            waiting.join(session, world.bot.clinic_id, effect, world.clock.now)
        session.execute(update(SlotRow).where(SlotRow.start < world.clock.now + timedelta(days=3)).values(status="busy", offer_at=None))


def _set(world: World, day: str, hour: str, status: str) -> None:
    clock = time.fromisoformat(hour)
    start = datetime(2026, 3, int(day), clock.hour, clock.minute, tzinfo=world.bot.clinic.zone)
    with world.bot.store.begin() as session:
        session.scalars(select(SlotRow).where(SlotRow.start == start, SlotRow.service == "primary")).one().status = status


def _offers(world: World, who: str) -> None:
    """What has opened is offered, and the texts go."""
    world.clock.now += timedelta(hours=2)  # the reminder's talk is over
    with world.bot.store.begin() as session:
        session.execute(delete(CommunicationRequestRow))  # and it does not count for the limits of the day
    offer_due(world.bot)
    send_waiting(world.bot, Console())


def _others_take_the_old_time(world: World, who: str) -> None:
    with world.bot.store.begin() as session:
        undo = queries.state_of(session.get_one(PhoneRow, world.phone_id(who))).undo
        slot = session.get_one(SlotRow, undo[0].slot)
        slot.status, slot.held_for = "busy", None


def _open_visits(session: Session, world: World, who: str) -> list[AppointmentRow]:
    people = queries.people(session, world.phone_id(who))
    query = select(AppointmentRow).where(AppointmentRow.patient_id.in_(people), AppointmentRow.status == "booked")
    return list(session.scalars(query))


EVENTS = {
    "wait": _wait,
    "medicine": _medicine,
    "remind": _remind,
    "programme": _programme,
    "visited": _visited,
    "clinic_moves": _clinic_moves,
    "clinic_cancels": _clinic_cancels,
    "others_take": _others_take,
    "waits": _waits,
    "opens": lambda world, who, day, hour: _set(world, day, hour, "free"),
    "somebody_takes": lambda world, who, day, hour: _set(world, day, hour, "busy"),
    "offers": _offers,
    "others_take_the_old_time": _others_take_the_old_time,
    "take_over": lambda world, who: staff.take_over(world.bot, world.phone_id(who), by=world.staff),
    "hand_back": lambda world, who: staff.hand_back(world.bot, world.phone_id(who), by=world.staff),
    "release": lambda world, who: staff.release(world.bot, world.phone_id(who), by=world.staff),
    "opt_out_at_desk": lambda world, who: staff.consent(world.bot, world.phone_id(who), texts=False, by=world.staff),
}
