"""Coordinators at work in Debian's Chromium: two at once, by keyboard alone, without JavaScript, on three widths, and axe's opinion."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bot.delivery.sender import send_waiting
from bot.delivery.worker import index_words
from bot.store.models import CommunicationRow
from bot.store.work_models import ActionRow
from bot.web.wiring import Wired
from tests.chromium import FITS, PATIENCE, chromium, follow, new_page, next_page
from tests.inbox.conftest import Desk, act
from tests.patience import until

pytestmark = pytest.mark.slow
ONE_LINE = 30  # pixels; two lines of the list's times are 38


def sit_down(browser: Any, served: str, actor: int, errors: list[str], **options: Any) -> Any:
    """A page of its own on which that coordinator works."""
    page = new_page(browser, errors, viewport={"width": 1280, "height": 900}, **options)
    page.context.request.post(f"{served}/inbox/me", form={"actor": str(actor)}, timeout=PATIENCE)
    page.goto(f"{served}/inbox")
    return page


def busy_day(desk: Desk) -> None:
    """Texts of every kind."""
    for phone, words in (
        (2, "can I come Thursday afternoon instead? I have no ride"),
        (3, "me duele el pecho y no puedo respirar"),
        (5, "1 yes 2 no, please call me"),
        (7, "please have somebody call me"),
        (9, "Tôi không có xe đi"),
        (10, "أريد أن أتحدث مع شخص"),
    ):
        desk.text(phone, words)
    act(desk.ben, 2, "note", words="Cousin may drive.")
    desk.ana.post("/inbox/views", data={"do": "save", "name": "Rides", "kind": "barrier"})
    act(desk.ana, 2, "note", words="@Ben do you know a driver?")
    act(desk.ben, 5, "reply", text="A taxi is booked.", at=f"{desk.bot.clock() + timedelta(days=1):%Y-%m-%d}T12:00")
    text = next(row for row in desk.rows(CommunicationRow) if row.phone_id == 9 and row.direction == "inbound")
    desk.ben.post(f"/inbox/text/{text.id}/correct", data={"means": ["barrier.transport"]})


def test_two_coordinators_reach_for_the_same_patient(desk: Desk, served: str) -> None:
    """Ben sees Ana's lock within seconds without reloading, is refused, and gets the patient when she lets go."""
    desk.text(7, "please have somebody call me")
    errors: list[str] = []
    with chromium() as browser:
        ana, ben = (sit_down(browser, served, number, errors) for number in (1, 2))
        follow(ana.get_by_role("button", name="Claim Owen Park"))
        ana.get_by_text("You have this conversation").wait_for()
        ben.get_by_text("Ana Torres has it").wait_for()
        follow(ben.get_by_role("link", name="Wants a call"))
        ben.get_by_text("Ana Torres has this conversation.").wait_for()
        expect(ben.get_by_role("button", name="Send", exact=True)).to_be_disabled()
        ana.get_by_text("Ben Carter has it open too").wait_for()
        left = ben.locator("[data-left]").first
        before = left.inner_text()
        until(lambda: left.inner_text() < before)
        follow(ana.get_by_role("button", name="Let go"))
        follow(ben.get_by_role("button", name="Claim for 5 minutes"))
        ben.get_by_text("You have this conversation").wait_for()
    assert errors == []


def test_taking_over_while_the_bot_would_answer(desk: Desk, served: str) -> None:
    """The patient's next text finds the bot silent, arrives on the open page by itself, and the coordinator's words arrive."""
    errors: list[str] = []
    wired: Wired = desk.app.extensions["attend"]
    with chromium() as browser:
        ana = sit_down(browser, served, 1, errors)
        ana.goto(f"{served}/inbox/phone/1", wait_until="domcontentloaded")
        with next_page(ana):
            ana.keyboard.press("t")
        ana.get_by_text("The bot is paused").wait_for()
        desk.text(1, "yes I will be there")
        ana.locator(".timeline").get_by_text("yes I will be there").wait_for()
        assert ana.get_by_text("You are confirmed").count() == 0
        ana.keyboard.press("r")
        ana.keyboard.type("Hello, this is Ana. Reply CANCEL?")
        ana.get_by_text("CANCEL: carriers act on this word").wait_for()
        ana.locator("#text").fill("Hello, this is Ana.")
        ana.get_by_text("1 text (19 characters)").wait_for()
        follow(ana.get_by_role("button", name="Send", exact=True))
        ana.get_by_text("free text, not reviewed").wait_for()
        send_waiting(wired.bot, wired.channel)
        ana.locator(".status.delivered").last.wait_for()
    assert errors == []


