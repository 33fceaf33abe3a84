"""Words for a translator, from a conversation: asked for and sent by who acts for patients, written by whoever knows the language."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from bot.desk import translating, work
from bot.store import inbox
from bot.store.models import PhoneRow
from bot.web.forms import as_number
from bot.web.guard import actor
from bot.web.talk import refused
from bot.web.tongue import say
from bot.web.wiring import wired

blueprint = Blueprint("translating", __name__)


@blueprint.post("/phone/<int:phone_id>/to-translate")
def ask(phone_id: int) -> BaseResponse | str:
    """Words of the reply box, for the translators' list."""
    bot = wired().bot
    with bot.store.session() as session:
        talk = inbox.conversation(session, bot.clinic_id, phone_id, bot.clock())
    if talk is None:
        abort(404)
    words = request.form.get("text", "")
    done = say("In the translators' list now. You find it in yours when it is translated.")
    return _done(phone_id, lambda: translating.ask(bot, phone_id, words, language=talk.language, by=actor()), done, "to-translate")


@blueprint.post("/phone/<int:phone_id>/translated")
def write(phone_id: int) -> BaseResponse | str:
    """What somebody has translated."""
    _ours(phone_id)
    item, words = request.form.get("item", 0, type=as_number), request.form.get("translation", "")
    done = say("Thank you. It is back with who asked.")
    return _done(phone_id, lambda: translating.write(wired().bot, phone_id, item, words, by=actor()), done)


@blueprint.post("/phone/<int:phone_id>/send-translation")
def send(phone_id: int) -> BaseResponse | str:
    """Sends it to the patient."""
    _ours(phone_id)
    item = request.form.get("item", 0, type=as_number)
    return _done(phone_id, lambda: translating.send(wired().bot, phone_id, item, by=actor()), say("Sent."))


def _done(phone_id: int, act: Callable[[], None], told: str, action: str = "") -> BaseResponse | str:
    try:
        act()
        flash(told)
    except work.Refused as error:
        return refused(phone_id, error, action)
    return redirect(url_for("inbox.talk.conversation", phone_id=phone_id), code=303)


def _ours(phone_id: int) -> None:
    bot = wired().bot
    with bot.store.session() as session:
        if session.scalar(select(PhoneRow.id).where(PhoneRow.id == phone_id, PhoneRow.clinic_id == bot.clinic_id)) is None:
            abort(404)
