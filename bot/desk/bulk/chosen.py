"""What somebody chose to answer at once, and one of the conversations that this is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk.work import Refused
from bot.segments import segments
from bot.store import tasks, worklist
from bot.store.models import CommunicationRow, TaskRow

MOST = worklist.PAGE  # conversations at once: what one page of the list shows
ITEMS = 20 * MOST  # no page has so many


@dataclass(frozen=True)
class Chosen:
    """What somebody chose. items: by number, in their order. key: of the sentence, "" where none is chosen yet.

    since: the newest text of all by then. Where one was written later nothing is sent, so that the same choice, sent once more, sends
    nothing twice, and nobody is answered whose last words were not seen.
    """

    items: tuple[int, ...]
    since: int
    key: str = ""


@dataclass(frozen=True)
class Talk:
    """One of the conversations. items: the chosen ones that are still open there, as far as a reply settles them.

    text: what it gets, with `why_not` or `status` nothing. at: when, by the patient's clock; None: at once. status: of the text that it
    has got, "" for none.
    """

    phone_id: int | None
    who: str
    language: str = ""
    items: tuple[int, ...] = ()
    text: str = ""
    at: datetime | None = None
    why_not: str = ""
    status: str = ""
    paused: bool = False
    mine: bool = False

    @property
    def segments(self) -> int:
        """How many SMS it takes."""
        return segments(self.text)


def newest(bot: Bot) -> int:
    """The newest text of all: see `Chosen.since`."""
    with bot.store.session() as session:
        return session.scalar(select(func.max(CommunicationRow.id))) or 0


def items_of(session: Session, chosen: Chosen, by: Actor) -> list[TaskRow]:
    """The items, closed ones too, in the order in which they were chosen. Raises Refused for more than MOST conversations."""
    if len(chosen.items) <= ITEMS:
        rows = session.scalars(select(TaskRow).where(tasks.chosen(chosen.items, by.clinic_id))).all()
        if len({row.phone_id for row in rows}) <= MOST:
            return sorted(rows, key=lambda row: chosen.items.index(row.id))
    raise Refused("At most %(most)s conversations can be answered at once: what one page of the list shows.", most=MOST)


def by_phone(items: Iterable[TaskRow]) -> list[tuple[int | None, list[TaskRow]]]:
    """The items of each conversation, in the order of the first of each."""
    found: dict[int | None, list[TaskRow]] = {}
    for item in items:
        found.setdefault(item.phone_id, []).append(item)
    return list(found.items())
