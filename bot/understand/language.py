"""Which of our languages a short text is written in: script first, then naive Bayes over words and letter n-grams."""

from __future__ import annotations

import math
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.understand.normalise import fold, words

SMOOTH = 0.1
WHOLE = 200_000  # every script of a language counts as if its texts had so many features, ...
LEAST = 100_000  # ... unless they have fewer than this
CLEAR = 4.0  # log-odds from which a text is answered in the language that it is written in
LONG = 3  # and so many words
BUCKETS = 1 << 19
KEPT = 4096  # words whose features are remembered
OWN = 0.25  # of the letters: a script other than Latin tells the language from here on
COMMON = 0.05  # of a language's letters: a script of its own from here on
# Words that every phone knows tell nothing about a language.
INTERNATIONAL = frozenset(
    "ok okay k yes no si n y stop stopall cancel help start unsubscribe thx info lol".split()  # noqa: SIM905 - to be read as words
)


@dataclass(frozen=True)
class Detector:
    """table[bucket of a feature, k]: its log-probability in languages[k]; scripts: script → the languages written in it."""

    languages: tuple[str, ...]
    table: NDArray[np.float16]
    scripts: Mapping[str, tuple[str, ...]]

    def detect(self, text: str) -> tuple[str | None, bool]:
        """(language, clear enough to answer in it); (None, False) when the text does not tell."""
        script = _script(text)
        if script is None:
            return None, False
        candidates = self.scripts.get(script)
        if candidates is None:
            return f"und-{script.lower()}", True  # L-14
        if len(candidates) == 1 and script != "LATIN":
            return candidates[0], True
        telling = [word for word in words(fold(text)) if word not in INTERNATIONAL and not word[0].isdigit()]
        if sum(map(len, telling)) < 2:
            return None, False
        ranked = self._ranked(telling, candidates)
        margin = ranked[0][0] - ranked[1][0] if len(ranked) > 1 else math.inf
        return ranked[0][1], margin > CLEAR and len(telling) >= LONG

    def _ranked(self, telling: list[str], candidates: tuple[str, ...]) -> list[tuple[float, str]]:
        sums = self.table[[bucket for word in telling for bucket in _buckets(word)]].sum(axis=0, dtype=np.float32)
        return sorted(((float(sums[self.languages.index(code)]), code) for code in candidates), reverse=True)


def train_detector(texts: Mapping[str, Iterable[str]]) -> Detector:
    """A detector from each language's own texts."""
    languages = tuple(texts)
    share = np.zeros((BUCKETS, len(languages)), dtype=np.float32)
    scripts: dict[str, Counter[str]] = {}
    for column, code in enumerate(languages):
        letters: Counter[str] = Counter()
        found: dict[str | None, Counter[int]] = {}
        for text in texts[code]:
            script = _script(text)
            letters.update([script] if script else [])
            found.setdefault(script, Counter()).update(bucket for word in words(fold(text)) for bucket in _buckets(word))
        for counted in found.values():  # what is seldom typed in Latin letters is no less itself in them
            share[list(counted), column] += WHOLE * np.array(list(counted.values())) / max(counted.total(), LEAST)
        scripts[code] = letters
    table = np.log((share + SMOOTH) / (WHOLE + SMOOTH * np.count_nonzero(share.any(axis=1))))
    return Detector(languages, table.astype(np.float16), _written_in(scripts))


def _written_in(scripts: Mapping[str, Counter[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {"LATIN": tuple(scripts)}  # whatever it is, somebody types it in Latin letters
    for code, counts in scripts.items():
        for script, count in counts.items():
            if script != "LATIN" and count > COMMON * counts.total():
                found[script] = (*found.get(script, ()), code)
    return found


@lru_cache(KEPT)
def _buckets(word: str) -> tuple[int, ...]:
    """Those of a word's features: itself, and its letter n-grams."""
    if word[0].isdigit() or word in INTERNATIONAL:
        return ()
    padded = f" {word} "
    grams = (padded[start : start + size] for size in (2, 3, 4) for start in range(len(padded) - size + 1))
    return tuple(zlib.crc32(feature.encode()) & (BUCKETS - 1) for feature in (f"w {word}", *grams))


def _script(text: str) -> str | None:
    """The script that tells most about a text, by its Unicode name; None without letters."""
    scripts = Counter("LATIN" if letter.isascii() else _name(letter) for letter in text if letter.isalpha())
    total = scripts.total()
    scripts.pop("COMMON", 0)
    if not scripts:
        return None
    if "HIRAGANA" in scripts:
        return "HIRAGANA"
    other = max((script for script in scripts if script != "LATIN"), key=scripts.__getitem__, default=None)
    return other if other and scripts[other] >= OWN * total else "LATIN" if "LATIN" in scripts else other


def _name(letter: str) -> str:
    name = unicodedata.name(letter, "COMMON").split()[0]
    return "HIRAGANA" if name == "KATAKANA" else name
