"""What patients sent with their texts: which files there are, and how far each is."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.orm import Session, undefer

from bot.store.media_models import MediaRow

MOST = 10  # files of one text: the provider takes no more


def expect(connection: Connection, *, clinic_id: int, phone_id: int, text_id: int, number: int, now: datetime) -> None:
    """So many files came with a text; a worker fetches them."""
    one = {"clinic_id": clinic_id, "phone_id": phone_id, "communication_id": text_id, "look_at": now}
    connection.execute(insert(MediaRow), [{**one, "number": n} for n in range(min(number, MOST))])


def statuses(session: Session, texts: Iterable[int]) -> dict[int, list[str]]:
    """text → how far each of its files is."""
    found: dict[int, list[str]] = {}
    row = MediaRow
    query = select(row.communication_id, row.status).where(row.communication_id.in_(texts)).order_by(row.communication_id, row.number)
    for text_id, status in session.execute(query):
        found.setdefault(text_id, []).append(status)
    return found


def file(session: Session, clinic_id: int, *, phone_id: int, text_id: int, number: int) -> bytes | None:
    """A file of a text of that conversation of this clinic; None where there is none, or not yet."""
    row = MediaRow
    which = row.clinic_id == clinic_id, row.phone_id == phone_id, row.communication_id == text_id, row.number == number
    found = session.scalar(select(row).where(*which, row.status == "here").options(undefer(row.data)))
    return base64.b64decode(found.data) if found is not None and found.data else None


def again(session: Session, clinic_id: int, *, phone_id: int, text_id: int, now: datetime) -> bool:
    """Has what did not come fetched once more; gives whether there was any."""
    row = MediaRow
    which = row.clinic_id == clinic_id, row.phone_id == phone_id, row.communication_id == text_id, row.status == "failed"
    done = update(row).where(*which).values(status="waiting", look_at=now, attempts=0).returning(row.id)
    return bool(session.scalars(done).all())


def forget(session: Session, texts: Iterable[int]) -> None:
    """Takes a text's files away with its words."""
    session.execute(delete(MediaRow).where(MediaRow.communication_id.in_(texts)))
