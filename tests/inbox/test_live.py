"""Open pages keep up: as often as what they show changes, and without jumping under anybody's hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from bot.desk import work
from bot.store.inbox import day_mark, list_mark
from tests.chromium import chromium
from tests.inbox.conftest import Desk, act, do
from tests.inbox.test_browser import sit_down
from tests.inbox.test_worklist import BEN, say, tasks, wait
from tests.world import World


def marks(world: World) -> tuple[str, str]:
    """Those of the lists and of the day's page."""
    with world.bot.store.session() as session:
        return list_mark(session, 1, world.clock.now), day_mark(session, 1, world.clock.now)


def test_a_text_that_the_bot_settles_moves_no_list(world: World) -> None:
    """Fifty texts a second would else have every open list read anew each second; the day's page shows what they did with visits."""
    world.remind("dorothy")
    before = marks(world)
    say(world, "dorothy", "yes I will be there")
    after = marks(world)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_what_a_list_shows_moves_it(world: World) -> None:
    """A new item, new words for it, whose it is, that it sleeps and wakes, that it becomes late, that an answer was given."""
    seen = [marks(world)[0]]
    for step in (
        lambda: say(world, "owen", "please have somebody call me"),
        lambda: say(world, "owen", "please have somebody call me about my pills"),
        lambda: work.claim(world.bot, world.phones["owen"], by=world.staff),
        lambda: wait(world, minutes=6),
        lambda: work.assign(world.bot, [tasks(world)[0].id], to=BEN, by=world.staff),
        lambda: work.snooze(world.bot, [tasks(world)[0].id], until=world.clock.now + timedelta(hours=1), by=world.staff),
        lambda: wait(world, hours=2),
        lambda: wait(world, days=3),
        lambda: work.resolve(world.bot, [tasks(world)[0].id], outcome="called", by=world.staff),
    ):
        step()
        seen.append(marks(world)[0])
        assert seen[-1] != seen[-2], len(seen)


@pytest.mark.slow
def test_a_list_does_not_jump_under_a_hand(desk: Desk, served: str) -> None:
    """While Ana has chosen an item, what is new waits behind a notice and what was closed is struck out where it stands."""
    for phone in (7, 9):
        desk.text(phone, "please have somebody call me")
    errors: list[str] = []
    with chromium() as browser:
        ana: Any = sit_down(browser, served, 1, errors)
        lines = ana.locator("[data-item]")
        expect(lines).to_have_count(2)
        ana.get_by_label("Choose Wants a call, Owen Park").check()
        desk.text(3, "me duele el pecho y no puedo respirar")
        notice = ana.locator("[data-news]")
        notice.get_by_text("new: show").wait_for()
        expect(lines).to_have_count(2)
        assert "urgent" in (notice.get_attribute("class") or "")
        expect(ana.get_by_text("1 in danger")).to_be_visible()  # told on top meanwhile
        do(desk.ben, "resolve", *(item.id for item in desk.items(9)), outcome="called")
        expect(ana.locator(".gone")).to_have_count(1)
        act(desk.ben, 7, "claim")
        ana.get_by_text("Ben Carter has it").wait_for()  # in its place, still chosen
        expect(ana.get_by_label("Choose Wants a call, Owen Park")).to_be_checked()
        ana.keyboard.press(".")
        ana.get_by_role("heading", name="Somebody may be in danger").wait_for()
        expect(ana.locator(".gone")).to_have_count(0)
        expect(notice).to_be_hidden()
        expect(ana.get_by_label("Choose Wants a call, Owen Park")).to_be_checked()
    assert errors == []


@pytest.mark.slow
def test_a_list_that_nobody_touches_keeps_up_by_itself(desk: Desk, served: str) -> None:
    """As on a screen on the wall."""
    errors: list[str] = []
    with chromium() as browser:
        page = sit_down(browser, served, 1, errors)
        page.get_by_text("Nothing is waiting.").wait_for()
        desk.text(7, "please have somebody call me")
        page.get_by_role("link", name="Wants a call").wait_for()
    assert errors == []
