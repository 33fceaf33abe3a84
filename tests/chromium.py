"""Debian's Chromium for tests. Whatever a click or a key leads to is waited for: what the tests ask then is asked of that page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import expect, sync_playwright

from tests.patience import LONG

PATIENCE = 1000 * LONG  # milliseconds
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FITS = "document.documentElement.scrollWidth <= innerWidth"
expect.set_options(timeout=PATIENCE)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            timeout=PATIENCE,
        )
        yield browser
        browser.close()


def new_page(browser: Any, errors: list[str], **options: Any) -> Any:
    """A page with cookies of its own; what fails in its console goes to `errors`."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page


@contextmanager
def next_page(page: Any) -> Iterator[None]:
    """What is done meanwhile opens another page; at the end that one is read, its script has run, and it has its style."""
    with page.expect_event("domcontentloaded"):
        yield
    page.wait_for_load_state("load")  # without scripts a page is read before its style is there, and then moves under a click


def follow(target: Any, key: str = "") -> None:
    """Clicks on what opens another page, or presses a key there, and waits for that page."""
    with next_page(target.page):
        if key:
            target.press(key)
        else:
            target.click()
