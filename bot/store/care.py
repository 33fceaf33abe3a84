"""What the planner reads and writes: visits that are to be looked at, what was sent about them, whom a number reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Integer, Select, bindparam, delete, select, update
from sqlalchemy.orm import Session

from bot.care.due import TALKING, Booked, Number
from bot.care.life import HAPPENED
from bot.care.schedule import DAY, GROUPS, MISSED
from bot.dialogue.types import Paper, Participant, Wants
from bot.store import asking, papers, programmes, queries, waiting
from bot.store.models import LOOK_NOW, AppointmentRow, ConsentRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.store.prepared import LISTED, Prepared
from bot.store.programmes import Look, Programmes
from bot.store.sending_models import CommunicationRequestRow, OutboxRow
from bot.store.turns import table

BEHIND = 8 * DAY  # visits that began earlier are over for the schedule
Needs = Callable[[str], tuple[Paper, ...]]
AT_ONCE = 5000  # rows that one statement names: SQLite takes 32,766
VISITS = table(AppointmentRow)
OPTED_OUT, TAKEN_OVER = "opted out", "a coordinator has taken over"
ASKED_NOT_TO_BE = "asked not to be texted"
SILENT = timedelta(days=365)  # after which a number may have been given to somebody else (N-02)
ABROAD = "a number outside the US"
NOT_SURE = "nobody has been heard from there for a year: ask whose number it is"
ASKED = CommunicationRequestRow
_LOOKS = Prepared(
    select(AppointmentRow.id, AppointmentRow.patient_id, AppointmentRow.version)
    .where(AppointmentRow.clinic_id == bindparam("clinic_id"), AppointmentRow.next_text_at <= bindparam("now"))
    .order_by(AppointmentRow.next_text_at.desc())
    .limit(bindparam("limit", type_=Integer))
)
_REACHED = (
    select(PatientPhoneRow, PhoneRow.opted_out_at)
    .join(PhoneRow, PatientPhoneRow.phone_id == PhoneRow.id)
    .join(PatientRow, PatientPhoneRow.patient_id == PatientRow.id)
    .where(PatientRow.active, PatientPhoneRow.patient_id.in_(LISTED))
)
_ON_PHONES = select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id.in_(LISTED))
_PEOPLE = select(PatientRow).where(PatientRow.id.in_(LISTED)).order_by(PatientRow.id)
_BOOKED = (
    select(AppointmentRow)
    .where(AppointmentRow.patient_id.in_(LISTED), AppointmentRow.start > bindparam("since"))
    .where(AppointmentRow.status.in_(("booked", "noshow")))
    .order_by(AppointmentRow.start, AppointmentRow.id)
)
_SENT = select(ASKED.appointment_id, ASKED.start, ASKED.step).where(ASKED.appointment_id.in_(LISTED))
_TEXTED = select(ASKED.phone_id, ASKED.communication_id, ASKED.at).where(ASKED.phone_id.in_(LISTED), ASKED.at > bindparam("since"))
_REQUESTS = select(ASKED).where(ASKED.communication_id.in_(LISTED))


def looks(session: Session, *, clinic_id: int, now: datetime, limit: int) -> list[Look]:
    """Visits to be looked at: those whose time has come before those that have changed."""
    return [Look(*row) for row in _LOOKS.rows(session, clinic_id=clinic_id, now=now, limit=limit)]


def put_aside(session: Session, looked: Iterable[Look], *, clinic_id: int, now: datetime) -> int:
    """If any of them began too long ago, it and others like it are never looked at again; gives how many these are."""
    old = AppointmentRow.start < now - BEHIND
    if not session.scalar(select(AppointmentRow.id).where(AppointmentRow.id.in_([look.id for look in looked]), old).limit(1)):
        return 0
    due = AppointmentRow.clinic_id == clinic_id, AppointmentRow.next_text_at <= now
    some = session.scalars(select(AppointmentRow.id).where(*due, old).order_by(AppointmentRow.next_text_at).limit(AT_ONCE)).all()
    session.execute(update(VISITS).where(VISITS.c.id.in_(some)).values(next_text_at=None))
    return len(some)


def look_at(session: Session, looked: Iterable[Look], when: dict[int, datetime | None]) -> None:
    """Writes when each visit is looked at next; a visit that has changed meanwhile keeps its mark."""
    for look in looked:
        session.execute(
            update(VISITS).where(VISITS.c.id == look.id, VISITS.c.version == look.version).values(next_text_at=when.get(look.id))
        )


def look_again(source: Connection | Session, phone_id: int, now: datetime) -> None:
    """What may be sent to a phone has changed: its visits are to be looked at."""
    look_again_for(source, select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == phone_id), now)


def look_again_for(source: Connection | Session, patients: Select[int] | Iterable[int], now: datetime) -> None:
    """How these patients are reached has changed, or whether they may be."""
    coming = (VISITS.c.patient_id.in_(patients)) & (VISITS.c.start > now - BEHIND)
    source.execute(update(VISITS).where(coming).values(next_text_at=LOOK_NOW))
    programmes.look_again_for(source, patients)


def look_at_all(source: Connection | Session, clinic_id: int, now: datetime) -> None:
    """The schedule has changed: every visit to come is to be looked at, and everybody in a programme."""
    coming = (VISITS.c.clinic_id == clinic_id) & (VISITS.c.start > now - BEHIND) & VISITS.c.status.in_(("booked", "noshow"))
    source.execute(update(VISITS).where(coming).values(next_text_at=LOOK_NOW))
    programmes.look_again_for(source, select(PatientRow.id).where(PatientRow.clinic_id == clinic_id))


def reached_on(session: Session, patients: Iterable[int]) -> dict[int, PatientPhoneRow]:
    """patient → the one phone that they are texted on: one that takes texts, their own, the oldest."""
    every = list(patients)
    some = (every[first : first + AT_ONCE] for first in range(0, len(every), AT_ONCE))
    rows = [row for ids in some for row in session.execute(_REACHED, {"listed": ids})]
    best = sorted(rows, key=lambda row: (row[1] is not None, row[0].relation != "self", row[0].phone_id), reverse=True)
    return {link.patient_id: link for link, _ in best}


def number(
    session: Session, phone: PhoneRow, *, now: datetime, zone: tzinfo, known: Programmes | None = None, needs: Needs | None = None
) -> tuple[Number, list[Look]]:
    """One phone: see `numbers`."""
    return numbers(session, [phone], now=now, zone=zone, known=known, needs=needs)[phone.id]


def numbers(
    session: Session,
    phones: Iterable[PhoneRow],
    *,
    now: datetime,
    zone: tzinfo,
    known: Programmes | None = None,
    needs: Needs | None = None,
) -> dict[int, tuple[Number, list[Look]]]:
    """phone → the number as the schedule sees it, and its visits in the versions that were read; as many statements as for one.

    zone: of whoever's is not known. known: the clinic's programmes; without them nobody is in one. needs: the papers of a kind of
    visit; without it none is missing.
    """
    every = {phone.id: phone for phone in phones}
    if not every:
        return {}
    on_them = session.scalars(_ON_PHONES, {"listed": list(every)})
    links = {who: link for who, link in reached_on(session, on_them).items() if link.phone_id in every}
    people = {row.id: row for row in session.scalars(_PEOPLE, {"listed": list(links)})}
    visits, looks = _visits(session, links, people, now, needs)
    stops = {who: stop_of(person) for who, person in people.items()}
    plans = programmes.of_patients(session, stops, known, links=links) if known else ()
    texted, silent = _texted(session, every, now), _silent(session, every.values(), now)
    asked = asking.last_written(session, every, now - TALKING)
    found = {}
    for id_, phone in every.items():
        zones = tuple(dict.fromkeys(zone_of(person.zone, zone) for who, person in people.items() if links[who].phone_id == id_))
        state, happened = queries.state_of(phone), _happened(person for who, person in people.items() if links[who].phone_id == id_)
        as_seen = Number(
            id=id_,
            zones=zones or (zone,),
            visits=tuple(visit for visit in visits if links[visit.patient].phone_id == id_),
            texted=texted[id_],
            stop=_stopped(phone, state.hold, state.paused) or happened or (NOT_SURE if id_ in silent else ""),
            busy_until=max((at + TALKING for at in (state.prompt and state.prompt.at, asked.get(id_)) if at), default=None),
            plans=tuple(plan for plan in plans if links[plan.patient].phone_id == id_),
            wants=Wants(phone.wants),
        )
        found[id_] = as_seen, [look for look in looks if links[look.patient_id].phone_id == id_]
    return found


def _visits(
    session: Session, links: dict[int, PatientPhoneRow], people: dict[int, PatientRow], now: datetime, needs: Needs | None
) -> tuple[list[Booked], list[Look]]:
    """The visits of these patients that the schedule may write about, by time."""
    rows = session.scalars(_BOOKED, {"listed": list(links), "since": now - BEHIND}).all()
    ids = [row.id for row in rows]
    sent, there = session.execute(_SENT, {"listed": ids}).all(), papers.there(session, ids) if needs else frozenset()
    visits = [
        Booked(
            id=row.id,
            start=row.start,
            service=row.service,
            group=MISSED if row.status == "noshow" else GROUPS[Participant(row.participant)],
            told_at=row.told_at,
            sent=frozenset(step for visit, start, step in sent if (visit, start) == (row.id, row.start)),
            stop=_stop(row, people[row.patient_id], links[row.patient_id]),
            patient=row.patient_id,
            lacks=any((row.id, paper.name) not in there for paper in needs(row.service)) if needs else False,
        )
        for row in rows
    ]
    return visits, [Look(row.id, row.patient_id, row.version) for row in rows]


def _texted(session: Session, phones: Iterable[int], now: datetime) -> dict[int, tuple[datetime, ...]]:
    """phone → when it was texted unasked: about visits, by programmes without consent of their own, with an offer."""
    since, which = now - BEHIND, list(phones)
    asked = session.execute(_TEXTED, {"listed": which, "since": since})
    texts = {(phone, text): at for phone, text, at in asked}  # one about several visits is one
    about = [(phone, at) for (phone, _), at in texts.items()]
    every = [*about, *programmes.texted(session, which, since), *waiting.texted(session, which, since)]
    return {id_: tuple(at for phone, at in every if phone == id_) for id_ in which}


def zone_of(name: str | None, usual: tzinfo) -> tzinfo:
    """The zone of that name; the usual one where it is not known."""
    try:
        return ZoneInfo(name) if name else usual
    except (ZoneInfoNotFoundError, ValueError):
        return usual


def stop_of(patient: PatientRow) -> str:
    """Why nothing is started by text about a patient, whatever it is and on any phone, or ""."""
    return HAPPENED.get(patient.life_event, "") or (ASKED_NOT_TO_BE if patient.do_not_text else "")


def _happened(people: Iterable[PatientRow]) -> str:
    """What keeps everybody who is reached on a phone from being texted, and so the phone; "" where somebody is left."""
    whys = [HAPPENED.get(person.life_event, "") for person in people]
    return whys[0] if whys and all(whys) else ""


def _stop(visit: AppointmentRow, patient: PatientRow, link: PatientPhoneRow) -> str:
    if why := stop_of(patient):
        return why
    return "confidential, and the phone is somebody else's" if visit.confidential and link.relation != "self" else ""


def _stopped(phone: PhoneRow, hold: str | None, paused: bool) -> str:
    if phone.opted_out_at is not None:
        return OPTED_OUT
    if queries.abroad(phone.number):
        return ABROAD
    return "held until a person has seen to it" if hold else TAKEN_OVER if paused else ""


def _silent(session: Session, phones: Iterable[PhoneRow], now: datetime) -> set[int]:
    """Where there has been no sign for long that the number is still the patient's: no text, no consent, no person who asked.

    No register of reassigned numbers is asked, so each counts as one of which it has no data: that is no permission (N-03).
    """
    since = now - SILENT
    old = [phone.id for phone in phones if phone.created_at <= since and (phone.verified_at or phone.created_at) <= since]
    if not old:
        return set()
    given = select(ConsentRow.phone_id).where(ConsentRow.phone_id.in_(old), ConsentRow.at > since, ConsentRow.decision == "opt_in")
    return set(old) - queries.who_wrote_since(session, old, since) - set(session.scalars(given))


def request(session: Session, *, phone: PhoneRow, communication_id: int, step: str, visit: int, start: datetime, now: datetime) -> None:
    """Notes what a text is about. The second of its kind fails with sqlalchemy.exc.IntegrityError."""
    session.add(
        CommunicationRequestRow(
            clinic_id=phone.clinic_id,
            phone_id=phone.id,
            appointment_id=visit,
            start=start,
            step=step,
            communication_id=communication_id,
            at=now,
        )
    )
    session.flush()


def requests(session: Session, communication_id: int) -> list[CommunicationRequestRow]:
    """What a text is about; nothing if the schedule has not caused it."""
    return requests_of(session, [communication_id]).get(communication_id, [])


def requests_of(session: Session, texts: Iterable[int]) -> dict[int, list[CommunicationRequestRow]]:
    """text → what it is about; of those that the schedule has caused."""
    found: dict[int, list[CommunicationRequestRow]] = {}
    for row in session.scalars(_REQUESTS, {"listed": list(texts)}):
        found.setdefault(row.communication_id, []).append(row)
    return found


def take_back(session: Session, asked: list[CommunicationRequestRow]) -> None:
    """A text does not go after all: the schedule is free to write again, and looks at the visits."""
    session.execute(delete(CommunicationRequestRow).where(CommunicationRequestRow.id.in_([row.id for row in asked])))
    visits = [row.appointment_id for row in asked]
    session.execute(update(VISITS).where(VISITS.c.id.in_(visits)).values(next_text_at=LOOK_NOW))


def queued(session: Session, visits: Iterable[int]) -> list[OutboxRow]:
    """Texts about these visits that wait to be sent."""
    asked = CommunicationRequestRow
    about = asked.communication_id == OutboxRow.communication_id
    query = select(OutboxRow).join(asked, about).where(asked.appointment_id.in_(list(visits)), OutboxRow.status == "waiting")
    return list(session.scalars(query).unique())


def waiting_about(session: Session, phone_id: int, *, step: str, visits: set[tuple[int, datetime]]) -> int | None:
    """The text that waits to be sent to a phone, in a step so called, about just these visits at these times."""
    asked = CommunicationRequestRow
    query = select(asked).join(OutboxRow, asked.communication_id == OutboxRow.communication_id)
    about: dict[int, set[tuple[int, datetime]]] = {}
    for row in session.scalars(query.where(asked.phone_id == phone_id, asked.step.startswith(step), OutboxRow.status == "waiting")):
        about.setdefault(row.communication_id, set()).add((row.appointment_id, row.start))
    return next((text for text, which in about.items() if which == visits), None)
