"""What a programme is: questions that a clinic asks some of its patients for a while, and what their answers do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

FULFILLED, ENROLLED = "fulfilled", "enrolled"  # what a programme starts with: a visit that has taken place, or staff's enrolment
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True)
class Question:
    """One step of a programme: asked `after` so long from the start, or at these `clocks` of `days` (0 = Monday).

    say: a key of bot/texts.py. answers: what is expected → what it does, in the words of `dialogue.check_ins.DOES`.
    """

    name: str
    say: str
    answers: Mapping[str, tuple[str, ...]]
    after: timedelta | None = None
    clocks: tuple[time, ...] = ()
    days: frozenset[int] = EVERY_DAY


@dataclass(frozen=True)
class Programme:
    """A programme as the clinic describes it. starts: FULFILLED, for visits of these services (none: of all), or ENROLLED.

    lasts: how long, by the wall clock; texts: how many questions at most, None: any number. silent: so many without an answer
    pause it, missed: so many times "not taken" in a row, and a person looks; None: never. again: how long after "not taken" it is
    asked once more. per_day, per_week: its own limits, apart from the number's, since its patients agreed to it (O-18).
    """

    name: str
    title: str
    questions: tuple[Question, ...]
    lasts: timedelta
    starts: str = ENROLLED
    services: frozenset[str] = frozenset()
    texts: int | None = None
    silent: int | None = 3
    missed: int | None = 2
    again: timedelta = timedelta(hours=3)
    per_day: int = 1
    per_week: int = 7

    def question(self, name: str) -> Question | None:
        """The step of that name."""
        return next((each for each in self.questions if each.name == name), None)


@dataclass(frozen=True)
class Sent:
    """A question that went. due: when it was meant to go, which tells it from others of its step. statement: taken, not-taken or "".

    lost: the text did not arrive, so that nobody can have answered it.
    """

    step: str
    due: datetime
    at: datetime
    again: bool = False
    answer: str = ""
    statement: str = ""
    lost: bool = False


@dataclass(frozen=True)
class Enrolled:
    """Somebody in a programme. own_limits: they joined by recorded consent. since: silence counts from then on.

    sent: what they were asked, oldest first. again: a step that is asked once more, and when. stop: why nothing is sent, or "".
    version: of the record that this was read from.
    """

    id: int
    patient: int
    programme: Programme
    start: datetime
    since: datetime
    own_limits: bool = True
    sent: tuple[Sent, ...] = ()
    again: tuple[str, datetime] | None = None
    stop: str = ""
    version: int = 0


def missed_before(sent: tuple[Sent, ...]) -> int:
    """How often in a row the last answers said "not taken"; a question that was asked once more counts once, by its last answer."""
    count = 0
    repeated = False  # whether the one after this in time was the same question once more, and answered
    for each in reversed(sent):
        if not repeated and each.statement:
            if each.statement != "not-taken":
                return count
            count += 1
        repeated = each.again and bool(each.statement)
    return count
