"""What staff have edited of their clinic's settings, in the database: only ever added to, the newest change of a section counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.store.database import Conflict
from bot.store.setting_models import SettingChangeRow as Row

HISTORY = 100  # changes of a section that are shown

Data = Mapping[str, Any]  # keys of a clinic's file with what they hold; None: the key is not in it


@dataclass(frozen=True)
class Change:
    """Who changed a section when. follows: the change before it, 0: the file. data: None where the file holds again."""

    id: int
    follows: int
    section: str
    actor: str
    at: datetime
    data: Data | None


def count(session: Session, clinic_id: int) -> int:
    """How many changes there are: another number means that something has changed. The newest id would not do: a change with a
    smaller one may be committed later.
    """
    return session.scalar(select(func.count()).select_from(Row).where(Row.clinic_id == clinic_id)) or 0


def held(session: Session, clinic_id: int) -> dict[str, Change]:
    """section → its newest change."""
    last = select(func.max(Row.id)).where(Row.clinic_id == clinic_id).group_by(Row.section)
    return {row.section: _change(row) for row in session.scalars(select(Row).where(Row.id.in_(last)).order_by(Row.id))}


def history(session: Session, clinic_id: int, section: str) -> list[Change]:
    """The changes of a section, newest first."""
    query = select(Row).where(Row.clinic_id == clinic_id, Row.section == section).order_by(Row.id.desc()).limit(HISTORY)
    return [_change(row) for row in session.scalars(query)]


def add(session: Session, section: str, data: Data | None, *, follows: int, by: Actor, now: datetime) -> None:
    """Writes a change upon the one that it `follows`. Raises Conflict when another one follows it already."""
    values = {"clinic_id": by.clinic_id, "section": section, "follows": follows, "actor_id": by.id, "actor": by.name, "at": now}
    text = None if data is None else json.dumps(data, ensure_ascii=False)
    try:
        session.execute(insert(Row), {**values, "data": text})
    except IntegrityError as error:
        raise Conflict("a section of the settings") from error


def _change(row: Row) -> Change:
    data = None if row.data is None else json.loads(row.data)
    return Change(id=row.id, follows=row.follows, section=row.section, actor=row.actor, at=row.at, data=data)
