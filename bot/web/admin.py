"""The administrators' page: who works here, who is invited, who is signed in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.accounts import people
from bot.accounts.types import ROLES, Refused
from bot.web import guard
from bot.web.tongue import say
from bot.web.wiring import wired

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("")
def index() -> str:
    """Everybody, and the invitations that are open."""
    return _page()


@blueprint.post("/invite")
def invite() -> str | tuple[str, int]:
    """A link for one person, shown this once."""
    email, role = request.form.get("email", ""), request.form.get("role", "")
    try:
        code = people.invite(guard.accounts(), email=email, role=role, by=guard.actor().id, address=guard.address())
    except Refused as error:
        return _page(problem=say(error), email=email), 422
    return _page(link=people.link(wired().settings.public_url, code), invited=email)


@blueprint.post("/withdraw")
def withdraw() -> BaseResponse:
    """An invitation counts no more."""
    people.withdraw(guard.accounts(), request.form.get("email", ""), by=guard.actor().id, address=guard.address())
    return _back()


@blueprint.post("/user/<int:user_id>/<any('role', 'deactivate', 'activate', 'sign-out', 'unlock'):what>")
def change(user_id: int, what: str) -> BaseResponse:
    """Another role, shut out, let in again, signed out everywhere, opened after wrong tries."""
    accounts, by, address = guard.accounts(), guard.actor().id, guard.address()
    try:
        if what == "role":
            people.change(accounts, user_id, by=by, address=address, role=request.form.get("role", ""))
        elif what == "sign-out":
            people.end_sessions(accounts, user_id, by=by, address=address)
        elif what == "unlock":
            people.unlock(accounts, user_id, by=by, address=address)
        else:
            people.change(accounts, user_id, by=by, address=address, active=what == "activate")
    except Refused as error:
        flash(say(error))
    return _back()


def _page(**shown: str) -> str:
    accounts = guard.accounts()
    return render_template(
        "admin.html", members=people.members(accounts), invitations=people.invitations(accounts), roles=ROLES, **shown
    )


def _back() -> BaseResponse:
    return redirect(url_for("admin.index"), code=303)
