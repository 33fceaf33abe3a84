"""The waiting list in the database: who waits, which times were offered, what is to be looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from bot.dialogue.effects import DeclineOffer, JoinWaitlist, LeaveWaitlist
from bot.dialogue.types import Waiting
from bot.store.models import LOOK_NOW, AppointmentRow, PatientPhoneRow, PatientRow, SlotRow
from bot.store.prepared import LISTED, Prepared
from bot.store.turns import table
from bot.store.waiting_models import OfferRow, WaitingRow
from bot.understand.types import Wish

WAITS, OFFERS, SLOTS = table(WaitingRow), table(OfferRow), table(SlotRow)
Source = Connection | Session
_WISHES = msgspec.json.Decoder(tuple[Wish, ...])
_IN_TEXTS = select(OfferRow).where(OfferRow.communication_id.in_(LISTED))
_OFFERED = select(OfferRow.phone_id, OfferRow.at).where(OfferRow.phone_id.in_(LISTED), OfferRow.at > bindparam("since"))


@dataclass(frozen=True)
class Waits:
    """Somebody on the list of a clinic, with what a page shows of them."""

    waiting: Waiting
    name: str
    since: datetime
    source: str
    offered: int


def join(source: Source, clinic_id: int, effect: JoinWaitlist, now: datetime, *, since: datetime | None = None) -> bool:
    """Puts a patient on the list; who is on it already keeps the place, with the new wishes. since: their place, if not the last.

    Gives whether they were not on it before.
    """
    wishes = msgspec.json.encode(effect.wishes).decode()
    mine = _waits(effect.patient, effect.service)
    values: dict[str, Any] = {"appointment_id": effect.visit, "wishes": wishes} | ({"since": since} if since else {})
    new: bool = source.execute(update(WAITS).where(mine).values(**values)).rowcount == 0  # type: ignore[attr-defined]
    if new:
        who = {"clinic_id": clinic_id, "patient_id": effect.patient, "service": effect.service, "source": effect.source}
        source.execute(insert(WAITS).values(**who, **{"since": now, **values}, status="waiting"))
    _look_again(source, clinic_id, effect.service, now)
    return new


def again(source: Source, clinic_id: int, patient: int, service: str, *, since: datetime, now: datetime) -> None:
    """Whose wait a visit has ended `since`, which is taken back, keeps their place; unless they have been put on the list anew."""
    ended = WAITS.c.status.in_(("booked", "over")), WAITS.c.closed_at >= since
    last = select(func.max(WAITS.c.id)).where(WAITS.c.patient_id == patient, WAITS.c.service == service, *ended)
    anew = exists().where(_waits(patient, service)).correlate(None)
    goes_on = update(WAITS).where(WAITS.c.id == last.scalar_subquery(), ~anew).values(status="waiting", closed_at=None)
    if source.execute(goes_on).rowcount:  # type: ignore[attr-defined]
        _look_again(source, clinic_id, service, now)


def _look_again(source: Source, clinic_id: int, service: str, now: datetime) -> None:
    """The times of a service are looked at again: somebody may wait for one who did not."""
    free = (SLOTS.c.clinic_id == clinic_id, SLOTS.c.service == service, SLOTS.c.start > now, SLOTS.c.status != "busy")
    source.execute(update(SLOTS).where(*free).values(offer_at=LOOK_NOW))


def visits_changed(session: Session, visits: Iterable[int], now: datetime) -> None:
    """Of these visits some have changed: times that their patients were passed over for because of them may do now."""
    waits, visit = WaitingRow, AppointmentRow
    theirs = select(waits.clinic_id, waits.service).join(visit, visit.patient_id == waits.patient_id).distinct()
    for clinic_id, service in session.execute(
        theirs.where(waits.status == "waiting", visit.id.in_(list(visits)), visit.next_text_at == LOOK_NOW)
    ).all():
        _look_again(session, clinic_id, service, now)


def coming(session: Session, clinic_id: int, patient_id: int, service: str, now: datetime) -> int | None:
    """A patient's next visit of a service, which a time from the list would replace."""
    visit = AppointmentRow
    mine = (visit.clinic_id == clinic_id, visit.patient_id == patient_id, visit.service == service)
    query = select(visit.id).where(*mine, visit.status == "booked", visit.start > now)
    return session.scalar(query.order_by(visit.start).limit(1))


def keep_place(session: Session, visit: AppointmentRow, now: datetime) -> None:
    """The clinic has called a visit off: who waited for a sooner time waits on, for their next visit of that kind or for a first one.

    Not where the visit is confidential: nothing else would tell that its times are (N-07).
    """
    if visit.confidential:
        return
    mine = (WAITS.c.appointment_id == visit.id, WAITS.c.status == "waiting")
    other = coming(session, visit.clinic_id, visit.patient_id, visit.service, now)
    if session.execute(update(WAITS).where(*mine).values(appointment_id=other)).rowcount:  # type: ignore[attr-defined]
        _look_again(session, visit.clinic_id, visit.service, now)


