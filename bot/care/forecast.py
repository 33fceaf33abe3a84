"""The texts of the days to come: the planner's own decisions, played forward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.care.check_ins import Asked, after, check
from bot.care.due import TALKING, WEEK, Number, Timed, plan
from bot.care.schedule import DAY, Cadence


@dataclass(frozen=True)
class Forecast:
    """texts: (when, the steps that make up one text), by time. withheld: what will not go, each once. asked, unasked: of programmes."""

    texts: tuple[tuple[datetime, tuple[Timed, ...]], ...]
    withheld: tuple[Timed, ...]
    asked: tuple[tuple[datetime, Asked], ...] = ()
    unasked: tuple[Asked, ...] = ()


def forecast(number: Number, cadence: Cadence, now: datetime, end: datetime) -> Forecast:
    """What a number will get from `now` until `end` if nobody writes and nothing changes."""
    texts: list[tuple[datetime, tuple[Timed, ...]]] = []
    withheld: dict[tuple[int, str], Timed] = {}
    asked: list[tuple[datetime, Asked]] = []
    unasked: dict[tuple[int, str, datetime], Asked] = {}
    moment = now
    while moment <= end:
        planned = plan(number, cadence, moment)
        for timed in planned.withheld:
            withheld.setdefault((timed.visit.id, timed.step.name), timed)
        if planned.go:
            texts.append((moment, planned.go))
            number = sent(number, planned.go, moment)
        done = check(number, cadence, moment)
        for each in done.withheld:
            unasked.setdefault((each.plan.id, each.question.name, each.due), each)
        if done.go:
            asked.append((moment, done.go))
        number = after(number, done, moment)
        looks = (*planned.look_at.values(), *done.look_at.values())
        later = [look for look in looks if look is not None and look > moment]
        if not later:
            break
        moment = min(later)
    for timed in (each for _, go in texts for each in go):  # what had to wait when it was looked at first, and went after all
        withheld.pop((timed.visit.id, timed.step.name), None)
    for _, each in asked:
        unasked.pop((each.plan.id, each.question.name, each.due), None)
    return Forecast(texts=tuple(texts), withheld=tuple(withheld.values()), asked=tuple(asked), unasked=tuple(unasked.values()))


def crowds_out(number: Number, cadence: Cadence, now: datetime) -> bool:
    """Whether for one more text now a visit would be told of no more, in the week in which that text counts (O-18)."""

    def told(number: Number) -> set[int]:
        texts = forecast(number, cadence, now, now + WEEK * DAY).texts
        return {timed.visit.id for _, go in texts for timed in go if timed.step.about_visit}

    return not told(number) <= told(replace(number, texted=(*number.texted, now)))


def sent(number: Number, go: tuple[Timed, ...], moment: datetime) -> Number:
    """The number after that text."""
    names = {timed.visit.id: {each.step.name for each in go if each.visit.id == timed.visit.id} for timed in go}
    visits = tuple(replace(visit, sent=visit.sent | names.get(visit.id, set())) for visit in number.visits)
    return replace(number, visits=visits, texted=(*number.texted, moment), busy_until=moment + TALKING)
