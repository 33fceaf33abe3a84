"""What lastingly fails, above all texts and numbers that no key opens: each is set aside for a person, so that all others go on."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

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
UNREADABLE, NOT_PLANNED = "unreadable", "not_planned"
AGAIN = timedelta(days=1)  # after a phone could not be planned: somebody may have added its key, or mended what is wrong
DO = "no key of ATTEND_KEY opens it: add the old key, or take the row from a backup"
PROGRAM = Path(__file__).parents[1]
REPORT = "nothing is texted about this phone's visits until it is mended: report the error"


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


def phone(bot: Bot, phone_id: int, error: BaseException) -> None:
    """No text can be started on that phone: said once, until somebody has closed the item."""
    bot.store.run(partial(_phone, bot, phone_id, error))


def _phone(bot: Bot, phone_id: int, error: BaseException, session: Session) -> None:
    kind, mine = "not_delivered", (TaskRow.phone_id == phone_id, TaskRow.status == "requested")
    detail = UNREADABLE if isinstance(error, InvalidToken) else NOT_PLANNED
    if session.scalar(select(TaskRow.id).where(*mine, TaskRow.kind == kind, TaskRow.detail == detail).limit(1)) is None:
        why = {"do": DO} if detail == UNREADABLE else {"error": type(error).__name__, "at": place(error), "do": REPORT}
        log.error(detail, phone=phone_id, **why)
        _item(bot, session, select(PhoneRow).where(PhoneRow.id == phone_id), kind=kind, detail=detail)


def place(error: BaseException) -> str:
    """Where in our program it happened. What it says is told nobody, since it may quote a patient."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(PROGRAM)] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"


def _to_a_person(bot: Bot, session: Session, text_id: int, *, kind: str) -> None:
    log.error(UNREADABLE, communication=text_id, do=DO)
    query = select(PhoneRow).join(CommunicationRow, CommunicationRow.phone_id == PhoneRow.id)
    _item(bot, session, query.where(CommunicationRow.id == text_id), kind=kind)


def _item(bot: Bot, session: Session, query: Select[PhoneRow], *, kind: str, detail: str = UNREADABLE) -> None:
    """It names the phone alone: lists that show the text with it could not be read either."""
    phone = session.scalar(query.options(defer(PhoneRow.number)).with_for_update(of=PhoneRow, key_share=True))
    if phone is not None:
        scope = Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock())
        apply(scope, (LogItem(kind=kind, detail=detail),))
