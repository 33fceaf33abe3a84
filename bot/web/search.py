"""Search over names, numbers and words. What is looked for travels in the form, never in an address."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from bot.store import queries, words, worklist
from bot.web.wiring import wired

blueprint = Blueprint("search", __name__)


@blueprint.post("/search")
def index() -> str:
    """The conversations that have every word."""
    bot, asked = wired().bot, request.form.get("asked", "").strip()[:200]
    with bot.store.session() as session:
        phones = words.search(session, bot.store.cipher, bot.clinic_id, asked)
        people = worklist.names(session, set(phones))
        found = []
        for phone_id in phones:
            texts = [row.body for row in reversed(queries.thread(session, phone_id))]
            who = " / ".join(patient.name for patient in people.get(phone_id, [])) or worklist.UNKNOWN
            found.append((phone_id, who, words.matching(bot.store.cipher, asked, texts)))
    return render_template("search.html", asked=asked, found=found)
