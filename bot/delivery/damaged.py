"""Texts and numbers that no key opens: each is set aside for a person, so that all others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, defer

from bot.apply import Scope, apply
from bot.core import Bot
from bot.dialogue.effects import LogItem
from bot.store.database import NO_KEY
from bot.store.models import CommunicationRow, PhoneRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.store.turns import TEXT, TEXTS

log = structlog.get_logger()
UNREADABLE = "unreadable"
AGAIN = timedelta(days=1)  # after a phone could not be planned: somebody may have added its key
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


def phone(bot: Bot, phone_id: int) -> None:
    """No text can be started on that phone: said once, until somebody has closed the item."""
    bot.store.run(partial(_phone, bot, phone_id))


def _phone(bot: Bot, phone_id: int, session: Session) -> None:
    kind, mine = "not_delivered", (TaskRow.phone_id == phone_id, TaskRow.status == "requested")
    if session.scalar(select(TaskRow.id).where(*mine, TaskRow.kind == kind, TaskRow.detail == UNREADABLE).limit(1)) is None:
        log.error(UNREADABLE, phone=phone_id, do=DO)
        _item(bot, session, select(PhoneRow).where(PhoneRow.id == phone_id), kind=kind)


def _to_a_person(bot: Bot, session: Session, text_id: int, *, kind: str) -> None:
    log.error(UNREADABLE, communication=text_id, do=DO)
    query = select(PhoneRow).join(CommunicationRow, CommunicationRow.phone_id == PhoneRow.id)
    _item(bot, session, query.where(CommunicationRow.id == text_id), kind=kind)


def _item(bot: Bot, session: Session, query: Select[PhoneRow], *, kind: str) -> None:
    """It names the phone alone: lists that show the text with it could not be read either."""
    phone = session.scalar(query.options(defer(PhoneRow.number)).with_for_update(of=PhoneRow, key_share=True))
    if phone is not None:
        scope = Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock())
        apply(scope, (LogItem(kind=kind, detail=UNREADABLE),))
