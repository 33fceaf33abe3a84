"""A text as a row of items: the longest known groups of words first, numbers with all that they can mean."""

from __future__ import annotations

import re
from typing import Any

from rapidfuzz.distance import OSA

from bot.understand.times.data import Item
from bot.understand.times.runs import settle, without_strays
from bot.understand.times.tokens import is_toned
from bot.understand.times.tokens import tokens as cut
from bot.understand.times.vocabulary import Vocabulary

LEAST_JOINED = 4  # letters of each part of a joined word
LONG_NAME = 8  # letters from which on two slips are forgiven

Token = tuple[str, str, str]  # kind, form in which it is compared, form as written


def read_items(text: str, vocabulary: Vocabulary) -> tuple[Item, ...]:
    """The text as items; what no section of the vocabulary knows has no sense."""
    toned = vocabulary.toned is not None and is_toned(text)
    vocabulary = vocabulary.toned if vocabulary.toned and toned else vocabulary
    read = [_heard(token, vocabulary) for token in cut(text, vocabulary.spelling, toned=toned)]
    found = _parted(_dotted(read, vocabulary), vocabulary)
    tokens = [token for _, token, _ in found]
    heads = [kind != "letter" for kind, _, _ in found]
    items: list[Item] = []
    starts: list[int] = []  # the token with which each item begins
    at = 0
    while at < len(tokens):
        size = min(vocabulary.longest.get(tokens[at], 0), len(tokens) - at)
        while size and not _known(found, at, size, vocabulary):
            size -= 1
        if size:
            senses = vocabulary.words[tuple(tokens[at : at + size])]
            if size == 1 and found[at][0] == "number":
                senses = {**_number(tokens[at]), **senses}
            items.append(Item(" ".join(tokens[at : at + size]), senses))
        elif parts := _joined(tokens[at], vocabulary):
            items += parts
        else:
            items.append(Item(tokens[at], _senses(found[at][0], found[at][2], vocabulary)))
        starts += [at] * (len(items) - len(starts))
        at += size or 1
    return tuple(settle(without_strays(items, starts, heads)) if vocabulary.runs else items)


def _heard(token: Token, vocabulary: Vocabulary) -> Token:
    """A word of the language's own script that was typed in Latin letters; plain English words stay."""
    if token[0] != "word" or (token[1],) in vocabulary.words:
        return token
    word = vocabulary.sounds.read(token[1])
    return ("word", word, word) if word else token


def _known(found: list[Token], at: int, size: int, vocabulary: Vocabulary) -> bool:
    """Whether some tokens are an entry, with spaces between Korean words only where it has them."""
    tokens = tuple(token for _, token, _ in found[at : at + size])
    if tokens not in vocabulary.words:
        return False
    spaces = (near for near in range(1, size) if found[at + near][0] == "head" and found[at + near - 1][0] in ("head", "letter"))
    return vocabulary.gaps.get(tokens, frozenset()).issuperset(spaces)


def _dotted(found: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """Where the language writes them so, "10." is an ordinal beside words that show it; "2 am" may be no clock."""
    if not vocabulary.dotted:
        return found
    result: list[Token] = []
    for kind, token, raw in found:
        if kind == "clock" and re.fullmatch(r"\d+ am", raw):  # "um 2 am Montag"
            result += [("number", raw[:-3], raw[:-3]), ("word", "am", "am")]
        else:
            result.append((kind, token, raw))
    at = 0
    while at < len(result) - 1:
        before, after = (vocabulary.words.get((result[near][1],), {}) if 0 <= near < len(result) else {} for near in (at - 1, at + 2))
        shown = "article" in before or not {"month", "or", "and", "range"}.isdisjoint(after)
        if result[at][0] == "number" and result[at + 1][1] == "." and shown and "at" not in before:
            result[at : at + 2] = [("ordinal", result[at][1] + ".", result[at][1])]
        at += 1
    return result


def _parted(found: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """Small words that are written in one with the next, as words of their own."""
    attached = vocabulary.attached
    if attached is None:
        return found
    result: list[Token] = []
    for at, (kind, token, raw) in enumerate(found):
        if kind == "word" and token in attached.dropped and at + 1 < len(found) and found[at + 1][0] == "word":
            continue  # "el khamis"
        parts = attached.parts(token, vocabulary.known) if kind == "word" else [token]
        result += [(kind, part, part if len(parts) > 1 else raw) for part in parts]
    return result


def _joined(word: str, vocabulary: Vocabulary) -> list[Item]:
    """A weekday and a part of the day, or a month and its week, in one word: "Montagmorgen", "Aprilwoche"."""
    for size in range(LEAST_JOINED, len(word) - LEAST_JOINED + 1):
        day, part = vocabulary.words.get((word[:size],), {}), vocabulary.words.get((word[size:],), {})
        if "weekday" in day and "part" in part:
            return [Item(word[:size], day), Item(word[size:], {"part": part["part"]})]
        if "month" in day and part.get("unit") == "week":
            return [Item(word[size:], part), Item(word[:size], {"month": day["month"]})]
    return []


def _senses(kind: str, token: str, vocabulary: Vocabulary) -> dict[str, Any]:
    if kind == "number":
        return _number(token)
    if kind == "clock":
        return {**_clock(token), **(_month_last(token) if vocabulary.dotted else {})}
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


def _month_last(token: str) -> dict[str, Any]:
    """ "12.03" may be a date as well."""
    day, dot, month = token.partition(".")
    return {"date": (int(day), int(month))} if dot and month.isdigit() and 1 <= int(month) <= 12 else {}


def _date(token: str) -> dict[str, Any]:
    """Numbers of a date in the order in which they stand, the year first or left out; 70/40 is none."""
    first, *rest = (int(number) for number in re.findall(r"\d+", token))
    if first > 31:
        return {"iso": tuple(rest)} if len(rest) > 1 else {}
    return {"date": (first, rest[0])}


def _near(word: str, vocabulary: Vocabulary) -> dict[str, Any]:
    """A weekday's name with a slip of the finger or two; any other word means nothing."""
    best: dict[str, Any] = {}
    allowed = 2 if len(word) >= LONG_NAME else 1
    for name, senses in vocabulary.fuzzy.get(word[0], ()) if len(word) >= 5 else ():
        distance = OSA.distance(word, name, score_cutoff=allowed)
        if distance <= (allowed if len(name) >= LONG_NAME else 1) and (not best or distance < allowed):
            allowed, best = distance, dict(senses)
    return best
