"""Who is let in and shut out: invitations, the first administrator, the administrators' page, passwords that will do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import Type, extract_parameters
from flask import Flask
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.accounts import passwords, people
from bot.accounts.people import INVITED
from bot.accounts.types import Accounts, Refused
from bot.core import Bot
from bot.settings import Settings
from bot.store.account_models import InvitationRow, SessionRow
from tests.cheap import REAL_HASHER
from tests.conftest import KEY
from tests.staff import HASHED, HERE, PASSWORD, Browser, Page, hire
from tests.world import Clock

NewBrowser = Callable[[], Browser]


def accounts(app: Flask) -> Accounts:
    """The accounts of the application's clinic."""
    bot: Bot = app.extensions["attend"].bot
    return Accounts(store=bot.store, clinic_id=bot.clinic_id, clock=bot.clock)


def accept(page: Browser, code: str, *, password: str = PASSWORD, name: str = "Rosa Diaz") -> Page:
    """Fills the form of an invitation in."""
    page.get("/account/invitation")
    return page.post("/account/invitation", code=code, name=name, password=password)


def enrol(page: Browser, clock: Clock) -> Page:
    """Teaches the app its secret and proves it."""
    shown = page.get("/account/second-factor").text
    found = re.search(r'class="key">([A-Z2-7 ]+)<', shown)
    assert found
    return page.post("/account/second-factor", code=pyotp.TOTP(found[1].replace(" ", "")).at(clock.now))


def test_the_first_administrator_comes_in_by_the_command_line(
    app: Flask, browser: NewBrowser, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command prints a link; no password stands on a command line."""
    for name, value in {"DATABASE_URL": settings.database_url, "ATTEND_KEY": KEY, "PUBLIC_URL": HERE}.items():
        monkeypatch.setenv(name, value)
    done = app.test_cli_runner().invoke(args=["admin", "create", "Boss@Clinic.example"])
    assert done.exit_code == 0, done.output
    link = done.output.strip()
    assert link.startswith(f"{HERE}/account/invitation#")
    with app.extensions["attend"].bot.store.begin() as session:  # the command took the real time
        session.scalars(select(InvitationRow)).one().expires_at = clock.now + INVITED
    page = browser()
    assert accept(page, link.partition("#")[2]).location == "/account/second-factor"
    assert page.get("/admin").status == 303
    assert "Recovery codes" in enrol(page, clock).text
    shown = page.get("/admin").text
    assert "boss@clinic.example" in shown


def test_the_command_says_what_is_wrong(app: Flask, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """A server without an https address, and an email that is none."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ATTEND_KEY", KEY)
    monkeypatch.setenv("PUBLIC_URL", "http://texts.example.org")
    done = app.test_cli_runner().invoke(args=["admin", "create", "boss@clinic.example"])
    assert (done.exit_code, "PUBLIC_URL is 'http://texts.example.org', but STAFF_PAGES is on" in done.stderr) == (2, True)
    monkeypatch.setenv("PUBLIC_URL", HERE)
    done = app.test_cli_runner().invoke(args=["admin", "create", "boss"])
    assert (done.exit_code, "no email address" in done.stderr) == (2, True)


def test_an_invitation_works_once(app: Flask, browser: NewBrowser) -> None:
    """Who finds the link later finds it used, and a newer one voids it as well."""
    code = people.invite(accounts(app), email="rosa@clinic.example", role="nurse", by=None)
    assert accept(browser(), code).status == 303
    assert "was used, withdrawn or is more than three days old" in accept(browser(), code).text
    older = people.invite(accounts(app), email="ana@clinic.example", role="nurse", by=None)
    newer = people.invite(accounts(app), email="ana@clinic.example", role="nurse", by=None)
    assert accept(browser(), older).status == 422
    assert accept(browser(), newer).status == 303