def press(page: Any, *keys: str) -> None:
    """Presses keys one after the other, of which none but the last one leads away."""
    for key in keys:
        page.keyboard.press(key)


def test_a_shift_by_keyboard_alone(desk: Desk, served: str) -> None:
    """From the list through a claim to an outcome; “?” lists the keys, and they can be switched off."""
    busy_day(desk)
    errors: list[str] = []
    with chromium() as browser:
        ana = sit_down(browser, served, 1, errors)
        ana.keyboard.press("?")
        ana.get_by_text("claim: yours for five minutes").wait_for()
        press(ana, "Escape", "j", "j", "j", "k")
        with next_page(ana):
            ana.keyboard.press("c")
        ana.get_by_text("You have this conversation").wait_for()
        expect(ana).to_have_title(re.compile("Marcus Reed"))
        with next_page(ana):
            press(ana, "e", "D", "Tab", "Tab", "Enter")
        ana.get_by_text("1 item closed.").wait_for()
        for key, address in (("u", "/inbox$"), ("2", "whose=mine"), ("1", "whose=all")):
            with next_page(ana):
                ana.keyboard.press(key)
            expect(ana).to_have_url(re.compile(address))
        press(ana, "j", "x", "j", "x")
        expect(ana.locator(":checked[name=item]")).to_have_count(2)
        ana.locator("#keys summary").click()
        ana.get_by_label("Single keys are on").uncheck()
        press(ana, "Escape", "?", "2")
        expect(ana.get_by_label("Single keys are on")).to_be_hidden()
        expect(ana).to_have_url(re.compile("whose=all"))
    assert errors == []


def test_everything_works_without_javascript(desk: Desk, served: str) -> None:
    """Filter, claim, count a draft, reply, note, assign, close, undo, switch."""
    busy_day(desk)
    with chromium() as browser:
        ana = sit_down(browser, served, 1, [], java_script_enabled=False)
        ana.locator("select[name=language]").select_option("vi")
        follow(ana.get_by_role("button", name="Show", exact=True))
        expect(ana.locator(".items .item")).to_have_count(1)
        follow(ana.get_by_role("button", name="Claim Nguyễn Linh"))
        ana.get_by_label("Reply in Vietnamese").fill("x" * 200)
        follow(ana.get_by_role("button", name="Count and check"))
        ana.get_by_text("2 texts (200 characters)").wait_for()
        expect(ana.get_by_label("Reply in Vietnamese")).to_have_value("x" * 200)
        follow(ana.get_by_role("button", name="Send Your ride is arranged"))
        ana.get_by_text("The bot is paused").wait_for()
        ana.get_by_text("Hand on or snooze").click()
        ana.get_by_label("Whose").select_option(value="2")
        follow(ana.get_by_role("button", name="Assign"))
        ana.get_by_text("1 item assigned.").wait_for()
        ana.get_by_label("What came of it").select_option("answered")
        follow(ana.get_by_role("button", name="Close", exact=True))
        follow(ana.get_by_role("button", name="Undo"))
        ana.get_by_text("1 item open again.").wait_for()
        ana.get_by_label("You are").select_option(label="Ben Carter")
        follow(ana.get_by_role("button", name="Switch"))
        ana.get_by_text("Ana Torres is working on this conversation").wait_for()


