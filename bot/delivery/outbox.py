"""What has become of a text that a worker was to send. Each step is one short transaction (W-34)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.channels.types import Sent
from bot.core import Bot
from bot.delivery import claims, codes, switch
from bot.delivery.claims import USEFUL, Claimed
from bot.delivery.codes import Then
from bot.delivery.status import LOST, further
from bot.dialogue.effects import Effect, LogItem, OptOut
from bot.errors import Said
from bot.store import queries
from bot.store.database import NO_KEY
from bot.store.models import CommunicationRow
from bot.store.sending_models import OutboxRow, SenderRow
from bot.store.turns import TEXT, TEXTS, table

log = structlog.get_logger()
OUTBOX = table(OutboxRow)
CONFIRM = timedelta(hours=2)  # a text that nobody confirmed by then is looked up (W-31)


def sent(bot: Bot, claimed: Claimed, told: Sent) -> None:
    """The provider has the text. Written with what else is written in that moment, and without the ORM: it is so of every text."""
    bot.store.write(partial(_sent, claimed=claimed, told=told, now=bot.clock()))


def _sent(connection: Connection, *, claimed: Claimed, told: Sent, now: datetime) -> None:
    row, mine = OUTBOX.c, OUTBOX.c.id == claimed.outbox_id
    query = select(row.status, row.attempts, TEXT.id, TEXT.provider_sid, TEXT.status).join(TEXTS, TEXT.id == row.communication_id)
    status, attempts, text_id, sid, known = connection.execute(query.where(mine).with_for_update(key_share=True)).one()
    twice = sid not in (None, told.sid) and known not in LOST  # it has another one of the same text
    if _is_held(claimed, status, attempts) or (status == "waiting" and sid != told.sid):  # looked up too early: it need not go again
        twin = {"twin_sid": sid} if twice else {}
        connection.execute(update(OUTBOX).where(mine).values(status="sent", look_at=now + CONFIRM, **twin))
        values = {"provider_sid": told.sid, "status": _after(sid, known, told)}
        connection.execute(update(TEXTS).where(TEXT.id == text_id).values(values))
    elif twice:
        connection.execute(update(OUTBOX).where(mine).values(twin_sid=told.sid))
    elif sid is None:  # somebody is sending it once more just now, or it is given up
        connection.execute(update(TEXTS).where(TEXT.id == text_id).values(provider_sid=told.sid))


def _is_held(claimed: Claimed, status: str, attempts: int) -> bool:
    """Whether the lease is still this worker's."""
    held = (status, attempts) == ("sending", claimed.attempt)
    if not held:
        log.warning("lease_lost", outbox=claimed.outbox_id)
    return held


def _after(sid: str | None, status: str | None, told: Sent) -> str:
    """The status of a text that the provider says it has; its callbacks may have come before (W-31)."""
    known = status if sid == told.sid else "accepted"
    return further(known, told.status) or told.status


def take_over(outbox: OutboxRow, communication: CommunicationRow, told: Sent, now: datetime) -> None:
    """The provider has the text under that id, as was found out."""
    outbox.status, outbox.look_at = "sent", now + CONFIRM
    communication.status = _after(communication.provider_sid, communication.status, told)
    communication.provider_sid = told.sid


def _held(session: Session, claimed: Claimed) -> tuple[OutboxRow, CommunicationRow] | None:
    """The rows of a text, locked; None when the lease is no longer this worker's."""
    outbox = session.get_one(OutboxRow, claimed.outbox_id, with_for_update=NO_KEY, populate_existing=True)
    if not _is_held(claimed, outbox.status, outbox.attempts):
        return None
    return outbox, session.get_one(CommunicationRow, outbox.communication_id, with_for_update=NO_KEY, populate_existing=True)


def not_sent(bot: Bot, claimed: Claimed, code: int | None, *, after: int = 0) -> None:
    """The provider refused the text, or (None) nobody knows: then it is looked up before anything else (D-10).

    after: so many seconds it wants to be left alone.
    """
    log.warning("not_sent", outbox=claimed.outbox_id, code=code)

    def write(session: Session) -> None:
        rows = _held(session, claimed)
        if rows is None:
            return
        outbox, communication = rows
        if code is None or codes.rule(code).then is Then.LOOK:
            outbox.look_at, communication.status = bot.clock() + claims.UNDER_WAY, "unknown"
            return
        failed(bot, session, outbox, communication, code, after=after)

    bot.store.run(write)


def not_posted(bot: Bot, claimed: Claimed) -> None:
    """The worker has not tried at all: it gives the text back, unless somebody has begun to look it up, who would find it nowhere."""

    def write(session: Session) -> None:
        rows = _held(session, claimed)
        if rows is not None and rows[0].look_at == claimed.until:
            outbox, communication = rows
            outbox.status, outbox.attempts, outbox.look_at, communication.status = "waiting", outbox.attempts - 1, None, "queued"

    bot.store.run(write)


def failed(bot: Bot, session: Session, outbox: OutboxRow, communication: CommunicationRow, code: int, *, after: int = 0) -> None:
    """A text did not arrive, as the provider or later the carrier tells: what follows stands in the table of codes."""
    now, given = bot.clock(), codes.rule(code, abroad=queries.is_abroad(session, communication.phone_id))
    outbox.reason, outbox.look_at, communication.error = str(code), None, code
    if given.then is Then.STOP:
        switch.stop(session, bot.clinic_id, code=code, now=now)
        outbox.status, outbox.send_at, outbox.attempts = "waiting", now, outbox.attempts - 1  # it was not this text's fault
        return
    pause = codes.wait(given, attempt=outbox.attempts, spread=outbox.id, after=after)
    if given.whole:
        sender = switch.locked(session, bot.clinic_id)
        sender.free_at = max(sender.free_at or now, now + pause)
    again = _again(outbox, given, now, pause)
    if again is not None:
        outbox.status, outbox.send_at = "waiting", again
        return
    outbox.status = "failed"
    if communication.status not in ("undelivered", "failed"):
        communication.status = "failed"
    to_a_person(bot, session, communication, code)


def _again(outbox: OutboxRow, given: codes.Rule, now: datetime, pause: timedelta) -> datetime | None:
    """When a text is tried again; None: never, or not while it is of use (D-08)."""
    if given.then not in (Then.RETRY, Then.TOMORROW) or outbox.attempts >= given.tries:
        return None
    at = codes.tomorrow(now, spread=outbox.id) if given.then is Then.TOMORROW else now + pause
    useless_at = outbox.useless_at or now + USEFUL
    return at if at < useless_at else None


def to_a_person(bot: Bot, session: Session, communication: CommunicationRow, code: int | None) -> None:
    """A text that did not arrive is somebody's to see; what the code says about the number is remembered (D-02, O-12)."""
    if communication.phone_id is None:
        return
    phone, now = queries.locked_phone(session, communication.phone_id), bot.clock()
    then = codes.rule(code).then if code is not None else Then.PERSON
    effects: tuple[Effect, ...] = (LogItem(kind="not_delivered", detail=str(code or "unknown")),)
    if then is Then.OPTED_OUT and phone.opted_out_at is None:
        effects = (OptOut(source=f"carrier:{code}"), *effects)
    if then is Then.NUMBER:
        phone.unusable_at = now
        effects = (LogItem(kind="bad_number", detail=str(code)),)
    session.flush()
    apply(Scope(connection=session.connection(), opened=session, phone=phone, now=now, communication=communication), effects)


def sender_words(session: Session, clinic_id: int) -> tuple[Said, ...]:
    """What keeps texts from going out, for people."""
    return switch.words(session.get(SenderRow, clinic_id))
