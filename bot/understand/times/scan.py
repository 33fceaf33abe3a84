"""From a row of items to days, windows and marks, in the order in which they stand."""

from __future__ import annotations

from datetime import timedelta

from bot.understand.times.clock import read_window
from bot.understand.times.data import Days, Mark, Window
from bot.understand.times.dates import read_number
from bot.understand.times.days import read_days
from bot.understand.times.row import Row

Element = Days | Window | Mark
SIGNS = {
    ",": "comma",
    "、": "comma",
    "。": "break",
    ";": "break",
    ".": "break",
    "!": "break",
    "?": "break",
    "\n": "break",
    "/": "or",
    "+": "and",
    "&": "and",
    "-": "comma",
}
MARKS = (
    "neg",
    "neg_near",
    "neg_after",
    "except",
    "except_after",
    "instead",
    "but",
    "good_before",
    "good_after",
    "or",
    "nor",
    "and",
    "clause",
    "correction",
    "reason",
    "neutral",
    "verb",
    "than",
)
DENIES = ("neg", "neg_near", "neg_after", "nor")
LIMITS = ("open", "tail", "side")
SAYS_NO_TIME = frozenset((*MARKS, "sign", "article", "of", "last"))
NOON_HOUR = 12
ABBREVIATED = 4  # letters up to which a full stop behind a name is no end of a sentence


def scan(row: Row) -> list[Element]:
    """Everything of a row; what means nothing here becomes a mark "word"."""
    found: list[Element] = []
    if all(item.senses.keys() <= SAYS_NO_TIME for item in row.items):
        return found
    at = 0
    while at < len(row.items):
        elements, end = _at(row, at, found)
        found += elements
        at = end
    return found


def _at(row: Row, at: int, before: list[Element]) -> tuple[list[Element], int]:
    if end := _says_nothing(row, at, before):
        return [Mark(frozenset({"word"}))], end
    if found := _part_of_day(row, at):
        return found
    if row.has(at, "all_day") and (len(row.items) == 1 or isinstance(_last(before), Days)):
        return [Days(frozenset(row.days), "any")], at + 1  # "wednesday all day, thursday after 2"
    if number := _listed(row, at, before):
        return [number], at + 1
    joined = [_mark(row, at)] if row.has(at, "or") else []  # "or after 4", "ou après 16h"
    days, window = read_days(row, at), read_window(row, at, loose=_beside_a_day(row, at, before))
    if days and (window is None or days[1] >= window[1]):
        led = (
            row.vocabulary.limits_follow
            and row.has(row.skip(days[1], "article"), "moving")
            and not row.has(at - 1, "or", "and", "sign")
        )
        if led or ((row.has(at - 1, "range") or row.get(at - 1, "span") == "on" or _to(row, at)) and row.moves(at)):
            before[:] = [each for each in before if not isinstance(each, Days)]  # "move my tuesday visit to friday"
        return [*joined, days[0]], days[1]
    if window:
        return [*joined, window[0]], window[1]
    return [_mark(row, at)], at + 1


def _says_nothing(row: Row, at: int, before: list[Element]) -> int | None:
    """The end of words that tell no time of their own; "after that" changes what was found before."""
    if row.has(at, "neutral") or not row.items[at].senses:
        return at + 1
    if row.has(at, "last") and row.has(at + 1, "weekday") and read_days(row, at) is None:
        return at + 2  # "last friday" is over
    if row.has(at, "after_that", "before_that") and _open_last(before, after=row.has(at, "after_that")):
        return at + 1
    if _after(row, at) and row.get(any_at := row.skip(at + 1, "article"), "group") == "any" and _from_last(row, before):
        return any_at + 1
    return _said_twice(row, at, before)


def _to(row: Row, at: int) -> bool:
    """Whether a preposition that is an article too opens the days: "palipat mula Martes sa Huwebes"."""
    return row.has(at, "article") and row.has(at, "span")


def _after(row: Row, at: int) -> bool:
    return row.has(at, "after_that") or "after" in (row.get(at, "open"), row.get(at, "tail"))


def _last(before: list[Element]) -> Element | None:
    """The last element that is more than a word."""
    return next((each for each in reversed(before) if not (isinstance(each, Mark) and each.kinds == {"word"})), None)


def _from_last(row: Row, before: list[Element]) -> bool:
    """ "i'm back on the 14th, after that any day": the last day is the first of all that are meant."""
    at = next((index for index in range(len(before) - 1, -1, -1) if not isinstance(before[index], Mark)), None)
    last = before[at] if at is not None else None
    if at is None or not isinstance(last, Days) or len(last.days) != 1:
        return False
    before[at] = Days(row.stretch(min(last.days), row.days[-1]), "stretch")
    return True


