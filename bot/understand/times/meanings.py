"""What the left sides of the lines of a times.yaml stand for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.errors import DataError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
NUMBERED = (
    "number",
    "ordinal",
    "day",
    "week",
    "weeks_on",
    "months_on",
    "numeral",
    "minutes_before_hour",
    "minutes_after_hour",
    "solar_month",
)  # left sides are numbers
NAMED: Mapping[str, tuple[str, ...]] = {
    "which": ("this", "coming", "next", "after_next"),
    "unit": ("day", "week", "month", "hour"),
    "group": ("weekdays", "weekend", "next_weekend", "weekends", "any"),
    "edge": ("begin", "middle", "end", "later", "last_week", "first_half", "second_half"),
    "open": ("after", "from", "before", "by"),
    "tail": ("from", "by", "after", "before"),
    "span": ("in", "on", "within"),
}


def meaning(kind: str, name: str, path: Path) -> Any:
    """The value that the left side of a line stands for."""
    try:
        if kind in ("weekday", "weekday_letter"):
            many = name.endswith("s")  # "tuesdays" are all of them
            return WEEKDAYS.index(name.removesuffix("s")), many
        if kind == "solar_month" and not 1 <= int(name) <= 12:
            raise ValueError
        if kind == "month":
            return MONTHS.index(name) + 1
        if kind == "clock":
            minutes = int(name) * 60 if name.isdigit() else _minutes(name) or 0  # "डेढ़" is 1:30
            return minutes, minutes > 12 * 60
        if kind in NUMBERED:
            return int(name)
        if kind == "part":
            return _clocks(name)
        if kind == "day_part":
            offset, clocks = name.split(" ")
            return int(offset), _clocks(clocks)
        if name in NAMED[kind]:
            return name
    except (ValueError, KeyError):
        pass
    raise DataError(f"{path}: {kind}: {name!r} is unknown; see the comments of intents/en/times.yaml")


def _clocks(text: str) -> tuple[int | None, int | None]:
    start, end = text.split("-")
    return _minutes(start), _minutes(end)


def _minutes(text: str) -> int | None:
    if not text:
        return None
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
