"""How a value stands in a sentence, and sentences in a message: order, marks of direction, no sign that only costs money."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from bot.moments import RIGHT_TO_LEFT, moment

Value = str | int | datetime | tuple[datetime, ...]

# Characters that turn a one-part GSM-7 text into an expensive UCS-2 one for no gain (E-04).
PLAIN = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2011": "-", "’": "'"})

LEFT, RIGHT = "\u200e", "\u200f"  # marks of direction, which take no room
DOUBLE_STOP = re.compile(r"(?<!\.)\.\.(?!\.)")


def write(name: str, value: Value, language: str) -> str:
    """A value as it stands in a sentence: dates by weekday and month name, never as digits (L-08)."""
    if isinstance(value, datetime):
        return clean(moment(value, language))
    if isinstance(value, tuple):
        moments = [clean(moment(each, language)) for each in value]
        return " ".join(f"{n}) {each}" for n, each in enumerate(moments, 1)) if name == "options" else "; ".join(moments)
    # Within Arabic or Persian, marks keep the parts of a number or an address in their order.
    return f"{LEFT}{value}{LEFT}" if language in RIGHT_TO_LEFT and str(value).isascii() else str(value)


def clean(text: str) -> str:
    """The text without characters that only cost money (E-04), and with one full stop where "p.m." ends a sentence."""
    return DOUBLE_STOP.sub(".", text.translate(PLAIN))


def compose(clinic: str, parts: Iterable[str], language: str | None = None) -> str:
    """One message of several sentences, which names the clinic first (O-16)."""
    start = RIGHT if language in RIGHT_TO_LEFT else ""  # else the clinic's Latin name turns the whole message round
    return f"{start}{clean(clinic)}: " + " ".join(part for part in parts if part)
