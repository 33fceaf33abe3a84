"""Visits, from a conversation: choose a time, see what the patient will be told, then book, move or call off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bot.core import Bot
from bot.desk import booking, life, news, work
from bot.desk.booking import Desk, Done
from bot.dialogue.types import Slot
from bot.store import inbox, queries
from bot.store.inbox import Visitor
from bot.store.news import BOOKED, CALLED_OFF, MOVED
from bot.web.forms import as_number
from bot.web.guard import actor
from bot.web.tongue import say, words
from bot.web.wiring import wired

blueprint = Blueprint("visits", __name__)
TIMES = 15  # free times on one page
DONE = {BOOKED: "The visit is booked.", MOVED: "The visit is moved.", CALLED_OFF: "The visit is called off."}


@dataclass(frozen=True)
class Times:
    """Free times: some of one service by day, the services that have any, and whether there are more."""

    days: list[tuple[date, list[Slot]]]
    service: str
    services: list[str]
    page: int
    more: bool


@blueprint.route("/phone/<int:phone_id>/book/<int:patient_id>", methods=("GET", "POST"))
def book(phone_id: int, patient_id: int) -> str | BaseResponse:
    """Books a visit for one of the people of a phone."""
    return _answer(BOOKED, phone_id, patient_id=patient_id)


@blueprint.route("/phone/<int:phone_id>/move/<int:visit_id>", methods=("GET", "POST"))
def move(phone_id: int, visit_id: int) -> str | BaseResponse:
    """Moves a visit."""
    return _answer(MOVED, phone_id, visit_id=visit_id)


@blueprint.route("/phone/<int:phone_id>/call-off/<int:visit_id>", methods=("GET", "POST"))
def call_off(phone_id: int, visit_id: int) -> str | BaseResponse:
    """Calls a visit off."""
    return _answer(CALLED_OFF, phone_id, visit_id=visit_id)


def _answer(what: str, phone_id: int, *, patient_id: int | None = None, visit_id: int | None = None) -> str | BaseResponse:
    """The page, or what its form asks for; 404 for people and visits that are not this phone's."""
    bot = wired().bot
    with bot.store.session() as session:
        found = inbox.visitor(session, bot.clinic_id, phone_id, patient_id=patient_id, visit_id=visit_id)
    if found is None:
        abort(404)
    talk = redirect(url_for("inbox.talk.conversation", phone_id=phone_id), code=303)
    if found.visit is not None and (found.visit.status != "booked" or found.visit.start <= bot.clock()):
        flash(say("This visit can no longer be changed: it was called off, or its time has come."))
        return talk
    if what != CALLED_OFF:
        try:
            life.planned_for(found.patient)
        except work.Refused as error:
            flash(say(error))
            return talk
    if request.method == "GET":
        return _page(bot, what, found)
    try:
        done = _do(bot, what, found)
    except work.Refused as error:
        flash(say(error))
        return redirect(request.path, code=303)
    told = say("The patient is told by text." if done.told else "No text goes: an item says to phone the patient.")
    flash(f"{say(DONE[what])} {told}")
    if done.closed:  # apart: its Undo is of this alone, the visit stays as it is
        closed = words().many("%(num)s item closed.", "%(num)s items closed.", len(done.closed))
        flash(closed, f"reopen:{','.join(map(str, done.closed))}")
    return talk


def _do(bot: Bot, what: str, found: Visitor) -> Done:
    """Does what the form says. Raises Refused."""
    form = request.form
    cause, slot, version = form.get("cause"), form.get("slot", type=as_number), form.get("version", type=as_number)
    if cause not in ("patient", "clinic"):
        raise work.Refused("Choose who caused it.")
    desk = Desk(by=actor(), phone_id=found.phone_id, asked=cause == "patient")
    if found.visit is not None and what == CALLED_OFF:
        return booking.call_off(bot, found.visit.id, desk=desk, version=version)
    if slot is None:
        raise work.Refused("Choose a time.")
    if found.visit is not None:
        return booking.move(bot, found.visit.id, slot_id=slot, desk=desk, version=version)
    return booking.book(bot, found.patient.id, slot_id=slot, desk=desk)


def _page(bot: Bot, what: str, found: Visitor) -> str:
    """The free times; or, once a time is chosen or none is needed, what the patient will be told."""
    now, visit = bot.clock(), found.visit
    wanted = request.args.get("slot", type=as_number)
    with bot.store.session() as session:
        free = [] if what == CALLED_OFF else _free(bot, session, found)
        slot = next((each for each in free if each.id == wanted), None)
        if wanted is not None and slot is None and what != CALLED_OFF:
            flash(say("This time is no longer free. Choose another one."))
        reach = news.reach(bot, session, found.patient.id, visit_id=visit.id if visit else None)
        claim = work.claimed(session, found.phone_id, now)
    start = slot.start if slot else visit.start if visit and what == CALLED_OFF else None
    told = {
        cause: news.news(bot, what=what, asked=cause == "patient", start=start, language=reach.language, reader=words().language)
        for cause in ("patient", "clinic")
        if start
    }
    goes = bot.clinic.cadence.hours.after(now, (bot.clinic.zone,))
    shown = {"what": what, "found": found, "slot": slot, "told": told, "reach": reach, "goes": goes if goes != now else None}
    theirs = claim if claim and claim.actor_id != actor().id else None
    return render_template("visit.html", **shown, times=_times(free), theirs=theirs)


def _free(bot: Bot, session: Session, found: Visitor) -> list[Slot]:
    services = [found.visit.service] if found.visit else []
    kept_for, now, zone = found.phone_id, bot.clock(), bot.clinic.zone
    return list(queries.free_slots(session, clinic_id=bot.clinic_id, services=services, phone_id=kept_for, now=now, zone=zone))


def _times(free: list[Slot]) -> Times:
    """The part of the free times that the address asks for."""
    services = sorted({slot.service for slot in free})
    service = request.args.get("service", "")
    service = service if service in services else next(iter(services), "")
    page = max(1, min(request.args.get("page", 1, type=as_number), 1000))
    fit = [slot for slot in free if slot.service == service]
    some = fit[(page - 1) * TIMES : page * TIMES]
    days = [(day, list(slots)) for day, slots in groupby(some, key=lambda slot: slot.start.date())]
    return Times(days=days, service=service, services=services, page=page, more=len(fit) > page * TIMES)
