"""Fetching what patients sent with their texts: by a worker, with our credentials, and no transaction open meanwhile (W-27)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection, select, update

from bot.channels.types import TOO_LARGE, Channel, SendError
from bot.core import Bot
from bot.store.media_models import MediaRow
from bot.store.models import CommunicationRow

log = structlog.get_logger()
LEASE = timedelta(minutes=2)  # far longer than a worker waits for the provider
PAUSE, LONGEST = timedelta(seconds=15), timedelta(hours=1)  # before the second try, doubled each time, up to
TRIES = 10  # within about five hours


@dataclass(frozen=True)
class Wanted:
    """A file that this worker is to fetch. sid: of its text; attempt: which of its tries this is."""

    media_id: int
    attempt: int
    sid: str
    number: int


def fetch(bot: Bot, channel: Channel) -> None:
    """Fetches what is due, one after the other."""
    while (wanted := _claim(bot)) is not None:
        try:
            data = channel.picture(wanted.sid, wanted.number).data
        except SendError as error:
            log.warning("picture_not_fetched", media=wanted.media_id, code=error.code)
            _not_there(bot, wanted, error)
        else:
            token = bot.store.cipher.encrypt(base64.b64encode(data).decode("ascii"))
            _settle(bot, wanted, status="here", data=token, look_at=None)


def _claim(bot: Bot) -> Wanted | None:
    """The next file, kept from other workers for the time of a lease. Looked at without a lock first: mostly there is none."""
    now, row = bot.clock(), MediaRow
    due = row.clinic_id == bot.clinic_id, row.look_at <= now
    with bot.store.session() as session:
        if session.scalar(select(row.id).where(*due).limit(1)) is None:
            return None
    with bot.store.begin() as session:
        found = session.scalar(select(row).where(*due).order_by(row.look_at, row.id).limit(1).with_for_update(skip_locked=True))
        if found is None:
            return None
        found.look_at, found.attempts = now + LEASE, found.attempts + 1
        sid = session.get_one(CommunicationRow, found.communication_id).provider_sid
        return Wanted(found.id, found.attempts, sid or "", found.number)


def _not_there(bot: Bot, wanted: Wanted, error: SendError) -> None:
    if error.code == TOO_LARGE or wanted.attempt >= TRIES:
        _settle(bot, wanted, status="failed", look_at=None)
        return
    pause = max(min(PAUSE * 2 ** (wanted.attempt - 1), LONGEST), timedelta(seconds=error.after))
    _settle(bot, wanted, look_at=bot.clock() + pause)


def _settle(bot: Bot, wanted: Wanted, **values: object) -> None:
    """Writes what came of a try; nothing where its words were taken away meanwhile, or another worker has taken it over."""
    row = MediaRow.__table__.c
    mine = (row.id == wanted.media_id) & (row.attempts == wanted.attempt) & (row.status == "waiting")

    def write(connection: Connection) -> None:
        connection.execute(update(MediaRow).where(mine).values(**values))

    bot.store.write(write)