def test_a_reply_for_later_a_paper_and_a_view_without_javascript(desk: Desk, served: str) -> None:
    """Planned, taken back and used again; ticked; kept under a name."""
    busy_day(desk)
    with chromium() as browser:
        ana = sit_down(browser, served, 1, [], java_script_enabled=False)
        ana.goto(f"{served}/inbox/phone/7")
        ana.get_by_label("Reply in English").fill("A taxi is booked.")
        ana.get_by_text("Send later").click()
        follow(ana.get_by_role("button", name="Send then"))
        ana.locator(".planned").get_by_text("A taxi is booked.").wait_for()
        follow(ana.get_by_role("button", name="Take it back"))
        follow(ana.get_by_role("link", name="Use these words again"))
        expect(ana.get_by_label("Reply in English")).to_have_value("A taxi is booked.")
        ana.goto(f"{served}/inbox/phone/2")
        follow(ana.get_by_role("button", name="Is here insurance"))
        ana.get_by_text("✓ Insurance").wait_for()
        ana.goto(f"{served}/inbox?whose=all&language=vi")
        ana.get_by_label("Name of this view").fill("Vietnamese")
        follow(ana.get_by_role("button", name="Keep", exact=True))
        ana.get_by_role("link", name="Vietnamese").wait_for()


def test_a_reply_is_planned_by_keyboard_alone(desk: Desk, served: str) -> None:
    """Written, then “l”, the hour, and there it stands; a view of one's own is a key away."""
    busy_day(desk)
    errors: list[str] = []
    with chromium() as browser:
        ana = sit_down(browser, served, 1, errors)
        with next_page(ana):
            ana.keyboard.press("6")
        expect(ana).to_have_url(re.compile("kind=barrier"))
        ana.goto(f"{served}/inbox/phone/7", wait_until="domcontentloaded")
        ana.keyboard.press("r")
        ana.keyboard.type("A taxi is booked.")
        with next_page(ana):
            press(ana, "Escape", "l", "Tab", "Tab", "Enter")
        ana.locator(".planned").get_by_text("A taxi is booked.").wait_for()
    assert errors == []


def test_a_visit_is_moved_by_keyboard_alone(desk: Desk, served: str) -> None:
    """From the conversation to the free times, to what the patient will be told, and back."""
    errors: list[str] = []
    with chromium() as browser:
        ana = sit_down(browser, served, 1, errors)
        ana.goto(f"{served}/inbox/phone/9", wait_until="domcontentloaded")
        with next_page(ana):
            ana.keyboard.press("m")
        ana.get_by_role("heading", name="Move the visit").wait_for()
        with next_page(ana):
            press(ana, "j", "j", "k", "j", "o")
        ana.locator(".causes [lang=vi]").first.wait_for()
        with next_page(ana):
            ana.keyboard.press("u")
        ana.get_by_role("heading", name="Move the visit").wait_for()
        follow(ana.get_by_role("link", name="More times"))
        ana.get_by_role("link", name="Earlier times").wait_for()
        with next_page(ana):
            press(ana, "j", "Enter")
        follow(ana.get_by_role("button", name="Move the visit as the patient asked"), "Enter")
        ana.get_by_text("The visit is moved. The patient is told by text.").wait_for()
    assert errors == []


