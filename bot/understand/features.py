"""What a message is made of, as the linear model sees it: words, word pairs, letter n-grams, and what was asked before."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable

from bot.understand.normalise import fold, is_sign, is_syllable, tokens
from bot.understand.types import Context

SHORT = 4  # up to so many words the whole message is a feature together with its context


def words_of(text: str) -> list[str]:
    """The words and signs of a text, long numbers as one sign."""
    return ["#" if token[0].isdigit() and len(token) > 2 else token for token in tokens(fold(text))]


def number_of(name: str) -> int:
    """The number that a feature is kept by: 32 bits, the same on every machine; hardly two share one."""
    return zlib.crc32(name.encode())


def features(text: str, context: Context) -> tuple[list[int], list[float]]:
    """(number of each feature, its weight); each block (words, pairs, letters, context) is scaled to length 1."""
    parts = words_of(text)
    numbers: list[int] = []
    weights: list[float] = []
    padded = ["^", *parts, "$"]
    pairs = [f"b:{a}_{b}" for a, b in itertools.pairwise(padded)]
    pairs += [f"s:{a}_{b}" for a, b in zip(parts, parts[2:], strict=False)]
    whole = [f"c:{context}|{' '.join(parts)}"] if len(parts) <= SHORT else []
    asked = [f"c:{context}", *whole, *(f"c:{context}|{part}" for part in parts)]
    joined = "".join(part for part in parts if part[0].isalpha())
    across = (f"j:{joined[i : i + n]}" for n in (4, 6) for i in range(len(joined) - n + 1))  # where spaces stand is often chance
    single = [f"w:{part}" for part in parts]
    for names, weight in ((single, 1.0), (pairs, 0.8), (_letters(parts), 1.0), (across, 0.6), (asked, 0.7)):
        unique = {number_of(name) for name in names}
        numbers += unique
        weights += [weight / len(unique) ** 0.5] * len(unique) if unique else []
    return numbers, weights


def _letters(parts: list[str]) -> Iterable[str]:
    """n-grams of letters within words; across them where nobody writes spaces."""
    for signs, run in itertools.groupby(parts, is_sign):
        if signs:
            yield from _grams("".join(run), (3, 4))
            continue
        for part in run:
            if part[0].isalpha():
                yield from _grams(f" {part} ", (2, 3, 4) if is_syllable(part[0]) else (3, 4, 5))


def _grams(run: str, sizes: tuple[int, ...]) -> Iterable[str]:
    return (f"g:{run[i : i + n]}" for n in sizes for i in range(len(run) - n + 1))
