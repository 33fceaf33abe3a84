"""After an outage: the texts that waited too long, in groups, and what is to become of each group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.delivery import recheck
from bot.remind import remind
from bot.store import audit, care, news, waiting
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.news import NEWS
from bot.store.sending_models import OutboxRow

LATE = timedelta(minutes=30)  # a text that should have gone so long ago has been held up
TOO_LATE, HELD_UP = "it has lost its use", "held up, and still true"
DO = ("send", "replace", "drop")
REMINDERS = ("reminder", "news of a visit")  # what a fresh text of the present state can stand for


@dataclass(frozen=True)
class Group:
    """Texts of one kind that wait for one reason. can: what may be done with them, of DO."""

    kind: str
    reason: str
    ids: tuple[int, ...]

    @property
    def can(self) -> tuple[str, ...]:
        """A text that is no longer true is never sent; only what is about visits can be written anew."""
        every = {"send": self.reason == HELD_UP, "replace": self.kind in REMINDERS, "drop": True}
        return tuple(name for name in DO if every[name])


def groups(bot: Bot) -> list[Group]:
    """Every group of texts that should have gone LATE ago, the largest first."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    with bot.store.session() as session:
        for outbox, text, phone in _late(bot, session):
            found[_kind(session, text), _reason(bot, session, outbox, text, phone)].append(outbox.id)
    return sorted((Group(*key, tuple(ids)) for key, ids in found.items()), key=lambda group: (-len(group.ids), group.kind))


def act(bot: Bot, *, kind: str, reason: str, do: str, by: Actor) -> int:
    """Does one thing with a group as it is now; gives with how many texts. Each has a transaction of its own.

    send: lets them go, which a pause or a stop still prevents. replace: drops them and writes what is booked now, if anything is,
    once a phone; news that this does not tell are told by a person.
    """
    group = next((each for each in groups(bot) if (each.kind, each.reason) == (kind, reason)), None)
    if group is None or do not in group.can:
        return 0
    done = sum(_each(bot, outbox_id, do) for outbox_id in group.ids)
    with bot.store.begin() as session:
        audit.record(
            session.connection(),
            clinic_id=bot.clinic_id,
            actor=f"staff:{by.id}",
            role=by.role,
            action=f"catch_up_{do}",
            about=f"outbox:{kind}",
            reason=f"{done}: {reason}"[:80],
            now=bot.clock(),
        )
    return done


def _each(bot: Bot, outbox_id: int, do: str) -> bool:
    """Whether the text still waited."""
    with bot.store.begin() as session:
        outbox = session.get_one(OutboxRow, outbox_id, with_for_update=True)
        if outbox.status != "waiting":
            return False
        if do == "send":
            outbox.send_at = bot.clock()
            return True
        text = session.get_one(CommunicationRow, outbox.communication_id)
        phone = session.get_one(PhoneRow, text.phone_id, with_for_update=True)
        outbox.status, outbox.reason, text.status = "dropped", "after an outage", "canceled"
        if do == "drop":
            recheck.dropped(bot, session, text=text, phone=phone)
            return True
        untold = news.take_back(session, [text.id])
        session.flush()
        fresh = remind(bot, session, phone.id)
        told = {each.appointment_id for each in care.requests(session, fresh.id)} if fresh else set()
        news.by_phone(session, [each for each in untold if each[1] not in told], bot.clock())
    return True


def _late(bot: Bot, session: Session) -> Iterator[tuple[OutboxRow, CommunicationRow, PhoneRow]]:
    query = (
        select(OutboxRow, CommunicationRow, PhoneRow)
        .join(CommunicationRow, OutboxRow.communication_id == CommunicationRow.id)
        .join(PhoneRow, CommunicationRow.phone_id == PhoneRow.id)
        .where(OutboxRow.clinic_id == bot.clinic_id, OutboxRow.status == "waiting", CommunicationRow.at <= bot.clock() - LATE)
        .where(OutboxRow.send_at <= bot.clock())
        .order_by(OutboxRow.id)
    )
    yield from session.execute(query)


def _kind(session: Session, text: CommunicationRow) -> str:
    if asked := care.requests(session, text.id):
        return "news of a visit" if any(each.step in NEWS for each in asked) else "reminder"
    if waiting.offer_in(session, text.id) is not None:
        return "offer of a time"
    if text.sender == "staff":
        return "a coordinator's words"
    return "answer" if text.in_reply_to is not None else "question"


def _reason(bot: Bot, session: Session, outbox: OutboxRow, text: CommunicationRow, phone: PhoneRow) -> str:
    """Why it would not go now; HELD_UP when it would."""
    now = bot.clock()
    if outbox.useless_at is not None and outbox.useless_at <= now:
        return TOO_LATE
    found = recheck.reason(bot, session, text=text, phone=phone, now=now)
    return found.why if found is not None and found.until is None else HELD_UP
