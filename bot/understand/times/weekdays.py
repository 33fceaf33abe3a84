"""Weekdays by name and in groups: "next monday", "los martes", "friday the 13th", "weekends", "any day"."""

from __future__ import annotations

from datetime import date, timedelta

from bot.understand.times.data import Days, Found
from bot.understand.times.row import Row

ONE_WEEK = timedelta(days=7)
COUNTED_AS_WEEKS = {8: 1, 15: 2}  # in Romance languages eight days are a week


def read_weekday(row: Row, at: int) -> Found | None:
    """ "monday", "this tuesday", "el martes que viene", "every friday", "friday the 13th", "friday week"."""
    many, which, start = False, None, at
    while row.has(start, "every", "which", "article") and not row.has(start, "part"):
        many = many or row.has(start, "every")
        which = row.get(start, "which") or which
        start += 1
    if start == at:
        which = _listed_with(row, at)
    named = row.get(start, "weekday")
    if named is None or (row.has(start, "careful") and not beside(row, start)):
        return None
    if row.has(start, "unit") and start == at and row.has(start - 1, "number", "few"):
        return None  # "dalawang linggo": two weeks, no Sunday
    number, plural = named
    end = start + 1
    many = (
        many or _listed_as_many(row, at) or row.has(row.skip(end, "weekday", "or", "and", "span", "article"), "many")
    )  # "monday mornings"
    told = row.get(end, "which")
    opens = row.has(end, "open") and row.has(end + 1, "at", "clock", "number")  # "جمعه بعد ساعت ۳"
    if told and told != "after_next" and not opens and not row.has(end + 1, "unit", "group", "weekday", "part"):
        which, end = told, end + 1
    every = row.weekday(number)
    if behind := _next_one(row, at, end, number):
        return behind
    if ahead := _weeks_on(row, end):
        day = row.following(number, row.today) + ahead[0] * ONE_WEEK
        return Days(row.within({day}), "weekday", row.within({day})), ahead[1]
    if dated := _numbered(row, end, number):
        return dated
    if many or plural:
        return Days(every, "weekday", every), end
    days = row.within({weekday_of(row, number, which)})
    return Days(days, "weekday", days if which else every), end


def _next_one(row: Row, at: int, end: int, number: int) -> Found | None:
    """ "the thursday after": counted from the day that was named before; where none was, nobody knows from which."""
    if not row.comes_after(end):
        return None
    named = row.named_before(at)
    day = row.following(number, max(named.days) if named else row.following(number, row.today))
    return Days(row.within({day}), "weekday", row.within({day}), doubtful=named is None), end + 1


def _listed_as_many(row: Row, at: int) -> bool:
    """The second of "los martes y jueves", "every monday and tuesday"."""
    start = at
    while row.has(start - 1, "or", "and", "sign") and row.has(start - 2, "weekday"):
        start -= 2
    return start < at and row.has(start - 1, "every")


def _listed_with(row: Row, at: int) -> str | None:
    """The second of "next tuesday or friday" is next week's as well."""
    start = at
    while row.has(start - 1, "or", "and", "sign") and row.has(start - 2, "weekday"):
        start -= 2
    which: str | None = row.get(start - 1, "which") if start < at else None
    return which


def _weeks_on(row: Row, at: int) -> tuple[int, int] | None:
    """ "friday week", "el viernes en ocho", "vendredi en quinze": weeks to add, and the position behind."""
    if weeks := row.get(at, "weeks_on"):
        return weeks, at + 1
    if row.get(at, "day") in (7, 14):  # "venerdì tra quindici giorni"
        return row.get(at, "day") // 7, at + 1
    if row.get(at, "span") == "in" and row.get(at + 2, "unit") == "week":
        weeks = row.get(at + 1, "number") or (1 if row.has(at + 1, "one") else None)
        return (weeks, at + 3) if weeks else None
    weeks = COUNTED_AS_WEEKS.get(row.get(at + 1, "number") or 0) if row.get(at, "span") == "in" else None
    return (weeks, at + 2 + (row.get(at + 2, "unit") == "day")) if weeks else None


