"""Single sign-on: who has an account here may sign in at the organisation's own issuer (OpenID Connect), where one is set."""

from __future__ import annotations

from typing import Any

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response as BaseResponse

from bot.accounts import signing_in
from bot.accounts.types import Refused
from bot.settings import Settings
from bot.web import cookie, guard
from bot.web.tongue import say
from bot.web.wiring import wired

log = structlog.get_logger()
blueprint = Blueprint("single", __name__, url_prefix="/account/single")
SECONDS = 10  # how long the issuer may take to answer
FAILED = "Signing in there did not work. Try again, or sign in with your password here."
# The issuer does not answer, answers nonsense, or what the browser brought back is not what it was sent for.
ERRORS = (AuthlibBaseError, JoseError, RequestException, RuntimeError, ValueError, KeyError)


def install(app: Flask, settings: Settings) -> None:
    """Knows the issuer, if one is set. State, nonce and PKCE are Authlib's; they lie in the browser's own signed cookie."""
    if settings.oidc_issuer:
        app.extensions["attend-issuer"] = OAuth(app).register(
            "issuer",
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": SECONDS},
        )


@blueprint.get("")
def start() -> BaseResponse | tuple[str, int]:
    """On to the issuer."""
    issuer, target = _issuer(), guard.safe_next(request.args.get("next"))
    try:
        if issuer.load_server_metadata()["issuer"].rstrip("/") != wired().settings.oidc_issuer:
            raise RuntimeError("the issuer calls itself otherwise")
        there: BaseResponse = issuer.authorize_redirect(wired().settings.public_url + url_for("single.back"))
    except ERRORS as error:
        return _failed(error)
    session["single-next"] = target
    return there


@blueprint.get("/back")
def back() -> BaseResponse | tuple[str, int]:
    """Back from the issuer: an account here with the very email that it has verified is signed in. Its second factor counts."""
    issuer, target = _issuer(), guard.safe_next(session.pop("single-next", None))
    try:
        told = issuer.authorize_access_token()["userinfo"]
    except ERRORS as error:
        return _failed(error)
    email = told.get("email") if told.get("email_verified") is True else None
    try:
        cookie.give(signing_in.by_issuer(guard.accounts(), email=str(email or ""), address=guard.address()))
    except Refused as error:
        return render_template("login.html", problem=say(error), single=True, next=target), 403
    return redirect(target, code=303)


def _issuer() -> Any:
    return current_app.extensions.get("attend-issuer") or abort(404)


def _failed(error: Exception) -> tuple[str, int]:
    log.warning("single_sign_on_failed", error=type(error).__name__)
    return render_template("login.html", problem=say(FAILED), single=True, next=guard.safe_next(None)), 502
