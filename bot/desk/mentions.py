"""@Ben in a note: the conversation stands in Ben's own list until he has looked."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.dialogue.items import KINDS
from bot.store.models import TaskRow
from bot.understand.normalise import fold

MENTION = re.compile(r"@(\w+)(?:[ .](\w+))?")


def named(words: str, people: Iterable[Actor]) -> tuple[list[Actor], list[str]]:
    """Who is named with an @, by full or first name in any case and accent, and the names that nobody has."""
    known = {person: fold(person.name).split() for person in people}
    found: dict[Actor, None] = {}
    nobody = []
    for first, last in MENTION.findall(words):
        called = [person for person, name in known.items() if name[:1] == [fold(first)]]
        exact = [person for person in called if known[person][1:2] == [fold(last)]]
        found.update(dict.fromkeys(exact or called))
        nobody += [] if called else [first]
    return list(found), nobody


def tell(bot: Bot, session: Session, phone_id: int, people: Iterable[Actor], *, by: Actor) -> None:
    """Puts the conversation into the list of each; who has it there already has it once, new again."""
    now, kind = bot.clock(), KINDS["mention"]
    for person in people:
        mine = TaskRow.phone_id == phone_id, TaskRow.kind == "mention", TaskRow.owner_id == person.id, TaskRow.status == "requested"
        item = session.scalar(select(TaskRow).where(*mine))
        if item is None:
            item = TaskRow(clinic_id=by.clinic_id, phone_id=phone_id, kind="mention", rank=kind.rank, created_at=now)
            item.owner_id, item.owner, item.due_at = person.id, person.name, bot.clinic.answer_by(now)
            session.add(item)
        item.detail, item.snoozed_until = by.name[:80], None
