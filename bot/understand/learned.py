"""What is learned from the phrases of all languages, and its place on disk, so that only the first start after a change learns."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.understand.features import words_of
from bot.understand.language import Detector, train_detector
from bot.understand.model import Model, train
from bot.understand.phrases import Phrase, load_phrases

CODE = ("features.py", "language.py", "learned.py", "model.py", "normalise.py", "phrases.py")  # whose change means learning anew
TWICE = 2  # a word that was written so often is no slip of the finger
ARRAYS = ("known", "first", "starts", "cells", "scale", "bias", "table")


@dataclass(frozen=True)
class Learned:
    """words: language → the words that its phrases are written with; digest: of all that it was learned from."""

    model: Model
    detector: Detector
    words: Mapping[str, tuple[str, ...]]
    digest: str


def load(folder: Path, codes: Iterable[str], *, cache: Path | None) -> Learned:
    """What `folder`/LANG/phrases of the languages teach, from the cache when nothing changed. Raises DataError for broken files."""
    codes = tuple(codes)
    digest = _digest(folder, codes)
    kept = cache / f"reader-{digest}" if cache else None
    found = _read(kept, digest) if kept else None
    if found is None:
        found = _learn({code: load_phrases(folder / code / "phrases", root=folder.parent) for code in codes}, digest)
        if kept:
            _write(found, kept)
    return found


def _digest(folder: Path, codes: Iterable[str]) -> str:
    summary = hashlib.sha256()
    files = [file for code in codes for file in sorted((folder / code / "phrases").glob("*.yaml"))]
    for file in (*(Path(__file__).with_name(name) for name in CODE), *files):
        summary.update(f"{file.parent.parent.name}/{file.name}\n".encode())
        summary.update(file.read_bytes())
    return summary.hexdigest()[:16]


def _learn(phrases: Mapping[str, list[Phrase]], digest: str) -> Learned:
    words = {}
    for code, own in phrases.items():
        counts = Counter(word for phrase in own for word in set(words_of(phrase.text)))
        words[code] = tuple(sorted(word for word, count in counts.items() if count >= TWICE and word.isalpha()))
    # Who asks for another language often writes in that one.
    own_words = {code: [phrase.text for phrase in own if not _asks_language(phrase)] for code, own in phrases.items()}
    detector = train_detector(own_words)
    return Learned(train([phrase for own in phrases.values() for phrase in own]), detector, words, digest)


def _asks_language(phrase: Phrase) -> bool:
    return any(label.startswith("language") for label in phrase.labels)


def _write(learned: Learned, place: Path) -> None:
    """Half of it is never found, and what was learned from older phrases goes."""
    place.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=place.parent, prefix="new-"))
    model, detector = learned.model, learned.detector
    for name in ARRAYS:
        np.save(new / f"{name}.npy", detector.table if name == "table" else getattr(model, name))
    names = {"labels": model.labels, "languages": detector.languages, "scripts": detector.scripts, "words": learned.words}
    (new / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    for old in place.parent.glob("reader-*"):
        shutil.rmtree(old, ignore_errors=True)
    new.rename(place)


def _read(place: Path, digest: str) -> Learned | None:
    """The arrays stay in the file: processes share them, and only what is asked for is read."""
    try:
        names = json.loads((place / "names.json").read_text(encoding="utf-8"))
        *arrays, table = (np.load(place / f"{name}.npy", mmap_mode="r").view(np.ndarray) for name in ARRAYS)
    except (OSError, ValueError):
        return None
    scripts = {script: tuple(codes) for script, codes in names["scripts"].items()}
    detector = Detector(tuple(names["languages"]), table, scripts)
    words = {code: tuple(own) for code, own in names["words"].items()}
    return Learned(Model(tuple(names["labels"]), *arrays), detector, words, digest)
