"""Words that nobody has written before, read as the known word that they are one slip of the finger away from."""

from __future__ import annotations

from collections.abc import Collection, Set
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.understand.normalise import WORD, fold

LEAST = 5  # letters; shorter words have too many neighbours
LONG = 9  # letters from which two slips are forgiven


class Speller:
    """Repairs texts by the words of a language. also: words that are no slips either, held once for all languages."""

    def __init__(self, known: Collection[str], *, also: Set[str] = frozenset()) -> None:
        self._known, self._also = frozenset(known), also
        by_start: dict[str, list[str]] = {}
        for word in sorted(known):
            if len(word) >= LEAST - 1 and word.isalpha():
                by_start.setdefault(word[0], []).append(word)
        self._by_start = by_start
        self._nearest = lru_cache(maxsize=4096)(self._find)

    def repair(self, text: str) -> str:
        """The text with unknown words replaced where exactly one known word is near enough; else as it is."""
        return WORD.sub(lambda match: self._nearest(match.group()), text)

    def _find(self, word: str) -> str:
        folded = fold(word)
        if len(folded) < LEAST or folded in self._known or folded in self._also:
            return word
        slips = 2 if len(folded) >= LONG else 1
        near = process.extract(folded, self._by_start.get(folded[0], []), scorer=OSA.distance, score_cutoff=slips, limit=2)
        if not near or (len(near) > 1 and near[0][1] == near[1][1]):
            return word
        return str(near[0][0])
