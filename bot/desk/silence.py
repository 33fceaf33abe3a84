"""An item that somebody has, and that nobody acts on until it is late, goes to another person and is marked."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.core import Bot
from bot.desk.work import record_of_the_clock
from bot.store import queries
from bot.store.account_models import UserRow
from bot.store.models import TaskRow
from bot.store.work_models import ActionRow, ClaimRow

QUIET = timedelta(minutes=15)  # whoever has done anything in the conversation since is at work on it
HELPERS = ("manager", "admin", "nurse", "coordinator")  # who gets it, the first of these roles that somebody else has


def escalate(bot: Bot) -> None:
    """Hands on what its owner, or whoever claimed it, left lying; out of hours only where somebody may be in danger."""
    with bot.store.session() as session:
        ids = session.scalars(select(TaskRow.id).where(*_late(bot))).all()
    for task_id in ids:
        bot.store.run(partial(_hand_on, bot, task_id))


def _late(bot: Bot) -> list[ColumnElement[bool]]:
    now, did = bot.clock(), aliased(ActionRow)
    acted = select(did.id).where(did.phone_id == TaskRow.phone_id, did.at > now - QUIET).exists()
    claim = select(ClaimRow.phone_id).where(ClaimRow.phone_id == TaskRow.phone_id)
    left = claim.where(ClaimRow.until > TaskRow.created_at, ClaimRow.until <= now).exists()
    where = [
        TaskRow.clinic_id == bot.clinic_id,
        TaskRow.status == "requested",
        TaskRow.created_at <= now - QUIET,
        TaskRow.due_at < now,
        TaskRow.escalated_from.is_(None),
        or_(TaskRow.snoozed_until.is_(None), TaskRow.snoozed_until <= now - QUIET),
        or_(TaskRow.owner_id.is_not(None), left),
        ~claim.where(ClaimRow.until > now).exists(),
        ~acted,
    ]
    return where if bot.clinic.staffed(now) else [*where, TaskRow.rank == 0]


def _hand_on(bot: Bot, task_id: int, session: Session) -> None:
    task = session.get_one(TaskRow, task_id)
    if task.phone_id is not None:
        queries.locked_phone(session, task.phone_id)
    if session.scalar(select(TaskRow.id).where(TaskRow.id == task_id, *_late(bot)).with_for_update()) is None:
        return  # somebody has acted while the phone was waited for
    session.refresh(task)
    claim = session.get(ClaimRow, task.phone_id) if task.phone_id is not None else None
    before = (task.owner_id, task.owner) if task.owner_id is not None or claim is None else (claim.actor_id, claim.actor)
    to = _helper(session, bot.clinic_id, besides=before[0])
    task.escalated_from = before[1] or ""
    task.owner_id, task.owner = (to.id, to.name) if to else (None, None)
    record_of_the_clock(
        session, clinic_id=bot.clinic_id, now=bot.clock(), phone_id=task.phone_id, kind="escalated", detail=_said(task), task_id=task.id
    )


def _said(task: TaskRow) -> str:
    return f"{task.escalated_from} → {task.owner or ''}"[:120]


def _helper(session: Session, clinic_id: int, *, besides: int | None) -> UserRow | None:
    """A manager, else whoever else may act for patients; of several the one with the fewest open items."""
    has = select(func.count()).where(TaskRow.owner_id == UserRow.id, TaskRow.status == "requested").scalar_subquery()
    others = select(UserRow).where(UserRow.clinic_id == clinic_id, UserRow.active, UserRow.role.in_(HELPERS), UserRow.id != besides)
    found = session.scalars(others.order_by(has, UserRow.id)).all()
    return min(found, key=lambda user: HELPERS.index(user.role), default=None)
