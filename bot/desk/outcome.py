"""What probably came of an item, by what people have done in its conversation since: the form to close it begins with that."""

from __future__ import annotations

from datetime import datetime

from bot.store.inbox import Conversation, Entry
from bot.store.lines import Item

CALLS = {"reached": "called", "voicemail": "not_reached", "no_answer": "not_reached", "wrong": "not_reached"}
DID = {"booked": "booked", "moved": "booked", "called_off": "called_off"}


APART = ("unreviewed_text", "to_translate", "translated")  # what a reply or a call to the patient does not settle


def together(talk: Conversation, *, me: int | None, now: datetime) -> list[Item]:
    """The open items that one answer may settle: not a colleague's, not put off, not a translator's."""
    return [
        item
        for item in talk.items
        if item.owner_id in (None, me) and item.kind not in APART and (item.snoozed_until is None or item.snoozed_until <= now)
    ]


def likely(talk: Conversation, item: Item) -> str:
    """One of `work.OUTCOMES`, from the last thing that a person did about it; "" where nobody has done anything."""
    since = (_of(entry) for entry in reversed(talk.timeline) if entry.at >= item.since)
    return next(filter(None, since), "")


def _of(entry: Entry) -> str:
    if entry.kind == "out" and entry.who == "staff":
        return "answered" if entry.goes is None and entry.status != "canceled" else ""
    if entry.kind != "did":
        return ""
    return CALLS.get(entry.detail, "") if entry.what == "call" else DID.get(entry.what, "")
