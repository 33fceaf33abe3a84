"""The outbox as workers see it: which text is next, and what has become of one. Each step is one short transaction (W-34)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.channels.segments import segments
from bot.channels.types import LONGEST, Outgoing, Sent
from bot.core import Bot
from bot.delivery import codes, recheck, switch
from bot.delivery.codes import Then
from bot.delivery.recheck import Reason
from bot.delivery.status import advance
from bot.dialogue.effects import Effect, LogItem, OptOut
from bot.errors import Said
from bot.store import queries
from bot.store.database import NO_KEY
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.outgoing import Priority
from bot.store.sending_models import OutboxRow, SenderRow

log = structlog.get_logger()
LEASE = timedelta(minutes=2)  # how long a worker has to send a text; far longer than it waits for the provider
LOOK_AFTER = timedelta(minutes=1)  # after a send without an answer, the provider may still be at it
CONFIRM = timedelta(hours=2)  # a text that nobody confirmed by then is looked up (W-31)
USEFUL = timedelta(hours=LONGEST // 3600)  # a text without an end of its own
HOUR = timedelta(hours=1)
MOST = 15  # texts of the bot's own to one phone in an hour


@dataclass(frozen=True)
class Claimed:
    """A text that this worker is to send, once, before `until`. attempt: which of its tries this is."""

    outbox_id: int
    attempt: int
    text: Outgoing
    until: datetime


@dataclass(frozen=True)
class Batch:
    """The texts that a worker got. wait: how long until the rate allows the next one."""

    texts: tuple[Claimed, ...] = ()
    wait: timedelta = timedelta(0)


def claim(bot: Bot, *, rate: float, limit: int) -> Batch:
    """The next due texts, as many as the rate allows: urgent ones, then answers, then all others; what must not go is dropped.

    rate: segments a second. Other workers wait meanwhile, so that all of them together keep to it.
    """
    now = bot.clock()
    if not _anything_due(bot, now):
        return Batch()
    claimed: list[Claimed] = []
    with bot.store.begin() as session:
        sender = switch.locked(session, bot.clinic_id)
        if sender.stopped_at is not None:
            return Batch()
        for outbox, communication, phone in _due(session, bot, now, limit, urgent_alone=sender.paused_at is not None):
            if not _may_go(bot, session, outbox, communication, phone, now):
                continue
            if len(claimed) == limit or (sender.free_at is not None and sender.free_at > now):
                break
            switch.use(sender, segments=segments(communication.body), rate=rate, now=now)
            claimed.append(_lease(outbox, communication, phone.number, now))
        wait = max(sender.free_at - now, timedelta(0)) if sender.free_at else timedelta(0)
    return Batch(tuple(claimed), wait)


def _anything_due(bot: Bot, now: datetime) -> bool:
    """Looked at without a lock first: most of the time there is nothing."""
    query = select(OutboxRow.id).where(OutboxRow.clinic_id == bot.clinic_id, OutboxRow.status == "waiting", OutboxRow.send_at <= now)
    with bot.store.session() as session:
        return session.scalar(query.where(OutboxRow.priority.in_(list(Priority))).limit(1)) is not None


def _due(
    session: Session, bot: Bot, now: datetime, limit: int, *, urgent_alone: bool
) -> Iterator[tuple[OutboxRow, CommunicationRow, PhoneRow]]:
    """Due texts, locked; those that another transaction holds, of an opt-out perhaps, are passed over."""
    query = (
        select(OutboxRow, CommunicationRow, PhoneRow)
        .join(CommunicationRow, OutboxRow.communication_id == CommunicationRow.id)
        .join(PhoneRow, CommunicationRow.phone_id == PhoneRow.id)
        .where(OutboxRow.clinic_id == bot.clinic_id, OutboxRow.status == "waiting", OutboxRow.send_at <= now)
        .order_by(OutboxRow.send_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(of=OutboxRow, skip_locked=True, key_share=True)
    )
    for priority in (Priority.URGENT,) if urgent_alone else Priority:  # one after the other: each is a range of the index
        while rows := session.execute(query.where(OutboxRow.priority == priority)).all():
            yield from rows
            session.flush()


def _may_go(bot: Bot, session: Session, outbox: OutboxRow, communication: CommunicationRow, phone: PhoneRow, now: datetime) -> bool:
    """Whether a text may be sent; else it is put off or dropped, with the reason."""
    found = _why_not(bot, session, outbox, communication, phone, now)
    if found is None:
        return True
    outbox.reason = found.why
    if found.why == FLOOD:
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=now), (LogItem(kind="loop"),))
    if found.until is not None and (outbox.useless_at is None or found.until < outbox.useless_at):
        outbox.send_at = found.until
    elif found.why == ARRIVED:
        outbox.status, outbox.look_at = "sent", None
    else:
        outbox.status, communication.status = "dropped", "canceled"
        recheck.dropped(bot, session, text=communication, phone=phone, why=found.why)
    return False


ARRIVED, FLOOD = "arrived", "too many texts in an hour"


def _why_not(
    bot: Bot, session: Session, outbox: OutboxRow, communication: CommunicationRow, phone: PhoneRow, now: datetime
) -> Reason | None:
    if outbox.useless_at is not None and outbox.useless_at <= now:
        return Reason("too_late")
    if communication.status in ("delivered", "read"):  # told by a callback while it waited for another try
        return Reason(ARRIVED)
    if phone.unusable_at is not None and not queries.wrote_since(session, phone.id, phone.unusable_at):
        return Reason("unusable_number")
    return recheck.reason(bot, session, text=communication, phone=phone, now=now) or _flood(session, communication, now)


def _flood(session: Session, communication: CommunicationRow, now: datetime) -> Reason | None:
    """Whatever made them: that many texts of the bot's own within an hour are a mistake, and what is left of them waits (W-25)."""
    if communication.sender != "bot" or queries.sent_since(session, communication.phone_id, now - HOUR) < MOST:
        return None
    return Reason(FLOOD, until=now + HOUR)