def _open_last(before: list[Element], *, after: bool) -> bool:
    """ "i get off at 5 so after that": the last clock is where the window begins, or ends."""
    for index in range(len(before) - 1, -1, -1):
        each = before[index]
        if isinstance(each, Window) and each.start is not None:
            before[index] = Window(each.start, None, each.sure) if after else Window(None, each.start, each.sure)
            return True
    return False


def _said_twice(row: Row, at: int, before: list[Element]) -> int | None:
    """The end of the "not before" in "after 4, not before": of an open window it denies the other side, and nothing else."""
    last = next((each for each in reversed(before) if not isinstance(each, Mark)), None)
    if not isinstance(last, Window) or (last.start is None) == (last.end is None):
        return None
    behind = at + 1 if row.has(at, *DENIES) else row.skip(at + 1, "article")
    pair = (at, behind) if row.has(at, *DENIES) else (behind, at)
    if not row.has(pair[0], *DENIES) or not row.has(pair[1], *LIMITS):
        return None
    ends = behind + 1 == len(row.items) or row.has(behind + 1, "sign") or not row.items[behind + 1].senses
    return behind + 1 if ends else None


def _mark(row: Row, at: int) -> Mark:
    sign = row.get(at, "sign")
    if sign == "." and row.has(at + 1, "or", "and"):
        return Mark(frozenset({"word"}))
    if sign == "." and at and row.has(at - 1, "weekday", "month", "part") and len(row.items[at - 1].text) <= ABBREVIATED:
        return Mark(frozenset({"word"}))
    kinds = {kind for kind in MARKS if row.has(at, kind)}
    if sign in SIGNS:
        kinds.add(SIGNS[sign])
    return Mark(frozenset(kinds or {"word"}))


def _part_of_day(row: Row, at: int) -> tuple[list[Element], int] | None:
    """ "tonight", "this afternoon"."""
    if told := row.get(at, "day_part"):
        offset, (start, end) = told
        day = row.today + timedelta(days=offset)
        return [Days(frozenset({day}), "date"), Window(start, end)], at + 1
    if row.get(at, "which") == "this" and (part := row.get(at + 1, "part")) and not row.has(at + 1, "edge"):
        return [Days(frozenset({row.today}), "date"), Window(part[0], part[1])], at + 2
    return None


def _listed(row: Row, at: int, before: list[Element]) -> Days | None:
    """The 12 of "march 10 or 12"."""
    if len(before) < 2 or not isinstance(before[-1], Mark) or not before[-1].kinds & {"or", "and", "comma"}:
        return None
    last = before[-2]
    if not isinstance(last, Days) or last.kind != "date" or not row.has(at, "number") or _any_one(row, at) or row.ranges(at + 1):
        return None
    dated = not row.vocabulary.hours_24 and row.get(at, "number") > NOON_HOUR  # "March 16 o 17 ng hapon"
    apart = ("month", "not_after", "unit", "oclock") if dated else ("part", "month", "not_after", "unit", "oclock", "of")
    if row.has(at + 1, *apart) or not row.has(at - 1, "or", "and", "sign"):
        return None
    found = read_number(row, at)
    return found[0] if found and min(found[0].days) > min(last.days, default=row.today) else None


def _any_one(row: Row, at: int) -> bool:
    """The word that is "a" as well as 1: "in two weeks, a monday"."""
    return row.has(at, "one") and not row.items[at].text.isdigit()


def _beside_a_day(row: Row, at: int, before: list[Element]) -> bool:
    """Whether a bare number at a position can only be an hour: "monday 3", "10 tomorrow", "at 2 or 3"."""
    if _any_one(row, at):
        return False
    if before and isinstance(before[-1], Days) and before[-1].kind in ("weekday", "date"):
        return True
    if len(before) > 1 and isinstance(before[-1], Mark) and before[-1].kinds & {"or", "and"}:
        last = before[-2]
        return isinstance(last, Window) and last.start is not None and last.start == last.end
    after = at + 1
    while row.has(after, "or") and row.has(after + 1, "number", "digits", "clock"):
        after += 2  # "10 or 11 on monday"
    after = row.skip(after, "article", "span")
    if row.has(at, "digits") and len(row.items) == 1:
        return True
    return row.has(at, "number", "digits") and row.has(after, "weekday", "day") and not row.has(at - 1, "article", "month")
