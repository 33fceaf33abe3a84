"""A row of items that readers look at by position, and the days around today."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from bot.understand.times.data import HORIZON, Days, Found, Item
from bot.understand.times.vocabulary import Vocabulary

HYPHEN = "-"
WEEK = 7
LIMITS_NOTHING = (
    "sign",
    "or",
    "but",
    "clause",
    "good_before",
    "good_after",
    "neg",
    "neg_near",
)  # "after" before these


@dataclass(frozen=True)
class Row:
    """The items of one text with its language and the day on which it was written."""

    items: tuple[Item, ...]
    vocabulary: Vocabulary
    today: date
    days: tuple[date, ...] = field(init=False)
    memo: dict[int, Found | None] = field(default_factory=dict, compare=False)  # what `read_one` found, by position

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", tuple(self.today + timedelta(days=n) for n in range(HORIZON)))

    def get(self, at: int, kind: str) -> Any:
        """The value of one sense of the item at a position, None where it has no such sense."""
        return self.items[at].senses.get(kind) if 0 <= at < len(self.items) else None

    def has(self, at: int, *kinds: str) -> bool:
        """Whether the item at a position can mean one of some kinds."""
        return 0 <= at < len(self.items) and not self.items[at].senses.keys().isdisjoint(kinds)

    def skip(self, at: int, *kinds: str) -> int:
        """The first position from `at` on whose item is of none of some kinds."""
        while self.has(at, *kinds):
            at += 1
        return at

    def ranges(self, at: int) -> bool:
        """Whether the item means "to"."""
        return self.has(at, "range", "days_range") or self.get(at, "sign") == HYPHEN

    def comes_after(self, at: int) -> bool:
        """Whether the item means "after that" and is no limit of what follows: "the thursday after"."""
        if self.has(at, "after_that"):
            return True
        ends = at + 1 >= len(self.items) or self.has(at + 1, *LIMITS_NOTHING)
        return self.get(at, "open") == "after" and not self.has(at, "which") and ends

    def named_before(self, at: int) -> Days | None:
        """The last day, or week, that was named before a position."""
        named = [found[0] for start, found in sorted(self.memo.items()) if found and found[1] <= at and found[0].days]
        return named[-1] if named and len(named[-1].days) <= WEEK else None

    def opens_with_of(self, at: int) -> bool:
        """Whether a group of words begins with "of": "7 de la mañana" is an hour, "sabado 7 en la mañana" a date."""
        return "of" in self.vocabulary.words.get((self.items[at].text.split(" ")[0],), {})

    def moves(self, at: int) -> bool:
        """Whether a verb like "move" stands before a position, or last: what is named before "to" is the old time."""
        last = range(len(self.items)) if self.vocabulary.limits_follow or self.vocabulary.negation_follows else (len(self.items) - 1,)
        return any(self.has(near, "moving") for near in (*range(at), *last))

    def within(self, days: set[date] | frozenset[date] | list[date]) -> frozenset[date]:
        """Those of some days that are looked at."""
        return frozenset(days).intersection(self.days)

    def weekday(self, number: int) -> frozenset[date]:
        """Every such weekday, today among them."""
        return frozenset(day for day in self.days if day.weekday() == number)

    def monday(self, weeks: int) -> date:
        """The Monday of the week that lies some weeks ahead."""
        return self.today + timedelta(days=7 * weeks - self.today.weekday())

    def following(self, number: int, after: date) -> date:
        """The first such weekday strictly after a day."""
        return after + timedelta(days=(number - after.weekday() - 1) % 7 + 1)

    def stretch(self, first: date, last: date) -> frozenset[date]:
        """The days that are looked at from the first to the last."""
        return frozenset(day for day in self.days if first <= day <= last)

    def dated(self, number: int) -> date | None:
        """The next day of a month that bears a number."""
        return next((day for day in self.days if day.day == number), None)

    def month_day(self, month: int, number: int) -> date | None:
        """The next date of that name; None when there is none within a year."""
        for year in (self.today.year, self.today.year + 1):
            try:
                found = date(year, month, number)
            except ValueError:
                continue
            if found >= self.today:
                return found
        return None

    def month(self, number: int) -> tuple[date, date]:
        """First and last day of the next month of that number, this one if it is."""
        year = self.today.year + (number < self.today.month)
        after = date(year + (number == 12), number % 12 + 1, 1)
        return date(year, number, 1), after - timedelta(days=1)
