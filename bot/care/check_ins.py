"""What is to be asked in programmes: one question a number at a time, by the same hours, limits and stops as reminders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import zip_longest

from bot.care.due import LATER, NOT_A_VISIT, TALKING, Number, first_free
from bot.care.hours import instant, shift
from bot.care.programmes import Enrolled, Question, Sent
from bot.care.schedule import DAY, MISSED_FOR, Cadence
from bot.dialogue.types import Wants

WAIT = DAY  # an answer that has not come by then is not waited for any longer


@dataclass(frozen=True)
class Asked:
    """A question of a programme. due: when it is meant to go; at: when it may; until: when it has lost its use; why: as of Timed."""

    plan: Enrolled
    question: Question
    due: datetime
    at: datetime
    until: datetime
    again: bool = False
    why: str = ""


@dataclass(frozen=True)
class Round:
    """go: what is asked now. look_at: plan → when to look again, None: never. silent: plans that pause, over: plans that end."""

    go: Asked | None
    look_at: dict[int, datetime | None]
    withheld: tuple[Asked, ...] = ()
    silent: tuple[Enrolled, ...] = ()
    over: tuple[Enrolled, ...] = ()


def check(number: Number, cadence: Cadence, now: datetime) -> Round:
    """What to do about a number's programmes at `now`. Reminders go first: give the number as it is after them."""
    now = now.astimezone(UTC)
    go: Asked | None = None
    look_at: dict[int, datetime | None] = {}
    withheld: list[Asked] = []
    silent: list[Enrolled] = []
    over: list[Enrolled] = []
    for plan in number.plans:
        every = [_checked(asked, number, now) for asked in questions(plan, number.zones, cadence)]
        if plan.programme.silent is not None and silence(plan, now) >= plan.programme.silent:
            silent.append(plan)
            withheld += [replace(asked, why="no answer to the last ones: paused") for asked in every if asked.until > now]
            look_at[plan.id] = None
            continue
        found, moment = _due(plan, every, number, cadence, now)
        withheld += [asked for asked in found if asked.why]
        left = [asked for asked in found if not asked.why]
        chosen = next((asked for asked in reversed(left) if asked.at <= now), None) if go is None and moment == now else None
        if chosen is not None:
            go = chosen
            withheld += [replace(asked, why=LATER) for asked in left if asked.at < chosen.at]
            left = [asked for asked in left if asked.at > chosen.at]
        soonest = max(moment or now, now + TALKING if go else now)
        looks = [max(asked.at, soonest) for asked in left] + [asked.at for asked in found if asked.why and asked.at > now]
        looks += [each.at + WAIT for each in plan.sent[-1:] if not each.answer and each.at + WAIT > now]
        looks += [now + WAIT] if chosen is not None else []
        look_at[plan.id] = min(looks, default=None)
        if not looks:
            over.append(plan)
    return Round(go=go, look_at=look_at, withheld=tuple(withheld), silent=tuple(silent), over=tuple(over))


def _checked(asked: Asked, number: Number, now: datetime) -> Asked:
    unwanted = NOT_A_VISIT if number.wants is not Wants.ALL else ""
    why = asked.why or number.stop or asked.plan.stop or unwanted or ("its time has passed" if asked.until <= now else "")
    return replace(asked, why=why)


def _due(plan: Enrolled, every: list[Asked], number: Number, cadence: Cadence, now: datetime) -> tuple[list[Asked], datetime | None]:
    """The questions, those with `why` that will have lost their use when the number may be texted; and when that is."""
    due = [asked for asked in every if asked.at <= now and not asked.why]
    if not due:
        return every, now
    if due[-1].again:  # the patient was told that it comes
        number = replace(number, texted=())
    elif plan.own_limits:
        cadence = replace(cadence, per_day=plan.programme.per_day, per_week=plan.programme.per_week)
        number = replace(number, texted=tuple(each.at for each in plan.sent if not each.again))
    moment, why = first_free(number, cadence, now)
    return [
        replace(asked, why=why) if not asked.why and asked.at <= now and (moment is None or moment >= asked.until) else asked
        for asked in every
    ], moment


def silence(plan: Enrolled, now: datetime) -> int:
    """How many questions in a row, up to the last one that is not waited for any longer, have got no answer."""
    count = 0
    for each in reversed(plan.sent):
        if each.again or each.lost or each.at + WAIT > now:
            continue
        if each.answer or each.at < plan.since:
            break
        count += 1
    return count


def questions(plan: Enrolled, zones: tuple[tzinfo, ...], cadence: Cadence) -> list[Asked]:
    """What is left of a plan, by time; a question is of use until the next one is due, one with a clock until that day ends.

    Those that can go at no lawful hour within that have `why`.
    """
    zone, programme = zones[0], plan.programme
    times = sorted(_times(plan, zone), key=lambda each: each[1])
    asked = {(each.step, each.due) for each in plan.sent}
    last = max((each.due for each in plan.sent), default=plan.start)
    left = len(times) if programme.texts is None else programme.texts - sum(not each.again for each in plan.sent)
    found: list[Asked] = []
    for (question, due, again), following in zip_longest(times, (each[1] for each in times[1:])):
        if (question.name, due) in asked or due < last or (left <= 0 and not again):
            continue
        midnight = instant(due.astimezone(zone).date() + DAY, time(), zone)
        until = due + MISSED_FOR if question.after is not None and not again else midnight
        until = min(until, following) if following is not None and following > due else until
        moment = cadence.hours.after(due, zones)
        why = "no lawful hour" if moment is None or moment >= until else ""
        found.append(Asked(plan=plan, question=question, due=due, at=moment or due, until=until, again=again, why=why))
        left -= not again
    return found


def _times(plan: Enrolled, zone: tzinfo) -> Iterator[tuple[Question, datetime, bool]]:
    """(question, when it is due, whether it is asked once more), from the start of the plan to its end."""
    end = shift(plan.start, plan.programme.lasts, zone)
    for question in plan.programme.questions:
        if question.after is not None:
            due = shift(plan.start, question.after, zone)
            if due < end:
                yield question, due, False
            continue
        day = plan.start.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            for due in (instant(day, clock, zone) for clock in question.clocks if day.weekday() in question.days):
                if plan.start <= due < end:
                    yield question, due, False
            day += timedelta(days=1)
    if plan.again is not None and (repeated := plan.programme.question(plan.again[0])):
        yield repeated, plan.again[1], True


def after(number: Number, done: Round, moment: datetime) -> Number:
    """The number after that round, if nobody answers."""
    gone = {plan.id for plan in (*done.silent, *done.over)}
    plans = tuple(plan for plan in number.plans if plan.id not in gone)
    asked = done.go
    if asked is None:
        return replace(number, plans=plans)
    sent = Sent(step=asked.question.name, due=asked.due, at=moment, again=asked.again)
    plans = tuple(replace(plan, sent=(*plan.sent, sent)) if plan.id == asked.plan.id else plan for plan in plans)
    texted = number.texted if asked.plan.own_limits else (*number.texted, moment)
    return replace(number, plans=plans, texted=texted, busy_until=moment + TALKING)
