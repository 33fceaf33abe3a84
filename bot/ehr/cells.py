"""What may stand in a cell of a clinic's CSV file, and what to do when it is something else.

Each reader gives the value, or raises ValueError whose message tells what to do; no message repeats the cell, since it may be private.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from babel import Locale, UnknownLocaleError

# FHIR's Appointment.status (F-01), without those that are never imported.
VISIT_STATES = ("booked", "arrived", "checked-in", "fulfilled", "noshow", "cancelled", "entered-in-error")
US = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})  # +1 is not the US: it is Canada and the Caribbean too (D-16)
EXCEL = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+")
DAY_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M")
HOUR = timedelta(hours=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEARS = range(2000, 2100)  # of visits; beyond the calendar's ends there is no UTC to turn a time into


def words(text: str, *, most: int) -> str:
    """Any text of at most so many characters."""
    if len(text) > most:
        raise ValueError(f"has {len(text)} characters; shorten it to {most}")
    if not text.isprintable():
        return " ".join(text.split())
    return text


def one_of(text: str, *, choices: tuple[str, ...]) -> str:
    """One of the words, in any case."""
    if text.casefold() not in choices:
        raise ValueError(f"write one of: {', '.join(choices)}")
    return text.casefold()


def yes_no(text: str) -> bool:
    """yes or no."""
    return one_of(text, choices=("yes", "no")) == "yes"


def number(text: str, *, least: int, most: int) -> int:
    """A whole number within limits."""
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"write a whole number from {least} to {most}")
    return int(text)


def language(text: str) -> str:
    """A language by its code (es, zh-Hant) or its English name (Spanish)."""
    code = _languages().get(text.casefold(), text)
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValueError("write a language's code such as en, es or zh-Hant, or its English name") from None
    return code


@cache
def _languages() -> dict[str, str]:
    """English name → code."""
    return {name.casefold(): code.replace("_", "-") for code, name in Locale.parse("en").languages.items()}


def zone(text: str) -> str:
    """A time zone by its IANA name."""
    name = next((each for each in available_timezones() if each.casefold() == text.casefold()), None)
    if name is None:
        raise ValueError("write the name of a time zone, such as America/Chicago")
    return name


def day(text: str) -> date:
    """A day."""
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if found.year in YEARS:
            return found
    raise ValueError("write a day like 2026-03-10 or 3/10/2026")


def since(text: str, *, zone: ZoneInfo) -> datetime:
    """The beginning of a day at the clinic, in UTC."""
    return datetime.combine(day(text), time(), zone).astimezone(UTC)


def clock(text: str) -> time:
    """A time of the day."""
    for form in ("%H:%M", "%I:%M %p"):
        try:
            return datetime.strptime(text, form).time()  # noqa: DTZ007 - neither has a time of the day
        except ValueError:
            continue
    raise ValueError("write a time like 14:00 or 2:00 PM")


def weekdays(text: str) -> list[int]:
    """Days of the week by their first three letters, 0 = Monday."""
    names = re.split(r"[\s;,]+", text.casefold().strip())
    if not all(name[:3] in WEEKDAYS for name in names):
        raise ValueError("write days of the week like mon tue wed")
    return sorted({WEEKDAYS.index(name[:3]) for name in names})


def phones(text: str) -> list[str]:
    """US phone numbers in E.164, one or several with semicolons between them."""
    return list(dict.fromkeys(_phone(part.strip()) for part in text.split(";") if part.strip()))


# What is wrong with a number; staff read it in their language, too.
NUMBERS = {
    "cut": "a spreadsheet has cut this number's digits: format the column as text there, and export again",
    "unreadable": "write a phone number with area code, such as (716) 555-0121; several with semicolons between them",
    "extension": "a number with an extension cannot be texted: give a mobile number, or none",
    "none": "there is no such number: write it whole, with area code",
    "abroad": "only US numbers are texted: give none, and phone instead",
}


def _phone(text: str) -> str:
    if EXCEL.fullmatch(text):
        raise ValueError(NUMBERS["cut"])
    try:
        parsed = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        raise ValueError(NUMBERS["unreadable"]) from None
    if parsed.extension:
        raise ValueError(NUMBERS["extension"])
    if not phonenumbers.is_valid_number(parsed):
        raise ValueError(NUMBERS["none"])
    if phonenumbers.region_code_for_number(parsed) not in US:
        raise ValueError(NUMBERS["abroad"])
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def moment(text: str, *, zone: ZoneInfo) -> datetime:
    """A day and time at the clinic, or with an offset of its own; gives UTC."""
    local = _day_and_time(text)
    if local.year not in YEARS:
        raise ValueError(f"the year must be one from {YEARS[0]} to {YEARS[-1]}")
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    earlier, later = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise ValueError(f"clocks in {zone.key} skip this time when summer time begins: ask for the time that is meant")
    if earlier.utcoffset() != later.utcoffset():
        raise ValueError(
            f"clocks in {zone.key} show this time twice when summer time ends: "
            f"add the offset, {earlier.isoformat()[-6:]} for the first or {later.isoformat()[-6:]} for the second"
        )
    return earlier.astimezone(UTC)


def _day_and_time(text: str) -> datetime:
    for form in DAY_FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the clinic's, and added by the caller
        except ValueError:
            continue
    try:
        if "T" in text or " " in text:
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("write day and time like 2026-03-10 09:30 or 3/10/2026 9:30 AM")
