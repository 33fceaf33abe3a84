"""The life of a barrier: reported, help arranged, asked whether it worked, closed or brought back by the patient's answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk.work import Refused, hold, record
from bot.remind import ask_helped
from bot.store import tasks
from bot.store.models import TaskRow

SILENCE = timedelta(days=1)  # how long an answer is waited for before the item is back in the list
STAGES = {"": "reported", "acted": "help arranged", "asked": "asked whether it worked"}


def arranged(bot: Bot, ids: Iterable[int], *, by: Actor) -> list[int]:
    """Notes that help with these barriers is on its way; gives of which items. Raises Refused."""
    with bot.store.begin() as session:
        found = list(_barriers(bot, session, ids, by))
        for item in found:
            item.stage = "acted"
        for item in found:
            _record(session, bot, item, by, "helped")
        return [item.id for item in found]


def ask(bot: Bot, ids: Iterable[int], *, by: Actor) -> list[int]:
    """Asks the patients whether it worked, and waits for the answer; gives of which items. Raises Refused where no text may be sent.

    Whose answer is waited for already is not asked once more.
    """
    with bot.store.begin() as session:
        every = list(_barriers(bot, session, ids, by))
        found = [item for item in every if item.stage != "asked" or item.snoozed_until is None or item.snoozed_until <= bot.clock()]
        for (phone_id, visit_id), several in groupby(found, key=lambda item: (item.phone_id or 0, item.appointment_id)):
            items = list(several)  # one question, and its answer holds for all of them
            if ask_helped(bot, session, phone_id, barrier=",".join(item.detail for item in items), visit_id=visit_id) is None:
                raise Refused("The bot may not text this phone now: paused, held, opted out or limited. Hand back first, or phone.")
            for item in items:
                item.stage, item.snoozed_until = "asked", bot.clock() + SILENCE
        for item in found:
            _record(session, bot, item, by, "asked")
        return [item.id for item in every]


def _barriers(bot: Bot, session: Session, ids: Iterable[int], by: Actor) -> Iterator[TaskRow]:
    open_ = TaskRow.kind == "barrier", TaskRow.status == "requested"
    query = select(TaskRow).where(tasks.chosen(ids, by.clinic_id), *open_)
    for item in session.scalars(query.order_by(TaskRow.phone_id, TaskRow.appointment_id, TaskRow.id)):
        if item.phone_id is not None:
            hold(session, item.phone_id, by=by, now=bot.clock(), take=False)
            yield item


def _record(session: Session, bot: Bot, item: TaskRow, by: Actor, kind: str) -> None:
    record(session, by=by, now=bot.clock(), phone_id=item.phone_id, kind=kind, detail="", task_id=item.id)
