"""The worklist: open items by consequence and deadline, a page at a time, at a cost that does not grow with what is closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from bot.dialogue.items import KINDS
from bot.store.lines import BARRIER, Item, lines
from bot.store.models import AppointmentRow, CommunicationRow, PatientPhoneRow, PatientRow, TaskRow
from bot.store.readings import reading_of
from bot.store.work_models import AlertRow, ClaimRow, PromiseRow

UNKNOWN = "Unknown sender"
PAGE = 50
LAST_CLOSED = 2_000
Rows = Select[TaskRow, AppointmentRow, str, str | None, str | None, datetime, ClaimRow, AlertRow]
WHOSE = ("all", "mine", "unassigned", "late", "snoozed", "closed")


@dataclass(frozen=True)
class View:
    """Which items are asked for. whose: one of WHOSE; kind, language: "" is any; page: from 1 on; me: the id of who asks.

    kind: of KINDS; of what stands in the way one kind alone, too: "barrier.transport".
    """

    whose: str = "all"
    kind: str = ""
    language: str = ""
    page: int = 1
    me: int | None = None


@dataclass(frozen=True)
class Counts:
    """How many items each view has; kinds, hindrances and languages count what is open, whoever it belongs to."""

    all: int
    mine: int
    unassigned: int
    snoozed: int
    urgent: int
    late: int
    kinds: dict[str, int]
    hindrances: dict[str, int]
    languages: dict[str, int]


def page(session: Session, clinic_id: int, now: datetime, view: View) -> list[Item]:
    """One page of a view, and one item more if there is another page."""
    query = _items(clinic_id, now).where(*_of(clinic_id, view, now), *_about(view))
    order = (TaskRow.closed_at.desc(),) if view.whose == "closed" else (TaskRow.rank, TaskRow.due_at, TaskRow.id)
    found = _read(session, query.order_by(*order).limit(PAGE + 1).offset((view.page - 1) * PAGE))
    return found if view.whose == "closed" or _one(view) else _with_others(session, clinic_id, now, view, found)


def some(session: Session, clinic_id: int, now: datetime, which: ColumnElement[bool], *, limit: int) -> list[Item]:
    """The first open items of which that holds."""
    open_ = TaskRow.status == "requested", TaskRow.created_at <= now, _awake(TaskRow, now)
    query = _items(clinic_id, now).where(*open_, which)
    return lines(_read(session, query.order_by(TaskRow.rank, TaskRow.due_at, TaskRow.id).limit(limit)))


def after(session: Session, clinic_id: int, now: datetime, view: View, item_id: int) -> int | None:
    """The phone of the item that comes next in a view after that one, wherever nobody else is at work; None after the last."""
    here = session.get(TaskRow, item_id)
    if here is None or here.clinic_id != clinic_id:
        return None
    place = tuple_(TaskRow.rank, TaskRow.due_at, TaskRow.id)
    others = select(ClaimRow.phone_id).where(ClaimRow.until > now, ClaimRow.actor_id != view.me)
    free = or_(TaskRow.owner_id.is_(None), TaskRow.owner_id == view.me), TaskRow.phone_id.not_in(others)
    query = (
        select(TaskRow.phone_id)
        .where(TaskRow.clinic_id == clinic_id, *_of(clinic_id, view, now), *_about(view), *free, TaskRow.phone_id != here.phone_id)
        .where(place > (here.rank, here.due_at, here.id))
    )
    return session.scalar(query.order_by(TaskRow.rank, TaskRow.due_at, TaskRow.id).limit(1))


def of_phone(session: Session, clinic_id: int, now: datetime, phone_id: int) -> list[Item]:
    """The open items of one conversation, snoozed ones too."""
    mine = TaskRow.phone_id == phone_id, TaskRow.status == "requested", TaskRow.created_at <= now
    return _read(session, _items(clinic_id, now).where(*mine).order_by(TaskRow.rank, TaskRow.due_at, TaskRow.id))


def counts(session: Session, clinic_id: int, now: datetime, me: int | None) -> Counts:
    """How many items every view has; read from the open items alone, and added up by the database."""
    task, awake = TaskRow, _awake(TaskRow, now)
    open_ = task.clinic_id == clinic_id, task.status == "requested", task.created_at <= now, _leads(clinic_id, now)
    ours = (
        awake, awake & (task.owner_id == me), awake & task.owner_id.is_(None), awake & (task.rank == 0),
        awake & (task.rank > 0) & (task.due_at < now), ~awake,
    )  # fmt: skip
    sums = [func.sum(case((which, 1), else_=0)) for which in ours]
    kind = func.coalesce(task.kind, "")  # the column itself would lead SQLite through the index by kind, and all that is closed
    rows = session.execute(select(kind, *sums).where(*open_).group_by(kind)).all()
    all_, mine, unassigned, urgent, late, snoozed = (sum(row[n] for row in rows) for n in range(1, len(ours) + 1))
    found = {row[0]: row[1] for row in rows}
    spoken = (
        select(PatientRow.language, func.count(task.id.distinct()))
        .select_from(task)
        .join(PatientPhoneRow, PatientPhoneRow.phone_id == task.phone_id)
        .join(PatientRow, PatientRow.id == PatientPhoneRow.patient_id)
        .where(*open_, awake)
        .group_by(PatientRow.language)
        .order_by(PatientRow.language)
    )
    return Counts(
        all=all_,
        mine=mine,
        unassigned=unassigned,
        snoozed=snoozed,
        urgent=urgent,
        late=late,
        kinds={each: found[each] for each in KINDS if found.get(each)},
        hindrances=_hindrances(session, clinic_id, now) if found.get(BARRIER) else {},
        languages={language: number for language, number in session.execute(spoken)},
    )


def _one(view: View) -> bool:
    """Whether one kind of what stands in the way is asked for: then it is a line whatever else stands there."""
    return "." in view.kind


def _hindrances(session: Session, clinic_id: int, now: datetime) -> dict[str, int]:
    open_ = TaskRow.clinic_id == clinic_id, TaskRow.kind == BARRIER, TaskRow.status == "requested", TaskRow.created_at <= now
    query = select(TaskRow.detail, func.count()).where(*open_, _awake(TaskRow, now)).group_by(TaskRow.detail)
    return {detail: number for detail, number in session.execute(query.order_by(func.count().desc(), TaskRow.detail))}


def loads(session: Session, clinic_id: int, now: datetime) -> dict[int, int]:
    """Of how many lines each person has to do something now."""
    mine = TaskRow.clinic_id == clinic_id, TaskRow.status == "requested", TaskRow.created_at <= now, TaskRow.owner_id.is_not(None)
    query = select(TaskRow.owner_id, func.count()).where(*mine, _awake(TaskRow, now), _leads(clinic_id, now)).group_by(TaskRow.owner_id)
    return {owner: number for owner, number in session.execute(query) if owner is not None}


def _with_others(session: Session, clinic_id: int, now: datetime, view: View, items: list[Item]) -> list[Item]:
    """A page of items that lead with those that they lead."""
    phones = {item.phone_id for item in items if item.kind == BARRIER}
    if not phones:
        return items
    led = TaskRow.kind == BARRIER, TaskRow.phone_id.in_(phones), ~_leads(clinic_id, now)
    query = _items(clinic_id, now).where(*_open(view, now), *led)
    return lines([*items, *_read(session, query.order_by(TaskRow.due_at, TaskRow.id))])


def _leads(clinic_id: int, now: datetime) -> ColumnElement[bool]:
    """Whether an item is a line of its own: of what stands in the way of one visit the first one is, as far as one person has it.

    The first ones are found among the open ones at once. Asked item by item, the database would expect more work the more a patient
    has ever had, and plan for that.
    """
    task = TaskRow
    place = func.row_number().over(
        partition_by=(task.phone_id, task.appointment_id, task.owner_id, _awake(task, now)), order_by=(task.due_at, task.id)
    )
    open_ = task.clinic_id == clinic_id, task.kind == BARRIER, task.status == "requested", task.created_at <= now
    found = select(task.id, place.label("place")).where(*open_).subquery()
    return or_(task.kind != BARRIER, task.id.in_(select(found.c.id).where(found.c.place == 1)))


def _awake(task: type[TaskRow], now: datetime) -> ColumnElement[bool]:
    return or_(task.snoozed_until.is_(None), task.snoozed_until <= now)


def _of(clinic_id: int, view: View, now: datetime) -> list[ColumnElement[bool]]:
    if view.whose == "closed":
        done = [TaskRow.status == "completed", TaskRow.closed_at.is_not(None)]
        return [*done, TaskRow.id.in_(_last_closed(clinic_id))] if view.kind or view.language else done
    return _open(view, now) if _one(view) else [*_open(view, now), _leads(clinic_id, now)]


def _open(view: View, now: datetime) -> list[ColumnElement[bool]]:
    where = [TaskRow.status == "requested", TaskRow.created_at <= now]
    if view.whose == "snoozed":
        return [*where, ~_awake(TaskRow, now)]
    where.append(_awake(TaskRow, now))
    if view.whose == "mine":
        where.append(TaskRow.owner_id == view.me)
    if view.whose == "unassigned":
        where.append(TaskRow.owner_id.is_(None))
    if view.whose == "late":
        where += [TaskRow.rank > 0, TaskRow.due_at < now]  # what is urgent is late from the first moment, and stands on top anyway
    return where


def _about(view: View) -> Iterator[ColumnElement[bool]]:
    kind, _, detail = view.kind.partition(".")
    if kind:
        yield TaskRow.kind == kind
    if detail:
        yield TaskRow.detail == detail
    if view.language:
        reached = exists().where(PatientPhoneRow.phone_id == TaskRow.phone_id, PatientPhoneRow.patient_id == PatientRow.id)
        yield reached.where(PatientRow.language == view.language)


def _last_closed(clinic_id: int) -> Select[int]:
    """The items that a choice among closed ones is made from: what few have would else be looked for in all there ever were."""
    done = select(TaskRow.id).where(TaskRow.clinic_id == clinic_id, TaskRow.status == "completed", TaskRow.closed_at.is_not(None))
    return done.order_by(TaskRow.closed_at.desc()).limit(LAST_CLOSED)


def _items(clinic_id: int, now: datetime) -> Rows:
    text = CommunicationRow
    promised = (
        select(func.min(PromiseRow.due_at))
        .where(PromiseRow.phone_id == TaskRow.phone_id, PromiseRow.kept_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(TaskRow, AppointmentRow, text.body, text.reading, text.texts, promised, ClaimRow, AlertRow)
        .outerjoin(AppointmentRow, TaskRow.appointment_id == AppointmentRow.id)
        .outerjoin(text, TaskRow.communication_id == text.id)
        .outerjoin(ClaimRow, (ClaimRow.phone_id == TaskRow.phone_id) & (ClaimRow.until > now))
        .outerjoin(AlertRow, AlertRow.task_id == TaskRow.id)
        .where(TaskRow.clinic_id == clinic_id)
    )


def _read(session: Session, query: Rows) -> list[Item]:
    rows = session.execute(query).all()
    people = names(session, {row[0].phone_id for row in rows if row[0].phone_id})
    return [_item(*row, people.get(row[0].phone_id or 0, [])) for row in rows]


def _item(
    task: TaskRow,
    visit: AppointmentRow | None,
    words: str | None,
    reading: str | None,
    texts: str | None,
    promised: datetime | None,
    claim: ClaimRow | None,
    alert: AlertRow | None,
    people: list[PatientRow],
) -> Item:
    kind = KINDS[task.kind]
    shown = [patient for patient in people if visit is None or patient.id == visit.patient_id] or people
    return Item(
        id=task.id,
        phone_id=task.phone_id,
        kind=task.kind,
        title=kind.title,
        detail=task.detail.replace("_", " "),
        rank=task.rank,
        who=" / ".join(patient.name for patient in shown) or UNKNOWN,
        language=shown[0].language if shown else "",
        service=visit.service if visit else "",
        visit=visit.start if visit else None,
        due=task.due_at,
        fix_by=task.fix_by,
        promised=promised if kind.promised else None,
        since=task.created_at,
        words=words or "",
        reading=reading_of(reading),
        owner_id=task.owner_id,
        owner=task.owner,
        escalated_from=task.escalated_from,
        snoozed_until=task.snoozed_until,
        stage=task.stage,
        outcome=task.outcome,
        closed_at=task.closed_at,
        claimed_by=claim.actor_id if claim else None,
        claimed=claim.actor if claim else None,
        claimed_until=claim.until if claim else None,
        taken_on=alert.actor if alert else None,
        told=alert.told if alert else 0,
        texts=tuple(filter(None, (texts or "").split(","))),
        life_event=next((patient.life_event for patient in shown if patient.life_event), ""),
        visit_id=task.appointment_id,
    )


def names(session: Session, phones: set[int]) -> dict[int, list[PatientRow]]:
    """phone id → everybody who is reached on it."""
    found: dict[int, list[PatientRow]] = {}
    rows = session.execute(
        select(PatientPhoneRow.phone_id, PatientRow)
        .join(PatientRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(PatientPhoneRow.phone_id.in_(phones))
        .order_by(PatientRow.id)
    )
    for phone_id, patient in rows:
        found.setdefault(phone_id, []).append(patient)
    return found
