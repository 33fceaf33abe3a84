"""A coordinator tells what a text really meant: the right item, and a candidate for the bot to learn from, once reviewed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.apply import Scope, apply
from bot.core import Bot
from bot.desk.explain import labels_of
from bot.desk.work import Refused, hold, record
from bot.dialogue.effects import Effect, LogItem, OptOut, SetParticipant
from bot.dialogue.types import Participant
from bot.store import queries
from bot.store.models import AppointmentRow, CommunicationRow, PhoneRow, TaskRow
from bot.store.readings import reading_of
from bot.store.work_models import CandidateRow
from bot.understand.labels import known

# Label → the item that a person then works on. What is not named here needs nobody.
ITEMS = {
    "cancel": "declined", "reschedule": "reschedule_unfinished", "tentative": "tentative", "late": "late", "arrived": "arrived",
    "human": "human", "refill": "refill", "not_taken": "not_taken", "update_info": "update_info", "complaint": "complaint",
    "wrong_number": "wrong_number", "language": "language", "other": "other", "ask": "question", "barrier": "barrier",
    "choose": "reschedule_unfinished", "opt_in": "human",
}  # fmt: skip
CLINICAL = {"results", "medication", "procedure"}
PARTICIPANTS = {"confirm": Participant.ACCEPTED, "cancel": Participant.DECLINED, "tentative": Participant.TENTATIVE}


def correct(bot: Bot, text_id: int, *, means: Iterable[str], by: Actor) -> int:
    """Closes the open items that the wrong reading made, makes those of the right one, and proposes the text as a phrase.

    means: labels as in `intents/`, e.g. "reschedule", "barrier.transport". Gives the phone's id. Raises Refused.
    """
    labels = tuple(sorted(set(means)))
    if not labels or not all(known(label) for label in labels):
        raise Refused("Choose what the text means.")
    now = bot.clock()
    with bot.store.begin() as session:
        text = session.scalars(
            select(CommunicationRow).where(CommunicationRow.id == text_id, CommunicationRow.clinic_id == by.clinic_id)
        ).one()
        if text.direction != "inbound" or text.phone_id is None:
            raise Refused("Only a patient's text can be read again.")
        phone = session.get_one(PhoneRow, text.phone_id)
        hold(session, phone.id, by=by, now=now, take=False)
        visit = _only_visit(bot, session, phone.id)
        effects = tuple(_effects(bot, labels, visit))
        right = {(effect.kind, effect.detail) for effect in effects if isinstance(effect, LogItem)}
        _close_wrong(session, text.id, right, now)
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=now, communication=text), effects)
        _propose(session, text, labels, phone, by, now)
        record(session, by=by, now=now, phone_id=phone.id, kind="corrected", detail=", ".join(labels)[:120])
        phone_id: int = phone.id
    return phone_id


def _only_visit(bot: Bot, session: Session, phone_id: int) -> int | None:
    """The visit that a text must be about because there is no other to come."""
    who = queries.people(session, phone_id)
    to_come = AppointmentRow.start > bot.clock(), AppointmentRow.status == "booked"
    found = session.scalars(select(AppointmentRow.id).where(AppointmentRow.patient_id.in_(who), *to_come)).all()
    return found[0] if len(found) == 1 else None


def _effects(bot: Bot, labels: tuple[str, ...], visit: int | None) -> Iterable[Effect]:
    for label in labels:
        head, _, detail = label.partition(".")
        if head == "urgent":
            yield LogItem(kind=f"urgent_{detail}", visit=visit)
        elif head == "opt_out":
            yield OptOut(source="staff: corrected")
        elif head in ITEMS:
            kind = "clinical_question" if head == "ask" and detail in CLINICAL else ITEMS[head]
            lead = bot.clinic.clinic.lead_times.get(detail) if kind == "barrier" else None
            yield LogItem(kind=kind, detail=detail, visit=visit, lead=lead)
        if head in PARTICIPANTS and visit is not None:
            yield SetParticipant(visit=visit, participant=PARTICIPANTS[head])


def _close_wrong(session: Session, text_id: int, right: set[tuple[str, str]], now: Any) -> None:
    for item in session.scalars(select(TaskRow).where(TaskRow.communication_id == text_id, TaskRow.status == "requested")):
        if (item.kind, item.detail) not in right:
            item.status, item.outcome, item.closed_at = "completed", "corrected", now
    session.flush()


def _propose(session: Session, text: CommunicationRow, labels: tuple[str, ...], phone: PhoneRow, by: Actor, now: Any) -> None:
    read = reading_of(text.reading)
    known_as = next((patient.language for patient, _ in queries.people(session, phone.id).values()), "en")
    candidate = session.scalar(select(CandidateRow).where(CandidateRow.communication_id == text.id))
    if candidate is None:
        candidate = CandidateRow(clinic_id=text.clinic_id, communication_id=text.id, words=text.body)
        candidate.language = (read.language if read else None) or known_as
        candidate.context = context_at(session, text)
        candidate.read_as = ",".join(labels_of(read) if read else ())[:200]
        session.add(candidate)
    candidate.means, candidate.status, candidate.proposed_by, candidate.at = ",".join(labels)[:200], "proposed", by.name, now


def context_at(session: Session, text: CommunicationRow) -> str:
    """What the bot had asked before a text, as phrase files name it: told by the approved texts it last sent."""
    before = (
        select(CommunicationRow)
        .where(CommunicationRow.phone_id == text.phone_id, CommunicationRow.id < text.id)
        .order_by(CommunicationRow.id.desc())
        .limit(1)
    )
    last = session.scalar(before)
    said = set((last.texts or "").split(",")) if last is not None else set()
    if said & {"offer", "offer_other", "which_slot"}:
        return "slots"
    if said & {"ask_when", "ask_when_new", "ask_when_again"}:
        return "reschedule"
    return "reminder" if last is not None else "none"
