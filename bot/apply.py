"""Does what was decided, in the caller's transaction: one small function for each kind of effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, UpdateBase, insert, select, update
from sqlalchemy.orm import Session

from bot.dialogue.effects import (
    AskAgain,
    BookAppointment,
    CancelAppointment,
    CloseItems,
    DeclineOffer,
    Effect,
    EndProgramme,
    JoinWaitlist,
    LeaveWaitlist,
    LogItem,
    MoveAppointment,
    OptIn,
    OptOut,
    Prefer,
    Promise,
    RecordAnswer,
    RestoreAppointment,
    Say,
    SetDetails,
    SetLanguage,
    SetParticipant,
)
from bot.dialogue.types import Visit
from bot.store import care, programmes, queries, tasks, turns, waiting
from bot.store.database import Conflict
from bot.store.models import AppointmentRow, CommunicationRow, ConsentRow, PhoneRow, SlotRow
from bot.store.programme_models import CarePlanRow
from bot.store.sending_models import OutboxRow
from bot.store.turns import PEOPLE, PERSON, REACHED, REACHES, TEXT, TEXTS, Line, Text, table

CONSENTS, OUTBOX, PLAN = table(ConsentRow), table(OutboxRow), table(CarePlanRow).c


@dataclass
class Scope:
    """What effects are applied to: the conversation, the text that caused them, and the time, in the caller's transaction.

    opened: the caller's session; without one a session is opened for the few effects that need rows as objects.
    seen: the visits as the decision knows them, each until an effect changes it; one that is not in it is taken as it is.
    kinds: those of the conversation's open items, where they are known.
    """

    connection: Connection
    phone: PhoneRow | Line
    now: datetime
    communication: CommunicationRow | Text | None = None
    opened: Session | None = None
    seen: dict[int, Visit] = field(default_factory=dict)
    kinds: set[str] | None = None

    @property
    def session(self) -> Session:
        """Rows as objects."""
        if self.opened is None:
            self.opened = Session(bind=self.connection, expire_on_commit=False)
        return self.opened

    def flush(self) -> None:
        """Brings what objects hold to the database."""
        if self.opened is not None:
            self.opened.flush()

    def execute(self, statement: UpdateBase, **values: Any) -> CursorResult[Any]:
        """A statement without the ORM, which costs far more, that the objects of a session see all the same."""
        self.flush()
        done = self.connection.execute(statement, values or None)
        if self.opened is not None:
            self.opened.expire_all()
        return done


def apply(scope: Scope, effects: tuple[Effect, ...]) -> None:
    """Applies effects in order. Raises Conflict when a slot is gone; the caller's transaction must then roll back."""
    for effect in effects:
        APPLY[type(effect)](scope, effect)
    scope.flush()


def say(scope: Scope, effect: Say) -> None:
    """Sentences are rendered by the turn, which knows the language and the way out."""


def log_item(scope: Scope, effect: LogItem) -> None:
    """One open item a kind, detail and visit: a repeat refreshes it instead of adding another."""
    start = scope.seen[effect.visit].start if effect.visit in scope.seen else None
    if effect.visit and start is None:
        scope.flush()  # effects before this one may hold the visit as an object
        start = turns.start_of(scope.connection, effect.visit)
    new = scope.kinds is not None and effect.kind not in scope.kinds
    tasks.log(scope.connection, effect, scope.phone, text=_text(scope), start=start, now=scope.now, new=new)
    if scope.kinds is not None:
        scope.kinds.add(effect.kind)


def promise(scope: Scope, effect: Promise) -> None:
    """What was promised first is what counts: who writes again does not wait longer."""
    tasks.promise(scope.connection, scope.phone, text=_text(scope), by=effect.by, now=scope.now)


def _text(scope: Scope) -> int | None:
    return scope.communication.id if scope.communication else None


def close_items(scope: Scope, effect: CloseItems) -> None:
    """The patient answered: what waited for that is done."""
    if scope.kinds is None or not scope.kinds.isdisjoint(effect.kinds):
        tasks.close(scope.connection, scope.phone.id, effect, now=scope.now)


