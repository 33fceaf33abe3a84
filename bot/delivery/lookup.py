"""Texts of which nobody knows what became of them are looked up at the provider before anything else is done (W-34, D-10)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.channels.types import Channel, Outgoing, SendError, Sent
from bot.core import Bot
from bot.delivery import claims, codes, damaged, outbox
from bot.delivery.status import FINAL, LOST, advance
from bot.dialogue.effects import LogItem
from bot.store import queries
from bot.store.database import NO_KEY
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.sending_models import OutboxRow

log = structlog.get_logger()
AT_ONCE = 40  # texts that are claimed to be looked up
HANDS = 8  # phones whose texts are looked up at a time
SKEW = timedelta(minutes=1)  # between our clock and the provider's
NOWHERE = "not_at_provider"
GIVEN_UP = timedelta(hours=6)  # a text that could not be looked up for so long is a person's


@dataclass(frozen=True)
class Lost:
    """A text to look up. sid: the provider's id, where it is known; since: when it was given to the provider."""

    outbox_id: int
    attempt: int
    text: Outgoing
    sid: str | None
    since: datetime


def look(bot: Bot, channel: Channel) -> None:
    """Looks up texts whose lease has ended, that were sent without an answer, or that no callback has confirmed for long.

    After a crash or an outage there are many, and the provider takes its time for each.
    """
    with ThreadPoolExecutor(HANDS, thread_name_prefix="look") as hands:
        while lost := _claim(bot):
            of_phone: dict[str, list[Lost]] = {}
            for each in lost:
                of_phone.setdefault(each.text.to, []).append(each)
            for _ in hands.map(partial(_look_up, bot, channel), of_phone.values()):
                pass  # what one of them raised is raised here


def _look_up(bot: Bot, channel: Channel, lost: list[Lost]) -> None:
    """The texts to one phone, one after the other: two with the same words are told apart by what is known of the first."""
    for each in lost:
        try:
            found = _found(bot, channel, each)
        except SendError as error:
            log.warning("not_looked_up", outbox=each.outbox_id, code=error.code)
            if bot.clock() - each.since > GIVEN_UP:
                _settle(bot, each, None, sure=False)
        else:
            _settle(bot, each, found, sure=True)


def _claim(bot: Bot) -> list[Lost]:
    """Texts to look up, kept from other workers for the time of a lease."""
    now = bot.clock()
    query = select(OutboxRow).where(OutboxRow.look_at < now, OutboxRow.clinic_id == bot.clinic_id)
    query = query.order_by(OutboxRow.look_at).limit(AT_ONCE)
    lost = []
    try:
        with bot.store.begin() as session:
            for row in session.scalars(query.with_for_update(skip_locked=True)):
                lost.append(_lost(session, row))
                row.look_at = now + claims.LEASE
    except InvalidToken:
        with bot.store.session() as session:
            some = [row.id for row in session.scalars(query)]
        if not damaged.set_aside(bot, some, lambda session, id_: _lost(session, session.get_one(OutboxRow, id_))):
            raise
        return _claim(bot)
    return lost


def _lost(session: Session, row: OutboxRow) -> Lost:
    communication = session.get_one(CommunicationRow, row.communication_id)
    number = session.get_one(PhoneRow, communication.phone_id).number
    sid = communication.provider_sid if row.status == "sent" else None
    return Lost(row.id, row.attempts, Outgoing(to=number, body=communication.body), sid, communication.at)


def _found(bot: Bot, channel: Channel, lost: Lost) -> Sent | None:
    """What the provider knows of a text; None when it has none like it."""
    if lost.sid is not None:
        return channel.fetch(lost.sid)
    candidates = channel.find(lost.text, since=lost.since - SKEW)
    with bot.store.session() as session:
        others = queries.known_sids(session, [each.sid for each in candidates], besides=lost.outbox_id)
    return next((each for each in candidates if each.sid not in others), None)


def _settle(bot: Bot, lost: Lost, found: Sent | None, *, sure: bool) -> None:
    """Writes what was found. sure: whether the provider could be asked."""

    def write(session: Session) -> None:
        row = session.get_one(OutboxRow, lost.outbox_id, with_for_update=NO_KEY, populate_existing=True)
        if row.attempts != lost.attempt or row.status not in ("sending", "sent"):
            return  # somebody has got on with it meanwhile
        communication = session.get_one(CommunicationRow, row.communication_id, with_for_update=NO_KEY, populate_existing=True)
        if found is None:
            _nowhere(bot, session, row, communication, sure=sure)
            return
        confirmed_before = row.status == "sent"
        if confirmed_before:
            advance(communication, found.status)
        else:
            outbox.take_over(row, communication, found, bot.clock())
        if communication.status in LOST:
            outbox.failed(bot, session, row, communication, found.code or 0)
        elif communication.status in FINAL:
            row.look_at = None
        elif confirmed_before:
            row.look_at = None
            _unconfirmed(bot, session, communication)

    bot.store.run(write)


def _nowhere(bot: Bot, session: Session, row: OutboxRow, communication: CommunicationRow, *, sure: bool) -> None:
    """The provider has it not: it is sent again while it is of use. If nobody could be asked, a person decides."""
    row.look_at = None
    if row.status == "sent":
        _unconfirmed(bot, session, communication)
        return
    if sure and row.attempts < codes.DOWN.tries:
        row.status, row.send_at, row.reason, communication.status = "waiting", bot.clock(), NOWHERE, "queued"
        return
    row.status, row.reason = "failed", NOWHERE if sure else "unknown"
    communication.status = "failed" if sure else "unknown"
    outbox.to_a_person(bot, session, communication, None)


def _unconfirmed(bot: Bot, session: Session, communication: CommunicationRow) -> None:
    """Sent, but nobody says that it arrived: that is not "the patient knows" (W-32, D-14)."""
    if communication.phone_id is None:
        return
    phone = queries.locked_phone(session, communication.phone_id)
    scope = Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock(), communication=communication)
    apply(scope, (LogItem(kind="unconfirmed"),))
