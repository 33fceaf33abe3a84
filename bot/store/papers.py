"""Which papers are there for which visits: a row is a tick."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.orm import Session

from bot.store.models import LOOK_NOW, AppointmentRow
from bot.store.prepared import LISTED
from bot.store.turns import table
from bot.store.work_models import PaperRow

VISITS = table(AppointmentRow)
_THERE = select(PaperRow.appointment_id, PaperRow.name).where(PaperRow.appointment_id.in_(LISTED))


def there(source: Connection | Session, visits: Iterable[int]) -> frozenset[tuple[int, str]]:
    """(visit, name) of the papers that are there."""
    return frozenset((visit, name) for visit, name in source.execute(_THERE, {"listed": list(visits)}))


def tick(session: Session, visit: AppointmentRow, name: str, *, here: bool, by: str, now: datetime) -> None:
    """Notes that a paper is there, or is not after all; twice is once. Whether it is asked for is looked at again."""
    session.execute(delete(PaperRow).where(PaperRow.appointment_id == visit.id, PaperRow.name == name))
    if here:
        session.add(PaperRow(appointment_id=visit.id, name=name, clinic_id=visit.clinic_id, actor=by, at=now))
    session.execute(update(VISITS).where(VISITS.c.id == visit.id).values(next_text_at=LOOK_NOW))
