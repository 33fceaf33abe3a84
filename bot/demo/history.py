"""The demo's past: weeks of invented visits and texts, lived through by the bot itself on a clock that is set back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import select

from bot.actor import Actor
from bot.channels.console import Console, received
from bot.core import Bot
from bot.delivery.sender import send_waiting
from bot.demo.clock import DemoClock
from bot.desk import work
from bot.remind import BY_HAND, About, tell
from bot.store.models import LOOK_NOW, AppointmentRow, CommunicationRow, PhoneRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.turn import take
from bot.yamlfile import read_yaml

REMINDED = 2  # working days before a visit
TEN = time(10)
Event = tuple[datetime, Callable[[], None]]


def live_through(bot: Bot, clock: DemoClock, path: Path, people: dict[str, tuple[int, int]], *, by: Actor) -> None:
    """Lets the past of a file happen, in its order. people: name → (patient, phone); by: the coordinator who closes items."""
    given = read_yaml(path)
    days = _working_days(bot, clock())
    events: list[Event] = []
    for visit in given["visits"]:
        events += _visit(bot, visit, people[visit["who"]], days)
    for text in given["texts"]:
        events += _text(bot, text, people[text["who"]][1], days, by)
    for at, happen in sorted(events, key=lambda event: event[0]):
        clock.move(at - clock())
        happen()
    clock.move(None)


def write_today(bot: Bot, path: Path, phones: dict[str, int]) -> None:
    """Lets patients write what the file has for the day on which the demo begins, once they have read what waits to be sent.

    phones: name → phone.
    """
    send_waiting(bot, Console())
    for text in read_yaml(path)["today"]:
        _say(bot, phones[text["who"]], text["says"])


def _working_days(bot: Bot, now: datetime) -> list[date]:
    """The working days before today, the last one first."""
    today = now.astimezone(bot.clinic.zone).date()
    before = (today - timedelta(days=n) for n in range(1, 60))
    return [day for day in before if day.weekday() < 5 and day not in bot.clinic.holidays]


def _at(bot: Bot, days: list[date], ago: int, clock: time) -> datetime:
    return datetime.combine(days[ago - 1], clock, bot.clinic.zone)


def _visit(bot: Bot, given: dict[str, str], who: tuple[int, int], days: list[date]) -> Iterator[Event]:
    """A visit: it is booked and reminded of, and later it is over."""
    patient, phone = who
    start = _at(bot, days, int(given["days"]), time.fromisoformat(given["at"]))
    visit = AppointmentRow(
        clinic_id=bot.clinic_id, patient_id=patient, service=given["service"], start=start, minutes=30, practitioner=given["with"]
    )  # fmt: skip
    told = int(given["days"]) + int(given.get("reminded", REMINDED))
    yield _at(bot, days, told, TEN), partial(_remind, bot, phone, visit, given.get("arrived") != "no")
    yield start + timedelta(hours=1), partial(_end, bot, visit, given["status"])


def _remind(bot: Bot, phone_id: int, visit: AppointmentRow, arrived: bool) -> None:
    with bot.store.begin() as session:
        session.add(visit)
        session.flush()
        text = tell(bot, session, session.get_one(PhoneRow, phone_id), [About(visit.id, visit.start, BY_HAND, ("reminder",))])
    send_waiting(bot, Console())
    if not arrived:
        with bot.store.begin() as session:
            session.get_one(CommunicationRow, text.id).status = "undelivered"
            session.query(OutboxRow).filter_by(communication_id=text.id).update({"look_at": None})  # else it is looked up, and found


def _end(bot: Bot, visit: AppointmentRow, status: str) -> None:
    """What became of the visit. Nothing is to be sent about it any more, but a programme may follow one that has taken place."""
    with bot.store.begin() as session:
        row = session.get_one(AppointmentRow, visit.id)
        row.status = status
        row.next_text_at = LOOK_NOW if status == "fulfilled" else None


def _text(bot: Bot, given: dict[str, str], phone_id: int, days: list[date], by: Actor) -> Iterator[Event]:
    """What a patient wrote, and when somebody had seen to it."""
    at = _at(bot, days, int(given["days"]), time.fromisoformat(given["at"]))
    yield at, partial(_say, bot, phone_id, given["says"])
    if "closed" in given:
        yield at + timedelta(hours=int(given["hours"])), partial(_close, bot, phone_id, given["closed"], by)


def _say(bot: Bot, phone_id: int, words: str) -> None:
    with bot.store.session() as session:
        number = session.get_one(PhoneRow, phone_id).number
    take(bot, received(sender=number, body=words))


def _close(bot: Bot, phone_id: int, outcome: str, by: Actor) -> None:
    with bot.store.session() as session:
        open_ = session.scalars(select(TaskRow.id).where(TaskRow.phone_id == phone_id, TaskRow.status == "requested")).all()
    work.resolve(bot, open_, outcome=outcome, by=by)
