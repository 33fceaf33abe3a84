"""What turns, the inbox and the demo read from the database; what every text needs is in `turns`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from itertools import chain
from operator import itemgetter
from typing import Any

import msgspec
import phonenumbers
from sqlalchemy import Connection, Integer, bindparam, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from bot.dialogue.types import Slot, State
from bot.store.crypto import Cipher
from bot.store.database import NO_KEY, Store
from bot.store.lean import lean
from bot.store.models import ClinicRow, CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow, SlotRow
from bot.store.moment import Moment
from bot.store.prepared import LISTED, Prepared
from bot.store.sending_models import OutboxRow, SenderRow
from bot.store.turns import Line

US = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})
HORIZON = timedelta(days=60)  # how far ahead slots are offered
_STATE = msgspec.json.Decoder(State)  # made here: where threads make one at the same moment, the process breaks (msgspec 0.22)


_PHONE = (
    select(PhoneRow)
    .where(PhoneRow.clinic_id == bindparam("clinic_id"), PhoneRow.number_key == bindparam("key"))
    .options(defer(PhoneRow.number))
)
_BY_SID = select(CommunicationRow).where(CommunicationRow.provider_sid == bindparam("sid"))
_BY_SID_LOCKED = _BY_SID.with_for_update()
_SENT_SINCE = (
    select(CommunicationRow.phone_id, func.count())
    .join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
    .where(CommunicationRow.phone_id.in_(LISTED), CommunicationRow.sender == "bot", CommunicationRow.at > bindparam("moment"))
    .where(OutboxRow.attempts > 0)
    .group_by(CommunicationRow.phone_id)
)


def clinic_id(store: Store, slug: str) -> int:
    """The clinic's id, made if it is new."""
    with store.session() as session:
        found: int | None = session.scalar(select(ClinicRow.id).where(ClinicRow.slug == slug))
    if found is not None:
        return found
    try:
        with store.begin() as session:
            session.add(clinic := ClinicRow(slug=slug))
            session.flush()
            session.add(SenderRow(clinic_id=clinic.id))
    except IntegrityError:  # another process that starts now was first
        pass
    return clinic_id(store, slug)


def phone(session: Session, cipher: Cipher, *, clinic_id: int, number: str, now: datetime) -> PhoneRow:
    """The phone with that number (E.164, or whatever the sender is called), made if it is new."""
    key = cipher.index(number)
    found = session.scalar(_PHONE, {"clinic_id": clinic_id, "key": key})
    if found is None:
        found = PhoneRow(clinic_id=clinic_id, number=number, number_key=key, created_at=now, state="{}")
        session.add(found)
        session.flush()
    return found


def locked_phone(session: Session, phone_id: int) -> PhoneRow:
    """The phone as it is now; nobody else changes it, or the items about it, before this transaction ends."""
    return session.get_one(PhoneRow, phone_id, with_for_update=NO_KEY, populate_existing=True)


def state_of(row: PhoneRow | Line) -> State:
    """What the bot remembers of a conversation. A value that this version does not know counts as nothing remembered."""
    try:
        return _STATE.decode(row.state)
    except msgspec.ValidationError:
        return State()


def keep_state(row: PhoneRow | Line, state: State) -> None:
    """Writes what the bot remembers."""
    row.state = msgspec.json.encode(lean(state)).decode()


def people(session: Session, phone_id: int) -> dict[int, tuple[PatientRow, str]]:
    """patient id → (patient, relation to the phone's owner) of everybody reached on a phone."""
    rows = session.execute(
        select(PatientRow, PatientPhoneRow.relation)
        .join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(PatientPhoneRow.phone_id == phone_id, PatientRow.active)
        .order_by(PatientRow.id)
    )
    return {patient.id: (patient, relation) for patient, relation in rows}


def is_free(phone_id: Any, now: Any):  # type: ignore[no-untyped-def]
    """The SQL condition that a slot may be booked by this phone, which may be None. Either may be a parameter."""
    kept = SlotRow.status == "busy-tentative"
    return or_(SlotRow.status == "free", kept & (SlotRow.held_for == phone_id), kept & (SlotRow.held_until <= now))


