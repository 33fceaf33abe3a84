"""What staff do with programmes: put a patient in who has agreed, end or resume it, see what was answered on which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.apply import Scope, apply
from bot.care.life import HAPPENED
from bot.core import Bot
from bot.desk.work import Refused, hold, record
from bot.dialogue.effects import EndProgramme
from bot.errors import Said
from bot.store import care, programmes, queries
from bot.store.inbox import Conversation
from bot.store.models import PatientRow, PhoneRow
from bot.store.programme_models import CarePlanRow, CheckInRow

DAYS = 14  # of a record that a page shows
AGREED = {"form": "on a signed form", "person": "in person", "phone": "by phone"}
ENROLLED = "enrolled"  # as `starts` in the clinic's file: staff put patients in


@dataclass(frozen=True)
class Day:
    """One question of the record: when it was asked, what was answered. answer: "" while there is none."""

    day: date
    answer: str
    again: bool


@dataclass(frozen=True)
class Plan:
    """Somebody in a programme, as a page shows it."""

    id: int
    who: str
    title: str
    status: str
    reason: str
    start: datetime
    days: list[Day]


@dataclass(frozen=True)
class Shown:
    """The programmes of a conversation, and those that staff may put each of its people into: (patient, name, [(key, title)])."""

    plans: list[Plan]
    offered: list[tuple[int, str, list[tuple[str, str]]]]
    agreed: dict[str, str]


def shown(bot: Bot, talk: Conversation) -> Shown:
    """What the page of a conversation tells of programmes: the open ones, and of each that has ended the newest."""
    names = {patient.id: patient.name for patient, _ in talk.people}
    with bot.store.session() as session:
        rows = [row for row in programmes.of_phone(session, talk.phone_id) if row.patient_id in names]
        newest: dict[tuple[int, str], CarePlanRow] = {}
        for row in rows:
            newest.setdefault((row.patient_id, row.programme), row)
        every = [row for row in rows if row.status in programmes.OPEN or newest[row.patient_id, row.programme] is row]
        found = [_plan(bot, session, row, names[row.patient_id]) for row in every]
        phone = session.get_one(PhoneRow, talk.phone_id)
        may = {patient.id: patient.name for patient, _ in talk.people if _why_not(session, phone, patient) is None}
    inside = {row.programme for row in every if row.status in programmes.OPEN}
    free = [(each.name, each.title) for each in bot.clinic.programmes.values() if each.starts == ENROLLED and each.name not in inside]
    plans = [plan for plan in found if plan.days or plan.status != "completed"]  # one that began too late asked nothing
    return Shown(plans, [(who, name, free) for who, name in may.items() if free], AGREED)


def _plan(bot: Bot, session: Session, row: CarePlanRow, who: str) -> Plan:
    known = bot.clinic.programmes.get(row.programme)
    return Plan(
        id=row.id,
        who=who,
        title=known.title if known else row.programme,
        status=row.status,
        reason=row.reason,
        start=row.start,
        days=[_day(bot, asked) for asked in programmes.asked(session, row.id, limit=DAYS)],
    )


def _day(bot: Bot, row: CheckInRow) -> Day:
    return Day(row.due.astimezone(bot.clinic.zone).date(), row.answer, row.again)


def enrol(bot: Bot, phone_id: int, patient: PatientRow, *, programme: str, agreed: str, by: Actor) -> None:
    """Puts a patient into a programme that they agreed to be texted by. Raises Refused.

    A phone is asked the questions of one programme about one person alone, since nobody could tell whom an answer is about (N-04).
    """
    found = bot.clinic.programmes.get(programme)
    if found is None or found.starts != ENROLLED:
        raise Refused("Choose a programme.")
    if agreed not in AGREED:
        raise Refused("Choose how the patient agreed.")
    now = bot.clock()
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=now)
        phone = queries.locked_phone(session, phone_id)
        if any(row.programme == programme and row.status in programmes.OPEN for row in programmes.of_phone(session, phone_id)):
            raise Refused("Somebody on this phone is in this programme already.")
        if why := _why_not(session, phone, patient):
            raise why
        programmes.enrol(session, patient, phone_id, programme=programme, source=f"{AGREED[agreed]}, staff:{by.id}", now=now)
        record(session, by=by, now=now, phone_id=phone_id, kind="enrolled", detail=f"{agreed} {found.title}")


def _why_not(session: Session, phone: PhoneRow, patient: PatientRow) -> Refused | None:
    """Why a patient is put into no programme in the conversation of a phone."""
    if phone.opted_out_at is not None:
        return Refused("This phone has opted out: texts must not be sent.")
    if patient.do_not_text:
        return Refused("This patient asked not to be texted.")
    if why := HAPPENED.get(patient.life_event):
        return Refused("Nothing is started by text about this patient, who %(reason)s.", reason=Said(why))
    link = care.reached_on(session, [patient.id]).get(patient.id)
    if link is None or link.phone_id != phone.id:
        return Refused("This patient is texted on another phone: do it in that conversation.")
    return None


def end(bot: Bot, phone_id: int, plan_id: int, *, by: Actor) -> None:
    """Ends a plan at the patient's word, who takes their consent to it back. Raises Refused."""
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=bot.clock())
        phone = queries.locked_phone(session, phone_id)
        row = _open(session, plan_id)
        effect = EndProgramme(plan=row.id, programme=row.programme, left=True)
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock()), (effect,))
        record(session, by=by, now=bot.clock(), phone_id=phone_id, kind="ended", detail=_title(bot, row))


def resume(bot: Bot, phone_id: int, plan_id: int, *, by: Actor) -> None:
    """Lets a paused plan go on; silence is counted anew. Raises Refused."""
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=bot.clock())
        row = _open(session, plan_id)
        row.status, row.reason, row.since, row.next_text_at = "active", "", bot.clock(), bot.clock()
        record(session, by=by, now=bot.clock(), phone_id=phone_id, kind="resumed", detail=_title(bot, row))


def _open(session: Session, plan_id: int) -> CarePlanRow:
    row = session.get_one(CarePlanRow, plan_id, with_for_update=True, populate_existing=True)
    if row.status not in programmes.OPEN:
        raise Refused("This programme has ended already.")
    return row


def _title(bot: Bot, row: CarePlanRow) -> str:
    known = bot.clinic.programmes.get(row.programme)
    return known.title if known else row.programme
