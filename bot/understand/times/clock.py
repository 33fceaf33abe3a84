"""Times of day: clocks in all their wordings, parts of the day, open and closed windows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.understand.times.data import DAY, NOON, Window
from bot.understand.times.row import Row

FEW = 7  # words that may tell what happens at a clock, ...
PASSED = {"article", "of", "at", "one", "every", "range", "not_after"}  # ... unknown ones and these
ROUGH = 30  # minutes around a rough time
AFTER_PART = 3 * 60  # "nine at night" lies past the hours of the evening
AFTERNOON_UNTIL = 7 * 60  # without am or pm, one to half past six are in the afternoon


@dataclass(frozen=True)
class Clock:
    """sure: am or pm is plain. told: more than a number shows that it is a clock. end: position behind."""

    minutes: int
    sure: bool
    told: bool
    rough: bool
    end: int

    @property
    def plain(self) -> int:
        """The minutes, by the rule for clocks without am or pm."""
        early = not self.sure and 60 <= self.minutes < AFTERNOON_UNTIL
        return self.minutes + NOON if early else self.minutes


def read_window(row: Row, at: int, *, loose: bool = False) -> tuple[Window, int] | None:
    """The longest window that begins at a position, with the position behind it.

    loose: a bare number is an hour, for a day stands beside it.
    """
    found = [each for each in (_between(row, at), _open(row, at), _exact(row, at, loose), _part(row, at)) if each]
    return max(found, key=lambda each: each[1], default=None)


def read_clock(row: Row, at: int) -> Clock | None:
    """A clock time at a position; a bare number is one only where `told` says so or the caller knows."""
    if row.vocabulary.limits_follow and (led := _after_part(row, at)):
        return led
    start = at
    rough = False
    while row.has(start, "at", "around"):
        rough, start = rough or row.has(start, "around"), start + 1
    told = start > at
    if rough and _noon(row, past := row.skip(start, "of", "article"), rough):
        start = past
    if row.has(start, "minutes_before_hour"):
        return _minutes_first(row, start, rough)
    if digits := row.get(start, "digits"):
        return _finish(row, digits, digits >= 13 * 60, told, rough, start + 1)
    noon = _noon(row, start, rough)
    if token := row.get(start, "clock"):
        (minutes, sure), end, told = token, start + 1, True
    elif hour := _hour(row, start):
        (minutes, end), sure = hour, hour[0] > NOON
    elif noon:
        minutes, sure, end = noon.minutes, True, noon.end
    else:
        return None
    if minutes % 60 == 0 and (more := _minutes(row, end)) and not row.has(start, "ordinal"):
        return _finish(row, minutes + more[0], sure, True, rough, more[1])
    return noon or _finish(row, minutes, sure, told, rough, end)


def _after_part(row: Row, at: int) -> Clock | None:
    """ "下午三点", "오후 3시": the part of the day stands before its clock and tells the half."""
    part = row.get(at, "part")
    if part is None or None in part:
        return None
    clock = read_clock(row, row.skip(at + 1, "of", "article"))
    if clock is None:
        return None
    later = clock.minutes + NOON
    shifts = not clock.sure and clock.minutes < NOON <= part[0] and later <= part[1] + AFTER_PART
    return replace(clock, minutes=later if shifts else clock.minutes, sure=True, told=True)


def _minutes_first(row: Row, at: int, rough: bool) -> Clock | None:
    """ "quarter past two", "halb drei"."""
    before = row.get(at, "minutes_before_hour")
    hour_at = row.skip(at + 1, "at")
    if whole := row.get(hour_at, "clock"):
        return _finish(row, whole[0] + before, whole[1], True, rough, hour_at + 1)
    hour = _hour(row, hour_at)
    if hour and hour[0] + before < 60:  # "halb eins"
        before += NOON
    return _finish(row, hour[0] + before, False, True, rough, hour[1]) if hour else None


def _minutes(row: Row, at: int) -> tuple[int, int] | None:
    """Minutes behind an hour, or behind "o'clock": "two thirty", "deux heures et quart", "14 Uhr 20"."""
    marked = row.has(at, "oclock") and not row.has(at, "at")  # "13 ore 10" may be a day and an hour
    start = at + marked
    if after := row.get(start, "minutes_after_hour"):
        return after, start + 1
    spoken = row.get(start, "number") or 0
    if not (spoken in (15, 30, 45) or (marked and 0 < spoken < 60)) or row.has(start + 1, "unit", "not_after", "month", "oclock"):
        return None
    return spoken, start + 1 + row.has(start + 1, "minute")


def _hour(row: Row, at: int) -> tuple[int, int] | None:
    number = row.get(at, "number")
    if number is None or not 1 <= number <= 23 or row.has(at - 1, "not_before") or row.has(at + 1, "not_after", "month", "solar_month"):
        return None
    day_part = row.has(at - 1, "at", "open", "range", "from_day") and row.has(
        at + 1, "part"
    )  # Russian's "в 3 дня" is 3 pm, though "дня" counts days as well
    if row.has(at + 1, "unit") and not day_part and (row.get(at + 1, "unit") != "hour" or row.get(at - 1, "span") in ("in", "within")):
        return None
    return number * 60, at + 1


def _noon(row: Row, at: int, rough: bool) -> Clock | None:
    part = row.get(at, "part")
    if part and part[0] == part[1] and part[0] is not None:
        about = row.has(at + 1, "around") and not row.has(at + 2, "number", "clock", "at")
        return Clock(part[0], True, True, rough or about, at + 1 + about)
    return None


def _finish(row: Row, minutes: int, sure: bool, told: bool, rough: bool, end: int) -> Clock | None:
    """Takes in what may follow: o'clock, a part of the day, "or so"."""
    if row.has(end, "oclock") or (told and row.get(end, "unit") == "hour"):
        end, told = end + 1, True
    part_at = row.skip(end, "of", "article")
    part = row.get(part_at, "part")
    common = row.has(part_at, "careful") and not told  # "ba toi": my father
    fits = part and not common and (part[0] != part[1] or (not sure and 60 <= minutes <= 4 * 60) or minutes == NOON)  # "2 الظهر"
    if part and fits and part[0] is not None and not row.has(end, "sign") and not row.has(part_at, "day", "tail"):
        told, end = True, part_at + 1
        if not sure and minutes < NOON and part[0] >= NOON and minutes + NOON <= (part[1] or DAY) + AFTER_PART:  # "11 giờ trưa" is 11
            minutes += NOON
        sure = True
    elif row.has(end, "around") and not row.has(end + 1, "number", "clock", "at"):
        rough, end = True, end + 1
    if row.has(end, "not_after"):
        return None
    return Clock(minutes, sure, told, rough, end)