def set_participant(scope: Scope, effect: SetParticipant) -> None:
    """What the patient says about the visit."""
    scope.flush()  # effects before this one may hold the visit as an object
    seen = seen_visit.version if (seen_visit := scope.seen.pop(effect.visit, None)) else None
    if not turns.set_participant(scope.connection, effect.visit, effect.participant, now=scope.now, seen=seen):
        raise Conflict(f"visit {effect.visit}")
    if scope.opened is not None:
        scope.opened.expire_all()


def cancel_appointment(scope: Scope, effect: CancelAppointment) -> None:
    """Calls the visit off and keeps its slot a while for UNDO."""
    visit = _visit(scope, effect.visit)
    visit.status, visit.participant, visit.changed_at = "cancelled", "declined", scope.now
    if visit.slot_id:
        slot = scope.session.get_one(SlotRow, visit.slot_id)
        slot.status, slot.held_for, slot.held_until = "busy-tentative", scope.phone.id, effect.keep_until
        visit.slot_id = None  # the visit owns it no longer; UNDO knows which it was


def move_appointment(scope: Scope, effect: MoveAppointment) -> None:
    """Moves the visit to the slot and gives the old time up."""
    visit = _visit(scope, effect.visit)
    slot = _take(scope, effect.slot)
    _give_back(scope, visit.slot_id)
    visit.slot_id, visit.start, visit.minutes = slot.id, slot.start, slot.minutes
    visit.practitioner = slot.practitioner or visit.practitioner
    visit.status, visit.participant = "booked", "accepted"
    visit.changed_at = visit.told_at = scope.now


def book_appointment(scope: Scope, effect: BookAppointment) -> None:
    """Books a new visit."""
    slot = _take(scope, effect.slot)
    scope.session.add(
        AppointmentRow(
            clinic_id=scope.phone.clinic_id,
            patient_id=effect.patient,
            slot_id=slot.id,
            service=slot.service,
            start=slot.start,
            minutes=slot.minutes,
            practitioner=slot.practitioner,
            participant="accepted",
            told_at=scope.now,
        )
    )


def restore_appointment(scope: Scope, effect: RestoreAppointment) -> None:
    """Takes the last change back."""
    undo = effect.undo
    if undo.act == "book":
        booked = select(AppointmentRow).where(
            AppointmentRow.slot_id == undo.slot, AppointmentRow.status == "booked", AppointmentRow.patient_id == undo.patient
        )
        made = scope.session.scalars(booked).one_or_none()
        if made is not None:
            _give_back(scope, made.slot_id)
            made.slot_id, made.status, made.changed_at = None, "cancelled", scope.now
        return
    visit = _visit(scope, undo.visit)
    if visit.slot_id != undo.slot:
        if undo.slot is not None:
            _take(scope, undo.slot)
        _give_back(scope, visit.slot_id)
        visit.slot_id = undo.slot
    if undo.act == "move" and undo.minutes:
        visit.minutes, visit.practitioner = undo.minutes, undo.practitioner
    visit.start, visit.status, visit.participant, visit.told_at = undo.start, "booked", undo.participant, scope.now


def _take(scope: Scope, slot_id: int) -> SlotRow:
    slot = queries.take_slot(scope.session, slot_id, phone_id=scope.phone.id, now=scope.now)
    if slot is None:
        raise Conflict(f"slot {slot_id}")
    return slot


def _give_back(scope: Scope, slot_id: int | None) -> None:
    if slot_id is not None:
        scope.session.get_one(SlotRow, slot_id).status = "free"


def _visit(scope: Scope, visit_id: int) -> AppointmentRow:
    visit = scope.session.get_one(AppointmentRow, visit_id)
    seen = scope.seen.pop(visit_id, None)
    if seen is not None and seen.version != visit.version:
        raise Conflict(f"visit {visit_id}")
    return visit


def set_language(scope: Scope, effect: SetLanguage) -> None:
    """The language is the phone's when several people share it, else the patient's own."""
    who = _people(scope)
    if len(who) == 1:
        scope.execute(update(PEOPLE).where(PERSON.id == who[0]), language=effect.language)


