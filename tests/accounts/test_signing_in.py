"""Signing in over real HTTP: password, second factor, lockout, idle logoff (H-09), fixation, forged forms, redirects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.accounts.limits import PER_ACCOUNT, PER_ADDRESS, admit
from bot.accounts.types import Accounts
from bot.settings import Settings
from bot.store.account_models import RecoveryCodeRow, UserRow
from bot.store.models import Base
from tests.conftest import application_on, serving
from tests.staff import PASSWORD, Browser, hire
from tests.world import Clock

NewBrowser = Callable[[], Browser]


def test_password_and_code_open_the_inbox(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Neither alone does."""
    who, page = hire(app), browser()
    page.get("/account/login")
    assert page.post("/account/login", email=who.email, password=PASSWORD).location.startswith("/account/code")
    assert page.get("/inbox").location.startswith("/account/login")
    page.get("/account/code")
    assert page.post("/account/code", code=who.code(clock)).location == "/inbox"
    assert "Inbox" in page.get("/inbox").text


def test_an_email_is_the_same_in_capitals(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Phones begin a line with a capital."""
    who, page = hire(app), browser()
    page.get("/account/login")
    assert page.post("/account/login", email=f" {who.email.capitalize()} ", password=PASSWORD).status == 303


def test_a_code_counts_once(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Who looked over the shoulder comes too late, also with the code before it."""
    who = hire(app)
    before = who.code(clock)
    clock.now += timedelta(seconds=30)
    assert browser().sign_in(who, clock).status == 303
    assert browser().sign_in(who, clock).status == 422
    assert browser().sign_in(who, clock, code=before).status == 422
    clock.now += timedelta(seconds=30)
    assert browser().sign_in(who, clock).status == 303


def test_a_phone_whose_clock_is_half_a_minute_off_is_believed(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """One step either way, no more."""
    who = hire(app)
    for seconds, status in ((-60, 422), (-30, 303), (60, 422), (30, 303)):
        late = Clock()
        late.now = clock.now + timedelta(seconds=seconds)
        assert browser().sign_in(who, clock, code=who.code(late)).status == status


def test_five_wrong_passwords_close_the_account_for_a_while(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """H-09: the right one does not help then; a quarter of an hour later it does."""
    who = hire(app)
    for _ in range(PER_ACCOUNT):
        assert browser().sign_in(who, clock, password="wrong").status == 422
    assert browser().sign_in(who, clock).status == 429
    clock.now += timedelta(minutes=14, seconds=59)
    assert browser().sign_in(who, clock).status == 429
    clock.now += timedelta(seconds=1)
    assert browser().sign_in(who, clock).status == 303


def test_wrong_codes_close_the_account_although_the_password_is_right(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Who knows the password may not try a million codes."""
    who = hire(app)
    for _ in range(PER_ACCOUNT):
        assert browser().sign_in(who, clock, code="000000").status == 422
    assert browser().sign_in(who, clock).status == 429


def test_failures_are_forgotten_when_somebody_signs_in(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Four typing errors a day close nothing."""
    who = hire(app)
    for _ in range(3):
        for _ in range(PER_ACCOUNT - 1):
            browser().sign_in(who, clock, password="wrong")
        assert browser().sign_in(who, clock).status == 303
        clock.now += timedelta(seconds=30)


def test_an_account_that_is_not_there_answers_like_one_that_is(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Nobody learns who works here, not from a closed account either."""
    known, unknown = hire(app), "nobody@clinic.example"
    said: dict[str, list[tuple[int, str]]] = {}
    for email in (known.email, unknown):
        for _ in range(PER_ACCOUNT + 1):
            page = browser()
            page.get("/account/login")
            answer = page.post("/account/login", email=email, password="wrong")
            said.setdefault(email, []).append((answer.status, answer.text.replace(email, "").replace(page.token, "")))
    assert said[known.email] == said[unknown]
    assert [status for status, _ in said[unknown]] == [422] * PER_ACCOUNT + [429]


def test_one_address_cannot_try_every_account(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Many names from one place are counted as well."""
    page = browser()
    page.get("/account/login")
    for number in range(PER_ADDRESS):
        assert page.post("/account/login", email=f"{number}@clinic.example", password="wrong").status == 422
    assert browser().sign_in(hire(app), clock).status == 429


def test_a_household_of_ipv6_addresses_is_one(app: Flask) -> None:
    """Who has 2**64 addresses has no more tries than others; who has another network, or IPv4 in disguise, is somebody else."""
    accounts, email = Accounts(store=app.extensions["attend"].bot.store, clinic_id=1, clock=Clock()), "nobody@clinic.example"
    for number in range(PER_ADDRESS):
        assert admit(accounts, email=f"{number}{email}", address=f"2001:db8:1:2::{number}")
    assert not admit(accounts, email=email, address="2001:db8:1:2:ffff::1")
    for address in ("2001:db8:1:3::1", "::ffff:192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3", ""):
        assert admit(accounts, email=f"{address}{email}", address=address)


def test_processes_count_together(app: Flask, settings: Settings, browser: NewBrowser, clock: Clock) -> None:
    """Two servers on one database are one lock."""
    who = hire(app)
    with application_on(settings, clock) as other, serving(other) as port:
        for each in (browser(), Browser(port), browser(), Browser(port), browser()):
            assert each.sign_in(who, clock, password="wrong").status == 422
        assert Browser(port).sign_in(who, clock).status == 429


def test_nobody_works_for_sixteen_minutes_and_is_signed_out(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """H-09: fifteen minutes are the longest pause; 15:01 is too long."""
    page = browser().enter(app, hire(app))
    clock.now += timedelta(minutes=15)
    assert page.get("/inbox").status == 200
    clock.now += timedelta(minutes=15, seconds=1)
    assert page.get("/inbox").status == 303
    assert page.get("/inbox/mark", Accept="*/*").status == 401
    assert page.post("/inbox/phone/1/reply", text="hello").status == 401


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """H-09: an open inbox asks every few seconds; that is no person."""
    page = browser().enter(app, hire(app))
    for _ in range(15):
        clock.now += timedelta(minutes=1)
        assert page.get("/inbox/mark").status == 200
    clock.now += timedelta(seconds=1)
    assert page.get("/inbox/mark").status == 401


def test_a_page_left_open_leaves_the_screen_with_its_session(app: Flask, browser: NewBrowser) -> None:
    """H-09, without JavaScript: the browser asks again, and is sent to sign in."""
    page = browser().enter(app, hire(app))
    assert page.get("/inbox/phone/1").headers["Refresh"] == "905"


@pytest.mark.slow
def test_a_session_ends_after_twelve_hours_however_busy(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Nobody stays signed in for ever."""
    page = browser().enter(app, hire(app))
    for _ in range(71):
        clock.now += timedelta(minutes=10)
        assert page.get("/inbox").status == 200
    clock.now += timedelta(minutes=10)
    assert page.get("/inbox").status == 303


def test_half_signed_in_does_not_last(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """A password that was given waits ten minutes for its code."""
    who, page = hire(app), browser()
    page.get("/account/login")
    page.post("/account/login", email=who.email, password=PASSWORD)
    page.get("/account/code")
    clock.now += timedelta(minutes=10)
    assert page.post("/account/code", code=who.code(clock)).location.startswith("/account/login")


def test_an_id_that_somebody_planted_is_worth_nothing_after_signing_in(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Session fixation: the id changes with the password and again with the code."""
    who, victim = hire(app), browser()
    victim.cookies["attend"] = "planted"
    victim.get("/account/login")
    victim.post("/account/login", email=who.email, password=PASSWORD)
    between = victim.cookies["attend"]
    victim.get("/account/code")
    victim.post("/account/code", code=who.code(clock))
    assert len({"planted", between, victim.cookies["attend"]}) == 3
    for stolen in ("planted", between):
        thief = browser()
        thief.cookies["attend"] = stolen
        assert thief.get("/inbox").status == 303
    assert victim.get("/inbox").status == 200


def test_signing_out_ends_the_session_in_the_database(app: Flask, browser: NewBrowser) -> None:
    """A copied cookie is worth nothing afterwards."""
    page = browser().enter(app, hire(app))
    copied = dict(page.cookies)
    assert page.post("/account/logout").location == "/account/login"
    thief = browser()
    thief.cookies = copied
    assert thief.get("/inbox").status == 303


@pytest.mark.parametrize("token", ["", "x", None], ids=["none", "invented", "another session's"])
def test_a_form_without_this_sessions_token_is_refused(app: Flask, browser: NewBrowser, token: str | None) -> None:
    """CSRF: the cookie that the browser sends by itself is not enough."""
    page, other = browser().enter(app, hire(app)), browser().enter(app, hire(app, "nurse"))
    assert page.post("/account/end-others", form_token=other.token if token is None else token).status == 403
    assert page.post("/account/end-others").status == 303


def test_signing_in_cannot_be_forged_either(app: Flask, browser: NewBrowser) -> None:
    """CSRF: nobody is signed in to somebody else's account without noticing."""
    who, page = hire(app), browser()
    page.get("/account/login")
    assert page.post("/account/login", form_token="", email=who.email, password=PASSWORD).status == 403
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert page.post("/account/login", elsewhere, email=who.email, password=PASSWORD).status == 403


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/inbox", "//elsewhere.example/inbox", "/\\elsewhere.example", "\\\\elsewhere.example",
        "javascript:alert(1)", "/inbox\r\nSet-Cookie: a=b", "/no-such-page", "/account/login", "/inbox/mark", "///inbox", "inbox",
        "/%2f/elsewhere.example", "http:/inbox", "/inbox@elsewhere.example",
    ],
)  # fmt: skip
def test_signing_in_leads_to_no_other_site(app: Flask, browser: NewBrowser, clock: Clock, target: str) -> None:
    """Open redirects: whatever is asked for, it is a page of ours."""
    who, page = hire(app), browser()
    page.get("/account/login")
    page.post("/account/login", email=who.email, password=PASSWORD, next=target)
    page.get("/account/code")
    assert page.post("/account/code", code=who.code(clock), next=target).location == "/inbox"


def test_signing_in_leads_where_one_wanted_to_go(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """A link to a conversation still leads there."""
    who, page = hire(app), browser()
    wanted = page.get("/inbox/phone/1?from=mail").location
    assert 'value="/inbox/phone/1?from=mail"' in page.get(wanted).text
    page.post("/account/login", email=who.email, password=PASSWORD, next="/inbox/phone/1?from=mail")
    page.get("/account/code")
    assert page.post("/account/code", code=who.code(clock), next="/inbox/phone/1?from=mail").location == "/inbox/phone/1?from=mail"


def test_a_recovery_code_stands_in_for_the_phone_once(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """However it is typed; new ones void the old."""
    who, page = hire(app), browser()
    page.enter(app, who)
    codes = _codes(page.post("/account/recovery", password=PASSWORD).text)
    assert len(set(codes)) == 10
    assert browser().sign_in(who, clock, code=f" {codes[0].upper().replace('-', ' ')} ").status == 303
    assert browser().sign_in(who, clock, code=codes[0]).status == 422
    fresh = _codes(page.post("/account/recovery", password=PASSWORD).text)
    assert browser().sign_in(who, clock, code=codes[1]).status == 422
    assert browser().sign_in(who, clock, code=fresh[1]).status == 303


def test_a_new_password_ends_the_other_sessions(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """The old one must be given, and a guessable one is refused."""
    who, new = hire(app), "pebble monsoon trombone fern"
    page, other = browser().enter(app, who), browser().enter(app, who)
    assert page.post("/account/password", old="wrong", new=new).status == 422
    assert page.post("/account/password", old=PASSWORD, new="password1234").status == 422
    assert other.get("/inbox").status == 200
    assert page.post("/account/password", old=PASSWORD, new=new).status == 303
    assert page.get("/inbox").status == 200
    assert other.get("/inbox").status == 303
    assert browser().sign_in(who, clock).status == 422
    assert browser().sign_in(who, clock, password=new).status == 303


def test_whoever_is_shut_out_is_out_at_once(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """An open session does not outlive the account."""
    who = hire(app)
    page = browser().enter(app, who)
    store = app.extensions["attend"].bot.store
    with store.begin() as session:
        session.get_one(UserRow, who.id).active = False
    assert page.get("/inbox").status == 303
    assert browser().sign_in(who, clock).status == 422


def test_nothing_that_lets_anybody_in_can_be_read_in_the_database(app: Flask, browser: NewBrowser, settings: Settings) -> None:
    """H-10: no session id, password, code or secret of a second factor."""
    who, page = hire(app), browser()
    page.enter(app, who)
    codes = _codes(page.post("/account/recovery", password=PASSWORD).text)
    store = app.extensions["attend"].bot.store
    with store.session() as session:
        assert len(session.scalars(select(RecoveryCodeRow)).all()) == len(codes)
    with store.engine.connect() as connection:
        tables = [connection.exec_driver_sql(f"select * from {table.name}") for table in Base.metadata.sorted_tables]  # noqa: S608
        written = "\n".join(str(row) for rows in tables for row in rows)
    secrets = (page.cookies["attend"], PASSWORD, who.secret, codes[0], codes[0].replace("-", ""))
    assert [secret for secret in secrets if secret in written] == []


def test_no_log_line_holds_a_secret_or_an_email(
    app: Flask, browser: NewBrowser, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """H-11, H-17: who signed in is an id, in our log and in the server's."""
    who, page = hire(app), browser()
    with capture_logs() as logged:
        browser().sign_in(who, clock, password="wrong-secret")
        page.sign_in(who, clock)
    assert [line["event"] for line in logged] == ["sign_in_refused", "signed_in"]
    for secret in ("wrong-secret", PASSWORD, who.secret, who.code(clock), page.cookies["attend"], who.email):
        assert secret not in f"{logged} {caplog.text}"


def _codes(text: str) -> list[str]:
    return [part.split("</code>")[0] for part in text.split("<li><code>")[1:]]
