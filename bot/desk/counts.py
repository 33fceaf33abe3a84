"""What pictures count, day by day: visits, texts, promises, items, opt-outs; days that are over are kept counted (`tallies`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.orm import Session

from bot.clinic import ClinicFile
from bot.store.models import AppointmentRow, CommunicationRow, ConsentRow, PatientPhoneRow, PatientRow, TaskRow
from bot.store.work_models import CandidateRow, PromiseRow

MOVES = ("moved", "booked", "offer", "ask_when", "no_fit")  # rules that tell how asking for another time went on
ASKED = ("clarify", "unclear_", "which_", "doubtful_")
HANDED = ("handoff", "human", "received", "clinician", "no_answer", "failed", "find_time", "no_fit", "declined", "safety.")
# Of a text that the provider has had, or that was answered in its own request.
WENT = (
    "answered",
    "unknown",
    "scheduled",
    "accepted",
    "sending",
    "sent",
    "partially_delivered",
    "failed",
    "undelivered",
    "delivered",
    "read",
)
ROUND = 1  # digits after the point of hours that were waited
Days = dict[date, Counter[str]]
One = tuple[datetime, str, int]  # of which day, what, how often


@dataclass(frozen=True)
class Span:
    """A clinic and a span of time: since ≤ moment < until. now: what is open then is not late yet."""

    clinic_id: int
    since: datetime
    until: datetime
    now: datetime
    clinic: ClinicFile

    def day(self, moment: datetime) -> date:
        """A moment's day at the clinic."""
        return moment.astimezone(self.clinic.zone).date()

    def begin(self, day: date) -> datetime:
        """When a day begins at the clinic."""
        return datetime.combine(day, time(), self.clinic.zone)

    def days(self) -> list[date]:
        """Each day of which something belongs to it."""
        first, last = self.day(self.since), self.day(self.until - timedelta(microseconds=1))
        return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def count(session: Session, name: str, span: Span) -> Days:
    """What happened on each day of a span. name: of COUNTS. What is not told apart by day stands on the first one."""
    found: Days = {}
    for moment, what, number in COUNTS[name](session, span):
        found.setdefault(span.day(moment), Counter())[what] += number
    return found


def _confirmations(session: Session, span: Span) -> Iterator[One]:
    """Visits by what patients have said; "" for those that were called off."""
    said = case((AppointmentRow.status == "cancelled", ""), else_=AppointmentRow.participant)
    within = AppointmentRow.clinic_id == span.clinic_id, *_within(AppointmentRow.start, span)
    rows = session.execute(select(AppointmentRow.start, said, func.count()).where(*within).group_by(AppointmentRow.start, said))
    return ((start, what, number) for start, what, number in rows)


def _rescheduling(session: Session, span: Span) -> Iterator[One]:
    """Texts that ask for another time, by how they went on."""
    rows = session.execute(select(CommunicationRow.rule, func.count()).where(*_texts(span)).group_by(CommunicationRow.rule)).all()
    return ((span.since, move, number) for rule, number in rows for move in MOVES if f"+{move}" in f"+{rule}")  # offer_other is one


def _response_times(session: Session, span: Span) -> Iterator[One]:
    """How many hours at the desk patients waited for a person, rounded."""
    for made, _, kept in _made(session, span):
        if kept is not None:
            yield made, str(round(span.clinic.worked(made, kept).total_seconds() / 3600, ROUND)), 1


def _promises(session: Session, span: Span) -> Iterator[One]:
    """Whether "a person will answer" was kept in time."""
    for made, due, kept in _made(session, span):
        yield made, "late" if (kept or span.now) > due else "kept" if kept else "open", 1


def _made(session: Session, span: Span) -> list[Any]:
    made = PromiseRow.clinic_id == span.clinic_id, *_within(PromiseRow.made_at, span)
    return list(session.execute(select(PromiseRow.made_at, PromiseRow.due_at, PromiseRow.kept_at).where(*made)))


def _barriers(session: Session, span: Span) -> Iterator[One]:
    """What stands in the way, by kind and language: `transport|es`."""
    language = _language(TaskRow.phone_id)
    items = TaskRow.clinic_id == span.clinic_id, TaskRow.kind == "barrier", TaskRow.status.in_(("requested", "completed"))
    query = select(TaskRow.detail, language, func.count()).where(*items, *_within(TaskRow.created_at, span))
    rows = session.execute(query.group_by(TaskRow.detail, language))
    return ((span.since, f"{kind}|{code or ''}", number) for kind, code, number in rows)


