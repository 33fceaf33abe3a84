"""What people did, in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.desk.told import did
from bot.desk.words import ENGLISH

EAST = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("about", "told"),
    [
        (
            "2026-03-10T13:00:00+00:00 2026-03-11T13:00:00+00:00 patient",
            "moved the visit: Tue, Mar 10, 9:00 AM to Wed, Mar 11, 9:00 AM",
        ),
        ("Tue, Mar 10, 9:00 AM to Wed, Mar 11, 9:00 AM (the patient asked)", "moved the visit: Tue, Mar 10, 9:00 AM to Wed, Mar 11"),
    ],
)
def test_a_move_is_told_whether_it_was_kept_as_moments_or_as_words(about: str, told: str) -> None:
    """Entries of before staff pages had languages hold words: they are shown as they are."""
    assert did("moved", about, ENGLISH, EAST).startswith(told)