def _between(row: Row, at: int) -> tuple[Window, int] | None:
    """ "between 2 and 4", "2-4pm", "from 9 to 11", "9 to 5"."""
    start = at
    while row.has(start, "between") or row.get(start, "open") in ("from", "after") or row.has(start, "from_day"):
        start += 1
    first = read_clock(row, start)
    if first is None:
        return None
    joined = row.ranges(first.end) or (start > at and row.has(first.end, "and"))
    joined = joined or (row.has(at, "from_day") and row.has(first.end, "at"))  # "das 9 às 11"
    follows = row.vocabulary.limits_follow and row.has(first.end, "and")  # "2時と4時の間"
    last_at = row.skip(first.end + 1, "at")
    last = read_clock(row, last_at) if joined or follows else None
    if last and _days_rather(row, first, last):
        return None
    part = row.get(last_at, "part") if last is None and first.told and row.ranges(first.end) else None
    if part and part[0] and part[0] > first.plain:  # "9 बजे से दोपहर तक": to where that part begins
        return Window(first.plain, part[0], first.sure), row.skip(last_at + 1, "range_end")
    if last is None or (follows and not row.has(last.end, "between")) or (start == at and not _plausible(row, at, first, last)):
        return None
    low, high = _halves(first, last)
    return Window(low, high, sure=first.sure or last.sure), row.skip(last.end, "range_end")


def _plausible(row: Row, at: int, first: Clock, last: Clock) -> bool:
    """Bare "2-4" is a window; "3-14" or "10 to 14 march" is none."""
    if first.told or last.told:
        return True
    hours = first.minutes <= NOON and last.minutes <= NOON
    return hours and not row.has(last.end, "month", "of", "unit", "ordinal") and row.get(last.end, "sign") != "-"


