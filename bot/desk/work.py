"""What coordinators do with items: claim, assign, snooze, resolve, reopen, each in one transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.errors import Told
from bot.store import alerts, audit, queries, tasks
from bot.store.models import TaskRow
from bot.store.work_models import ActionRow, ClaimRow

CLAIM = timedelta(minutes=5)  # how long a conversation stays locked for whoever works on it, counted from their last action

# What came of an item. A closed item keeps it.
OUTCOMES = {
    "done": "Done",
    "answered": "Answered by text",
    "called": "Reached by phone",
    "not_reached": "Could not be reached",
    "booked": "Visit booked or moved",
    "called_off": "Visit called off",
    "not_needed": "Nothing to do",
}
UNTAKEN = ("unassigned", "reopened", "translated")  # after these nobody has taken an urgent item on
AWAY = ("resolved", "snoozed")  # what takes items out of the list: an emergency never goes as one of many
ANSWERS = {"answered", "called", "booked", "called_off"}  # the patient has heard from a person: what was promised is kept


class Refused(Told):
    """The action is not possible now; the message says why in plain words."""


class Already(Refused):
    """What is asked for has been done: a form came twice."""


@dataclass(frozen=True)
class Claim:
    """Who works on a conversation, and until when."""

    actor_id: int | None
    actor: str
    until: datetime


def record(
    session: Session,
    *,
    by: Actor,
    now: datetime,
    phone_id: int | None,
    kind: str,
    detail: str = "",
    words: str | None = None,
    task_id: int | None = None,
) -> None:
    """Writes into the conversation's timeline and into the audit trail (H-07) what a person did; what cannot be written is not done.

    Whoever does something in a conversation has taken on what is urgent in it (S-13).

    To be called last: entries of the trail queue for their place, and who waits there must not hold what others need.
    """
    who = {"clinic_id": by.clinic_id, "actor_id": by.id, "actor": by.name}
    session.add(ActionRow(**who, phone_id=phone_id, task_id=task_id, kind=kind, detail=detail, words=words, at=now))
    session.flush()
    if phone_id is not None and kind not in UNTAKEN:
        alerts.acknowledge(session.connection(), phone_id, actor_id=by.id, actor=by.name, now=now)
    audit.record(
        session.connection(),
        clinic_id=by.clinic_id,
        actor=f"staff:{by.id}",
        role=by.role,
        action=kind,
        about=f"phone:{phone_id}" if phone_id is not None else f"task:{task_id}",
        reason=f"task:{task_id}" if task_id is not None and phone_id is not None else "",
        now=now,
    )


def record_of_the_clock(
    session: Session, *, clinic_id: int, now: datetime, phone_id: int | None, kind: str, detail: str, task_id: int
) -> None:
    """Writes down what happened because time passed: nobody did it."""
    what = {"phone_id": phone_id, "task_id": task_id, "kind": kind, "detail": detail}
    session.add(ActionRow(clinic_id=clinic_id, actor_id=None, actor="", at=now, **what))
    session.flush()
    about = f"task:{task_id}"
    audit.record(session.connection(), clinic_id=clinic_id, actor="clock", action=kind, about=about, now=now)


def claimed(session: Session, phone_id: int, now: datetime) -> Claim | None:
    """The lock on a conversation, if it has not lapsed."""
    row = session.get(ClaimRow, phone_id)
    return Claim(row.actor_id, row.actor, row.until) if row is not None and row.until > now else None


def hold(session: Session, phone_id: int, *, by: Actor, now: datetime, take: bool = True) -> None:
    """Locks the conversation for `by`, or makes their lock last longer. take: although they had none. Raises Refused, and
    sqlalchemy.exc.NoResultFound for a phone that is not their clinic's (H-16).
    """
    phone = queries.locked_phone(session, phone_id)  # of two who claim it at once the second one finds the claim of the first
    if phone.clinic_id != by.clinic_id:
        raise NoResultFound
    row = session.get(ClaimRow, phone_id, populate_existing=True)
    others = row is not None and row.actor_id != by.id and row.until > now
    if row is not None and others:
        minutes = -(-int((row.until - now).total_seconds()) // 60)
        raise Refused(
            "%(name)s is working on this conversation for another %(minutes)s min. You can read it meanwhile.",
            name=row.actor,
            minutes=minutes,
        )
    if row is None and take:
        session.add(ClaimRow(phone_id=phone_id, clinic_id=by.clinic_id, actor_id=by.id, actor=by.name, until=now + CLAIM))
    elif row is not None and (take or (row.actor_id == by.id and row.until > now)):
        row.actor_id, row.actor, row.until = by.id, by.name, now + CLAIM


def claim(bot: Bot, phone_id: int, *, by: Actor) -> None:
    """Locks a conversation for CLAIM, or for as long again; what is urgent in it is taken on. Raises Refused with who has it."""
    now = bot.clock()
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=now)
        session.flush()
        if alerts.acknowledge(session.connection(), phone_id, actor_id=by.id, actor=by.name, now=now):
            record(session, by=by, now=now, phone_id=phone_id, kind="acknowledged")


def let_go(bot: Bot, phone_id: int, *, by: Actor) -> None:
    """Gives one's own lock up."""
    with bot.store.begin() as session:
        session.execute(delete(ClaimRow).where(ClaimRow.phone_id == phone_id, ClaimRow.actor_id == by.id))