def beside(row: Row, at: int) -> bool:
    """Whether a word that is also a common one stands beside another word for a time."""
    kinds = (
        "number",
        "weekday",
        "month",
        "which",
        "or",
        "range",
        "days_range",
        "part",
        "at",
        "clock",
        "open",
        "every",
        "and",
        "ordinal",
        "sign",
        "day",
        "neg",
        "neg_near",
        "neg_after",
        "good_before",
        "good_after",
        "except",
        "unit",
        "group",
    )
    return len(row.items) == 1 or row.has(at - 1, *kinds, "span") or row.has(at + 1, *kinds)


def weekday_of(row: Row, number: int, which: str | None) -> date:
    """The one weekday meant: of this week, a later one, or the next. which: a sense of "which", or None."""
    if which == "this":
        day = row.monday(0) + timedelta(days=number)
        return day if day >= row.today else day + ONE_WEEK
    if which in ("next", "after_next"):
        return row.monday(1 if which == "next" else 2) + timedelta(days=number)
    return row.following(number, row.today)


def _numbered(row: Row, end: int, weekday: int) -> Found | None:
    """The 13 of "friday 13": a day of the month if that is such a weekday, else an hour, which is read elsewhere."""
    start = row.skip(end, "article")
    number = row.get(start, "number") or row.get(start, "ordinal")
    if not number or row.has(start + 1, "not_after", "minutes_after_hour", "of", "month", "solar_month"):
        return None
    if row.has(start + 1, "unit", "oclock") and not row.has(start + 1, "at"):  # "venerdì 13 ore 10" has a date
        return None
    if row.has(start + 1, "part") and (row.vocabulary.month_first or row.opens_with_of(start + 1)):
        return None
    at_hour = row.has(start + 1, "at") and (  # "lundi 9 à 11h", "madi 24 a 11zè"
        (row.has(start + 2, "clock") and "h" in row.items[start + 2].text)
        or (row.has(start + 2, "number") and (row.has(start + 3, "oclock") or row.get(start + 2, "number") < number > 12))
    )
    if row.ranges(start + 1) and not row.has(start + 2, "at") and not at_hour:
        return None
    day = next((day for day in row.days if day.day == number and day.weekday() == weekday), None)
    if day is None or (start == end and row.vocabulary.month_first and number <= 12):
        return None  # "tuesday 10" is an hour where a date would be "the 10th"
    return Days(frozenset({day}), "date"), start + 1


def read_group(row: Row, at: int) -> Found | None:
    """ "weekdays", "this weekend", "any day"."""
    start, which, many = at, None, False
    while row.has(start, "which", "article", "every") and not row.has(start, "group"):
        which, many, start = row.get(start, "which") or which, many or row.has(start, "every"), start + 1
    group = row.get(start, "group")
    if group is None:
        return None
    if group == "any":
        return Days(frozenset(row.days), "any"), start + 1
    if group == "weekdays":
        every = frozenset(day for day in row.days if day.weekday() < 5)
        return Days(every, "weekday", every), start + 1
    every = row.weekday(5) | row.weekday(6)
    end = start + 1
    if (told := row.get(end, "which")) and not row.has(end + 1, "unit", "weekday"):
        which, end = told, end + 1
    if ahead := _weeks_on(row, end):
        which, end = {1: "next", 2: "after_next"}.get(ahead[0]), ahead[1]
    which = "next" if group == "next_weekend" else which
    lead = at - 1
    while row.has(lead, "span", "article", "of", "at"):
        lead -= 1
    if group == "weekends" or many or row.has(lead, "only") or row.has(end, "only"):
        return Days(every, "weekday", every), end
    monday = row.monday({"next": 1, "after_next": 2}.get(which or "", 0))
    days = row.stretch(monday + timedelta(days=5), monday + timedelta(days=6))
    return Days(days, "weekday", days if which else every), end
