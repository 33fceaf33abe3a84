"""What the dialogue knows, remembers and decides: facts and state in, state and effects out, all of it plain data.

Names follow FHIR R4: a visit is an Appointment with a participant status, a free time is a Slot, a coordinator's item a Task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from bot.understand.types import Wish


class Participant(StrEnum):
    """FHIR Appointment.participant.status: what the patient has said about the visit."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


@dataclass(frozen=True)
class Visit:
    """One Appointment of one of the phone's people; `start` in the clinic's time zone.

    who: the person's relation to the phone's owner and first name, folded, for matching what the patient wrote; never shown.
    status: FHIR Appointment.status. changed_at: when its time was last moved or it was last called off, None if never. version: of
    the record that this was read from.
    """

    id: int
    patient_id: int
    start: datetime
    minutes: int
    service: str
    status: str = "booked"
    participant: Participant = Participant.NEEDS_ACTION
    who: tuple[str, ...] = ()
    practitioner: str = ""
    video_link: str = ""
    preparation: str = ""
    slot_id: int | None = None
    changed_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True)
class Slot:
    """A free time of the clinic; `start` in the clinic's time zone."""

    id: int
    start: datetime
    minutes: int
    service: str


@dataclass(frozen=True)
class Waiting:
    """Somebody who waits for a time of a service. wishes: what will do, none: anything.

    visit: the visit that would be moved there; None: a new one. before: when that visit begins, clinic's local time.
    """

    id: int
    patient: int
    service: str
    wishes: tuple[Wish, ...] = ()
    visit: int | None = None
    before: datetime | None = None

    def fits(self, start: datetime) -> bool:
        """Whether a time would do: it is what was wished for, and an earlier one where no days were named."""
        named = any(wish.days for wish in self.wishes)
        earlier = self.before is None or start < self.before
        return (earlier or named) and start != self.before and any(wish.fits(start) for wish in self.wishes or (Wish(),))


@dataclass(frozen=True)
class Person:
    """One of the people who are reached on this phone.

    details_ok: the person's recorded choice, after the warning, whether texts may name clinician and preparation (H-04);
    None: not asked yet. life_event: a `care.life.LifeEvent` while nothing is started by text about them, else "". who: as of `Visit`,
    where several are reached there.
    """

    id: int
    language: str
    details_ok: bool | None = None
    life_event: str = ""
    who: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """Something that a visit needs beside the patient: a card, a letter, a form.

    ahead: how long before the visit it must be there; services: the kinds of visits that need it, (): all; say: language → its name.
    """

    name: str
    ahead: timedelta
    services: tuple[str, ...]
    say: dict[str, str]


@dataclass(frozen=True)
class Clinic:
    """What a clinic has told about itself (`clinics/*.yaml`): every value was written by the clinic, in each language.

    answers: topic → language → sentence; resources: barrier → language → sentence;
    preparations: service → language → sentence. open_services: what a patient may book without having a visit.
    may_cancel: whether the bot may call a visit off by itself (F-02). waitlist: whether times that open are offered to who waits.
    lead_times: barrier → how long before a visit help must be arranged; others take as long as usual.
    """

    name: str
    phone: str
    may_cancel: bool = True
    waitlist: bool = False
    open_services: tuple[str, ...] = ()
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    resources: dict[str, dict[str, str]] = field(default_factory=dict)
    preparations: dict[str, dict[str, str]] = field(default_factory=dict)
    lead_times: dict[str, timedelta] = field(default_factory=dict)
    papers: tuple[Paper, ...] = ()

    def needs(self, service: str) -> tuple[Paper, ...]:
        """The papers that a kind of visit needs."""
        return tuple(paper for paper in self.papers if not paper.services or service in paper.services)


class Wants(StrEnum):
    """What the bot starts, beside offers that are waited for. VISITS: texts about a visit to come; FEWER: the last reminder of it."""

    ALL = "all"
    VISITS = "visits"
    FEWER = "fewer"


@dataclass(frozen=True)
class CheckIn:
    """A question of a programme that is still open.

    say: the text that asked it. does: answer → what the clinic wants done (`dialogue.check_ins`). visit: the one that the programme
    follows, if any. missed: how often in a row "not taken" was said before; limit: with how many a person looks, None: never.
    again: after how long it may be asked once more, None: it was; closes: until when texts may go.
    """

    id: int
    plan: int
    patient: int
    programme: str
    step: str
    say: str
    does: Mapping[str, tuple[str, ...]]
    visit: int | None = None
    missed: int = 0
    limit: int | None = None
    again: timedelta | None = None
    closes: time = time(20)


