"""Which texts of the outbox a worker sends next, and which do not go. Claiming them is one short transaction (W-34)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import Integer, Select, bindparam, literal_column, select
from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.channels.types import LONGEST, Outgoing
from bot.core import Bot
from bot.delivery import damaged, recheck, switch
from bot.delivery.recheck import Reason
from bot.dialogue.effects import LogItem
from bot.segments import segments
from bot.store import asking, queries
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.outgoing import Priority
from bot.store.prepared import Prepared
from bot.store.sending_models import OutboxRow

UNDER_WAY = timedelta(minutes=1)  # so long after it was posted the provider may still take a text; what it has not then, it never got
LEASE = 2 * UNDER_WAY  # a worker must have posted a text in the first half of it: when it ends, looking it up tells
USEFUL = timedelta(hours=LONGEST // 3600)  # a text without an end of its own
HOUR = timedelta(hours=1)
MOST = 15  # texts of the bot's own to one phone in an hour
ARRIVED, FLOOD = "arrived", "too many texts in an hour"
Due = tuple[OutboxRow, CommunicationRow, PhoneRow]
DUE = (
    select(OutboxRow, CommunicationRow, PhoneRow)
    .join(CommunicationRow, OutboxRow.communication_id == CommunicationRow.id)
    .join(PhoneRow, CommunicationRow.phone_id == PhoneRow.id)
)
WAITS = (
    OutboxRow.clinic_id == bindparam("clinic_id"),
    OutboxRow.status == "waiting",
    OutboxRow.send_at <= bindparam("now"),
)
_WAITING = select(OutboxRow.id).where(*WAITS, OutboxRow.priority.in_([literal_column(str(each.value)) for each in Priority]))
_ANY = Prepared(_WAITING.limit(1))
_FIRST = Prepared(_WAITING.order_by(OutboxRow.priority, OutboxRow.send_at, OutboxRow.id).limit(bindparam("limit", type_=Integer)))
_NEXT = (
    DUE.where(*WAITS, OutboxRow.priority == bindparam("priority"))
    .order_by(OutboxRow.send_at, OutboxRow.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(of=OutboxRow, skip_locked=True, key_share=True)
)
_ONE = DUE.where(OutboxRow.id == bindparam("outbox_id"))


@dataclass(frozen=True)
class Claimed:
    """A text that this worker is to post, once. until: when others look it up. attempt: which of its tries this is."""

    outbox_id: int
    attempt: int
    text: Outgoing
    until: datetime


@dataclass(frozen=True)
class Batch:
    """The texts that a worker got, of so many that were due. wait: how long until the rate allows the next one."""

    texts: tuple[Claimed, ...] = ()
    due: int = 0
    wait: timedelta = timedelta(0)


def claim(bot: Bot, *, rate: float, limit: int) -> Batch:
    """The next due texts, as many as the rate allows: urgent ones, then answers, then all others; what must not go is dropped.

    rate: segments a second. Other workers wait meanwhile, so that all of them together keep to it. limit: how many are looked at:
    where a night's texts are put off, that is done in as many transactions as it needs, and others can write in between.
    """
    now = bot.clock()
    of = {"clinic_id": bot.clinic_id, "now": now}
    if not bot.store.read(lambda connection: _ANY.rows(connection, **of)):  # without a lock first: most of the time there is nothing
        return Batch()
    try:
        return _claim(bot, now, rate=rate, limit=limit)
    except InvalidToken:
        some = [id_ for (id_,) in bot.store.read(lambda connection: _FIRST.rows(connection, **of, limit=limit))]
        if not (aside := damaged.set_aside(bot, some, partial(_look, bot, now))):
            raise
        return Batch(due=aside)


def _claim(bot: Bot, now: datetime, *, rate: float, limit: int) -> Batch:
    claimed: list[Claimed] = []
    with bot.store.begin() as session:
        sender = switch.locked(session, bot.clinic_id)
        if sender.stopped_at is not None:
            return Batch()
        room = switch.room(sender, rate=rate, now=now, most=limit)
        due = _due(session, bot, now, room, urgent_alone=sender.paused_at is not None)
        found = _why_not(bot, session, due, now)
        for outbox, communication, phone in due:
            if communication.id in found:
                _does_not_go(bot, session, outbox, communication, phone, found[communication.id])
            elif sender.free_at is None or sender.free_at <= now:
                switch.use(sender, segments=segments(communication.body), rate=rate, now=now)
                claimed.append(_lease(outbox, communication, phone.number, now))
                if outbox.asks is not None:
                    asking.opens(phone, outbox.asks, now)
        wait = max(sender.free_at - now, timedelta(0)) if sender.free_at else timedelta(0)
    return Batch(tuple(claimed), len(due), wait)


def _due(session: Session, bot: Bot, now: datetime, limit: int, *, urgent_alone: bool) -> list[Due]:
    """The next due texts, locked, with the phones of those that ask. What others hold, to note an opt-out perhaps, is passed over."""
    of = {"clinic_id": bot.clinic_id, "now": now}
    found: list[Due] = []
    for priority in (Priority.URGENT,) if urgent_alone else Priority:  # one after the other: each is a range of the index
        if len(found) < limit:
            found += _rows(session, _NEXT, **of, priority=priority, limit=limit - len(found))
    asks = [phone.id for outbox, _, phone in found if outbox.asks is not None]
    free = asking.free(session, asks) if asks else set()
    return [each for each in found if each[0].asks is None or each[2].id in free]


def _look(bot: Bot, now: datetime, session: Session, outbox_id: int) -> None:
    """Reads of one text what claiming it needs."""
    _why_not(bot, session, _rows(session, _ONE, outbox_id=outbox_id), now)


def _rows(session: Session, query: Select[OutboxRow, CommunicationRow, PhoneRow], **of: Any) -> list[Due]:
    return [(outbox, communication, phone) for outbox, communication, phone in session.execute(query, of)]


def _does_not_go(
    bot: Bot, session: Session, outbox: OutboxRow, communication: CommunicationRow, phone: PhoneRow, found: Reason
) -> None:
    """Puts a text off or drops it, with the reason."""
    outbox.reason = found.why
    if found.why == FLOOD:
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock()), (LogItem(kind="loop"),))
    if found.until is not None and (outbox.useless_at is None or found.until < outbox.useless_at):
        outbox.send_at = found.until
    elif found.why == ARRIVED:
        outbox.status, outbox.look_at = "sent", None
    else:
        outbox.status, communication.status = "dropped", "canceled"
        recheck.dropped(bot, session, text=communication, phone=phone)


def _why_not(bot: Bot, session: Session, due: list[Due], now: datetime) -> dict[int, Reason]:
    """text → why it must not be sent now, of those that must not."""
    found = {text.id: why for outbox, text, phone in due if (why := _plainly(session, outbox, text, phone, now))}
    left = [(text, phone) for _, text, phone in due if text.id not in found]
    if left:
        found |= recheck.reasons(bot, session, left, now=now)
    return found | _flood(session, [text for text, _ in left if text.id not in found], now)


def _plainly(session: Session, outbox: OutboxRow, text: CommunicationRow, phone: PhoneRow, now: datetime) -> Reason | None:
    """Why a text must not go whatever it is about."""
    if outbox.useless_at is not None and outbox.useless_at <= now:
        return Reason("too_late")
    if text.status in ("delivered", "read"):  # told by a callback while it waited for another try
        return Reason(ARRIVED)
    if phone.unusable_at is not None and not queries.wrote_since(session, phone.id, phone.unusable_at):
        return Reason("unusable_number")
    return None


def _flood(session: Session, texts: list[CommunicationRow], now: datetime) -> dict[int, Reason]:
    """Whatever made them: that many texts of the bot's own within an hour are a mistake, and what is left of them waits (W-25)."""
    own = [(text.id, text.phone_id) for text in texts if text.sender == "bot" and text.phone_id is not None]
    sent, found = queries.sent_since(session, {phone_id for _, phone_id in own}, now - HOUR) if own else Counter[int](), {}
    for id_, phone_id in own:
        if sent[phone_id] >= MOST:
            found[id_] = Reason(FLOOD, until=now + HOUR)
        sent[phone_id] += 1
    return found


def _lease(outbox: OutboxRow, communication: CommunicationRow, number: str, now: datetime) -> Claimed:
    outbox.status, outbox.look_at, outbox.reason = "sending", now + LEASE, None
    outbox.attempts += 1
    communication.at, communication.error = now, None
    useful = (outbox.useless_at - now) if outbox.useless_at else USEFUL
    seconds = max(1, min(LONGEST, int(useful.total_seconds())))  # D-12
    text = Outgoing(to=number, body=communication.body, mark=str(communication.id), seconds=seconds)
    return Claimed(outbox.id, outbox.attempts, text, now + LEASE)
