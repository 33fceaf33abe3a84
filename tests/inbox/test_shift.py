"""A shift of people with accounts, in Debian's Chromium: they sign in, one leaves something lying, one is shut out, one walks away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from bot.accounts.limits import PER_ACCOUNT
from bot.channels.console import received
from bot.core import Bot
from bot.desk import silence
from bot.turn import take
from tests.chromium import chromium, follow, new_page
from tests.conftest import serving
from tests.staff import PASSWORD, Colleague, hire
from tests.world import NUMBERS, Clock

pytestmark = pytest.mark.slow


class Seat:
    """A browser at which somebody sits."""

    def __init__(self, browser: Any, port: int, clock: Clock) -> None:
        self.page, self._clock = new_page(browser, [], viewport={"width": 1280, "height": 900}), clock
        self.page.goto(f"http://127.0.0.1:{port}/inbox", wait_until="domcontentloaded")

    def give(self, who: Colleague, password: str = PASSWORD) -> None:
        """Email and password."""
        self.page.get_by_label("Email").fill(who.email)
        self.page.get_by_label("Password").fill(password)
        follow(self.page.get_by_label("Password"), "Enter")

    def sign_in(self, who: Colleague) -> None:
        """With the second factor."""
        self.give(who)
        self.page.get_by_label("Six digits").fill(who.code(self._clock))
        follow(self.page.get_by_label("Six digits"), "Enter")


def test_what_is_left_lying_reaches_the_managers_open_page(app: Flask, clock: Clock) -> None:
    """Ana takes a call on and goes to lunch. By the time that Owen was promised an answer the item is the manager's (S-13)."""
    bot: Bot = app.extensions["attend"].bot
    ana, maya = hire(app), hire(app, "manager")
    take(bot, received(sender=NUMBERS["owen"], body="please have somebody call me"))
    with serving(app) as port, chromium() as browser:
        at_lunch, leading = Seat(browser, port, clock), Seat(browser, port, clock)
        at_lunch.sign_in(ana)
        at_lunch.page.get_by_label("Choose Wants a call, Owen Park").check()
        at_lunch.page.get_by_label("Whose", exact=True).select_option("Mine")
        follow(at_lunch.page.get_by_role("button", name="Assign"))
        leading.sign_in(maya)
        follow(leading.page.get_by_role("link", name="Mine"))
        leading.page.get_by_text("Nothing here.").wait_for()
        for _ in range(17):  # Maya is at work meanwhile, and so stays signed in
            clock.now += timedelta(minutes=14)
            leading.page.reload()
        clock.now += timedelta(minutes=14)
        silence.escalate(bot)
        leading.page.get_by_text("Invented coordinator did not act").wait_for()
        follow(leading.page.get_by_role("link", name="Wants a call"))
        leading.page.get_by_text("Invented coordinator did not act").first.wait_for()


def test_a_guesser_is_shut_out_and_told_so(app: Flask, clock: Clock) -> None:
    """H-09: five wrong passwords; the right one does not help for a quarter of an hour."""
    ana = hire(app)
    with serving(app) as port, chromium() as browser:
        seat = Seat(browser, port, clock)
        for n in range(PER_ACCOUNT):
            seat.give(ana, f"wrong {n}")
        seat.give(ana)
        expect(seat.page.get_by_role("alert")).to_contain_text("15 minutes")
        clock.now += timedelta(minutes=15)
        seat.sign_in(ana)
        seat.page.get_by_role("heading", name="Inbox").wait_for()


def test_who_walks_away_is_signed_out_and_comes_back_to_the_same_page(app: Flask, clock: Clock) -> None:
    """H-09: an open page asks by itself whether anything is new, which keeps nobody signed in."""
    ana = hire(app)
    bot: Bot = app.extensions["attend"].bot
    take(bot, received(sender=NUMBERS["owen"], body="please have somebody call me"))
    with serving(app) as port, chromium() as browser:
        seat = Seat(browser, port, clock)
        seat.sign_in(ana)
        follow(seat.page.get_by_role("link", name="Wants a call"))
        there = seat.page.url.partition("#")[0]
        clock.now += timedelta(minutes=15, seconds=1)
        seat.page.reload()
        seat.page.get_by_label("Password").wait_for()
        expect(seat.page.get_by_text("Owen Park")).to_have_count(0)
        seat.sign_in(ana)
        assert seat.page.url == there
        seat.page.get_by_role("heading", name="Owen Park").wait_for()
