"""What the readers of time words hand to each other: items, sets of days, windows and marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

HORIZON = 35  # days that are looked at, today the first
OPENING, CLOSING = 6 * 60, 21 * 60  # hours in which any clinic sees anybody
NOON, DAY = 12 * 60, 24 * 60


@dataclass(frozen=True)
class Item:
    """A word, group of words, number or sign. senses: everything it can mean, section of times.yaml → value."""

    text: str
    senses: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Days:
    """A set of days. kind: weekday, date, stretch (a week, a month, an open range) or any.

    every: all days in the horizon that the words name; meant where they are ruled out or narrow a stretch. Of a day that is
        counted in weeks it is the week ("in two weeks, on a monday"), of "the 3rd" that day of every month.
    flipped: what is left when they are ruled out, where that is not simply all the others ("not until friday").
    """

    days: frozenset[date]
    kind: str
    every: frozenset[date] = frozenset()
    flipped: frozenset[date] | None = None
    doubtful: bool = False
    frame: frozenset[date] | None = None  # the stretch that was named first and narrows the weekdays behind it


Found = tuple[Days, int]  # days, and the position behind their words


@dataclass(frozen=True)
class Window:
    """A part of the day in minutes after midnight, None where it is open. sure: am or pm was told or is plain."""

    start: int | None
    end: int | None
    sure: bool = True


@dataclass(frozen=True)
class Mark:
    """A word that joins, ends, denies or approves: its kinds are sections of times.yaml, or comma, break, word."""

    kinds: frozenset[str]


@dataclass(frozen=True)
class Signed:
    """Days or a window, ruled out or not. sep: what stands before: "", or, comma, break. sealed: approved."""

    atom: Days | Window
    no: bool = False
    sep: str = ""
    sealed: bool = False


@dataclass(frozen=True)
class Alternative:
    """Days (None: any) and the windows in which they are meant (none: all day)."""

    days: frozenset[date] | None = None
    windows: tuple[Window, ...] = ()


def complement(window: Window) -> tuple[Window, ...]:
    """What a window leaves of the day in which clinics are open."""
    before = () if window.start is None or window.start <= OPENING else (Window(None, window.start, window.sure),)
    after = () if window.end is None or window.end >= CLOSING else (Window(window.end, None, window.sure),)
    return before + after


def meet(one: Window, other: Window) -> Window | None:
    """What two windows share; a clock without am or pm moves by half a day when only so it lies in the other."""
    exact = any(each.start is not None and each.start == each.end for each in (one, other))
    for first, second in _halves(one, other):
        starts = [edge for edge in (first.start, second.start) if edge is not None]
        ends = [edge for edge in (first.end, second.end) if edge is not None]
        start, end = max(starts, default=None), min(ends, default=None)
        if start is None or end is None or start < end or first.start == first.end or second.start == second.end:
            if start is not None and end is not None and (start > end or (start == end and not exact)):
                continue
            return Window(start, end, first.sure or second.sure)
    return None


def _halves(one: Window, other: Window) -> list[tuple[Window, Window]]:
    """Both windows as they are and with a clock that is not sure moved into the other, what fits better first."""
    moved: list[tuple[Window, Window]] = []
    if not one.sure and other.sure:
        moved = [(late, other) for by in (NOON, -NOON) if _inside(late := _shift(one, by), other)]
    if not other.sure and one.sure:
        moved = [(one, late) for by in (NOON, -NOON) if _inside(late := _shift(other, by), one)]
    fits = _inside(one, other) if not one.sure else _inside(other, one)
    return [(one, other), *moved] if fits else [*moved, (one, other)]


def _inside(moved: Window, other: Window) -> bool:
    low, high = other.start or 0, DAY if other.end is None else other.end
    return all(low <= edge <= high for edge in (moved.start, moved.end) if edge is not None)


def _shift(window: Window, by: int) -> Window:
    moved = [None if edge is None else edge + by for edge in (window.start, window.end)]
    if any(edge is not None and not 0 <= edge <= DAY for edge in moved):
        return window
    return Window(moved[0], moved[1], sure=True)
