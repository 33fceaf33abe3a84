"""The demo's pages: the phone, the inbox, a conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.demo.clock import DemoClock
from bot.store.models import CommunicationRow
from bot.web.wiring import Wired
from tests.chromium import FITS, chromium, follow, new_page
from tests.conftest import serving

SCRIPT = "<script>document.title='stolen'</script>"


@pytest.fixture
def browser_client(pages: Flask) -> FlaskClient:
    """A client of the demo."""
    return pages.test_client()


def text(client: FlaskClient, phone: int, words: str) -> str:
    """Sends a text from the demo phone and gives the page that follows."""
    return client.post(f"/demo/{phone}/text", data={"body": words}, follow_redirects=True).get_data(as_text=True)


def test_the_public_application_has_no_demo_phone(app: Flask) -> None:
    """Only `flask demo` lets anybody write as a patient; the inbox stands behind accounts."""
    assert not [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/demo")]
    assert app.test_client().get("/inbox").status_code == 401


def test_a_text_from_the_phone_is_answered_on_the_page(browser_client: FlaskClient) -> None:
    """In English and in Spanish."""
    assert "You are confirmed for" in text(browser_client, 1, "yes I will be there")
    assert "está confirmada" in text(browser_client, 3, "sí ahí estaré")


def test_what_needs_a_person_stands_in_the_inbox_gravest_first(browser_client: FlaskClient) -> None:
    """An emergency stands above a request, with name, language and words."""
    text(browser_client, 2, "please have somebody call me")
    text(browser_client, 3, "me duele el pecho y no puedo respirar")
    page = browser_client.get("/inbox").get_data(as_text=True)
    assert page.index("Medical emergency") < page.index("Wants a call")
    assert "Lucía Ramírez" in page
    assert "me duele el pecho" in page


def test_a_conversation_shows_the_reading_and_why(browser_client: FlaskClient) -> None:
    """The words that decided, the score, the runner-up and the rule."""
    text(browser_client, 1, "yes I will be there")
    page = browser_client.get("/inbox/phone/1").get_data(as_text=True)
    for part in ("Is coming", "what it learned from phrases", "Runner-up", "They are coming: the visit was marked so."):
        assert part in page


def test_taking_over_pauses_the_bot_and_handing_back_ends_it(browser_client: FlaskClient, pages: Flask) -> None:
    """A coordinator's reply goes out through the outbox, and the bot is silent meanwhile."""
    wired: Wired = pages.extensions["attend"]
    page = browser_client.post("/inbox/phone/1/reply", data={"text": "This is Ana, I will call you."}, follow_redirects=True)
    assert "The bot is paused" in page.get_data(as_text=True)
    send_waiting(wired.bot, wired.channel)
    shown = text(browser_client, 1, "yes I will be there")
    assert "This is Ana" in shown
    assert "confirmed" not in shown
    browser_client.post("/inbox/phone/1/hand-back")
    assert "You are confirmed" in text(browser_client, 1, "yes I will be there")


def test_resolving_asks_for_an_outcome_and_closes_the_item(browser_client: FlaskClient) -> None:
    """No item disappears without what came of it."""
    text(browser_client, 2, "please have somebody call me")
    page = browser_client.get("/inbox/phone/2").get_data(as_text=True)
    found = re.search(r'name="item" value="(\d+)"', page)
    assert found
    form = {"item": found.group(1), "do": "resolve", "back": "/inbox"}
    refused = browser_client.post("/inbox/items", data={**form, "outcome": ""}, follow_redirects=True).get_data(as_text=True)
    assert "Choose what came of it" in refused
    assert "Wants a call" in refused
    done = browser_client.post("/inbox/items", data={**form, "outcome": "called"}, follow_redirects=True).get_data(as_text=True)
    assert "Wants a call" not in done


def test_nobody_texts_a_phone_that_opted_out_or_may_be_watched(browser_client: FlaskClient) -> None:
    """The reply box refuses, with words."""
    text(browser_client, 2, "STOP")
    refused = browser_client.post("/inbox/phone/2/reply", data={"text": "hello"}, follow_redirects=True).get_data(as_text=True)
    assert "opted out" in refused
    text(browser_client, 1, "my husband hits me")
    refused = browser_client.post("/inbox/phone/1/reply", data={"text": "hello"}, follow_redirects=True).get_data(as_text=True)
    assert "do not text" in refused