def leave(source: Source, effect: LeaveWaitlist, now: datetime) -> None:
    """Takes a patient off the list; what was offered to them goes to the next ones."""
    mine = select(WAITS.c.id).where(_waits(effect.patient, effect.service))
    _close_offers(source, OFFERS.c.waiting_id.in_(mine), "taken" if effect.status == "booked" else "declined")
    source.execute(update(WAITS).where(_waits(effect.patient, effect.service)).values(status=effect.status, closed_at=now))


def end(session: Session, patient_id: int, now: datetime) -> list[str]:
    """Takes a patient off every list since they have died; what was offered to them goes to the next ones. Gives the services."""
    mine = WAITS.c.patient_id == patient_id, WAITS.c.status == "waiting"
    services = list(session.scalars(select(WAITS.c.service).where(*mine).order_by(WAITS.c.id)))
    _close_offers(session, OFFERS.c.waiting_id.in_(select(WAITS.c.id).where(*mine)), "declined")
    session.execute(update(WAITS).where(*mine).values(status="died", closed_at=now))
    return services


def take_up(session: Session, patient_id: int, now: datetime) -> list[str]:
    """The opposite of `end`, where that was a mistake: they have the places that they had. Gives the services."""
    rows = session.scalars(select(WaitingRow).where(WaitingRow.patient_id == patient_id).order_by(WaitingRow.id)).all()
    waits = {row.service for row in rows if row.status == "waiting"}
    back = {row.service: row for row in rows if row.status == "died" and row.service not in waits}
    for service, row in back.items():
        row.status, row.closed_at = "waiting", None
        _look_again(session, row.clinic_id, service, now)
    session.flush()
    return list(back)


def decline(source: Source, effect: DeclineOffer) -> None:
    """The time that was offered to a patient goes to the next ones."""
    mine = select(WAITS.c.id).where(WAITS.c.patient_id == effect.patient, WAITS.c.status == "waiting")
    _close_offers(source, and_(OFFERS.c.waiting_id.in_(mine), OFFERS.c.slot_id == effect.slot), "declined")


def _waits(patient: int, service: str):  # type: ignore[no-untyped-def]
    return and_(WAITS.c.patient_id == patient, WAITS.c.service == service, WAITS.c.status == "waiting")


def _close_offers(source: Source, which: Any, status: str) -> None:
    """Closes open offers; their slots are looked at again."""
    slots = select(OFFERS.c.slot_id).where(which, OFFERS.c.status == "open")
    source.execute(update(SLOTS).where(SLOTS.c.id.in_(slots)).values(offer_at=LOOK_NOW))
    source.execute(update(OFFERS).where(which, OFFERS.c.status == "open").values(status=status))


def of_phone(source: Source, phone_id: int, *, zone: tzinfo) -> tuple[Waiting, ...]:
    """Who of the people of a phone waits."""
    return tuple(_waiting(row, zone) for row in _OF_PHONE.rows(source, phone_id=phone_id))


def _line() -> Select[*tuple[Any, ...]]:
    """Everybody who waits, in the order of the list, with the visit that would be moved; not whose visit is called off."""
    wait, visit = WaitingRow, AppointmentRow
    return (
        select(wait.id, wait.patient_id, wait.service, wait.wishes, wait.appointment_id, visit.start, wait.since, wait.source)
        .outerjoin(visit, wait.appointment_id == visit.id)
        .where(wait.status == "waiting", or_(wait.appointment_id.is_(None), visit.status == "booked"))
        .order_by(wait.since, wait.id)
    )


_OF_PHONE = Prepared(
    _line().where(
        WaitingRow.patient_id.in_(select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == bindparam("phone_id")))
    )
)


def _waiting(row: Any, zone: tzinfo) -> Waiting:
    start = row[5].astimezone(zone) if row[5] else None
    return Waiting(id=row[0], patient=row[1], service=row[2], wishes=_WISHES.decode(row[3]), visit=row[4], before=start)


def due(session: Session, *, clinic_id: int, now: datetime, limit: int) -> list[int]:
    """Times that are to be looked at, the soonest first."""
    query = select(SlotRow.id).where(SlotRow.clinic_id == clinic_id, SlotRow.offer_at <= now)
    return list(session.scalars(query.order_by(SlotRow.offer_at, SlotRow.start).limit(limit)))


