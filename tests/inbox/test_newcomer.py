"""A new coordinator, told nothing, finds in the demo what matters, by what stands on the pages alone; `scripts/pictures` shows it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app as application
from bot import demo
from bot.delivery.worker import index_words
from tests.chromium import chromium, follow, new_page, next_page
from tests.conftest import serving

pytestmark = pytest.mark.slow
PICTURES = os.environ.get("PICTURES")  # the folder into which the README's pictures go
WIDTH, HEIGHT, TALK = 1280, 760, 793  # of the screen, and of the column in which a conversation stands

CALLED_OFF = "The bot called the visit off, as this clinic lets it"


@pytest.fixture
def opened(tmp_path: Path, bot_parts: Any) -> Iterator[str]:
    """The demo as the README starts it."""
    app = application.create_app()
    wired = demo.make(app, application.wire, demo.demo_settings(tmp_path / "demo.db"), history=demo.HISTORY)
    index_words(wired.bot)  # as the demo's worker does a moment later
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"
    wired.bot.store.engine.dispose()


@pytest.fixture
def page(opened: str) -> Iterator[Any]:
    """A browser at the address that the demo prints."""
    with chromium() as browser:
        page = new_page(browser, [], viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"{opened}/inbox", wait_until="domcontentloaded")
        yield page


@pytest.fixture
def shot(page: Any, tmp_path: Path) -> Any:
    """Takes a picture of what is on the screen, or of its left part alone."""

    def take(name: str, width: int = WIDTH) -> None:
        page.screenshot(path=Path(PICTURES or tmp_path) / f"{name}.png", clip={"x": 0, "y": 0, "width": width, "height": HEIGHT})

    return take


def go(page: Any, name: str) -> None:
    """Follows a link of the line on top."""
    follow(page.get_by_role("navigation", name="Pages").get_by_role("link", name=name))
    page.get_by_role("heading", level=1, name=name).wait_for()


def test_who_needs_help_first(page: Any, shot: Any) -> None:
    """The first line of the first page: what it is, who, in whose words and in English, that nobody has it; a click takes it on."""
    first = page.get_by_role("main").get_by_role("heading", level=2).first
    assert first.inner_text() == "Somebody may be in danger"
    line = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Claim")).first
    for words in ("Medical emergency: call now", "Jean Baptiste", "m pa ka respire", "May be in danger", "nobody has taken it on"):
        assert words in line.inner_text(), words
    shot("inbox")
    follow(line.get_by_role("button", name="Claim Jean Baptiste"))
    page.get_by_role("heading", name="Jean Baptiste").wait_for()
    page.get_by_text("+17165550131").wait_for()
    page.get_by_text("You have this conversation").wait_for()
    page.get_by_text("In English: CALL 911 NOW").wait_for()


def test_why_the_bot_cancelled_a_visit(page: Any, shot: Any) -> None:
    """From the day's page, where a visit was called off, to the words that decided it and the rule."""
    go(page, "Today")
    line = page.get_by_role("listitem").filter(has_text="visit called off")
    assert "أمينة صالح" in line.inner_text()
    follow(line.get_by_role("link", name="Why"))
    page.get_by_text(CALLED_OFF).wait_for()
    why = page.get_by_role("group").filter(has_text=CALLED_OFF).inner_text()
    assert re.search(r"cannot come\n.* sure, what it learned from phrases: .*الموعد", why), why
    page.get_by_text("لا أستطيع المجيء، أرجو إلغاء الموعد", exact=True).wait_for()
    page.get_by_text("In English: Your visit on [when] is called off.").wait_for()
    shot("conversation", TALK)


def test_whoever_looks_at_the_visit_finds_the_same_reason(page: Any) -> None:
    """The search finds the patient, whose visit of the day is struck through, with the reason beside it."""
    page.get_by_label("Search names, numbers, words").fill("أمينة")
    with next_page(page):
        page.keyboard.press("Enter")
    follow(page.get_by_role("link", name="أمينة صالح"))
    follow(page.get_by_role("link", name="Why the bot called it off"))
    page.get_by_text(CALLED_OFF).wait_for()


