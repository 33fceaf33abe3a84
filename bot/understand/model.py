"""A linear model over n-grams and the meaning vector: one logistic score a label, trained from the phrases, kept in a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.understand.encoder import Encoder
from bot.understand.features import features, words_of
from bot.understand.normalise import clean
from bot.understand.phrases import ANYWHERE, Phrase
from bot.understand.types import Context

VERSION = 2  # raise when features or training change, so that no old file is read
STEPS = 100
L2 = 1e-6
WEIGHT = 2.0  # of the meaning vector against the n-grams
BATCH = 64
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """labels[k] has the weights weights[:, k] over the n-grams (vocabulary: n-gram → row) and meaning[:, k] over the vector.

    centre: the mean vector of the phrases, which is taken off each text's.
    """

    encoder: Encoder
    labels: tuple[str, ...]
    vocabulary: dict[str, int]
    weights: Floats
    meaning: Floats
    centre: Floats
    bias: Floats

    def scores(self, text: str, context: Context) -> dict[str, float]:
        """label → probability (0-1), each by itself."""
        found = [(self.vocabulary[name], weight) for name, weight in features(text, context).items() if name in self.vocabulary]
        raw = self.bias + _centred(self.encoder.vectors([text]), self.centre)[0] @ self.meaning
        if found:
            rows, values = zip(*found, strict=True)
            raw = raw + np.array(values, dtype=np.float32) @ self.weights[list(rows)]
        return dict(zip(self.labels, (1 / (1 + np.exp(-raw))).tolist(), strict=True))

    def deciding(self, text: str, label: str, *, most: int = 4) -> tuple[str, ...]:
        """The words of the text that spoke loudest for `label`."""
        column = self.labels.index(label)
        known = [word for word in dict.fromkeys(words_of(text)) if word[0].isalnum() and f"w:{word}" in self.vocabulary]
        found = [(float(self.weights[self.vocabulary[f"w:{word}"], column]), word) for word in known]
        return tuple(word for score, word in sorted(found, reverse=True)[:most] if score > 0)

    def save(self, path: Path) -> None:
        """Writes the model where another start finds it; half a file is never left behind."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new.npz")
        names = np.array(sorted(self.vocabulary, key=self.vocabulary.__getitem__))
        np.savez(
            new,
            labels=np.array(self.labels),
            names=names,
            weights=self.weights,
            meaning=self.meaning,
            centre=self.centre,
            bias=self.bias,
        )
        new.replace(path)


def load(path: Path, encoder: Encoder) -> Model | None:
    """The model in the file, or None when there is none that can be read."""
    try:
        with np.load(path) as data:
            vocabulary = {str(name): row for row, name in enumerate(data["names"])}
            arrays = (data["weights"], data["meaning"], data["centre"], data["bias"])
            return Model(encoder, tuple(map(str, data["labels"])), vocabulary, *arrays)
    except (OSError, ValueError, KeyError):
        return None


def train(phrases: list[Phrase], encoder: Encoder, *, steps: int = STEPS, least: int = 2) -> Model:
    """A model of the phrases. Takes half a minute for 7,000 phrases; the same phrases give the same model."""
    rows = [(clean(phrase.text), context, phrase) for phrase in phrases for context in _contexts(phrase)]
    found = [features(text, context) for text, context, _ in rows]
    counts = Counter(name for each in found for name in each)
    vocabulary = {name: row for row, name in enumerate(sorted(name for name, count in counts.items() if count >= least))}
    labels = tuple(sorted({label for phrase in phrases for label in expand(phrase.labels)}))
    vectors = _vectors([text for text, _, _ in rows], encoder)
    centre = vectors.mean(0)
    wanted = np.array([[label in expand(phrase.labels) for label in labels] for _, _, phrase in rows], dtype=np.float32)
    # What a careful reader would accept as well is neither right nor wrong: it is left out of the loss.
    counted = np.array([[not _tolerated(label, phrase) for label in labels] for _, _, phrase in rows], dtype=np.float32)
    weights, meaning, bias = _fit(_sparse(found, vocabulary), _centred(vectors, centre), wanted, counted, steps)
    return Model(encoder, labels, vocabulary, weights, meaning, centre, bias)


def expand(labels: frozenset[str]) -> frozenset[str]:
    """The labels, and for act.detail the act too."""
    return labels | {label.split(".")[0] for label in labels}


def _contexts(phrase: Phrase) -> list[Context]:
    """A phrase that means the same anywhere is learned as an answer to a reminder and out of the blue."""
    return [Context.NONE, Context.REMINDER] if phrase.contexts == ANYWHERE else sorted(phrase.contexts)


def _tolerated(label: str, phrase: Phrase) -> bool:
    return label not in expand(phrase.labels) and bool({label, label.split(".", maxsplit=1)[0]} & phrase.also)


def _vectors(texts: list[str], encoder: Encoder) -> Floats:
    """Vectors in batches of like length, which is faster."""
    found = np.zeros((len(texts), encoder.vectors([""]).shape[1]), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        found[batch] = encoder.vectors([texts[row] for row in batch])
    return found


def _centred(vectors: Floats, centre: Floats) -> Floats:
    moved = vectors - centre
    scaled: Floats = WEIGHT * moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9)
    return scaled


def _sparse(found: list[dict[str, float]], vocabulary: dict[str, int]) -> Any:
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - only training needs it, and it is large

    starts, columns, values = [0], [], []
    for each in found:
        kept = [(vocabulary[name], weight) for name, weight in each.items() if name in vocabulary]
        columns += [column for column, _ in kept]
        values += [weight for _, weight in kept]
        starts.append(len(columns))
    data = (np.array(values, dtype=np.float32), np.array(columns, dtype=np.int32), np.array(starts, dtype=np.int32))
    return csr_matrix(data, shape=(len(found), len(vocabulary)))


def _fit(x: Any, vectors: Floats, wanted: Floats, counted: Floats, steps: int) -> tuple[Floats, Floats, Floats]:
    """Logistic regression for all labels at once: full-batch Adam, whose every run gives the same weights."""
    transposed, size = x.T.tocsr(), wanted.shape[1]
    parts = [np.zeros((x.shape[1], size), dtype=np.float32), np.zeros((vectors.shape[1], size), dtype=np.float32)]
    rates = (0.5, 0.15)
    momentum, speed = [np.zeros_like(part) for part in parts], [np.zeros_like(part) for part in parts]
    bias = np.log((wanted.mean(0) + 1e-4) / (1 - wanted.mean(0) + 1e-4)).astype(np.float32)
    for step in range(1, steps + 1):
        raw = x @ parts[0] + vectors @ parts[1] + bias
        error = (1 / (1 + np.exp(-raw)) - wanted) * counted
        gradients = (transposed @ error / len(wanted) + L2 * parts[0], vectors.T @ error / len(wanted) + L2 * parts[1])
        slower = min(1.0, 2 * (steps - step + 1) / steps)
        for k, gradient in enumerate(gradients):
            momentum[k] = 0.9 * momentum[k] + 0.1 * gradient
            speed[k] = 0.99 * speed[k] + 0.01 * gradient**2
            parts[k] -= rates[k] * slower * (momentum[k] / (1 - 0.9**step)) / (np.sqrt(speed[k] / (1 - 0.99**step)) + 1e-7)
        bias -= 0.5 * error.mean(0)
    return parts[0], parts[1], bias.astype(np.float32)
