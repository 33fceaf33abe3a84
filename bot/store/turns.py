"""What every text needs of the database: few statements, built once, without the ORM, which costs more than all else in a turn.

Moments, and words that are encrypted, are converted by the columns' types as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from bot.dialogue.types import Participant, Person, Visit
from bot.store.crypto import Cipher
from bot.store.models import AppointmentRow, Base, CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow, TaskRow

PAST = timedelta(days=60)  # how long a visit that has passed is still spoken of
LAST = 20  # texts that are looked through for the same words


def table(row: type[Base]) -> Table:
    """The table of a kind of row."""
    return cast(Table, row.__table__)


TEXTS, PHONES, TASKS = table(CommunicationRow), table(PhoneRow), table(TaskRow)
PEOPLE, REACHES, VISITS = table(PatientRow), table(PatientPhoneRow), table(AppointmentRow)
TEXT, PHONE, TASK, PERSON, REACHED, VISIT = TEXTS.c, PHONES.c, TASKS.c, PEOPLE.c, REACHES.c, VISITS.c

_PHONE = select(PHONE.id).where(PHONE.clinic_id == bindparam("clinic_id"), PHONE.number_key == bindparam("key"))
_NEW_PHONE = insert(PHONES)
_NEW_TEXT = insert(TEXTS)
_TEXT = (
    select(TEXT.id, TEXT.clinic_id, TEXT.media, TEXT.status, TEXT.reply, TEXT.answered_via, PHONE.id, PHONE.state, PHONE.opted_out_at)
    .select_from(TEXTS.outerjoin(PHONES, TEXT.phone_id == PHONE.id))
    .where(TEXT.id == bindparam("row_id"))
)
_BODY = select(TEXT.body).where(TEXT.id == bindparam("row_id"))
_AROUND = (
    select(PERSON.id, PERSON.language, PERSON.details_ok, REACHED.relation, VISIT.id, VISIT.start, VISIT.minutes, VISIT.service)
    .add_columns(VISIT.status, VISIT.participant, VISIT.practitioner, VISIT.video_link, VISIT.slot_id, VISIT.changed_at)
    .select_from(
        REACHES.join(PEOPLE, REACHED.patient_id == PERSON.id).outerjoin(
            VISITS, (VISIT.patient_id == PERSON.id) & (VISIT.start > bindparam("since"))
        )
    )
    .where(REACHED.phone_id == bindparam("phone_id"), PERSON.active)
    .order_by(VISIT.start, PERSON.id)
)
_NAMES = (
    select(PERSON.id, PERSON.name)
    .select_from(REACHES.join(PEOPLE, REACHED.patient_id == PERSON.id))
    .where(REACHED.phone_id == bindparam("phone_id"), PERSON.active)
)
_ITEMS = select(TASK.kind).where(
    TASK.phone_id == bindparam("phone_id"), TASK.status != "completed", TASK.created_at <= bindparam("now")
)
_ITEM = select(TASK.id).where(
    TASK.phone_id == bindparam("phone_id"),
    TASK.kind == bindparam("kind"),
    TASK.detail == bindparam("detail"),
    TASK.appointment_id.is_not_distinct_from(bindparam("appointment_id")),
    TASK.status != "completed",
)
_START = select(VISIT.start).where(VISIT.id == bindparam("visit"))
_PARTICIPANT = (
    update(VISITS)
    .where(VISIT.id == bindparam("visit"), VISIT.participant != bindparam("said"))
    .values(participant=bindparam("said"), version=VISIT.version + 1)
)
_SAID = (
    select(TEXT.id, TEXT.texts)
    .where(
        TEXT.phone_id == bindparam("phone_id"),
        TEXT.id < bindparam("row_id"),
        TEXT.direction == "inbound",
        TEXT.reply.is_not(None),
        TEXT.at > bindparam("since"),
    )
    .order_by(TEXT.id.desc())
    .limit(LAST)
)
_WRITE_PHONE = update(PHONES).where(PHONE.id == bindparam("phone_id"))
_WRITE_TEXT = update(TEXTS).where(TEXT.id == bindparam("row_id"))


@dataclass
class Line:
    """A phone as a turn has it before it: all but the number. What a turn changes, `write_phone` writes."""

    id: int
    clinic_id: int
    state: str
    opted_out_at: datetime | None


@dataclass(frozen=True)
class Text:
    """A stored text as a turn has it before it: all but its words."""

    id: int
    clinic_id: int
    media: int
    status: str
    reply: str | None
    answered_via: str | None


def store_text(connection: Connection, cipher: Cipher, *, number: str | None, now: datetime, **values: Any) -> int:
    """Adds a received text and, if `number` is new, its phone; gives the text's id."""
    phone_id = None
    if number is not None:
        key = {"clinic_id": values["clinic_id"], "number_key": cipher.index(number)}
        phone_id = connection.scalar(_PHONE, {"clinic_id": key["clinic_id"], "key": key["number_key"]})
        if phone_id is None:
            made = connection.execute(_NEW_PHONE, {**key, "number": number, "created_at": now, "state": "{}"})
            phone_id = _id(made)
    text = {"phone_id": phone_id, "direction": "inbound", "status": "received", "at": now, **values}
    return _id(connection.execute(_NEW_TEXT, text))


