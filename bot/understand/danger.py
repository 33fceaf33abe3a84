"""Word patterns that count whatever the model thinks: the crisis floor, and the words that speak against a change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import DataError
from bot.understand.labels import CHANGES, URGENT
from bot.understand.normalise import fold, words
from bot.yamlfile import read_yaml


@dataclass(frozen=True)
class Floor:
    """patterns: (kind, pattern, its line in the file); harmless: what is taken out of a text before looking."""

    patterns: tuple[tuple[str, re.Pattern[str], str], ...]
    harmless: re.Pattern[str] | None

    def find(self, text: str) -> tuple[str, str] | None:
        """(kind, the words that matched) of the first pattern that matches, or None."""
        return next(iter(self.found(text)), None)

    def found(self, text: str) -> Iterator[tuple[str, str]]:
        """(kind, the words that matched) of every pattern that matches."""
        folded = f" {' '.join(words(fold(text)))} ".replace("'", "")
        if self.harmless is not None:
            folded = self.harmless.sub(" ", folded)
        for kind, pattern, _ in self.patterns:
            if hit := pattern.search(folded):
                yield kind, hit.group().strip()


def load_guards(path: Path) -> Floor:
    """Reads a language's guards.yaml: for each change the patterns that speak against it. Raises DataError."""
    return _load(path, CHANGES)


def load_floor(path: Path) -> Floor:
    """Reads a language's danger.yaml. In a line, `*` stands for up to four words, `a|b` for either, `word~` for any ending."""
    return _load(path, URGENT | {"harmless"})


def _load(path: Path, kinds: frozenset[str]) -> Floor:
    data = read_yaml(path) or {}
    patterns: list[tuple[str, re.Pattern[str], str]] = []
    harmless: list[str] = []
    for kind, block in data.items():
        if kind not in kinds:
            raise DataError(f"{path}:1: {kind!r} is none of {', '.join(sorted(kinds))}")
        for line in filter(None, (line.strip() for line in block.split("\n"))):
            source = _source(line)
            if kind == "harmless":
                harmless.append(source)
            else:
                patterns.append((kind, re.compile(source), line))
    return Floor(tuple(patterns), re.compile("|".join(harmless)) if harmless else None)


def _source(line: str) -> str:
    parts = []
    for part in line.split():
        if part == "*":
            parts.append(r"(?:\S+ ){0,4}")
            continue
        choices = []
        for word in part.split("|"):
            ending = word.endswith("~")
            plain = "_".join(words(fold(word.rstrip("~").replace("_", " ")))).replace("'", "").replace("_", " ")
            choices.append(re.escape(plain) + (r"\S*" if ending else ""))
        parts.append(f"(?:{'|'.join(choices)}) ")
    return " " + "".join(parts).rstrip()