def set_details(scope: Scope, effect: SetDetails) -> None:
    """The choice holds for everybody reached on the phone, since any of them may read it."""
    scope.execute(update(PEOPLE).where(PERSON.id.in_(_people(scope))), details_ok=effect.allowed)


def _people(scope: Scope) -> list[int]:
    """Whom the conversation reaches: who is a patient here no more does not count, as in the decision."""
    who = select(PERSON.id).join(REACHES, REACHED.patient_id == PERSON.id).where(REACHED.phone_id == scope.phone.id, PERSON.active)
    return list(scope.connection.scalars(who))


def opt_out(scope: Scope, effect: OptOut) -> None:
    """Nothing more is sent to this phone; what waits is dropped (O-10), and who was in a programme must agree to it anew."""
    scope.phone.opted_out_at = scope.now
    _consent(scope, "opt_out", effect.source)
    texts = select(TEXT.id).where(TEXT.phone_id == scope.phone.id, TEXT.sender != "safety")
    waiting = update(OUTBOX).where(OUTBOX.c.status == "waiting", OUTBOX.c.communication_id.in_(texts))
    dropped = waiting.values(status="dropped", reason=care.OPTED_OUT).returning(OUTBOX.c.communication_id)
    ids = list(scope.execute(dropped).scalars())
    if ids:
        scope.execute(update(TEXTS).where(TEXT.id.in_(ids)), status="canceled")
    programmes.close(scope.connection, PLAN.phone_id == scope.phone.id, status="revoked", reason=care.OPTED_OUT, now=scope.now)


def opt_in(scope: Scope, effect: OptIn) -> None:
    """Texts may be sent again."""
    scope.phone.opted_out_at = None
    _consent(scope, "opt_in", effect.source)
    care.look_again(scope.connection, scope.phone.id, scope.now)


def record_answer(scope: Scope, effect: RecordAnswer) -> None:
    """What was answered to a question of a programme."""
    given = {"answer": effect.answer, "statement": effect.statement}
    programmes.record(scope.connection, effect.check_in, text=_text(scope), now=scope.now, **given)


def end_programme(scope: Scope, effect: EndProgramme) -> None:
    """Nothing more is asked; who leaves takes their consent to it back."""
    how = {"status": "revoked", "reason": "left"} if effect.left else {"status": "completed", "reason": "answered"}
    programmes.close(scope.connection, PLAN.id == effect.plan, now=scope.now, **how)
    if effect.left:
        _consent(scope, "opt_out", "answer to a question", effect.programme)


def prefer(scope: Scope, effect: Prefer) -> None:
    """More or fewer texts from now on: what waits is looked at again."""
    scope.phone.wants = str(effect.wants)
    _consent(scope, "limit", effect.source, scope.phone.wants)
    care.look_again(scope.connection, scope.phone.id, scope.now)


def _consent(scope: Scope, decision: str, source: str, category: str = "all") -> None:
    about = {"clinic_id": scope.phone.clinic_id, "phone_id": scope.phone.id, "communication_id": _text(scope)}
    scope.execute(insert(CONSENTS), **about, decision=decision, category=category, source=source, at=scope.now)


APPLY: dict[type[Any], Callable[[Scope, Any], object]] = {
    Say: say,
    LogItem: log_item,
    Promise: promise,
    CloseItems: close_items,
    SetParticipant: set_participant,
    CancelAppointment: cancel_appointment,
    MoveAppointment: move_appointment,
    BookAppointment: book_appointment,
    RestoreAppointment: restore_appointment,
    SetLanguage: set_language,
    SetDetails: set_details,
    OptOut: opt_out,
    OptIn: opt_in,
    RecordAnswer: record_answer,
    AskAgain: lambda scope, effect: programmes.ask_again(scope.connection, effect.plan, effect.step, effect.at),
    EndProgramme: end_programme,
    Prefer: prefer,
    JoinWaitlist: lambda scope, effect: waiting.join(scope.connection, scope.phone.clinic_id, effect, scope.now),
    LeaveWaitlist: lambda scope, effect: waiting.leave(scope.connection, effect, scope.now),
    DeclineOffer: lambda scope, effect: waiting.decline(scope.connection, effect),
}
