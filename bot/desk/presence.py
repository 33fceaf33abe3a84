"""Who has a conversation open, so that two people do not answer it at once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from bot.actor import Actor
from bot.store.models import PhoneRow
from bot.store.work_models import ViewingRow
from bot.turn import Bot

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
    try:
        with bot.store.begin() as session:
            session.execute(delete(ViewingRow).where(ViewingRow.phone_id == phone_id, ViewingRow.until < now))
            session.merge(ViewingRow(phone_id=phone_id, actor_id=by.id, clinic_id=by.clinic_id, actor=by.name, until=now + lasts))
    except IntegrityError:  # another page of theirs was faster
        pass
