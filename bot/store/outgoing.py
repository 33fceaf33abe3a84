"""Texts that go out by themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.store.models import CommunicationRow, PatientPhoneRow
from bot.store.sending_models import OutboxRow


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


def drop_waiting(session: Session, patient_id: int, *, phone_id: int | None = None) -> int:
    """Drops what waits to be sent by itself to a patient's phones (or one of them), since it may tell what is no longer so.

    Answers and what coordinators wrote stay. Gives how many were dropped.
    """
    phones = select(PatientPhoneRow.phone_id).where(PatientPhoneRow.patient_id == patient_id)
    waiting = (
        select(CommunicationRow.id)
        .join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
        .where(
            OutboxRow.status == "waiting",
            CommunicationRow.phone_id.in_(phones if phone_id is None else [phone_id]),
            CommunicationRow.sender == "bot",
            CommunicationRow.in_reply_to.is_(None),
        )
    )
    ids = list(session.scalars(waiting))
    session.execute(update(OutboxRow).where(OutboxRow.communication_id.in_(ids)).values(status="dropped"))
    session.execute(update(CommunicationRow).where(CommunicationRow.id.in_(ids)).values(status="canceled"))
    return len(ids)
