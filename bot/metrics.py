"""What an operator's monitoring watches, read from the database, so that it is the same whichever process is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from bot.delivery.status import ORDER
from bot.desk.counts import came_of
from bot.store import alerts
from bot.store.models import CommunicationRow, TaskRow
from bot.store.outgoing import Priority
from bot.store.sending_models import OutboxRow, SenderRow
from bot.store.work_models import AlertRow, PromiseRow

DAY = timedelta(days=1)
Row = tuple[str | int | float, ...]  # labels, then the number


@dataclass(frozen=True)
class Gauge:
    """One metric. labels: their names. rows: each the labels' values and the number. No row tells of a person."""

    name: str
    what: str
    rows: tuple[Row, ...]
    labels: tuple[str, ...] = ()


def exposition(gauges: Iterable[Gauge]) -> bytes:
    """The gauges in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(tuple(gauges)))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, gauges: tuple[Gauge, ...]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for gauge in self._gauges:
            family = GaugeMetricFamily(f"attend_{gauge.name}", gauge.what, labels=gauge.labels)
            for row in gauge.rows:
                family.add_metric([str(label) for label in row[:-1]], float(row[-1]))
            yield family


def measure(session: Session, clinic_id: int, now: datetime, *, spooled: int) -> Iterator[Gauge]:
    """All metrics of a clinic. spooled: texts in this machine's spool.

    What has happened is counted over the last 24 hours and is a gauge, since words that are purged and patients who are erased
    take their share of any total with them.
    """
    yield from _queue(session, clinic_id, now)
    yield Gauge("spooled", "Texts in this machine's spool, which came while the database was away.", ((spooled,),))
    yield from _sends(session, clinic_id, now)
    yield from _turns(session, clinic_id, now)
    yield from _items(session, clinic_id, now)


def _queue(session: Session, clinic_id: int, now: datetime) -> Iterator[Gauge]:
    waiting = OutboxRow.clinic_id == clinic_id, OutboxRow.status == "waiting"
    due = {priority: (0, now) for priority in Priority}
    per = select(OutboxRow.priority, func.count(), func.min(OutboxRow.send_at)).where(*waiting, OutboxRow.send_at <= now)
    due |= {Priority(priority): (count, first) for priority, count, first in session.execute(per.group_by(OutboxRow.priority))}
    yield Gauge(
        "outbox_due", "Texts that are due and wait to be sent.",
        tuple((priority.name.lower(), count) for priority, (count, _) in due.items()), ("priority",),
    )  # fmt: skip
    oldest = min(first for _, first in due.values())
    yield Gauge("outbox_oldest_due_seconds", "How long the oldest due text has waited.", ((_seconds(oldest, now),),))
    later = session.scalar(select(func.count()).select_from(OutboxRow).where(*waiting, OutboxRow.send_at > now)) or 0
    yield Gauge("outbox_later", "Texts that wait for their time.", ((later,),))
    sender = session.get(SenderRow, clinic_id)
    held = {"paused": sender and sender.paused_at, "stopped": sender and sender.stopped_at}
    rows = tuple((why, int(moment is not None)) for why, moment in held.items())
    yield Gauge("sender_held", "1 while nothing is sent: paused by a person, or stopped by a mistake in the account.", rows, ("why",))


def _sends(session: Session, clinic_id: int, now: datetime) -> Iterator[Gauge]:
    """Through the index of statuses; which ones a text can have, the provider's table tells."""
    lately = CommunicationRow.clinic_id == clinic_id, CommunicationRow.at > now - DAY
    rows: list[Row] = []
    for way, direction, status, among in (
        ("outbox", "outbound", CommunicationRow.status, ORDER),
        ("reply", "inbound", CommunicationRow.reply_status, ("answered", "failed")),
    ):
        which = CommunicationRow.direction == direction, CommunicationRow.status.in_(among), status.is_not(None)
        code = func.coalesce(CommunicationRow.error, 0)
        rows += [
            (way, known or "", code or "", count)
            for known, code, count in session.execute(select(status, code, func.count()).where(*lately, *which).group_by(status, code))
        ]
    what = "Texts of 24 hours by status and error code; queued: not sent yet; way reply: inside the answer to a text."
    yield Gauge("sends_24h", what, tuple(rows), ("way", "status", "code"))
    twins = session.scalar(select(func.count()).where(OutboxRow.clinic_id == clinic_id, OutboxRow.twin_sid.is_not(None)))
    yield Gauge("sent_twice", "Texts that the provider took twice: it had them not yet when they were looked up.", ((twins or 0,),))


