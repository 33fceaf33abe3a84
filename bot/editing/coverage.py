"""How far a language has come: its texts beside the English, who has read them, how long they are, how its sentences are read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.editing.lengths import allowed, worst
from bot.moments import language_name
from bot.segments import segments
from bot.texts import SAFETY, SOURCE, TEXTS, Reviews, Texts, fingerprint
from bot.understand.measure import Figures

KEPT = "figures.json"  # in the folder of the cache: the figures of the last check
# What the test sentences must at least show; they are harder than a clinic's day.
LEAST_EXACT = 65.0
WORST_READING = {"wrong": 3.0, "missed": 16.0, "alarms": 5.0}


@dataclass(frozen=True)
class Text:
    """One text with its gaps filled, and the English beside it. written: empty where the language lacks it; read_by: whoever reviewed
    the sentence as it stands (L-03), empty for nobody."""

    key: str
    english: str
    written: str
    segments: int
    allowed: int
    read_by: str


@dataclass(frozen=True)
class State:
    """A language's texts, and how its test sentences are read: None when the data has changed since the last check."""

    language: str
    name: str
    texts: tuple[Text, ...]
    figures: Figures | None

    @property
    def missing(self) -> tuple[Text, ...]:
        """What is sent in English."""
        return tuple(text for text in self.texts if not text.written)

    @property
    def unread(self) -> tuple[Text, ...]:
        """What no qualified translator has read as it stands."""
        return tuple(text for text in self.texts if text.written and not text.read_by)

    @property
    def limits(self) -> list[str]:
        """Why the language counts as limited (L-03, L-12): what it says to danger is unread, or its reading below what must hold."""
        code = self.language.partition("-")[0]
        found = [f"{text.key} is sent together with the English one: nobody has reviewed it" for text in self.unread if _safe(text)]
        return found + (below(code, self.figures) if self.figures else [])

    @property
    def longest(self) -> Text:
        """The text that takes most segments, of those the one that is longest for what it may take."""
        return max(self.texts, key=lambda text: (text.segments, -text.allowed, len(text.written)))


def _safe(text: Text) -> bool:
    return text.key.startswith(SAFETY)


def below(code: str, figures: Figures) -> list[str]:
    """Where the reading of a language falls below what must hold."""
    found = []
    for name, limit in WORST_READING.items():
        value = getattr(figures, name)
        if value > limit:
            found.append(f"intents/{code}: {name} is {value:.1f} %, at most {limit} % may be: see `flask explain` for single sentences")
    if figures.exact < LEAST_EXACT:
        found.append(f"intents/{code}: only {figures.exact:.1f} % are read exactly, {LEAST_EXACT} % must be")
    return found


def state_of(texts: Texts, reviews: Reviews, language: str, *, clinic: str, figures: Figures | None) -> State:
    """All that is known of a language that has a catalogue, or of English."""
    found = []
    for key in TEXTS:
        lacking = language != SOURCE and key not in texts.catalogs[language]
        shown = worst(texts, key, language, clinic)
        entry = reviews.get(language, {}).get(key, {})
        valid = entry.get("hash") == fingerprint(texts.template(key, language))
        read_by = "the source" if language == SOURCE else f"{entry['by']}, {entry['on']}" if valid else ""
        english = worst(texts, key, SOURCE, clinic)
        found.append(Text(key, english, "" if lacking else shown, segments(shown), allowed(key), read_by))
    return State(language, language_name(language), tuple(found), figures)


def keep(cache: Path, intents: Path, version: str, found: dict[str, Figures]) -> None:
    """Writes down how the test sentences of languages are read. version: the reader's."""
    known = _kept(cache) | {code: {"of": _digest(intents, version, code), **asdict(each)} for code, each in found.items()}
    cache.mkdir(parents=True, exist_ok=True)
    (cache / KEPT).write_text(json.dumps(known), encoding="utf-8")


def kept(cache: Path, intents: Path, version: str, language: str) -> Figures | None:
    """The figures of the last check, if neither the phrases nor the sentences of the language have changed since."""
    code = language.partition("-")[0]
    entry = dict(_kept(cache).get(code, {}))
    return Figures(**entry) if entry.pop("of", None) == _digest(intents, version, code) else None


def _kept(cache: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((cache / KEPT).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _digest(intents: Path, version: str, code: str) -> str:
    try:
        return f"{version}-{hashlib.sha256((intents / code / 'tests.yaml').read_bytes()).hexdigest()[:12]}"
    except OSError:
        return "none"
