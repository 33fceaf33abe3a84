"""The numbers of a period, as tables: what the pictures draw, what screen readers read, and what is exported."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

from sqlalchemy.orm import Session

from bot.clinic import ClinicFile
from bot.desk.counts import Days, Span
from bot.desk.tallies import counted, missing
from bot.desk.words import ENGLISH, Words

Cell = str | int | float | Decimal


@dataclass(frozen=True)
class Figure:
    """One picture. columns: names, the first that of the rows; unit: of the numbers; stacked: the columns add up to a whole.

    weekly: a row a week. drawn: how many of its last columns are drawn, since the others count something else; 0: all. All words
    are in the language of the period's reader.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    unit: str = ""
    stacked: bool = False
    weekly: bool = False
    note: str = ""
    drawn: int = 0


@dataclass(frozen=True)
class Period:
    """A clinic and a span of time: since ≤ moment < until. now: until is later where visits to come count too. words: to tell it in."""

    clinic_id: int
    since: datetime
    now: datetime
    until: datetime
    clinic: ClinicFile
    words: Words = ENGLISH

    def days(self, session: Session, name: str) -> Days:
        """What is counted under that name, by day."""
        return counted(session, name, self._span)

    def missing(self, session: Session) -> dict[str, int]:
        """How many days of it are not counted yet, by name."""
        return missing(session, self._span)

    @property
    def _span(self) -> Span:
        return Span(self.clinic_id, self.since, self.until, self.now, self.clinic)

    def weeks(self, session: Session, name: str) -> dict[date, Counter[str]]:
        """The same by week, each under its Monday at the clinic."""
        found: dict[date, Counter[str]] = defaultdict(Counter)
        for day, counts in self.days(session, name).items():
            found[day - timedelta(days=day.weekday())] += counts
        return found

    def whole(self, session: Session, name: str) -> Counter[str]:
        """The same together."""
        return sum(self.days(session, name).values(), Counter[str]())


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


def confirmations(session: Session, period: Period) -> Figure:
    """What patients have said about the visits of the period, week by week."""
    weeks = period.weeks(session, "confirmations")
    words = period.words
    return Figure(
        "confirmations", words("What patients said about their visits"), (words("week of"), *map(words, STATES.values())),
        tuple(_row(words.day_of_month(week), (weeks[week][state] for state in STATES)) for week in sorted(weeks)), words("visits"),
        stacked=True, weekly=True,
    )  # fmt: skip


def rescheduling(session: Session, period: Period) -> Figure:
    """How texts that ask for another time went on."""
    totals = period.whole(session, "rescheduling")
    words = period.words
    rows = tuple((words(title), totals[rule]) for rule, title in MOVES.items())
    columns = (words("what happened"), words("texts"))
    return Figure("rescheduling", words("Asking for another time"), columns, rows, words("texts"))


def response_times(session: Session, period: Period) -> Figure:
    """How long patients waited for a person, in hours at the desk, week by week."""
    weeks = period.weeks(session, "response_times")
    waits = {week: [float(hours) for hours in counts.elements()] for week, counts in weeks.items()}
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
    weeks = period.weeks(session, "promises")
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
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for what, number in period.whole(session, "barriers").items():
        kind, _, language = what.partition("|")
        found[kind][language] += number
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
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for what, number in period.whole(session, "understanding").items():
        code, _, outcome = what.partition("|")
        found[code][outcome] += number
    order = sorted(found, key=lambda code: -found[code].total())
    outcomes = ("settled", "asked", "handed", "corrected")
    words = period.words
    named = {code: words.language_name(code) if code else words("unknown") for code in order}
    table = tuple(_row(named[code], (found[code][each] for each in outcomes)) for code in order)
    columns = (words("language"), words("settled by the bot"), words("asked back"), words("handed to a person"), words("corrected"))
    return Figure("understanding", words("How texts were understood"), columns, table, words("texts"), stacked=True)


def opt_outs(session: Session, period: Period) -> Figure:
    """Why phones stopped getting texts."""
    words = period.words
    found: Counter[str] = Counter()
    for source, number in period.whole(session, "opt_outs").most_common():
        found[words(CAUSES.get(source, source))] += number
    title, columns = words("Ending texts"), (words("how"), words("phones"))
    return Figure("opt-outs", title, columns, tuple(found.most_common()), words("phones"))


def _row(head: str, cells: Iterable[int | float]) -> tuple[Cell, ...]:
    return (head, *cells)


FIGURES: tuple[Callable[[Session, Period], Figure], ...] = (
    confirmations, promises, response_times, understanding, barriers, rescheduling, opt_outs,
)  # fmt: skip
