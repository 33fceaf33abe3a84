"""A coordinator's words by way of a translator: asked for, written, and back in the coordinator's own list to be sent (L-04)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk import staff, work
from bot.desk.work import Already, Refused, hold, record
from bot.dialogue.items import KINDS
from bot.store import queries
from bot.store.models import TaskRow
from bot.store.work_models import ActionRow

WANTED, READY = "to_translate", "translated"  # the kinds of items, and what people did


@dataclass(frozen=True)
class Translation:
    """Words, and what they are in the patient's language once somebody has written it."""

    words: str
    written: str = ""


def ask(bot: Bot, phone_id: int, text: str, *, language: str, by: Actor) -> None:
    """Puts words into the translators' list. language: of the patient. Raises Refused where no text may be sent, or they are in it."""
    body, now, kind = staff.body_of(text), bot.clock(), KINDS[WANTED]
    with bot.store.begin() as session:
        staff.may_text(queries.locked_phone(session, phone_id))
        hold(session, phone_id, by=by, now=now)
        open_ = TaskRow.phone_id == phone_id, TaskRow.kind.in_((WANTED, READY)), TaskRow.status == "requested"
        if body in {each.words for each in of(session, session.scalars(select(TaskRow.id).where(*open_))).values()}:
            raise Already("These words are in the translators' list already.")
        item = TaskRow(clinic_id=by.clinic_id, phone_id=phone_id, kind=WANTED, rank=kind.rank, detail=language, created_at=now)
        item.due_at = bot.clinic.answer_by(now)
        session.add(item)
        session.flush()
        record(session, by=by, now=now, phone_id=phone_id, kind=WANTED, detail=language, words=body, task_id=item.id)


def write(bot: Bot, phone_id: int, item_id: int, text: str, *, by: Actor) -> None:
    """Keeps what somebody has translated, and gives it back to who asked. Raises Refused."""
    body = staff.body_of(text)
    with bot.store.begin() as session:
        item = _item(session, phone_id, item_id, WANTED, by)
        asked = session.scalars(select(ActionRow).where(ActionRow.task_id == item.id, ActionRow.kind == WANTED)).one()
        item.kind, item.rank, item.owner_id, item.owner = READY, KINDS[READY].rank, asked.actor_id, asked.actor
        record(session, by=by, now=bot.clock(), phone_id=phone_id, kind=READY, detail=item.detail, words=body, task_id=item.id)


def send(bot: Bot, phone_id: int, item_id: int, *, by: Actor) -> None:
    """Sends a translation as it was written, which closes its item. Raises Refused."""
    with bot.store.begin() as session:
        _item(session, phone_id, item_id, READY, by)
        staff.may_text(queries.locked_phone(session, phone_id))
        text = of(session, [item_id])[item_id].written
    if not work.resolve(bot, [item_id], outcome="answered", by=by):  # whoever closes it sends it
        raise _too_late()
    try:
        staff.reply(bot, phone_id, text, by=by, key=READY)
    except Refused:
        work.reopen(bot, [item_id], by=by)
        raise


def of(session: Session, items: Iterable[int]) -> dict[int, Translation]:
    """The words of those of the items that are about a translation."""
    rows = select(ActionRow).where(ActionRow.task_id.in_(list(items)), ActionRow.kind.in_((WANTED, READY))).order_by(ActionRow.id)
    found: dict[int, Translation] = {}
    for row in session.scalars(rows):
        before = found.get(row.task_id or 0)
        found[row.task_id or 0] = Translation(before.words, row.words or "") if before else Translation(row.words or "")
    return found


def _item(session: Session, phone_id: int, item_id: int, kind: str, by: Actor) -> TaskRow:
    which = TaskRow.id == item_id, TaskRow.clinic_id == by.clinic_id, TaskRow.phone_id == phone_id
    item = session.scalar(select(TaskRow).where(*which, TaskRow.kind == kind, TaskRow.status == "requested").with_for_update())
    if item is None:
        raise _too_late()
    return item


def _too_late() -> Refused:
    return Refused("Somebody was faster: these words are translated, sent or closed already.")
