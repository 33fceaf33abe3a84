"""A linear model over words, word pairs and letter n-grams: one logistic score a label, trained from the phrases."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.understand.features import features, number_of, words_of
from bot.understand.normalise import clean
from bot.understand.phrases import ANYWHERE, Phrase
from bot.understand.types import Context

ROUNDS = 6  # how often training goes through all phrases
BATCH = 256
PARTS = 6  # of the labels: so many are learned one after the other, which takes less memory, and each on one processor
LEAST = 2  # a feature that was seen less often says nothing
RATE = 0.6  # Adagrad's
DOUBT = 0.01  # no phrase is taken as wholly certain, so that no score runs away to 0 or 1
BITS = 19  # of a feature's number: so many halvings of the search for it are saved
STEPS = 127  # weights are kept as whole numbers from -STEPS to STEPS, with one scale a label
TELLING = 20  # of STEPS: a feature that weighs less for every label is left out, ...
LOUD = 8  # ... and of the others what weighs less for a label: three quarters of the memory, for next to nothing
Floats = NDArray[np.float32]
Found = list[tuple[NDArray[np.uint32], Floats]]
Batches = list[tuple[Any, Any, Any]]


@dataclass(frozen=True)
class Model:
    """One line of weights for each feature whose number is `known`, in ascending order; what is not in the line is 0.

    The line of known[i] is starts[i] to starts[i + 1] of `cells`, each a column k and a weight, which weighs scale[k] times as much
    for the label k. The features whose numbers begin with the same BITS stand from first[these] on.
    """

    labels: tuple[str, ...]
    known: NDArray[np.uint32]
    first: NDArray[np.int32]
    starts: NDArray[np.uint32]
    cells: NDArray[np.uint16]
    scale: Floats
    bias: Floats

    @cached_property
    def window(self) -> NDArray[np.intp]:
        """Places from first[...] on where a feature may stand."""
        return np.arange(np.diff(self.first, append=len(self.known)).max())

    def scores(self, text: str, context: Context) -> dict[str, float]:
        """label → probability (0-1), each by itself."""
        return self.named(self.odds([text], context)[0])

    def named(self, odds: Floats) -> dict[str, float]:
        """label → probability for log odds in the order of the labels."""
        return dict(zip(self.labels, (1 / (1 + np.exp(-odds))).tolist(), strict=True))

    def odds(self, texts: list[str], context: Context) -> Floats:
        """The log odds of every label, a line for each text."""
        read = [features(text, context) for text in texts]
        line = np.repeat(np.arange(len(texts)), [len(numbers) for numbers, _ in read])
        rows, found = self._rows([number for numbers, _ in read for number in numbers])
        columns, weights, lengths = self._cells(rows)
        told = np.repeat(np.array([value for _, values in read for value in values])[found], lengths) * weights
        cells = np.repeat(line[found] * len(self.labels), lengths) + columns
        raw = np.bincount(cells, told, len(texts) * len(self.labels)).reshape(len(texts), -1)
        return self.bias + self.scale * raw

    def deciding(self, text: str, labels: Iterable[str], *, most: int = 4) -> dict[str, tuple[str, ...]]:
        """label → the words of the text that spoke loudest for it."""
        words = [word for word in dict.fromkeys(words_of(text)) if word[0].isalnum()]
        rows, found = self._rows([number_of(f"w:{word}") for word in words])
        columns, weights, lengths = self._cells(rows)
        spoken = np.repeat(np.flatnonzero(found), lengths)
        loudest = {}
        for label in labels:
            own = columns == self.labels.index(label)
            told = sorted(zip(weights[own].tolist(), spoken[own].tolist(), strict=True), key=lambda pair: -pair[0])
            loudest[label] = tuple(words[number] for weight, number in told[:most] if weight > 0)
        return loudest

    def _cells(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.uint8], NDArray[np.int8], NDArray[np.intp]]:
        """(columns, weights) of these features, one line behind the other, and how long each line is."""
        starts = self.starts[rows].astype(np.intp)
        lengths = self.starts[rows + 1] - starts
        ends = lengths.cumsum()
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - lengths), lengths)
        both = self.cells[places].view(np.uint8).reshape(-1, 2)
        return both[:, 0], both[:, 1].view(np.int8), lengths

    def _rows(self, numbers: list[int]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The rows of the features that are known, and which of `numbers` these are."""
        wanted = np.array(numbers, dtype=np.uint32)
        first = self.first[wanted >> (32 - BITS)]
        here = self.known.take(first[:, None] + self.window, mode="clip") == wanted[:, None]
        place = here.argmax(axis=1)
        found = here[np.arange(len(wanted)), place]
        return (first + place)[found], found