def _halves(first: Clock, last: Clock) -> tuple[int, int]:
    """Both ends of a window: the surer end tells the half of the day of the other."""
    low, high = first.plain, last.plain
    if last.sure and not first.sure:
        low = first.minutes + NOON if first.minutes < NOON and first.minutes + NOON < high else first.minutes
    if not last.sure and high <= low:
        high = last.minutes + NOON if last.minutes < NOON and last.minutes + NOON > low else high
    if low >= high and not first.sure and first.minutes < high:
        low = first.minutes  # "9 to 11", "5 to 11"
    return (low, high) if low <= high else (high, low)


def _days_rather(row: Row, first: Clock, last: Clock) -> bool:
    """Whether "from 16 to 20" are days of the month."""
    late = not row.vocabulary.hours_24 and min(first.minutes, last.minutes) > NOON
    return not (first.told or last.told) and (late or row.has(first.end, "days_range"))


def _open(row: Row, at: int) -> tuple[Window, int] | None:
    """ "after 3", "no later than 11", "before noon"; "since 3 or later" is said twice, and no harm."""
    way = row.get(at, "open")
    if way is None:
        return None
    start = at + 1
    clock = read_clock(row, start) or _told_later(row, start)
    if clock is not None and (clock.told or clock.minutes <= NOON or row.vocabulary.hours_24):
        end = clock.end + (read_tail(row, clock.end) is not None)
        edge = clock.plain
        return (Window(edge, None, clock.sure) if way in ("after", "from") else Window(None, edge, clock.sure)), end
    part_at = row.skip(start, "article", "of", "at")
    part = row.get(part_at, "part")
    if part is None or row.has(part_at, "day"):
        return None
    low, high = part
    edges = {"after": high or low, "from": low, "before": low or high, "by": high or low}
    edge = edges[way]
    return (Window(edge, None) if way in ("after", "from") else Window(None, edge)), part_at + 1


def _told_later(row: Row, at: int) -> Clock | None:
    """The clock of "before i pick up the kids at 3": a few words that are no times stand before it."""
    for near in range(at, min(at + FEW, len(row.items))):
        if near > at and row.has(near, "at") and (clock := read_clock(row, near)):
            return clock
        if not row.items[near].senses.keys() <= PASSED:
            return None
    return None


def _exact(row: Row, at: int, loose: bool) -> tuple[Window, int] | None:
    """ "at 3", "2:30", "around 10", "3 or later"; a bare number only beside a day."""
    clock = read_clock(row, at)
    if clock is None:
        return None
    if not clock.told and row.has(clock.end, "or") and (other := read_clock(row, clock.end + 1)) and other.told:
        late = other.sure and clock.minutes < NOON <= other.minutes and clock.minutes + NOON < other.minutes  # "7 or 8 in the evening"
        return Window(edge := clock.minutes + NOON * late, edge, other.sure), clock.end
    if tail := read_tail(row, clock.end):
        edge = clock.plain
        later = tail in ("from", "after")
        return (Window(edge, None, clock.sure) if later else Window(None, edge, clock.sure)), clock.end + 1
    if not clock.told and not clock.rough and not (loose and clock.minutes <= 20 * 60 and not row.ranges(clock.end)):
        return None
    if clock.rough:
        return Window(clock.plain - ROUGH, clock.plain + ROUGH, clock.sure), clock.end
    return Window(clock.plain, clock.plain, clock.sure), clock.end


def read_tail(row: Row, at: int) -> str | None:
    """ "or later", "onwards"; the "on" of "3 on monday" is none."""
    tail: str | None = row.get(at, "tail")
    if row.has(at, "open") and row.has(row.skip(at + 1, "at", "article"), "number", "clock", "part", "digits", "weekday", "date"):
        return None  # "before 10 or after 4"
    day = row.has(row.skip(at + 1, "article", "one"), "weekday", "date", "ordinal", "month", "group")
    return None if day and row.has(at, "span") else tail


def _beside_days(row: Row, at: int) -> bool:
    """Whether a part of the day that is a common word as well ("toi", I or the evening) stands before its days or in a list."""
    led = row.has(at - 1, "or", "except", "every") or (row.has(at - 1, "neg") and at + 1 == len(row.items))
    return led or len(row.items) == 1 or row.has(at + 1, "weekday", "day", "week", "group", "or", "date")


def _part(row: Row, at: int) -> tuple[Window, int] | None:
    part = row.get(at, "part")
    if part is None or (row.has(at, "careful") and not _beside_days(row, at)):
        return None
    return Window(part[0], part[1]), at + 1