def _lease(outbox: OutboxRow, communication: CommunicationRow, number: str, now: datetime) -> Claimed:
    outbox.status, outbox.look_at, outbox.reason = "sending", now + LEASE, None
    outbox.attempts += 1
    communication.at, communication.error = now, None
    useful = (outbox.useless_at - now) if outbox.useless_at else USEFUL
    seconds = max(1, min(LONGEST, int(useful.total_seconds())))  # D-12
    text = Outgoing(to=number, body=communication.body, mark=str(communication.id), seconds=seconds)
    return Claimed(outbox.id, outbox.attempts, text, now + LEASE)


def _held(session: Session, claimed: Claimed) -> tuple[OutboxRow, CommunicationRow] | None:
    """The rows of a text, locked; None when the lease is no longer this worker's."""
    outbox = session.get_one(OutboxRow, claimed.outbox_id, with_for_update=NO_KEY, populate_existing=True)
    if (outbox.status, outbox.attempts) != ("sending", claimed.attempt):
        log.warning("lease_lost", outbox=outbox.id)
        return None
    return outbox, session.get_one(CommunicationRow, outbox.communication_id, with_for_update=NO_KEY, populate_existing=True)


def sent(bot: Bot, claimed: Claimed, told: Sent) -> None:
    """The provider has the text."""

    def write(session: Session) -> None:
        if rows := _held(session, claimed):
            take_over(*rows, told, bot.clock())

    bot.store.run(write)


def take_over(outbox: OutboxRow, communication: CommunicationRow, told: Sent, now: datetime) -> None:
    """The provider has the text under that id; its callbacks may have come before (W-31)."""
    outbox.status, outbox.look_at = "sent", now + CONFIRM
    if communication.provider_sid != told.sid:
        communication.provider_sid, communication.status = told.sid, "accepted"
    advance(communication, told.status)


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
            outbox.look_at, communication.status = bot.clock() + LOOK_AFTER, "unknown"
            return
        failed(bot, session, outbox, communication, code, after=after)

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
