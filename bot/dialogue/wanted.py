"""Which times somebody on the waiting list wants, as coordinators and clinics' files tell it: days, weekdays and hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from bot.understand.types import Wish

MOST_DAYS = 92  # that a wish may name


@dataclass(frozen=True)
class Wanted:
    """From which day until which, on which weekdays (0 = Monday), from what time until what time. None or empty: does not matter."""

    first: date | None = None
    last: date | None = None
    weekdays: frozenset[int] = frozenset()
    start: time | None = None
    end: time | None = None

    def wishes(self, today: date) -> tuple[Wish, ...]:
        """The same as the bot understands it; () where any time will do. Raises ValueError for days or times that are none."""
        if self.start and self.end and self.start >= self.end:
            raise ValueError("The earliest time must be before the latest.")
        start, end = (each.hour * 60 + each.minute if each else None for each in (self.start, self.end))
        if self.first is None and self.last is None and not self.weekdays:
            return () if (start, end) == (None, None) else (Wish(start=start, end=end),)
        first = max(self.first or today, today)
        last = min(self.last or first + timedelta(days=MOST_DAYS), first + timedelta(days=MOST_DAYS))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        fitting = tuple(day for day in days if not self.weekdays or day.weekday() in self.weekdays)
        if not fitting:
            raise ValueError("No day fits: look at the days and weekdays.")
        return (Wish(days=fitting, start=start, end=end),)