def _turns(session: Session, clinic_id: int, now: datetime) -> Iterator[Gauge]:
    inbound = CommunicationRow.clinic_id == clinic_id, CommunicationRow.direction == "inbound"
    lately = *inbound, CommunicationRow.at > now - DAY
    done = _counted(session, CommunicationRow.status, *lately, CommunicationRow.status.in_(("answered", "failed")))
    rows = tuple((each, done.get(each, 0)) for each in ("answered", "failed"))
    yield Gauge("turns_24h", "Patients' texts in 24 hours; failed: the bot broke, and a person was told.", rows, ("outcome",))
    came = _counted(session, came_of(), *lately, CommunicationRow.status == "answered")
    rows = tuple((each, came.get(each, 0)) for each in ("settled", "asked", "handed", "corrected"))
    yield Gauge("readings_24h", "What came of the texts that the bot answered.", rows, ("outcome",))
    open_ = select(func.count(), func.min(CommunicationRow.at)).where(*inbound, CommunicationRow.status == "received")
    count, first = session.execute(open_).one()
    yield Gauge("turns_open", "Texts that came in and are not answered yet.", ((count,),))
    yield Gauge("turns_oldest_open_seconds", "How long the oldest of them has waited.", ((_seconds(first or now, now),),))


def _items(session: Session, clinic_id: int, now: datetime) -> Iterator[Gauge]:
    open_ = TaskRow.clinic_id == clinic_id, TaskRow.status == "requested", TaskRow.created_at <= now
    rank = _counted(session, TaskRow.rank, *open_)
    rows = tuple((each, rank.get(each, 0)) for each in range(8))
    yield Gauge("items_open", "Open items of the inbox, by consequence, 0 first.", rows, ("rank",))
    late = session.scalar(select(func.count()).select_from(TaskRow).where(*open_, TaskRow.due_at < now)) or 0
    yield Gauge("items_late", "Open items past their deadline.", ((late,),))
    nobodys = select(func.count(), func.min(AlertRow.since)).join(TaskRow, AlertRow.task_id == TaskRow.id)
    nobodys = nobodys.where(*alerts.waiting(clinic_id, now))
    count, first = session.execute(nobodys).one()
    yield Gauge("urgent_unacknowledged", "Urgent items that nobody has taken on.", ((count,),))
    yield Gauge("urgent_oldest_seconds", "How long the oldest of them has waited.", ((_seconds(first or now, now),),))
    failing, _ = session.execute(nobodys.where(AlertRow.failed > 0)).one()
    yield Gauge("alerts_failing", "Urgent items about which nobody on the clinic's list could be told at the last try.", ((failing,),))
    broken = PromiseRow.clinic_id == clinic_id, PromiseRow.kept_at.is_(None), PromiseRow.due_at < now
    count = session.scalar(select(func.count()).select_from(PromiseRow).where(*broken)) or 0
    yield Gauge("promises_late", "Patients who were told that a person will answer, and by when, and still wait.", ((count,),))


def _counted(session: Session, by: SQLColumnExpression[Any], *where: ColumnElement[bool]) -> dict[Any, int]:
    return {key: count for key, count in session.execute(select(by, func.count()).where(*where).group_by(by))}


def _seconds(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
