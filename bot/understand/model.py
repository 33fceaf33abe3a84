"""A linear model over words, word pairs and letter n-grams: one logistic score a label, trained from the phrases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.understand.features import BUCKETS, bucket, features, words_of
from bot.understand.normalise import clean
from bot.understand.phrases import ANYWHERE, Phrase
from bot.understand.types import Context

ROUNDS = 6  # how often training goes through all phrases
BATCH = 256
RATE = 0.6  # Adagrad's
STEPS = 127  # weights are kept as whole numbers from -STEPS to STEPS, with one scale a label
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """labels[k] has the weights scale[k] * weights[:, k] over the buckets of the features."""

    labels: tuple[str, ...]
    weights: NDArray[np.int8]
    scale: Floats
    bias: Floats

    def scores(self, text: str, context: Context) -> dict[str, float]:
        """label → probability (0-1), each by itself."""
        rows, values = features(text, context)
        raw = self.bias + self.scale * (np.array(values, dtype=np.float32) @ self.weights[rows].astype(np.float32))
        return dict(zip(self.labels, (1 / (1 + np.exp(-raw))).tolist(), strict=True))

    def deciding(self, text: str, label: str, *, most: int = 4) -> tuple[str, ...]:
        """The words of the text that spoke loudest for `label`."""
        column = self.labels.index(label)
        words = [word for word in dict.fromkeys(words_of(text)) if word[0].isalnum()]
        found = [(int(self.weights[bucket(f"w:{word}"), column]), word) for word in words]
        return tuple(word for score, word in sorted(found, reverse=True)[:most] if score > 0)


def train(phrases: list[Phrase]) -> Model:
    """A model of the phrases. Takes a second for 2,000 phrases; the same phrases give the same model."""
    rows = [(features(clean(phrase.text), context), phrase) for phrase in phrases for context in _contexts(phrase)]
    labels = tuple(sorted({label for phrase in phrases for label in expand(phrase.labels)}))
    wanted = np.zeros((len(rows), len(labels)), dtype=np.float32)
    counted = np.ones_like(wanted)
    column = {label: k for k, label in enumerate(labels)}
    for row, (_, phrase) in enumerate(rows):
        wanted[row, [column[label] for label in expand(phrase.labels)]] = 1
        # What a careful reader would accept as well is neither right nor wrong: it is left out of the loss.
        counted[row, [k for label, k in column.items() if _tolerated(label, phrase)]] = 0
    weights, bias = _fit([found for found, _ in rows], wanted, counted)
    scale = np.abs(weights).max(axis=0) / STEPS + 1e-9
    return Model(labels, np.rint(weights / scale).astype(np.int8), scale, bias)


def expand(labels: frozenset[str]) -> frozenset[str]:
    """The labels, and for act.detail the act too."""
    return labels | {label.split(".")[0] for label in labels}


def _contexts(phrase: Phrase) -> list[Context]:
    """A phrase that means the same anywhere is learned as an answer to a reminder and out of the blue."""
    return [Context.NONE, Context.REMINDER] if phrase.contexts == ANYWHERE else sorted(phrase.contexts)


def _tolerated(label: str, phrase: Phrase) -> bool:
    return label not in expand(phrase.labels) and bool({label, label.split(".", maxsplit=1)[0]} & phrase.also)


def _fit(found: list[tuple[list[int], list[float]]], wanted: Floats, counted: Floats) -> tuple[Floats, Floats]:
    """Logistic regression for all labels at once, by Adagrad over batches in an order that every run repeats."""
    order = np.random.default_rng(0)
    batches = list(_batches(found, order.permutation(len(found))))
    weights = np.zeros((BUCKETS, wanted.shape[1]), dtype=np.float32)
    seen = np.full_like(weights, 1e-4)
    bias = np.log((wanted.mean(0) + 1e-4) / (1 - wanted.mean(0) + 1e-4)).astype(np.float32)
    for turn in range(ROUNDS):
        rate = RATE * (1 - 0.9 * turn / ROUNDS)
        for batch in order.permutation(len(batches)):
            rows, columns, x = batches[batch]
            own = weights[columns]
            error = (1 / (1 + np.exp(-(x @ own + bias))) - wanted[rows]) * counted[rows]
            gradient = x.T @ error
            total = seen[columns] + gradient**2
            seen[columns] = total
            weights[columns] = own - rate * gradient / np.sqrt(total)
            bias -= 0.05 * error.mean(0)
    return weights, bias


def _batches(found: list[tuple[list[int], list[float]]], order: NDArray[np.int64]) -> Iterator[tuple[Any, Any, Any]]:
    """(rows, the buckets that they have, their features as a matrix over these) of one batch after the other."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - only training needs it, and it is large

    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        numbers = np.concatenate([np.array(found[row][0], dtype=np.int32) for row in rows])
        values = np.concatenate([np.array(found[row][1], dtype=np.float32) for row in rows])
        ends = np.cumsum([0, *(len(found[row][0]) for row in rows)])
        columns, places = np.unique(numbers, return_inverse=True)
        yield rows, columns, csr_matrix((values, places.astype(np.int32), ends), shape=(len(rows), len(columns)))
