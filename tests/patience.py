"""Waiting for what another thread, process or page does: until it is done, and so long that only what is broken takes longer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bot.store import database

LONG = 60.0  # seconds, on a busy machine that stands still now and then; nothing waits so long that works
AS_IN_A_CLINIC = database.LOCK_SECONDS


def until(done: Callable[[], object], *, what: str = "what this test waits for") -> None:
    """Waits for it; fails when it does not come."""
    deadline = time.monotonic() + LONG
    while not done():
        assert time.monotonic() < deadline, f"{what} has not come in {LONG:.0f} seconds"
        time.sleep(0.01)


@contextmanager
def patient() -> Iterator[None]:
    """No database counts as down because many threads write on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "LOCK_SECONDS", int(LONG))
        yield
