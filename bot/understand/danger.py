"""Word patterns that count whatever the model thinks: the crisis floor, what is told beside a wish, and the words that speak
against a change."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from bot.errors import DataError
from bot.understand.labels import GUARDED, TOLD, URGENT
from bot.understand.normalise import fold, words
from bot.yamlfile import read_yaml

LISTS = "lists"  # the block of a file that names alternatives which many lines share
START = 3  # letters of a `word~` by which its pattern is found
Prepared = tuple[str, frozenset[str]]
_NAMED = re.compile(r"@[^\s|]+")


@dataclass(frozen=True)
class Pattern:
    """kind: what it tells; places: the alternatives at each place, `word~` with its sign; () is up to four words of any kind."""

    kind: str
    places: tuple[tuple[str, ...], ...]

    @cached_property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """For each place that names words, the keys of which a text that matches has one."""
        return tuple(tuple(dict.fromkeys(map(_key, choices))) for choices in self.places if choices)

    @cached_property
    def source(self) -> re.Pattern[str]:
        """As a regular expression; made when a text may match, since of thousands a day needs a few."""
        return re.compile(" " + "".join(_place(choices) for choices in self.places)[:-1] + "(?= )")


class Index:
    """Finds the few of many patterns that a text can match: by the words at each pattern's most telling place."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._patterns = tuple(patterns)
        by_word: dict[str, list[int]] = {}
        for number, pattern in enumerate(self._patterns):
            for choice in max(filter(None, pattern.places), key=_telling):
                by_word.setdefault(_key(choice), []).append(number)
        self._by_word = {word: tuple(numbers) for word, numbers in by_word.items()}

    def near(self, starts: frozenset[str]) -> list[Pattern]:
        """The patterns whose every place has a word in a text, in their order. starts: what `prepare` gives for it."""
        numbers: set[int] = set().union(*(self._by_word[start] for start in starts & self._by_word.keys()))
        patterns = (self._patterns[number] for number in sorted(numbers))
        return [pattern for pattern in patterns if not any(map(starts.isdisjoint, pattern.keys))]

    def without(self, folded: str, starts: frozenset[str]) -> str:
        """The text without what the patterns match."""
        for pattern in [pattern for pattern in self.near(starts) if pattern.source.search(folded)]:
            folded = pattern.source.sub(" ", folded)
        return folded


@dataclass(frozen=True)
class Floor:
    """telling: the patterns by which something is told; harmless: what is taken out of a text before looking."""

    telling: Index
    harmless: Index

    def find(self, text: Prepared) -> tuple[str, str] | None:
        """(kind, the words that matched) of the first pattern that matches, or None."""
        return next(iter(self.found(text)), None)

    def found(self, text: Prepared) -> Iterator[tuple[str, str]]:
        """(kind, the words that matched) of every pattern that matches."""
        folded, starts = text
        if near := self.telling.near(starts):
            folded = self.harmless.without(folded, starts)
        return ((pattern.kind, hit.group().strip()) for pattern in near if (hit := pattern.source.search(folded)))


def prepare(text: str) -> Prepared:
    """A text as the patterns see it, and the keys of its words."""
    parts = [word.replace("'", "") for word in words(fold(text))]
    starts = (part[:size] + "~" for part in parts for size in range(1, START + 1))
    return f" {' '.join(parts)} ", frozenset((*parts, *starts))


def _telling(place: tuple[str, ...]) -> tuple[int, int]:
    return (-len(place), min(len(choice) for choice in place))


def _key(choice: str) -> str:
    """What `prepare` gives for every text in which the choice stands."""
    word = choice.split(maxsplit=1)[0]
    return word.rstrip("~")[:START] + "~" if word.endswith("~") else word


def load_guards(path: Path, *, people: Iterable[str] = ()) -> Floor:
    """Reads a language's guards.yaml: for each change (or call) the patterns that speak against it; what stands under
    `harmless` is taken out of a text first. Raises DataError.

    people: the words for somebody else, which `@people` stands for.
    """
    others = "|".join(word.replace(" ", "_") for word in people)
    return _floor(_patterns(path, GUARDED | {"harmless"}, {"@people": others} if others else {}), GUARDED, "harmless")


def load_floor(path: Path) -> Floor:
    """Reads a language's danger.yaml. In a line, `*` stands for up to four words, `a|b` for either, `word~` for any ending, and
    `@name` for the alternatives of that name under `lists`."""
    return _floor(_patterns(path, URGENT | {"harmless"}), URGENT, "harmless")


def load_told(path: Path) -> dict[str, Floor]:
    """Reads a language's told.yaml, whose lines are those of danger.yaml: kind → its patterns. Raises DataError."""
    found = _patterns(path, TOLD | {f"not_{kind}" for kind in TOLD})
    return {kind: _floor(found, {kind}, f"not_{kind}") for kind in sorted(TOLD)}


def _floor(patterns: Iterable[Pattern], kinds: Collection[str], harmless: str) -> Floor:
    every = tuple(patterns)
    return Floor(Index(each for each in every if each.kind in kinds), Index(each for each in every if each.kind == harmless))


def _patterns(path: Path, kinds: Collection[str], known: Mapping[str, str] | None = None) -> list[Pattern]:
    """known: lists that the file may name beside its own."""
    blocks: dict[str, str] = read_yaml(path) or {}
    lists = dict(known or {})
    for line in _lines(blocks.pop(LISTS, "")):
        name, _, words = line.partition(" ")
        lists[name] = words.strip()
    choices = cache(_choices)  # the same words stand in many lines: held once
    found = []
    for kind, block in blocks.items():
        if kind not in kinds:
            raise DataError(f"{path}:1: {kind!r} is none of {', '.join(sorted(kinds))}")
        found += [_pattern(kind, _spelt_out(line, lists, path), path, choices) for line in _lines(block)]
    return found


def _lines(block: str) -> list[str]:
    return [line for line in map(str.strip, block.split("\n")) if line]


def _spelt_out(line: str, lists: Mapping[str, str], path: Path) -> str:
    """A line with the lists that it names (`@pill`) in their places."""
    try:
        return _NAMED.sub(lambda name: lists[name.group()], line)
    except KeyError as missing:
        raise DataError(f"{path}: {line!r} names {missing.args[0]}, which is not among its {LISTS}") from None


def _pattern(kind: str, line: str, path: Path, choices: Callable[[str], tuple[str, ...]]) -> Pattern:
    places = tuple(map(choices, line.split()))
    for part, place in zip(line.split(), places, strict=True):
        if not all(choice.rstrip("~") for choice in place):
            raise DataError(f"{path}: {part!r} in {line!r} has an alternative without a word")
    if not places or not places[-1]:
        raise DataError(f"{path}: {line!r} must name words, and end with one")
    return Pattern(kind, places)


def _choices(part: str) -> tuple[str, ...]:
    """The alternatives at one place of a line; () for any words."""
    return () if "*" in part.split("|") else tuple(map(_choice, part.split("|")))


def _place(choices: tuple[str, ...]) -> str:
    if not choices:
        return r"(?:\S+ ){0,4}"
    return f"(?:{'|'.join(re.escape(each.rstrip('~')) + _ending(each) for each in choices)}) "


@cache
def _choice(word: str) -> str:
    plain = " ".join(words(fold(word.rstrip("~").replace("_", " ")))).replace("'", "") + ("~" if word.endswith("~") else "")
    return word if plain == word else plain


def _ending(choice: str) -> str:
    return r"\S*" if choice.endswith("~") else ""
