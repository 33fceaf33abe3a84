"""Every page of the URL map in Debian's Chromium: axe finds no violation, and nothing is wider than the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from flask import Flask

from bot.store.account_models import UserRow
from tests.inbox.conftest import Desk
from tests.inbox.test_browser import busy_day, chromium
from tests.inbox.test_every_word import MORE, a_day, addresses, values_of
from tests.staff import PASSWORD, hire
from tests.world import Clock

pytestmark = pytest.mark.slow
FILES = (".svg", ".csv", "/thread", "/mark", "/next", "/went")  # no pages of their own
CHOSEN = ("/inbox/phone/9/move/10?slot=270",)  # what the patient will be told
UNFOLD = "document.querySelectorAll('main details').forEach((each) => { each.open = true; })"


def wrong(page: Any, here: str, paths: Iterable[str], *, least: int = 1) -> list[str]:
    """What axe finds on these pages, with everything unfolded, and which of them are wider than the screen. least: so many."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only this test needs it

    found, seen = [], 0
    for path in paths:
        answer = page.goto(here + path, wait_until="domcontentloaded")
        if answer.status == 404:  # a visit and a phone that do not belong together
            continue
        seen += 1
        page.evaluate(UNFOLD)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path}: wider than the screen")
        for each in Axe().run(page).response["violations"]:
            node = each["nodes"][0]
            found.append(f"{path}: {each['id']}: {node['html'][:150]}: {node.get('failureSummary')}")
    assert seen >= least
    return found


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (390, "en"), (820, "es")])
def test_axe_finds_no_violation_on_any_page(desk: Desk, served: str, width: int, language: str) -> None:
    """WCAG 2.2 AA after a busy day, on a desk's screen, a phone and a tablet; a new route is looked at without being named here."""
    a_day(desk)
    busy_day(desk)
    with desk.bot.store.begin() as session:
        session.get_one(UserRow, 1).language = language
    paths = [path for path in [*addresses(desk.app, values_of(desk)), *MORE] if not path.endswith(FILES)]
    with chromium() as browser:
        page = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True).new_page()
        assert wrong(page, served, [*paths, *CHOSEN], least=50) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_violation_on_the_way_in_and_among_accounts(app: Flask, live: int, clock: Clock, width: int) -> None:
    """Signing in by the forms, one's own account, the administrators' page, and pages that are not for everybody."""
    admin, here = hire(app, "admin"), f"http://127.0.0.1:{live}"
    with chromium() as browser:
        page = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True).new_page()
        found = wrong(page, here, ["/account/login", "/account/invitation"])
        page.goto(f"{here}/account/login")
        page.get_by_label("Email").fill(admin.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        found += wrong(page, here, ["/account/code"])
        page.get_by_label("Six digits").fill(admin.code(clock))
        page.get_by_label("Six digits").press("Enter")
        page.get_by_role("heading", name="Inbox").wait_for()
        found += wrong(page, here, ["/account", "/admin", "/inbox", "/inbox/closing", "/inbox/catch-up"])
    assert found == []
