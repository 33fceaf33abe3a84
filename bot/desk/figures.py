"""The numbers of a period, as tables: what the pictures draw, what screen readers read, and what is exported."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from bot.clinic import ClinicFile
from bot.desk.words import ENGLISH, Words
from bot.store.models import AppointmentRow, CommunicationRow, ConsentRow, PatientPhoneRow, PatientRow, TaskRow
from bot.store.work_models import CandidateRow, PromiseRow

Cell = str | int | float


@dataclass(frozen=True)
class Figure:
    """One picture. columns: names, the first that of the rows; unit: of the numbers; stacked: the columns add up to a whole.

    weekly: a row a week. All words are in the language of the period's reader.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    unit: str = ""
    stacked: bool = False
    weekly: bool = False
    note: str = ""


@dataclass(frozen=True)
class Period:
    """A clinic and a span of time: since ≤ moment < until. now: until is later where visits to come count too. words: to tell it in."""

    clinic_id: int
    since: datetime
    now: datetime
    until: datetime
    clinic: ClinicFile
    words: Words = ENGLISH

    def week(self, moment: datetime) -> date:
        """The Monday of a moment's week, at the clinic."""
        day = moment.astimezone(self.clinic.zone).date()
        return day - timedelta(days=day.weekday())


STATES = {"accepted": "coming", "tentative": "not sure", "declined": "not coming", "needs-action": "no answer", "": "called off"}
MOVES = {
    "moved": "moved by the bot",
    "booked": "booked by the bot",
    "offer": "times offered",
    "ask_when": "asked when",
    "no_fit": "to a person",
}
CAUSES = {"keyword": "word STOP or CANCEL", "words": "own words", "staff": "told the clinic", "carrier": "blocked by the carrier"}
KINDS = {
    "transport": "transport", "cost": "cost", "work": "work", "childcare": "caring for others", "language": "language",
    "understanding": "understanding", "fear": "fear", "illness": "illness", "mobility": "mobility", "housing_food": "housing, food",
    "phone_tech": "phone, video", "memory": "memory", "side_effects": "side effects", "other": "other",
}  # fmt: skip
MOST = 4  # languages that are told apart in one picture
ASKED = ("clarify", "unclear_", "which_", "doubtful_")
HANDED = ("handoff", "human", "received", "clinician", "no_answer", "failed", "find_time", "no_fit", "declined", "safety.")


def confirmations(session: Session, period: Period) -> Figure:
    """What patients have said about the visits of the period, week by week."""
    rows = session.execute(
        select(AppointmentRow.start, AppointmentRow.status, AppointmentRow.participant).where(
            AppointmentRow.clinic_id == period.clinic_id, AppointmentRow.start >= period.since, AppointmentRow.start < period.until
        )
    )
    weeks: dict[date, Counter[str]] = defaultdict(Counter)
    for start, status, said in rows:
        weeks[period.week(start)][said if status != "cancelled" else ""] += 1
    words = period.words
    return Figure(
        "confirmations", words("What patients said about their visits"), (words("week of"), *map(words, STATES.values())),
        tuple(_row(words.day_of_month(week), (weeks[week][state] for state in STATES)) for week in sorted(weeks)), words("visits"),
        stacked=True, weekly=True,
    )  # fmt: skip


def rescheduling(session: Session, period: Period) -> Figure:
    """How texts that ask for another time went on."""
    count = [func.coalesce(func.sum(case((_rule(rule), 1), else_=0)), 0) for rule in MOVES]
    totals = session.execute(select(*count).select_from(CommunicationRow).where(*_texts(period))).one()
    words = period.words
    rows = tuple((words(title), number) for title, number in zip(MOVES.values(), totals, strict=True))
    columns = (words("what happened"), words("texts"))
    return Figure("rescheduling", words("Asking for another time"), columns, rows, words("texts"))


def response_times(session: Session, period: Period) -> Figure:
    """How long patients waited for a person, in hours at the desk, week by week."""
    waits: dict[date, list[float]] = defaultdict(list)
    for made, _, kept in _promises(session, period):
        if kept is not None:
            waits[period.week(made)].append(period.clinic.worked(made, kept).total_seconds() / 3600)
    words = period.words
    rows = (_row(words.day_of_month(week), (round(median(waits[week]), 1), round(ninetieth(waits[week]), 1))) for week in sorted(waits))
    columns, note = (words("week of"), words("half of them"), words("nine of ten")), words("Hours in which somebody is at the desk.")
    title, unit = words("How long patients waited for a person"), words("hours")
    return Figure("response-times", title, columns, tuple(rows), unit, weekly=True, note=note)


