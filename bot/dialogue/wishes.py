"""What a message wishes for: its own words, the visit that it is about, and what was wished for before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.dialogue.draft import Draft
from bot.dialogue.types import Ask, Visit
from bot.understand.types import When, Wish

FURTHEST = 35  # days ahead that a wish for a sooner visit, or for a weekday, names


def wished(draft: Draft, visit: Visit | None) -> tuple[Wish, ...]:
    """What the message wishes for. "The same day" is that of the times that were offered, if it is one, else that of the visit;
    "sooner" than what was offered, or than the visit.
    """
    when, prompt = draft.read.when, draft.prompt
    told = when.wishes if when is not None and not when.doubtful else ()
    start = visit.start if visit else None
    if draft.read.same_day == "sooner" and all(wish.days is None for wish in told):
        before = prompt.slot_starts[0] if prompt is not None and draft.prompted(Ask.SLOTS) else start
        days = _sooner(draft.facts.now, before) if before is not None else (Wish(),)
        return tuple(replace(wish, days=each.days) for each in days for wish in told) or days
    if prompt is not None and visit is not None and draft.prompted(Ask.SLOTS, Ask.WHEN):
        offered = prompt.slot_starts if len({each.date() for each in prompt.slot_starts}) == 1 else ()
        mine = visit.start if visit.id in prompt.visits else None  # "and mine the same day": not that of their own
        start = offered[-1 if draft.read.same_day == "later" else 0] if offered else mine
    if draft.read.same_day and start is not None and all(wish.days is None for wish in told):
        return _same_day(draft.read.same_day, start, told)
    if draft.read.beside and visit is not None and not told and (other := _other(draft, visit)):
        minute = other.hour * 60 + other.minute
        return (Wish(days=(other.date(),), start=minute, end=minute),)
    same = (
        prompt is not None
        and draft.prompted(Ask.SLOTS, Ask.WHEN)
        and bool(prompt.wishes or prompt.slots)
        and (visit is None or visit.id in prompt.visits)
    )
    if prompt is not None and same and when is not None and not when.doubtful:
        wishes = narrowed(when, prompt.wishes)
        return tuple(_without(visit.start.date(), wish) for wish in wishes) if visit is not None and when.weekly else wishes
    return _elsewhen(draft, told, visit)


def _other(draft: Draft, visit: Visit) -> datetime | None:
    """When the only other visit of the phone begins."""
    others = [each.start for each in draft.facts.visits if each.id != visit.id]
    return others[0] if len(others) == 1 else None


def narrowed(when: When, before: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """What is wished for by who wished for `before` and was offered that: what the new words leave open holds as it did.

    "Thursday", after "next week in the afternoon", is next week's, in the afternoon; "at nine", after "Friday morning", is Friday's.
    """
    found = {wish: None for new in when.wishes for old in before or (Wish(),) for wish in (_joined(new, old, weekly=when.weekly),)}
    return tuple(found)


def _joined(new: Wish, old: Wish, *, weekly: bool) -> Wish:
    days = old.days if new.days is None else new.days
    if new.days is not None and old.days is not None and (weekly or new.rules_out):
        days = _in_week(new.days, old.days) if weekly else tuple(day for day in old.days if day in new.days) or new.days
    kept = new.start is None and new.end is None and (old.start is None or old.start != old.end)  # a minute was of that day
    return Wish(days=days, start=old.start, end=old.end) if kept else replace(new, days=days)


def _in_week(days: tuple[date, ...], before: tuple[date, ...]) -> tuple[date, ...]:
    """Weekdays as days of what was wished for before; else the next ones, and those of the one week in which that was: "or Friday"."""
    shifted = [tuple(day + timedelta(weeks=week) for day in days) for week in range(FURTHEST // 7)]
    among = next((both for each in shifted if (both := tuple(day for day in before if day in each))), ())
    weeks = {day.isocalendar()[:2] for day in before}
    beside = next((each for each in shifted if len(weeks) == 1 and {day.isocalendar()[:2] for day in each} == weeks), ())
    return among or tuple(sorted({*days, *beside}))


def _elsewhen(draft: Draft, wishes: tuple[Wish, ...], visit: Visit | None) -> tuple[Wish, ...]:
    """The wishes without the visit's own day, where others are named too: "no ride friday, monday works" is not about Friday; or where
    it is no answer of theirs, but tells what stands in the way, or which visit: "I have to work friday", "move my friday one".
    """
    if visit is None:
        return wishes
    own = visit.start.date()
    barred = "barrier" in draft.acts and not draft.prompted(Ask.SLOTS, Ask.WHEN)
    if barred:
        wishes = tuple(_without(own, wish) for wish in wishes)
    left = tuple(wish for wish in wishes if wish != Wish(days=(own,)))
    return left if left or not draft.prompted(Ask.SLOTS, Ask.WHEN) else wishes


def _without(day: date, wish: Wish) -> Wish:
    """A wish for one of several days, without that one."""
    return replace(wish, days=tuple(each for each in wish.days if each != day) or wish.days) if wish.days else wish


def _same_day(way: str, start: datetime, wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """What is wished for on the day on which `start` is: the hours that are named, else what is "later" or "earlier", or "any" time."""
    timed = tuple(replace(wish, days=(start.date(),)) for wish in wishes if wish.start is not None or wish.end is not None)
    minute = start.hour * 60 + start.minute
    after, before = minute + 1 if way == "later" else None, minute - 1 if way == "earlier" else None
    return timed or (Wish(days=(start.date(),), start=after, end=before),)


def _sooner(now: datetime, start: datetime) -> tuple[Wish, ...]:
    """The days from `now` on that are before the one on which `start` is; none where it is today."""
    days = min((start.date() - now.date()).days, FURTHEST)
    return (Wish(days=tuple(now.date() + timedelta(days=ahead) for ahead in range(days))),) if days > 0 else ()
