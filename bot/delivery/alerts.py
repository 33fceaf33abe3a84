"""Urgent items that nobody takes on: somebody outside the inbox is told, then the next one, until a person does (S-13).

What is due stands in the database, so no restart forgets it; whoever tells somebody holds a lease, so that several processes tell once.
A process that dies in between leaves the lease to end: then somebody is told again, which is better than nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from bot.channels.notices import Contacts, Notice, NotTold
from bot.core import Bot
from bot.dialogue.items import KINDS
from bot.store import alerts, audit
from bot.store.models import TaskRow
from bot.store.work_models import AlertRow

log = structlog.get_logger()
LEASE = timedelta(minutes=2)  # far longer than it takes to tell somebody, or to fail
AGAIN = timedelta(minutes=1)  # after nobody on the list could be reached


@dataclass(frozen=True)
class Alarm:
    """Who is told, and where a conversation of the inbox is opened, up to its number."""

    contacts: Contacts
    inbox: str


@dataclass(frozen=True)
class Due:
    """An item about which somebody is to be told by this process. attempt: which of its tries this is; place: whose turn it is."""

    attempt: int
    place: int
    notice: Notice


def watch(bot: Bot, alarm: Alarm) -> None:
    """Tells whose turn it is about each urgent item that has waited too long; who cannot be reached is passed over at once."""
    if not len(alarm.contacts):
        return
    while (due := _claim(bot, alarm)) is not None:
        try:
            alarm.contacts.tell(due.place, due.notice)
        except NotTold as error:
            log.error("alert_failed", task=due.notice.item, contact=alarm.contacts.name(due.place), error=str(error))
            _settle(bot, alarm, due, error=str(error))
        else:
            _settle(bot, alarm, due, error=None)


def _due(bot: Bot) -> Select[AlertRow, TaskRow]:
    now = bot.clock()
    late = or_(AlertRow.next_at <= now, AlertRow.next_at.is_(None) & (AlertRow.since <= now - bot.clinic.alert_after))
    rows = select(AlertRow, TaskRow).join(TaskRow, AlertRow.task_id == TaskRow.id)
    return rows.where(*alerts.waiting(bot.clinic_id, now), late).order_by(AlertRow.since).limit(1)


def _claim(bot: Bot, alarm: Alarm) -> Due | None:
    """The next item about which somebody is to be told, kept from other processes for the time of a lease."""
    with bot.store.session() as session:  # looked at without a lock first: most of the time there is nothing
        if session.execute(_due(bot)).first() is None:
            return None
    with bot.store.begin() as session:
        found = session.execute(_due(bot).with_for_update(of=AlertRow, skip_locked=True)).first()
        if found is None:
            return None
        row, item = found
        now = bot.clock()
        row.next_at, row.tries = now + LEASE, row.tries + 1
        notice = Notice(
            item=item.id,
            kind=item.kind,
            title=KINDS[item.kind].title,
            clinic=bot.clinic.clinic.name,
            minutes=int((now - row.since).total_seconds() // 60),
            link=f"{alarm.inbox}{item.phone_id}#item-{item.id}",
            told=row.told,
        )
        return Due(row.tries, row.place, notice)


def _settle(bot: Bot, alarm: Alarm, due: Due, *, error: str | None) -> None:
    """Writes down whether somebody was told: then the next one is due after the same time, else at once, or soon after a round."""

    def write(session: Session) -> None:
        row = session.get_one(AlertRow, due.notice.item, with_for_update=True, populate_existing=True)
        now = bot.clock()
        if row.tries == due.attempt and row.acknowledged_at is None:
            row.place, row.error = due.place + 1, error
            if error is None:
                row.told, row.failed, row.next_at = row.told + 1, 0, now + bot.clinic.alert_after
            else:
                row.failed += 1
                row.next_at = now if row.failed % len(alarm.contacts) else now + AGAIN
        audit.record(
            session.connection(),
            clinic_id=bot.clinic_id,
            actor="system",
            action="alert",
            about=f"task:{row.task_id}",
            outcome="failed" if error else "ok",
            reason=alarm.contacts.name(due.place) + (f": {error}" if error else ""),
            now=now,
        )

    bot.store.run(write)