@dataclass(frozen=True)
class Facts:
    """Everything outside the conversation that a decision may rest on, read in the transaction that applies it.

    visits: booked and still to come, by start; gone: passed, called off or no longer booked, newest first. apart: booked visits of
    those in whose life something has happened, of which people speak and the bot does not; they are in neither of the others.
    slots: free times for the services of this phone's people, by start. staffed: whether somebody reads the inbox now;
    opens: when somebody next does; answer_by: when somebody must have answered who is promised an answer now.
    waiting: its people who wait for a time, read with the slots. open_items: kinds of this phone's open items. languages: those
    that we write. there: (visit, name) of papers that are there, read where they are asked for. check_in: what a programme asks,
    if that is open. pictures: how many came with the text.
    """

    now: datetime
    clinic: Clinic
    people: tuple[Person, ...] = ()
    visits: tuple[Visit, ...] = ()
    gone: tuple[Visit, ...] = ()
    apart: tuple[Visit, ...] = ()
    slots: tuple[Slot, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    open_items: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    staffed: bool = True
    opens: datetime | None = None
    answer_by: datetime | None = None
    opted_out: bool = False
    wants: Wants = Wants.ALL
    there: frozenset[tuple[int, str]] = frozenset()
    check_in: CheckIn | None = None
    pictures: int = 0


class Ask(StrEnum):
    """What the bot last asked and waits for."""

    REMINDER = "reminder"
    SLOTS = "slots"
    WHEN = "when"
    WHICH = "which"
    READ_BACK = "read_back"
    CLARIFY = "clarify"
    MEDICATION = "medication"
    FOLLOW_UP = "follow_up"
    HELPED = "helped"
    DETAILS = "details"
    LANGUAGE = "language"
    WAIT = "wait"
    OFFER = "offer"


@dataclass(frozen=True)
class Prompt:
    """An open question and what an answer to it would act on.

    visits, starts: the visits it named, in the order of their numbers, and when each began at that time (F-03).
    slots: the slots it offered, in the order of their numbers. act: what a "1" would do (READ_BACK, WHICH, LANGUAGE: the language;
    DETAILS: the topics asked about; HELPED: the barriers). patient, service: whom and what a new visit is for.
    wishes: what was asked for so far, when slots were offered. or_wait: 0 stands for the waiting list. check_in: the question of a
    programme that this is. times: how often this same thing has been asked. aside: more was said since: an "ok" may answer it.
    """

    ask: Ask
    at: datetime
    visits: tuple[int, ...] = ()
    starts: tuple[datetime, ...] = ()
    slots: tuple[int, ...] = ()
    slot_starts: tuple[datetime, ...] = ()
    act: str = ""
    wishes: tuple[Wish, ...] = ()
    patient: int | None = None
    service: str = ""
    times: int = 1
    check_in: int | None = None
    or_wait: bool = False
    aside: bool = False


@dataclass(frozen=True)
class Undo:
    """How to take the last change back: what the visit was before.

    to: when the visit is since a move. at: when it was changed. waited: a time from the waiting list was taken. patient: whose it is.
    minutes, to, at: 0 and None where an earlier version did not keep them.
    """

    visit: int
    start: datetime
    participant: Participant
    slot: int | None
    act: str
    patient: int | None = None
    minutes: int = 0
    practitioner: str = ""
    to: datetime | None = None
    at: datetime | None = None
    waited: bool = False


class Hold(StrEnum):
    """Why no automation runs for a phone until a person releases it (S-03, S-08, N-01, N-10)."""

    MEDICAL = "medical"
    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    WRONG_NUMBER = "wrong_number"
    DEATH = "death"


@dataclass(frozen=True)
class Spoken:
    """In which language the last text was that told it clearly, where that is not the one on record."""

    language: str
    at: datetime


@dataclass(frozen=True)
class State:
    """What the bot remembers of one conversation between two messages.

    language: what the bot answers in, None until known. paused: a coordinator has taken over. safety: which safety text was last
    sent when (S-14). asked_back: the bot has asked what was meant, the next misunderstanding goes to a person. call: it promised one.
    """

    language: str | None = None
    prompt: Prompt | None = None
    undo: tuple[Undo, ...] = ()
    hold: Hold | None = None
    paused: bool = False
    asked_back: bool = False
    safety: dict[str, datetime] = field(default_factory=dict)
    spoken: Spoken | None = None
    call: bool = False
