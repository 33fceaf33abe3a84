"""A reading as it is stored with its message, with what was known beside it, and read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from bot.dialogue.types import Clinic, Facts
from bot.store.lean import lean
from bot.understand.types import Message, Understanding

_READING = msgspec.json.Decoder(Understanding)
NO_CLINIC = Clinic(name="", phone="")
LANGUAGES = Facts(now=datetime.min.replace(tzinfo=UTC), clinic=NO_CLINIC).languages


def reading_of(stored: str | None) -> Understanding | None:
    """The reading; None where there is none, or where an older version of this program wrote one that we cannot read."""
    if not stored:
        return None
    try:
        return _READING.decode(stored)
    except msgspec.ValidationError:
        return None


def reading_json(read: Understanding, asked: Message, *, state: str = "{}", facts: Facts | None = None) -> str:
    """A reading as it is stored, and what was known beside the text, but for defaults: enough to read it and decide again (S-17).

    state: of the conversation before, as it is stored. Of the facts what the clinic tells and which times are free is left out: the
    former has a version, the latter are far too many.
    """
    known = {**lean(read), "asked": lean(replace(asked, text="")), "state": msgspec.Raw(state.encode())}
    if facts is not None:
        known["facts"] = lean(replace(facts, clinic=NO_CLINIC, slots=(), languages=LANGUAGES))
    return msgspec.json.encode(known).decode()
