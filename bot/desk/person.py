"""Who a person is and how they are reached, put right at the desk; and somebody whom no file has brought yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date

import msgspec
from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.care.life import FOR_GOOD, HAPPENED
from bot.core import Bot
from bot.desk import life
from bot.desk.newcomer import Agreed, consent, known
from bot.desk.work import Refused, hold, record
from bot.store import audit, care, queries, reach, words
from bot.store import life as events
from bot.store.models import PatientPhoneRow, PatientRow, PhoneRow

STALE = "Somebody has changed this person meanwhile. Here is how it stands now; nothing of yours was written."


@dataclass(frozen=True)
class Details:
    """What a person's page shows and may change. phones: (number, relation to its owner). life_event: of `care.life`; "": nothing."""

    name: str
    birth_year: int | None
    language: str
    zone: str | None
    do_not_text: bool
    active: bool
    life_event: str
    life_event_until: date | None
    phones: tuple[tuple[str, str], ...]

    @property
    def silent(self) -> bool:
        """Whether nothing is started by text about this person."""
        return self.do_not_text or not self.active or bool(self.life_event)


_SHOWN = msgspec.json.Decoder(tuple[Details, ...])


def find(bot: Bot, session: Session, patient_id: int) -> PatientRow | None:
    """A patient of this clinic, whether they are one still or not; None for one who was erased."""
    row = session.get(PatientRow, patient_id)
    return row if row is not None and row.clinic_id == bot.clinic_id and row.name else None


def details(session: Session, patient: PatientRow) -> Details:
    """A person as they stand."""
    plain = {each.name: getattr(patient, each.name) for each in fields(Details) if each.name != "phones"}
    reached = reach.links(session, patient.id)
    return Details(**plain, phones=tuple((session.get_one(PhoneRow, link.phone_id).number, link.relation) for link in reached))


def seal(bot: Bot, *shown: Details) -> str:
    """A person as a page showed them, for its form to bring back: nobody else can read or make it."""
    return bot.store.cipher.encrypt(msgspec.json.encode(shown).decode()).decode()


def unseal(bot: Bot, token: str, number: int = 1) -> tuple[Details, ...]:
    """What was sealed. Raises Refused for anything else."""
    try:
        shown = _SHOWN.decode(bot.store.cipher.decrypt(token.encode("utf-8", "replace")))
    except (InvalidToken, msgspec.DecodeError):
        raise Refused(STALE) from None
    if len(shown) != number:
        raise Refused(STALE)
    return shown


def correct(bot: Bot, patient_id: int, wanted: Details, *, seen: Details, by: Actor, agreed: Agreed | None = None) -> tuple[str, ...]:
    """Makes a person what they are; gives which fields that changed. agreed: to texts on a phone that is new for them.

    seen: the person as the page showed them. Raises Refused, also while a colleague works on one of their conversations.
    """
    now = bot.clock()
    with bot.store.begin() as session:
        patient = find(bot, session, patient_id)
        if patient is None:
            raise Refused(STALE)
        phones = {link.phone_id for link in reach.links(session, patient_id)}
        more = [phone for number, _ in wanted.phones if (phone := known(bot, session, number)) is not None]
        for phone_id in sorted(phones | {phone.id for phone in more}):
            hold(session, phone_id, by=by, now=now, take=False)
        session.refresh(patient, with_for_update=True)
        before = details(session, patient)
        if before != seen:
            raise Refused(STALE)
        changed = tuple(each.name for each in fields(Details) if getattr(before, each.name) != getattr(wanted, each.name))
        if not changed:
            return ()
        _check(bot, before, wanted, changed)
        for name in changed:
            if name != "phones":
                setattr(patient, name, getattr(wanted, name))
        session.flush()
        phones |= set(_reached(bot, session, patient, before, wanted, agreed, by))
        _follow(bot, session, patient, before, wanted)
        session.flush()
        words.rewrite(session.connection(), bot.store.cipher, phones)
        _record(bot, session, patient, sorted(phones), before, wanted, changed, by)
    return changed


def _check(bot: Bot, before: Details, wanted: Details, changed: tuple[str, ...]) -> None:
    if wanted.life_event and wanted.life_event not in HAPPENED:
        raise Refused("Choose what has happened.")
    if wanted.life_event_until is None:
        return
    if not wanted.life_event or wanted.life_event in FOR_GOOD:
        raise Refused("A last day belongs to a loss or to a stay in hospital.")
    today = bot.clock().astimezone(bot.clinic.zone).date()
    if {"life_event", "life_event_until"} & set(changed) and wanted.life_event_until < today:
        raise Refused("The last day must be today or a later one.")


def _reached(
    bot: Bot, session: Session, patient: PatientRow, before: Details, wanted: Details, agreed: Agreed | None, by: Actor
) -> Iterator[int]:
    """Links the person with the phones that are wanted, and with no other; gives those that are new."""
    numbers, left = dict(wanted.phones), []
    for link in reach.links(session, patient.id):
        relation = numbers.pop(session.get_one(PhoneRow, link.phone_id).number, None)
        if relation is None:
            left.append(link)
        else:
            link.relation = relation
    for number, relation in numbers.items():
        phone = queries.phone(session, bot.store.cipher, clinic_id=bot.clinic_id, number=number, now=bot.clock())
        session.add(PatientPhoneRow(patient_id=patient.id, phone_id=phone.id, clinic_id=bot.clinic_id, relation=relation))
        if agreed is not None:
            consent(bot, session, phone.id, agreed, by)
        yield phone.id
    session.flush()
    for link in left:
        reach.unlink(session, link, bot.clock())


def _follow(bot: Bot, session: Session, patient: PatientRow, before: Details, wanted: Details) -> None:
    """What waits to be sent, what was asked and what is to be done follow from how the person stands now."""
    now = bot.clock()
    if wanted.life_event and wanted.life_event != before.life_event:
        life.stands(bot, session, patient)
    elif wanted.silent and not before.silent:
        reach.silence(session, patient.id, now)
    if before.life_event in FOR_GOOD and wanted.life_event not in FOR_GOOD:
        life.was_no_death(bot, session, patient.id)
    if before.life_event and not wanted.life_event:
        events.nothing_to_see_to(session, patient.id, now)
    session.flush()
    care.look_again_for(session, [patient.id], now)


def _record(
    bot: Bot,
    session: Session,
    patient: PatientRow,
    phones: list[int],
    before: Details,
    wanted: Details,
    changed: tuple[str, ...],
    by: Actor,
) -> None:
    """In each of the person's conversations what was changed, with the words as they were; and in the audit trail, without them."""
    now, about_life = bot.clock(), {"life_event", "life_event_until"}
    plain = [name for name in changed if name not in about_life]
    for phone_id in phones:
        if plain:
            said = [
                f"{getattr(before, name) or '–'} → {getattr(wanted, name) or '–'}" for name in plain if name in ("name", "birth_year")
            ]
            detail, said_before = " ".join((*plain, str(patient.id))), "\n".join(said) or None
            record(session, by=by, now=now, phone_id=phone_id, kind="person", detail=detail, words=said_before)
        if about_life & set(changed):
            until = wanted.life_event_until.isoformat() if wanted.life_event_until else ""
            record(session, by=by, now=now, phone_id=phone_id, kind=life.NOTED, detail=f"{wanted.life_event} {until}".strip())
    audit.record(
        session.connection(),
        clinic_id=bot.clinic_id,
        actor=f"staff:{by.id}",
        role=by.role,
        action="person",
        about=f"patient:{patient.id}",
        reason=" ".join(changed),
        now=now,
    )
