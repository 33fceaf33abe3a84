"""The page after an outage: texts that were held up, in groups; one click decides about a group."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.delivery import catchup
from bot.delivery.outbox import sender_words
from bot.web.guard import actor
from bot.web.tongue import say, words
from bot.web.wiring import wired

blueprint = Blueprint("catchup", __name__)
SAID = {
    "send": ("%(num)s text may go.", "%(num)s texts may go."),
    "replace": ("%(num)s text replaced by what is booked now.", "%(num)s texts replaced by what is booked now."),
    "drop": ("%(num)s text dropped.", "%(num)s texts dropped."),
}


@blueprint.get("/catch-up")
def index() -> str:
    """Every group, and what keeps texts from going out, if anything does."""
    bot = wired().bot
    with bot.store.session() as session:
        stopped = sender_words(session, bot.clinic_id)
    return render_template("catchup.html", groups=catchup.groups(bot), stopped=stopped)


@blueprint.post("/catch-up")
def act() -> BaseResponse:
    """Does one thing with one group."""
    form = request.form
    do = form.get("do", "")
    done = catchup.act(wired().bot, kind=form.get("kind", ""), reason=form.get("reason", ""), do=do, by=actor())
    flash(words().many(*SAID[do], done) if done else say("Nothing was done: these texts do not wait any more."))
    return redirect(url_for("inbox.catchup.index"), code=303)
