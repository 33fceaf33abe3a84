"""What coordinators corrected: a person reviews it before the bot may learn from it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
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
        waiting, accepted = candidates.waiting(session, bot.clinic_id), candidates.accepted(session, bot.clinic_id)
    return render_template("learn.html", waiting=waiting, accepted=accepted)


@blueprint.get("/learn/file")
def file() -> Response:
    """What has been accepted as a file for `intents/`, as the command `candidates` prints it."""
    bot = wired().bot
    with bot.store.session() as session:
        text = candidates.export(session, bot.clinic_id)
    return Response(text, mimetype="text/yaml", headers={"Content-Disposition": "attachment; filename=candidates.yaml"})


@blueprint.post("/learn/<int:candidate_id>")
def review(candidate_id: int) -> BaseResponse:
    """Accepts or rejects one."""
    try:
        accept = request.form.get("do") == "accept"
        candidates.review(wired().bot, candidate_id, accept=accept, phrase=request.form.get("phrase", ""), by=actor())
    except work.Refused as error:
        flash(say(error))
    return redirect(url_for("inbox.learn.index"), code=303)
