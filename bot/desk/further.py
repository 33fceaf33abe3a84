"""More numbers of a period: who came, what came of what stood in the way, and how many segments texts took by language."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from babel.numbers import get_currency_precision
from sqlalchemy.orm import Session

from bot.clinic import Price
from bot.desk.figures import FIGURES as FIRST
from bot.desk.figures import KINDS, Cell, Figure, Period

CAME = {"fulfilled": "took place", "arrived": "took place", "noshow": "no-show", "cancelled": "called off", "booked": "not yet noted"}
# What came of an item → what that was for the patient; an item that a patient's own text has closed tells no outcome.
SOLVED = {
    "": "solved", "done": "solved", "answered": "solved", "called": "solved", "booked": "visit booked or moved",
    "called_off": "visit called off", "not_reached": "could not be reached", "not_needed": "nothing to do",
}  # fmt: skip
OPEN = "still open"


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
    """How many segments our texts took, by the language on record, and what they cost, where the clinic has told a segment's price."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for what, number in period.whole(session, "costs").items():
        code, _, kind = what.partition("|")
        found[code][kind] += number
    words, price, all_ = period.words, period.clinic.segment_price, sum(found.values(), Counter[str]())
    rows: list[tuple[Cell, ...]] = [
        (words.language_name(code) if code else words("unknown"), each["texts"], each["segments"])
        for code, each in sorted(found.items(), key=lambda each: (-each[1]["segments"], each[0]))
    ]
    columns, notes = [words("language"), words("texts"), words("segments")], []
    if price is None:
        notes.append(words("The provider charges for each segment: with its price in the settings of the clinic, this tells the cost."))
    else:
        columns.append(words("cost in %(currency)s", currency=price.currency))
        rows = [(*row, _cost(price, int(row[2]))) for row in rows]
        total, one = words.money(_cost(price, all_["segments"]), price.currency), words.money(price.amount, price.currency, exact=True)
        notes.append(words("%(total)s in all, at %(price)s a segment.", total=total, price=one))
    if all_["unknown"]:
        notes.append(words("Without the segments of %(number)s texts from before they were counted.", number=all_["unknown"]))
    title = words("Texts and their segments by language") if price is None else words("Texts and what they cost by language")
    unit, drawn = ("", 1) if price else (words("texts"), 0)
    return Figure("costs", title, tuple(columns), tuple(rows), unit, note=" ".join(notes), drawn=drawn)


def _cost(price: Price, segments: int) -> Decimal:
    return (price.amount * segments).quantize(Decimal(1).scaleb(-get_currency_precision(price.currency)))


def _row(head: str, cells: Iterable[int]) -> tuple[Cell, ...]:
    return (head, *cells)


FIGURES = (*FIRST[:1], attendance, *FIRST[1:5], helped, *FIRST[5:], costs)  # in the order in which they are shown
