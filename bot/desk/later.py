"""Replies that a coordinator writes now and that go later, by the patient's clock, unless the patient writes first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from itertools import product

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.actor import Actor
from bot.apply import Scope, apply
from bot.care.hours import Hours
from bot.core import Bot
from bot.desk import life, staff
from bot.desk.work import Refused, hold, record
from bot.dialogue.effects import LogItem
from bot.store import care, queries, tasks
from bot.store.models import CommunicationRow, PatientRow, PhoneRow, TaskRow
from bot.store.outgoing import queue
from bot.store.sending_models import OutboxRow, PlannedReplyRow
from bot.store.work_models import ActionRow

DAYS = 15  # how far ahead a reply may be planned
SOON = timedelta(minutes=20)  # the first time that is offered is no nearer
STEP = timedelta(minutes=30)
USEFUL = timedelta(hours=4)  # a reply that is later than this is its writer's to look at again
WROTE_FIRST = "the patient wrote first"
HAPPENED = "something has happened in their life"


@dataclass(frozen=True)
class There:
    """The clock where a phone's people are. days, times: what may be chosen; suggested: the first moment of these, by their clock."""

    zone: tzinfo
    now: datetime
    night: bool
    suggested: datetime
    days: tuple[date, ...]
    times: tuple[time, ...]


def there(bot: Bot, people: Iterable[PatientRow]) -> There:
    """The clock of these people; where nobody is on record, the clinic's."""
    zones, hours, now = _zones(bot, people), _hours(bot), bot.clock()
    local = now.astimezone(zones[0])
    days = tuple(local.date() + timedelta(days=ahead) for ahead in range(DAYS))
    start = datetime.combine(local.date(), hours.opens)
    steps = [start + number * STEP for number in range(48)]
    times = tuple(each.time() for each in steps if each.date() == local.date() and each.time() < hours.closes)
    moments = (datetime.combine(day, hour, zones[0]) for day, hour in product(days, times))
    first = next((each for each in moments if each > now + SOON and hours.lawful(each, zones)), local)
    return There(zones[0], local, not hours.lawful(now, zones), first, days, times)


def _hours(bot: Bot) -> Hours:
    """A person may write on a holiday, not in the night."""
    return replace(bot.clinic.cadence.hours, holidays=frozenset())


def _zones(bot: Bot, people: Iterable[PatientRow]) -> tuple[tzinfo, ...]:
    return tuple(dict.fromkeys(care.zone_of(person.zone, bot.clinic.zone) for person in people)) or (bot.clinic.zone,)


def plan(bot: Bot, phone_id: int, text: str, *, at: datetime, by: Actor, key: str = "", unless: staff.Unless | None = None) -> None:
    """Puts a reply by until `at`. The bot goes on answering meanwhile. key, unless: as of `staff.reply`. Raises Refused."""
    body, now = staff.body_of(text), bot.clock()
    with bot.store.begin() as session:
        phone = queries.locked_phone(session, phone_id)
        staff.may_text(phone)
        people = [patient for patient, _ in queries.people(session, phone_id).values()]
        if not now < at < now + timedelta(days=DAYS):
            raise Refused("Choose a time that is still to come, within two weeks.")
        if not _hours(bot).lawful(at, _zones(bot, people)):
            raise Refused("It is night there at that time. Choose another one.")
        hold(session, phone_id, by=by, now=now)
        if unless is not None:
            unless(session, phone)
        useless_at = at + USEFUL
        sent = queue(
            session,
            clinic_id=bot.clinic_id,
            phone_id=phone_id,
            body=body,
            now=now,
            sender="staff",
            send_at=at,
            useless_at=useless_at,
        )
        sent.texts = key or None
        who = {"actor_id": by.id, "actor": by.name}
        session.add(PlannedReplyRow(communication_id=sent.id, clinic_id=bot.clinic_id, phone_id=phone_id, made_at=now, **who))
        record(session, by=by, now=now, phone_id=phone_id, kind="planned", detail=key)


