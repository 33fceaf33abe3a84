"""After an outage: what was held up is decided about in groups, and nothing untrue goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import Console
from bot.delivery import catchup, switch
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.store.models import AuditRow
from tests.delivery.test_planner import NEW_YORK, change, texts, visit_of
from tests.world import World, make_world

HOUR = timedelta(hours=1)


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """A clinic whose texts were stopped when the day's reminders had been written, an hour ago."""
    made = make_world(bot_parts)
    switch.pause(made.bot.store, made.bot.clinic_id, made.clock.now)
    while plan_due(made.bot):
        pass
    made.clock.now += HOUR
    yield made
    made.bot.store.engine.dispose()


def grouped(world: World) -> dict[tuple[str, str], int]:
    """How many texts are in each group."""
    return {(group.kind, group.reason): len(group.ids) for group in catchup.groups(world.bot)}


def test_what_was_held_up_is_grouped_by_kind_and_reason(world: World) -> None:
    """A visit that has moved meanwhile makes its text untrue; that cannot be sent, only replaced or dropped."""
    before = grouped(world)
    assert set(before) == {("reminder", catchup.HELD_UP), ("question", catchup.HELD_UP)}
    change(world, visit_of(world, "lucia"), start=datetime(2026, 3, 12, 9, tzinfo=NEW_YORK))
    after = grouped(world)
    count = before["reminder", catchup.HELD_UP]
    assert after == {**before, ("reminder", catchup.HELD_UP): count - 1, ("reminder", "the visit has changed"): 1}
    moved = next(group for group in catchup.groups(world.bot) if group.reason != catchup.HELD_UP)
    assert moved.can == ("replace", "drop")
    assert catchup.act(world.bot, kind=moved.kind, reason=moved.reason, do="send", by=world.staff) == 0


def test_a_replaced_text_tells_what_is_booked_now(world: World) -> None:
    """The old one never goes; the audit trail knows who decided."""
    change(world, visit_of(world, "lucia"), start=datetime(2026, 3, 12, 9, tzinfo=NEW_YORK))
    assert catchup.act(world.bot, kind="reminder", reason="the visit has changed", do="replace", by=world.staff) == 1
    switch.resume(world.bot.store, world.bot.clinic_id)
    send_waiting(world.bot, Console())
    ((_, body),) = texts(world, "lucia")
    assert "12 de mar" in body
    with world.bot.store.session() as session:
        entries = session.execute(select(AuditRow.action, AuditRow.about, AuditRow.reason)).all()
    assert ("catch_up_replace", "outbox:reminder", "1: the visit has changed") in [tuple(row) for row in entries]


def test_dropped_texts_never_go_and_the_others_do(world: World) -> None:
    """One click a group."""
    count = grouped(world)["reminder", catchup.HELD_UP]
    assert catchup.act(world.bot, kind="reminder", reason=catchup.HELD_UP, do="drop", by=world.staff) == count
    switch.resume(world.bot.store, world.bot.clinic_id)
    assert send_waiting(world.bot, Console()) == 1  # a question of a programme
    assert catchup.act(world.bot, kind="reminder", reason=catchup.HELD_UP, do="drop", by=world.staff) == 0


def test_what_has_lost_its_use_is_shown_as_such(world: World) -> None:
    """After two days without texts the reminders of the week before are of no use."""
    world.clock.now += timedelta(days=2)
    assert {reason for _, reason in grouped(world)} >= {catchup.TOO_LATE}
