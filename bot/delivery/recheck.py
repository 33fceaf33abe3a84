"""Why a waiting text must not go, looked at in the moment of sending (O-21): much may have happened since it was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.store.models import CommunicationRow, PhoneRow


@dataclass(frozen=True)
class Reason:
    """why: a word for the outbox, at most 40 letters. until: when it is looked at again; None: it never goes."""

    why: str
    until: datetime | None = None


def reason(session: Session, *, text: CommunicationRow, phone: PhoneRow, now: datetime) -> Reason | None:
    """Why that text must not go to that phone now; None when it may. Safety texts go whatever is."""
    if phone.opted_out_at is not None and text.sender != "safety":
        return Reason("opted_out")
    return None
