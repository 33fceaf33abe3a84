"""What every text needs of the database: few statements, built once, without the ORM, which costs more than all else in a turn.

Moments, and words that are encrypted, are converted by the columns' types as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, ScalarSelect, Table, bindparam, case, func, insert, literal_column, or_, select, update
from sqlalchemy.orm import Session

from bot.dialogue.types import Participant, Person, Visit, Wants
from bot.store import media
from bot.store.crypto import Cipher
from bot.store.models import LOOK_NOW, AppointmentRow, Base, CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow, TaskRow
from bot.store.prepared import Prepared
from bot.store.sending_models import SenderRow

PAST = timedelta(days=60)  # how long a visit that has passed is still spoken of
LATER = "?"
JUST, PARTS = timedelta(minutes=2), 2  # texts that follow each other so closely may be one sentence, in so many parts before the last
LAST = 20  # texts that are looked through for the same words


def table(row: type[Base]) -> Table:
    """The table of a kind of row."""
    return cast(Table, row.__table__)


TEXTS, PHONES, TASKS = table(CommunicationRow), table(PhoneRow), table(TaskRow)
PEOPLE, REACHES, VISITS, SENDER = table(PatientRow), table(PatientPhoneRow), table(AppointmentRow), table(SenderRow).c
TEXT, PHONE, TASK, PERSON, REACHED, VISIT = TEXTS.c, PHONES.c, TASKS.c, PEOPLE.c, REACHES.c, VISITS.c

_PHONE = select(PHONE.id).where(PHONE.clinic_id == bindparam("of_clinic"), PHONE.number_key == bindparam("key")).scalar_subquery()
_NEW_PHONE = insert(PHONES)
_NEW_TEXT = Prepared(
    insert(TEXTS).values(phone_id=_PHONE).returning(TEXT.id, TEXT.phone_id),
    *("clinic_id", "provider_sid", "direction", "status", "at", "body", "media"),
)
COMMA: Any = literal_column("','")  # given as a plain string it would be written into the statement anew each time
_OPEN = (  # the kinds of a conversation's open items; LATER behind those that coordinators do not see yet
    select(func.aggregate_strings(case((TASK.created_at <= bindparam("now"), TASK.kind), else_=TASK.kind + LATER), COMMA))
    .where(TASK.phone_id == PHONE.id, TASK.status != "completed")
    .scalar_subquery()
)
EARLIER = TEXTS.alias()


def _before(between: Any) -> ScalarSelect[datetime]:
    """When the text came that stands before a text, with so many between."""
    earlier = (EARLIER.c.phone_id == TEXT.phone_id, EARLIER.c.id < TEXT.id, EARLIER.c.direction == "inbound")
    return select(EARLIER.c.at).where(*earlier).order_by(EARLIER.c.id.desc()).limit(1).offset(between).scalar_subquery()


_PAUSED = select(SENDER.paused_at.is_not(None)).where(SENDER.clinic_id == TEXT.clinic_id).scalar_subquery()
_TEXT = Prepared(
    select(TEXT.id, TEXT.clinic_id, TEXT.media, TEXT.body, _PAUSED, _before(0), _before(bindparam("between")))
    .add_columns(PHONE.id, PHONE.state, PHONE.opted_out_at, PHONE.version, PHONE.wants, _OPEN)
    .select_from(TEXTS.outerjoin(PHONES, TEXT.phone_id == PHONE.id))
    .where(TEXT.id == bindparam("row_id"))
)
_BODY = Prepared(select(TEXT.body).where(TEXT.id == bindparam("row_id")))
_AROUND = Prepared(
    select(PERSON.id, PERSON.language, PERSON.details_ok, REACHED.relation, VISIT.id, VISIT.start, VISIT.minutes, VISIT.service)
    .add_columns(VISIT.status, VISIT.participant, VISIT.practitioner, VISIT.video_link, VISIT.slot_id, VISIT.changed_at, VISIT.version)
    .add_columns(PERSON.life_event)
    .select_from(
        REACHES.join(PEOPLE, REACHED.patient_id == PERSON.id).outerjoin(
            VISITS,
            (VISIT.patient_id == PERSON.id)
            & (VISIT.start > bindparam("since"))
            & or_(~VISIT.confidential, REACHED.relation == "self"),  # N-07
        )
    )
    .where(REACHED.phone_id == bindparam("phone_id"), PERSON.active)
    .order_by(VISIT.start, PERSON.id)
)
_NAMES = Prepared(
    select(PERSON.id, PERSON.name)
    .select_from(REACHES.join(PEOPLE, REACHED.patient_id == PERSON.id))
    .where(REACHED.phone_id == bindparam("phone_id"), PERSON.active)
)
_START = Prepared(select(VISIT.start).where(VISIT.id == bindparam("visit")))
_PARTICIPANT = Prepared(
    update(VISITS)
    .where(VISIT.id == bindparam("visit"), or_(VISIT.version == bindparam("seen"), bindparam("seen").is_(None)))
    .where(VISIT.participant != bindparam("said"))
    .values(participant=bindparam("said"), version=VISIT.version + 1, told_at=bindparam("now"), next_text_at=LOOK_NOW)
)
_SAID = Prepared(
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
_JUST_SAID = Prepared(
    select(TEXT.body)
    .where(TEXT.phone_id == bindparam("phone_id"), TEXT.id < bindparam("row_id"), TEXT.direction == "inbound")
    .where(TEXT.at > bindparam("since"), ~TEXT.rule.startswith("danger"))
    .order_by(TEXT.id.desc())
    .limit(PARTS)
)
_ANSWER = Prepared(select(TEXT.reply, TEXT.answered_via).where(TEXT.id == bindparam("row_id")))
_WRITE_PHONE = Prepared(
    update(PHONES).where(PHONE.id == bindparam("phone_id"), PHONE.version == bindparam("seen")),
    *("state", "opted_out_at", "wants", "version"),
)
_WRITE_TEXT = Prepared(
    update(TEXTS).where(TEXT.id == bindparam("row_id"), TEXT.status == "received"),
    *("status", "answered_via", "reply", "segments", "reading", "rule", "texts", "reader"),
)


@dataclass
class Line:
    """A phone as a turn has it before it: all but the number. What a turn changes, `write_phone` writes."""

    id: int
    clinic_id: int
    state: str
    opted_out_at: datetime | None
    version: int
    wants: str = Wants.ALL
    open_items: tuple[str, ...] = ()  # kinds, LATER behind those that coordinators do not see yet


@dataclass(frozen=True)
class Text:
    """A stored text as a turn has it before it.

    silenced: the kill switch is on, and nothing but safety texts may answer (S-18). before, nth_before: when the last text came, and
    the one that stands so many before it as was asked for; None: there are fewer.
    """

    id: int
    clinic_id: int
    media: int
    body: str
    silenced: bool = False
    before: datetime | None = None
    nth_before: datetime | None = None


def store_text(connection: Connection, cipher: Cipher, *, number: str | None, now: datetime, **values: Any) -> int:
    """Adds a received text and, if `number` is new, its phone; gives the text's id."""
    key = {"of_clinic": values["clinic_id"], "key": cipher.index(number) if number is not None else None}
    ((text_id, phone_id),) = _NEW_TEXT.rows(connection, **key, **values, direction="inbound", status="received", at=now)
    if number is not None and phone_id is None:
        new = {"clinic_id": values["clinic_id"], "number_key": key["key"], "number": number, "created_at": now, "state": "{}"}
        phone_id = _id(connection.execute(_NEW_PHONE, new))
        connection.execute(update(TEXTS).where(TEXT.id == text_id), {"phone_id": phone_id})
    if values["media"] and phone_id is not None:
        media.expect(connection, clinic_id=values["clinic_id"], phone_id=phone_id, text_id=text_id, number=values["media"], now=now)
    return int(text_id)


