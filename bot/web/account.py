"""Signing in and out, taking up an invitation, and what each person changes of their own account."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from bot.accounts import calendars, people, second, signing_in
from bot.accounts.sessions import CODE, ENROL, IN, Held
from bot.accounts.types import Refused
from bot.web import cookie, guard
from bot.web.tongue import known, own_names, say, words
from bot.web.wiring import wired

blueprint = Blueprint("account", __name__, url_prefix="/account")
Page = BaseResponse | str | tuple[str, int]


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> Page:
    """Email and password."""
    target = guard.safe_next(request.values.get("next"))
    if (held := guard.held()) is not None and held.stage == IN:
        return redirect(target, code=303)
    if request.method == "GET":
        return render_template("login.html", next=target, single=_single())
    email = request.form.get("email", "")
    try:
        cookie.give(signing_in.password(guard.accounts(), email=email, given=request.form.get("password", ""), address=guard.address()))
    except Refused as error:
        return _again("login.html", error, next=target, email=email, single=_single())
    return redirect(url_for("account.code", next=target), code=303)


@blueprint.route("/code", methods=["GET", "POST"])
def code() -> Page:
    """The code from the app, or a recovery code."""
    held, target = guard.held(), guard.safe_next(request.values.get("next"))
    if held is None or held.stage != CODE:
        where = "account.second_factor" if held is not None and held.stage == ENROL else "account.login"
        return redirect(url_for(where, next=target), code=303)
    if request.method == "GET":
        return render_template("code.html", next=target)
    try:
        cookie.give(signing_in.code(guard.accounts(), held, given=request.form.get("code", ""), address=guard.address()))
    except Refused as error:
        return _again("code.html", error, next=target)
    return redirect(target, code=303)


@blueprint.route("/second-factor", methods=["GET", "POST"])
def second_factor() -> Page:
    """The first time: the app learns its secret and proves it; then the recovery codes are shown, once."""
    held = guard.held()
    if held is None or held.stage != ENROL:
        return redirect(url_for("account.login"), code=303)
    secret = signing_in.begin_enrolment(guard.accounts(), held)
    drawn = second.picture(secret, email=held.email, issuer=f"Attend {_clinic()}", title=say("QR code for the app"))
    shown = {"secret": secret, "picture": Markup(drawn)}  # noqa: S704 # nosec B704
    if request.method == "GET":
        return render_template("second_factor.html", **shown)
    try:
        token, codes = signing_in.enrol(guard.accounts(), held, given=request.form.get("code", ""), address=guard.address())
    except Refused as error:
        return _again("second_factor.html", error, **shown)
    cookie.give(token)
    return render_template("recovery.html", codes=codes)


@blueprint.route("/invitation", methods=["GET", "POST"])
def invitation() -> Page:
    """Takes up an invitation. Its code stands behind the # of the link, which no server and no log ever sees."""
    if request.method == "GET":
        return render_template("invitation.html", languages=own_names(), chosen=words().language)
    form = request.form
    given = {name: form.get(name, "") for name in ("code", "name", "password")}
    language = known(form.get("language", ""))
    try:
        cookie.give(people.accept(guard.accounts(), **given, language=language, address=guard.address(), clinic=_clinic()))
    except Refused as error:
        return _again("invitation.html", error, code=given["code"], name=given["name"], languages=own_names(), chosen=language)
    return redirect(url_for("account.second_factor"), code=303)


@blueprint.post("/logout")
def logout() -> BaseResponse:
    """Ends this session."""
    if (held := guard.held()) is not None:
        signing_in.sign_out(guard.accounts(), held, address=guard.address())
    return redirect(url_for("account.login"), code=303)


@blueprint.get("")
def own() -> str:
    """One's own account."""
    return _own(guard.signed_in())


@blueprint.post("/language")
def language() -> BaseResponse:
    """The language of one's own pages."""
    people.choose_language(guard.accounts(), guard.signed_in(), known(request.form.get("language", "")))
    return redirect(url_for("account.own"), code=303)


@blueprint.post("/password")
def password() -> Page:
    """A new password; every other session ends."""
    form, held = request.form, guard.signed_in()
    try:
        people.change_password(
            guard.accounts(), held, old=form.get("old", ""), new=form.get("new", ""), address=guard.address(), clinic=_clinic()
        )
    except Refused as error:
        return _own(held, problem=say(error)), _status(error)
    flash(say("The password is changed. You are signed out everywhere else."))
    return redirect(url_for("account.own"), code=303)


@blueprint.post("/recovery")
def recovery() -> Page:
    """New recovery codes for the password; the old ones count no more."""
    held = guard.signed_in()
    try:
        codes = people.renew_recovery_codes(guard.accounts(), held, password=request.form.get("password", ""), address=guard.address())
    except Refused as error:
        return _own(held, problem=say(error)), _status(error)
    return render_template("recovery.html", codes=codes)


@blueprint.post("/end-others")
def end_others() -> BaseResponse:
    """Signs the person out everywhere else."""
    signing_in.sign_out_elsewhere(guard.accounts(), guard.signed_in(), address=guard.address())
    flash(say("You are signed out everywhere else."))
    return redirect(url_for("account.own"), code=303)


def _own(held: Held, *, problem: str = "") -> str:
    calendar = calendars.of(guard.accounts(), held)
    shown = {"email": held.email, "languages": own_names(), "chosen": held.actor.language, "calendar": calendar}
    return render_template("account.html", problem=problem, **shown)


def _clinic() -> str:
    return wired().bot.clinic.clinic.name


def _single() -> bool:
    """Whether people can sign in at their organisation."""
    return bool(wired().settings.oidc_issuer)


def _again(page: str, error: Refused, **shown: object) -> tuple[str, int]:
    """The form once more, with what was wrong: 429 for too many tries."""
    return render_template(page, problem=say(error), **shown), _status(error)


def _status(error: Refused) -> int:
    return 429 if isinstance(error, signing_in.TooMany) else 422
