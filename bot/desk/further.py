"""More numbers of a period: who came, what came of what stood in the way, and how many segments texts took by language."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.channels.segments import segments
from bot.desk.figures import FIGURES as FIRST
from bot.desk.figures import KINDS, Cell, Figure, Period
from bot.store.models import BREAK, CommunicationRow, PatientPhoneRow, PatientRow

CAME = {"fulfilled": "took place", "arrived": "took place", "noshow": "no-show", "cancelled": "called off", "booked": "not yet noted"}
# What came of an item → what that was for the patient; an item that a patient's own text has closed tells no outcome.
SOLVED = {
    "": "solved", "done": "solved", "answered": "solved", "called": "solved", "booked": "visit booked or moved",
    "called_off": "visit called off", "not_reached": "could not be reached", "not_needed": "nothing to do",
}  # fmt: skip
OPEN = "still open"
COUNTED = 1000  # texts that are read for their length, the newest ones


def attendance(session: Session, period: Period) -> Figure:
    """What became of the visits of the past, week by week."""
    words, states = period.words, tuple(dict.fromkeys(CAME.values()))
    weeks: dict[date, Counter[str]] = {}
    for week, counts in period.weeks(session, "attendance").items():
        found = weeks.setdefault(week, Counter())
        for status, number in counts.items():
            found[CAME.get(status, CAME["booked"])] += number
    table = tuple(_row(words.day_of_month(week), (weeks[week][state] for state in states)) for week in sorted(weeks))
    all_ = sum(weeks.values(), Counter[str]())
    due = all_[CAME["fulfilled"]] + all_[CAME["noshow"]]
    note = words("%(share)s %% did not come.", share=round(100 * all_[CAME["noshow"]] / due)) if due else ""
    columns = (words("week of"), *map(words, states))
    return Figure("attendance", words("Who came"), columns, table, words("visits"), stacked=True, weekly=True, note=note)


def helped(session: Session, period: Period) -> Figure:
    """What came of what stood in the way, by kind."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for what, number in period.whole(session, "helped").items():
        kind, status, outcome = what.split("|")
        found[kind][SOLVED.get(outcome, "solved") if status == "completed" else OPEN] += number
    words, columns = period.words, (*dict.fromkeys(SOLVED.values()), OPEN)
    kinds = sorted(found, key=lambda kind: -found[kind].total())
    table = tuple(_row(words(KINDS.get(kind, kind.replace("_", " "))), (found[kind][each] for each in columns)) for kind in kinds)
    title = words("What came of what stood in the way")
    return Figure("helped", title, (words("what"), *map(words, columns)), table, words("reports"), stacked=True)


def costs(session: Session, period: Period) -> Figure:
    """How many segments our texts took, by the language on record: the provider charges for each."""
    language = (
        select(func.min(PatientRow.language))
        .join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(PatientPhoneRow.phone_id == CommunicationRow.phone_id)
        .scalar_subquery()
    )
    rode = (CommunicationRow.direction == "inbound") & (CommunicationRow.answered_via == "twiml")
    went = (CommunicationRow.direction == "outbound") & CommunicationRow.status.not_in(("queued", "canceled"))
    rows = session.execute(
        select(language, CommunicationRow.direction, CommunicationRow.body, CommunicationRow.reply)
        .where(CommunicationRow.id > select(func.max(CommunicationRow.id)).scalar_subquery() - COUNTED)
        .where(CommunicationRow.clinic_id == period.clinic_id, or_(rode, went))
        .where(CommunicationRow.at >= period.since, CommunicationRow.at < period.now)
    )
    texts, parts = Counter[str](), Counter[str]()
    for code, direction, body, reply in rows:
        said = body if direction == "outbound" else (reply or "").split(BREAK)[0]  # its further messages have rows of their own
        texts[code or ""] += 1
        parts[code or ""] += segments(said)
    words = period.words
    named = {code: words.language_name(code) if code else words("unknown") for code in texts}
    table = tuple((named[code], texts[code], parts[code]) for code in sorted(texts, key=lambda code: -parts[code]))
    note = words("The provider charges for each segment.") + " " + words("Of the last %(number)s texts alone.", number=COUNTED)
    columns = (words("language"), words("texts"), words("segments"))
    return Figure("costs", words("Texts and their segments by language"), columns, table, words("texts"), note=note)


def _row(head: str, cells: Iterable[int]) -> tuple[Cell, ...]:
    return (head, *cells)


FIGURES = (*FIRST[:1], attendance, *FIRST[1:5], helped, *FIRST[5:], costs)  # in the order in which they are shown
