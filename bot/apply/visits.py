"""What becomes of visits and of the times that they hold."""

from __future__ import annotations

from sqlalchemy import select

from bot.apply.scope import Scope
from bot.dialogue.effects import BookAppointment, CancelAppointment, MoveAppointment, RestoreAppointment, SetParticipant
from bot.dialogue.types import Undo
from bot.store import queries, turns, waiting
from bot.store.database import Conflict
from bot.store.models import AppointmentRow, SlotRow


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
            _wait_again(scope, made, undo)
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
    _wait_again(scope, visit, undo)


def _wait_again(scope: Scope, visit: AppointmentRow, undo: Undo) -> None:
    if undo.at is not None:
        scope.flush()
        waiting.again(scope.session, visit.clinic_id, visit.patient_id, visit.service, since=undo.at, now=scope.now)


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