def _id(made: CursorResult[Any]) -> int:
    """The id that a row was given."""
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def text(connection: Connection, row_id: int, now: datetime, *, nth: int) -> tuple[Text, Line | None]:
    """A text and the conversation it belongs to. nth: see `Text.nth_before`."""
    (row,) = _TEXT.rows(connection, row_id=row_id, now=now, between=nth - 1)
    id_, clinic_id, media, body, paused, before, nth_before, phone_id, state, opted_out_at, version, wants, items = row
    found = Text(id_, clinic_id, media, body, bool(paused), before, nth_before)
    if not phone_id:
        return found, None
    return found, Line(phone_id, clinic_id, state, opted_out_at, version, wants, tuple((items or "").split(",")))


def answer_of(connection: Connection, row_id: int) -> tuple[str, str | None]:
    """(what a text was answered with, how)."""
    ((reply, via),) = _ANSWER.rows(connection, row_id=row_id)
    return reply or "", via


def around(
    connection: Connection | Session, phone_id: int, *, now: datetime, zone: tzinfo
) -> tuple[tuple[Person, ...], tuple[Visit, ...], tuple[Visit, ...]]:
    """(people reached on a phone, open, gone): the booked visits still to come by start; passed or called-off ones, newest first.

    Names, which must be decrypted, are read only where they may tell visits apart.
    """
    rows = _AROUND.rows(connection, phone_id=phone_id, since=now - PAST)
    names = _names(connection, phone_id) if len(rows) > 1 else {}
    who = {row[0]: (row[3], *names.get(row[0], "").casefold().split()[:1]) for row in rows}
    people = {row[0]: Person(row[0], row[1], details_ok=row[2], life_event=row[-1], who=who[row[0]] if names else ()) for row in rows}
    visits = [_visit(row, who[row[0]], zone) for row in rows if row[4] is not None]
    open_ = tuple(each for each in visits if each.status == "booked" and each.start + timedelta(minutes=each.minutes) > now)
    gone = tuple(each for each in reversed(visits) if each not in open_)
    return tuple(people[key] for key in sorted(people)), open_, gone