_FREE = (
    select(SlotRow.id, SlotRow.start, SlotRow.minutes, SlotRow.service)
    .where(SlotRow.clinic_id == bindparam("of_clinic"), SlotRow.start > bindparam("now"), SlotRow.start < bindparam("until"))
    .where(is_free(bindparam("phone", type_=Integer), bindparam("now", type_=Moment)))
    .order_by(SlotRow.start)
)
_FREE_FOR = Prepared(_FREE.where(SlotRow.service == bindparam("service")))
_FREE_OF_ANY = Prepared(_FREE)


def free_slots(
    source: Connection | Session, *, clinic_id: int, services: Iterable[str], phone_id: int, now: datetime, zone: tzinfo
) -> tuple[Slot, ...]:
    """Slots that are free, or kept for this phone, or whose keeping has ended, by start; no service given: any."""
    which = {"of_clinic": clinic_id, "phone": phone_id, "now": now, "until": now + HORIZON}
    wanted = [_FREE_FOR.rows(source, **which, service=service) for service in services] or [_FREE_OF_ANY.rows(source, **which)]
    rows = sorted(chain(*wanted), key=itemgetter(1))
    return tuple(Slot(id=id_, start=start.astimezone(zone), minutes=minutes, service=service) for id_, start, minutes, service in rows)


def take_slot(session: Session, slot_id: int, *, phone_id: int | None, now: datetime) -> SlotRow | None:
    """The slot, now busy; None when somebody else has it. Whoever comes second finds no row to change (F-07)."""
    taken = session.execute(
        update(SlotRow).where(SlotRow.id == slot_id, is_free(phone_id, now)).values(status="busy", held_for=None, held_until=None)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    return session.get_one(SlotRow, slot_id, populate_existing=True)


def by_sid(session: Session, sid: str, *, lock: bool = False) -> CommunicationRow | None:
    """The text with that provider's id. lock: nobody else changes it before this transaction ends."""
    return session.scalar(_BY_SID_LOCKED if lock else _BY_SID, {"sid": sid})


def known_sids(session: Session, sids: Iterable[str], *, besides: int | None = None) -> set[str]:
    """Those of the provider's ids that belong to a text of ours, as its own or its reply's; not counting the outbox's row `besides`."""
    wanted = list(sids)
    own = select(CommunicationRow.provider_sid).where(CommunicationRow.provider_sid.in_(wanted))
    if besides is not None:
        own = own.where(CommunicationRow.id != select(OutboxRow.communication_id).where(OutboxRow.id == besides).scalar_subquery())
    replies = select(CommunicationRow.reply_sid).where(CommunicationRow.reply_sid.in_(wanted))
    return {*session.scalars(own), *session.scalars(replies)} - {None}


def wrote_since(session: Session, phone_id: int, moment: datetime) -> bool:
    """Whether a text has come from a phone since then."""
    return bool(who_wrote_since(session, [phone_id], moment))


def who_wrote_since(session: Session, phones: Iterable[int], moment: datetime) -> set[int]:
    """Those of the phones from which a text has come since then."""
    text = CommunicationRow
    query = select(text.phone_id).where(text.phone_id.in_(list(phones)), text.direction == "inbound", text.at > moment).distinct()
    return {phone_id for phone_id in session.scalars(query) if phone_id is not None}


def sent_since(session: Session, phones: Iterable[int], moment: datetime) -> Counter[int]:
    """phone → how many texts of the bot's own were given to a worker for it since then."""
    given = session.execute(_SENT_SINCE, {"listed": list(phones), "moment": moment})
    return Counter({phone_id: count for phone_id, count in given if phone_id is not None})


def is_abroad(session: Session, phone_id: int | None) -> bool:
    """Whether a phone's number is known to be of another country."""
    return phone_id is not None and abroad(session.get_one(PhoneRow, phone_id).number)


def abroad(number: str) -> bool:
    """Whether a number is known to be of another country; +1 is Canada and the Caribbean too (D-16)."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
    return region is not None and region not in US


def thread(session: Session, phone_id: int, *, limit: int = 200) -> list[CommunicationRow]:
    """The newest texts of a conversation, oldest first."""
    rows = session.scalars(
        select(CommunicationRow).where(CommunicationRow.phone_id == phone_id).order_by(CommunicationRow.id.desc()).limit(limit)
    ).all()
    return list(reversed(rows))
