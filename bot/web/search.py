"""Search over names, numbers and words. What is looked for travels in the form, never in an address."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Blueprint, flash, render_template, request

from bot.dialogue.items import KINDS
from bot.store import words, worklist
from bot.store.words import Only
from bot.web.tongue import say
from bot.web.wiring import wired

blueprint = Blueprint("search", __name__)
STATES = {"open": "with something to do", "closed": "with nothing to do any more"}


@blueprint.post("/search")
def index() -> str:
    """The conversations that have every word, and are of the language, kind and time that is chosen."""
    bot, asked, only = wired().bot, request.form.get("asked", "").strip()[:200], _only()
    with bot.store.session() as session:
        phones = words.search(session, bot.store.cipher, bot.clinic_id, asked, only, now=bot.clock())
        people = worklist.names(session, set(phones))
        found = []
        for phone_id in phones:
            texts = words.said(session, phone_id, only)
            who = " / ".join(patient.name for patient in people.get(phone_id, [])) or worklist.UNKNOWN
            found.append((phone_id, who, words.matching(asked, who, texts)))
    lists = {"kinds": KINDS, "languages": bot.texts.languages, "states": STATES}
    return render_template("search.html", asked=asked, found=found, only=only, days=[_day("since"), _day("until")], **lists)


def _only() -> Only:
    """What is chosen beside the words; what is no language, state or kind of ours counts as any."""
    language, state, kind = (request.form.get(name, "") for name in ("language", "state", "kind"))
    since, until = _day("since", warn=True), _day("until", warn=True)
    return Only(
        language=language if language in wired().bot.texts.languages else "",
        state=state if state in STATES else "",
        kind=kind if kind in KINDS else "",
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
    )


def _day(name: str, *, warn: bool = False) -> date | None:
    text = request.form.get(name, "").strip()
    try:
        day = date.fromisoformat(text) if text else None
        return day if day is None or day.year in range(1900, 2200) else None
    except ValueError:
        if warn:
            flash(say("A day must look like 2026-03-31. It was left out."))
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), wired().bot.clinic.zone)