def test_an_invitation_expires_and_can_be_withdrawn(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """After three days, or when an administrator says so."""
    old = people.invite(accounts(app), email="rosa@clinic.example", role="nurse", by=None)
    clock.now += INVITED
    assert accept(browser(), old).status == 422
    fresh = people.invite(accounts(app), email="rosa@clinic.example", role="nurse", by=None)
    admin = browser().enter(app, hire(app, "admin"))
    assert "rosa@clinic.example" in admin.get("/admin").text
    admin.post("/admin/withdraw", email="rosa@clinic.example")
    assert accept(browser(), fresh).status == 422


def test_an_invitations_code_is_in_no_url_no_log_and_not_in_the_database(
    app: Flask, browser: NewBrowser, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    """H-06, H-17: it stands behind the # of its link, which browsers do not send, and is shown once."""
    admin = browser().enter(app, hire(app, "admin"))
    with capture_logs() as logged:
        shown = admin.post("/admin/invite", email="rosa@clinic.example", role="nurse").text
        found = re.search(r"/account/invitation#([\w-]{40,})<", shown)
        assert found
        accept(browser(), found[1])
    assert found[1] not in f"{logged} {caplog.text}"
    assert found[1] not in admin.get("/admin").text
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    assert found[1].encode() not in b"".join(file.read_bytes() for file in database.parent.glob("clinic.db*"))


def test_an_invitation_is_the_way_back_after_a_loss(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """New password and new second factor; the old ones and open sessions are worth nothing."""
    who, page = hire(app), browser()
    page.enter(app, who)
    code = people.invite(accounts(app), email=who.email, role="coordinator", by=None)
    assert page.get("/inbox").status == 200
    fresh = browser()
    accept(fresh, code, password="pebble monsoon trombone fern")
    assert page.get("/inbox").status == 303
    assert browser().sign_in(who, clock).status == 422
    enrol(fresh, clock)
    assert fresh.get("/inbox").status == 200


def test_a_second_factor_is_set_up_before_anything_opens(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Also for who broke off and signs in with the password later."""
    code = people.invite(accounts(app), email="rosa@clinic.example", role="nurse", by=None)
    accept(browser(), code)
    page = browser()
    page.get("/account/login")
    page.post("/account/login", email="rosa@clinic.example", password=PASSWORD)
    assert page.get("/account/code").location.startswith("/account/second-factor")
    assert page.get("/inbox").status == 303
    page.get("/account/second-factor")
    assert page.post("/account/second-factor", code="000000").status == 422
    assert enrol(page, clock).status == 200
    assert page.get("/inbox").status == 200


def test_an_administrator_changes_roles_and_shuts_people_out(app: Flask, browser: NewBrowser) -> None:
    """At once: their sessions end."""
    boss, nurse = hire(app, "admin"), hire(app, "nurse")
    admin, page = browser().enter(app, boss), browser().enter(app, nurse)
    for what, form, status in (("sign-out", {}, 303), ("role", {"role": "translator"}, 303), ("deactivate", {}, 303)):
        page.enter(app, nurse)
        assert page.get("/inbox").status == 200
        assert admin.post(f"/admin/user/{nurse.id}/{what}", **form).status == 303
        assert page.get("/inbox").status == status
    assert "shut out" in admin.get("/admin").text
    admin.post(f"/admin/user/{nurse.id}/activate")
    page.enter(app, nurse)
    assert page.get("/inbox").status == 200
    assert page.post("/inbox/phone/1/take-over").status == 403  # a translator now


def test_the_last_administrator_stays(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Nobody could invite any more. With a second one it goes."""
    boss = hire(app, "admin")
    admin = browser().enter(app, boss)
    for what in ("deactivate", "role"):
        admin.post(f"/admin/user/{boss.id}/{what}", role="nurse")
        assert "the last administrator" in admin.get("/admin").text
    assert "the last administrator" in admin.post("/admin/invite", email=boss.email, role="nurse").text
    hire(app, "admin", email="second@clinic.example")
    admin.post(f"/admin/user/{boss.id}/role", role="nurse")
    assert admin.get("/admin").status == 303
    assert admin.enter(app, boss).get("/admin").status == 403


def test_an_administrator_opens_a_closed_account(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Nobody waits a quarter of an hour who can shout across the room."""
    who, admin = hire(app), browser().enter(app, hire(app, "admin"))
    for _ in range(5):
        browser().sign_in(who, clock, password="wrong")
    assert browser().sign_in(who, clock).status == 429
    assert "closed after wrong tries" in admin.get("/admin").text
    admin.post(f"/admin/user/{who.id}/unlock")
    assert browser().sign_in(who, clock).status == 303


@pytest.mark.parametrize(("email", "role"), [("", "nurse"), ("a b@c.example", "nurse"), ("a@b@c", "nurse"), ("a@b.example", "boss")])
def test_an_invitation_needs_an_email_and_a_role(app: Flask, email: str, role: str) -> None:
    """With words that say what is wrong."""
    with pytest.raises(Refused, match=r"email address|no role"):
        people.invite(accounts(app), email=email, role=role, by=None)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short 4 you!",
        "passwordpassword",
        "aaaaaaaaaaaaaaaa",
        "qwertyuiopasdf",
        "123456789012",
        "RosaDiaz2026",
        "riverside clinic",
        "x" * 129,
    ],
)  # fmt: skip
def test_a_guessable_password_is_refused(password: str) -> None:
    """Short, common, one's own name, the clinic's, or too long to be read."""
    assert passwords.weakness(password, about=("Rosa Diaz", "rosa@clinic.example", "Riverside Clinic"))


@pytest.mark.parametrize("password", [PASSWORD, "Lluvia ☂ sobre el tejado", "tV9#qLr2!wXz", "correo trompeta nieve"])
def test_words_that_nobody_guesses_will_do(password: str) -> None:
    """In any language, without demands for signs and capitals."""
    assert passwords.weakness(password, about=("Rosa Diaz", "rosa@clinic.example", "Riverside Clinic")) is None
    assert passwords.fits(password, passwords.hashed(password))


def test_a_weak_password_is_refused_with_the_invitation_still_open(app: Flask, browser: NewBrowser) -> None:
    """The form comes back with the name in it and the reason above."""
    code, page = people.invite(accounts(app), email="rosa@clinic.example", role="nurse", by=None), browser()
    shown = accept(page, code, password="rosadiaz12345")
    assert shown.status == 422
    assert 'role="alert"' in shown.text
    assert 'value="Rosa Diaz"' in shown.text
    assert accept(page, code).status == 303


def test_old_sessions_do_not_pile_up(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Signing in sweeps what ran out."""
    who = hire(app)
    for _ in range(3):
        browser().enter(app, who)
        clock.now += timedelta(hours=13)
    (member,) = [each for each in people.members(accounts(app)) if each.id == who.id]
    assert member.sessions == 0
    browser().enter(app, who)
    with app.extensions["attend"].bot.store.session() as session:
        assert len(session.scalars(select(SessionRow)).all()) == 1


@pytest.mark.slow
def test_a_password_costs_a_thief_what_argon2_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at the cost of RFC 9106's second choice or more; what was hashed at a lower one is hashed anew at the next sign-in."""
    monkeypatch.setattr(passwords, "_hasher", REAL_HASHER)
    kept = passwords.hashed(PASSWORD)
    cost = extract_parameters(kept)
    assert (cost.type, cost.time_cost >= 3, cost.memory_cost >= 64 * 1024) == (Type.ID, True, True)
    assert passwords.fits(PASSWORD, kept)
    assert not passwords.fits(f"{PASSWORD}!", kept)
    assert not passwords.outdated(kept)
    assert passwords.outdated(HASHED)
