"""A text as a row of items: the longest known groups of words first, numbers with all that they can mean."""

from __future__ import annotations

import re
from typing import Any

from rapidfuzz.distance import OSA

from bot.understand.times.data import Item
from bot.understand.times.tokens import tokens as cut
from bot.understand.times.vocabulary import Vocabulary

LONG_NAME = 8  # letters from which on two slips are forgiven


def read_items(text: str, vocabulary: Vocabulary) -> tuple[Item, ...]:
    """The text as items; what no section of the vocabulary knows has no sense."""
    found = cut(text, vocabulary.spelling)
    tokens = [token for _, token, _ in found]
    items, at = [], 0
    while at < len(tokens):
        size = min(vocabulary.longest.get(tokens[at], 0), len(tokens) - at)
        while size and tuple(tokens[at : at + size]) not in vocabulary.words:
            size -= 1
        if size:
            senses = vocabulary.words[tuple(tokens[at : at + size])]
            if size == 1 and found[at][0] == "number":
                senses = {**_number(tokens[at]), **senses}
            items.append(Item(" ".join(tokens[at : at + size]), senses))
        else:
            items.append(Item(tokens[at], _senses(found[at][0], found[at][2], vocabulary)))
        at += size or 1
    return tuple(items)


def _senses(kind: str, token: str, vocabulary: Vocabulary) -> dict[str, Any]:
    if kind == "number":
        return _number(token)
    if kind == "clock":
        return _clock(token)
    if kind == "ordinal":
        return {"ordinal": int(re.sub(r"\D", "", token))}
    if kind == "date":
        return _date(token)
    if kind == "sign":
        return {"sign": token}
    return _near(token, vocabulary) if kind == "word" else {}


def _number(token: str) -> dict[str, Any]:
    """A number; 230 and 1430 may be clocks that were typed in haste."""
    if len(token) <= 2:
        return {"number": int(token)}
    hour, minute = int(token[:-2]), int(token[-2:])
    return {"digits": hour * 60 + minute} if 0 < hour <= 20 and minute in (0, 15, 30, 45) else {}


def _clock(token: str) -> dict[str, Any]:
    digits = re.findall(r"\d+", token)
    if len(digits) == 1 and len(digits[0]) > 2:  # 330pm
        digits = [digits[0][:-2], digits[0][-2:]]
    hour, minute = int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
    half = re.search(r"[ap]", token)
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.group() == "p" else 0)
    if hour > 23 or minute > 59:
        return {}
    return {"clock": (hour * 60 + minute, bool(half) or hour > 12 or token[0] == "0")}


def _date(token: str) -> dict[str, Any]:
    """Numbers of a date in the order in which they stand, the year first or left out."""
    numbers = [int(number) for number in re.findall(r"\d+", token)]
    return {"iso": tuple(numbers[1:])} if numbers[0] > 31 else {"date": tuple(numbers[:2])}


def _near(word: str, vocabulary: Vocabulary) -> dict[str, Any]:
    """A weekday's name with a slip of the finger or two; any other word means nothing."""
    best: dict[str, Any] = {}
    allowed = 2 if len(word) >= LONG_NAME else 1
    for name, senses in vocabulary.fuzzy.get(word[0], ()) if len(word) >= 5 else ():
        distance = OSA.distance(word, name, score_cutoff=allowed)
        if distance <= (allowed if len(name) >= LONG_NAME else 1):
            allowed, best = distance, dict(senses)
    return best
