"""Who has a conversation open, so that two people do not answer it at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from bot.actor import Actor
from bot.core import Bot
from bot.store.models import PhoneRow
from bot.store.turns import table
from bot.store.work_models import ViewingRow

VIEWING = table(ViewingRow)
OPENED = timedelta(minutes=2)  # a page that was opened, where nothing tells whether it still is: there is no JavaScript
OPEN = timedelta(seconds=30)  # a page that says so again and again


def look(bot: Bot, phone_id: int, *, by: Actor, lasts: timedelta) -> None:
    """Notes that `by` has a conversation of this clinic open, for so long. Most of the time it only reads that this is noted."""
    now = bot.clock()
    with bot.store.session() as session:
        row = session.get(ViewingRow, (phone_id, by.id or 0))
        if row is not None and now + lasts / 2 < row.until <= now + lasts:
            return
        ours = session.scalar(select(PhoneRow.id).where(PhoneRow.id == phone_id, PhoneRow.clinic_id == by.clinic_id))
    if ours is None or by.id is None:
        return
    mine = {"phone_id": phone_id, "actor_id": by.id, "clinic_id": by.clinic_id, "actor": by.name, "until": now + lasts}
    with suppress(IntegrityError):  # another page of theirs was faster
        bot.store.write(partial(_write, mine, now))


def _write(mine: dict[str, Any], now: datetime, connection: Connection) -> None:
    """Writes it anew, in one commit with what others write at that moment; who has left the conversation goes."""
    row = VIEWING.c
    gone = (row.phone_id == mine["phone_id"]) & or_(row.actor_id == mine["actor_id"], row.until < now)
    connection.execute(delete(VIEWING).where(gone))
    connection.execute(insert(VIEWING), mine)