def test_visits_are_booked_and_called_off_without_javascript(desk: Desk, served: str) -> None:
    """Links and forms alone; a colleague reads who has the conversation, and cannot press."""
    with chromium() as browser:
        ana, ben = (sit_down(browser, served, number, [], java_script_enabled=False) for number in (1, 2))
        ana.goto(f"{served}/inbox/phone/7")
        follow(ana.get_by_role("link", name="Book a visit"))
        follow(ana.get_by_role("link", name="lab"))
        follow(ana.locator(".slots a").first)
        follow(ana.get_by_role("button", name="Book a visit as a change of the clinic"))
        ana.get_by_text("The visit is booked. The patient is told by text.").wait_for()
        ben.goto(f"{served}/inbox/phone/7")
        follow(ben.get_by_role("link", name="Call off"))
        ben.get_by_text("is working on this conversation").wait_for()
        expect(ben.get_by_role("button", name="Call off the visit as a change of the clinic")).to_be_disabled()
        follow(ana.get_by_role("link", name="Call off"))
        follow(ana.get_by_role("button", name="Call off the visit as the patient asked"))
        ana.get_by_text("The visit is called off. The patient is told by text.").wait_for()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_search_is_narrowed_by_a_form(desk: Desk, served: str, scripts: bool) -> None:
    """With and without a script, on a phone too, and axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only these tests need it

    busy_day(desk)
    index_words(desk.bot)
    with chromium() as browser:
        ana = sit_down(browser, served, 1, [], java_script_enabled=scripts, bypass_csp=scripts)
        ana.get_by_label("Search names, numbers, words").fill("please")
        with next_page(ana):
            ana.keyboard.press("Enter")
        ana.get_by_role("heading", name="2 conversations").wait_for()
        form = ana.get_by_role("form", name="Narrow the search")
        form.get_by_label("About").select_option(label="Wants a call")
        form.locator("select[name=language]").select_option("en")
        form.get_by_label("Conversations").select_option(label="with something to do")
        form.get_by_label("Texts from").fill("2026-01-01")
        follow(form.get_by_role("button", name="Search"))
        ana.get_by_role("link", name="Owen Park").wait_for()
        expect(form.get_by_label("Texts from")).to_have_value("2026-01-01")
        if scripts:
            assert [each["id"] for each in Axe().run(ana).response["violations"]] == []
            ana.set_viewport_size({"width": 390, "height": 900})
            assert ana.evaluate(FITS)
        form.get_by_label("to", exact=True).fill("2026-01-02")
        follow(form.get_by_role("button", name="Search"))
        ana.get_by_role("heading", name="0 conversations").wait_for()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_coordinator_who_has_never_seen_yaml_changes_the_settings(desk: Desk, served: str, scripts: bool, tmp_path: Path) -> None:
    """A holiday, an answer with its preview, a mistake beside its field, a reminder with what it changes, and one click back."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only these tests need it

    errors: list[str] = []
    with chromium() as browser:
        ana = sit_down(browser, served, 1, errors, java_script_enabled=scripts, bypass_csp=scripts)

        def looked(name: str) -> None:
            ana.screenshot(path=tmp_path / f"{name}.png", full_page=True)
            if scripts:
                assert [each["id"] for each in Axe().run(ana).response["violations"]] == [], name
                ana.set_viewport_size({"width": 390, "height": 900})
                assert ana.evaluate(FITS), name
                ana.set_viewport_size({"width": 1280, "height": 900})

        follow(ana.get_by_role("link", name="Settings"))
        follow(ana.get_by_role("link", name="Hours and holidays"))
        ana.get_by_label("Another holiday").fill("2027-07-05")
        follow(ana.get_by_role("button", name="One more holiday"))
        ana.get_by_label("Another holiday").fill("2027-09-06")
        follow(ana.get_by_role("button", name="Remove holiday 1"))
        ana.get_by_role("group", name="Friday").get_by_label("to").fill("07:00")
        follow(ana.get_by_role("button", name="Preview").last)
        ana.get_by_role("group", name="Friday").get_by_text("must end after it begins").wait_for()
        looked("mistake")
        ana.get_by_role("group", name="Friday").get_by_label("to").fill("15:00")
        follow(ana.get_by_label("A promised answer is late after"), "Enter")
        follow(ana.get_by_role("button", name="Save"))
        ana.get_by_text("Saved. Patients get it from now on.").wait_for()
        assert date(2027, 9, 6) in desk.bot.clinic.holidays
        follow(ana.get_by_role("link", name="Settings").first)
        follow(ana.get_by_role("link", name="Answers to questions"))
        follow(ana.get_by_role("link", name="Where to park"))
        ana.get_by_label("Arabic").fill("الموقف خلف المبنى.")
        follow(ana.get_by_role("button", name="Preview").last)
        ana.locator(".sample [lang=ar][dir=rtl]").wait_for()
        looked("preview")
        follow(ana.get_by_role("button", name="Go on editing"))
        expect(ana.get_by_label("Arabic")).to_have_value("الموقف خلف المبنى.")
        follow(ana.get_by_role("button", name="Preview").last)
        follow(ana.get_by_role("button", name="Save"))
        looked("saved")
        follow(ana.get_by_role("button", name="Undo the last change"))
        ana.get_by_text("Taken back.").wait_for()
        assert desk.bot.clinic.clinic.answers == desk.bot.current.file.clinic.answers
        ana.goto(f"{served}/inbox/settings/reminders")
        ana.locator("summary", has_text="7 days before the visit").first.click()
        ana.get_by_role("group", name="week").first.get_by_label("How many").fill("6")
        follow(ana.get_by_role("button", name="Preview").last)
        ana.get_by_role("heading", name="Reminders of the next seven days").wait_for()
        looked("reminders")
        follow(ana.get_by_role("button", name="Save"))
        assert desk.bot.clinic.cadence.steps("any")[0].ahead == timedelta(days=6)
    assert [error for error in errors if "422" not in error] == []  # the browser notes the refused form


