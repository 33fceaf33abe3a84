"""What coordinators corrected: a person reviews it before the bot may learn from it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.desk import candidates, work
from bot.web.guard import actor
from bot.web.tongue import say
from bot.web.wiring import wired

blueprint = Blueprint("learn", __name__)


@blueprint.get("/learn")
def index() -> str:
    """The corrected texts that nobody has reviewed."""
    bot = wired().bot
    with bot.store.session() as session:
        return render_template("learn.html", waiting=candidates.waiting(session, bot.clinic_id))


@blueprint.post("/learn/<int:candidate_id>")
def review(candidate_id: int) -> BaseResponse:
    """Accepts or rejects one."""
    try:
        accept = request.form.get("do") == "accept"
        candidates.review(wired().bot, candidate_id, accept=accept, phrase=request.form.get("phrase", ""), by=actor())
    except work.Refused as error:
        flash(say(error))
    return redirect(url_for("inbox.learn.index"), code=303)
