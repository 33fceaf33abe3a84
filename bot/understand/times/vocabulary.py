"""The words for days and times in one language, and a text as a row of their meanings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from babel import Locale
from rapidfuzz.distance import OSA

from bot.errors import DataError
from bot.understand.normalise import fold
from bot.yamlfile import read_yaml

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
LONGEST = 6  # words of one entry
FUZZY = 6  # letters from which one slip of the finger is forgiven
BORROWED = {"weekday", "weekdays", "day", "which", "units", "groups", "part"}
BORROWED_LENGTH = 4  # shorter words mean something else in the other language
TOKEN = re.compile(
    r"(?P<date>\d{1,2}/\d{1,2}(?:/\d{2,4})?)"
    r"|(?P<clock>\d{1,2}[:.h]\d{2}(?!\d)(?:\s*[ap]\.?\s?m\b\.?|[ap]\b)?|(?:1[0-2]|0?[1-9]|\d{3,4})(?:\s*(?:[ap]\.\s?m\.|[ap]\.?m\b)|[ap]\b)|\d{1,2}h\b)"
    r"|(?P<ordinal>\d{1,2}\s?(?:st|nd|rd|th)\b)"
    r"|(?P<number>\d+)"
    r"|(?P<word>[^\W\d_]+(?:['.][^\W\d_]+)*)"
    r"|(?P<sign>[^\w\s])"
)


@dataclass(frozen=True)
class Item:
    """One word or group of words with its meaning. kind: a section of times.yaml, or number, clock, date, sign, word."""

    kind: str
    value: Any
    text: str


@dataclass(frozen=True)
class Vocabulary:
    """words: folded words → meaning; fuzzy: names that may have one slip; aliases: words → what they stand for.

    month_first: how 3/4 is read.
    """

    language: str
    words: dict[tuple[str, ...], Item]
    fuzzy: dict[str, Item]
    aliases: dict[str, str]
    month_first: bool

    def read(self, text: str) -> list[Item]:
        """The text as items, longest entries first; what is unknown stays as a word."""
        folded = fold(text)
        for alias, meant in self.aliases.items():
            folded = re.sub(rf"(?<!\w){re.escape(alias)}(?!\w)", meant, folded)
        tokens = [(match.lastgroup or "", match.group().strip()) for match in TOKEN.finditer(folded)]
        items, position = [], 0
        while position < len(tokens):
            item, used = self._at(tokens, position)
            items.append(item)
            position += used
        return items

    def _at(self, tokens: list[tuple[str, str]], start: int) -> tuple[Item, int]:
        for size in range(min(LONGEST, len(tokens) - start), 0, -1):
            words = tuple(text.rstrip(".") for _, text in tokens[start : start + size])
            found = self.words.get(words)
            if found is not None:
                return found, size
        kind, text = tokens[start]
        if kind == "number":
            return (Item("number", int(text), text) if len(text) <= 2 else _clock_digits(text)), 1
        if kind == "clock":
            return Item("clock", _clock(text), text), 1
        if kind == "ordinal":
            return Item("ordinal", int(re.sub(r"\D", "", text)), text), 1
        if kind == "date":
            return Item("date", tuple(int(part) for part in text.split("/")), text), 1
        if kind == "sign":
            return Item("sign", text, text), 1
        return self._near(text.rstrip(".")), 1

    def _near(self, word: str) -> Item:
        """A weekday's name with one slip of the finger; any other word stays what it is."""
        if len(word) >= FUZZY:
            for name, item in self.fuzzy.items():
                if word[0] == name[0] and OSA.distance(word, name, score_cutoff=1) <= 1:
                    return item
        return Item("word", word, word)


