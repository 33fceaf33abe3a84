"""Dates: "3/14", "14 de marzo", "the 16th"."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.understand.times.data import Days, Found
from bot.understand.times.row import Row
from bot.understand.times.solar import solar

AHEAD = {"this": 0, "coming": 1, "next": 1, "after_next": 2}  # weeks, or months


def single(row: Row, day: date | None, kind: str = "date") -> Days:
    """One day as a set: empty when there is none or it lies beyond what is looked at."""
    return Days(days=row.within({day}) if day else frozenset(), kind=kind)


def read_number(row: Row, at: int) -> Found | None:
    """A bare number as a day of the month: the 12 of "march 10 or 12"."""
    number = row.get(at, "number") or row.get(at, "ordinal")
    day = row.dated(number) if number and not row.has(at + 1, "not_after", "unit", "oclock", "minutes_after_hour") else None
    every = row.within([each for each in row.days if each.day == number])
    return (replace(single(row, day), every=every), at + 1) if day else None


def read_date(row: Row, at: int) -> Found | None:
    """ "3/14", "march 14", "14 de marzo", "the 16th", "el 16", "dia 16"."""
    start = row.skip(at, "article")
    if row.has(start, "iso", "date"):
        return _written(row, start)
    month = row.get(at, "month")
    if month and row.has(after := row.skip(at + 1, "article"), "number", "ordinal"):
        number = row.get(after, "number") or row.get(after, "ordinal")
        counted = row.has(after, "ordinal") and not row.has(after, "dated")
        if row.has(after + 1, "not_after") or (row.vocabulary.limits_follow and (counted or row.has(after + 1, "oclock"))):
            return None  # "may 2 anak ako", "4月 5時", "4月第1週"
        return (single(row, row.month_day(month, number)), after + 1) if number <= 31 else None
    number = row.get(start, "ordinal") or row.get(start, "number")
    if not number or number > 31:
        return None
    solar_at = row.skip(start + 1, "of")
    if solar_month := row.get(solar_at, "solar_month"):
        return single(row, next((day for day in row.days if solar(day) == (solar_month, number)), None)), solar_at + 1
    month_at = row.skip(start + 1, "of")
    if month := row.get(month_at, "month"):
        return single(row, row.month_day(month, number)), month_at + 1
    if in_month := _of_a_month(row, start, number) or _before_its_month(row, start, number):
        return in_month
    plain = row.has(start, "ordinal") and (row.items[start].text[0].isdigit() or row.has(start, "dated"))
    apart = ("not_after", "unit", "oclock") if row.has(start, "dated") else ("not_after", "unit", "weekday", "oclock")
    if (start > at or plain) and not row.has(start - 1, "at") and not row.has(start, "weekday") and not row.has(start + 1, *apart):
        return read_number(row, start)
    return None


def _written(row: Row, at: int) -> Found | None:
    """ "3/14", "2026-03-14"."""
    first, second = row.get(at, "iso") or row.get(at, "date")
    month_first = row.vocabulary.month_first or row.has(at, "iso")
    month, number = (first, second) if month_first else (second, first)
    if month > 12:
        month, number = number, month
    return (single(row, row.month_day(month, number)), at + 1) if 1 <= month <= 12 else None


def _of_a_month(row: Row, at: int, number: int) -> Found | None:
    """ "the 3rd of next month", "the 15th of the month"; "15 months" is none."""
    month = month_behind(row, at + 1)
    if month is None or row.has(at, "edge") or row.has(month[1], "ahead"):
        return None
    (first, last), end = month
    told = any(row.has(near, "which", "months_on") for near in range(at + 1, end))
    if not told and row.has(at + 1, "of", *(() if row.vocabulary.limits_follow else ("article",))):  # "3个月" is none either
        return single(row, row.dated(number)), end
    return (single(row, first.replace(day=number)), end) if told and number <= last.day else None


def _before_its_month(row: Row, at: int, number: int) -> Found | None:
    """The 2 of "2 o 3 de abril"."""
    other = row.skip(at + 2, "article")
    if not row.has(at + 1, "or", "and") or (row.get(other, "number") or row.get(other, "ordinal") or 0) <= number:
        return None
    month = month_behind(row, other + 1)
    return (single(row, month[0][0].replace(day=number)), at + 1) if month and number <= month[0][1].day else None


def month_behind(row: Row, at: int) -> tuple[tuple[date, date], int] | None:
    """First and last day of the month that is named from a position on ("of april", "of next month"), and the position behind."""
    start = row.skip(at, "of", "article", "span")
    which = row.get(start, "which")
    named_at = start + (which is not None)
    if named := row.get(named_at, "month"):
        return row.month(named), named_at + 1
    if (ahead := row.get(start, "months_on")) is not None:
        return row.month((row.today.month - 1 + ahead) % 12 + 1), start + 1
    if row.get(named_at, "unit") == "month":
        end = named_at + 1
        if which is None and (which := row.get(end, "which")):
            end += 1
        return row.month((row.today.month - 1 + AHEAD[which or "this"]) % 12 + 1), end
    return None
