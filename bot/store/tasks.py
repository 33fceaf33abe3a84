"""Items and promises as effects write them: one open item a matter, one open promise a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, insert, select, true, update

from bot.dialogue.effects import CloseItems, LogItem
from bot.dialogue.items import KINDS
from bot.store import alerts
from bot.store.models import PhoneRow, TaskRow
from bot.store.prepared import Prepared
from bot.store.turns import TASK, TASKS, Line, table
from bot.store.work_models import PromiseRow

PROMISES = table(PromiseRow)
PROMISED = PROMISES.c
CALLED_OFF = ("declined", "unclear_cancel", "tentative")  # kinds of items that nobody need see to once a visit is called off
ANOTHER_TIME = ("reschedule_unfinished", "no_fit")  # those that look for another time for it
_ITEM = Prepared(
    select(TASK.id).where(
        TASK.phone_id == bindparam("phone_id"),
        TASK.kind == bindparam("kind"),
        TASK.detail == bindparam("detail"),
        TASK.appointment_id.is_not_distinct_from(bindparam("appointment_id")),
        TASK.status != "completed",
    )
)
_PROMISE = Prepared(select(PROMISED.id).where(PROMISED.phone_id == bindparam("phone_id"), PROMISED.kept_at.is_(None)).limit(1))
_AWAITED = select(
    exists().where(
        TASK.phone_id == bindparam("phone_id"),
        TASK.kind.in_([kind for kind, about in KINDS.items() if about.promised]),
        TASK.status != "completed",
        TASK.created_at <= bindparam("now"),
    )
)
_NEW_ITEM = Prepared(
    insert(TASKS).returning(TASK.id),
    *("phone_id", "kind", "detail", "appointment_id", "clinic_id", "communication_id", "created_at", "rank", "due_at", "fix_by"),
)
_NEW_PROMISE = Prepared(insert(PROMISES), "clinic_id", "phone_id", "communication_id", "made_at", "due_at")


def chosen(ids: Iterable[int], clinic_id: int) -> ColumnElement[bool]:
    """These items, if they are the clinic's. Each is looked up: `+ 0` keeps SQLite from rather going through all that the clinic ever
    had, and every text waits while it does.
    """
    return and_(TaskRow.id.in_(list(ids)), TaskRow.clinic_id + 0 == clinic_id)


def log(
    connection: Connection,
    item: LogItem,
    phone: Line | PhoneRow,
    *,
    text: int | None,
    start: datetime | None,
    now: datetime,
    new: bool = False,
) -> None:
    """Adds the item, or refreshes the open one of that kind, detail and visit, which keeps its clock; a snoozed one wakes.

    text: the message that it is about; start: of the visit; new: no item of that kind is open. What is urgent rings each time.
    """
    which = {"phone_id": phone.id, "kind": item.kind, "detail": item.detail, "appointment_id": item.visit}
    kind = KINDS[item.kind]
    found = [] if new else _ITEM.rows(connection, **which)
    if not found:
        task_id = _add(connection, item, which, phone.clinic_id, text=text, start=start, now=now)
    else:
        ((task_id,),) = found[:1]
        connection.execute(update(TASKS).where(TASK.id == task_id).values(communication_id=text, snoozed_until=None, stage=""))
    if kind.rank == 0:
        alerts.ring(connection, task_id=task_id, clinic_id=phone.clinic_id, now=now)


def _add(
    connection: Connection,
    item: LogItem,
    which: dict[str, Any],
    clinic_id: int,
    *,
    text: int | None,
    start: datetime | None,
    now: datetime,
) -> int:
    shown, kind = item.shown_from or now, KINDS[item.kind]
    lead = kind.lead if item.lead is None else item.lead
    fix_by = start - lead if start else None
    due_at = shown if kind.rank == 0 else min(filter(None, (fix_by, item.by)), default=shown)
    values = {"clinic_id": clinic_id, "communication_id": text, "created_at": shown, "rank": kind.rank}
    ((task_id,),) = _NEW_ITEM.rows(connection, **which, **values, due_at=due_at, fix_by=fix_by)
    return int(task_id)


def close(connection: Connection, phone_id: int, closed: CloseItems, *, now: datetime, outcome: str = "answered") -> list[int]:
    """Closes a conversation's items of those kinds about that visit; gives which.

    With the last one in which a person was to answer, what was promised is settled too: no apology is due.
    """
    which = update(TASKS).where(
        TASK.phone_id == phone_id,
        TASK.kind.in_(closed.kinds),
        TASK.status != "completed",
        TASK.appointment_id.is_not_distinct_from(closed.visit),
        TASK.detail.in_(closed.details) if closed.details else true(),
    )
    done = which.values(status="completed", outcome=outcome, closed_at=now, snoozed_until=None).returning(TASK.id)
    ids = list(connection.scalars(done))
    if ids and not connection.scalar(_AWAITED, {"phone_id": phone_id, "now": now}):
        keep_promise(connection, phone_id, now=now)
    return ids


def called_off(connection: Connection, visit_id: int, *, now: datetime) -> None:
    """The clinic has called a visit off: who was to do that is done, and who wanted another time for it wants a visit."""
    mine = TASK.appointment_id == visit_id, TASK.status != "completed"
    over = {"status": "completed", "outcome": "called_off", "closed_at": now, "snoozed_until": None}
    connection.execute(update(TASKS).where(*mine, TASK.kind.in_(CALLED_OFF)).values(**over))
    for task_id, phone_id, shown in connection.execute(
        select(TASK.id, TASK.phone_id, TASK.created_at).where(*mine, TASK.kind.in_(ANOTHER_TIME)).order_by(TASK.id)
    ).all():
        there = _ITEM.rows(connection, phone_id=phone_id, kind="booking", detail="", appointment_id=None)
        anew = {"kind": "booking", "appointment_id": None, "rank": KINDS["booking"].rank, "due_at": shown, "fix_by": None}
        connection.execute(update(TASKS).where(TASK.id == task_id).values(**(over if there else anew)))


def promise(connection: Connection, phone: Line | PhoneRow, *, text: int | None, by: datetime, now: datetime) -> None:
    """Stores a promise unless an earlier one is still open."""
    if not _PROMISE.rows(connection, phone_id=phone.id):
        values = {"clinic_id": phone.clinic_id, "phone_id": phone.id, "communication_id": text}
        _NEW_PROMISE.changed(connection, **values, made_at=now, due_at=by)


def owe_again(connection: Connection, phone_id: int, *, kept_at: datetime, now: datetime) -> None:
    """What was kept in that moment is open again, unless a later promise is.

    What was kept in time, and whose hour has passed since, stays kept: no apology is due for it.
    """
    open_ = exists().where(PROMISED.phone_id == phone_id, PROMISED.kept_at.is_(None))
    if not connection.scalar(select(open_)):
        then = (PROMISED.phone_id == phone_id) & (PROMISED.kept_at == kept_at)
        connection.execute(update(PROMISES).where(then, (PROMISED.due_at > now) | (PROMISED.due_at < kept_at)).values(kept_at=None))


def keep_promise(connection: Connection, phone_id: int, *, now: datetime) -> None:
    """Somebody has answered."""
    open_ = (PROMISED.phone_id == phone_id) & PROMISED.kept_at.is_(None)
    connection.execute(update(PROMISES).where(open_).values(kept_at=now))
