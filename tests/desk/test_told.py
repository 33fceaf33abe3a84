"""What people did, what stands beside items, and why texts do not go, in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.care import check_ins, due
from bot.delivery import catchup, claims, recheck
from bot.desk import later
from bot.desk.told import REASONS, detail, did
from bot.desk.words import ENGLISH
from bot.remind import BY_HAND
from bot.store import care
from bot.store.news import CALLED_OFF

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


def test_every_reason_that_is_kept_as_words_is_in_the_list_of_the_catalogue() -> None:
    """What the schedule and the sender write down is shown to staff, so translators must get to see it."""
    kept = {
        value
        for module in (check_ins, due, care, catchup, claims, later, recheck)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and " " in value
    }
    assert {due.NO_PAPERS, care.ABROAD, claims.FLOOD} < kept
    assert kept - {*REASONS, BY_HAND, CALLED_OFF} == set()


@pytest.mark.parametrize("name", ["50% off", "100 %", "the 100%(new)s form"])
def test_a_clinics_own_words_may_hold_a_percent_sign(name: str) -> None:
    """A paper's name is no sentence of ours with gaps."""
    assert did("paper", name, ENGLISH, EAST) == f"ticked: {name}"
    assert detail("booked", name, ENGLISH) == name
