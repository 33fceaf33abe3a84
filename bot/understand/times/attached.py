"""Languages that write small words in one with the next ("والخميس"), or write a pair of words as one ("پسفردا")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LEAST = 2  # letters of what remains behind a small word


@dataclass(frozen=True)
class Attached:
    """small: what may stand attached → itself as a word, and what it swallowed of the next one (Arabic "lil-" is "li al-").

    dropped: what says nothing ("al-"). whole: words that are never parted.
    """

    small: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()

    def bare(self, word: str) -> str:
        """A word without what says nothing before it."""
        if word in self.whole:
            return word
        form = next((form for form in self.dropped if word.startswith(form) and len(word) >= len(form) + LEAST), "")
        return word[len(form) :]

    def parts(self, word: str, known: frozenset[str]) -> list[str]:
        """A word as the small words before it and what remains; one that stays unknown is only bared."""
        return self._parts(word, known) or [self.bare(word)]

    def _parts(self, word: str, known: frozenset[str]) -> list[str] | None:
        if word in known or word in self.whole:
            return [word]
        for form, (alone, swallowed) in self.small.items():
            fits = word.startswith(form) and len(word) >= len(form) + LEAST
            if fits and (rest := self._parts(swallowed + word[len(form) :], known)):
                return [alone, *rest]
        for form in self.dropped:
            if word.startswith(form) and len(word) >= len(form) + LEAST and (rest := self._parts(word[len(form) :], known)):
                return rest
        return None


def joined(words: Mapping[tuple[str, ...], Mapping[str, Any]]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """Entries of several words, written as one."""
    found = {("".join(tokens),): senses for tokens, senses in words.items() if len(tokens) > 1 and "".join(tokens).isalpha()}
    return {tokens: senses for tokens, senses in found.items() if tokens not in words}
