"""A linear model over n-grams: one logistic score a label, trained from the phrases and kept in a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.understand.features import features
from bot.understand.phrases import Phrase
from bot.understand.types import Context

VERSION = 1  # raise when features or training change, so that no old file is read
STEPS = 120
L2 = 1e-5
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """labels[k] has the weights weights[:, k]; vocabulary: feature → row."""

    labels: tuple[str, ...]
    vocabulary: dict[str, int]
    weights: Floats
    bias: Floats

    def scores(self, text: str, context: Context) -> dict[str, float]:
        """label → probability (0-1), each by itself."""
        rows, values = self._rows(text, context)
        raw = self.bias + values @ self.weights[rows] if rows else self.bias
        return dict(zip(self.labels, (1 / (1 + np.exp(-raw))).tolist(), strict=True))

    def deciding(self, text: str, context: Context, label: str, *, most: int = 4) -> tuple[str, ...]:
        """The words of the text that spoke loudest for `label`."""
        column = self.labels.index(label)
        found = [
            (float(weight * self.weights[self.vocabulary[name], column]), name)
            for name, weight in features(text, context).items()
            if name in self.vocabulary and name[0] in "wb"
        ]
        return tuple(name[2:].replace("_", " ").strip("^$ ") for score, name in sorted(found, reverse=True)[:most] if score > 0)

    def _rows(self, text: str, context: Context) -> tuple[list[int], Floats]:
        found = [(self.vocabulary[name], weight) for name, weight in features(text, context).items() if name in self.vocabulary]
        return [row for row, _ in found], np.array([weight for _, weight in found], dtype=np.float32)

    def save(self, path: Path) -> None:
        """Writes the model where another start finds it; half a file is never left behind."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new.npz")
        names = np.array(sorted(self.vocabulary, key=self.vocabulary.__getitem__))
        np.savez(new, labels=np.array(self.labels), names=names, weights=self.weights, bias=self.bias)
        new.replace(path)


def load(path: Path) -> Model | None:
    """The model in the file, or None when there is none that can be read."""
    try:
        with np.load(path) as data:
            vocabulary = {str(name): row for row, name in enumerate(data["names"])}
            return Model(tuple(map(str, data["labels"])), vocabulary, data["weights"], data["bias"])
    except (OSError, ValueError, KeyError):
        return None


def train(phrases: list[Phrase], *, steps: int = STEPS, l2: float = L2, least: int = 2) -> Model:
    """A model of the phrases. Takes seconds: 6,000 phrases about ten."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - only training needs it, and it is large

    rows = [(phrase, context) for phrase in phrases for context in sorted(phrase.contexts)]
    found = [features(phrase.text, context) for phrase, context in rows]
    counts = Counter(name for each in found for name in each)
    vocabulary = {name: row for row, name in enumerate(sorted(name for name, count in counts.items() if count >= least))}
    labels = tuple(sorted({label for phrase in phrases for label in expand(phrase.labels)}))
    x = _matrix(found, vocabulary, csr_matrix)
    wanted = np.array([[label in expand(phrase.labels) for label in labels] for phrase, _ in rows], dtype=np.float32)
    weight = np.array([1 / len(phrase.contexts) ** 0.5 for phrase, _ in rows], dtype=np.float32)[:, None]
    mask = np.array([[label not in phrase.also for label in labels] for phrase, _ in rows], dtype=np.float32) * weight
    weights, bias = _fit(x, wanted, mask, steps=steps, l2=l2)
    return Model(labels, vocabulary, weights, bias)


def expand(labels: frozenset[str]) -> frozenset[str]:
    """The labels, and for act.detail the act too."""
    return labels | {label.split(".")[0] for label in labels}


def _matrix(found, vocabulary, csr_matrix):  # type: ignore[no-untyped-def]
    starts, columns, values = [0], [], []
    for each in found:
        kept = [(vocabulary[name], weight) for name, weight in each.items() if name in vocabulary]
        columns += [column for column, _ in kept]
        values += [weight for _, weight in kept]
        starts.append(len(columns))
    data = (np.array(values, dtype=np.float32), np.array(columns, dtype=np.int32), np.array(starts, dtype=np.int32))
    return csr_matrix(data, shape=(len(found), len(vocabulary)))


def _fit(x, wanted: Floats, mask: Floats, *, steps: int, l2: float) -> tuple[Floats, Floats]:  # type: ignore[no-untyped-def]
    """Logistic regression for all labels at once: full-batch Adam, whose every run gives the same weights."""
    transposed = x.T.tocsr()
    weights = np.zeros((x.shape[1], wanted.shape[1]), dtype=np.float32)
    bias = np.log((wanted.mean(0) + 1e-4) / (1 - wanted.mean(0) + 1e-4)).astype(np.float32)
    momentum, speed = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        error = (1 / (1 + np.exp(-(x @ weights + bias))) - wanted) * mask
        gradient = transposed @ error / len(wanted) + l2 * weights
        momentum = 0.9 * momentum + 0.1 * gradient
        speed = 0.99 * speed + 0.01 * gradient**2
        rate = 0.5 * min(1.0, 2 * (steps - step + 1) / steps)
        weights -= rate * (momentum / (1 - 0.9**step)) / (np.sqrt(speed / (1 - 0.99**step)) + 1e-7)
        bias -= 0.5 * error.mean(0)
    return weights, bias.astype(np.float32)
