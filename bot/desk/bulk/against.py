"""What speaks against a text to one of many conversations, and what has been written there since it was chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk import outcome
from bot.desk.bulk.chosen import Chosen
from bot.errors import Said
from bot.store import care, queries, worklist
from bot.store.models import CommunicationRow, PatientRow, PhoneRow, TaskRow
from bot.store.sending_models import OutboxRow, PlannedReplyRow
from bot.store.work_models import ClaimRow

ALONE = ("distress", "death", "hospital", "custody")  # who tells of this is never one of many


@dataclass(frozen=True)
class Written:
    """What has been written in a conversation since it was chosen. key: of a coordinator's sentence that has gone or will go."""

    key: str
    status: str
    at: datetime | None


def against(bot: Bot, session: Session, chosen: Chosen, phones: Collection[PhoneRow], *, by: Actor) -> dict[int, str]:
    """phone → why nothing is sent there, of those where it is not; with as many statements for many as for one."""
    now, ids = bot.clock(), [phone.id for phone in phones]
    people, written = people_of(session, ids), written_since(session, chosen, ids)
    numbers = care.numbers(session, phones, now=now, zone=bot.clinic.zone)
    others = {row.phone_id: row.actor for row in session.scalars(claims_on(ids, now)) if row.actor_id != by.id}
    planned = PlannedReplyRow.phone_id.in_(ids), PlannedReplyRow.done_at.is_(None)
    waits = set(session.scalars(select(PlannedReplyRow.phone_id).where(*planned)))
    open_ = _open(session, ids)
    found = {}
    for phone in phones:
        theirs, who, stop = open_.get(phone.id, []), people.get(phone.id, []), numbers[phone.id][0].stop
        kinds = {kind for kind, _, _ in theirs}
        whys = (
            Said("an emergency is open there: it is answered by itself") if any(rank == 0 for _, rank, _ in theirs) else "",
            Said("distress, a death, a hospital or a jail was told of: it is answered by itself") if kinds & set(ALONE) else "",
            "" if stop == care.TAKEN_OVER else stop,
            care.NOT_SURE if "whose_number" in kinds else "",
            "" if who else Said("nobody is on record at this number"),
            next(filter(None, map(care.stop_of, who)), ""),
            _unusable(session, phone),
            Said("%(name)s is working on this conversation", name=others[phone.id]) if phone.id in others else "",
            ""
            if any(item in chosen.items and kind not in outcome.APART for kind, _, item in theirs)
            else Said("what you chose is closed, or a translator's"),
            Said("something was written there after you chose it: read it first") if written.get(phone.id) else "",
            Said("a reply waits to go there already") if phone.id in waits else "",
        )
        found[phone.id] = next(filter(None, whys), "")
    return {phone_id: why for phone_id, why in found.items() if why}


def written_since(session: Session, chosen: Chosen, phones: Iterable[int]) -> dict[int, list[Written]]:
    """phone → what patients and staff have written there since it was chosen."""
    text, planned = CommunicationRow, PlannedReplyRow
    query = (
        select(text.phone_id, text.texts, text.status, OutboxRow.send_at, planned.done_at, planned.communication_id)
        .outerjoin(OutboxRow, OutboxRow.communication_id == text.id)
        .outerjoin(planned, planned.communication_id == text.id)
        .where(text.phone_id.in_(list(phones)), text.id > chosen.since, or_(text.direction == "inbound", text.sender == "staff"))
        .order_by(text.id)
    )
    found: dict[int, list[Written]] = {}
    for phone_id, key, status, send_at, done_at, later_ in session.execute(query):
        goes = send_at if later_ is not None and done_at is None else None
        found.setdefault(phone_id or 0, []).append(Written(key if key and status != "canceled" else "", status, goes))
    return found


def people_of(session: Session, phones: Iterable[int]) -> dict[int, list[PatientRow]]:
    """phone → its patients, in the order that decides their language."""
    return {phone: [each for each in people if each.active] for phone, people in worklist.names(session, set(phones)).items()}


def claims_on(phones: Iterable[int], now: datetime) -> Select[ClaimRow]:
    """The locks of these conversations that have not lapsed."""
    return select(ClaimRow).where(ClaimRow.phone_id.in_(list(phones)), ClaimRow.until > now)


def _open(session: Session, phones: Collection[int]) -> dict[int, list[tuple[str, int, int]]]:
    """phone → kind, rank and number of every item that is open there."""
    open_ = TaskRow.phone_id.in_(phones), TaskRow.status == "requested"
    found: dict[int, list[tuple[str, int, int]]] = {}
    for phone_id, kind, rank, item in session.execute(select(TaskRow.phone_id, TaskRow.kind, TaskRow.rank, TaskRow.id).where(*open_)):
        found.setdefault(phone_id or 0, []).append((kind, rank, item))
    return found


def _unusable(session: Session, phone: PhoneRow) -> str:
    since = phone.unusable_at
    return "texts do not arrive at this number" if since is not None and not queries.wrote_since(session, phone.id, since) else ""
