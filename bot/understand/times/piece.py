"""One piece of a wish: days, a window of the day, or both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

Window = tuple[int | None, int | None]  # minutes after midnight; None: open


@dataclass(frozen=True)
class Piece:
    """A set of days, a window, or both. no: it is ruled out. sep: what stands before it ("" nothing, also, comma, break).

    week: the days are a stretch that a weekday may narrow. good: it was called better. every: all the days that a weekday
    names, which is what is meant where it is ruled out. dated: it is a day of a month. first: its window was said before its days.
    own: the negation stands right before it.
    """

    days: frozenset[date] | None = None
    window: Window | None = None
    no: bool = False
    sep: str = ""
    week: bool = False
    good: bool = False
    every: frozenset[date] | None = None
    dated: bool = False
    first: bool = False
    own: bool = False
