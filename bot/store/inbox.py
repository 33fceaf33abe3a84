"""What the pages of a conversation show, read in a few queries whatever its length."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from bot.dialogue.items import KINDS
from bot.dialogue.types import State, Wants
from bot.store import media, papers, queries, worklist
from bot.store.lines import Item, lines
from bot.store.media_models import MediaRow
from bot.store.models import AppointmentRow, CommunicationRow, PatientRow, PhoneRow, TaskRow
from bot.store.readings import reading_of
from bot.store.sending_models import OutboxRow, PlannedReplyRow
from bot.store.work_models import ActionRow, AlertRow, CandidateRow, ClaimRow, PromiseRow, ViewingRow
from bot.understand.types import Understanding

AT_ONCE = timedelta(minutes=5)  # so soon after a text the bot has done what it asks for
SHOWN = 200  # the newest texts, actions and items that a timeline goes back to


@dataclass(frozen=True)
class Entry:
    """One thing in a timeline. kind: "in" and "out" (texts), "did" (a person did something), "item" (the bot asked for a person).

    who: bot, staff, or a name. status: of the text's delivery. text_id: of the text.
    item: of which kind it is; item_id: its id. media: how far each file is that came with it.
    texts: keys of the approved texts it is made of, or of its answer. free: a coordinator's own words, which nobody reviewed.
    goes: when one's planned reply will go; planned_by: whose it is.
    """

    at: datetime
    kind: str
    who: str = ""
    words: str = ""
    what: str = ""
    detail: str = ""
    status: str = ""
    media: tuple[str, ...] = ()
    text_id: int | None = None
    reading: Understanding | None = None
    rule: str | None = None
    corrected: str = ""
    texts: tuple[str, ...] = ()
    free: bool = False
    goes: datetime | None = None
    planned_by: str = ""
    item: str = ""
    item_id: int | None = None

    @property
    def person(self) -> int:
        """Of whom something was corrected; 0 for any other entry."""
        number = self.detail.rpartition(" ")[2] if self.what == "person" else ""
        return int(number) if number.isdecimal() else 0


@dataclass(frozen=True)
class Conversation:
    """One phone: who is reached there, what was said and done, what is open and promised. viewers: who has it open.

    there: (visit, name) of papers that are there. former: who is reached there and is no patient here any more.
    corrected: patient → name, of those whom the timeline tells of, although they may be reached there no more.
    """

    phone_id: int
    number: str
    opted_out: bool
    wants: Wants
    state: State
    people: list[tuple[PatientRow, str]]
    visits: list[tuple[AppointmentRow, str]]
    thread: list[CommunicationRow]
    timeline: list[Entry]
    items: list[Item]
    promised: datetime | None
    claim: ClaimRow | None
    viewers: list[ViewingRow]
    there: frozenset[tuple[int, str]]
    former: list[PatientRow]
    corrected: dict[int, str]

    @property
    def lines(self) -> list[Item]:
        """What is open, as lists show it."""
        return lines(self.items)

    @property
    def language(self) -> str:
        """What the people of this phone are written to in."""
        return self.state.language or (self.people[0][0].language if self.people else "en")

    @property
    def who(self) -> str:
        """Everybody who is reached on this phone."""
        return " / ".join(patient.name for patient, _ in self.people) or worklist.UNKNOWN

    def caused(self, visit: AppointmentRow) -> int | None:
        """The patient's text for which the bot called the visit off; None if a person did."""
        at = visit.changed_at if visit.status == "cancelled" else None
        said = [row for row in self.timeline if row.kind == "in" and "cancelled" in row.texts]
        return next((row.text_id for row in reversed(said) if at and timedelta() <= at - row.at < AT_ONCE), None)


@dataclass(frozen=True)
class Visitor:
    """One of the people who are reached on a phone, and one of their visits, if it is about one."""

    phone_id: int
    patient: PatientRow
    visit: AppointmentRow | None = None


def visitor(
    session: Session, clinic_id: int, phone_id: int, *, patient_id: int | None = None, visit_id: int | None = None
) -> Visitor | None:
    """A visit with whose it is, or a patient without one; None unless they belong to this phone of this clinic."""
    ours = session.scalar(select(PhoneRow.id).where(PhoneRow.id == phone_id, PhoneRow.clinic_id == clinic_id))
    visit = session.get(AppointmentRow, visit_id) if visit_id is not None else None
    found = queries.people(session, phone_id).get(visit.patient_id if visit else patient_id or 0)
    return Visitor(phone_id, found[0], visit) if ours is not None and found is not None else None


