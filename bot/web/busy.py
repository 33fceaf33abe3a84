"""When the database is busy or away: staff's pages wait longer than the provider would, then say so; nothing that was typed is lost."""

from __future__ import annotations

from flask import Flask, Response, g, render_template, request
from sqlalchemy.exc import OperationalError, TimeoutError

from bot.store.database import patience
from bot.web.cookie import gate
from bot.web.forms import FIELD, SAFE
from bot.web.roles import ENTRANCE, OPEN

LONGER = 4  # times as long as a webhook: a person rather waits than does it again
AWAY = (OperationalError, TimeoutError)


def install(app: Flask) -> None:
    """To be called before other functions are put before requests."""
    app.before_request(_wait)
    for kind in AWAY:
        app.register_error_handler(kind, _busy)


def _wait() -> None:
    """The thread may have served the provider before."""
    patience.set(1 if request.endpoint in OPEN else LONGER)


def _busy(error: Exception) -> Response:
    if request.endpoint in OPEN:
        raise error
    return told(again=request.endpoint not in ENTRANCE and (request.blueprint or "").startswith("inbox"))


def told(*, again: bool) -> Response:
    """The page that says so. again: it holds what was sent, to be sent once more; else it may have been written."""
    g.busy = True
    g.pop("actor", None)  # the frame of a page asks who else is there, and would fail as the page did
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != FIELD] if again else []
    shown = {"again": again, "fields": fields, "safe": request.method in SAFE, "demo": gate().demo}
    return Response(render_template("busy.html", **shown), status=503, headers={"Retry-After": "5"})
