"""Somebody new at the desk, checked as a clinic's file of patients is, with the consent that they gave (O-17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk.work import Refused, hold, record
from bot.ehr.csv_in import Problem, Row, columns, read_row
from bot.errors import Said
from bot.records.batch import Batch, Report
from bot.records.opened import Records
from bot.records.people import ENOUGH, People
from bot.store import queries, reach, words
from bot.store.models import ConsentRow, PatientRow, PhoneRow
from bot.understand.normalise import fold

HOW = {"form": "on a signed form", "portal": "in the portal", "phone": "by phone", "desk": "at the desk"}
LONGEST = 800  # letters of what was told
# What is wrong with a field, by the import's name of it; a number tells by itself.
WRONG = {
    "name": "Write the name, with at most 80 letters.",
    "birth_year": "Write the year of birth in four digits.",
    "language": "Choose the language.",
    "zone": "Write a time zone such as America/Chicago, or nothing.",
    "relation": "Choose whose phone it is.",
    "identifier": "Your own number has at most 64 letters.",
}


@dataclass(frozen=True)
class Agreed:
    """Consent to texts as a person took it down (O-17): how it was given, on which day, and what was told before."""

    how: str
    on: date
    told: str


@dataclass(frozen=True)
class Added:
    """phone_id: where the new person is reached; opted_out: nothing may be sent there. others: who is reached there too."""

    phone_id: int
    opted_out: bool
    others: tuple[str, ...]


def checked(bot: Bot, given: Mapping[str, str]) -> Row:
    """The fields, as a file of patients would have to name them. Raises Refused."""
    stated = {name: text for name, text in given.items() if text.strip() or name in ENOUGH}
    row = read_row(1, list(stated.values()), list(stated), columns(bot.clinic.zone)["patients"])
    if isinstance(row, Problem):
        raise Refused("The phone: %(what)s.", what=Said(row.what)) if row.column == "phone" else Refused(WRONG[row.column])
    return row


def known(bot: Bot, session: Session, number: str) -> PhoneRow | None:
    """The phone with that number, if there is one."""
    key = bot.store.cipher.index(number)
    return session.scalar(select(PhoneRow).where(PhoneRow.clinic_id == bot.clinic_id, PhoneRow.number_key == key))


def consent(bot: Bot, session: Session, phone_id: int, agreed: Agreed, by: Actor) -> None:
    """Writes down that texts were agreed to; it never lifts an opt-out (O-17). Raises Refused for what is no such record."""
    now = bot.clock()
    today = now.astimezone(bot.clinic.zone).date()
    if agreed.how not in HOW:
        raise Refused("Choose how the patient agreed to texts: nobody is texted without.")
    if agreed.on > today:
        raise Refused("The day on which the patient agreed cannot be to come.")
    if not agreed.told.strip():
        raise Refused("Write what the patient was told before agreeing.")
    at = now if agreed.on == today else datetime.combine(agreed.on, time(12), bot.clinic.zone)
    given = {"decision": "opt_in", "source": f"{agreed.how}, staff:{by.id}", "told": agreed.told.strip()[:LONGEST], "at": at}
    session.add(ConsentRow(clinic_id=bot.clinic_id, phone_id=phone_id, **given))


def add(bot: Bot, given: Mapping[str, str], *, agreed: Agreed, by: Actor) -> Added:
    """Somebody new, or a new person on a phone that is known. given: their fields, as a file of patients names its columns.

    Raises Refused, also for who is here already and while a colleague works on the phone's conversation.
    """
    row, now = checked(bot, given), bot.clock()
    numbers = row.says.get("phone")
    if "name" not in row.says or "language" not in row.says or not isinstance(numbers, list) or len(numbers) != 1:
        raise Refused("A name, a language and one phone number are needed.")
    with bot.store.begin() as session:
        records = Records(bot.store, bot.clinic, bot.clinic_id, bot.clock, f"staff:{by.id}")
        batch = Batch(records, session, now, Report("patients", []))
        phone = known(bot, session, str(numbers[0]))
        others = [patient for patient, _ in queries.people(session, phone.id).values()] if phone is not None else []
        if phone is not None:
            hold(session, phone.id, by=by, now=now)
        number = row.says.get("identifier")
        mine = PatientRow.clinic_id == bot.clinic_id, PatientRow.identifier_key == batch.key("patient", number or "")
        if number and session.scalar(select(PatientRow.id).where(*mine)) is not None:
            raise Refused("There is a patient of that number already: look for their name.")
        if any(fold(each.name) == fold(str(row.says["name"])) for each in others):
            raise Refused("Somebody of that name is reached on this phone already.")
        people = People(batch, [row], "identifier")
        people.take(row)
        session.flush()
        (link,) = reach.links(session, people.ids()[0])
        phone = session.get_one(PhoneRow, link.phone_id)
        consent(bot, session, phone.id, agreed, by)
        session.flush()
        words.rewrite(session.connection(), bot.store.cipher, [phone.id])
        record(session, by=by, now=now, phone_id=phone.id, kind="added")
        return Added(phone.id, phone.opted_out_at is not None, tuple(each.name for each in others))