def conversation(session: Session, clinic_id: int, phone_id: int, now: datetime) -> Conversation | None:
    """One conversation of this clinic, or None."""
    phone = session.scalar(select(PhoneRow).where(PhoneRow.id == phone_id, PhoneRow.clinic_id == clinic_id))
    if phone is None:
        return None
    who = queries.people(session, phone_id)
    latest = select(AppointmentRow).where(AppointmentRow.patient_id.in_(who)).order_by(AppointmentRow.start.desc()).limit(12)
    visits = session.scalars(latest).all()
    thread = queries.thread(session, phone_id, limit=SHOWN)
    claim = session.get(ClaimRow, phone_id)
    timeline = _timeline(session, phone_id, thread, now)
    theirs = select(PatientRow.id, PatientRow.name).where(PatientRow.clinic_id == clinic_id)
    corrected = session.execute(theirs.where(PatientRow.id.in_({entry.person for entry in timeline if entry.person})))
    return Conversation(
        phone_id=phone_id,
        number=phone.number,
        opted_out=phone.opted_out_at is not None,
        wants=Wants(phone.wants),
        state=queries.state_of(phone),
        people=list(who.values()),
        visits=[(visit, who[visit.patient_id][0].name) for visit in visits],
        thread=thread,
        timeline=timeline,
        items=worklist.of_phone(session, clinic_id, now, phone_id),
        promised=session.scalar(
            select(func.min(PromiseRow.due_at)).where(PromiseRow.phone_id == phone_id, PromiseRow.kept_at.is_(None))
        ),
        claim=claim if claim is not None and claim.until > now else None,
        viewers=list(session.scalars(_viewing(phone_id, now))),
        there=papers.there(session, [visit.id for visit in visits]),
        former=[patient for patient in worklist.names(session, {phone_id}).get(phone_id, []) if not patient.active and patient.name],
        corrected={id_: name for id_, name in corrected},
    )


def _viewing(phone_id: int, now: datetime) -> Select[ViewingRow]:
    return select(ViewingRow).where(ViewingRow.phone_id == phone_id, ViewingRow.until > now).order_by(ViewingRow.actor_id)


def _timeline(session: Session, phone_id: int, thread: list[CommunicationRow], now: datetime) -> list[Entry]:
    """Texts, the items they made, and what people did, oldest first."""
    ids = [row.id for row in thread]
    rows = session.execute(select(CandidateRow.communication_id, CandidateRow.means).where(CandidateRow.communication_id.in_(ids)))
    corrected: dict[int, str] = dict(rows.all())
    planned = _planned(session, phone_id)
    files = media.statuses(session, [row.id for row in thread if row.media])
    entries = [entry for row in thread for entry in _text(row, corrected.get(row.id, ""), planned.get(row.id), files.get(row.id, []))]
    since = thread[0].at if len(thread) == SHOWN else None
    itself = ("wrote", "planned")  # the text is there
    did = select(ActionRow).where(ActionRow.phone_id == phone_id, ActionRow.kind.not_in(itself))
    made = select(TaskRow).where(TaskRow.phone_id == phone_id, TaskRow.created_at <= now)
    entries += [_did(row) for row in session.scalars(did.order_by(ActionRow.id.desc()).limit(SHOWN))]
    entries += [_made(row) for row in session.scalars(made.order_by(TaskRow.id.desc()).limit(SHOWN))]
    order = {"in": 0, "out": 1, "item": 2, "did": 3}
    entries.sort(key=lambda entry: (entry.goes or entry.at, order[entry.kind]))
    return [entry for entry in entries if since is None or entry.at >= since]


def _planned(session: Session, phone_id: int) -> dict[int, tuple[datetime, str]]:
    """text → when it will go, and whose it is."""
    rows = session.execute(
        select(PlannedReplyRow.communication_id, OutboxRow.send_at, PlannedReplyRow.actor)
        .join(OutboxRow, OutboxRow.communication_id == PlannedReplyRow.communication_id)
        .where(PlannedReplyRow.phone_id == phone_id, PlannedReplyRow.done_at.is_(None), OutboxRow.status == "waiting")
    )
    return {text_id: (goes, who) for text_id, goes, who in rows}


def _text(row: CommunicationRow, corrected: str, planned: tuple[datetime, str] | None, files: list[str]) -> list[Entry]:
    texts = tuple(filter(None, (row.texts or "").split(",")))
    if row.direction != "inbound":
        free = row.sender == "staff" and not row.texts
        sent = Entry(row.at, "out", who=row.sender, words=row.body, status=row.status, texts=texts, free=free, text_id=row.id)
        return [replace(sent, goes=planned[0], planned_by=planned[1]) if planned else sent]
    own = Entry(
        row.at,
        "in",
        words=row.body,
        status=row.status,
        media=tuple(files),
        text_id=row.id,
        reading=reading_of(row.reading),
        rule=row.rule,
        corrected=corrected,
        texts=texts,
    )
    answered = row.reply and row.answered_via == "twiml"
    return [own, Entry(row.at, "out", who="bot", words=row.replies[0], status="answered", texts=texts)] if answered else [own]


def held_back(session: Session, phone_id: int, text_id: int) -> str:
    """The words of a coordinator's reply of this conversation that did not go; "" for any other text."""
    row = session.get(CommunicationRow, text_id)
    held = row is not None and (row.phone_id, row.sender, row.status) == (phone_id, "staff", "canceled")
    return row.body if row is not None and held else ""


