"""What is less when somebody only wants to know quickly: `scripts/test` without `--all`. All of it runs with `--all`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

FULL, QUICK = 100, 15  # examples of each hundred: hypothesis' own number, and that of its profile "quick"


def examples(count: int) -> settings:
    """So many examples; a part of them under the profile "quick"."""
    return settings(max_examples=max(count * settings.default.max_examples // FULL, 5))


def quick(*kept: Any, of: Iterable[Any]) -> list[Any]:
    """The parameters of a test that does the same with each: those kept are quick, all others slow."""
    every = list(of)
    assert all(each in every for each in kept)
    return [each if each in kept else pytest.param(each, marks=pytest.mark.slow) for each in every]
