"""Which of our languages a short text is written in: script first, then naive Bayes over words and letter n-grams."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.understand.normalise import fold, words

SMOOTH = 0.3
CLEAR = 4.0  # log-odds from which a text is answered in the language that it is written in
LONG = 3  # and so many words
# Words that every phone knows tell nothing about a language.
INTERNATIONAL = frozenset(
    [
        "ok",
        "okay",
        "k",
        "yes",
        "no",
        "si",
        "n",
        "y",
        "stop",
        "stopall",
        "cancel",
        "help",
        "start",
        "unsubscribe",
        "thx",
        "info",
        "lol",
    ]
)
SCRIPTS = {"LATIN", "COMMON"}


@dataclass(frozen=True)
class Detector:
    """logs: language → feature → log-probability; unseen: language → log-probability of a feature it never saw."""

    logs: Mapping[str, Mapping[str, float]]
    unseen: Mapping[str, float]

    def scores(self, text: str) -> dict[str, float]:
        """language → log-likelihood, relative to the others only."""
        found = list(_features(text))
        return {language: sum(logs.get(feature, self.unseen[language]) for feature in found) for language, logs in self.logs.items()}

    def detect(self, text: str) -> tuple[str | None, bool]:
        """(language, clear enough to answer in it); (None, False) when the text does not tell."""
        telling = [word for word in words(fold(text)) if word not in INTERNATIONAL and not word[0].isdigit()]
        script = _foreign_script(text)
        if script:
            return script, True
        if sum(map(len, telling)) < 2:
            return None, False
        ranked = sorted(self.scores(" ".join(telling)).items(), key=lambda item: -item[1])
        margin = ranked[0][1] - ranked[1][1] if len(ranked) > 1 else math.inf
        return ranked[0][0], margin > CLEAR and len(telling) >= LONG


def train_detector(texts: Mapping[str, Iterable[str]]) -> Detector:
    """A detector from each language's own texts, with and without their accents."""
    counts = {language: Counter(f for text in lines for f in _features(text)) for language, lines in texts.items()}
    size = len({feature for each in counts.values() for feature in each})
    logs, unseen = {}, {}
    for language, each in counts.items():
        total = sum(each.values()) + SMOOTH * size
        logs[language] = {feature: math.log((count + SMOOTH) / total) for feature, count in each.items()}
        unseen[language] = math.log(SMOOTH / total)
    return Detector(logs, unseen)


def _features(text: str) -> Iterable[str]:
    for word in words(fold(text)):
        if word[0].isdigit() or word in INTERNATIONAL:
            continue
        yield f"w {word}"
        padded = f" {word} "
        for size in (2, 3, 4):
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]


def _foreign_script(text: str) -> str | None:
    """The script of most letters when it is none that our phrases are written in, as "und-SCRIPT" (L-14)."""
    scripts = Counter(unicodedata.name(letter, "COMMON").split()[0] for letter in text if letter.isalpha())
    if not scripts:
        return None
    script, count = scripts.most_common(1)[0]
    return f"und-{script.lower()}" if script not in SCRIPTS and count * 2 > scripts.total() else None
