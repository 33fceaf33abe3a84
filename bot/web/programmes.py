"""Programmes, from a conversation: put a patient in, end or resume it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.desk import programmes, work
from bot.store import inbox
from bot.store.programme_models import CarePlanRow
from bot.web.guard import actor
from bot.web.tongue import say
from bot.web.wiring import wired

blueprint = Blueprint("programmes", __name__)
ANSWERS = {
    "": "no answer", "taken": "taken", "not_taken": "not taken", "side_effects": "feels bad from it", "leave": "wants no more",
    "well": "all is well", "help": "wants a call", "own_words": "in own words",
}  # fmt: skip
STATUS = {"active": "being asked", "on-hold": "paused", "completed": "over", "revoked": "ended"}


@blueprint.app_template_filter("check_in")
def said(answer: str) -> str:
    """What was answered to a question of a programme, in plain words."""
    return ", ".join(say(ANSWERS.get(each, each)) for each in answer.split("+"))


@blueprint.app_template_filter("plan_status")
def status(code: str) -> str:
    """How a plan stands, in plain words."""
    return say(STATUS.get(code, code))


@blueprint.post("/phone/<int:phone_id>/programmes/<int:patient_id>")
def enrol(phone_id: int, patient_id: int) -> BaseResponse:
    """Puts one of the people of a phone into a programme."""
    bot = wired().bot
    with bot.store.session() as session:
        found = inbox.visitor(session, bot.clinic_id, phone_id, patient_id=patient_id)
    if found is None:
        abort(404)
    chosen, agreed = request.form.get("programme", ""), request.form.get("agreed", "")
    try:
        programmes.enrol(bot, phone_id, found.patient, programme=chosen, agreed=agreed, by=actor())
    except work.Refused as error:
        flash(say(error))
    return _talk(phone_id)


@blueprint.post("/phone/<int:phone_id>/programme/<int:plan_id>/<any(end, resume):what>")
def change(phone_id: int, plan_id: int, what: str) -> BaseResponse:
    """Ends or resumes a plan; 404 for one that is not this phone's."""
    bot = wired().bot
    with bot.store.session() as session:
        row = session.get(CarePlanRow, plan_id)
    if row is None or (row.phone_id, row.clinic_id) != (phone_id, bot.clinic_id):
        abort(404)
    try:
        {"end": programmes.end, "resume": programmes.resume}[what](bot, phone_id, plan_id, by=actor())
    except work.Refused as error:
        flash(say(error))
    return _talk(phone_id)


def _talk(phone_id: int) -> BaseResponse:
    return redirect(url_for("inbox.talk.conversation", phone_id=phone_id), code=303)
