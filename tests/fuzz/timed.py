"""A hypothesis test that runs for a time instead of a number of examples."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

BATCH = 200  # examples with one beginning


def test_of(made_up: st.SearchStrategy[Any], attack: Callable[[Any], None]) -> Callable[[], None]:
    """The test: each example is attacked with."""
    phases = (Phase.generate, Phase.shrink)

    @settings(max_examples=BATCH, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck))
    @given(drawn=made_up)
    def one(drawn: Any) -> None:
        attack(drawn)

    return one


test_of.__test__ = False  # type: ignore[attr-defined]


def attack_for(made_up: st.SearchStrategy[Any], attack: Callable[[Any], None], seconds: float, *, least: int = 0) -> int:
    """Attacks until the time is over, `least` times at least; gives how often. Raises what an attack raised, at its smallest."""
    until, count = time.monotonic() + seconds, 0

    def counted(drawn: Any) -> None:
        nonlocal count
        if time.monotonic() < until or count < least:
            count += 1
            attack(drawn)

    one = test_of(made_up, counted)
    while time.monotonic() < until or count < least:
        seed(random.getrandbits(64))(one)()
    return count
