"""What a message is made of, as the linear model sees it: words, word pairs, letter n-grams, and what was asked before."""

from __future__ import annotations

import itertools
import zlib
from functools import lru_cache

from bot.understand.normalise import fold, is_sign, is_syllable, tokens
from bot.understand.types import Context

SHORT = 4  # up to so many words the whole message is a feature together with its context
GRAM, ACROSS = zlib.crc32(b"g:"), zlib.crc32(b"j:")  # where the numbers of letter n-grams begin
KEPT = 4096  # words whose n-grams are remembered: the common ones of all languages


def words_of(text: str) -> list[str]:
    """The words and signs of a text, long numbers as one sign."""
    return ["#" if token[0].isdigit() and len(token) > 2 else token for token in tokens(fold(text))]


def number_of(name: str) -> int:
    """The number that a feature is kept by: 32 bits, the same on every machine; hardly two share one."""
    return zlib.crc32(name.encode())


def features(text: str, context: Context) -> tuple[list[int], list[float]]:
    """(number of each feature, its weight); each block (words, pairs, letters, context) is scaled to length 1."""
    parts, numbers, weights = _said(text)
    whole = [f"c:{context}|{' '.join(parts)}"] if len(parts) <= SHORT else []
    asked = {number_of(name) for name in (f"c:{context}", *whole, *(f"c:{context}|{part}" for part in parts))}
    return [*numbers, *asked], [*weights, *_even(asked, 0.7)]


@lru_cache(2)  # a phrase is learned in one context after the other
def _said(text: str) -> tuple[list[str], list[int], list[float]]:
    """The words of a text, and those of its features that are the same in every context."""
    parts = words_of(text)
    numbers: list[int] = []
    weights: list[float] = []
    padded = ["^", *parts, "$"]
    pairs = [f"b:{a}_{b}" for a, b in itertools.pairwise(padded)]
    pairs += [f"s:{a}_{b}" for a, b in zip(parts, parts[2:], strict=False)]
    joined = "".join(part for part in parts if part[0].isalpha())
    across = {*_grams(ACROSS, joined, 4), *_grams(ACROSS, joined, 6)}  # where spaces stand is often chance
    single, paired = ({number_of(name) for name in names} for names in ([f"w:{part}" for part in parts], pairs))
    for unique, weight in ((single, 1.0), (paired, 0.8), (_letters(parts), 1.0), (across, 0.6)):
        numbers += unique
        weights += _even(unique, weight)
    return parts, numbers, weights


def _even(unique: set[int], weight: float) -> list[float]:
    """The weight of each feature of a block, which is as long as `weight` then."""
    return [weight / len(unique) ** 0.5] * len(unique) if unique else []


def _letters(parts: list[str]) -> set[int]:
    """n-grams of letters within words; across them where nobody writes spaces."""
    found: set[int] = set()
    for signs, run in itertools.groupby(parts, is_sign):
        if signs:
            joined = "".join(run)
            found.update(_grams(GRAM, joined, 3), _grams(GRAM, joined, 4))
        else:
            found.update(*map(_within, run))
    return found


@lru_cache(KEPT)
def _within(word: str) -> tuple[int, ...]:
    if not word[0].isalpha():
        return ()
    sizes = (2, 3, 4) if is_syllable(word[0]) else (3, 4, 5)
    return tuple(number for size in sizes for number in _grams(GRAM, f" {word} ", size))


def _grams(kind: int, run: str, size: int) -> list[int]:
    """The numbers of a run's n-grams of one size; of ASCII's letters each is one byte, which saves encoding every one."""
    encoded = run.encode() if run.isascii() else None
    places = range(len(run) - size + 1)
    if encoded is not None:
        return [zlib.crc32(encoded[at : at + size], kind) for at in places]
    return [zlib.crc32(run[at : at + size].encode(), kind) for at in places]
