"""Days as they are named: one, a range, a distance from today, and what stands open from or until them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from bot.understand.times.clock import read_tail
from bot.understand.times.data import Days, Found
from bot.understand.times.dates import read_date, read_number, single
from bot.understand.times.row import Row
from bot.understand.times.weekdays import read_group, read_weekday, weekday_of
from bot.understand.times.weeks import holding, read_stretch

NOON_HOUR = 12
FEW = (2, 5)  # days that "a few days" may mean


def read_days(row: Row, at: int) -> Found | None:
    """The longest wording of days that begins at a position, with the position behind it."""
    rules: tuple[Callable[[Row, int], Found | None], ...] = (_range, _open, _tailed, read_one)
    found = [each for rule in rules if (each := rule(row, at))]
    return max(found, key=lambda each: each[1], default=None)


def read_one(row: Row, at: int) -> Found | None:
    """One day, or the days that one word names: no range and nothing open."""
    if at not in row.memo:
        rules = (read_date, read_weekday, _offset, _left_out, read_stretch, read_group)
        found = [each for rule in rules if (each := rule(row, at))]
        row.memo[at] = max(found, key=lambda each: each[1], default=None)
    return row.memo[at]


def _offset(row: Row, at: int) -> Found | None:
    """ "tomorrow", "in 3 days", "2 weeks from now", "a week from friday", "within the next 10 days"."""
    shift = row.get(at, "day")
    if shift is not None and not (row.has(at, "part") and row.has(at - 1, "every", "weekday", "day")):  # "Montag Morgen"
        day = row.today + timedelta(days=shift)
        return replace(single(row, day), every=_week_of(row, day) if shift and shift % 7 == 0 else frozenset()), at + 1
    span = row.get(at, "span")
    start = row.skip(at + (span is not None), "article", "around")
    upcoming = row.get(start, "which") in ("next", "coming")
    start = start + upcoming if row.has(start + upcoming, "unit") else row.skip(start + upcoming, "article")
    few = row.has(start, "few")
    number = row.get(start, "number") or (1 if row.has(start, "one") else 2 if few else None)
    if number is None and upcoming and span and row.get(start, "unit") == "day":  # "en los proximos dias"
        return Days(row.stretch(row.today, row.today + timedelta(days=FEW[1])), "stretch", doubtful=True), start + 1
    if number is None and row.has(start, "unit") and row.has(start + 1, "ahead") and not row.has(start + 1, "which"):  # "week from now"
        number, start = 1, start - 1
    unit = row.get(start + 1, "unit")
    if number is None or unit not in ("day", "week", "month"):
        return None
    end = start + 2
    if row.vocabulary.limits_follow and row.get(end, "span") == "within":  # "3天内"
        span, end = "within", end + 1
    if upcoming or span == "within":
        return Days(row.stretch(row.today, _later(row.today, FEW[1] if few else number, unit)), "stretch"), end
    base, end, far = _base(row, end)
    if span != "in" and not far and len(row.items) > end - at:  # "for 2 weeks" tells something else
        return None
    led = row.get(row.skip(end, "of"), "weekday") if row.vocabulary.limits_follow and unit == "week" and not few else None
    if led:  # "2週間後の火曜日"
        return single(row, row.monday(number) + timedelta(days=led[0])), row.skip(end, "of") + 1
    if few:
        return Days(row.stretch(base + timedelta(days=FEW[0]), base + timedelta(days=FEW[1])), "stretch", doubtful=True), end
    day = _later(base, number, unit)
    return replace(single(row, day), every=_week_of(row, day) if unit == "week" and base == row.today else frozenset()), end


def _week_of(row: Row, day: date) -> frozenset[date]:
    return holding(row, day).days


def _base(row: Row, at: int) -> tuple[date, int, bool]:
    """What a distance is counted from: today, or a day that is named; and whether a word says so."""
    if row.has(at, "from_day") or row.get(at, "open") in ("from", "after"):
        one = read_one(row, at + 1)
        if one and len(one[0].days) == 1:
            return next(iter(one[0].days)), one[1], True
    if row.has(at, "ahead"):
        return row.today, at + 1, True
    return row.today, at, False


def _later(day: date, number: int, unit: str) -> date:
    if unit != "month":
        return day + timedelta(days=number * (7 if unit == "week" else 1))
    month = day.month - 1 + number
    return date(day.year + month // 12, month % 12 + 1, min(day.day, 28))


def _left_out(row: Row, at: int) -> Found | None:
    """ "not this week but next", "el viernes no, el proximo si": the noun stands before."""
    start = row.skip(at, "article")
    which = row.get(start, "which") or ("next" if start > at and row.comes_after(start) else None)
    if which not in ("next", "after_next") or row.has(start + 1, "unit", "weekday", "group", "month", "number", "few", "part", "one"):
        return None
    for back in range(at - 1, -1, -1):
        if (named := row.get(back, "weekday")) and which == "after_next":
            return single(row, weekday_of(row, named[0], which)), start + 1
        if named:
            day = before.days if (before := row.named_before(at)) and before.kind == "weekday" else {row.today}
            days = row.within({row.following(named[0], max(day))})
            return Days(days, "weekday", days), start + 1
        if row.get(back, "unit") == "week" or row.has(back, "week"):
            told = [row.get(near, "which") for near in range(max(back - 2, 0), min(back + 3, at))]
            monday = row.monday(2 if "next" in told or which == "after_next" else 1)
            return Days(row.stretch(monday, monday + timedelta(days=6)), "stretch"), start + 1
    return None


def _edge_of_range(row: Row, at: int) -> Found | None:
    number_at = row.skip(at, "article")
    return read_one(row, at) or (None if row.has(number_at - 1, "at") and number_at > at else read_number(row, number_at))


def _range(row: Row, at: int) -> Found | None:
    """ "mon thru thurs", "from the 10th to the 14th", "march 10-14", "del 10 al 14 de marzo", "between mon and wed"."""
    start = at
    while row.has(start, "between", "from_day") or row.get(start, "open") in ("from", "after"):
        start += 1
    first = _in_its_week(row, start) or _edge_of_range(row, start)
    if first is None or not (row.ranges(first[1]) or row.has(first[1], "and")):
        return None
    last = _edge_of_range(row, first[1] + 1)
    between = row.has(at, "between") if start > at else last and row.vocabulary.limits_follow and row.has(last[1], "between")
    if not between and not row.ranges(first[1]):
        return None
    if last is None or not first[0].days or not last[0].days or "any" in (first[0].kind, last[0].kind):
        return None
    if row.has(first[1], "at") and row.has(first[1] + 1, "number") and row.has(first[1] - 1, "weekday", "month"):
        return None  # "lundi à 3" is an hour
    if row.moves(start):
        return last
    if not any(row.has(edge, "article") for edge in (start - 1, start, first[1], first[1] + 1)) and _bare(row, start, first, last):
        return None  # "2-4" are hours; "10-14 march" names its month
    return _stretched(row, first[0], last[0]), row.skip(last[1], "range_end")


def _bare(row: Row, start: int, first: Found, last: Found) -> bool:
    """Whether both ends are numbers and nothing more, so that they may be hours."""
    if not (first[1] - start == 1 and last[1] - first[1] == 2 and row.has(start, "number") and row.has(first[1] + 1, "number")):
        return False
    hours = row.vocabulary.hours_24 or min(row.get(start, "number"), row.get(first[1] + 1, "number")) <= NOON_HOUR
    return hours and not row.has(first[1], "days_range")


def _stretched(row: Row, first: Days, last: Days) -> Days:
    if first.kind == last.kind == "weekday":
        return _weekday_range(row, first, last)
    low, high = min(first.days), max(last.days)
    if later := [day for day in last.every if last.kind == "date" and day > low > high]:  # "april 1st to the 5th"
        high = min(later)
    elif first.kind == "date" and low > high:  # "10-14 march": the month stands behind
        earlier = [day for day in row.days if day <= high and day.day == low.day]
        low = earlier[-1] if earlier else low
    if last.kind == "weekday" and high < low:
        high = row.following(high.weekday(), low)
    return Days(row.stretch(low, high), "stretch")


def _weekday_range(row: Row, first: Days, last: Days) -> Days:
    """ "mon to wed" in the next such stretch; "mondays to thursdays" in every week."""
    low, high = min(first.days), min(last.days)
    length = (high.weekday() - low.weekday()) % 7
    every = frozenset(day for day in row.days if (day.weekday() - low.weekday()) % 7 <= length)
    if len(first.days) > 1 or len(last.days) > 1:
        return Days(every, "weekday", every)
    return Days(row.stretch(low, low + timedelta(days=length)), "weekday", every)


def _tailed(row: Row, at: int) -> Found | None:
    """ "the 16th or later", "del 15 en adelante", "friday at the latest"."""
    start = row.skip(at, "from_day")
    one = _in_its_week(row, start) or _edge_of_range(row, start)
    if one is None or not one[0].days or one[0].kind == "any" or row.has(one[1], "part"):
        return None
    hour = (row.get(start, "number") or 99) <= 12 and row.has(at, "open")  # "from 10 on"
    if row.has(start, "number") and one[1] == start + 1 and (start == at or hour):
        return None
    tail = read_tail(row, one[1])
    if tail is None:
        return None
    way = "by" if tail == "before" and _ends(row, start, one[1]) else tail
    return Days(_open_sets(row, one[0])[way], "stretch"), one[1] + 1


def _in_its_week(row: Row, at: int) -> Found | None:
    """ "来週の水曜" as one day, before what limits it."""
    found = read_stretch(row, at) if row.vocabulary.limits_follow else None
    led = row.get(row.skip(found[1], "of"), "weekday") if found else None
    if not found or not led:
        return None
    day = next((day for day in found[0].days if day.weekday() == led[0]), None)
    return (single(row, day), row.skip(found[1], "of") + 1) if day and len(found[0].days) <= 7 else None


def _open(row: Row, at: int) -> Found | None:
    """ "after friday", "before the 20th", "not until monday" (its negation is read from `flipped`)."""
    way = row.get(at, "open")
    if way is None or (row.has(at, "of") and row.has(at - 1, "weekday")):  # "الثلاثاء من الأسبوع القادم"
        return None
    start = row.skip(at + 1, "of")
    one = read_one(row, start) or read_one(row, at + 1)
    if one is None and not row.vocabulary.hours_24 and (row.get(start, "number") or 0) > 12:
        one = read_number(row, start)
    if one is None or not one[0].days or one[0].kind == "any":
        return None
    found, end = one
    sets = _open_sets(row, found)
    way = "by" if way == "before" and _ends(row, at, end) else way
    flipped = {"after": sets["by"], "from": sets["before"], "before": sets["from"], "by": sets["from"]}
    end += read_tail(row, end) is not None
    return Days(sets[way], "stretch", flipped=flipped[way]), end


def _ends(row: Row, start: int, end: int) -> bool:
    """Whether the end of a week or month is named, before which means until it is over."""
    return any(row.get(at, "edge") == "end" for at in range(start, end))


def _open_sets(row: Row, named: Days) -> dict[str, frozenset[date]]:
    """The days on each side of some."""
    first, last = min(named.days), max(named.days)
    return {
        "after": row.stretch(last + timedelta(days=1), row.days[-1]),
        "from": row.stretch(first, row.days[-1]),
        "before": row.stretch(row.today, first - timedelta(days=1)),
        "by": row.stretch(row.today, last),
    }
