"""Where calendar programs fetch the visits, at an address that is a secret, and where people make and stop theirs."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.accounts import calendars
from bot.desk.calendar import feed
from bot.web import guard
from bot.web.roles import CARE
from bot.web.tongue import say
from bot.web.wiring import wired

log = structlog.get_logger()
blueprint = Blueprint("calendar", __name__)


@blueprint.get("/calendar/<token>.ics")
def index(token: str) -> Response:
    """The visits as iCalendar; 304 when the program has them, 404 for an address that is nobody's or holds no more."""
    try:
        return _given(token)
    except Exception as error:  # Flask would log the address, and the secret with it (H-17)
        log.error("calendar_failed", error=type(error).__name__)
        return Response("not now\n", status=503, mimetype="text/plain", headers={"Retry-After": "300"})


def _given(token: str) -> Response:
    bot, accounts = wired().bot, guard.accounts()
    who = calendars.whose(accounts, token)
    if who is None or who.id is None or who.role not in CARE:
        return Response("no calendar\n", status=404, mimetype="text/plain")
    inbox = f"{wired().settings.public_url}/inbox/phone/"
    found = feed(bot, inbox=inbox, has=request.if_none_match.contains_weak)
    response = Response(status=304)
    if found.content is not None:
        calendars.given_out(accounts, who.id, address=guard.address())
        response = Response(found.content, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response.set_etag(found.mark, weak=True)  # when it was made stands in it, too
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.post("/account/calendar")
def make() -> str:
    """One's own address, shown this once; the one before gives nothing out any more."""
    token = calendars.make(guard.accounts(), guard.signed_in(), address=guard.address())
    return render_template("calendar.html", link=calendars.link(wired().settings.public_url, token))


@blueprint.post("/account/calendar/stop")
def stop() -> BaseResponse:
    """One's own address gives nothing out any more."""
    calendars.stop(guard.accounts(), guard.signed_in(), address=guard.address())
    flash(say("Your calendar's address gives nothing out any more."))
    return redirect(url_for("account.own"), code=303)
