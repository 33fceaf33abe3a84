"""A reading as it is stored with its message, read again."""

from __future__ import annotations

import msgspec

from bot.understand.types import Understanding

_READING = msgspec.json.Decoder(Understanding)


def reading_of(stored: str | None) -> Understanding | None:
    """The reading; None where there is none, or where an older version of this program wrote one that we cannot read."""
    if stored is None:
        return None
    try:
        return _READING.decode(stored)
    except msgspec.ValidationError:
        return None
