"""What a clinic's schedule is: which texts go how long before a visit, to whom, within which hours and limits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.care.hours import Hours
from bot.dialogue.types import Participant

# What the patient has said about the visit, as the schedule speaks of it; who declined gets nothing.
GROUPS = {
    Participant.NEEDS_ACTION: "silent",
    Participant.TENTATIVE: "maybe",
    Participant.ACCEPTED: "coming",
    Participant.DECLINED: "not_coming",
}
MISSED = "missed"  # the visit's status is noshow
TO = ("silent", "maybe", "coming", MISSED)
# What a step may say, as keys of bot/texts.py. `missed` is for visits that have passed.
SAYS = ("reminder", "ask_confirm", "visit_when", "see_you", "prepare", "papers", "missed")
PAPERS = "papers"  # said once a visit, and only while one of its papers is missing
ABOUT_VISITS = frozenset({"reminder", "ask_confirm", "visit_when"})  # the others are nudges, or about what is over
DEFAULT = "default"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MISSED_FOR = 3 * DAY  # how long it still makes sense to write about a missed visit


@dataclass(frozen=True)
class Step:
    """One text of a cadence. ahead: how long before the visit, negative: after it; days by the wall clock, hours as they pass.

    to: the groups that get it; say: the sentences that it is made of.
    """

    name: str
    ahead: timedelta
    to: frozenset[str]
    say: tuple[str, ...]

    @property
    def about_visit(self) -> bool:
        """Whether it tells of a visit to come."""
        return self.ahead > timedelta(0) and not ABOUT_VISITS.isdisjoint(self.say)

    @property
    def asks_for_papers(self) -> bool:
        """Whether it tells that papers are missing."""
        return PAPERS in self.say

    def without_papers(self) -> Step | None:
        """The rest of it; None where that would only repeat when the visit is."""
        rest = tuple(each for each in self.say if each != PAPERS)
        return replace(self, say=rest) if set(rest) - {"visit_when"} else None


def _step(name: str, ahead: timedelta, to: str, say: str) -> Step:
    return Step(name=name, ahead=ahead, to=frozenset(to.split()), say=tuple(say.split()))


# Who has confirmed hears once more on the day; who said "maybe" is asked again; who missed it is asked back.
CADENCE = (
    _step("week", 7 * DAY, "silent", "reminder papers"),
    _step("papers", 6 * DAY, "maybe coming", "visit_when papers"),
    _step("again", 3 * DAY, "maybe", "ask_confirm"),
    _step("days", 2 * DAY, "silent", "reminder"),
    _step("last", 1 * DAY, "maybe", "ask_confirm"),
    _step("today", 2 * HOUR, "silent maybe", "reminder"),
    _step("soon", 2 * HOUR, "coming", "visit_when see_you"),
    _step("missed", -1 * DAY, MISSED, "missed"),
)


@dataclass(frozen=True)
class Cadence:
    """A clinic's schedule. kinds: kind of visit → steps; `default` serves the kinds that are not named.

    per_day, per_week: texts that a number did not ask for (O-18). settle: no text so soon after the visit was booked, moved or
    answered about. latest: a text this short before the visit is of no use any more.
    """

    kinds: dict[str, tuple[Step, ...]] = field(default_factory=lambda: {DEFAULT: CADENCE})
    hours: Hours = field(default_factory=Hours)
    per_day: int = 1
    per_week: int = 3
    settle: timedelta = 12 * HOUR
    latest: timedelta = HOUR / 2

    def steps(self, service: str) -> tuple[Step, ...]:
        """The steps of a kind of visit."""
        return self.kinds.get(service) or self.kinds[DEFAULT]