def load_vocabulary(folder: Path, language: str) -> Vocabulary:
    """Reads `folder`/LANGUAGE/times.yaml beside CLDR's names. Raises DataError for an entry with two meanings."""
    path = folder / language / "times.yaml"
    data = read_yaml(path)
    words: dict[tuple[str, ...], Item] = {}
    wide = [fold(name) for kind, _, name in _names(language) if kind == "weekday"]
    for kind, value, text in _entries(data, path, wide):
        key = tuple(token.rstrip(".") for token in _tokens(text))
        words.setdefault(key, Item(kind, value, " ".join(key)))
    fuzzy = {}
    for kind, value, text in _names(language):
        for variant in {text, text.rstrip(".")}:
            words.setdefault(tuple(_tokens(variant)), Item(kind, value, variant))
        if kind == "weekday" and len(text) >= 6:
            fuzzy[fold(text)] = Item(kind, value, fold(text))
            words.setdefault((fold(text) + "s",), Item("weekdays", value, fold(text) + "s"))
    for key, item in words.items():
        if item.kind == "part" and len(key) == 1 and len(key[0]) >= FUZZY:
            fuzzy.setdefault(key[0], item)
    aliases = {fold(alias): fold(meant) for alias, meant in (data.get("aliases") or {}).items()}
    return Vocabulary(language, words, fuzzy, aliases, month_first=data.get("month_first") == "yes")


def with_others(own: Vocabulary, others: Iterable[Vocabulary]) -> Vocabulary:
    """The vocabulary with the plain day words of other languages, for texts that mix them ("el friday", "lunes at 2")."""
    borrowed = {
        key: item
        for other in others
        for key, item in other.words.items()
        if item.kind in BORROWED and len(" ".join(key)) >= BORROWED_LENGTH
    }
    return replace(own, words={**borrowed, **own.words})


def _entries(data: dict[str, Any], path: Path, names: list[str]) -> Iterator[tuple[str, Any, str]]:
    for section, content in data.items():
        if section in ("month_first", "aliases"):
            continue
        for name, listed in content.items() if isinstance(content, dict) else [(section, content)]:
            kind, value = _meaning(section, name, path)
            for text in (part.strip() for part in listed.split(",")):
                if text:
                    plural = section == "weekdays" and len(text) > 6 and any(_near(fold(text), name + "s") for name in names)
                    yield ("weekdays" if plural else kind), value, text


def _near(word: str, name: str) -> bool:
    return word.endswith("s") and not name.endswith("ss") and OSA.distance(word, name, score_cutoff=2) <= 2


def _meaning(section: str, name: str, path: Path) -> tuple[str, Any]:
    if section == "weekdays":
        return "weekday", WEEKDAYS.index(name)
    if section == "months":
        return "month", MONTHS.index(name) + 1
    if section in ("numbers", "ordinals", "days"):
        return section.rstrip("s"), int(name)
    if section == "parts":
        return "part", tuple(_minutes(each, path) for each in name.split("-"))
    return section, name


def _minutes(text: str, path: Path) -> int | None:
    if not text:
        return None
    try:
        hour, minute = text.split(":")
        return int(hour) * 60 + int(minute)
    except ValueError as error:
        raise DataError(f"{path}: parts: {text!r} must look like 06:00-12:00") from error


def _names(language: str) -> Iterator[tuple[str, int, str]]:
    locale = Locale.parse({"tl": "fil", "zh": "zh_Hans"}.get(language, language))
    for width in ("wide", "abbreviated"):
        for number in range(7):
            yield "weekday", number, locale.days["format"][width][number]
        for number in range(1, 13):
            yield "month", number, locale.months["format"][width][number]


def _tokens(text: str) -> list[str]:
    return [match.group().strip() for match in TOKEN.finditer(fold(text))]


def _clock(text: str) -> tuple[int, bool]:
    """(minutes after midnight, whether am or pm was said)."""
    digits = re.findall(r"\d+", text)
    if len(digits[0]) > 2:  # 330pm
        digits = [digits[0][:-2], digits[0][-2:]]
    hour, minute = (int(part) for part in [*digits, "0"][:2])
    half = re.search(r"[ap]", text)
    if half:
        hour = hour % 12 + (12 if half.group() == "p" else 0)
    return min(hour, 23) * 60 + min(minute, 59), bool(half) or hour > 12


def _clock_digits(text: str) -> Item:
    """230 or 1430, as clocks are typed in haste."""
    hour, minute = int(text[:-2]), int(text[-2:])
    if len(text) in (3, 4) and hour < 24 and minute in (0, 15, 30, 45) and hour > 0:
        return Item("digits", (hour * 60 + minute, hour > 12), text)
    return Item("word", text, text)