def train(phrases: list[Phrase]) -> Model:
    """A model of the phrases. Takes a second for 2,000 phrases; the same phrases give the same model."""
    rows = [(clean(phrase.text), context, phrase) for phrase in phrases for context in _contexts(phrase)]
    labels = tuple(sorted({label for phrase in phrases for label in expand(phrase.labels)}))
    wanted = np.full((len(rows), len(labels)), DOUBT, dtype=np.float32)
    counted = np.ones_like(wanted)
    column = {label: k for k, label in enumerate(labels)}
    for row, (_, _, phrase) in enumerate(rows):
        wanted[row, [column[label] for label in expand(phrase.labels)]] = 1 - DOUBT
        # What a careful reader would accept as well is neither right nor wrong: it is left out of the loss.
        counted[row, [k for label, k in column.items() if _tolerated(label, phrase)]] = 0
    found = [_arrays(text, context) for text, context, _ in rows]
    numbers, counts = np.unique(np.concatenate([numbers for numbers, _ in found]), return_counts=True)
    known = numbers[counts >= LEAST]
    batches = list(_batches(found, known, np.random.default_rng(0).permutation(len(found))))
    del found, numbers, counts
    whole, scale, bias = _fit(batches, len(known), wanted, counted)
    telling = np.abs(whole).max(axis=1) >= TELLING
    known, whole = known[telling], whole[telling]
    loud = np.abs(whole) >= LOUD
    starts = np.concatenate([[0], loud.sum(axis=1).cumsum()]).astype(np.uint32)
    cells = np.column_stack([np.nonzero(loud)[1].astype(np.uint8), whole[loud].view(np.uint8)]).view(np.uint16).ravel()
    return Model(labels, known, _first(known), starts, cells, scale, bias)


def _first(known: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Where the features stand whose numbers begin with the same bits."""
    return np.searchsorted(known, np.arange(1 << BITS, dtype=np.uint32) << (32 - BITS)).astype(np.int32)


def _arrays(text: str, context: Context) -> tuple[NDArray[np.uint32], Floats]:
    numbers, values = features(text, context)
    return np.array(numbers, dtype=np.uint32), np.array(values, dtype=np.float32)


def expand(labels: frozenset[str]) -> frozenset[str]:
    """The labels, and for act.detail the act too."""
    return labels | {label.split(".")[0] for label in labels}


def _contexts(phrase: Phrase) -> list[Context]:
    """A phrase that means the same anywhere is learned as an answer to a reminder and out of the blue."""
    return [Context.NONE, Context.REMINDER] if phrase.contexts == ANYWHERE else sorted(phrase.contexts)


def _tolerated(label: str, phrase: Phrase) -> bool:
    return label not in expand(phrase.labels) and bool({label, label.split(".", maxsplit=1)[0]} & phrase.also)


def _fit(batches: Batches, size: int, wanted: Floats, counted: Floats) -> tuple[NDArray[np.int8], Floats, Floats]:
    """Logistic regression, some labels at a time, since each of `size` features weighs something for each; (weights, scale, bias)."""

    def fit(part: NDArray[np.intp]) -> tuple[NDArray[np.int8], Floats, Floats]:
        weights, bias = _descend(batches, size, wanted[:, part], counted[:, part])
        scale = np.maximum(weights.max(axis=0), -weights.min(axis=0)) / STEPS + 1e-9
        weights /= scale
        return np.rint(weights, out=weights).astype(np.int8), scale, bias

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        fitted = list(pool.map(fit, np.array_split(np.arange(wanted.shape[1]), PARTS)))
    whole, scale, bias = zip(*fitted, strict=True)
    return np.hstack(whole), np.concatenate(scale), np.concatenate(bias)


def _descend(batches: Batches, size: int, wanted: Floats, counted: Floats) -> tuple[Floats, Floats]:
    """Adagrad over the batches, in an order that every run repeats."""
    order = np.random.default_rng(1)
    kept = np.zeros((size, 2, wanted.shape[1]), dtype=np.float32)  # weights, and the squares of their gradients: fetched together
    kept[:, 1] = 1e-4
    bias = np.log((wanted.mean(0) + 1e-4) / (1 - wanted.mean(0) + 1e-4)).astype(np.float32)
    for turn in range(ROUNDS):
        rate = np.float32(RATE * (1 - 0.9 * turn / ROUNDS))
        for batch in order.permutation(len(batches)):
            rows, columns, x = batches[batch]
            both = kept[columns]
            own, total = both[:, 0], both[:, 1]
            error = (1 / (1 + np.exp(-(x @ own + bias))) - wanted[rows]) * counted[rows]
            gradient = x.T @ error
            total += gradient**2
            gradient *= rate  # in place: new arrays would take longer than the arithmetic
            gradient /= np.sqrt(total)
            own -= gradient
            kept[columns] = both
            bias -= 0.05 * error.mean(0)
    return kept[:, 0], bias


def _batches(found: Found, known: NDArray[np.uint32], order: NDArray[np.int64]) -> Iterator[tuple[Any, Any, Any]]:
    """(rows, the features that they have, their values as a matrix over these) of one batch after the other."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - only training needs it, and it is large

    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        numbers = np.concatenate([found[row][0] for row in rows])
        values = np.concatenate([found[row][1] for row in rows])
        lines = np.repeat(np.arange(len(rows)), [len(found[row][0]) for row in rows])
        places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
        kept = known[places] == numbers
        columns, places = np.unique(places[kept], return_inverse=True)
        yield (
            rows,
            columns,
            csr_matrix((values[kept], (lines[kept].astype(np.int32), places.astype(np.int32))), shape=(len(rows), len(columns))),
        )
