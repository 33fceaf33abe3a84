"""The page of a day on which the clinic is closed after all: who is affected, what they will be told, and doing it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.desk import closing, news
from bot.store.news import CALLED_OFF
from bot.web.guard import actor
from bot.web.tongue import say, words
from bot.web.wiring import wired

blueprint = Blueprint("closing", __name__)
TOLD = 5  # visits that stand: told with the reason, by way of a cookie, which holds 4 kB; the page itself lists all of them


@blueprint.get("/closing")
def index() -> str:
    """Who has a visit on the day that was chosen, and the text that tells of it."""
    bot, day = wired().bot, _day(request.args.get("day", ""))
    visits = closing.affected(bot, day) if day else []
    told = news.news(bot, what=CALLED_OFF, asked=False, start=visits[0].start, language=words().language) if visits else None
    return render_template("closing.html", day=day, visits=visits, told=told)


@blueprint.post("/closing")
def close() -> BaseResponse:
    """Calls the day's visits off and tells everybody."""
    bot, day = wired().bot, _day(request.form.get("day", ""))
    if day is None:
        flash(say("Choose a day that is not over."))
        return redirect(url_for("inbox.closing.index"), code=303)
    done = closing.close(bot, day, by=actor())
    flash(say("%(told)s are told by text. %(others)s must be phoned: see the inbox.", told=done.told, others=done.to_phone))
    for each, why in done.left[:TOLD]:
        time = words().clock(each.start.astimezone(bot.clinic.zone))
        flash(say("Still booked: %(name)s, %(time)s. %(why)s", name=each.name, time=time, why=why))
    if (more := len(done.left) - TOLD) > 0:
        flash(words().many("%(num)s more is still booked: see below.", "%(num)s more are still booked: see below.", more))
    return redirect(url_for("inbox.closing.index", day=day.isoformat()), code=303)


def _day(text: str) -> date | None:
    """A day that is not over at the clinic."""
    bot = wired().bot
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= bot.clock().astimezone(bot.clinic.zone).date() else None
