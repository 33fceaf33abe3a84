"""A reading as it is stored with its message, read again."""

from __future__ import annotations

import msgspec

from bot.understand.types import Understanding


def reading_of(stored: str | None) -> Understanding | None:
    """The reading; None where there is none, or where an older version of this program wrote one that we cannot read."""
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=Understanding)
    except msgspec.ValidationError:
        return None
