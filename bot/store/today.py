"""What a coordinator's day looks like: what is pressing, the next day's visits, promises, barriers, texts that did not arrive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo

from sqlalchemy import ColumnElement, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from bot.store import worklist
from bot.store.lines import Item
from bot.store.models import AppointmentRow, CommunicationRow, PatientPhoneRow, PatientRow, TaskRow
from bot.store.work_models import PromiseRow

SHOWN = 12  # lines of each part; a page tells what is behind it
SOON = timedelta(hours=2)
NEAR = timedelta(days=3)  # how near a visit must be for silence to matter
PAST = timedelta(days=7)
YESTERDAY = timedelta(days=1)
CHANGES = ("cancelled", "moved", "booked", "undone", "undone_booking")  # the approved texts that tell of a change of a visit
NOT_ARRIVED = ("failed", "undelivered", "unknown")


@dataclass(frozen=True)
class Line:
    """Somebody, and a moment that matters: of a visit, a promise or a text, which is `text_id`."""

    phone_id: int
    who: str
    at: datetime
    what: str = ""
    text_id: int | None = None


@dataclass(frozen=True)
class Today:
    """day: the next one with visits; visits: by what the patient has said, those that said nothing first.

    changed: what the bot did with visits at a patient's word since yesterday, the latest first, each as a key of CHANGES; changes:
    how often it did each.
    """

    pressing: list[Item]
    day: datetime | None
    visits: dict[str, list[Line]]
    promises: list[Line]
    changed: list[Line]
    changes: dict[str, int]
    barriers: list[Item]
    undelivered: list[Line]
    silent: list[Line]


STATES = ("needs-action", "tentative", "declined", "accepted")


def today(session: Session, clinic_id: int, now: datetime, zone: tzinfo) -> Today:
    """The day as it stands."""
    day = _next_day(session, clinic_id, now, zone)
    visits: dict[str, list[Line]] = {state: [] for state in STATES}
    if day is not None:
        for line in _visits(session, clinic_id, day, day + timedelta(days=1)):
            visits.setdefault(line.what, []).append(line)
    return Today(
        pressing=worklist.some(session, clinic_id, now, or_(TaskRow.rank <= 2, TaskRow.due_at <= now + SOON), limit=SHOWN),
        day=day,
        visits=visits,
        promises=_promises(session, clinic_id),
        changed=_changed(session, clinic_id, now),
        changes=_changes(session, clinic_id, now),
        barriers=worklist.some(session, clinic_id, now, (TaskRow.kind == "barrier") & (TaskRow.fix_by > now), limit=SHOWN),
        undelivered=_undelivered(session, clinic_id, now),
        silent=_silent(session, clinic_id, now),
    )


def _next_day(session: Session, clinic_id: int, now: datetime, zone: tzinfo) -> datetime | None:
    tomorrow = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    booked = AppointmentRow.clinic_id == clinic_id, AppointmentRow.status == "booked"
    first = session.scalar(select(func.min(AppointmentRow.start)).where(*booked, AppointmentRow.start >= tomorrow))
    return datetime.combine(first.astimezone(zone).date(), time(), zone) if first else None


def _visits(session: Session, clinic_id: int, start: datetime, end: datetime) -> list[Line]:
    rows = session.execute(
        select(func.min(PatientPhoneRow.phone_id), PatientRow, AppointmentRow.start, AppointmentRow.participant)
        .join(PatientRow, AppointmentRow.patient_id == PatientRow.id)
        .outerjoin(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(AppointmentRow.clinic_id == clinic_id, AppointmentRow.status == "booked")
        .where(AppointmentRow.start >= start, AppointmentRow.start < end)
        .group_by(AppointmentRow.id, PatientRow.id)
        .order_by(AppointmentRow.start)
    )
    return [Line(phone_id or 0, patient.name, at, said) for phone_id, patient, at, said in rows]


def _promises(session: Session, clinic_id: int) -> list[Line]:
    """Who was told that a person will answer, by when, and in which text."""
    rows = session.execute(
        select(PromiseRow.phone_id, PromiseRow.due_at, PromiseRow.communication_id)
        .where(PromiseRow.clinic_id == clinic_id, PromiseRow.kept_at.is_(None))
        .order_by(PromiseRow.due_at)
        .limit(SHOWN)
    ).all()
    return _named(session, [Line(phone_id, "", due, text_id=text_id) for phone_id, due, text_id in rows])


def _changed(session: Session, clinic_id: int, now: datetime) -> list[Line]:
    rows = session.execute(
        select(CommunicationRow.phone_id, CommunicationRow.at, _CHANGE, CommunicationRow.id)
        .where(*_answered(clinic_id, now), _CHANGE.is_not(None))
        .order_by(CommunicationRow.at.desc(), CommunicationRow.id.desc())
        .limit(SHOWN)
    ).all()
    return _named(session, [Line(phone_id or 0, "", at, change, id_) for phone_id, at, change, id_ in rows])


def _changes(session: Session, clinic_id: int, now: datetime) -> dict[str, int]:
    counted = select(_CHANGE.label("what"), func.count()).where(*_answered(clinic_id, now), _CHANGE.is_not(None)).group_by("what")
    found: dict[str, int] = dict(session.execute(counted).all())
    return {change: found[change] for change in CHANGES if change in found}


def _answered(clinic_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return CommunicationRow.status == "answered", CommunicationRow.at > now - YESTERDAY, CommunicationRow.clinic_id == clinic_id


# Which change of a visit an answer tells of; NULL for none.
_CHANGE: ColumnElement[str] = case(
    *(((literal(",") + CommunicationRow.texts + ",").contains(f",{change},", autoescape=True), change) for change in CHANGES)
)


def _undelivered(session: Session, clinic_id: int, now: datetime) -> list[Line]:
    rows = session.execute(
        select(CommunicationRow.phone_id, CommunicationRow.at, CommunicationRow.status)
        .where(CommunicationRow.status.in_(NOT_ARRIVED), CommunicationRow.at > now - NEAR, CommunicationRow.clinic_id == clinic_id)
        .where(CommunicationRow.direction == "outbound")
        .order_by(CommunicationRow.at.desc())
        .limit(SHOWN)
    ).all()
    return _named(session, [Line(phone_id or 0, "", at, status) for phone_id, at, status in rows])


def _silent(session: Session, clinic_id: int, now: datetime) -> list[Line]:
    """Whose text arrived, who has a visit soon, and who has not written: somebody may phone."""
    heard = aliased(CommunicationRow)
    wrote = exists().where(heard.phone_id == PatientPhoneRow.phone_id, heard.direction == "inbound", heard.at > now - PAST)
    sent = aliased(CommunicationRow)
    told = exists().where(sent.phone_id == PatientPhoneRow.phone_id, sent.status == "delivered", sent.at > now - PAST)
    rows = session.execute(
        select(func.min(PatientPhoneRow.phone_id), func.min(AppointmentRow.start))
        .join(PatientPhoneRow, PatientPhoneRow.patient_id == AppointmentRow.patient_id)
        .where(AppointmentRow.clinic_id == clinic_id, AppointmentRow.status == "booked")
        .where(AppointmentRow.start > now, AppointmentRow.start < now + NEAR, AppointmentRow.participant == "needs-action")
        .where(told, ~wrote)
        .group_by(PatientPhoneRow.phone_id)
        .order_by(func.min(AppointmentRow.start))
        .limit(SHOWN)
    ).all()
    return _named(session, [Line(phone_id, "", start) for phone_id, start in rows])


def _named(session: Session, lines: list[Line]) -> list[Line]:
    people = worklist.names(session, {line.phone_id for line in lines})
    who = {phone_id: " / ".join(patient.name for patient in found) for phone_id, found in people.items()}
    return [replace(line, who=who.get(line.phone_id, worklist.UNKNOWN)) for line in lines]