def ninetieth(values: Iterable[float]) -> float:
    """The value that nine of ten do not exceed."""
    ordered = sorted(values)
    return ordered[-(-9 * len(ordered) // 10) - 1]


def promises(session: Session, period: Period) -> Figure:
    """Whether "a person will answer" was kept in time, week by week."""
    weeks: dict[date, Counter[str]] = defaultdict(Counter)
    for made, due, kept in _promises(session, period):
        late = (kept or period.now) > due
        weeks[period.week(made)]["late" if late else "kept" if kept else "open"] += 1
    words = period.words
    rows = (_row(words.day_of_month(week), (weeks[week][each] for each in ("kept", "late", "open"))) for week in sorted(weeks))
    done = sum((Counter(weeks[week]) for week in weeks), Counter[str]())
    over = done["kept"] + done["late"]
    rate = words("%(share)s %% kept.", share=round(100 * done["kept"] / over)) if over else ""
    columns = (words("week of"), words("kept in time"), words("late"), words("still open"))
    title, unit = words("Promises that a person will answer"), words("promises")
    return Figure("promises", title, columns, tuple(rows), unit, stacked=True, weekly=True, note=rate)


def barriers(session: Session, period: Period) -> Figure:
    """What stands in the way, by kind and language."""
    rows = session.execute(
        select(TaskRow.detail, _LANGUAGE, func.count())
        .where(TaskRow.clinic_id == period.clinic_id, TaskRow.kind == "barrier", TaskRow.status.in_(("requested", "completed")))
        .where(TaskRow.created_at >= period.since, TaskRow.created_at < period.until)
        .group_by(TaskRow.detail, _LANGUAGE)
    )
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, language, number in rows:
        found[kind][language or ""] += number
    spoken = sum(found.values(), Counter[str]())
    languages = sorted(spoken, key=lambda code: (-spoken[code], code))[:MOST]
    words = period.words
    rest = (words("others"),) if len(spoken) > MOST else ()
    kinds = sorted(found, key=lambda kind: -found[kind].total())
    columns = (words("what"), *(words.language_name(code) if code else words("unknown") for code in languages), *rest)
    table = tuple(
        _row(
            words(KINDS.get(kind, kind.replace("_", " "))),
            [*(found[kind][code] for code in languages), *(_others(found[kind], languages) for _ in rest)],
        )
        for kind in kinds
    )
    return Figure("barriers", words("What stands in the way"), columns, table, words("reports"), stacked=True)


def _others(counts: Counter[str], languages: list[str]) -> int:
    return counts.total() - sum(counts[code] for code in languages)


def understanding(session: Session, period: Period) -> Figure:
    """What came of patients' texts, by the language on record: settled by the bot, asked back, handed to a person, corrected."""
    what = came_of()
    language = (
        select(func.min(PatientRow.language))
        .join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(PatientPhoneRow.phone_id == CommunicationRow.phone_id)
        .scalar_subquery()
    )
    rows = session.execute(select(language, what, func.count()).where(*_texts(period)).group_by(language, what))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for code, outcome, number in rows:
        found[code or ""][outcome] += number
    order = sorted(found, key=lambda code: -found[code].total())
    outcomes = ("settled", "asked", "handed", "corrected")
    words = period.words
    named = {code: words.language_name(code) if code else words("unknown") for code in order}
    table = tuple(_row(named[code], (found[code][each] for each in outcomes)) for code in order)
    columns = (words("language"), words("settled by the bot"), words("asked back"), words("handed to a person"), words("corrected"))
    return Figure("understanding", words("How texts were understood"), columns, table, words("texts"), stacked=True)


def came_of() -> ColumnElement[str]:
    """What came of a patient's text: settled, asked, handed or corrected."""
    corrected = exists().where(CandidateRow.communication_id == CommunicationRow.id, CandidateRow.status != "rejected")
    asked = or_(*(CommunicationRow.rule.contains(part, autoescape=True) for part in ASKED))
    handed = or_(*(CommunicationRow.texts.contains(part, autoescape=True) for part in HANDED), CommunicationRow.texts == "")
    return case((corrected, "corrected"), (asked, "asked"), (handed, "handed"), else_="settled")


def opt_outs(session: Session, period: Period) -> Figure:
    """Why phones stopped getting texts."""
    rows = session.execute(
        select(ConsentRow.source, func.count())
        .where(ConsentRow.clinic_id == period.clinic_id, ConsentRow.decision == "opt_out")
        .where(ConsentRow.at >= period.since, ConsentRow.at < period.until)
        .group_by(ConsentRow.source)
        .order_by(func.count().desc())
    )
    words = period.words
    found: Counter[str] = Counter()
    for source, number in rows:
        found[words(CAUSES.get(source.partition(":")[0], source))] += number
    title, columns = words("Ending texts"), (words("how"), words("phones"))
    return Figure("opt-outs", title, columns, tuple(found.most_common()), words("phones"))


def _row(head: str, cells: Iterable[int | float]) -> tuple[Cell, ...]:
    return (head, *cells)


def _texts(period: Period):  # type: ignore[no-untyped-def]
    """Patients' texts of the period that were dealt with, found through the index of statuses."""
    inbound = CommunicationRow.direction == "inbound", CommunicationRow.clinic_id == period.clinic_id
    at = CommunicationRow.at >= period.since, CommunicationRow.at < period.until
    return (CommunicationRow.status.in_(("answered", "failed")), *at, *inbound)


def _rule(name: str):  # type: ignore[no-untyped-def]
    """That the rule is one of those that decided; offer counts offer_other too."""
    return literal("+").concat(CommunicationRow.rule).contains(f"+{name}", autoescape=True)


def _promises(session: Session, period: Period) -> list[tuple[datetime, datetime, datetime | None]]:
    made = PromiseRow.clinic_id == period.clinic_id, PromiseRow.made_at >= period.since, PromiseRow.made_at < period.until
    return [
        (row[0], row[1], row[2])
        for row in session.execute(select(PromiseRow.made_at, PromiseRow.due_at, PromiseRow.kept_at).where(*made))
    ]


_LANGUAGE = (
    select(func.min(PatientRow.language))
    .join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
    .where(PatientPhoneRow.phone_id == TaskRow.phone_id)
    .scalar_subquery()
)
FIGURES: tuple[Callable[[Session, Period], Figure], ...] = (
    confirmations, promises, response_times, understanding, barriers, rescheduling, opt_outs,
)  # fmt: skip