def withdraw(bot: Bot, phone_id: int, text_id: int, *, by: Actor) -> None:
    """Takes a planned reply back, whoever wrote it. Raises Refused when it has gone."""
    now = bot.clock()
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=now, take=False)
        planned = session.get(PlannedReplyRow, text_id)
        waits = _outbox(session, text_id) if planned is not None and planned.phone_id == phone_id else None
        if planned is None or waits is None or waits.status != "waiting":
            raise Refused("This reply has gone already, or was taken back before.")
        waits.status, waits.reason, planned.done_at = "dropped", "withdrawn", now
        session.get_one(CommunicationRow, text_id).status = "canceled"
        record(session, by=by, now=now, phone_id=phone_id, kind="withdrew")


def _outbox(session: Session, text_id: int) -> OutboxRow:
    return session.scalars(select(OutboxRow).where(OutboxRow.communication_id == text_id).with_for_update(key_share=True)).one()


def why_not(bot: Bot, session: Session, text: CommunicationRow, phone: PhoneRow) -> str:
    """Why a planned reply must not go now that its time has come; "" for other texts."""
    planned = session.get(PlannedReplyRow, text.id) if text.sender == "staff" else None
    if planned is None:
        return ""
    if queries.state_of(phone).hold in staff.SILENT:
        return "texts must not be sent there"
    people = [patient for patient, _ in queries.people(session, phone.id).values()]
    if not _hours(bot).lawful(bot.clock(), _zones(bot, people)):
        return "it was night by then"
    return _changed(session, planned)


def _changed(session: Session, planned: PlannedReplyRow) -> str:
    """What has changed since a reply was planned, so that its writer must look at it again; "" if nothing has."""
    theirs = ActionRow.phone_id == planned.phone_id, ActionRow.kind == life.NOTED, ActionRow.at >= planned.made_at
    if session.scalar(select(ActionRow.id).where(*theirs, ActionRow.detail != "").limit(1)) is not None:
        return HAPPENED
    return WROTE_FIRST if queries.wrote_since(session, planned.phone_id, planned.made_at) else ""


def settle(bot: Bot) -> None:
    """Looks after planned replies: one that went counts like any reply; one that must not go is its writer's again."""
    wrote = aliased(CommunicationRow)
    first = wrote.phone_id == PlannedReplyRow.phone_id, wrote.direction == "inbound", wrote.at > PlannedReplyRow.made_at
    theirs = ActionRow.phone_id == PlannedReplyRow.phone_id, ActionRow.kind == life.NOTED, ActionRow.at >= PlannedReplyRow.made_at
    event = select(ActionRow.id).where(*theirs, ActionRow.detail != "").exists()
    waits = OutboxRow.status.in_(("waiting", "sending"))
    due = (
        select(PlannedReplyRow.communication_id)
        .join(OutboxRow, OutboxRow.communication_id == PlannedReplyRow.communication_id)
        .where(PlannedReplyRow.clinic_id == bot.clinic_id, PlannedReplyRow.done_at.is_(None))
        .where(or_(~waits, select(wrote.id).where(*first).exists(), event))
    )
    with bot.store.session() as session:
        ids = session.scalars(due).all()
    for text_id in ids:
        bot.store.run(partial(_settle, bot, text_id))


def _settle(bot: Bot, text_id: int, session: Session) -> None:
    planned, text = session.get_one(PlannedReplyRow, text_id), session.get_one(CommunicationRow, text_id)
    phone, waits, now = queries.locked_phone(session, planned.phone_id), _outbox(session, text_id), bot.clock()
    if planned.done_at is not None or waits.status == "sending":
        return
    if waits.status == "waiting":
        waits.status, waits.reason, text.status = "dropped", _changed(session, planned), "canceled"
    planned.done_at = now
    if waits.status == "sent":
        queries.keep_state(phone, replace(queries.state_of(phone), paused=True))
        tasks.keep_promise(session.connection(), phone.id, now=now)
    if waits.status == "dropped":
        session.flush()
        scope = Scope(connection=session.connection(), opened=session, phone=phone, now=now, communication=text)
        apply(scope, (LogItem(kind="reply_held", detail=(waits.reason or "").replace(" ", "_")),))
        mine = update(TaskRow).where(TaskRow.phone_id == phone.id, TaskRow.communication_id == text_id, TaskRow.kind == "reply_held")
        session.execute(mine.values(owner_id=planned.actor_id, owner=planned.actor))