@pytest.mark.parametrize("width", [390, 1280])
def test_no_time_in_the_list_is_broken_into_two_lines(width: int, desk: Desk, served: str) -> None:
    """Until when, the visit and whose it is stand side by side, or below each other, whoever has the item."""
    busy_day(desk)
    act(desk.ben, 9, "claim")
    errors: list[str] = []
    with chromium() as browser:
        ana = sit_down(browser, served, 1, errors)
        ana.set_viewport_size({"width": width, "height": 900})
        times = ana.locator(".items .times span")
        assert times.count() > 5
        assert [each.inner_text() for each in times.all() if each.bounding_box()["height"] > ONE_LINE] == []
        assert ana.evaluate(FITS)
    assert errors == []


def test_on_a_phone_the_frame_takes_two_lines(desk: Desk, served: str) -> None:
    """The page one is on stands in the row of pages, the last one is reached by keyboard, and the search has room to write in."""
    errors: list[str] = []
    with chromium() as browser:
        ana = sit_down(browser, served, 1, errors)
        ana.set_viewport_size({"width": 390, "height": 844})
        for path, name in (("/inbox", "Inbox"), ("/inbox/settings", "Settings")):
            ana.goto(f"{served}{path}")
            assert ana.locator("header").bounding_box()["height"] < 100
            expect(ana.get_by_role("navigation", name="Pages").get_by_role("link", name=name)).to_be_in_viewport(ratio=1)
        last = ana.get_by_role("navigation", name="Pages").get_by_role("link").last
        last.focus()
        expect(last).to_be_in_viewport(ratio=1)
        before = ana.get_by_role("searchbox").bounding_box()["width"]
        ana.keyboard.press("Tab")
        expect(ana.get_by_role("searchbox")).to_be_focused()
        assert ana.get_by_role("searchbox").bounding_box()["width"] > 2 * before
        assert ana.evaluate(FITS)
    assert errors == []


def test_a_double_click_on_any_button_does_it_once(desk: Desk, served: str) -> None:
    """The second click comes while the answer to the first is on its way; other words in the same form go."""
    errors: list[str] = []
    with chromium() as browser:
        ana = sit_down(browser, served, 1, errors)
        ana.goto(f"{served}/inbox/phone/7")
        for words in ("Phoned the pharmacy.", "They have it."):
            ana.keyboard.press("n")
            ana.get_by_label("Note, for staff alone").fill(words)
            box = ana.get_by_role("button", name="Write the note").bounding_box()
            ana.mouse.move(box["x"] + 9, box["y"] + 9)
            for _ in range(2):
                ana.mouse.down()
                ana.mouse.up()
                ana.wait_for_timeout(60)
            ana.locator(".note", has_text=words).wait_for()
        ana.wait_for_timeout(500)
    assert [row.words for row in desk.rows(ActionRow, ActionRow.kind == "note")] == ["Phoned the pharmacy.", "They have it."]
    assert not errors
