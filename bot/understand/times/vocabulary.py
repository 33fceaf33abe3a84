"""The words for days and times of one language, from its times.yaml and CLDR, ready to be looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from babel import Locale

from bot.errors import DataError
from bot.understand.times.attached import Attached, joined
from bot.understand.times.derived import add_dated, add_only, add_plurals, fuzzy, longest
from bot.understand.times.latin import Sounds
from bot.understand.times.meanings import meaning
from bot.understand.times.tokens import GLUED, fold, split
from bot.understand.times.tokens import tokens as cut
from bot.yamlfile import read_yaml

LISTS = frozenset(
    (
        "few",
        "one",
        "many",
        "last",
        "ahead",
        "from_day",
        "every",
        "article",
        "of",
        "at",
        "around",
        "between",
        "range",
        "oclock",
        "careful",
        "not_after",
        "not_before",
        "neg",
        "neg_near",
        "neg_after",
        "except",
        "but",
        "good_before",
        "good_after",
        "or",
        "nor",
        "and",
        "after_that",
        "before_that",
        "than",
        "moving",
        "reason",
        "clause",
        "correction",
        "neutral",
        "verb",
        "not_weekdays",
        "date_mark",
        "minute",
        "side",
        "range_end",
        "days_range",
        "except_after",
        "instead",
        "only",
        "all_day",
    )
)
SETTINGS = (
    "mixes", "mixes_fully", "lists_denied", "dotted", "month_first", "hours_24", "negation_follows", "plural",
    "spelling", "limits_follow", "attached", "dropped", "whole", "joined", "latin", "date_endings", "tones",
    "toned_only", "same_day",
)  # fmt: skip
CLDR = {"tl": "fil", "zh": "zh_Hans"}  # where CLDR has another code
# What people who mix languages take from the other one: kinds, and letters from which on.
BORROWED = {
    "weekday": 5,
    "month": 5,
    "day": 5,
    "part": 4,
    "which": 4,
    "unit": 4,
    "group": 5,
    "open": 4,
    "neg": 3,
    "except": 5,
    "instead": 5,
}
MIXED = "en"  # the language that people mix into theirs, unless times.yaml tells others

DENYING = frozenset(("neg", "neg_near", "neg_after", "nor", "except", "except_after", "instead"))

Entry = tuple[str, Any, str]


@dataclass(frozen=True)
class Vocabulary:
    """words: tokens → meanings by section. longest: first token → length of the longest entry that begins so.

    fuzzy: first letter → names of weekdays to which a misspelt word may come near.
    spelling: short and joined forms → what they stand for. month_first: 3/4 is the fourth of March.
    hours_24: a bare 14 is an hour. negation_follows: "tuesday not thursday" denies Tuesday.
    """

    language: str
    words: Mapping[tuple[str, ...], Mapping[str, Any]]
    longest: Mapping[str, int]
    fuzzy: Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]]
    spelling: Mapping[str, str]
    month_first: bool = False
    hours_24: bool = True
    negation_follows: bool = False
    asks: bool = False  # a negation that ends a clause makes a question of it: "có thể thứ tư không"
    dotted: bool = False  # "10.3." is a date, "10." an ordinal
    limits_follow: bool = False  # "three o'clock after", "next week beginning": what limits a time stands behind it
    runs: bool = False  # numbers and weekdays may be written in letters that mean other things as well
    gaps: Mapping[tuple[str, ...], frozenset[int]] = field(default_factory=dict)  # Korean entries → before which syllables a space is
    sounds: Sounds = field(default_factory=lambda: Sounds({}))  # words that are typed in Latin letters
    mixes: tuple[str, ...] = ()  # languages whose words people mix into this one
    lists_denied: bool = False  # "вторник, среда нет" denies both
    mixes_fully: bool = False  # all words of the others, not only the plainest
    attached: Attached | None = None  # small words that are written in one with the next
    toned: Vocabulary | None = None  # words with their accents, for texts that have accents, where words differ by them
    same_day: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)  # any, later, earlier, sooner → words for it
    known: frozenset[str] = frozenset()  # all tokens of all entries, where some may be attached

    @cached_property
    def reasons(self) -> frozenset[str]:
        """Single words with which is told why: "because", "cuz"."""
        words = {tokens[0] for tokens, senses in self.words.items() if len(tokens) == 1 and "reason" in senses}
        return frozenset(words | {short for short, meant in self.spelling.items() if meant in words})


def load_vocabulary(folder: Path, language: str) -> Vocabulary:
    """Reads `folder`/`language`/times.yaml beside CLDR's names of days and months.

    Raises DataError, which names file and section, for a section or a left side that nobody knows.
    """
    path = folder / language / "times.yaml"
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise DataError(f"{path}:1: must hold sections of words")
    plain = _vocabulary(data, path, language, toned=False)
    if data.get("tones") != "yes":
        return plain
    return replace(plain, toned=with_plain(_vocabulary(data, path, language, toned=True), plain))


def _vocabulary(data: dict[str, Any], path: Path, language: str, *, toned: bool) -> Vocabulary:
    spelling = _spelling(data.get("spelling", {}), path, toned=toned)
    attached = _attached(data)
    untoned = frozenset() if toned else frozenset(_listed(data.get("toned_only", "")))
    words: dict[tuple[str, ...], dict[str, Any]] = {}
    gaps: dict[tuple[str, ...], frozenset[int]] = {}
    for kind, value, text in [*sorted(_entries(data, path), key=lambda entry: entry[0] != "not_weekdays"), *_names(language)]:
        parts = cut(text, spelling, toned=toned)
        tokens = tuple(attached.bare(token) for _, token, _ in parts)
        letter = kind == "weekday" and "weekday_letter" in data and len(text) == 1  # CLDR's 月 may be a month as well
        if tokens and text not in untoned and not letter and not (kind == "weekday" and "not_weekdays" in words.get(tokens, {})):
            words.setdefault(tokens, {}).setdefault(kind, value)
            if spaced := {at for at, (form, _, _) in enumerate(parts) if at and form == "head"}:
                gaps[tokens] = gaps.get(tokens, frozenset()) | spaced
    add_plurals(words, data.get("plural", ""))
    add_only(words)
    add_dated(words, _listed(fold(data.get("date_endings", ""))))
    words |= {tokens: dict(senses) for tokens, senses in joined(words).items()} if data.get("joined") == "yes" else {}
    return Vocabulary(
        language=language,
        words=words,
        longest=longest(words),
        fuzzy=fuzzy(words),
        spelling=spelling,
        month_first=data.get("month_first") == "yes",
        hours_24=data.get("hours_24") != "no",
        negation_follows=data.get("negation_follows") == "yes",
        asks=data.get("negation_follows") == "asks",
        dotted=data.get("dotted") == "yes",
        limits_follow=data.get("limits_follow") == "yes",
        runs=not {"numeral", "weekday_letter", "date_mark"}.isdisjoint(data),
        sounds=Sounds(data.get("latin", {}), (token for tokens in words for token in tokens)),
        gaps=gaps,
        mixes=_listed(data.get("mixes", MIXED)),
        lists_denied=data.get("lists_denied") == "yes",
        mixes_fully=data.get("mixes_fully") == "yes",
        attached=attached if attached.small else None,
        same_day=_same_day(data.get("same_day", {}), path, spelling, attached),
        known=frozenset(token for tokens in words for token in tokens),
    )


def load_mixed(folder: Path, languages: Iterable[str]) -> dict[str, Vocabulary]:
    """Each of the languages with the words that people mix into it, by code. Raises DataError as load_vocabulary does."""
    plain = cache(partial(load_vocabulary, folder))
    there = {path.parent.name for path in folder.glob("*/times.yaml")}
    mixed = {code: [plain(other) for other in plain(code).mixes if other in there - {code}] for code in languages}
    return {code: with_others(plain(code), others) for code, others in mixed.items()}


def with_others(own: Vocabulary, others: Sequence[Vocabulary]) -> Vocabulary:
    """The vocabulary with the plainest words of other languages, for texts that mix them ("el friday", "lunes at 2").

    own: goes first where a word means something in both. others: any loaded vocabularies. Raises nothing.
    """
    words = dict(own.words)
    for other in others:
        for tokens, senses in other.words.items():
            letters = len("".join(tokens))
            kept = {kind: value for kind, value in senses.items() if own.mixes_fully or letters >= BORROWED.get(kind, letters + 1)}
            if kept and (own.mixes_fully or not {"careful", "neutral"} & senses.keys()):
                words.setdefault(tokens, kept)
    known = frozenset(token for tokens in words for token in tokens)
    return replace(own, words=words, longest=longest(words), known=known, toned=own.toned and with_others(own.toned, others))


def with_plain(toned: Vocabulary, plain: Vocabulary) -> Vocabulary:
    """The words with their accents, and those without that can only be one word: accents are often left out here and there."""
    written: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for tokens in toned.words:
        written.setdefault(tuple(fold(token) for token in tokens), set()).add(tokens)
    words: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for tokens, senses in plain.words.items():
        if len(tokens) > 1 or len(written.get(tokens, ())) == 1 or not DENYING.isdisjoint(senses):
            words[tokens] = senses
    words |= toned.words
    return replace(toned, words=words, longest=longest(words))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _attached(data: dict[str, Any]) -> Attached:
    small: dict[str, tuple[str, str]] = {}
    for listed in sorted(_listed(data.get("attached", "")), key=len, reverse=True):
        form, _, full = (part.strip() for part in fold(listed).partition("="))  # "lil- = li al-"
        alone, _, swallowed = (full or form).partition(" ")
        small[form] = alone, swallowed
    dropped, whole = (tuple(fold(form) for form in _listed(data.get(name, ""))) for name in ("dropped", "whole"))
    return Attached(small, dropped, frozenset(whole))


def _same_day(content: Any, path: Path, spelling: dict[str, str], attached: Attached) -> dict[str, tuple[tuple[str, ...], ...]]:
    if not isinstance(content, dict) or content.keys() - {"any", "later", "earlier", "sooner"}:
        raise DataError(f"{path}: same_day: must hold lines `any`, `later`, `earlier` and `sooner`")
    return {name: tuple(tuple(map(attached.bare, split(text, spelling))) for text in _listed(words)) for name, words in content.items()}


def _spelling(content: Any, path: Path, *, toned: bool = False) -> dict[str, str]:
    if not isinstance(content, dict):
        raise DataError(f"{path}: spelling: must hold lines `what it stands for: short forms`")
    forms = [(short.strip(), full) for full, shorts in content.items() for short in shorts.split(",")]
    pairs = [(short, split(short, {}, toned=toned), split(full, {}, toned=toned)) for short, full in forms]
    mixed = {fold(raw): " ".join(full) for raw, _, full in pairs if GLUED.fullmatch(fold(raw))}  # "ba3d"
    return mixed | {short[0] + "'" * raw.endswith("'"): " ".join(full) for raw, short, full in pairs if len(short) == 1}


def _entries(data: dict[str, Any], path: Path) -> Iterator[Entry]:
    for kind, content in data.items():
        if kind in SETTINGS:
            continue
        if kind in LISTS:
            if not isinstance(content, str):
                raise DataError(f"{path}: {kind}: must be words, separated by commas")
            yield from ((kind, True, text.strip()) for text in content.split(","))
            continue
        if not isinstance(content, dict):
            raise DataError(f"{path}: {kind}: this section is unknown, or must hold lines `meaning: words`")
        for name, listed in content.items():
            value = meaning(kind, name, path)
            yield from ((kind, value, text.strip()) for text in listed.split(","))


def _names(language: str) -> Iterator[Entry]:
    """CLDR's names, long and short, as they stand in a sentence and alone."""
    try:
        locale = Locale.parse(CLDR.get(language, language))
    except ValueError:  # a language that CLDR does not know writes all names in its times.yaml
        return
    for form in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.days[form][width].items():
                yield "weekday", (number, False), name
            for number, name in locale.months[form][width].items():
                yield "month", number, name
