"""The guard of the staff's pages: who is it, may they, did the form come from us. It stands before every route of the application."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, render_template, request, session, url_for
from sqlalchemy.exc import NoResultFound
from werkzeug.exceptions import Conflict as Collision
from werkzeug.exceptions import Forbidden, HTTPException, NotFound, Unauthorized
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as BaseResponse

from bot.accounts import people, sessions
from bot.accounts.sessions import IDLE, IN, Held
from bot.accounts.types import Accounts
from bot.actor import Actor
from bot.store.database import Conflict
from bot.web import busy, cookie, tongue
from bot.web.cookie import Gate, gate
from bot.web.forms import SAFE, FormTokens, check_token, same_site, token_field
from bot.web.roles import CARE, ENTRANCE, OPEN, RULES
from bot.web.wiring import wired

__all__ = ["accounts", "actor", "address", "colleagues", "headers", "held", "install", "may", "safe_next", "same_site", "signed_in"]
POLICY = "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
YEAR = 365 * 24 * 3600  # seconds


class _Id(IntegerConverter):
    """A number in an address that a database can look for; a longer one is no object of ours."""

    def __init__(self, map: Map, **given: Any) -> None:
        super().__init__(map, **{"max": 2**31 - 1, **given})


def install(app: Flask, *, secure: bool, demo: bool = False) -> None:
    """Puts the guard before every route. secure: pages are reached by https. demo: there are no accounts."""
    app.extensions["attend-gate"] = Gate(secure=secure, demo=demo)
    app.secret_key = app.extensions["attend"].bot.store.cipher.index("cookie of the messages on a page")
    app.config.update(
        SESSION_COOKIE_NAME=Gate(secure=secure).cookie_name("attend-messages"),
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.url_map.converters["int"] = _Id
    tongue.install(app)
    app.jinja_env.add_extension(FormTokens)
    app.jinja_env.globals |= {"form_token_field": token_field, "may": may}
    busy.install(app)
    app.before_request(_demo if demo else _guard)
    app.after_request(_finish)
    app.context_processor(lambda: {"actor": g.get("actor"), "demo": demo, "clinic": wired().bot.clinic.clinic})
    app.register_error_handler(NoResultFound, lambda _: _refused(NotFound()))
    app.register_error_handler(Conflict, _conflict)
    for kind in (Unauthorized, Forbidden, NotFound):
        app.register_error_handler(kind, _refused)


def actor() -> Actor:
    """The person whose request this is; nobody, without a name, on the way in."""
    return g.get("actor") or Actor(id=None, name="", role="", clinic_id=wired().bot.clinic_id)


def may(endpoint: str) -> bool:
    """Whether the person whose request this is may open a route: no page offers what it answers 403 to. The demo has no roles."""
    return gate().demo or actor().role in RULES[endpoint].roles


def colleagues() -> tuple[Actor, ...]:
    """Everybody of this clinic who may act for patients, by name."""
    return tuple(each for each in people.actors(accounts()) if each.role in CARE)


def held() -> Held | None:
    """The session of this request, however far its person has come."""
    return g.get("held")  # type: ignore[no-any-return]


def signed_in() -> Held:
    """The session of a person who may open the page. 404 in the demo, which has no accounts."""
    found = held()
    if found is None:
        abort(404)
    return found


def accounts() -> Accounts:
    """The accounts of this application's clinic."""
    bot = wired().bot
    return Accounts(store=bot.store, clinic_id=bot.clinic_id, clock=bot.clock)


def address() -> str:
    """Where the request comes from, as far as PROXY_HOPS lets us know."""
    return (request.remote_addr or "")[:45]


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a page of ours if one was asked for, else the inbox. Never another site."""
    start = url_for("inbox.index")
    if not target or not re.fullmatch(r"/(?!/)[\x21-\x5b\x5d-\x7e]*", target):
        return start
    try:
        endpoint, _ = current_app.url_map.bind("").match(urlsplit(target).path, method="GET")
    except (HTTPException, ValueError):
        return start
    return target if endpoint in RULES and not RULES[endpoint].passive else start


def headers(response: Response) -> Response:
    """No script but our own, nothing kept in caches, nothing told to other sites."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"  # without it browsers send "Origin: null" with forms
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def _guard() -> BaseResponse | None:
    """Closed unless `roles` says otherwise."""
    if request.endpoint in OPEN:
        return None  # a door with a check of its own
    if request.endpoint is not None:
        same_site()
    token = cookie.given()
    g.held = sessions.find(accounts(), token) if token else None
    if g.held is not None and g.held.stage == IN:
        g.actor = g.held.actor
    if request.endpoint is None:
        return None  # no such page, which is said in the language of who asks
    if request.endpoint in ENTRANCE:
        check_token()
        return None
    rule = RULES.get(request.endpoint)
    passive = rule is not None and rule.passive
    if "actor" not in g:
        return _to_login(passive=passive)
    if rule is None or not may(request.endpoint):
        abort(403, "Your role does not open this.")
    check_token()
    if not passive:
        sessions.touch(accounts(), g.held)
    return None


def _demo() -> None:
    """The demo has no accounts: whoever was chosen acts, and the origin of forms is checked."""
    if request.endpoint not in OPEN:
        same_site()
        invented = colleagues()
        g.actor = next((each for each in invented if each.id == session.get("actor")), invented[0])


def _to_login(*, passive: bool) -> BaseResponse:
    """A person who opens a page is sent to sign in; a script or a form gets 401."""
    if request.method not in SAFE or passive or not request.accept_mimetypes.accept_html:
        abort(401, "You are signed out: nobody used this page for 15 minutes, or you were signed out elsewhere. Sign in again.")
    query = request.query_string.decode("ascii", "replace")
    return redirect(url_for("account.login", next=f"{request.path}?{query}" if query else request.path), code=303)


def _finish(response: Response) -> Response:
    if request.endpoint == "static" or request.endpoint not in OPEN:
        cookie.write(response)
        if gate().secure:
            response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    if request.endpoint in OPEN:
        return response
    if not gate().demo and "actor" in g and response.mimetype == "text/html":
        # What stands on a page that nobody uses any more leaves the screen with its session, without JavaScript too (H-09).
        again = "" if request.method == "GET" else f"; url={url_for('inbox.index')}"
        response.headers["Refresh"] = f"{int(IDLE.total_seconds()) + 5}{again}"
    return headers(response)


def _conflict(error: Conflict) -> BaseResponse:
    """Two changed the same thing at once and the other one was first: nothing of this request is written, and its page says so."""
    if request.endpoint in OPEN:
        raise error
    return _refused(
        Collision("Somebody else changed the same thing at the same moment. Nothing of yours was written: look, and try again.")
    )


def _refused(error: HTTPException) -> BaseResponse:
    """A page in plain words; the provider's door answers for itself."""
    if request.endpoint in OPEN:
        return error.get_response()
    return Response(render_template("refused.html", error=error), status=error.code)
