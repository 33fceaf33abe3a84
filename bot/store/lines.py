"""An item as lists show it: one line, though several things may stand in the way of the visit that it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.understand.types import Understanding

BARRIER = "barrier"


@dataclass(frozen=True)
class Item:
    """An item as lists show it. due: by when to act; fix_by: until when it can still be fixed; promised: an answer, by then.

    words: the patient's, which it is about; texts: keys of the approved texts that answered them.

    taken_on: who acknowledged something urgent; told: how many outside the inbox were told of it meanwhile. life_event: a
    `care.life.LifeEvent` in the life of who it is about, "" for none. beside: what else stands in the way of the same visit: one line
    of the list, and each with a life of its own.
    """

    id: int
    phone_id: int | None
    kind: str
    title: str
    detail: str
    rank: int
    who: str
    language: str
    service: str
    visit: datetime | None
    due: datetime
    fix_by: datetime | None
    promised: datetime | None
    since: datetime
    words: str
    reading: Understanding | None
    owner_id: int | None
    owner: str | None
    escalated_from: str | None
    snoozed_until: datetime | None
    stage: str
    outcome: str | None
    closed_at: datetime | None
    claimed_by: int | None
    claimed: str | None
    claimed_until: datetime | None
    taken_on: str | None = None
    told: int = 0
    texts: tuple[str, ...] = ()
    life_event: str = ""
    visit_id: int | None = None
    beside: tuple[Item, ...] = ()

    @property
    def all(self) -> tuple[Item, ...]:
        """Everything that its line stands for."""
        return self, *self.beside

    @property
    def ids(self) -> str:
        """The same by number, as a form names them."""
        return " ".join(str(item.id) for item in self.all)


def lines(items: Iterable[Item]) -> list[Item]:
    """Items with whatever else stands in the way of the same visit put beside the first of it."""
    found: dict[tuple[object, ...], Item] = {}
    for item in items:
        key = (item.phone_id, item.visit_id, item.owner_id) if item.kind == BARRIER else (item.id,)
        first = found.get(key)
        found[key] = item if first is None else replace(first, beside=(*first.beside, item))
    return list(found.values())
