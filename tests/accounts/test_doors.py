"""How the pages are reached: headers, cookies, proxies, settings that stop the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from bot.accounts.limits import PER_ADDRESS
from bot.errors import SettingsError
from bot.settings import Settings, read_settings
from tests.conftest import KEY, application_on, serving
from tests.staff import HERE, PASSWORD, Browser, hire
from tests.world import Clock

NewBrowser = Callable[[], Browser]
BIG = "9" * 5000
PAGES = ("/account/login", "/inbox", "/account", "/admin", "/no-such-page", "/inbox/phone/999999")


def test_every_page_forbids_foreign_scripts_frames_and_caches(app: Flask, browser: NewBrowser) -> None:
    """Error pages too."""
    page = browser().enter(app, hire(app, "admin"))
    for path in PAGES:
        headers = page.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self'; frame-ancestors 'self'")
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_the_cookie_is_the_hosts_own_secret_and_secure(settings: Settings, clock: Clock) -> None:
    """By https: no script reads it, no other host or plain connection sets it, no other site sends it with a form."""
    with application_on(replace(settings, public_url="https://texts.example.org"), clock) as app:
        answer = app.test_client().get("/account/login", base_url="https://texts.example.org")
        (cookie,) = answer.headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-attend=")
        assert set(cookie.split("; ")[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_on_this_machine_no_https_is_asked_for(browser: NewBrowser) -> None:
    """A browser would keep a secure cookie from a plain address."""
    answer = browser().get("/account/login").headers
    assert answer["Set-Cookie"].startswith("attend=")
    assert "Secure" not in answer["Set-Cookie"]
    assert "Strict-Transport-Security" not in answer


@pytest.mark.parametrize(
    "path",
    ["/inbox?%00=%ff", "/inbox?" + "a" * 3000, "/%ff", "/inbox/phone/2147483648", f"/inbox/phone/{BIG}", f"/inbox?page={BIG}",
     f"/inbox/phone/7?again={BIG}", f"/inbox/pictures?days={BIG}"],
    ids=lambda path: path[:40],
)  # fmt: skip
def test_no_address_breaks_the_guard(app: Flask, browser: NewBrowser, path: str) -> None:
    """Whatever stands in it, one is asked to sign in or told that there is nothing."""
    assert browser().get(path).status in (303, 404)
    assert browser().enter(app, hire(app)).get(path).status in (200, 404)
    raw = app.test_client().get("/inbox", environ_overrides={"QUERY_STRING": "q=\xff\xfe"}, headers={"Accept": "text/html"})
    assert raw.status_code == 303


def test_the_bare_address_leads_to_the_inbox(browser: NewBrowser) -> None:
    """People type it."""
    assert browser().get("/").location == "/inbox"


@pytest.mark.parametrize("public", ["", "http://texts.example.org", "http://localhost.example.org", "http://127.0.0.1.example.org"])
def test_nobody_signs_in_over_an_open_line(public: str) -> None:
    """The start names the setting, and what to do."""
    with pytest.raises(SettingsError, match=r"STAFF_PAGES is on.*set PUBLIC_URL to the https:// address, or STAFF_PAGES=off"):
        read_settings({"ATTEND_KEY": KEY, "PUBLIC_URL": public})
    assert not read_settings({"ATTEND_KEY": KEY, "PUBLIC_URL": public, "STAFF_PAGES": "off"}).staff_pages


@pytest.mark.parametrize("public", ["https://texts.example.org", HERE, "http://localhost", "http://[::1]:8000/"])
def test_https_and_this_machine_will_do(public: str) -> None:
    """On by default."""
    assert read_settings({"ATTEND_KEY": KEY, "PUBLIC_URL": public}).staff_pages


@pytest.mark.parametrize(("name", "value"), [("STAFF_PAGES", "yes"), ("PROXY_HOPS", "-1"), ("PROXY_HOPS", "one"), ("PROXY_HOPS", "10")])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    """With what it wants."""
    with pytest.raises(SettingsError, match=f"{name} is '{value}'"):
        read_settings({"ATTEND_KEY": KEY, "PUBLIC_URL": HERE, name: value})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hops", "header", "status"),
    [(0, "10.1.1.{0}", 429), (1, "10.1.1.{0}, 10.9.9.9", 429), (1, "10.1.1.1, 10.9.9.{0}", 422), (2, "10.1.1.{0}, 10.9.9.9", 422)],
)
def test_only_our_own_proxies_are_believed(settings: Settings, clock: Clock, hops: int, header: str, status: int) -> None:
    """Who invents an address for each try is still one address; who comes from another is not."""
    with application_on(replace(settings, proxy_hops=hops), clock) as app, serving(app) as port:
        page = Browser(port)
        page.get("/account/login")
        for number in range(PER_ADDRESS + 1):
            said = {"X-Forwarded-For": header.format(number)}
            last = page.post("/account/login", said, email=f"{number}@clinic.example", password="wrong")
        assert last.status == status


def test_pages_can_be_reached_through_a_proxy_that_ends_tls(settings: Settings, clock: Clock) -> None:
    """Browsers name the public origin with each form; the proxy speaks plainly to us."""
    with application_on(replace(settings, public_url="https://texts.example.org", proxy_hops=1), clock) as app, serving(app) as port:
        who, page = hire(app), Browser(port)
        through = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "texts.example.org", "Origin": "https://texts.example.org"}
        page.get("/account/login")
        assert page.post("/account/login", through, email=who.email, password=PASSWORD).location == "/account/code?next=/inbox"
        assert page.post("/account/code", {**through, "Origin": "https://elsewhere.example"}, code=who.code(clock)).status == 403
        page.get("/account/code")
        assert page.post("/account/code", through, code=who.code(clock)).location == "/inbox"
