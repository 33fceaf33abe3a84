"""A new colleague's first day in Debian's Chromium: invitation, second factor, signing out and in, the administrators' page."""

from __future__ import annotations

from pathlib import Path

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import expect

from bot.accounts import people
from bot.accounts.types import Accounts
from bot.core import Bot
from tests.chromium import chromium, follow, new_page
from tests.conftest import serving
from tests.staff import PASSWORD
from tests.world import Clock

pytestmark = pytest.mark.slow
# What a screen reader and a thumb need: a name for each field, one first heading, no target smaller than WCAG 2.2 asks for (24 px).
AUDIT = """() => {
  const shown = (each) => each.getClientRects().length > 0;
  const found = [];
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!field.labels.length) found.push("no label: " + field.name);
  for (const target of document.querySelectorAll("main button, main input:not([type=hidden]), main select"))
    if (shown(target) && (target.offsetHeight < 24 || target.offsetWidth < 24)) found.push("small: " + target.outerHTML);
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  if (document.documentElement.scrollWidth > innerWidth) found.push("wider than the screen");
  for (const picture of document.querySelectorAll("main svg"))
    if (!picture.viewBox.baseVal.width) found.push("a picture that is cut where it does not fit");
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  if (new Set(ids).size !== ids.length) found.push("an id twice");
  for (const each of document.querySelectorAll("[aria-describedby]"))
    for (const id of each.getAttribute("aria-describedby").split(" "))
      if (!document.getElementById(id)) found.push("described by nothing: " + id);
  return found;
}"""


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (360, True), (360, False)])
def test_a_colleague_comes_in(app: Flask, clock: Clock, width: int, scripts: bool, tmp_path: Path) -> None:
    """With and without JavaScript, on a desk's screen and on a phone's; nothing fails in the browser's console."""
    bot: Bot = app.extensions["attend"].bot
    accounts = Accounts(store=bot.store, clinic_id=bot.clinic_id, clock=bot.clock)
    code, errors = people.invite(accounts, email="rosa@clinic.example", role="admin", by=None), list[str]()
    with serving(app) as port, chromium() as browser:
        page = new_page(browser, errors, viewport={"width": width, "height": 800}, java_script_enabled=scripts)
        here = f"http://127.0.0.1:{port}"

        def looked(name: str) -> None:
            page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
            if scripts:
                assert page.evaluate(AUDIT) == [], name

        page.goto(f"{here}/account/invitation#{code}")
        if scripts:
            expect(page.get_by_label("Invitation code")).to_have_value(code)
            expect(page).to_have_url(f"{here}/account/invitation")
        else:
            page.get_by_label("Invitation code").fill(code)
        page.get_by_label("Your name").fill("Rosa Diaz")
        page.get_by_label("Choose a password").fill(PASSWORD)
        looked("invitation")
        follow(page.get_by_role("button", name="Go on"))
        expect(page.locator(".qr svg")).to_be_visible()
        secret = page.locator(".key").inner_text().replace(" ", "")
        looked("second_factor")
        page.get_by_label("Six digits").fill(pyotp.TOTP(secret).at(clock.now))
        follow(page.get_by_role("button", name="Finish"))
        expect(page.locator(".codes li")).to_have_count(10)
        looked("recovery")
        follow(page.get_by_role("link", name="to the inbox"))
        page.get_by_role("heading", name="Inbox").wait_for()
        follow(page.get_by_role("button", name="Sign out"))

        page.goto(f"{here}/admin")
        page.get_by_label("Email").fill("rosa@clinic.example")
        page.get_by_label("Password").fill("not this one")
        follow(page.get_by_label("Password"), "Enter")
        page.get_by_role("alert").wait_for()
        looked("refused")
        page.get_by_label("Password").fill(PASSWORD)
        follow(page.get_by_label("Password"), "Enter")
        clock.now = clock.now.replace(minute=clock.now.minute + 1)
        looked("code")
        page.get_by_label("Six digits").fill(pyotp.TOTP(secret).at(clock.now))
        follow(page.get_by_label("Six digits"), "Enter")
        page.get_by_role("heading", name="People").wait_for()
        page.get_by_label("Email").fill("ben@clinic.example")
        page.get_by_label("Role", exact=True).select_option("nurse")
        follow(page.get_by_role("button", name="Make a link"))
        page.get_by_text("/account/invitation#").wait_for()
        looked("people")
        follow(page.get_by_role("link", name="Rosa Diaz"))
        page.get_by_role("heading", name="Rosa Diaz").wait_for()
        looked("account")
    assert [error for error in errors if "422" not in error] == []  # the browser notes the refused password
