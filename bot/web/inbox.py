"""The coordinators' inbox: the list, a conversation, and what can be done there."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot import staff
from bot.remind import remind
from bot.store import inbox as queries
from bot.web.guard import headers, same_site
<<<<<<< HEAD
from bot.web.trail import recorded
=======
>>>>>>> accounts/main
from bot.web.wiring import wired

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")
blueprint.before_request(same_site)
blueprint.after_request(headers)
blueprint.after_request(recorded)


@blueprint.app_template_filter("local")
def local(moment: datetime | None) -> str:
    """A moment in the clinic's time, e.g. "Tue Mar 10, 9:00 AM"."""
    if moment is None:
        return ""
    return moment.astimezone(wired().bot.clinic.zone).strftime("%a %b %-d, %-I:%M %p")


@blueprint.app_template_filter("ago")
def ago(moment: datetime) -> str:
    """How long ago, in words."""
    minutes = int((wired().bot.clock() - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"


@blueprint.app_template_filter("percent")
def percent(score: float) -> str:
    """0.934 → 93 %."""
    return f"{round(100 * score)} %"


@blueprint.get("")
def index() -> str:
    """Open items, the gravest and most pressing first."""
    bot = wired().bot
    with bot.store.session() as session:
        items = queries.open_items(session, bot.clinic_id, bot.clock())
        mark = queries.version(session, bot.clinic_id)
    return render_template("inbox.html", items=items, mark=mark, now=bot.clock(), clinic=bot.clinic.clinic)


@blueprint.get("/phone/<int:phone_id>")
def conversation(phone_id: int) -> str:
    """One conversation: every text with the bot's reading of it and why."""
    bot = wired().bot
    with bot.store.session() as session:
        found = queries.conversation(session, bot.clinic_id, phone_id, bot.clock())
        mark = queries.version(session, bot.clinic_id)
    if found is None:
        abort(404)
    return render_template("conversation.html", talk=found, mark=mark, outcomes=staff.OUTCOMES, clinic=bot.clinic.clinic)


@blueprint.get("/mark")
def mark() -> Response:
    """The mark that tells an open page whether it is out of date."""
    bot = wired().bot
    with bot.store.session() as session:
        return Response(queries.version(session, bot.clinic_id), mimetype="text/plain")


ACTIONS = {"take-over": staff.take_over, "hand-back": staff.hand_back, "release": staff.release}


@blueprint.post("/phone/<int:phone_id>/<action>")
def act(phone_id: int, action: str) -> BaseResponse:
    """reply, remind, take-over, hand-back, release, opt-out, opt-in."""
    bot = wired().bot
    with bot.store.session() as session:
        if queries.conversation(session, bot.clinic_id, phone_id, bot.clock()) is None:
            abort(404)
    try:
        if action == "reply":
            staff.reply(bot, phone_id, request.form.get("text", ""))
        elif action == "remind":
            with bot.store.begin() as session:
                if remind(bot, session, phone_id) is None:
                    flash("Nothing to remind of, or texts may not be sent to this phone now.")
        elif action in ("opt-out", "opt-in"):
            staff.consent(bot, phone_id, texts=action == "opt-in")
        elif action in ACTIONS:
            ACTIONS[action](bot, phone_id)
        else:
            abort(404)
    except staff.Refused as error:
        flash(str(error))
    return redirect(url_for("inbox.conversation", phone_id=phone_id), code=303)


@blueprint.post("/item/<int:item_id>/resolve")
def resolve(item_id: int) -> BaseResponse:
    """Closes an item with an outcome."""
    try:
        phone_id = staff.resolve(wired().bot, item_id, outcome=request.form.get("outcome", ""), note=request.form.get("note", ""))
    except staff.Refused as error:
        flash(str(error))
        return redirect(url_for("inbox.index"), code=303)
    back = url_for("inbox.conversation", phone_id=phone_id) if phone_id and request.form.get("stay") else url_for("inbox.index")
    return redirect(back, code=303)
