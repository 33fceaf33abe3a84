"""What is due: from a number's visits, the schedule, what was sent before and the moment, what goes now, what next, what never."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from bot.care.hours import shift
from bot.care.programmes import Enrolled
from bot.care.schedule import DAY, MISSED_FOR, Cadence, Step
from bot.dialogue.types import Wants

WEEK = 7
TALKING = timedelta(hours=1)  # so long after its last question the bot starts nothing new
LATER = "a later text went"
NO_PAPERS, TOLD_OF_PAPERS = "no paper is missing", "was told of the papers before"
NOT_A_VISIT, NOT_THE_LAST = "wants texts about visits only", "wants the last reminder only"


@dataclass(frozen=True)
class Booked:
    """A visit as the schedule sees it. group: see `schedule.GROUPS`. told_at: when it was last booked, moved or answered about.

    patient: whose it is. sent: names of the steps that were sent for its present time. stop: why nothing is sent about it, or "".
    lacks: whether a paper that it needs is missing.
    """

    id: int
    start: datetime
    service: str
    group: str
    told_at: datetime | None = None
    sent: frozenset[str] = frozenset()
    stop: str = ""
    patient: int = 0
    lacks: bool = False


@dataclass(frozen=True)
class Number:
    """A phone number with the visits that are texted about there. zones: those of its people, the first one counts the days.

    texted: when it was texted unasked in the last week. stop: why nothing may be sent, or "". busy_until: a talk is going on.
    plans: the programmes that its people are in. wants: how much of it is wanted.
    """

    id: int
    zones: tuple[tzinfo, ...]
    visits: tuple[Booked, ...]
    texted: tuple[datetime, ...] = ()
    stop: str = ""
    busy_until: datetime | None = None
    plans: tuple[Enrolled, ...] = ()
    wants: Wants = Wants.ALL


@dataclass(frozen=True)
class Timed:
    """A step of a visit: from when until when (not included) it is of use. why: the reason if it does not go at all."""

    visit: Booked
    step: Step
    at: datetime
    until: datetime
    why: str = ""


@dataclass(frozen=True)
class Plan:
    """go: steps that make up one text now. look_at: visit → when to look again, None: never. withheld: what will not go, with why."""

    go: tuple[Timed, ...]
    look_at: dict[int, datetime | None]
    withheld: tuple[Timed, ...] = ()


def plan(number: Number, cadence: Cadence, now: datetime) -> Plan:
    """What to do about a number at `now`."""
    now = now.astimezone(UTC)
    every = [_checked(timed, number, cadence, now) for visit in number.visits for timed in timeline(visit, cadence, number.zones)]
    left = [timed for timed in every if not timed.why]
    withheld = [timed for timed in every if timed.why]
    due = [timed for timed in left if timed.at <= now]
    opens, why = first_free(number, cadence, now) if due else (now, "")
    for timed in due:
        if opens is None or opens >= timed.until:
            left.remove(timed)
            withheld.append(replace(timed, why=why))
    go = _joined(left, cadence, now, number.zones[0]) if opens == now else ()
    told = {timed.visit.id: timed.at for timed in go}
    waiting = [timed for timed in left if timed.visit.id not in told or timed.at > told[timed.visit.id]]
    withheld += [replace(timed, why=LATER) for timed in left if timed not in go and timed not in waiting]
    look_at: dict[int, datetime | None] = {visit.id: None for visit in number.visits}
    # Who is stopped now may be free again when the next step is due.
    for timed in sorted((*waiting, *(each for each in withheld if each.at > now)), key=lambda timed: timed.at, reverse=True):
        look_at[timed.visit.id] = max(timed.at, opens or now)
    return Plan(go=go, look_at=look_at, withheld=tuple(withheld))


def _checked(timed: Timed, number: Number, cadence: Cadence, now: datetime) -> Timed:
    """The step with the reason why it does not go at all, if there is one."""
    unwanted = number.stop or timed.visit.stop or not_wanted(number, timed.visit, timed.step, cadence)
    return replace(timed, why=timed.why or unwanted or ("its time has passed" if timed.until <= now else ""))


def not_wanted(number: Number, visit: Booked, step: Step, cadence: Cadence) -> str:
    """Why the number does not want that step of a visit, or ""."""
    if number.wants is Wants.ALL:
        return ""
    if not step.about_visit:
        return NOT_A_VISIT
    about = [timed for timed in _every(visit, cadence, number.zones) if timed.step.about_visit]
    return NOT_THE_LAST if number.wants is Wants.FEWER and about and about[-1].step.name != step.name else ""


def timeline(visit: Booked, cadence: Cadence, zones: tuple[tzinfo, ...]) -> list[Timed]:
    """The steps that this visit's group gets and has not got, by time; those with `why` do not go.

    A step that comes late is of use until half way to the next one, and not after that one went.
    """
    every = _every(visit, cadence, zones)
    found: list[Timed] = []
    following, later_went = None, False
    for timed in reversed(every):
        until = min(timed.until, timed.at + (following - timed.at) / 2) if following else timed.until
        why = timed.why or (LATER if later_went else "")
        if timed.step.name not in visit.sent:
            found.append(replace(timed, until=until, why=why))
        following, later_went = timed.at, later_went or timed.step.name in visit.sent
    return found[::-1]


def _every(visit: Booked, cadence: Cadence, zones: tuple[tzinfo, ...]) -> list[Timed]:
    """All steps of this visit's group, by time."""
    steps = [step for step in cadence.steps(visit.service) if visit.group in step.to]
    every = (_with_papers(_timed(visit, step, cadence, zones), cadence) for step in steps)
    return sorted(every, key=lambda timed: timed.at)


