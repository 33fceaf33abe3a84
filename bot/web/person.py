"""A person's page: who they are, on which phones they are reached, and what has happened in their life; and somebody new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from zoneinfo import available_timezones

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.care.life import FOR_GOOD
from bot.core import Bot
from bot.desk import newcomer, person, work
from bot.desk.newcomer import Agreed
from bot.desk.person import Details
from bot.store import reach
from bot.store.models import PhoneRow
from bot.web.forms import as_number
from bot.web.guard import actor
from bot.web.tongue import say, words
from bot.web.wiring import wired
from bot.web.words import RELATIONS

blueprint = Blueprint("person", __name__)
EVENTS = {
    "": "Nothing that stops texts",
    "died": "Has died",
    "loss": "Has lost somebody, or a pregnancy",
    "hospital": "Is in hospital or hospice",
}
PLAIN = ("name", "birth_year", "language", "zone")
ZONES = tuple(sorted(name for name in available_timezones() if name.startswith(("America/", "Pacific/", "US/"))))


@blueprint.route("/person/<int:patient_id>", methods=("GET", "POST"))
def correct(patient_id: int) -> str | BaseResponse:
    """A person as they stand, and the form that corrects them; 404 for another clinic's."""
    bot = wired().bot
    found, phones = _person(bot, patient_id)
    if request.method == "GET":
        return _page(bot, patient_id, found, phones, _fields(found))
    try:
        (seen,) = person.unseal(bot, request.form.get("seen", ""))
        wanted, agreed = _wanted(bot, seen)
        changed = person.correct(bot, patient_id, wanted, seen=seen, by=actor(), agreed=agreed)
    except work.Refused as error:
        flash(say(error))
        return _page(bot, patient_id, found, phones, request.form)
    if not changed:
        flash(say("Nothing was changed."))
    else:
        said = [say("Corrected.")]
        if wanted.silent and not seen.silent:
            said.append(say("Nothing is started by text about this person any more."))
        if not wanted.phones:
            said.append(say("No phone is left: they can only be reached otherwise."))
        flash(" ".join(said), f"person:{patient_id}:{person.seal(bot, wanted, seen)}")
    return _back(bot, patient_id)


@blueprint.post("/person/<int:patient_id>/undo")
def undo(patient_id: int) -> BaseResponse:
    """Makes a person what they were before the last correction, unless somebody has changed them since."""
    bot = wired().bot
    _person(bot, patient_id)
    try:
        after, before = person.unseal(bot, request.form.get("undo", ""), 2)
        person.correct(bot, patient_id, before, seen=after, by=actor())
        flash(say("Taken back: everything is as before."))
    except work.Refused as error:
        flash(say(error))
    return _back(bot, patient_id)


@blueprint.route("/person/new", methods=("GET", "POST"))
def add() -> str | BaseResponse:
    """Somebody new, on a phone that is known or not; then their conversation, where the first text is written."""
    bot = wired().bot
    if request.method == "GET":
        return render_template("person.html", found=None, values={"phone": _number(bot)}, back=None, **_choices(bot))
    given = {name: request.form.get(name, "") for name in (*PLAIN, "identifier", "phone", "relation")}
    try:
        added = newcomer.add(bot, given, agreed=_agreed(), by=actor())
    except work.Refused as error:
        flash(say(error))
        return render_template("person.html", found=None, values=request.form, back=None, **_choices(bot))
    flash(say("Added. You can write to them here."))
    if added.opted_out:
        flash(say("This phone has opted out: texts must not be sent. Phone instead."))
    if added.others:
        flash(say("Others are reached on this phone, too: name nobody, and no kind of visit."))
    return redirect(url_for("inbox.talk.conversation", phone_id=added.phone_id), code=303)


def _person(bot: Bot, patient_id: int) -> tuple[Details, list[int]]:
    with bot.store.session() as session:
        row = person.find(bot, session, patient_id)
        if row is None:
            abort(404)
        return person.details(session, row), [link.phone_id for link in reach.links(session, patient_id)]


