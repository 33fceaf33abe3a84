"""Texts that no key opens, or whose phone's number none does: each is set aside for a person, so that all others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import select, update
from sqlalchemy.orm import Session, defer

from bot.apply import Scope, apply
from bot.core import Bot
from bot.dialogue.effects import LogItem
from bot.store.database import NO_KEY
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.sending_models import OutboxRow
from bot.store.turns import TEXT, TEXTS

log = structlog.get_logger()
UNREADABLE = "unreadable"
DO = "no key of ATTEND_KEY opens it: add the old key, or take the row from a backup"


def set_aside(bot: Bot, texts: Iterable[int], look: Callable[[Session, int], object]) -> int:
    """Looks at each text of the outbox by itself and sets aside those that cannot be read; gives how many these are."""
    aside = 0
    for id_ in texts:
        try:
            with bot.store.session() as session:
                look(session, id_)
        except InvalidToken:
            bot.store.run(partial(_outbox, bot, id_))
            aside += 1
    return aside


def _outbox(bot: Bot, outbox_id: int, session: Session) -> None:
    """It is neither sent nor looked up any more. One that was sent stays sent: nobody says that it arrived."""
    row = session.get_one(OutboxRow, outbox_id, with_for_update=NO_KEY, populate_existing=True)
    before, row.look_at = row.status, None
    if before in ("waiting", "sending"):
        row.status, row.reason = "failed", UNREADABLE
        status = "failed" if before == "waiting" else "unknown"
        session.execute(update(TEXTS).where(TEXT.id == row.communication_id).values(status=status))
    _to_a_person(bot, session, row.communication_id, kind="unconfirmed" if before == "sent" else "not_delivered")


def reply(bot: Bot, text_id: int) -> None:
    """The answer to that text, which rode in TwiML, is not looked up any more."""
    bot.store.run(partial(_reply, bot, text_id))


def _reply(bot: Bot, text_id: int, session: Session) -> None:
    session.execute(update(TEXTS).where(TEXT.id == text_id).values(reply_status="unknown"))
    _to_a_person(bot, session, text_id, kind="unconfirmed")


def _to_a_person(bot: Bot, session: Session, text_id: int, *, kind: str) -> None:
    """The item names the phone alone: lists that show the text with it could not be read either."""
    log.error(UNREADABLE, communication=text_id, do=DO)
    query = select(PhoneRow).join(CommunicationRow, CommunicationRow.phone_id == PhoneRow.id).where(CommunicationRow.id == text_id)
    phone = session.scalar(query.options(defer(PhoneRow.number)).with_for_update(of=PhoneRow, key_share=True))
    if phone is not None:
        scope = Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock())
        apply(scope, (LogItem(kind=kind, detail=UNREADABLE),))
