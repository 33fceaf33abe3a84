"""Texts that go out by themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.store.models import CommunicationRow, OutboxRow


def queue(
    session: Session,
    *,
    clinic_id: int,
    phone_id: int | None,
    body: str,
    now: datetime,
    sender: str,
    in_reply_to: int | None = None,
    useless_at: datetime | None = None,
) -> CommunicationRow:
    """A text that goes out by itself: its row and its place in the outbox, in the caller's transaction.

    useless_at: when it has lost its use and is no longer sent.
    """
    sent = CommunicationRow(
        clinic_id=clinic_id,
        phone_id=phone_id,
        direction="outbound",
        body=body,
        at=now,
        status="queued",
        sender=sender,
        in_reply_to=in_reply_to,
    )
    session.add(sent)
    session.flush()
    session.add(OutboxRow(clinic_id=clinic_id, communication_id=sent.id, send_at=now, useless_at=useless_at))
    return sent
