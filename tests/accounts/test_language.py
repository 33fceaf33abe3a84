"""The language of the staff's pages: one's own choice, else the browser's, else English; patients' texts stay as they are."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from bot.accounts import people
from bot.accounts.types import Accounts
from bot.core import Bot
from bot.store.account_models import UserRow
from tests.staff import PASSWORD, Browser, Page, hire
from tests.world import Clock


def spoken(page: Page) -> str:
    """The language that a page tells that it is in."""
    found = re.search(r'<html lang="([^"]*)">', page.text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("asked", "gets", "says"),
    [("es-MX,es;q=0.9,en;q=0.5", "es", "Entrar"), ("en-US", "en", "Sign in"), ("xx", "en", "Sign in"), ("", "en", "Sign in")],
)
def test_whoever_is_not_signed_in_is_spoken_to_as_the_browser_asks(live: int, asked: str, gets: str, says: str) -> None:
    """The way in, and what it answers to a mistake."""
    for path in ("login", "invitation"):
        assert spoken(Browser(live).get(f"/account/{path}", **{"Accept-Language": asked})) == gets
    browser = Browser(live)
    assert f"<h1>{says}</h1>" in browser.get("/account/login", **{"Accept-Language": asked}).text
    refused = browser.post("/account/login", {"Accept-Language": asked}, email="nobody@clinic.example", password="wrong")
    assert ("Eso no coincide." in refused.text) == (gets == "es")
    assert refused.status == 422


def test_ones_own_choice_counts_more_than_the_browsers(app: Flask, live: int, clock: Clock) -> None:
    """It is kept with the account, so it holds at every desk; taken back, the browser is asked again."""
    ana = hire(app)
    browser = Browser(live)
    browser.sign_in(ana, clock)
    assert spoken(browser.get("/inbox")) == "en"
    browser.get("/account")
    assert browser.post("/account/language", language="es").status == 303
    assert spoken(browser.get("/inbox")) == "es"
    elsewhere = Browser(live).enter(app, ana)
    assert "<h1>Bandeja</h1>" in elsewhere.get("/inbox", **{"Accept-Language": "en"}).text
    browser.get("/account")
    browser.post("/account/language", language="")
    assert spoken(browser.get("/inbox")) == "en"
    assert spoken(browser.get("/inbox", **{"Accept-Language": "es"})) == "es"


def test_a_language_that_the_pages_do_not_speak_is_no_choice(app: Flask, live: int) -> None:
    """Whatever a form holds, the page is one that can be read."""
    browser = Browser(live).enter(app, hire(app))
    browser.post("/account/language", language="../../xx")
    assert spoken(browser.get("/inbox")) == "en"


def test_whoever_takes_up_an_invitation_chooses_the_language(app: Flask, live: int) -> None:
    """The first administrator does so, too: what the browser asks for is chosen already."""
    bot: Bot = app.extensions["attend"].bot
    accounts = Accounts(store=bot.store, clinic_id=bot.clinic_id, clock=bot.clock)
    code, browser = people.invite(accounts, email="rosa@clinic.example", role="admin", by=None), Browser(live)
    page = browser.get("/account/invitation", **{"Accept-Language": "es"})
    assert '<option value="es" lang="es" selected>Español</option>' in page.text
    weak = browser.post("/account/invitation", code=code, name="Rosa Diaz", password="short", language="es")
    assert '<option value="es" lang="es" selected>' in weak.text
    browser.post("/account/invitation", code=code, name="Rosa Diaz", password=PASSWORD, language="es")
    assert spoken(browser.get("/account/second-factor")) == "es"
    with bot.store.session() as session:
        assert [user.language for user in session.query(UserRow).filter(UserRow.email == "rosa@clinic.example")] == ["es"]
