"""Days and times as people of each language write them: weekday and month by name, never as digits alone (L-08)."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

# Where CLDR wants another code (L-06), or a region whose dates US readers expect (L-08).
CLDR = {"en": "en_US", "es": "es_US", "tl": "fil", "zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant", "ht": "fr"}
# Other names of languages that we write (L-06).
ALIASES = {
    "zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant", "zh-MO": "zh-Hant", "fil": "tl",
}  # fmt: skip
RIGHT_TO_LEFT = frozenset({"ar", "fa"})
# CLDR's Haitian Creole is French (L-05).
DAYS = {"ht": ("len", "mad", "mèk", "jed", "van", "sam", "dim")}
MONTHS = {"ht": ("janv", "fev", "mas", "avr", "me", "jen", "jiy", "out", "sept", "okt", "nov", "des")}


# Where CLDR's short forms would not be read at once.
DAY = {"vi": "EEEE, d 'tháng' M"}
CLOCK = {"ko": "aaaa h:mm"}


def moment(value: datetime, language: str) -> str:
    """A day and time, e.g. "Tue, Mar 10, 9:00 AM"."""
    return f"{day(value, language)}, {clock(value, language)}"


def day(value: date, language: str) -> str:
    """A day, e.g. "Tue, Mar 10"."""
    if language in DAYS:
        return f"{DAYS[language][value.weekday()]} {value.day} {MONTHS[language][value.month - 1]}"
    locale = locale_of(language)
    return format_date(value, DAY.get(language) or locale.datetime_skeletons["MMMEd"].pattern, locale=locale)


def full_day(value: date, language: str) -> str:
    """A day in whole words, e.g. "Tuesday, March 10"."""
    locale = locale_of(language)
    short: str = locale.datetime_skeletons["MMMEd"].pattern
    return format_date(value, re.sub("E+", "EEEE", re.sub("MMM+", "MMMM", short)), locale=locale)


def day_of_month(value: date, language: str) -> str:
    """A day without its weekday, e.g. "Mar 10"."""
    locale = locale_of(language)
    return format_date(value, locale.datetime_skeletons["MMMd"].pattern, locale=locale)


def day_of_year(value: date, language: str) -> str:
    """A day with its year, e.g. "Mar 10, 2026"."""
    return format_date(value, "medium", locale=locale_of(language))


def clock(value: datetime | time, language: str) -> str:
    """A time of the day, e.g. "9:00 AM"."""
    if language in DAYS:
        return f"{value.hour % 12 or 12}:{value.minute:02} {'PM' if value.hour >= 12 else 'AM'}"
    return format_time(value, CLOCK.get(language, "short"), locale=locale_of(language))


@cache
def locale_of(language: str) -> Locale:
    """CLDR's data for one of our languages; the English for a language that it does not know."""
    return Locale.parse(CLDR.get(language, language) if in_cldr(language) else CLDR["en"])


def in_cldr(language: str) -> bool:
    """Whether the names of days and months are known in a language."""
    try:
        return bool(Locale.parse(CLDR.get(language, language.replace("-", "_"))))
    except UnknownLocaleError:
        return False


def language_name(code: str, language: str = "en") -> str:
    """The name of a language in another one, e.g. "Haitian Creole"; the code itself where CLDR knows none."""
    return str(locale_of(language).languages.get(code.replace("-", "_"), code))
