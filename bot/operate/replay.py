"""Reads stored texts and decides about them again, by what holds now, and tells what has changed: the gate for a change (S-17).

What was known then is stored with each text, but for the clinic's settings, which are the present ones, and the times that were free:
where those are needed, the old reading and the new one are both decided on without any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from bot.clinic import ClinicFile
from bot.dialogue import loops, split
from bot.dialogue.decide import decide
from bot.dialogue.effects import Decision
from bot.dialogue.slots import wants_slots
from bot.dialogue.types import Facts, State, Visit
from bot.reads import Reads
from bot.store.database import Store
from bot.store.models import CommunicationRow
from bot.store.readings import reading_of
from bot.understand.labels import CHANGES
from bot.understand.types import Message, Understanding

# What decisions rest on; reasons and scores may change without changing anything.
DECISIVE = (
    "urgent", "keyword", "acts", "doubtful", "choice", "number", "answers", "about", "about_day", "another", "stays", "when", "topics",
    "barriers", "language", "language_sure", "language_to",
)  # fmt: skip


DECISION = "decision"
ALONE = ("loop+", "failed")  # the rules of what rested on more than the text: on those before it, or on what broke


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
        """Whether danger that was recognised then, or acted on, is not now."""
        then, now = self.parts.get("urgent", (None, None))
        before, after = self.parts.get(DECISION, ("", ""))
        return (then is not None and now is None) or (before.startswith("danger") and not after.startswith("danger"))

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
class _Known:
    """What was known beside a text. facts: None where an earlier version stored none, so that nothing can be decided again."""

    asked: Message
    state: State = field(default_factory=State)
    facts: Facts | None = None


_KNOWN = msgspec.json.Decoder(_Known)


@dataclass(frozen=True)
class Deciding:
    """What decides now: the reader, what the clinic tells, and the languages that we write."""

    reader: Reads
    clinic: ClinicFile
    languages: tuple[str, ...]


def replay(store: Store, deciding: Deciding, *, clinic_id: int) -> Tally:
    """Reads every stored text of a clinic again, and decides about it again."""
    tally = Tally()
    for row in _texts(store, clinic_id):
        known, then = _known(row.reading), reading_of(row.reading)
        if known is None or then is None:
            tally.skipped += 1
            continue
        tally.read += 1
        now = deciding.reader.read(replace(known.asked, text=row.body))
        if any(reason.source == split.SOURCE for reason in then.reasons):
            now = replace(now, urgent=then.urgent)  # the texts before it told the danger, and they are not read again
        parts = _differences(then, now) | _decided(deciding, row, known, then, now)
        if parts:
            tally.otherwise.append(Otherwise(row.id, row.at, row.rule or "", parts, row.body))
    return tally


def _known(stored: str | None) -> _Known | None:
    try:
        return _KNOWN.decode(stored or "{}")
    except msgspec.ValidationError:
        return None


def _decided(
    deciding: Deciding, row: CommunicationRow, known: _Known, then: Understanding, now: Understanding
) -> dict[str, tuple[Any, Any]]:
    """The decision then and now, by its rules and the texts that were answered, where they are not the same."""
    if known.facts is None or row.rule is None or row.rule.startswith(ALONE):
        return {}
    facts = _here(deciding, known.facts)
    if wants_slots(then, known.state) or wants_slots(now, known.state):
        before = _told(decide(state=known.state, understanding=then, facts=facts))
    else:
        before = f"{row.rule}: {row.texts or ''}"
    told = _told(decide(state=known.state, understanding=now, facts=facts))
    return {DECISION: (before, told)} if told != before else {}


def _told(decision: Decision) -> str:
    return f"{decision.rule[:80]}: {loops.said(decision)}"


def _here(deciding: Deciding, facts: Facts) -> Facts:
    """The facts with the clinic as it is now, their moments in its own time."""
    zone = deciding.clinic.zone

    def local(visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
        return tuple(replace(visit, start=visit.start.astimezone(zone)) for visit in visits)

    facts = replace(facts, now=facts.now.astimezone(zone), clinic=deciding.clinic.clinic, languages=deciding.languages)
    return replace(facts, visits=local(facts.visits), gone=local(facts.gone), apart=local(facts.apart))


def _texts(store: Store, clinic_id: int) -> Iterator[CommunicationRow]:
    received = (CommunicationRow.clinic_id == clinic_id, CommunicationRow.direction == "inbound")
    with store.session() as session:
        query = select(CommunicationRow).where(*received).order_by(CommunicationRow.id)
        yield from session.scalars(query.execution_options(yield_per=200))


def _differences(then: Understanding, now: Understanding) -> dict[str, tuple[Any, Any]]:
    pairs = {name: (getattr(then, name), getattr(now, name)) for name in DECISIVE}
    return {name: (_plain(before), _plain(after)) for name, (before, after) in pairs.items() if before != after}


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, order="deterministic")
