"""The watch over replies that rode in TwiML: one that no callback confirmed is looked up, and sent only if it is not there."""

from __future__ import annotations

from datetime import timedelta

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.types import Channel, Outgoing, SendError, Sent
from bot.core import Bot
from bot.delivery import damaged, outbox
from bot.delivery.callbacks import reply_lost
from bot.delivery.status import LOST
from bot.store import queries
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.outgoing import CONFIRMED, queue_answer
from bot.texts import SAFETY

log = structlog.get_logger()
USEFUL = timedelta(hours=1)  # an answer that comes later only confuses: a person sees to it
OLDEST = timedelta(days=1)
SKEW = timedelta(minutes=1)
AT_ONCE = 20


def watch(bot: Bot, channel: Channel) -> None:
    """Looks up replies that nobody confirmed."""
    for row_id in _unconfirmed(bot):
        try:
            with bot.store.session() as session:
                row = session.get_one(CommunicationRow, row_id)
                to = session.get_one(PhoneRow, row.phone_id).number
        except InvalidToken:
            damaged.reply(bot, row_id)
            continue
        reply, since = row.replies[0], row.at - SKEW  # further messages are texts of their own
        try:
            found = channel.find(Outgoing(to=to, body=reply), since=since)
        except SendError as error:
            log.warning("reply_not_looked_up", communication=row_id, code=error.code)
            return  # the others would fare no better now
        with bot.store.session() as session:
            others = queries.known_sids(session, [each.sid for each in found])
        _settle(bot, row_id, next((each for each in found if each.sid not in others), None))


def _unconfirmed(bot: Bot) -> list[int]:
    now = bot.clock()
    query = (
        select(CommunicationRow.id)
        .where(CommunicationRow.status.in_(("answered", "failed")), CommunicationRow.at > now - OLDEST)
        .where(CommunicationRow.at < now - CONFIRMED, CommunicationRow.clinic_id == bot.clinic_id)
        .where(CommunicationRow.answered_via == "twiml", CommunicationRow.reply.is_not(None), CommunicationRow.reply_status.is_(None))
        .order_by(CommunicationRow.at)
    )
    with bot.store.session() as session:
        return list(session.scalars(query.limit(AT_ONCE)))


def _settle(bot: Bot, row_id: int, found: Sent | None) -> None:
    """Writes down what the provider knows of a reply; one that it does not have goes by the outbox, while it is of use."""

    def write(session: Session) -> None:
        row = session.get_one(CommunicationRow, row_id, with_for_update=True, populate_existing=True)
        if row.reply_status is not None or row.answered_via != "twiml":
            return  # a callback came meanwhile, or another worker was faster
        if found is not None:
            row.reply_sid, row.reply_status = found.sid, found.status
            if found.status in LOST:
                reply_lost(bot, session, row, found.code or 0)
            return
        now = bot.clock()
        if now - row.at > USEFUL:
            row.reply_status = "unknown"
            outbox.to_a_person(bot, session, row, None)
            return
        row.answered_via = "outbox"
        safety = (row.texts or "").startswith(SAFETY) or len(row.replies) > 1
        queue_answer(session, session.get_one(PhoneRow, row.phone_id), row.id, row.replies[:1], now, safety=safety)
        log.warning("reply_sent_again", communication=row.id)

    bot.store.run(write)
