"""What the provider tells about a text after it took it: to which text that belongs, and what follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core import Bot
from bot.delivery import codes, outbox, switch
from bot.delivery.codes import Then
from bot.delivery.status import ARRIVED, FINAL, LOST, advance, further
from bot.store import queries
from bot.store.database import NO_KEY
from bot.store.models import CommunicationRow
from bot.store.sending_models import OutboxRow

OURS = re.compile("[0-9]{1,9}")


@dataclass(frozen=True)
class Callback:
    """sid: the provider's id of the text; code: of its error, 0 when there is none.

    text: which of ours it is; reply: or the id of the text that it answers, where it rode in TwiML; part: which further message of
    that answer it is, if it is one. They stood in the address.
    """

    sid: str
    status: str
    code: int = 0
    text: str = ""
    reply: str = ""
    part: str = ""


def record(bot: Bot, told: Callback) -> None:
    """Writes a callback down. Raises sqlalchemy.exc.SQLAlchemyError when that is not possible now."""
    work = _of_a_text if not told.reply else _of_a_part if told.part else _of_a_reply
    bot.store.run(lambda session: work(bot, session, told))


def _of_a_text(bot: Bot, session: Session, told: Callback) -> None:
    known = CommunicationRow.id == int(told.text) if OURS.fullmatch(told.text) else CommunicationRow.provider_sid == told.sid
    query = select(OutboxRow).join(CommunicationRow, OutboxRow.communication_id == CommunicationRow.id)
    waits = session.scalar(query.where(known, OutboxRow.clinic_id == bot.clinic_id).with_for_update(of=OutboxRow, key_share=True))
    if waits is None or waits.attempts == 0:
        return
    row = session.get_one(CommunicationRow, waits.communication_id, with_for_update=NO_KEY, populate_existing=True)
    if row.provider_sid != told.sid:
        if row.provider_sid is not None and waits.status != "sending":
            if told.status in ARRIVED:
                waits.twin_sid = told.sid  # the patient has it twice
            return  # of an earlier try
        if queries.by_sid(session, told.sid) is not None:
            return  # the id of another text: it tells nothing of this one
        row.provider_sid, row.status = told.sid, "accepted"  # it is faster than the answer to the send, or that never came (W-31)
    before = row.status
    advance(row, told.status)
    if row.status in LOST and before not in LOST:
        outbox.failed(bot, session, waits, row, told.code)
    elif row.status not in LOST and waits.status != "sending":
        waits.status = "sent"
        waits.look_at = None if row.status in FINAL else bot.clock() + outbox.CONFIRM
    elif row.status in ARRIVED:
        waits.status, waits.look_at = "sent", None


def _of_a_part(bot: Bot, session: Session, told: Callback) -> None:
    """A further message of an answer is a text of its own."""
    answered = queries.by_sid(session, told.reply)
    if answered is None or answered.clinic_id != bot.clinic_id or not OURS.fullmatch(told.part):
        return
    theirs = CommunicationRow.phone_id == answered.phone_id, CommunicationRow.in_reply_to == answered.id
    rows = session.scalars(
        select(CommunicationRow.id).where(*theirs, CommunicationRow.sender == "safety").order_by(CommunicationRow.id)
    )
    ids = rows.all()
    if 1 < int(told.part) <= len(ids) + 1:
        _of_a_text(bot, session, replace(told, text=str(ids[int(told.part) - 2])))


def _of_a_reply(bot: Bot, session: Session, told: Callback) -> None:
    row = queries.by_sid(session, told.reply, lock=True)
    if row is None or row.clinic_id != bot.clinic_id or row.answered_via != "twiml":
        return
    before = row.reply_status
    row.reply_sid, row.reply_status = told.sid, further(before, told.status)
    if row.reply_status in LOST and before not in LOST:
        reply_lost(bot, session, row, told.code)


def reply_lost(bot: Bot, session: Session, row: CommunicationRow, code: int) -> None:
    """A reply that rode in TwiML did not arrive."""
    row.error = code
    if codes.rule(code, abroad=queries.is_abroad(session, row.phone_id)).then is Then.STOP:
        switch.stop(session, bot.clinic_id, code=code, now=bot.clock())
    outbox.to_a_person(bot, session, row, code)