def _helped(session: Session, span: Span) -> Iterator[One]:
    """What came of what stood in the way: `transport|completed|booked`."""
    items = TaskRow.clinic_id == span.clinic_id, TaskRow.kind == "barrier", TaskRow.status.in_(("requested", "completed"))
    told = TaskRow.detail, TaskRow.status, TaskRow.outcome
    rows = session.execute(select(*told, func.count()).where(*items, *_within(TaskRow.created_at, span)).group_by(*told))
    return ((span.since, f"{kind}|{status}|{outcome or ''}", number) for kind, status, outcome, number in rows)


def _attendance(session: Session, span: Span) -> Iterator[One]:
    """What became of visits that have begun."""
    within = AppointmentRow.clinic_id == span.clinic_id, *_within(AppointmentRow.start, span), AppointmentRow.start < span.now
    told = AppointmentRow.start, AppointmentRow.status
    rows = session.execute(select(*told, func.count()).where(*within).group_by(*told))
    return ((start, status, number) for start, status, number in rows)


def _understanding(session: Session, span: Span) -> Iterator[One]:
    """What came of patients' texts, by the language on record: `es|settled`."""
    language, what = _language(CommunicationRow.phone_id), came_of()
    rows = session.execute(select(language, what, func.count()).where(*_texts(span)).group_by(language, what))
    return ((span.since, f"{code or ''}|{outcome}", number) for code, outcome, number in rows)


def _opt_outs(session: Session, span: Span) -> Iterator[One]:
    """Why phones stopped getting texts."""
    which = ConsentRow.clinic_id == span.clinic_id, ConsentRow.decision == "opt_out", *_within(ConsentRow.at, span)
    rows = session.execute(select(ConsentRow.source, func.count()).where(*which).group_by(ConsentRow.source))
    return ((span.since, source.partition(":")[0], number) for source, number in rows)


def _costs(session: Session, span: Span) -> Iterator[One]:
    """Our texts and their segments by the language on record: `es|texts`, `es|segments`; `es|unknown`: texts nobody has counted."""
    language, took = _language(CommunicationRow.phone_id), CommunicationRow.segments
    sums = func.count(), func.coalesce(func.sum(took), 0), func.sum(case((took.is_(None), 1), else_=0))
    rows = session.execute(select(language, *sums).where(*ours(span)).group_by(language))
    named = ((code, zip(("texts", "segments", "unknown"), numbers, strict=True)) for code, *numbers in rows)
    return ((span.since, f"{code or ''}|{what}", number) for code, each in named for what, number in each if number)


def ours(span: Span) -> tuple[ColumnElement[bool], ...]:
    """Texts of the span that we sent, and patients' whose answer rode in TwiML, found through the index of statuses."""
    row = CommunicationRow
    rode = (row.answered_via == "twiml") & or_(row.segments.is_not(None), row.reply.is_not(None))
    which = or_(row.direction == "outbound", (row.direction == "inbound") & rode)
    return row.status.in_(WENT), *_within(row.at, span), row.clinic_id == span.clinic_id, which


def came_of() -> ColumnElement[str]:
    """What came of a patient's text: settled, asked, handed or corrected."""
    corrected = exists().where(CandidateRow.communication_id == CommunicationRow.id, CandidateRow.status != "rejected")
    asked = or_(*(CommunicationRow.rule.contains(part, autoescape=True) for part in ASKED))
    handed = or_(*(CommunicationRow.texts.contains(part, autoescape=True) for part in HANDED), CommunicationRow.texts == "")
    return case((corrected, "corrected"), (asked, "asked"), (handed, "handed"), else_="settled")


def _within(moment: Any, span: Span) -> tuple[ColumnElement[bool], ...]:
    return moment >= span.since, moment < span.until


def _texts(span: Span) -> tuple[ColumnElement[bool], ...]:
    """Patients' texts of the span that were dealt with, found through the index of statuses."""
    inbound = CommunicationRow.direction == "inbound", CommunicationRow.clinic_id == span.clinic_id
    return (CommunicationRow.status.in_(("answered", "failed")), *_within(CommunicationRow.at, span), *inbound)


def _language(phone: Any) -> Any:
    """The language on record of who is reached on a phone."""
    reached = select(func.min(PatientRow.language)).join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
    return reached.where(PatientPhoneRow.phone_id == phone).scalar_subquery()


COUNTS: dict[str, Callable[[Session, Span], Iterator[One]]] = {
    "confirmations": _confirmations,
    "promises": _promises,
    "response_times": _response_times,
    "understanding": _understanding,
    "barriers": _barriers,
    "helped": _helped,
    "attendance": _attendance,
    "rescheduling": _rescheduling,
    "opt_outs": _opt_outs,
    "costs": _costs,
}
