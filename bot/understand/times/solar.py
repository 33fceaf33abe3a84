"""The solar calendar of Iran and Afghanistan: "20 esfand" is the eleventh of March, or the tenth."""

from __future__ import annotations

from datetime import date

SHIFT = 356032  # days from the start of the cycles of the calendar to those of `toordinal`
FOUR_YEARS, THIRTY_THREE_YEARS = 1461, 12053
LONG_MONTHS = 186  # days of the first six months, of 31 each


def solar(day: date) -> tuple[int, int]:
    """Month (1 is Farvardin or Hamal) and day of the month of a date."""
    rest = (day.toordinal() + SHIFT) % THIRTY_THREE_YEARS % FOUR_YEARS
    if rest > 365:
        rest = (rest - 1) % 365
    month, number = divmod(rest, 31) if rest < LONG_MONTHS else divmod(rest - LONG_MONTHS, 30)
    return month + (1 if rest < LONG_MONTHS else 7), number + 1
