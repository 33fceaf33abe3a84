"""Whatever is sent to the webhook, the understanding, the import or the login, none of them breaks; `bench/fuzz.py` takes longer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher

from bot.accounts import passwords
from tests.fuzz.cases import CASES
from tests.fuzz.targets import TARGETS, attacking
from tests.fuzz.timed import attack_for
from tests.world import Parts

SECONDS, LEAST = 15, 50  # attacks, on a machine that is busy


@pytest.fixture(autouse=True)
def hasher() -> Iterator[PasswordHasher]:
    """The login's attack hashes cheaply; other tests do not."""
    before = passwords._hasher
    yield before
    passwords._hasher = before


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_a_while_of_noise_breaks_nothing(name: str, bot_parts: Parts) -> None:
    """A minute for all four; longer runs, with their figures, are in docs/security.md."""
    with attacking(name, bot_parts) as attack:
        attack_for(TARGETS[name].made_up, attack, SECONDS, least=LEAST)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "drawn"), CASES)
def test_what_was_found_once_stays_mended(name: str, drawn: Any, bot_parts: Parts) -> None:
    """Each with a line in tests/fuzz/cases.py that says what it was."""
    with attacking(name, bot_parts) as attack:
        attack(drawn)
