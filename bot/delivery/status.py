"""Status callbacks: best effort, unordered, repeated, sometimes earlier than the answer to the send itself (W-29 … W-31)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store import queries
from bot.store.models import CommunicationRow, OutboxRow, PhoneRow

# How far a text has come. Each status has a place of its own, so that any order of callbacks ends in the same one.
ORDER = (
    "scheduled", "accepted", "queued", "sending", "sent", "partially_delivered",
    "canceled", "failed", "undelivered", "delivered", "read",
)  # fmt: skip


def advance(row: CommunicationRow, status: str) -> None:
    """Takes a status over if it is further than what is known; one that nobody has heard of changes nothing (W-30)."""
    if _rank(status) > _rank(row.status):
        row.status = status


def _rank(status: str) -> int:
    return ORDER.index(status) if status in ORDER else -1


def record(session: Session, *, sid: str, status: str, phone_key: str) -> None:
    """Records a callback about the text `sid` to the phone with that key.

    A callback about an id that is not known yet belongs to the text that is being sent to that phone: the provider has it,
    although it has not answered us, or never did (W-34).
    """
    row = queries.by_sid(session, sid, lock=True) or _being_sent(session, phone_key)
    if row is None or row.direction != "outbound":
        return
    row.provider_sid = sid
    advance(row, status)


def _being_sent(session: Session, phone_key: str) -> CommunicationRow | None:
    query = (
        select(CommunicationRow)
        .join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
        .join(PhoneRow, CommunicationRow.phone_id == PhoneRow.id)
        .where(PhoneRow.number_key == phone_key, CommunicationRow.provider_sid.is_(None))
        .where((OutboxRow.status == "sending") | (CommunicationRow.status == "unknown"))
        .order_by(CommunicationRow.id)
    )
    return session.scalars(query.limit(1).with_for_update(of=CommunicationRow)).first()
