"""Reads stored texts again with the present reader, and tells which it reads otherwise: the gate for a change of phrases (S-17)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from bot.dialogue import split
from bot.store.database import Store
from bot.store.models import CommunicationRow
from bot.store.turns import reading_json
from bot.understand.labels import CHANGES
from bot.understand.reader import Reader
from bot.understand.types import Message

# What decisions rest on; reasons and scores may change without changing anything.
DECISIVE = (
    "urgent", "keyword", "acts", "doubtful", "choice", "number", "answers", "about", "about_day", "when", "topics", "barriers",
    "language", "language_sure", "language_to",
)  # fmt: skip


@dataclass(frozen=True)
class Otherwise:
    """A text that is read otherwise now: what was decided then, and each decisive part then and now. words: the text."""

    id: int
    at: datetime
    rule: str
    parts: dict[str, tuple[Any, Any]]
    words: str

    @property
    def danger_lost(self) -> bool:
        """Whether danger that was recognised then is not now."""
        then, now = self.parts.get("urgent", (None, None))
        return then is not None and now is None

    @property
    def changes_visit(self) -> bool:
        """Whether a change of a visit is understood that was not then, or no longer."""
        then, now = self.parts.get("acts", ((), ()))
        return bool((set(then) ^ set(now)) & CHANGES)


@dataclass
class Tally:
    """How many texts were read again, and how many could not be: purged, or stored without what the reader knew."""

    read: int = 0
    skipped: int = 0
    otherwise: list[Otherwise] = field(default_factory=list)


@dataclass(frozen=True)
class _Asked:
    asked: Message


_ASKED = msgspec.json.Decoder(_Asked)


def replay(store: Store, reader: Reader, *, clinic_id: int) -> Tally:
    """Reads every stored text of a clinic again."""
    tally = Tally()
    for row in _texts(store, clinic_id):
        try:
            asked = _ASKED.decode(row.reading or "{}").asked
        except msgspec.ValidationError:
            tally.skipped += 1
            continue
        tally.read += 1
        now = reader.read(replace(asked, text=row.body))
        then = msgspec.json.decode(row.reading or "{}")
        if any(reason["source"] == split.SOURCE for reason in then["reasons"]):
            then["urgent"] = now.urgent  # the texts before it told the danger, and they are not read again
        if parts := _differences(then, msgspec.json.decode(reading_json(now, asked))):
            tally.otherwise.append(Otherwise(row.id, row.at, row.rule or "", parts, row.body))
    return tally


def _texts(store: Store, clinic_id: int) -> Iterator[CommunicationRow]:
    received = (CommunicationRow.clinic_id == clinic_id, CommunicationRow.direction == "inbound")
    with store.session() as session:
        query = select(CommunicationRow).where(*received).order_by(CommunicationRow.id)
        yield from session.scalars(query.execution_options(yield_per=200))


def _differences(then: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (then.get(name), now[name]) for name in DECISIVE if then.get(name) != now[name]}