def assign(bot: Bot, ids: Iterable[int], *, to: Actor | None, by: Actor) -> list[int]:
    """Makes the items somebody's, or nobody's; gives which. Raises Refused."""

    def change(row: TaskRow) -> str:
        row.owner_id, row.owner = (to.id, to.name) if to else (None, None)
        row.escalated_from = None if row.escalated_from is None else ""  # a person has seen to it; it is handed on by itself but once
        return to.name if to else ""

    return _each(bot, ids, by=by, kind="assigned" if to else "unassigned", change=change)


def snooze(bot: Bot, ids: Iterable[int], *, until: datetime, by: Actor) -> list[int]:
    """Hides the items until then, or until the patient writes about the same matter again; gives which. Raises Refused."""
    if until <= bot.clock():
        raise Refused("Choose a time that is still to come.")

    def change(row: TaskRow) -> str:
        row.snoozed_until = until
        return until.isoformat(timespec="minutes")

    return _each(bot, ids, by=by, kind="snoozed", change=change)


def wake(bot: Bot, ids: Iterable[int], *, by: Actor) -> list[int]:
    """Ends the snoozing of items; gives which. Raises Refused."""

    def change(row: TaskRow) -> str:
        row.snoozed_until = None
        return ""

    return _each(bot, ids, by=by, kind="woken", change=change)


def resolve(bot: Bot, ids: Iterable[int], *, outcome: str, by: Actor, note: str = "", heard: bool = True) -> list[int]:
    """Closes items with their outcome; gives which. heard: False where the answer goes later, which keeps the promise then.

    Raises Refused for an unknown outcome or a colleague's lock.
    """
    if outcome not in OUTCOMES:
        raise Refused("Choose what came of it.")
    now, keeps = bot.clock(), heard and outcome in ANSWERS

    def change(row: TaskRow) -> str:
        row.status, row.outcome, row.closed_at, row.snoozed_until = "completed", outcome, now, None
        row.note = note.strip()[:400] or None
        return outcome

    def promised(connection: Connection, row: TaskRow, phone_id: int) -> None:
        if keeps:
            tasks.keep_promise(connection, phone_id, now=now)

    return _each(bot, ids, by=by, kind="resolved", change=change, promised=promised)


def reopen(bot: Bot, ids: Iterable[int], *, by: Actor) -> list[int]:
    """Opens closed items again, with the deadline that they had, and with the promise that closing them kept; gives which.

    Raises Refused.
    """

    def promised(connection: Connection, row: TaskRow, phone_id: int) -> None:
        if row.closed_at is not None:
            tasks.owe_again(connection, phone_id, kept_at=row.closed_at, now=bot.clock())

    def change(row: TaskRow) -> str:
        row.status, row.outcome, row.closed_at, row.note = "requested", None, None, None
        return ""

    return _each(bot, ids, by=by, kind="reopened", change=change, promised=promised, status="completed")


def _each(
    bot: Bot,
    ids: Iterable[int],
    *,
    by: Actor,
    kind: str,
    change: Callable[[TaskRow], str],
    promised: Callable[[Connection, TaskRow, int], None] = lambda _connection, _row, _phone_id: None,
    status: str = "requested",
) -> list[int]:
    """Changes those of the items that are of this clinic and in that status, and records it; gives which. Where one is locked, none.

    promised: what becomes of what the patient of an item was promised, before it changes.
    """
    now = bot.clock()
    with bot.store.begin() as session:
        rows = session.scalars(
            select(TaskRow).where(tasks.chosen(ids, by.clinic_id), TaskRow.status == status).order_by(TaskRow.id).with_for_update()
        ).all()
        if kind in AWAY and any(row.rank == 0 for row in rows) and len({row.phone_id for row in rows}) > 1:
            raise Refused("In one of these conversations somebody may be in danger. See to that one by itself; nothing was done.")
        for row, phone_id in ((row, row.phone_id) for row in rows if row.phone_id is not None):
            hold(session, phone_id, by=by, now=now, take=False)
            promised(session.connection(), row, phone_id)
        details = [change(row) for row in rows]
        for row, detail in zip(rows, details, strict=True):
            if kind == "reopened" and row.rank == 0:
                alerts.ring(session.connection(), task_id=row.id, clinic_id=row.clinic_id, now=now)
            record(session, by=by, now=now, phone_id=row.phone_id, kind=kind, detail=detail, words=row.note, task_id=row.id)
        return [row.id for row in rows]
