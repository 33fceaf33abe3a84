"""`flask --app app preview`: every text that will go, and every one that will not and why, before anything goes."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.care.check_ins import Asked
from bot.care.due import Number, Timed
from bot.care.forecast import forecast
from bot.care.schedule import Cadence
from bot.core import Bot
from bot.errors import Said
from bot.store import care
from bot.store.models import AppointmentRow, PatientRow, PhoneRow
from bot.store.programme_models import CarePlanRow

LONGEST = timedelta(days=400)  # how far ahead a visit may be that is texted about


@dataclass(frozen=True)
class Entry:
    """One line: what would go, or would have gone, to whom at what time. held_back: why it does not go, or ""."""

    at: datetime
    who: str
    what: str
    why: tuple[Said, ...]
    held_back: str = ""

    def __str__(self) -> str:
        reason = f"  NOT: {self.held_back}" if self.held_back else ""
        return f"{self.at:%a %b %d %H:%M}  {self.who:14} {self.what:24} {'; '.join(self.why)}{reason}"


def preview(bot: Bot, cadence: Cadence, *, first: date, days: int, most: int | None = None) -> list[Entry]:
    """The entries of `days` days from `first` on, by time, if nobody writes and nothing changes until then.

    most: how many patients are looked at, those with the next visits; None: all.
    """
    zone = bot.clinic.zone
    begin = datetime.combine(first, time(0), zone)
    end = datetime.combine(first + timedelta(days=days), time(0), zone)
    now = bot.clock()
    found: list[Entry] = []
    with bot.store.session() as session:
        names = _names(bot, session, now, most)
        reached = care.reached_on(session, names)
        for phone_id in sorted({link.phone_id for link in reached.values()}):
            phone = session.get_one(PhoneRow, phone_id)
            number, _ = care.number(session, phone, now=now, zone=zone, known=bot.clinic.programmes, needs=bot.clinic.clinic.needs)
            found += _of(number, cadence, names, phone.number[-2:], now, end, bot)
        found += [
            Entry(now.astimezone(zone), names[who], "", (Said("is to be texted"),), "no phone on record")
            for who in names.keys() - reached.keys()
        ]
    return sorted((entry for entry in found if begin <= entry.at < end), key=lambda entry: (entry.at, entry.who))


def _names(bot: Bot, session: Session, now: datetime, most: int | None) -> dict[int, str]:
    """patient → first name, of everybody with a visit that may be texted about, by the first one; and of who is in a programme."""
    coming = AppointmentRow.status.in_(("booked", "noshow")) & AppointmentRow.start.between(now - care.BEHIND, now + LONGEST)
    plans = select(CarePlanRow.patient_id).where(CarePlanRow.status == "active")
    query = (
        select(PatientRow.id, PatientRow.name)
        .outerjoin(AppointmentRow, (AppointmentRow.patient_id == PatientRow.id) & coming)
        .where(PatientRow.clinic_id == bot.clinic_id, or_(AppointmentRow.id.is_not(None), PatientRow.id.in_(plans)))
        .group_by(PatientRow.id, PatientRow.name)
        .order_by(func.min(AppointmentRow.start).nulls_last())
        .limit(most)
    )
    return {id_: (name.split() or [""])[0] for id_, name in session.execute(query)}


def _of(
    number: Number, cadence: Cadence, names: dict[int, str], digits: str, now: datetime, end: datetime, bot: Bot
) -> Iterator[Entry]:
    """The entries of one number."""
    told = forecast(number, cadence, now, end)
    zone = bot.clinic.zone

    def entry(at: datetime, every: tuple[Timed, ...], held_back: str = "") -> Entry:
        who = "/".join(dict.fromkeys(names.get(timed.visit.patient, "?") for timed in every))
        what = "+".join(dict.fromkeys(say for timed in every for say in timed.step.say))
        why = tuple(_why(timed, zone) for timed in every)
        return Entry(at=at.astimezone(zone), who=f"{who} ..{digits}", what=what, why=why, held_back=held_back)

    def question(at: datetime, asked: Asked, held_back: str = "") -> Entry:
        who = f"{names.get(asked.plan.patient, '?')} ..{digits}"
        about = {"question": asked.question.name, "programme": asked.plan.programme.name}
        why = (
            Said("%(question)s: %(programme)s, once more", **about) if asked.again else Said("%(question)s: %(programme)s", **about),
        )
        return Entry(at=at.astimezone(zone), who=who, what=asked.question.say, why=why, held_back=held_back)

    for at, every in told.texts:
        yield entry(at, every)
    for at, asked in told.asked:
        yield question(at, asked)
    for asked in told.unasked:
        yield question(asked.at, asked, asked.why)
    for timed in told.withheld:
        yield entry(timed.at, (timed,), timed.why)


def _why(timed: Timed, zone: tzinfo) -> Said:
    told = {"step": timed.step.name, "group": Said(timed.visit.group), "when": timed.visit.start.astimezone(zone)}
    return Said("%(step)s: %(group)s, visit %(when)s", **told)


def report(
    bot: Bot, *, first: date, days: int, other: Cadence | None = None, most: int | None = None, write: Callable[[Entry], str] = str
) -> list[str]:
    """The lines to print. other: another schedule; then only what it changes is told, - without it and + with it. most: see above.

    write: an entry as a line.
    """
    entries = preview(bot, bot.clinic.cadence, first=first, days=days, most=most)
    if other is None:
        goes, stays = [write(each) for each in entries if not each.held_back], [write(each) for each in entries if each.held_back]
        return [f"{len(goes)} texts will go:", *goes, f"{len(stays)} will not:", *stays]
    changed_to = preview(bot, other, first=first, days=days, most=most)
    changed = [line for line in difflib.ndiff([*map(write, entries)], [*map(write, changed_to)]) if line[0] in "+-"]
    return changed or [Said("The other schedule changes nothing in these days.")]