def _did(row: ActionRow) -> Entry:
    return Entry(row.at, "did", who=row.actor, words=row.words or "", what=row.kind, detail=row.detail)


def _made(row: TaskRow) -> Entry:
    what, detail = KINDS[row.kind].title, row.detail.replace("_", " ")
    return Entry(row.created_at, "item", what=what, detail=detail, status=row.status, item=row.kind, item_id=row.id)


def phones(session: Session, clinic_id: int) -> list[tuple[int, str, list[PatientRow]]]:
    """(id, number, people) of every phone with people, for the demo."""
    rows = session.scalars(select(PhoneRow).where(PhoneRow.clinic_id == clinic_id).order_by(PhoneRow.id)).all()
    names = worklist.names(session, {row.id for row in rows})
    return [(row.id, row.number, names.get(row.id, [])) for row in rows]


def since(session: Session, clinic_id: int, moment: datetime, limit: int) -> list[tuple[CommunicationRow, list[PatientRow]]]:
    """Texts that came or went since then, the latest first, with the people of their phones, for the demo."""
    gone = CommunicationRow.at >= moment, CommunicationRow.status.not_in(("queued", "canceled", "failed"))
    query = select(CommunicationRow).where(CommunicationRow.clinic_id == clinic_id, *gone)
    rows = session.scalars(query.order_by(CommunicationRow.at.desc(), CommunicationRow.id.desc()).limit(limit)).all()
    names = worklist.names(session, {row.phone_id for row in rows if row.phone_id is not None})
    return [(row, names.get(row.phone_id or 0, [])) for row in rows]


def list_mark(session: Session, clinic_id: int, now: datetime) -> str:
    """A mark that changes when what the lists show changes, and not with texts that they do not show; read from what is open alone.

    It is asked for every few seconds by every open page, so the database adds up: who has an item counts with the item's id, so that
    two that change hands are seen.
    """
    task, promise, claim = TaskRow, PromiseRow, ClaimRow
    mine = task.clinic_id == clinic_id, task.status == "requested", task.created_at <= now
    number, owner = func.sum, func.coalesce(task.owner_id, 0)
    shown = (
        func.count(), func.max(task.id), number(task.communication_id), number(task.id * owner % 999_983), number(task.rank),
        func.max(task.due_at), func.count(task.escalated_from), number(func.length(task.stage)), func.count(task.snoozed_until),
        func.max(task.snoozed_until), number(case((task.snoozed_until <= now, 1), else_=0)),
        number(case((task.due_at < now, 1), else_=0)),
    )  # fmt: skip
    items = session.execute(select(*shown).where(*mine)).one()
    danger = select(task.id, AlertRow.actor, AlertRow.told).join(AlertRow, AlertRow.task_id == task.id).where(*mine, task.rank == 0)
    owed = select(func.count(), number(promise.id)).where(promise.clinic_id == clinic_id, promise.kept_at.is_(None))
    held = select(claim.phone_id, claim.actor_id, claim.until).where(claim.clinic_id == clinic_id, claim.until > now)
    listed = [sorted(map(tuple, session.execute(query))) for query in (danger, held)]
    return _mark(tuple(items), *listed, tuple(session.execute(owed).one()))


def day_mark(session: Session, clinic_id: int, now: datetime) -> str:
    """A mark of the day's page, which shows what texts did with visits, too."""
    newest = select(CommunicationRow.id).where(CommunicationRow.clinic_id == clinic_id).order_by(CommunicationRow.id.desc()).limit(1)
    return _mark(list_mark(session, clinic_id, now), session.scalar(newest))


def phone_mark(session: Session, clinic_id: int, phone_id: int, now: datetime) -> str:
    """A mark that changes when anything of a conversation changes, the delivery of its newest texts too."""
    phone = session.execute(select(PhoneRow.version).where(PhoneRow.id == phone_id, PhoneRow.clinic_id == clinic_id)).first()
    texts = session.execute(
        select(CommunicationRow.id, CommunicationRow.status)
        .where(CommunicationRow.phone_id == phone_id)
        .order_by(CommunicationRow.id.desc())
        .limit(30)
    ).all()
    done = session.scalar(select(func.max(ActionRow.id)).where(ActionRow.phone_id == phone_id))
    open_ = session.execute(select(TaskRow.id).where(TaskRow.phone_id == phone_id, TaskRow.status == "requested")).all()
    claim = session.execute(
        select(ClaimRow.actor_id, ClaimRow.until).where(ClaimRow.phone_id == phone_id, ClaimRow.until > now)
    ).first()
    viewers = [row.actor_id for row in session.scalars(_viewing(phone_id, now))]
    latest = select(MediaRow.id, MediaRow.status).where(MediaRow.phone_id == phone_id).order_by(MediaRow.id.desc()).limit(30)
    return _mark(phone, texts, done, open_, claim, viewers, session.execute(latest).all())


def _mark(*parts: object) -> str:
    return hashlib.blake2s(repr(parts).encode(), digest_size=8).hexdigest()
