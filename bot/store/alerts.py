"""Urgent items that somebody must take on (S-13): a clock runs until a person does, and anew when danger is told again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from bot.store.models import TaskRow
from bot.store.turns import TASK, table
from bot.store.work_models import AlertRow, ClaimRow

ALERTS = table(AlertRow)
ALERT = ALERTS.c
_FRESH = {"acknowledged_at": None, "actor_id": None, "actor": None, "told": 0, "place": 0, "failed": 0, "error": None, "next_at": None}


def ring(connection: Connection, *, task_id: int, clinic_id: int, now: datetime) -> None:
    """Somebody must take the item on. Who had done so must do it again; where nobody had, the clock that runs goes on."""
    if connection.scalar(select(ALERT.task_id).where(ALERT.task_id == task_id)) is None:
        connection.execute(insert(ALERTS), {"task_id": task_id, "clinic_id": clinic_id, "since": now})
        return
    taken_on = (ALERT.task_id == task_id) & ALERT.acknowledged_at.is_not(None)
    connection.execute(update(ALERTS).where(taken_on).values(since=now, **_FRESH))


def acknowledge(connection: Connection, phone_id: int, *, actor_id: int | None, actor: str, now: datetime) -> int:
    """A person sees to a conversation: nobody else need be told of its urgent items. Gives how many nobody had taken on before."""
    items = select(TASK.id).where(TASK.phone_id == phone_id, TASK.rank == 0)
    waiting = update(ALERTS).where(ALERT.task_id.in_(items), ALERT.acknowledged_at.is_(None))
    return connection.execute(waiting.values(acknowledged_at=now, actor_id=actor_id, actor=actor)).rowcount


def waiting(clinic_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What holds of an AlertRow, joined with its TaskRow, that nobody has taken on; somebody who works on it now may yet do so."""
    claimed = select(ClaimRow.phone_id).where(ClaimRow.phone_id == TaskRow.phone_id, ClaimRow.until > now).exists()
    return AlertRow.clinic_id == clinic_id, AlertRow.acknowledged_at.is_(None), TaskRow.status == "requested", ~claimed