def _with_papers(timed: Timed, cadence: Cadence) -> Timed:
    """The step as it is to be said: it asks for papers while one is missing, unless a text about this visit has done so."""
    visit, step = timed.visit, timed.step
    if not step.asks_for_papers or step.name in visit.sent:
        return timed
    told = any(each.asks_for_papers and each.name in visit.sent for each in cadence.steps(visit.service))
    if visit.lacks and not told:
        return timed
    rest = step.without_papers()
    return replace(timed, step=rest) if rest else replace(timed, why=timed.why or (TOLD_OF_PAPERS if visit.lacks else NO_PAPERS))


def _timed(visit: Booked, step: Step, cadence: Cadence, zones: tuple[tzinfo, ...]) -> Timed:
    """When a step is due: at its time, or when the night ends, or on the evening before if that would be too late."""
    wanted = shift(visit.start, -step.ahead, zones[0])
    moment = cadence.hours.after(wanted, zones)
    if step.ahead < timedelta(0):
        end = (moment or wanted) + MISSED_FOR
        return Timed(visit=visit, step=step, at=moment or wanted, until=end, why="" if moment else "no lawful hour")
    end = visit.start - cadence.latest
    if moment is None or moment >= end:
        moment = cadence.hours.before(wanted, zones)
    told = _told(visit, cadence, moment or wanted)
    why = "just booked, moved or answered" if told else "" if moment else "no lawful hour"
    return Timed(visit=visit, step=step, at=moment or wanted, until=end, why=why)


def first_free(number: Number, cadence: Cadence, now: datetime) -> tuple[datetime | None, str]:
    """(the first moment from `now` on at which this number may be texted, what it has to wait for)."""
    moment, why = now, ""
    if number.busy_until and number.busy_until > moment:
        moment, why = number.busy_until, "a talk is going on"
    zone = number.zones[0]
    days = [each.astimezone(zone).date() for each in number.texted]
    for _ in range(2 * WEEK):
        lawful = cadence.hours.after(moment, number.zones)
        if lawful is None:
            return None, "no lawful hour"
        moment, why = lawful, why or ("quiet hours" if lawful > moment else "")
        day = moment.astimezone(zone).date()
        if _room(days, day, cadence):
            return moment, why
        moment, why = shift(moment, DAY, zone).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0), "limit of texts"
    return None, "limit of texts"


def _room(days: list[date], day: date, cadence: Cadence) -> bool:
    """Whether one more text fits into the limits of that day and of the seven days that end with it."""
    week = sum(day - timedelta(days=WEEK) < each <= day for each in days)
    return days.count(day) < cadence.per_day and week < cadence.per_week


def _joined(left: list[Timed], cadence: Cadence, now: datetime, zone: tzinfo) -> tuple[Timed, ...]:
    """What is due, with what else is due today, or soon about other visits of the same days: one text instead of several."""
    today = now.astimezone(zone).date()

    def kind(timed: Timed) -> tuple[date, timedelta]:
        return timed.visit.start.astimezone(zone).date(), timed.step.ahead

    due = {kind(timed) for timed in left if timed.at <= now}
    near = [timed for timed in left if timed.at.astimezone(zone).date() <= today or kind(timed) in due]
    joined = [timed for timed in near if timed.at <= now or not _told(timed.visit, cadence, now)] if due else []
    latest = {timed.visit.id: timed for timed in sorted(joined, key=lambda timed: timed.at)}
    return tuple(sorted(latest.values(), key=lambda timed: (timed.visit.start, timed.visit.id)))


def _told(visit: Booked, cadence: Cadence, moment: datetime) -> bool:
    """Whether the visit was booked, moved or answered about shortly before `moment`."""
    return visit.told_at is not None and moment < visit.told_at + cadence.settle
