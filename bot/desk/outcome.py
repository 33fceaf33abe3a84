"""What probably came of an item, by what people have done in its conversation since: the form to close it begins with that."""

from __future__ import annotations

from bot.store.inbox import Conversation, Entry
from bot.store.worklist import Item

CALLS = {"reached": "called", "voicemail": "not_reached", "no_answer": "not_reached", "wrong": "not_reached"}
DID = {"booked": "booked", "moved": "booked", "called_off": "called_off"}


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
