"""The version of all that decides about texts, answers as well as what the schedule starts (S-17): phrases, lists of words, approved
texts, the code over them, and the packages that it computes with. What the clinic tells has its own version, `ClinicFile.version`.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

DECIDES = (
    "intents/**/*.yaml",
    "locales/**/messages.po",
    "bot/understand/**/*.py",
    "bot/dialogue/**/*.py",
    "bot/care/**/*.py",
    "bot/apply/**/*.py",
    "bot/cadence.py",
    "bot/clinic.py",
    "bot/core.py",
    "bot/delivery/planner.py",
    "bot/delivery/recheck.py",
    "bot/delivery/waitlist.py",
    "bot/desk/apologies.py",
    "bot/moments.py",
    "bot/reads.py",
    "bot/remind.py",
    "bot/rendering.py",
    "bot/texts.py",
    "bot/turn.py",
    "requirements.txt",
)
ASIDE = "tests.yaml"  # sentences that only measure


@cache
def version_of(root: Path) -> str:
    """Nine characters that change with any of it; the same wherever it is the same, on whatever machine."""
    summary = hashlib.sha256()
    for pattern in DECIDES:
        for path in sorted(path for path in root.glob(pattern) if path.name != ASIDE):
            summary.update(f"{path.relative_to(root).as_posix()}\n".encode())
            summary.update(hashlib.sha256(path.read_bytes()).digest())
    return summary.hexdigest()[:9]
