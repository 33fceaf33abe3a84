"""The demo's phone: text the clinic as any of its patients, move the clock, have a reminder sent."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.channels.console import received
from bot.demo.clock import DemoClock
from bot.remind import ask_medicine, remind
from bot.store import inbox as queries
from bot.store.models import CommunicationRow, PatientRow, PhoneRow
from bot.turn import take
from bot.web.forms import as_number
from bot.web.guard import headers, same_site
from bot.web.wiring import wired

blueprint = Blueprint("phone", __name__, url_prefix="/demo")
blueprint.before_request(same_site)
blueprint.after_request(headers)
SHOWN = 30  # texts that came or went since the clock was moved
STEPS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}


@blueprint.get("")
def index() -> str:
    """The phone of one patient."""
    bot = wired().bot
    with bot.store.session() as session:
        phones = queries.phones(session, bot.clinic_id)
        chosen = request.args.get("phone", type=as_number) or (phones[0][0] if phones else 0)
        talk = queries.conversation(session, bot.clinic_id, chosen, bot.clock())
    if talk is None:
        abort(404)
    return render_template("phone.html", phones=phones, talk=talk, now=bot.clock(), clinic=bot.clinic.clinic, went=_went())


@blueprint.post("/<int:phone_id>/text")
def text(phone_id: int) -> BaseResponse:
    """A text from this phone: the same way through as one from the provider."""
    body, media = request.form.get("body", ""), 1 if "picture" in request.form else 0
    if body.strip() or media:
        take(wired().bot, received(sender=_number(phone_id), body=body, media=media))
    return _back(phone_id)


@blueprint.post("/<int:phone_id>/<what>")
def started(phone_id: int, what: str) -> BaseResponse:
    """The clinic writes first: a reminder or the medicine question."""
    bot = wired().bot
    ways = {"remind": remind, "medicine": ask_medicine}
    if what not in ways:
        abort(404)
    _number(phone_id)
    with bot.store.begin() as session:
        ways[what](bot, session, phone_id)
    return _back(phone_id)


@blueprint.post("/clock")
def clock() -> BaseResponse:
    """Moves the demo's clock forward, or back to now."""
    moved: DemoClock = wired().bot.clock  # type: ignore[assignment]
    moved.move(STEPS.get(request.form.get("by", "")))
    return _back(request.form.get("phone", type=as_number) or 0)


@blueprint.get("/<int:phone_id>/thread")
def thread(phone_id: int) -> Response | str:
    """The thread alone, for the page to refresh itself."""
    bot = wired().bot
    with bot.store.session() as session:
        talk = queries.conversation(session, bot.clinic_id, phone_id, bot.clock())
    if talk is None:
        abort(404)
    return render_template("thread.html", talk=talk)


@blueprint.get("/went")
def went() -> str:
    """What came and went since the clock was moved, for the page to refresh itself."""
    return render_template("went.html", went=_went())


def _went() -> list[tuple[CommunicationRow, list[PatientRow]]] | None:
    """Whose phone got what since the clock was moved; None when it was not."""
    bot = wired().bot
    moved: DemoClock = bot.clock  # type: ignore[assignment]
    if moved.jumped_at is None:
        return None
    with bot.store.session() as session:
        return queries.since(session, bot.clinic_id, moved.jumped_at, SHOWN)


def _number(phone_id: int) -> str:
    with wired().bot.store.session() as session:
        row = session.get(PhoneRow, phone_id)
    if row is None:
        abort(404)
    return row.number


def _back(phone_id: int) -> BaseResponse:
    return redirect(url_for("phone.index", phone=phone_id or None), code=303)
