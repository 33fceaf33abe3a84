"""What understanding takes in and gives out: plain, frozen data that every other part may import."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

WIDE = 14  # a wish of more days than this is "any day but"


class Context(StrEnum):
    """What the bot last sent to this phone, so what a short answer answers."""

    REMINDER = "reminder"
    SLOTS = "slots"
    MEDICATION = "medication"
    RESCHEDULE = "reschedule"
    NONE = "none"


@dataclass(frozen=True)
class Wish:
    """Days and a window of the day that would suit: both must hold.

    days: the dates that are wanted, ascending; None when any day will do.
    start, end: minutes after midnight, local time; None is open; equal values mean that very minute.
    """

    days: tuple[date, ...] | None = None
    start: int | None = None
    end: int | None = None

    @property
    def rules_out(self) -> bool:
        """Whether it is "any day but": a wish of that many days names those that are not in it."""
        return self.days is not None and len(self.days) > WIDE

    def fits(self, moment: datetime) -> bool:
        """Whether a visit that begins at `moment` (clinic's local time) is what was wished for."""
        minute = moment.hour * 60 + moment.minute
        if self.days is not None and moment.date() not in self.days:
            return False
        if self.start is not None and minute < self.start:
            return False
        return self.end is None or minute <= self.end


@dataclass(frozen=True)
class When:
    """When a patient could come: any one of `wishes` will do.

    doubtful: two readings differ or a negation stands unread beside a date, so the wishes must be read back
    before anything is built on them. weekly: its days are weekdays by name alone, so that of which week they are is not told.
    """

    wishes: tuple[Wish, ...]
    doubtful: bool = False
    weekly: bool = field(default=False, compare=False)

    @property
    def exact(self) -> bool:
        """Whether it is a single day, or a minute."""
        return all(len(wish.days or ()) == 1 or (wish.start is not None and wish.start == wish.end) for wish in self.wishes)

    def fits(self, moment: datetime) -> bool:
        """Whether a visit that begins at `moment` (clinic's local time) suits."""
        return any(wish.fits(moment) for wish in self.wishes)

    def names(self, start: datetime) -> bool:
        """Whether a visit's day or exact time is named, as wanted or as ruled out ("I can't come tomorrow" names tomorrow)."""
        told = (wish for wish in self.wishes if wish.days is not None or (wish.start is not None and wish.start == wish.end))
        fits = (start.date() not in (wish.days or ()) if wish.rules_out else wish.fits(start) for wish in told)
        return not self.doubtful and any(fits)


@dataclass(frozen=True)
class Option:
    """One of the numbered times that were offered, or one of the open visits that a reminder listed.

    who: words that name the person of a visit: relation to the phone's owner, first name. service: what kind of visit it is.
    """

    number: int
    start: datetime
    who: tuple[str, ...] = ()
    service: str = ""


@dataclass(frozen=True)
class Reason:
    """Why a label was given: the rule or model that gave it, the words that decided, and how sure it was (0-1)."""

    label: str
    source: str
    words: tuple[str, ...]
    score: float


@dataclass(frozen=True)
class Answer:
    """A part of a message that speaks of one visit among several ("1 yes 2 no")."""

    number: int
    act: str


@dataclass(frozen=True)
class Understanding:
    """What one message means.

    acts, topics, barriers: names from `intents/meaning.yaml`, in no order. doubtful: acts that are likely but too unsure
    to change anything before they have been read back; they are not among `acts`.
    urgent: "medical", "self_harm", "abuse" or None.
    told: "death" or a lost pregnancy, whoever's; "hospital", where somebody is now; "custody", who is in jail; "distress", the end of
    their strength without danger (`intents/*/told.yaml`).
    choice: number of the offered option that was picked, or None. number: the number that is all there is in the text, but for
    words that change nothing ("2 please").
    answers: what is said of single visits. about: numbers of the visits that the text names by person or kind;
    about_day: by their day or time. another: it names somebody of the phone who has no visit, and nobody who has one.
    beside: a time like that of the other visit is wanted: "the same time as mine".
    stays: it says in words that a visit is not called off ("I'll be there", "keep it as it is").
    language: code of the language that the text is written in, None when the text does not tell; language_sure: it
    tells clearly enough to answer in it; sentence: and is no mere handful of its words, as stand in texts of other languages.
    language_to: code of the language that the patient asks for.
    same_day: a time on the day of the visit itself is wanted: "later" or "earlier" than it, "any" other one; or on a day before:
    "sooner"; or "".
    keyword: the command or carriers' word that the whole text is (`intents/*/keywords.yaml`), or None.
    runner_up: the label that came next, with its score.
    """

    acts: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    barriers: frozenset[str] = frozenset()
    urgent: str | None = None
    told: frozenset[str] = frozenset()
    choice: int | None = None
    number: int | None = None
    answers: tuple[Answer, ...] = ()
    about: tuple[int, ...] = ()
    about_day: tuple[int, ...] = ()
    another: bool = False
    beside: bool = False
    stays: bool = False
    when: When | None = None
    same_day: str = ""
    language: str | None = None
    language_sure: bool = False
    sentence: bool = False
    language_to: str | None = None
    keyword: str | None = None
    reasons: tuple[Reason, ...] = ()
    runner_up: tuple[str, float] | None = None


@dataclass(frozen=True)
class Message:
    """What the reader needs to know beside the text.

    language: the patient's language on record, or None.
    now: the clinic's local time.
    slots: the numbered times that were last offered; visits: the open visits of the phone; others: words that name its people who have
    none, each as in `Option.who`.
    """

    text: str
    context: Context = Context.NONE
    language: str | None = None
    now: datetime | None = None
    slots: tuple[Option, ...] = ()
    visits: tuple[Option, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