def _names(connection: Connection | Session, phone_id: int) -> dict[int, str]:
    return dict(_NAMES.rows(connection, phone_id=phone_id))


def _visit(row: Sequence[Any], who: tuple[str, ...], zone: tzinfo) -> Visit:
    patient, _, _, _, id_, start, minutes, service, status, participant, practitioner, link, slot, changed, version, _ = row
    return Visit(
        id=id_,
        patient_id=patient,
        start=start.astimezone(zone),
        minutes=minutes,
        service=service,
        status=status,
        participant=Participant(participant),
        who=who,
        practitioner=practitioner,
        video_link=link,
        slot_id=slot,
        changed_at=changed,
        version=version,
    )


def times_said(
    connection: Connection, line: Line, row_id: int, words: str, keys: str, *, since: datetime, least: int, whatever: int
) -> int:
    """How often `words` were answered with the text keys `keys` on that phone since then.

    0 when fewer than `least` texts were answered so, whatever they said: then nothing need be decrypted. Those that said something
    else count too where there are `whatever` of them: a machine may number its texts.
    """
    rows = _SAID.rows(connection, phone_id=line.id, row_id=row_id, since=since)
    same = [id_ for id_, texts in rows if texts == keys]
    if len(same) < least:
        return 0
    if len(same) >= whatever:
        return len(same)
    words = words.strip().casefold()
    return sum(_BODY.rows(connection, row_id=id_)[0][0].strip().casefold() == words for id_ in same)


def follows(row: Text, now: datetime) -> bool:
    """Whether another text came just before it."""
    return row.before is not None and row.before > now - JUST


def just_said(connection: Connection, line: Line, row: Text, now: datetime) -> list[str]:
    """What came from that phone just before the text, oldest first; without texts that danger was seen in already."""
    rows = _JUST_SAID.rows(connection, phone_id=line.id, row_id=row.id, since=now - JUST)
    return [body for (body,) in reversed(rows)]


def was_logged(connection: Connection, clinic_id: int, kind: str, detail: str) -> bool:
    """Whether a clinic has had such an item before, open or closed."""
    same = select(TASK.id).where(TASK.clinic_id == clinic_id, TASK.kind == kind, TASK.detail == detail)
    return connection.scalar(same.limit(1)) is not None


def write_phone(connection: Connection, line: Line) -> bool:
    """Writes what a turn changes of a phone; False when the conversation has moved on since `line` was read."""
    values = {"state": line.state, "opted_out_at": line.opted_out_at, "wants": line.wants, "version": line.version + 1}
    return _WRITE_PHONE.changed(connection, phone_id=line.id, seen=line.version, **values) == 1


def write_text(connection: Connection, row_id: int, **values: Any) -> bool:
    """Writes what a turn made of a text; False when it had been answered before."""
    return _WRITE_TEXT.changed(connection, row_id=row_id, **values) == 1


def set_participant(connection: Connection, visit: int, said: str, *, now: datetime, seen: int | None) -> bool:
    """What the patient says about a visit, a new version if it is new; False when the version `seen` (None: any) is no longer so."""
    if _PARTICIPANT.changed(connection, visit=visit, said=str(said), now=now, seen=seen) or seen is None:
        return True
    return bool(connection.scalar(select(VISIT.version == seen).where(VISIT.id == visit)))


def start_of(connection: Connection, visit: int) -> datetime | None:
    """When a visit begins."""
    rows = _START.rows(connection, visit=visit)
    return rows[0][0] if rows else None
