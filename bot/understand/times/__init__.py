"""Days and times as patients name them, as wishes that a slot fits or does not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.understand.times.combine import wishes_of
from bot.understand.times.grammar import Grammar
from bot.understand.times.scan import pieces_of
from bot.understand.times.vocabulary import Vocabulary, load_vocabulary, with_others
from bot.understand.types import When

__all__ = ["Vocabulary", "as_answer", "load_vocabulary", "read_times", "with_others"]


def read_times(text: str, *, vocabulary: Vocabulary, now: datetime) -> When | None:
    """What a text wishes for, over the 35 days from `now` (local); None when it names no time. Never raises for any text."""
    grammar = Grammar(vocabulary.read(text), vocabulary, now.date())
    return wishes_of(pieces_of(grammar), grammar)


def as_answer(when: When) -> dict[str, Any]:
    """The hull of the wishes as the `understand` command prints it: {"days": dates or None, "from": "HH:MM", "to": …}."""
    days = None if any(wish.days is None for wish in when.wishes) else sorted({day for wish in when.wishes for day in wish.days or ()})
    starts, ends = [wish.start for wish in when.wishes], [wish.end for wish in when.wishes]
    start = None if None in starts else min(edge for edge in starts if edge is not None)
    end = None if None in ends else max(edge for edge in ends if edge is not None)
    return {"days": None if days is None else [day.isoformat() for day in days], "from": _hhmm(start), "to": _hhmm(end)}


def _hhmm(minutes: int | None) -> str | None:
    return None if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"
