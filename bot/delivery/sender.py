"""The one-process sender: what waits in the outbox, what nobody answered, what lay in the spool."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.channels.twilio_sms import SendError
from bot.channels.types import Sent
from bot.delivery import recheck
from bot.delivery.planner import plan_due
from bot.delivery.recheck import Reason
from bot.delivery.spool import Spool
from bot.delivery.status import advance
from bot.dialogue.effects import LogItem, OptOut
from bot.store import words
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.sending_models import OutboxRow
from bot.turn import Bot, answer, take

log = structlog.get_logger()
LEASE = timedelta(minutes=2)
ATTEMPTS = 3
BACKOFF = timedelta(seconds=30)
UNANSWERED = timedelta(seconds=60)  # longer than the provider waits for a webhook, its retry included (W-15)
BLOCKED = 21610  # the carrier's own opt-out list
RETRY_CODES = frozenset({429, 20429, 20500, 20503, 30001, 21611, 500, 502, 503, 504})  # D-04; any other: a person (D-01)


class Channel(Protocol):
    """What a channel must be able to do to send."""

    def send(self, *, to: str, body: str) -> Sent:
        """Sends one text. Raises SendError."""


def send_waiting(bot: Bot, channel: Channel) -> int:
    """Sends what is due; gives how many texts went out. No transaction is open while the provider is asked."""
    sent = 0
    while (claimed := _claim(bot)) is not None:
        outbox_id, to, body = claimed
        try:
            result = channel.send(to=to, body=body)
        except SendError as error:
            _not_sent(bot, outbox_id, error.code)
        else:
            _sent(bot, outbox_id, result)
            sent += 1
    return sent


def _claim(bot: Bot) -> tuple[int, str, str] | None:
    """The next due text, leased; what must not go any more is dropped or put off (O-21)."""
    now = bot.clock()
    with bot.store.begin() as session:
        query = (
            select(OutboxRow, CommunicationRow, PhoneRow)
            .join(CommunicationRow, OutboxRow.communication_id == CommunicationRow.id)
            .join(PhoneRow, CommunicationRow.phone_id == PhoneRow.id)
            .where(OutboxRow.status == "waiting", OutboxRow.send_at <= now)
            .order_by(OutboxRow.id)
        )
        for outbox, communication, phone in session.execute(query.limit(20)):
            if not _may_go(bot, session, outbox, communication, phone):
                continue
            outbox.status, outbox.leased_until = "sending", now + LEASE
            outbox.attempts += 1
            return outbox.id, phone.number, communication.body
    return None


def _may_go(bot: Bot, session: Session, outbox: OutboxRow, communication: CommunicationRow, phone: PhoneRow) -> bool:
    """Whether a text may be sent; else it is put off or dropped."""
    now = bot.clock()
    useless_at = outbox.useless_at
    if useless_at is not None and useless_at <= now:
        found: Reason | None = Reason("too late")
    else:
        found = recheck.reason(bot, session, text=communication, phone=phone, now=now)
    if found is None:
        return True
    if found.until is not None and (useless_at is None or found.until < useless_at):
        outbox.send_at = found.until
    else:
        outbox.status, communication.status = "dropped", "canceled"
        recheck.dropped(bot, session, text=communication, phone=phone, why=found.why)
    return False


def _sent(bot: Bot, outbox_id: int, result: Sent) -> None:
    with bot.store.begin() as session:
        outbox = session.get_one(OutboxRow, outbox_id)
        communication = session.get_one(CommunicationRow, outbox.communication_id)
        outbox.status = "sent"
        communication.provider_sid, communication.at = result.sid, bot.clock()
        advance(communication, result.status)  # a callback may have come first (W-31)


def _not_sent(bot: Bot, outbox_id: int, code: int | None) -> None:
    log.warning("not_sent", outbox=outbox_id, code=code)
    with bot.store.begin() as session:
        outbox = session.get_one(OutboxRow, outbox_id)
        communication = session.get_one(CommunicationRow, outbox.communication_id)
        if code in RETRY_CODES and outbox.attempts < ATTEMPTS:
            outbox.status, outbox.send_at = "waiting", bot.clock() + BACKOFF * outbox.attempts
            return
        outbox.status = "failed"
        communication.status = "failed" if code is not None else "unknown"
        _to_a_person(bot, session, communication, code)


def _to_a_person(bot: Bot, session: Session, communication: CommunicationRow, code: int | None) -> None:
    """A text that did not go out is somebody's to see (D-01); a number that the carrier blocks is opted out (O-12)."""
    phone = session.get_one(PhoneRow, communication.phone_id)
    blocked = (OptOut(source="carrier:21610"),) if code == BLOCKED and phone.opted_out_at is None else ()
    effects = (*blocked, LogItem(kind="not_delivered", detail=str(code or "unknown")))
    apply(Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock()), effects)


def give_up_lost(bot: Bot) -> None:
    """Texts whose sending was cut off: they may have gone out, so a person decides, and nothing is sent twice (W-34)."""
    now = bot.clock()
    with bot.store.begin() as session:
        lost = select(OutboxRow).where(OutboxRow.status == "sending", OutboxRow.leased_until < now)
        for outbox in session.scalars(lost).all():
            communication = session.get_one(CommunicationRow, outbox.communication_id)
            outbox.status, communication.status = "failed", "unknown"
            _to_a_person(bot, session, communication, None)


def sweep(bot: Bot, spool: Spool) -> None:
    """Takes in what lay in the spool, and answers what a crash left unanswered."""
    for path, inbound in spool.waiting():
        take(bot, replace(inbound, retry=False), via="outbox")  # its webhook has long been answered
        path.unlink(missing_ok=True)
    with bot.store.session() as session:
        left = session.scalars(
            select(CommunicationRow.id).where(
                CommunicationRow.direction == "inbound",
                CommunicationRow.status == "received",
                CommunicationRow.at < bot.clock() - UNANSWERED,
            )
        ).all()
    for row_id in left:
        answer(bot, row_id, via="outbox")


def index_words(bot: Bot) -> None:
    """Makes new texts and notes searchable."""
    while True:
        with bot.store.reading() as connection:
            batch = words.unindexed(connection, bot.store.cipher)
        if not batch.last:
            return
        bot.store.write(partial(words.write, batch=batch))


class Sender(threading.Thread):
    """Runs sweep, plan_due, send_waiting and index_words once a second until `stop`."""

    def __init__(self, bot: Bot, channel: Channel, spool: Spool, *, every: float = 1.0) -> None:
        super().__init__(name="sender", daemon=True)
        self._bot, self._channel, self._spool, self._every = bot, channel, spool, every
        self._stopped = threading.Event()

    def run(self) -> None:
        """Never ends by an error, and one job does not wait for the other: what failed is tried again."""
        while not self._stopped.wait(self._every):
            for job in (
                partial(sweep, self._bot, self._spool),
                partial(plan_due, self._bot),
                partial(send_waiting, self._bot, self._channel),
                partial(index_words, self._bot),
            ):
                try:
                    job()
                except Exception as error:  # a thread that ended would stop all texts, and nobody would see it
                    log.error("sender_failed", job=job.func.__name__, error=type(error).__name__)

    def stop(self) -> None:
        """Ends the thread."""
        self._stopped.set()
