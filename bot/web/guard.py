"""What every page has in common: who acts, headers, and no requests from other sites."""

from __future__ import annotations

from flask import Response, abort, request, session

from bot.actor import Actor
from bot.web.wiring import wired

POLICY = "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
COORDINATORS = ("Ana Torres", "Ben Carter")  # invented; the demo lets them be switched


def colleagues() -> tuple[Actor, ...]:
    """Everybody at the desk of this clinic."""
    clinic = wired().bot.clinic_id
    return tuple(Actor(id=number, name=name, role="coordinator", clinic_id=clinic) for number, name in enumerate(COORDINATORS, 1))


def actor() -> Actor:
    """Who acts: the demo's coordinator, until there are accounts."""
    return next((each for each in colleagues() if each.id == session.get("actor")), colleagues()[0])


def same_site() -> None:
    """403 for a form that another site sent: the demo has no accounts, so the origin is all there is."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin is not None and origin != request.host_url.rstrip("/"):
        abort(403)


def headers(response: Response) -> Response:
    """No script but our own, nothing kept in caches, nothing told to other sites."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"  # without it browsers send "Origin: null" with forms
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
