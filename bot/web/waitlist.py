"""The waiting list on the staff's pages: who waits for what, and putting somebody on it."""

from __future__ import annotations

from datetime import date, time
from itertools import groupby

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.desk import life, waitlist, work
from bot.dialogue.wanted import Wanted
from bot.store import inbox, waiting
from bot.store.waiting_models import WaitingRow
from bot.web.guard import actor
from bot.web.tongue import say
from bot.web.wiring import wired

blueprint = Blueprint("waitlist", __name__)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@blueprint.get("/waiting")
def index() -> str:
    """Everybody who waits, by service and in the order of the list."""
    bot = wired().bot
    with bot.store.session() as session:
        listed = waiting.listed(session, bot.clinic_id, zone=bot.clinic.zone)
        reached = waitlist.reached(session, {each.waiting.patient for each in listed})
    by_service = [(service, list(group)) for service, group in groupby(listed, key=lambda each: each.waiting.service)]
    return render_template("waiting.html", services=by_service, reached=reached, terms=bot.clinic.waitlist)


@blueprint.route("/phone/<int:phone_id>/wait/<int:patient_id>", methods=("GET", "POST"))
def add(phone_id: int, patient_id: int) -> str | BaseResponse:
    """Puts one of the people of a phone on the list; 404 for people who are not this phone's."""
    bot = wired().bot
    with bot.store.session() as session:
        found = inbox.visitor(session, bot.clinic_id, phone_id, patient_id=patient_id)
    if found is None:
        abort(404)
    talk = redirect(url_for("inbox.talk.conversation", phone_id=phone_id), code=303)
    try:
        life.planned_for(found.patient)
    except work.Refused as error:
        flash(say(error))
        return talk
    if request.method == "GET":
        choices = {"services": waitlist.services(bot, patient_id), "weekdays": WEEKDAYS, "terms": bot.clinic.waitlist}
        return render_template("wait.html", found=found, **choices)
    try:
        waitlist.add(bot, phone_id, patient_id, service=request.form.get("service", ""), wanted=_wanted(), by=actor())
    except work.Refused as error:
        flash(say(error))
        return redirect(request.path, code=303)
    with bot.store.session() as session:
        there = waitlist.reached(session, [patient_id]).get(patient_id)
    if there is not None and there.texted:
        flash(say("On the waiting list: a time that opens and fits is offered by text."))
    else:
        flash(say("On the waiting list, but texts must not go there: phone them when a time opens."))
    return talk


def _wanted() -> Wanted:
    """What the form says. Raises Refused for what is no day or time."""
    form = request.form
    try:
        first, last = (date.fromisoformat(form[name]) if form.get(name) else None for name in ("first", "last"))
        start, end = (time.fromisoformat(form[name]) if form.get(name) else None for name in ("start", "end"))
    except ValueError:
        raise work.Refused("Write days as 2026-03-10 and times as 14:00.") from None
    days = frozenset(int(each) for each in form.getlist("weekday") if each in "0123456" and len(each) == 1)
    return Wanted(first=first, last=last, weekdays=days, start=start, end=end)


@blueprint.post("/waiting/<int:waiting_id>/remove")
def remove(waiting_id: int) -> BaseResponse:
    """Takes somebody off the list; 404 for another clinic's."""
    bot = wired().bot
    with bot.store.session() as session:
        row = session.get(WaitingRow, waiting_id)
    if row is None or row.clinic_id != bot.clinic_id:
        abort(404)
    try:
        waitlist.remove(bot, waiting_id, by=actor())
        flash(say("Off the waiting list."))
    except work.Refused as error:
        flash(say(error))
    return redirect(url_for("inbox.waitlist.index"), code=303)
