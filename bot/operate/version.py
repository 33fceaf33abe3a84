"""The version of all that decides about a text: phrases, lists of words, approved texts, and the code over them (S-17)."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

DECIDES = (
    "intents/**/*.yaml",
    "locales/**/messages.po",
    "bot/understand/**/*.py",
    "bot/dialogue/**/*.py",
    "bot/texts.py",
    "bot/core.py",
    "bot/turn.py",
)
ASIDE = "tests.yaml"  # sentences that only measure


@cache
def version_of(root: Path) -> str:
    """Sixteen characters that change with any of it; the same wherever it is the same, on whatever machine."""
    summary = hashlib.sha256()
    for pattern in DECIDES:
        for path in sorted(path for path in root.glob(pattern) if path.name != ASIDE):
            summary.update(f"{path.relative_to(root).as_posix()}\n".encode())
            summary.update(hashlib.sha256(path.read_bytes()).digest())
    return summary.hexdigest()[:16]
