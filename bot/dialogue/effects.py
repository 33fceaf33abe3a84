"""What a decision wants done, as data. `bot/apply/` has one small function for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.dialogue.types import Participant, State, Undo, Wants
from bot.understand.types import Wish


@dataclass(frozen=True)
class Say:
    """Answer with the approved text `key`, its gaps filled with `values` (datetimes are written in the language)."""

    key: str
    values: tuple[tuple[str, str | int | datetime | tuple[datetime, ...]], ...] = ()


@dataclass(frozen=True)
class LogItem:
    """Put a Task into the coordinators' inbox. kind: a name from `bot/dialogue/items.py`; detail: e.g. the topic.

    shown_from: when it appears, unless the patient answers before (silence makes it an item); None: now.
    by: when the patient was told, or may expect, that a person has answered; None: nothing was promised.
    lead: how long before the visit it can still be fixed; None: as usual for its kind.
    """

    kind: str
    detail: str = ""
    visit: int | None = None
    shown_from: datetime | None = None
    by: datetime | None = None
    lead: timedelta | None = None


@dataclass(frozen=True)
class Promise:
    """The patient hears that a person will answer; somebody must have done so `by` then."""

    by: datetime


@dataclass(frozen=True)
class CloseItems:
    """Close items of these kinds that waited for the patient's answer: about a visit, or about none (visit: None).

    details: those alone; (): whatever they are.
    """

    kinds: tuple[str, ...]
    visit: int | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetParticipant:
    """Record what the patient says about a visit."""

    visit: int
    participant: Participant


@dataclass(frozen=True)
class CancelAppointment:
    """Call a visit off at the patient's word; its slot is kept for them until `keep_until`."""

    visit: int
    keep_until: datetime


@dataclass(frozen=True)
class MoveAppointment:
    """Move a visit to a free slot (and free the old time). Conflicts if somebody else has the slot."""

    visit: int
    slot: int


@dataclass(frozen=True)
class BookAppointment:
    """Book a new visit for a person into a free slot. Conflicts if somebody else has the slot."""

    patient: int
    slot: int


@dataclass(frozen=True)
class RestoreAppointment:
    """Put a visit back to what it was (UNDO), and the patient on the waiting list again if the change took them off it.

    Conflicts if its old time is no longer free.
    """

    undo: Undo


@dataclass(frozen=True)
class SetLanguage:
    """Record the language that the patient asked for."""

    language: str


@dataclass(frozen=True)
class SetDetails:
    """Record whether the people of this phone want details in texts (H-04)."""

    allowed: bool


@dataclass(frozen=True)
class OptOut:
    """Stop every text to this phone; `source` names the rule or word that said so."""

    source: str


@dataclass(frozen=True)
class OptIn:
    """Text this phone again."""

    source: str


@dataclass(frozen=True)
class RecordAnswer:
    """Record what was answered to a question of a programme. statement: FHIR MedicationStatement: taken, not-taken, or "" for none."""

    check_in: int
    answer: str
    statement: str = ""


@dataclass(frozen=True)
class AskAgain:
    """Ask a step of a plan once more, at that time."""

    plan: int
    step: str
    at: datetime


@dataclass(frozen=True)
class EndProgramme:
    """End a plan. left: at the patient's word, which ends the consent to it; else its aim is reached."""

    plan: int
    programme: str
    left: bool


@dataclass(frozen=True)
class Prefer:
    """Text this phone as much as it wants; `source` names the word or person that said so."""

    wants: Wants
    source: str


@dataclass(frozen=True)
class JoinWaitlist:
    """Offer this patient a time of the service when one opens. visit: what would be moved there; None: a new one."""

    patient: int
    service: str
    visit: int | None
    wishes: tuple[Wish, ...]
    source: str = "patient"


@dataclass(frozen=True)
class LeaveWaitlist:
    """This patient waits no longer for a time of the service: because one was `booked`, or `left` the list, or staff `removed` them."""

    patient: int
    service: str
    status: str = "left"


@dataclass(frozen=True)
class DeclineOffer:
    """The patient does not take the time that was offered, and waits on."""

    patient: int
    slot: int


Effect = (
    Say
    | LogItem
    | Promise
    | CloseItems
    | SetParticipant
    | CancelAppointment
    | MoveAppointment
    | BookAppointment
    | RestoreAppointment
    | SetLanguage
    | SetDetails
    | OptOut
    | OptIn
    | RecordAnswer
    | AskAgain
    | EndProgramme
    | Prefer
    | JoinWaitlist
    | LeaveWaitlist
    | DeclineOffer
)


@dataclass(frozen=True)
class Decision:
    """The outcome of one turn: what to remember, what to do, the language to answer in, and which rules decided."""

    state: State
    effects: tuple[Effect, ...]
    language: str
    rule: str

    @property
    def said(self) -> tuple[Say, ...]:
        """What it answers."""
        return tuple(effect for effect in self.effects if isinstance(effect, Say))

    def logs(self, kind: str) -> bool:
        """Whether it puts an item of that kind into the inbox."""
        return any(isinstance(effect, LogItem) and effect.kind == kind for effect in self.effects)

    def opted_out(self, *, before: bool) -> bool:
        """Whether the phone will have opted out when it is carried out. before: whether it had."""
        kinds = {type(effect) for effect in self.effects}
        return OptIn not in kinds and (OptOut in kinds or before)