def test_patients_words_are_text_on_every_page(browser_client: FlaskClient) -> None:
    """Markup in a message is shown, never run (W-28)."""
    shown = text(browser_client, 1, SCRIPT)
    inbox, talk = (browser_client.get(url).get_data(as_text=True) for url in ("/inbox", "/inbox/phone/1"))
    assert all(SCRIPT not in page for page in (shown, inbox, talk))


def test_another_site_cannot_send_forms(browser_client: FlaskClient) -> None:
    """The demo has no accounts, so the origin is checked."""
    answer = browser_client.post("/demo/1/text", data={"body": "yes"}, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403


def test_the_clock_can_be_moved_and_set_back(browser_client: FlaskClient, pages: Flask) -> None:
    """A day later the visits are a day nearer."""
    wired: Wired = pages.extensions["attend"]
    before = wired.bot.clock()
    browser_client.post("/demo/clock", data={"by": "1d", "phone": "1"})
    assert (wired.bot.clock() - before).days >= 1
    browser_client.post("/demo/clock", data={"by": "", "phone": "1"})
    assert (wired.bot.clock() - before).days == 0


def test_after_the_clock_was_moved_the_page_tells_whose_phone_got_what_and_who_wrote_back(
    browser_client: FlaskClient, pages: Flask
) -> None:
    """Reminders of all patients, whoever's phone is looked at; back at "now" there is nothing to tell."""
    wired: Wired = pages.extensions["attend"]
    clock: DemoClock = wired.bot.clock  # type: ignore[assignment]
    assert "Since the clock was moved" not in browser_client.get("/demo").get_data(as_text=True)
    for _ in range(7 * 24):  # at night nothing goes
        moved = browser_client.post("/demo/clock", data={"by": "1h", "phone": "1"}, follow_redirects=True).get_data(as_text=True)
        assert "Nothing has come or gone since." in moved
        while plan_due(wired.bot):
            pass
        if send_waiting(wired.bot, wired.channel) > 1:
            break
    with wired.bot.store.session() as session:
        sent = select(CommunicationRow).where(CommunicationRow.direction == "outbound", CommunicationRow.at >= clock.jumped_at)
        texts = [(row.phone_id, row.body) for row in session.scalars(sent.where(CommunicationRow.status != "queued"))]
    assert len(texts) > 1
    text(browser_client, 2, "yes, I will come")
    told = unescape(browser_client.get("/demo/went").get_data(as_text=True))
    assert all(f"/demo?phone={phone}" in told and body[:60] in told for phone, body in texts)
    assert told.index("wrote") < told.index("got a text")
    browser_client.post("/demo/clock", data={"by": "", "phone": "1"})
    assert "Since the clock was moved" not in browser_client.get("/demo").get_data(as_text=True)


@pytest.fixture
def served(pages: Flask) -> Iterator[str]:
    """The demo over HTTP."""
    with serving(pages) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_a_person_uses_phone_and_inbox_in_a_browser(served: str, width: int, tmp_path: Path) -> None:
    """Texts in two languages, reads the answers, finds the item, resolves it; nothing fails in the browser's console."""
    errors: list[str] = []
    with chromium() as browser:
        page = new_page(browser, errors, viewport={"width": width, "height": 900})
        page.goto(f"{served}/demo?phone=1")
        page.get_by_label("Message").fill("yes, and where do I park?")
        follow(page.get_by_label("Message"), "Enter")
        page.get_by_text("Parking behind the building is free").wait_for()
        page.goto(f"{served}/demo?phone=3")
        page.get_by_label("Message").fill("quiero hablar con una persona")
        follow(page.get_by_role("button", name="Send", exact=True))
        page.get_by_text("Una coordinadora le llamará").wait_for()
        page.goto(f"{served}/inbox")
        follow(page.get_by_role("link", name="Wants a call"))
        page.get_by_text("Why the bot did this").last.click()
        page.get_by_text("They want a person.").last.wait_for()
        assert page.evaluate(FITS)
        page.get_by_label("What came of it").select_option("called")
        follow(page.get_by_role("button", name="Close", exact=True))
        page.get_by_text("Nothing open.").wait_for()
    assert errors == []
