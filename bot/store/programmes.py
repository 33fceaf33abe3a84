"""Programmes in the database: who is in one, what they were asked and answered, and which plans are to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, delete, select, update
from sqlalchemy.orm import Session

from bot.care.programmes import FULFILLED, Enrolled, Programme, Sent, missed_before
from bot.care.schedule import DAY, Cadence
from bot.dialogue.types import CheckIn
from bot.store.models import LOOK_NOW, AppointmentRow, ConsentRow, PatientPhoneRow, PatientRow
from bot.store.prepared import LISTED, Prepared
from bot.store.programme_models import CarePlanRow, CheckInRow
from bot.store.turns import TEXT, TEXTS, table

Programmes = Mapping[str, Programme]
PLANS, ASKED = table(CarePlanRow), table(CheckInRow)
OPEN = ("active", "on-hold")
LOST = ("failed", "undelivered")
AFTER = 8 * DAY  # a visit that has taken place longer ago starts no programme
ELSEWHERE = "agreed on another phone"
CHANGED = "the visit has changed"
_LOOKS = Prepared(
    select(CarePlanRow.id, CarePlanRow.patient_id, CarePlanRow.version)
    .where(CarePlanRow.clinic_id == bindparam("clinic_id"), CarePlanRow.next_text_at <= bindparam("now"))
    .order_by(CarePlanRow.next_text_at.desc())
    .limit(bindparam("limit", type_=Integer))
)
_ACTIVE = select(CarePlanRow).where(CarePlanRow.patient_id.in_(LISTED), CarePlanRow.status == "active").order_by(CarePlanRow.id)
_TEXTED = (
    select(CheckInRow.phone_id, CheckInRow.at)
    .join(CarePlanRow, CheckInRow.care_plan_id == CarePlanRow.id)
    .where(CheckInRow.phone_id.in_(LISTED), CheckInRow.at > bindparam("since"), CarePlanRow.consent_id.is_(None))
)
_OF_TEXTS = select(CheckInRow).where(CheckInRow.communication_id.in_(LISTED))


@dataclass(frozen=True)
class Look:
    """A plan or a visit that is to be looked at, in the version that was read."""

    id: int
    patient_id: int
    version: int


def looks(session: Session, *, clinic_id: int, now: datetime, limit: int) -> list[Look]:
    """Plans to be looked at: those whose time has come before those that have changed."""
    return [Look(*row) for row in _LOOKS.rows(session, clinic_id=clinic_id, now=now, limit=limit)]


def look_at(session: Session, looked: Iterable[Look], when: Mapping[int, datetime | None]) -> None:
    """Writes when each plan is looked at next; one that has changed meanwhile keeps its mark."""
    for look in looked:
        seen = (PLANS.c.id == look.id) & (PLANS.c.version == look.version)
        session.execute(update(PLANS).where(seen).values(next_text_at=when.get(look.id)))


def look_again_for(source: Connection | Session, patients: Select[int] | Iterable[int]) -> None:
    """How these patients are reached has changed, or whether they may be."""
    active = PLANS.c.patient_id.in_(patients) & (PLANS.c.status == "active")
    source.execute(update(PLANS).where(active).values(next_text_at=LOOK_NOW))


def begin(session: Session, visits: Iterable[int], programmes: Programmes, *, phone_id: int, now: datetime) -> None:
    """Puts whoever had one of these visits, and is reached on that phone, into the programmes that follow it, once."""
    following = [each for each in programmes.values() if each.starts == FULFILLED]
    if not following:
        return
    had = AppointmentRow.id.in_(list(visits)) & (AppointmentRow.status == "fulfilled") & (AppointmentRow.start > now - AFTER)
    for visit in session.scalars(select(AppointmentRow).where(had)).all():
        done = set(session.scalars(select(CarePlanRow.programme).where(CarePlanRow.appointment_id == visit.id)))
        end = visit.start + timedelta(minutes=visit.minutes)
        who = {"clinic_id": visit.clinic_id, "patient_id": visit.patient_id, "phone_id": phone_id, "appointment_id": visit.id}
        for programme in following:
            if programme.name not in done and (not programme.services or visit.service in programme.services):
                session.add(CarePlanRow(**who, programme=programme.name, start=end, since=now))
    session.flush()


def enrol(session: Session, patient: PatientRow, phone_id: int, *, programme: str, source: str, now: datetime) -> CarePlanRow:
    """Puts a patient into a programme that they agreed to, and writes that into the consent ledger (O-17)."""
    who = {"clinic_id": patient.clinic_id, "phone_id": phone_id}
    consent = ConsentRow(**who, decision="opt_in", category=programme, source=source, at=now)
    session.add(consent)
    session.flush()
    row = CarePlanRow(**who, patient_id=patient.id, programme=programme, start=now, since=now, consent_id=consent.id)
    session.add(row)
    session.flush()
    return row


def of_patients(
    session: Session, stops: Mapping[int, str], programmes: Programmes, *, links: Mapping[int, PatientPhoneRow]
) -> tuple[Enrolled, ...]:
    """The active plans of these patients as the schedule sees them.

    stops: patient → why nothing is sent about them, or "". links: patient → the phone where they are texted; confidential visits
    are not for somebody else's.
    """
    rows = session.scalars(_ACTIVE, {"listed": list(stops)}).all()
    if not rows:
        return ()
    sent = _sent(session, [row.id for row in rows])
    secret = _confidential(session, [row.appointment_id for row in rows if links[row.patient_id].relation != "self"])
    had = _took_place(session, [row.appointment_id for row in rows])
    return tuple(
        Enrolled(
            id=row.id,
            version=row.version,
            patient=row.patient_id,
            programme=programmes[row.programme],
            start=row.start,
            since=row.since,
            own_limits=row.consent_id is not None,
            sent=tuple(sent.get(row.id, ())),
            again=(row.again_step, row.again_at) if row.again_step and row.again_at else None,
            stop=stops[row.patient_id]
            or (ELSEWHERE if row.phone_id != links[row.patient_id].phone_id else "")
            or ("confidential, and the phone is somebody else's" if row.appointment_id in secret else "")
            or (CHANGED if row.appointment_id is not None and row.appointment_id not in had else ""),
        )
        for row in rows
        if row.programme in programmes
    )


def _confidential(session: Session, visits: list[int | None]) -> set[int]:
    wanted = [visit for visit in visits if visit is not None]
    return set(session.scalars(select(AppointmentRow.id).where(AppointmentRow.id.in_(wanted), AppointmentRow.confidential)))


def _took_place(session: Session, visits: list[int | None]) -> set[int]:
    """Those of the visits that programmes follow which still count as had: who is then written down as missing one was not there."""
    wanted = [visit for visit in visits if visit is not None]
    return set(session.scalars(select(AppointmentRow.id).where(AppointmentRow.id.in_(wanted), AppointmentRow.status == "fulfilled")))


def _sent(source: Connection | Session, plans: list[int]) -> dict[int, list[Sent]]:
    """plan → what was asked, oldest first."""
    found: dict[int, list[Sent]] = {}
    row = ASKED.c
    query = (
        select(row.care_plan_id, row.step, row.due, row.at, row.again, row.answer, row.statement, TEXT.status)
        .select_from(ASKED.outerjoin(TEXTS, row.communication_id == TEXT.id))
        .where(row.care_plan_id.in_(plans))
        .order_by(row.at, row.id)
    )
    for plan, step, due, at, again, answer, statement, delivery in source.execute(query):
        found.setdefault(plan, []).append(Sent(step, due, at, again, answer, statement, delivery in LOST))
    return found


def texted(session: Session, phones: Iterable[int], since: datetime) -> list[tuple[int, datetime]]:
    """When questions of programmes that nobody agreed to in particular went to these phones: they count for their limits (O-18)."""
    return [(phone, at) for phone, at in session.execute(_TEXTED, {"listed": list(phones), "since": since})]


def add(
    session: Session, plan_id: int, *, clinic_id: int, phone_id: int, step: str, due: datetime, again: bool, now: datetime
) -> CheckInRow:
    """Notes a question; the second of its kind fails with sqlalchemy.exc.IntegrityError."""
    what = {"clinic_id": clinic_id, "phone_id": phone_id, "step": step, "due": due, "again": again, "at": now}
    row = CheckInRow(care_plan_id=plan_id, **what)
    session.add(row)
    session.flush()
    return row


def of_texts(session: Session, texts: Iterable[int]) -> dict[int, CheckInRow]:
    """text → the question that it asks; of those that ask one of a programme."""
    rows = session.scalars(_OF_TEXTS, {"listed": list(texts)})
    return {row.communication_id: row for row in rows if row.communication_id is not None}


def take_back(session: Session, texts: Iterable[int]) -> None:
    """Texts do not go after all: the plans are free to ask again, and are looked at."""
    mine = CheckInRow.communication_id.in_(list(texts))
    plans = list(session.scalars(select(CheckInRow.care_plan_id).where(mine)))
    session.execute(delete(CheckInRow).where(mine))
    session.execute(update(PLANS).where(PLANS.c.id.in_(plans), PLANS.c.status == "active").values(next_text_at=LOOK_NOW))


def close(source: Connection | Session, which: Any, *, status: str, reason: str, now: datetime) -> int:
    """Pauses or ends those of the open plans; gives how many."""
    ended = None if status == "on-hold" else now
    change = update(PLANS).where(which, PLANS.c.status.in_(OPEN)).values(status=status, reason=reason, ended_at=ended)
    done = source.execute(change.values(next_text_at=None, version=PLANS.c.version + 1))
    return int(done.rowcount)  # type: ignore[attr-defined]


def check_in(source: Connection | Session, id_: int, programmes: Programmes, cadence: Cadence) -> CheckIn | None:
    """A question that was asked, as the dialogue needs it; None when its plan was ended or is no longer in the clinic's file."""
    plan, row = PLANS.c, ASKED.c
    found = source.execute(
        select(row.care_plan_id, row.step, row.again, plan.programme, plan.patient_id, plan.appointment_id)
        .select_from(ASKED.join(PLANS, row.care_plan_id == plan.id))
        .where(row.id == id_, plan.status != "revoked")
    ).one_or_none()
    programme = programmes.get(found.programme) if found is not None else None
    question = programme.question(found.step) if found is not None and programme is not None else None
    if found is None or programme is None or question is None:
        return None
    before = [each for each in _sent(source, [found.care_plan_id]).get(found.care_plan_id, ())][:-1]
    if found.again and before:  # the same day's first answer is superseded by this one
        before = before[:-1]
    return CheckIn(
        id=id_,
        plan=found.care_plan_id,
        patient=found.patient_id,
        programme=programme.name,
        step=question.name,
        say=question.say,
        does=question.answers,
        visit=found.appointment_id,
        missed=missed_before(tuple(before)),
        limit=programme.missed,
        again=None if found.again else programme.again,
        closes=cadence.hours.closes,
    )


def record(source: Connection, id_: int, *, answer: str, statement: str, text: int | None, now: datetime) -> None:
    """What was answered to a question."""
    values = {"answer": answer, "statement": statement, "answered_at": now, "answer_id": text}
    source.execute(update(ASKED).where(ASKED.c.id == id_).values(values))


def ask_again(source: Connection, plan: int, step: str, at: datetime) -> None:
    """A step of a plan is asked once more."""
    active = (PLANS.c.id == plan) & (PLANS.c.status == "active")
    source.execute(update(PLANS).where(active).values(again_step=step, again_at=at, next_text_at=LOOK_NOW))


def of_phone(session: Session, phone_id: int) -> list[CarePlanRow]:
    """Every plan of a phone, newest first."""
    return list(session.scalars(select(CarePlanRow).where(CarePlanRow.phone_id == phone_id).order_by(CarePlanRow.id.desc())))


def asked(session: Session, plan_id: int, *, limit: int) -> list[CheckInRow]:
    """The newest questions of a plan, newest first."""
    query = select(CheckInRow).where(CheckInRow.care_plan_id == plan_id).order_by(CheckInRow.id.desc()).limit(limit)
    return list(session.scalars(query))
