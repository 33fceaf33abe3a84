"""The one cookie by which a browser is known: a random id, of which the database keeps the hash alone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Response, current_app, g, request


@dataclass(frozen=True)
class Gate:
    """How pages are reached. secure: by https. demo: nobody signs in, and anybody may be any of the invented colleagues."""

    secure: bool
    demo: bool = False

    def cookie_name(self, name: str) -> str:
        """Browsers let nobody but this very host set a cookie whose name begins with __Host-."""
        return f"__Host-{name}" if self.secure else name


def gate() -> Gate:
    """The gate of this application."""
    return current_app.extensions["attend-gate"]  # type: ignore[no-any-return]


def browser() -> str:
    """The id that the browser will have after this request; one that is nobody's if it had none."""
    if "cookie" not in g and not given():
        give(secrets.token_urlsafe(32))
    return g.get("cookie") or given()


def given() -> str:
    """The id that the browser sent, or ""."""
    return request.cookies.get(gate().cookie_name("attend"), "")


def give(token: str) -> None:
    """The answer to this request gives the browser that id."""
    g.cookie = token


def write(response: Response) -> None:
    """Puts a new id into the answer. It ends with the browser, and earlier with its session in the database."""
    if "cookie" in g:
        response.set_cookie(gate().cookie_name("attend"), g.cookie, secure=gate().secure, httponly=True, samesite="Lax", path="/")
