"""What follows from the entries of a vocabulary: plurals, dates by their endings, names that may be misspelt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LEAST_FUZZY = 5  # letters of a weekday's name from which on slips of the finger are forgiven


def longest(words: Mapping[tuple[str, ...], Mapping[str, Any]]) -> dict[str, int]:
    """First token → length of the longest entry that begins so."""
    found: dict[str, int] = {}
    for tokens in words:
        found[tokens[0]] = max(found.get(tokens[0], 0), len(tokens))
    return found


def add_plurals(words: dict[tuple[str, ...], dict[str, Any]], ending: str) -> None:
    """ "mondays": all of them. Short forms get none, for "weds" is one Wednesday."""
    for tokens, senses in list(words.items()):
        if ending and "weekday" in senses and len(tokens[0]) > LEAST_FUZZY and not tokens[0].endswith(ending):
            number, _ = senses["weekday"]
            words.setdefault((tokens[0] + ending,), {}).setdefault("weekday", (number, True))


def add_dated(words: dict[tuple[str, ...], dict[str, Any]], endings: tuple[str, ...]) -> None:
    """Ordinals whose case shows that they are days of the month: "szesnastego"."""
    for tokens, senses in words.items():
        if "ordinal" in senses and endings and tokens[-1].endswith(endings):
            senses["dated"] = True


def add_only(words: dict[tuple[str, ...], dict[str, Any]]) -> None:
    """ "Only after lunch", where "only after" limits an hour and "after lunch" is a part of the day: the longer entry would hide it."""
    parts = [(tokens, senses["part"]) for tokens, senses in words.items() if "part" in senses and len(tokens) > 1]
    for tokens in [tokens for tokens, senses in words.items() if "open" in senses and len(tokens) > 1]:
        for part, value in parts:
            if part[: len(tokens) - 1] == tokens[1:]:
                words.setdefault((tokens[0], *part), {}).setdefault("part", value)


def fuzzy(words: Mapping[tuple[str, ...], Mapping[str, Any]]) -> dict[str, tuple[tuple[str, Mapping[str, Any]], ...]]:
    """First letter → names of weekdays to which a misspelt word may come near."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for tokens, senses in words.items():
        if "weekday" in senses and len(tokens) == 1 and len(tokens[0]) >= LEAST_FUZZY:
            found.setdefault(tokens[0][0], []).append((tokens[0], {"weekday": senses["weekday"]}))
    return {letter: tuple(names) for letter, names in found.items()}
