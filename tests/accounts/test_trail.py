"""Signing in and what is done to accounts leave entries in the audit trail (H-07)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from bot.accounts import people
from bot.accounts.limits import PER_ACCOUNT
from bot.accounts.types import Accounts
from bot.store import audit
from bot.store.account_models import SessionRow
from bot.store.models import AuditRow
from tests.accounts.test_people import accept, enrol
from tests.staff import PASSWORD, Browser, hire
from tests.world import Clock

NewBrowser = Callable[[], Browser]


def entries(app: Flask) -> list[tuple[str, str, str, str, str]]:
    """(actor, action, about, outcome, reason) of every entry but those of pages; the chain is whole and addresses are known."""
    with app.extensions["attend"].bot.store.session() as session:
        assert audit.verify(session).broken is None
        rows = [row for row in session.scalars(select(AuditRow).order_by(AuditRow.id)) if not row.about.startswith("page:")]
    assert {row.address for row in rows if row.actor != "command"} <= {"127.0.0.1"}
    return [(row.actor, row.action, row.about, row.outcome, row.reason) for row in rows]


def test_a_sign_in_and_its_end_leave_entries(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Who, from where, and when it was over."""
    who, page = hire(app), browser()
    page.sign_in(who, clock)
    page.get("/account")
    page.post("/account/end-others")
    page.get("/account")
    page.post("/account/logout")
    me = f"staff:{who.id}", f"user:{who.id}"
    assert [(actor, about) for actor, _, about, *_ in entries(app)] == [me] * 3
    assert [action for _, action, *_ in entries(app)] == ["sign_in", "sign_out_elsewhere", "sign_out"]


def test_a_refused_sign_in_leaves_an_entry(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Of an account that there is or is not, of a wrong code, and of a try while the account is closed; never what was typed."""
    who = hire(app)
    browser().sign_in(who, clock, password="zanahoria azul")
    page = browser()
    page.get("/account/login")
    page.post("/account/login", email="zanahoria@clinic.example", password=PASSWORD)
    browser().sign_in(who, clock, code="000000")
    refused = [("nobody", "sign_in", about, "refused", step) for about, step in (
        (f"user:{who.id}", "password"), ("accounts", "password"), (f"user:{who.id}", "code"),
    )]  # fmt: skip
    assert entries(app) == refused
    for _ in range(PER_ACCOUNT):
        browser().sign_in(who, clock, password="wrong")
    assert entries(app)[-1] == ("nobody", "sign_in", "accounts", "refused", "locked")
    with app.extensions["attend"].bot.store.session() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM audit").all()
    assert "zanahoria" not in str(rows)


def test_a_persons_way_from_the_invitation_to_the_end_leaves_entries(app: Flask, browser: NewBrowser, clock: Clock) -> None:
    """Invited by the command, taken up, signed in with the new second factor; then what an administrator does to the account."""
    bot = app.extensions["attend"].bot
    accounts = Accounts(store=bot.store, clinic_id=bot.clinic_id, clock=bot.clock)
    code, page = people.invite(accounts, email="rosa@clinic.example", role="nurse", by=None), browser()
    accept(page, code)
    enrol(page, clock)
    (rosa,) = [each.id for each in people.members(accounts) if each.email == "rosa@clinic.example"]
    boss = hire(app, "admin")
    admin = browser().enter(app, boss)
    admin.get("/admin")
    for what, form in (("role", {"role": "manager"}), ("sign-out", {}), ("unlock", {}), ("deactivate", {}), ("activate", {})):
        assert admin.post(f"/admin/user/{rosa}/{what}", **form).status == 303
    assert admin.post("/admin/invite", email="max@clinic.example", role="nurse").status == 200
    assert admin.post("/admin/withdraw", email="max@clinic.example").status == 303
    me, she = f"staff:{rosa}", f"staff:{boss.id}"
    assert [(actor, action, reason) for actor, action, _, _, reason in entries(app)] == [
        ("command", "invite", "nurse"), (me, "accept_invitation", "nurse"), (me, "sign_in", ""),
        (she, "change_role", "manager"), (she, "end_sessions", ""), (she, "unlock", ""), (she, "deactivate", ""), (she, "activate", ""),
        (she, "invite", "nurse"), (she, "withdraw_invitation", ""),
    ]  # fmt: skip


def test_a_sign_in_that_cannot_be_recorded_lets_nobody_in(
    app: Flask, browser: NewBrowser, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry and the session are one transaction."""
    who, page = hire(app), browser()

    def full(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    assert page.sign_in(who, clock).status == 500
    with app.extensions["attend"].bot.store.session() as session:
        assert session.scalars(select(SessionRow.id).where(SessionRow.stage == "in")).all() == []
