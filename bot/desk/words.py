"""What staff read, in their own language: sentences from a catalogue, days and times, names of languages."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from gettext import NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency
from babel.support import Translations

from bot import moments
from bot.errors import Said, Told
from bot.rendering import clean
from bot.texts import SOURCE

CATALOG = "staff.po"  # beside the patients' texts of a language


@dataclass(frozen=True)
class Words:
    """The words of the staff's pages in one language; English where its catalogue lacks a sentence."""

    language: str = SOURCE
    catalog: NullTranslations = field(default_factory=NullTranslations)

    def __call__(self, english: str | Told, /, **values: object) -> str:
        """A sentence, its gaps filled; what was said in English elsewhere is said again."""
        if isinstance(english, Told):
            english = english.said
        if isinstance(english, Said):
            return self(english.english, **english.values)
        return self._filled(self.catalog.gettext(english), values) if english else ""

    def many(self, one: str, several: str, number: int, /, **values: object) -> str:
        """A sentence that depends on a number, which it may name as %(num)s."""
        return self._filled(self.catalog.ngettext(one, several, number), {"num": number, **values})

    def _filled(self, sentence: str, values: Mapping[str, object]) -> str:
        if not values:  # perhaps a name that a clinic gave, which may hold any sign
            return sentence.replace("%%", "%")
        return sentence % {name: self._value(value) for name, value in values.items()}

    def _value(self, value: object) -> object:
        if isinstance(value, Said):
            return self(value)
        return self.moment(value) if isinstance(value, datetime) else self.clock(value) if isinstance(value, time) else value

    def moment(self, value: datetime) -> str:
        """A day and time, e.g. "Tue, Mar 10, 9:00 AM". value: in the zone that is meant, here and below."""
        return clean(moments.moment(value, self.language))

    def day(self, value: date) -> str:
        """A day, e.g. "Tue, Mar 10"."""
        return clean(moments.day(value, self.language))

    def full_day(self, value: date) -> str:
        """A day in whole words, e.g. "Tuesday, March 10"."""
        return clean(moments.full_day(value, self.language))

    def day_of_month(self, value: date) -> str:
        """A day without its weekday, e.g. "Mar 10"."""
        return clean(moments.day_of_month(value, self.language))

    def day_of_year(self, value: date) -> str:
        """A day with its year, e.g. "Mar 10, 2026"."""
        return clean(moments.day_of_year(value, self.language))

    def clock(self, value: datetime | time) -> str:
        """A time of the day, e.g. "9:00 AM"."""
        return clean(moments.clock(value, self.language))

    def money(self, amount: Decimal, currency: str, *, exact: bool = False) -> str:
        """An amount, e.g. "$12.30". exact: with all of its digits."""
        locale = moments.locale_of(self.language)
        return clean(format_currency(amount, currency, locale=locale, decimal_quantization=not exact))

    def language_name(self, code: str) -> str:
        """The name of a language, e.g. "Haitian Creole"."""
        return moments.language_name(code, self.language)


ENGLISH = Words()


def load_words(folder: Path) -> dict[str, Words]:
    """Reads `folder`/LANG/LC_MESSAGES/staff.po for every language that has one; English is always there, and first."""
    found = {SOURCE: ENGLISH}
    for path in sorted(folder.glob(f"*/LC_MESSAGES/{CATALOG}")):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, abort_invalid=True))  # without what is fuzzy
        compiled.seek(0)
        found[path.parts[-3]] = Words(path.parts[-3], Translations(compiled))
    return found
