"""Texts that go out by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy import delete, or_, select, true, update
from sqlalchemy.orm import Session

from bot.segments import segments
from bot.store import news
from bot.store.models import BREAK, AppointmentRow, CommunicationRow, PatientPhoneRow, PhoneRow
from bot.store.news import Untold
from bot.store.programme_models import CarePlanRow, CheckInRow
from bot.store.sending_models import CommunicationRequestRow, OutboxRow, PlannedReplyRow
from bot.store.turns import Line

ANSWERS = timedelta(hours=4)  # an answer that comes later only confuses
CONFIRMED = timedelta(minutes=3)  # what rode in TwiML and has no callback by then may not have been taken


class Priority(IntEnum):
    """Which texts go first."""

    URGENT = 0
    REPLY = 1
    BULK = 2


def queue(
    session: Session,
    *,
    clinic_id: int,
    phone_id: int | None,
    body: str,
    now: datetime,
    sender: str,
    in_reply_to: int | None = None,
    send_at: datetime | None = None,
    useless_at: datetime | None = None,
    rule: str | None = None,
    texts: str | None = None,
    reader: str | None = None,
    asks: str | None = None,
) -> CommunicationRow:
    """A text that goes out by itself: its row and its place in the outbox, in the caller's transaction.

    send_at: not before; None: at once. useless_at: when it has lost its use and is no longer sent. rule, texts, reader: see the row,
    of what the bot starts; an answer's stand with the text that it answers. asks: see `asking.kept`.
    """
    sent = CommunicationRow(
        clinic_id=clinic_id,
        phone_id=phone_id,
        direction="outbound",
        body=body,
        segments=segments(body),
        at=now,
        status="queued",
        sender=sender,
        in_reply_to=in_reply_to,
        rule=rule[:80] if rule else None,
        texts=texts,
        reader=reader,
    )
    session.add(sent)
    session.flush()
    priority = _priority(sender, answers=in_reply_to is not None)
    waits = OutboxRow(clinic_id=clinic_id, communication_id=sent.id, priority=priority, useless_at=useless_at, asks=asks)
    waits.send_at = send_at or now
    session.add(waits)
    return sent


def _priority(sender: str, *, answers: bool) -> Priority:
    if sender == "safety":
        return Priority.URGENT
    return Priority.REPLY if answers or sender == "staff" else Priority.BULK


def on_its_way(session: Session, phone: PhoneRow | Line, row_id: int, reply: str, *, via: str, now: datetime, safety: bool) -> None:
    """What of the answer to a text is a text by itself: all of it, or what rides in TwiML beside its first message."""
    first, *further = reply.split(BREAK)
    if via == "outbox":
        queue_answer(session, phone, row_id, [first, *further], now, safety=safety)
    else:
        ride_along(session, phone, row_id, further, now)


def queue_answer(
    session: Session, phone: PhoneRow | Line, row_id: int, messages: Iterable[str], now: datetime, *, safety: bool
) -> None:
    """The answer to the text `row_id`, where it cannot ride in the webhook's own answer. safety: it answers danger.

    One that is written for a phone that opted out is one that may still go there: safety, or that it is noted.
    """
    for body in messages:
        queue(
            session,
            clinic_id=phone.clinic_id,
            phone_id=phone.id,
            body=body,
            now=now,
            sender="safety" if safety or phone.opted_out_at is not None else "bot",
            in_reply_to=row_id,
            useless_at=now + ANSWERS,
        )


def ride_along(session: Session, phone: PhoneRow | Line, row_id: int, messages: Iterable[str], now: datetime) -> None:
    """Further messages of an answer that rides in TwiML: the provider has them with it.

    Each is a text of its own, on the way as one that a worker sends: a callback tells what becomes of it, and one that nobody
    confirms is looked up, and sent only if the provider has it not.
    """
    about = {"clinic_id": phone.clinic_id, "phone_id": phone.id, "direction": "outbound", "in_reply_to": row_id}
    for body in messages:
        text = CommunicationRow(**about, body=body, segments=segments(body), at=now, status="sending", sender="safety")
        session.add(text)
        session.flush()
        way = {"status": "sending", "priority": Priority.URGENT, "attempts": 1, "look_at": now + CONFIRMED}
        session.add(OutboxRow(clinic_id=phone.clinic_id, communication_id=text.id, send_at=now, useless_at=now + ANSWERS, **way))
    session.flush()


def drop_waiting(session: Session, patient_id: int, *, visit_id: int | None = None, phone_id: int | None = None) -> list[Untold]:
    """Drops what waits to be sent by itself about a patient's visits (or one of them, or on one phone), since it may no longer be so.

    On a phone where nobody else is reached, what is about no visit goes too, unless one visit is meant. Answers and what
    coordinators wrote stay. What else a dropped text told may be written about again. Gives the news among them, which `by_phone`
    gives to a person, where somebody is to hear them.
    """
    link, asked = PatientPhoneRow, CommunicationRequestRow
    visits = select(AppointmentRow.id).where(AppointmentRow.patient_id == patient_id)
    about = select(asked.communication_id).where(asked.appointment_id.in_(visits if visit_id is None else [visit_id]))
    others = select(link.phone_id).where(link.patient_id != patient_id)
    own = select(link.phone_id).where(link.patient_id == patient_id, link.phone_id.not_in(others))
    plans = select(CarePlanRow.id).where(CarePlanRow.patient_id == patient_id)
    questions = select(CheckInRow.communication_id).where(CheckInRow.care_plan_id.in_(plans))
    which = CommunicationRow.id.in_(about)
    waiting = (
        select(CommunicationRow.id)
        .join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
        .where(
            OutboxRow.status == "waiting",
            which if visit_id is not None else or_(which, CommunicationRow.id.in_(questions), CommunicationRow.phone_id.in_(own)),
            true() if phone_id is None else CommunicationRow.phone_id == phone_id,
            CommunicationRow.sender == "bot",
            CommunicationRow.in_reply_to.is_(None),
        )
    )
    ids = list(session.scalars(waiting))
    session.execute(update(OutboxRow).where(OutboxRow.communication_id.in_(ids)).values(status="dropped"))
    session.execute(update(CommunicationRow).where(CommunicationRow.id.in_(ids)).values(status="canceled"))
    return news.take_back(session, ids)


def drop_all(session: Session, phone_id: int) -> None:
    """Whatever waits to go to a phone that is erased is dropped, whoever wrote it; what is on its way is not looked up any more."""
    texts = select(CommunicationRow.id).where(CommunicationRow.phone_id == phone_id)
    theirs, waiting = OutboxRow.communication_id.in_(texts), OutboxRow.status == "waiting"
    unsent = select(OutboxRow.communication_id).where(theirs, waiting)
    session.execute(update(CommunicationRow).where(CommunicationRow.id.in_(unsent)).values(status="canceled"))
    session.execute(update(OutboxRow).where(theirs, OutboxRow.status.in_(("waiting", "sending"))).values(status="dropped"))
    session.execute(update(OutboxRow).where(theirs).values(look_at=None, asks=None))
    session.execute(delete(PlannedReplyRow).where(PlannedReplyRow.phone_id == phone_id))
