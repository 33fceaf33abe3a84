"""A reading as it is stored with its message, with what was known beside it, and read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.dialogue.types import Clinic, Facts
from bot.understand.types import Message, Understanding

_READING = msgspec.json.Decoder(Understanding)
NO_CLINIC = Clinic(name="", phone="")
NOTHING = Facts(now=datetime.min.replace(tzinfo=UTC), clinic=Clinic(name="nobody's", phone=""))


def reading_of(stored: str | None) -> Understanding | None:
    """The reading; None where there is none, or where an older version of this program wrote one that we cannot read."""
    if stored is None:
        return None
    try:
        return _READING.decode(stored)
    except msgspec.ValidationError:
        return None


def reading_json(read: Understanding, asked: Message, *, state: str = "{}", facts: Facts | None = None) -> str:
    """A reading as it is stored, and what was known beside the text: enough to read it and decide again (S-17).

    state: of the conversation before, as it is stored. Of the facts what the clinic tells and which times are free is left out: the
    former has a version, the latter are far too many.
    """
    known = {**vars(read), "asked": replace(asked, text=""), "state": msgspec.Raw(state.encode())}
    if facts is not None:
        told = vars(replace(facts, clinic=NO_CLINIC, slots=(), languages=()))
        known["facts"] = {name: value for name, value in told.items() if value != getattr(NOTHING, name)}
    return msgspec.json.encode(known, enc_hook=_encode).decode()


def _encode(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    raise NotImplementedError(type(value))
