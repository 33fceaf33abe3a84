"""Weeks and months, and their beginnings, middles and ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.understand.times.data import Days, Found
from bot.understand.times.dates import AHEAD, month_behind, read_date
from bot.understand.times.row import HYPHEN, Row

ONE_WEEK = timedelta(days=7)
# First and last day of a part, counted from the first day of a week or month; None: its last day.
WEEK_PARTS = {"begin": (0, 1), "middle": (1, 3), "end": (3, 4), "first_half": (0, 2), "second_half": (3, 6)}
MONTH_PARTS = {"begin": (0, 9), "middle": (10, 19), "end": (20, 30), "first_half": (0, 14), "second_half": (15, 30)}
LAST = 5  # the last one of a month


def read_stretch(row: Row, at: int) -> Found | None:
    """ "next week", "end of the month", "early april", "first week of april", "week of the 16th"."""
    found = [each for each in (_nth(row, at), _week(row, at), _month(row, at), _rest(row, at), _week_behind(row, at)) if each]
    return max(found, key=lambda each: each[1], default=None)


def _edge(row: Row, at: int) -> tuple[str | None, int]:
    """ "end of the", "early": which part is meant, and the position behind."""
    start = row.skip(at, "article")
    edge = row.get(start, "edge")
    start += bool(edge) and row.get(start + 1, "sign") == HYPHEN
    return (edge, row.skip(start + 1, "of", "article", "span")) if edge else (None, start)


def _edge_behind(row: Row, at: int, edge: str | None) -> tuple[str | None, int]:
    """ "来週の初め", "월말": the part that stands behind its week or month, else what was named before."""
    start = row.skip(at, "of")
    told = row.get(start, "edge") if row.vocabulary.limits_follow and edge is None else None
    return (told, start + 1) if told else (edge, at)


def _week(row: Row, at: int) -> Found | None:
    edge, start = _edge(row, at)
    if (weeks := row.get(start, "week")) is not None:  # "para a semana": one word for next week
        told = row.get(start + 1, "which") if weeks == 0 else None  # "toda la semana que viene"
        weeks = AHEAD[told] if told else weeks
        edge, end = _edge_behind(row, start + 1 + (told is not None), edge)
        return _week_days(row, weeks, edge), end
    which = row.get(start, "which")
    if which == "after_next" and not row.has(start + 1, "unit", "weekday", "group"):
        return _week_days(row, 2, edge), start + 1
    start += which is not None
    if row.get(start, "unit") != "week":
        return None
    if edge is None and which is None and (after := _week_after(row, at, start + 1)):
        return after
    end = start + 1
    if which is None and row.get(end, "which"):
        which, end = row.get(end, "which"), end + 1
    elif which is None and (held := _week_holding(row, end)):
        return held
    edge, end = _edge_behind(row, end, edge)
    if which is None and edge is None:
        return None
    found = _week_days(row, AHEAD[which or "this"], edge)
    return (found if found.days or which else _week_days(row, 1, edge)), end


def _week_after(row: Row, at: int, behind: int) -> Found | None:
    """ "the week after next week", "the week after (that)": counted from the week that was named before."""
    after = row.skip(behind, "of")
    if row.get(after, "open") == "after" and (inner := _week(row, row.skip(after + 1, "of"))):
        return (holding(row, min(inner[0].days) + ONE_WEEK), inner[1]) if inner[0].days else None
    if not row.comes_after(after):
        return None
    named = row.named_before(at)
    found = holding(row, min(named.days) + ONE_WEEK) if named else _week_days(row, 2, None)
    return replace(found, doubtful=named is None), after + 1


def _week_holding(row: Row, at: int) -> Found | None:
    """ "week of the 16th"."""
    start = row.skip(at, "of", "article", "weekday")
    if start > at and row.has(start, "date", "iso"):
        found = read_date(row, start)
        return (holding(row, min(found[0].days)), found[1]) if found and found[0].days else None
    number, month = row.get(start, "ordinal") or row.get(start, "number"), row.get(start, "month")
    end = start + 1
    if start == at and not (number and (row.has(end, "month") or row.has(start, "dated"))):  # "semen 16 mas", "на неделе 16го"
        return None
    if month and (number := row.get(end, "ordinal") or row.get(end, "number")):
        day, end = row.month_day(month, min(number, 31)), end + 1
    elif number and row.get(row.skip(end, "of"), "month"):
        end = row.skip(end, "of")
        day, end = row.month_day(row.get(end, "month"), min(number, 31)), end + 1
    else:
        day = row.dated(number) if number else None
    if day is None:
        return None
    return holding(row, day), end


def holding(row: Row, day: date) -> Days:
    """The week in which a day lies."""
    monday = day - timedelta(days=day.weekday())
    return Days(row.stretch(monday, monday + timedelta(days=6)), "stretch")


def _week_behind(row: Row, at: int) -> Found | None:
    """ "16日の週", "16号那一周": the week of the date before it."""
    date_found = read_date(row, at) if row.vocabulary.limits_follow and row.has(at, "dated") else None
    if not date_found or not date_found[0].days:
        return None
    week_at = row.skip(date_found[1], "of", "article", "number")
    led = week_at > date_found[1] and row.get(week_at, "unit") == "week" and not row.has(week_at + 1, "ahead", "tail", "edge")
    return (holding(row, min(date_found[0].days)), week_at + 1) if led else None


def _week_days(row: Row, weeks: int, edge: str | None) -> Days:
    monday = row.monday(weeks)
    first, last = WEEK_PARTS.get(edge or "", (0, 6))
    return Days(row.stretch(monday + timedelta(days=first), monday + timedelta(days=last)), "stretch")


def _month(row: Row, at: int) -> Found | None:
    edge, start = _edge(row, at)
    told = start > at or row.has(at, "span") or row.has(at - 1, "span", "open", "of", "edge")
    start = row.skip(start, "span") if edge is None else start
    which = row.get(start, "which")
    named_at = start + (which is not None)
    named = row.get(named_at, "month")
    end = named_at + 1
    if named is None and row.get(named_at, "unit") == "month":
        if which is None and (which := row.get(end, "which")):
            end += 1
        edge, end = _edge_behind(row, end, edge)
        if which is None and edge is None:
            return None
        named = (row.today.month - 1 + AHEAD[which or "this"]) % 12 + 1
    elif named:
        edge, end = _edge_behind(row, end, edge)
    if named is None and (ahead := row.get(start, "months_on")) is not None:
        named = (row.today.month - 1 + ahead) % 12 + 1
        edge, end = _edge_behind(row, start + 1, edge)
    relative = row.has(start, "months_on") or row.get(named_at, "unit") == "month"  # "来月5日": its 5th
    if (
        named is None
        or (row.has(end, "number", "ordinal", "date") and not relative)
        or (row.has(named_at - 1, "number", "ordinal") and not row.has(named_at - 1, "edge"))
    ):
        return None
    if row.has(named_at, "careful") and not (edge or which or told):
        return None
    if row.has(named_at, "number") and not (edge or which):
        return None  # "sept" is seven, "dez" is ten
    first, last = row.month(named)
    low, high = MONTH_PARTS.get(edge or "", (0, 30))
    if edge == "last_week":
        return Days(row.stretch(last - timedelta(days=6), last), "stretch"), end
    return Days(row.stretch(first + timedelta(days=low), min(last, first + timedelta(days=high))), "stretch"), end


def _nth(row: Row, at: int) -> Found | None:
    """ "first week of april", "second monday of next month"."""
    ahead = month_behind(row, at) if row.vocabulary.limits_follow else None  # "4月の第1週"
    start = row.skip(ahead[1] if ahead else at, "article", *(("of",) if ahead else ()))
    behind = row.get(start, "unit") == "week" and row.has(start + 1, "ordinal", "last")  # "الأسبوع الأول من أبريل"
    number = row.get(start + behind, "ordinal") or (LAST if row.has(start + behind, "last") else None)
    is_week, weekday = behind or row.get(start + 1, "unit") == "week", row.get(start + 1, "weekday")
    if not number or number > LAST or not (is_week or weekday):
        return None
    month = (ahead[0], start + 2) if ahead else month_behind(row, start + 2)
    if month is None:
        return None
    (first, last), end = month
    if number == LAST:
        low = last - timedelta(days=6)
        days = [day for day in row.stretch(low, last) if is_week or day.weekday() == weekday[0]]
        return Days(frozenset(days), "stretch" if is_week else "date"), end
    if is_week:
        low = first + timedelta(days=7 * (number - 1))
        return Days(row.stretch(low, min(last, low + timedelta(days=6))), "stretch"), end
    day = row.following(weekday[0], first - timedelta(days=1)) + timedelta(days=7 * (number - 1))
    return Days(row.within({day}), "date"), end


def _rest(row: Row, at: int) -> Found | None:
    """ "later this week", "the rest of the month", "later in the week"."""
    edge, start = _edge(row, at)
    if edge != "later":
        return None
    which = row.get(start, "which") or "this"
    start += row.has(start, "which")
    unit = row.get(start, "unit")
    if unit == "week":
        monday = row.monday(AHEAD[which])
        first = row.today if which == "this" else monday + timedelta(days=2)
        return Days(row.stretch(first, monday + timedelta(days=6)), "stretch"), start + 1
    month = row.get(start, "month") or (row.today.month if unit == "month" else None)
    if month is None:
        return None
    first, last = row.month(month)
    return Days(row.stretch(max(row.today, first + timedelta(days=10 if which != "this" else 0)), last), "stretch"), start + 1