def _page(bot: Bot, patient_id: int, found: Details, phones: list[int], values: Mapping[str, object]) -> str:
    """values: of the fields, as they stand or as they were typed."""
    come_from = request.args.get("phone", type=as_number)
    back = come_from if come_from in phones else next(iter(phones), None)
    sealed = person.seal(bot, found)
    return render_template("person.html", patient_id=patient_id, found=found, seen=sealed, values=values, back=back, **_choices(bot))


def _choices(bot: Bot) -> dict[str, object]:
    told = say(
        "Texts about visits, and answers, from %(clinic)s to this number; how many depends on the visits. Message and data rates may "
        "apply. STOP ends them, HELP tells more. Texts are not private: whoever holds the phone can read them. "
        "Care does not depend on it.",
        clinic=bot.clinic.clinic.name,
    )
    languages = sorted(bot.texts.languages, key=words().language_name)
    lists = {
        "relations": RELATIONS,
        "how": newcomer.HOW,
        "events": EVENTS,
        "for_good": FOR_GOOD,
        "zones": ZONES,
        "languages": languages,
    }
    return {**lists, "told": told, "today": bot.clock().astimezone(bot.clinic.zone).date(), "zone": bot.clinic.zone.key}


def _fields(found: Details) -> dict[str, object]:
    """A person as the form has them."""
    plain = {name: getattr(found, name) or "" for name in (*PLAIN, "life_event")}
    until = found.life_event_until.isoformat() if found.life_event_until else ""
    ticks = {name: "1" for name in ("do_not_text", "active") if getattr(found, name)}
    relations = {f"relation-{place}": relation for place, (_, relation) in enumerate(found.phones)}
    return {**plain, **ticks, **relations, "until": until}


def _wanted(bot: Bot, seen: Details) -> tuple[Details, Agreed | None]:
    """What the form asks for, and the consent for a phone that is new. Raises Refused."""
    form, number = request.form, request.form.get("phone", "").strip()
    given = {name: form.get(name, "") for name in PLAIN}
    says = newcomer.checked(bot, {**given, **({"phone": number, "relation": form.get("relation", "")} if number else {})}).says
    kept = [
        (each, form.get(f"relation-{place}", relation)[:20] or relation)
        for place, (each, relation) in enumerate(seen.phones)
        if f"gone-{place}" not in form
    ]
    numbers = says.get("phone")
    new = [(str(each), str(says.get("relation", "self"))) for each in numbers] if isinstance(numbers, list) else []
    if {each for each, _ in new} & {each for each, _ in seen.phones}:
        raise work.Refused("This person is reached on that phone already.")
    wanted = replace(
        seen,
        **{name: says.get(name) for name in PLAIN},  # type: ignore[arg-type]
        do_not_text="do_not_text" in form,
        active="active" in form,
        life_event=form.get("life_event", ""),
        life_event_until=_day("until"),
        phones=(*kept, *new),
    )
    return wanted, _agreed() if new else None


def _agreed() -> Agreed:
    on = _day("on")
    if on is None:
        raise work.Refused("Write the day on which the patient agreed.")
    return Agreed(how=request.form.get("how", ""), on=on, told=request.form.get("told", ""))


def _day(name: str) -> date | None:
    """A day of the form, None if it is empty. Raises Refused."""
    try:
        return date.fromisoformat(text) if (text := request.form.get(name, "").strip()) else None
    except ValueError:
        raise work.Refused("Write days as 2026-03-10.") from None


def _number(bot: Bot) -> str:
    """The number of the phone from whose page one comes."""
    phone_id = request.args.get("phone", type=as_number)
    with bot.store.session() as session:
        phone = session.get(PhoneRow, phone_id) if phone_id is not None else None
        return phone.number if phone is not None and phone.clinic_id == bot.clinic_id else ""


def _back(bot: Bot, patient_id: int) -> BaseResponse:
    """To the conversation that one came from, or another one of theirs; else to the person's page."""
    _, phones = _person(bot, patient_id)
    come_from = request.args.get("phone", type=as_number)
    if not phones:
        return redirect(url_for("inbox.person.correct", patient_id=patient_id), code=303)
    return redirect(url_for("inbox.talk.conversation", phone_id=come_from if come_from in phones else phones[0]), code=303)
