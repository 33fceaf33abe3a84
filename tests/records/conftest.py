"""A clinic with the demo's people, and its records as commands see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.records.opened import Records
from tests.world import World, make_world


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """A clinic of its own in memory."""
    world = make_world(bot_parts)
    yield world
    world.bot.store.engine.dispose()


@pytest.fixture
def records(world: World) -> Records:
    """The records of that clinic."""
    bot = world.bot
    return Records(store=bot.store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=world.clock, actor="command:test")