def put_aside(session: Session, *, clinic_id: int, now: datetime) -> None:
    """Of the times that are to be looked at, those that nobody waits for."""
    waited_for = select(WAITS.c.service).where(WAITS.c.clinic_id == clinic_id, WAITS.c.status == "waiting")
    old = (SLOTS.c.clinic_id == clinic_id, SLOTS.c.offer_at <= now, SLOTS.c.service.not_in(waited_for))
    session.execute(update(SLOTS).where(*old).values(offer_at=None))


def tidy(session: Session, *, clinic_id: int, service: str, now: datetime) -> None:
    """Ends the waiting of those whose visit is no longer booked, or who waited for a first one and have one now."""
    coming = select(AppointmentRow.id).where(AppointmentRow.status == "booked", AppointmentRow.start > now)
    have = select(AppointmentRow.patient_id).where(
        AppointmentRow.clinic_id == clinic_id, AppointmentRow.service == service, AppointmentRow.id.in_(coming)
    )
    mine = (WAITS.c.clinic_id == clinic_id, WAITS.c.service == service, WAITS.c.status == "waiting")
    gone = and_(WAITS.c.appointment_id.is_not(None), WAITS.c.appointment_id.not_in(coming))
    session.execute(update(WAITS).where(*mine, gone).values(status="over", closed_at=now))
    booked = and_(WAITS.c.appointment_id.is_(None), WAITS.c.patient_id.in_(have))
    session.execute(update(WAITS).where(*mine, booked).values(status="booked", closed_at=now))


def line(session: Session, slot: SlotRow, *, zone: tzinfo) -> Iterable[Waiting]:
    """Those who wait for such a time and were not yet offered this one, in the order of the list."""
    offered = select(OfferRow.waiting_id).where(OfferRow.slot_id == slot.id, OfferRow.start == slot.start)
    query = _line().where(WaitingRow.clinic_id == slot.clinic_id, WaitingRow.service == slot.service, WaitingRow.id.not_in(offered))
    return (_waiting(row, zone) for row in session.execute(query))


def open_until(session: Session, slot_id: int, now: datetime) -> datetime | None:
    """When the last answer that is waited for is late; those that are late already count as none."""
    session.execute(
        update(OFFERS).where(OFFERS.c.slot_id == slot_id, OFFERS.c.status == "open", OFFERS.c.until <= now).values(status="silent")
    )
    found = select(OfferRow.until).where(OfferRow.slot_id == slot_id, OfferRow.status == "open")
    return session.scalar(found.order_by(OfferRow.until.desc()).limit(1))


def offer_in(session: Session, communication_id: int) -> OfferRow | None:
    """The offer that a text makes."""
    return offers_in(session, [communication_id]).get(communication_id)


def offers_in(session: Session, texts: Iterable[int]) -> dict[int, OfferRow]:
    """text → the offer that it makes; of those that make one."""
    rows = session.scalars(_IN_TEXTS, {"listed": list(texts)})
    return {row.communication_id: row for row in rows if row.communication_id is not None}


def take_back(session: Session, offer: OfferRow) -> None:
    """A text with an offer does not go: it counts as not offered, and the time is looked at again."""
    session.execute(update(SLOTS).where(SLOTS.c.id == offer.slot_id).values(offer_at=LOOK_NOW))
    session.delete(offer)
    session.flush()


def texted(session: Session, phones: Iterable[int], since: datetime) -> list[tuple[int, datetime]]:
    """When which of these phones was offered times: they count as texts that nobody asked for just then (O-18)."""
    return [(phone, at) for phone, at in session.execute(_OFFERED, {"listed": list(phones), "since": since})]


def listed(session: Session, clinic_id: int, *, zone: tzinfo) -> list[Waits]:
    """Everybody of a clinic who waits, by service and in the order of the list."""
    rows = session.execute(_line().where(WaitingRow.clinic_id == clinic_id).order_by(None)).all()
    ids = [row[0] for row in rows]
    names = {row.id: row.name for row in session.scalars(select(PatientRow).where(PatientRow.id.in_([row[1] for row in rows])))}
    offered = Counter(session.scalars(select(OfferRow.waiting_id).where(OfferRow.waiting_id.in_(ids))))
    found = [Waits(_waiting(row, zone), names[row[1]], row[6], row[7], offered[row[0]]) for row in rows]
    return sorted(found, key=lambda each: (each.waiting.service, each.since, each.waiting.id))


def forget_slots(session: Session, slots: list[int]) -> None:
    """Times that are taken away are no longer known to have been offered."""
    session.execute(delete(OfferRow).where(OfferRow.slot_id.in_(slots)))


def is_free(slot: SlotRow, phone_id: int | None, now: datetime) -> bool:
    """Whether this phone may book the time, or with None anybody."""
    lapsed = slot.held_until is not None and slot.held_until <= now
    kept = slot.status == "busy-tentative" and (lapsed or (phone_id is not None and slot.held_for == phone_id))
    return slot.status == "free" or kept