def _id(made: CursorResult[Any]) -> int:
    """The id that a row was given."""
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def text(connection: Connection, row_id: int) -> tuple[Text, Line | None]:
    """A text and the conversation it belongs to."""
    row = connection.execute(_TEXT, {"row_id": row_id}).one()
    found = Text(*row[:6])
    return found, None if row[6] is None else Line(row[6], found.clinic_id, row[7], row[8])


def body(connection: Connection, row_id: int) -> str:
    """The words of a text."""
    return str(connection.scalar(_BODY, {"row_id": row_id}))


def around(
    connection: Connection | Session, phone_id: int, *, now: datetime, zone: tzinfo
) -> tuple[tuple[Person, ...], tuple[Visit, ...], tuple[Visit, ...]]:
    """(people reached on a phone, open, gone): the booked visits still to come by start; passed or called-off ones, newest first.

    Names, which must be decrypted, are read only where they may tell visits apart.
    """
    rows = connection.execute(_AROUND, {"phone_id": phone_id, "since": now - PAST}).all()
    names = _names(connection, phone_id) if len(rows) > 1 else {}
    people = {row[0]: Person(id=row[0], language=row[1], details_ok=row[2]) for row in rows}
    visits = [_visit(row, names.get(row[0], ""), zone) for row in rows if row[4] is not None]
    open_ = tuple(each for each in visits if each.status == "booked" and each.start + timedelta(minutes=each.minutes) > now)
    gone = tuple(each for each in reversed(visits) if each not in open_)
    return tuple(people[key] for key in sorted(people)), open_, gone


def _names(connection: Connection | Session, phone_id: int) -> dict[int, str]:
    return {id_: name for id_, name in connection.execute(_NAMES, {"phone_id": phone_id})}


def _visit(row: Sequence[Any], name: str, zone: tzinfo) -> Visit:
    patient, _, _, relation, id_, start, minutes, service, status, participant, practitioner, link, slot, changed = row
    return Visit(
        id=id_,
        patient_id=patient,
        start=start.astimezone(zone),
        minutes=minutes,
        service=service,
        status=status,
        participant=Participant(participant),
        who=(relation, *name.casefold().split()[:1]),
        practitioner=practitioner,
        video_link=link,
        slot_id=slot,
        changed_at=changed,
    )


def open_item_kinds(connection: Connection | Session, phone_id: int, now: datetime) -> tuple[str, ...]:
    """Kinds of the items that coordinators see open for a phone."""
    return tuple(row[0] for row in connection.execute(_ITEMS, {"phone_id": phone_id, "now": now}))


def times_said(connection: Connection, line: Line, row_id: int, words: str, keys: str, *, since: datetime, least: int) -> int:
    """How often `words` were answered with the text keys `keys` on that phone since then.

    0 when fewer than `least` texts were answered so, whatever they said: then nothing need be decrypted.
    """
    rows = connection.execute(_SAID, {"phone_id": line.id, "row_id": row_id, "since": since})
    same = [id_ for id_, texts in rows if texts == keys]
    if len(same) < least:
        return 0
    words = words.strip().casefold()
    return sum(body(connection, id_).strip().casefold() == words for id_ in same)


def write_phone(connection: Connection, line: Line) -> None:
    """Writes what a turn changes of a phone."""
    connection.execute(_WRITE_PHONE, {"phone_id": line.id, "state": line.state, "opted_out_at": line.opted_out_at})


def write_text(connection: Connection, row_id: int, **values: Any) -> None:
    """Writes what a turn made of a text."""
    connection.execute(_WRITE_TEXT, {"row_id": row_id, **values})


def open_item(connection: Connection, **item: Any) -> int | None:
    """The open item of that phone_id, kind, detail and appointment_id."""
    found: int | None = connection.scalar(_ITEM, item)
    return found


def set_participant(connection: Connection, visit: int, said: str) -> None:
    """What the patient says about a visit; only a change counts as a new version."""
    connection.execute(_PARTICIPANT, {"visit": visit, "said": str(said)})


def start_of(connection: Connection, visit: int) -> datetime | None:
    """When a visit begins."""
    found: datetime | None = connection.scalar(_START, {"visit": visit})
    return found
