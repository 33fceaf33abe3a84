"""The browser of the tests: a page is whole before a test goes on with it."""

from __future__ import annotations

import time

import pytest
from flask import Flask, Response

from tests.chromium import chromium, follow, new_page
from tests.conftest import serving

SLOW = 0.7  # seconds that the style takes, as on a machine that stands still


@pytest.mark.slow
def test_a_page_that_is_followed_to_has_its_style_without_scripts_too() -> None:
    """Else a button moves away from under the click: without scripts nothing else waits for a style sheet."""
    app, errors = Flask(__name__), list[str]()

    @app.get("/")
    def first() -> str:
        return '<a href="/second">on</a>'

    @app.get("/second")
    def second() -> str:
        return '<link rel="stylesheet" href="/slow.css"><p>there</p>'

    @app.get("/slow.css")
    def style() -> Response:
        time.sleep(SLOW)
        return Response("p { margin-top: 3000px }", mimetype="text/css")

    with serving(app) as port, chromium() as browser:
        page = new_page(browser, errors, java_script_enabled=False)
        page.goto(f"http://127.0.0.1:{port}/")
        follow(page.get_by_role("link", name="on"))
        assert page.get_by_text("there").bounding_box()["y"] > 2000