def test_what_was_promised(page: Any, shot: Any) -> None:
    """The day's page tells who waits for an answer until when, and leads to the text that promised it, with its English."""
    go(page, "Today")
    page.get_by_role("heading", name="Promised: a person will answer").wait_for()
    line = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="What was said to Nguyễn Linh"))
    assert re.search(r"\d:\d\d [AP]M.*, in \d", line.inner_text())
    late = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="What was said to Owen Park"))
    assert re.search(r" late", late.inner_text())
    shot("today")
    follow(line.get_by_role("link", name="What was said"))
    page.get_by_text("The patient was told that a person will answer").wait_for()
    page.get_by_text("A coordinator will get back to you.").last.wait_for()


def test_how_to_answer_in_vietnamese(page: Any, shot: Any) -> None:
    """From the item to a sentence that stands there in both languages; one click, and the text is in the conversation."""
    item = page.get_by_role("link", name=re.compile("Nguyễn Linh"))
    assert "no ride" in item.inner_text()
    follow(item)
    page.get_by_role("link", name="Reply in Vietnamese").click()
    page.get_by_text("Approved sentences in Vietnamese").wait_for()
    sentence = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Send Your ride is arranged"))
    assert "Xe đưa đón đã được sắp xếp" in sentence.inner_text()
    sentence.scroll_into_view_if_needed()
    shot("reply", TALK)
    follow(sentence.get_by_role("button"))
    page.get_by_text("The bot is paused").wait_for()
    sent = page.get_by_role("listitem").filter(has_text="coordinator · ").last
    assert "Sunrise Clinic: Xe đưa đón đã được sắp xếp." in sent.inner_text()
    assert "In English: Your ride is arranged. The driver will call you before." in sent.inner_text()


def test_what_comes_of_it_all(page: Any, shot: Any) -> None:
    """Each picture is drawn, and its numbers stand in a table below it."""
    go(page, "Pictures")
    drawn = page.locator(".pictures img")
    for n in range(drawn.count()):
        drawn.nth(n).scroll_into_view_if_needed()
        page.wait_for_function("n => document.querySelectorAll('.pictures img')[n].naturalWidth > 0", arg=n)
    kept = page.get_by_role("region", name="Promises that a person will answer", exact=True)
    kept.get_by_text("As a table").click()
    kept.get_by_role("columnheader", name="kept in time").wait_for()
    kept.get_by_text("As a table").click()
    page.evaluate("scrollTo(0, 0)")
    shot("pictures")


def test_what_a_patient_gets(page: Any, shot: Any) -> None:
    """The demo's phone answers in the patient's words, beside the inbox."""
    go(page, "Demo phone")
    follow(page.get_by_role("link", name="Marcus Reed"))
    page.get_by_label("Message", exact=True).fill("can I come Thursday afternoon instead? I have no ride")
    follow(page.get_by_label("Message", exact=True), "Enter")
    page.locator("#thread").get_by_text("Thank you for telling us that getting here is hard.").wait_for()
    shot("phone")


def test_what_changes_for_patients_is_seen_before_it_is_saved(page: Any, shot: Any) -> None:
    """An answer in three languages, and the very texts that patients will get."""
    go(page, "Settings")
    follow(page.get_by_role("link", name="Answers to questions"))
    follow(page.get_by_role("link", name="Where to park"))
    for language, words in (
        ("English", "Parking behind the building is free. Please use the entrance on Oak Street."),
        ("Spanish", "El estacionamiento detrás del edificio es gratis. Entre por Oak Street, por favor."),
        ("Arabic", "موقف السيارات خلف المبنى مجاني. المدخل الآن من Oak Street."),
    ):
        page.get_by_label(language, exact=True).fill(words)
    follow(page.get_by_role("button", name="Preview").last)
    page.get_by_role("heading", name="What patients will get").wait_for()
    shot("settings")
