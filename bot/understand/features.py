"""What a message is made of, as the linear model sees it: words, word pairs, letter n-grams, and what was asked before."""

from __future__ import annotations

import itertools

from bot.understand.normalise import fold, tokens
from bot.understand.types import Context

SHORT = 4  # up to so many words the whole message is a feature together with its context


def words_of(text: str) -> list[str]:
    """The words and signs of a text, long numbers as one sign."""
    return ["#" if token[0].isdigit() and len(token) > 2 else token for token in tokens(fold(text))]


def features(text: str, context: Context) -> dict[str, float]:
    """Feature → weight; each block (words, pairs, letters, context) is scaled to length 1."""
    parts = words_of(text)
    found: dict[str, float] = {}
    _add(found, [f"w:{part}" for part in parts], 1.0)
    padded = ["^", *parts, "$"]
    pairs = [f"b:{a}_{b}" for a, b in itertools.pairwise(padded)]
    pairs += [f"s:{a}_{b}" for a, b in zip(parts, parts[2:], strict=False)]
    _add(found, pairs, 0.8)
    _add(found, [gram for part in parts if part[0].isalpha() for gram in _grams(part)], 1.0)
    whole = [f"c:{context}|{' '.join(parts)}"] if len(parts) <= SHORT else []
    _add(found, [f"c:{context}", *whole, *(f"c:{context}|{part}" for part in parts)], 0.7)
    return found


def _grams(word: str) -> list[str]:
    padded = f" {word} "
    return [f"g:{padded[i : i + n]}" for n in (3, 4, 5) for i in range(len(padded) - n + 1)]


def _add(found: dict[str, float], names: list[str], weight: float) -> None:
    unique = set(names)
    if unique:
        scale = weight / len(unique) ** 0.5
        for name in unique:
            found[name] = scale
