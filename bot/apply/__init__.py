"""Does what was decided, in the caller's transaction: one small function for each kind of effect, in the file of what it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.apply import items, people, visits
from bot.apply.scope import Scope
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
from bot.store import programmes, waiting

__all__ = ["Scope", "apply"]


def apply(scope: Scope, effects: tuple[Effect, ...]) -> None:
    """Applies effects in order. Raises Conflict when a slot is gone; the caller's transaction must then roll back."""
    for effect in effects:
        APPLY[type(effect)](scope, effect)
    scope.flush()


def say(scope: Scope, effect: Say) -> None:
    """Sentences are rendered by the turn, which knows the language and the way out."""


APPLY: dict[type[Any], Callable[[Scope, Any], object]] = {
    Say: say,
    LogItem: items.log_item,
    Promise: items.promise,
    CloseItems: items.close_items,
    SetParticipant: visits.set_participant,
    CancelAppointment: visits.cancel_appointment,
    MoveAppointment: visits.move_appointment,
    BookAppointment: visits.book_appointment,
    RestoreAppointment: visits.restore_appointment,
    SetLanguage: people.set_language,
    SetDetails: people.set_details,
    OptOut: people.opt_out,
    OptIn: people.opt_in,
    RecordAnswer: people.record_answer,
    AskAgain: lambda scope, effect: programmes.ask_again(scope.connection, effect.plan, effect.step, effect.at),
    EndProgramme: people.end_programme,
    Prefer: people.prefer,
    JoinWaitlist: lambda scope, effect: waiting.join(scope.connection, scope.phone.clinic_id, effect, scope.now),
    LeaveWaitlist: lambda scope, effect: waiting.leave(scope.connection, effect, scope.now),
    DeclineOffer: lambda scope, effect: waiting.decline(scope.connection, effect),
}
