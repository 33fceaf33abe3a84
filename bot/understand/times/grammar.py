"""From a row of items to pieces: sets of days and windows of the day, each with whether it is wanted."""

from __future__ import annotations

from datetime import date, timedelta

from bot.understand.times.clocks import Clocks
from bot.understand.times.piece import Piece
from bot.understand.times.vocabulary import Item, Vocabulary

HORIZON = 35  # days that are looked at, today the first


class Grammar(Clocks):
    """Reads one row of items. Each `_name` method gives (piece, how many items it used) or None at a position."""

    def __init__(self, items: list[Item], vocabulary: Vocabulary, today: date) -> None:
        super().__init__(items, vocabulary)
        self.today = today
        self.days = [today + timedelta(days=n) for n in range(HORIZON)]
        self._many = False

    def days_at(self, at: int) -> tuple[Piece, int] | None:
        """A set of days that begins at a position."""
        for rule in (self.range_at, self._single_day):
            found = rule(at)
            if found:
                return found
        return None

    def range_at(self, at: int) -> tuple[Piece, int] | None:
        """ "mon thru thurs", "from the 10th to the 14th"."""
        start = at + (self.kind(at) == "open" and self.value(at) in ("from", "since", "between"))
        first = self._single_day(start)
        if not first or first[0].week:
            return None
        middle = start + first[1]
        if not (self.kind(middle) == "range" or self.value(middle) in ("-", "by") or (start > at and self.kind(middle) == "also")):
            return None
        skip = 1 + (self.kind(middle + 1) == "of" or self.kind(middle + 1) == "at")
        last = self._single_day(middle + skip) or (self._single_day(middle + 1) if skip > 1 else None)
        if not last and self.kind(middle + skip) == "number" and (self.kind(start) == "of" or first[0].dated):
            last = self.day_number(middle + skip)
        if not last:
            return None
        begin, end = min(first[0].days or {self.today}), min(last[0].days or {self.today})
        if end < begin:
            end = min((day for day in self.days if day.weekday() == end.weekday() and day >= begin), default=begin)
        days = frozenset(day for day in self.days if begin <= day <= end)
        return Piece(days=days), middle + skip + last[1] - at

    def _single_day(self, at: int) -> tuple[Piece, int] | None:
        for rule in (self._relative, self._nth_weekday, self._weeks, self._weekday, self._date, self._group):
            found = rule(at)
            if found:
                return found
        return None

    def _relative(self, at: int) -> tuple[Piece, int] | None:
        """ "tomorrow", "in 3 days", "2 weeks from now", "a week from friday"."""
        if self.kind(at) == "day":
            shift = self.value(at)
            return Piece(days=self._only(self.today + timedelta(days=int(shift)))), 1
        start = at + (self.kind(at) == "open" and self.value(at) == "in")
        start += start > at and self.kind(start) == "open" and self.value(start) == "around"
        number = self._count(start)
        if (
            number
            and start > at
            and self.kind(start + 1) != "units"
            and self.items[at].text.startswith(("de hoy", "de aqui", "de aca"))
        ):
            return Piece(days=self._only(self.today + self._span(number, "day"))), start + 1 - at
        if number is None or self.kind(start + 1) != "units" or self.value(start + 1) not in ("day", "week", "month"):
            return None
        after = start + 2
        if self.kind(after) == "open" and self.value(after) in ("from_day", "from", "since") and (base := self._single_day(after + 1)):
            day = min(base[0].days or {self.today})
            return Piece(days=self._only(day + self._span(number, self.value(start + 1)))), after + 1 + base[1] - at
        told = self.kind(after) == "open" and self.value(after) == "from_now"
        if start == at and not told:
            return None
        day = self.today + self._span(number, self.value(start + 1))
        return Piece(days=self._only(day)), after + told - at

    def _count(self, at: int) -> int | None:
        if self.kind(at) == "number":
            return int(self.value(at))
        return 1 if self.kind(at) == "word" and self.value(at) in ("a", "an", "one") else None

    def _span(self, number: int, unit: object) -> timedelta:
        if unit == "month":
            return timedelta(days=30 * number)
        if unit == "day" and self.vocabulary.language == "es" and number in (8, 15):
            return timedelta(days=number - (number == 8))  # "en ocho días" is a week
        return timedelta(days=number * (7 if unit == "week" else 1))

    def _weeks(self, at: int) -> tuple[Piece, int] | None:
        """ "next week", "the week after next", "end of the month", "later this week", "this weekend"."""
        part, start = "", at
        if self.kind(start) == "within":
            part, start = str(self.value(start)), start + 1
        shifted = bool(part) and self.items[start - 1].text.endswith(" next")
        while self.kind(start) == "of" or (self.kind(start) == "word" and self.value(start) in ("the", "el", "la")):
            start += 1
        which, used = self._which(start)
        unit_at = start + used
        if self.kind(start) == "which" and self.value(start) == "after_next":
            return self._week(2, part), start + 1 - at
        if part and self.kind(unit_at) == "month":
            return self._month((int(self.value(unit_at)) - self.today.month) % 12, part), unit_at + 1 - at
        if self.value(unit_at) == "week" and (base := self._week_of(unit_at + 1)):
            return base[0], base[1] - at
        unit = self.value(unit_at) if self.kind(unit_at) in ("units", "groups") else None
        which = 1 if shifted else which
        used = unit_at + 1 - at
        if which is None and unit is not None and self.kind(unit_at + 1) == "which":
            which, used = {"this": 0, "next": 1, "after_next": 2}[str(self.value(unit_at + 1))], used + 1
        if unit not in ("week", "month", "weekend") or (which is None and not part):
            return None
        if unit == "weekend":
            saturday = self._monday() + timedelta(days=5 + 7 * (which or 0))
            return Piece(days=self._in({saturday, saturday + timedelta(days=1)}), week=True), used
        return (self._month(which or 0, part) if unit == "month" else self._week(which or 0, part)), used

    def _week_of(self, at: int) -> tuple[Piece, int] | None:
        """The "of the 16th" of "the week of the 16th", and where it ends."""
        start = at
        while self.kind(start) == "of":
            start += 1
        base = self._date(start - 1) if start > at else None
        if not base or not base[0].days:
            return None
        monday = min(base[0].days) - timedelta(days=min(base[0].days).weekday())
        return Piece(days=self._in({monday + timedelta(days=n) for n in range(7)}), week=True), start - 1 + base[1]

    def _which(self, at: int) -> tuple[int | None, int]:
        if self.kind(at) == "which" and self.value(at) != "after_next":
            return {"this": 0, "next": 1}[str(self.value(at))], 1
        return None, 0

    def _monday(self) -> date:
        return self.today - timedelta(days=self.today.weekday())

    def _week(self, shift: int, part: str) -> Piece:
        monday = self._monday() + timedelta(days=7 * shift)
        first, last = {"begin": (0, 1), "middle": (2, 2), "end": (3, 4)}.get(part, (0, 6))
        if part == "later":
            first = max(0, (self.today - monday).days + 1) if shift == 0 else 3
        return Piece(days=self._in({monday + timedelta(days=n) for n in range(first, last + 1)}), week=True)

    def _month(self, shift: int, part: str) -> Piece:
        months = [day for day in self.days if (day.year * 12 + day.month) == self.today.year * 12 + self.today.month + shift]
        low, high = {"first_week": (1, 7), "last_week": (25, 31), "begin": (1, 10), "middle": (11, 20), "end": (21, 31)}.get(
            part, (1, 31)
        )
        return Piece(days=frozenset(day for day in months if low <= day.day <= high), week=True)

    def _weekday(self, at: int) -> tuple[Piece, int] | None:
        """ "friday", "next fri", "fridays", "el lunes que viene", "friday the 13th", "monday 16"."""
        start, which = at, None
        if self.kind(at) == "which" and self.kind(at + 1) in ("weekday", "weekdays"):
            which, start = str(self.value(at)), at + 1
        if self.kind(start) not in ("weekday", "weekdays"):
            return None
        weekday = int(self.value(start))
        many = (
            self.kind(start) == "weekdays"
            or self.kind(at - 1) == "every"
            or self._any(at - 1)
            or (self.kind(at - 1) == "also" and self._many)
        )
        end = start + 1
        many = many or (self.kind(end) == "part" and self.items[end].text.endswith("s"))
        self._many = many
        if self.kind(end) == "which":
            which, end = str(self.value(end)), end + 1
        numbered = self._numbered(end, weekday)
        if numbered:
            return Piece(days=self._only(numbered[0])), end + numbered[1] - at
        every = self._weekday_days(weekday, None, True) if which is None else None
        if which is None and self.today.weekday() == weekday:
            every = (every or frozenset()) | {self.today}
        return Piece(days=self._weekday_days(weekday, which, many), every=every), end - at

    def _any(self, at: int) -> bool:
        return self.kind(at) == "groups" and self.value(at) == "any"

    def _nth_weekday(self, at: int) -> tuple[Piece, int] | None:
        """ "third thursday in march", "el último viernes del mes"."""
        if self.kind(at) not in ("ordinal", "last") or self.kind(at + 1) != "weekday":
            return None
        end = at + 2
        while self.kind(end) in ("of", "open", "which"):
            end += 1
        if self.kind(end) == "month":
            shift = (int(self.value(end)) - self.today.month) % 12
        elif self.value(end) == "month":
            shift = 0
        else:
            return None
        number = self.today.year * 12 + self.today.month - 1 + shift
        first = date(number // 12, number % 12 + 1, 1)
        month = [first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == first.month]
        named = [day for day in month if day.weekday() == self.value(at + 1)]
        index = -1 if self.kind(at) == "last" else int(self.value(at)) - 1
        return (Piece(days=self._only(named[index])), end + 1 - at) if index < len(named) else None

    def _numbered(self, at: int, weekday: int) -> tuple[date, int] | None:
        """The day of the month that a weekday is followed by, if that day is that weekday."""
        skip = 1 if self.kind(at) in ("of",) or self.value(at) in ("the", ",") else 0
        date_found = self._date(at + skip) or self.day_number(at + skip)
        if date_found and date_found[0].days:
            day = min(date_found[0].days)
            if day.weekday() == weekday:
                return day, date_found[1] + skip
        return None

    def _weekday_days(self, weekday: int, which: str | None, many: bool) -> frozenset[date]:
        ahead = [day for day in self.days[1:] if day.weekday() == weekday]
        if many and which is None:
            return frozenset(ahead)
        if which == "this":
            return self._in({self._monday() + timedelta(days=weekday)}) or frozenset(ahead[:1])
        if which == "next":
            return self._in({self._monday() + timedelta(days=7 + weekday)})
        if which == "after_next":
            return self._in({self._monday() + timedelta(days=14 + weekday)})
        return frozenset(ahead[:1])

    def _date(self, at: int) -> tuple[Piece, int] | None:
        """ "3/14", "march 14", "14 de marzo", "the 16th", "el 16"."""
        if self.kind(at) == "date":
            first, second = self.value(at)[:2]
            month, day = (first, second) if self.vocabulary.month_first else (second, first)
            return self._month_day(month, day, 1)
        if self.kind(at) == "month" and self.kind(at + 1) in ("number", "ordinal"):
            return self._month_day(int(self.value(at)), int(self.value(at + 1)), 2)
        skip = 1 if self.kind(at) == "of" or (self.kind(at) == "word" and self.value(at) in ("the", "el")) or self._dia(at) else 0
        if self.kind(at + skip) in ("number", "ordinal") and self.kind(at + skip + 1) != "weekday":
            number, end = int(self.value(at + skip)), at + skip + 1
            joined = end + (self.kind(end) == "of")
            if self.kind(joined) == "month":
                return self._month_day(int(self.value(joined)), number, joined + 1 - at)
            if self.kind(at + skip) == "ordinal" or (skip and self._names_a_day(at, end)):
                found = self.day_number(at + skip)
                return (found[0], found[1] + skip) if found else None
        if self.kind(at) == "month" and self.kind(at + 1) not in ("number", "ordinal"):
            days = frozenset(day for day in self.days if day.month == self.value(at))
            return Piece(days=days, week=True), 1
        return None

    def _dia(self, at: int) -> bool:
        return self.kind(at) == "units" and self.value(at) == "day" and self.kind(at + 1) == "number"

    def _names_a_day(self, at: int, end: int) -> bool:
        """ "el 20" is a day; "el 2 de la tarde" or "de las 3" is none."""
        return self.items[at].text in ("the", "el", "del", "dia", "dias") and self.kind(end) not in (
            "part",
            "units",
            "half",
            "oclock",
            "not_times",
        )

    def day_number(self, at: int) -> tuple[Piece, int] | None:
        if self.kind(at) not in ("number", "ordinal"):
            return None
        number = int(self.value(at))
        ahead = [day for day in self.days if day.day == number]
        return (Piece(days=frozenset(ahead[:1]), dated=True), 1) if ahead else None

    def _month_day(self, month: int, day: int, used: int) -> tuple[Piece, int] | None:
        found = frozenset(each for each in self.days if (each.month, each.day) == (month, day))
        known = 1 <= month <= 12 and 1 <= day <= 31
        return (Piece(days=found, dated=True), used) if known else None

    def _group(self, at: int) -> tuple[Piece, int] | None:
        if self.kind(at) != "groups":
            return None
        name = self.value(at)
        if name == "weekdays":
            return Piece(days=frozenset(day for day in self.days if day.weekday() < 5), week=True), 1
        if name == "weekend":
            many = self.items[at].text.endswith("s") or self.items[at].text.startswith("fines") or self.kind(at - 1) == "every"
            days = [day for day in self.days if day.weekday() >= 5]
            return Piece(days=frozenset(days if many else days[:2]), every=frozenset(days), week=True), 1
        return Piece(), 1

    def _only(self, day: date) -> frozenset[date]:
        return frozenset({day} & set(self.days))

    def _in(self, days: set[date]) -> frozenset[date]:
        return frozenset(days & set(self.days))
