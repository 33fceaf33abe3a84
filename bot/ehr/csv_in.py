"""Reading a clinic's CSV files of patients, visits, times and who waits: each mistake is told, none stops the rest (F-12)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from bot.ehr import cells
from bot.errors import DataError

Value = str | int | bool | date | datetime | time | list[str] | list[int]
KEYS = {"waiting list": ("patient", "service")}  # what tells its rows apart; the others have an identifier
MOST_CHARACTERS = 2000  # of one cell; more means that a quote was opened and never closed
BLANK = " \u00a0\r\n"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # how a cell begins that a spreadsheet would run (F-13)


@dataclass(frozen=True)
class Column:
    """A column: how its cells are read, whether each row must fill it, and what it is in words."""

    read: Callable[[str], Value]
    what: str
    needed: bool = False


@dataclass(frozen=True)
class Row:
    """A row without mistakes: the line it begins on, and what it says; an empty cell says nothing."""

    line: int
    says: dict[str, Value]


@dataclass(frozen=True)
class Problem:
    """Why a row was left out, or (note) what else to know about it. It never repeats what stands in the row."""

    line: int
    column: str
    what: str
    note: bool = False


@dataclass
class Table:
    """An open file. kind: patients, visits, slots or waiting list. notes: what to know about the file as a whole."""

    kind: str
    rows: Iterator[Row | Problem]
    notes: list[str] = field(default_factory=list)


def columns(zone: ZoneInfo) -> dict[str, dict[str, Column]]:
    """kind → name → column; the tables of docs/clinic.md are checked against this."""
    text, when = partial(cells.words, most=80), partial(cells.moment, zone=zone)
    identifier = Column(partial(cells.words, most=64), "your own number for it, which never changes", needed=True)
    minutes = Column(partial(cells.number, least=1, most=1440), "how long it takes; 30 if empty")
    service = Column(partial(cells.words, most=40), "the kind of visit, as in the clinic's file", needed=True)
    person = {
        "name": Column(text, "the person's name", needed=True),
        "language": Column(cells.language, "code or English name", needed=True),
        "birth_year": Column(partial(cells.number, least=1880, most=2100), "four digits"),
        "phone": Column(cells.phones, "US numbers that reach the person, semicolons between them"),
        "relation": Column(partial(cells.words, most=20), "of the person to the phone's owner: self (if empty), child, mother …"),
        "details": Column(cells.yes_no, "yes or no: whether texts may name clinician and preparation (H-04)"),
        "consent": Column(partial(cells.one_of, choices=("form", "portal", "phone", "desk")), "how consent to texts was given (O-17)"),
        "zone": Column(cells.zone, "time zone where the person lives, America/Chicago; the clinic's if empty (O-19)"),
        "do_not_text": Column(cells.yes_no, "yes: asked for other ways; nothing is started by text (N-08)"),
        "active": Column(cells.yes_no, "no: has died, left or was merged, nothing more is sent (N-10)"),
    }
    visit = {
        "identifier": identifier,
        "patient": Column(partial(cells.words, most=64), "the identifier of the patient", needed=True),
        "service": service,
        "start": Column(when, "at the clinic, 2026-03-10 09:30 or 3/10/2026 9:30 AM; or with an offset", needed=True),
        "minutes": minutes,
        "practitioner": Column(text, "whom the visit is with"),
        "video_link": Column(partial(cells.words, most=200), "address of a video visit"),
        "confidential": Column(cells.yes_no, "yes: never spoken of on somebody else's phone, a parent's too (N-07)"),
        "status": Column(partial(cells.one_of, choices=cells.VISIT_STATES), "booked (if empty), cancelled, fulfilled, noshow …"),
    }
    slot = {
        "identifier": identifier,
        "service": service,
        "start": visit["start"],
        "minutes": minutes,
        "practitioner": visit["practitioner"],
        "status": Column(partial(cells.one_of, choices=("free", "busy")), "free (if empty) or busy"),
    }
    waits = {
        "patient": visit["patient"],
        "service": service,
        "waiting_since": Column(partial(cells.since, zone=zone), "the day, which tells the place on the list", needed=True),
        "first_day": Column(cells.day, "not before that day"),
        "last_day": Column(cells.day, "not after that day"),
        "weekdays": Column(cells.weekdays, "mon tue wed …; any if empty"),
        "earliest": Column(cells.clock, "not before that time of the day"),
        "latest": Column(cells.clock, "not after that time of the day"),
        "status": Column(partial(cells.one_of, choices=("waiting", "off")), "waiting (if empty) or off: waits no longer"),
    }
    more = _with_patients(person)
    patients = {"identifier": identifier, **person}
    return {"patients": patients, "visits": {**visit, **more}, "slots": slot, "waiting list": {**waits, **more}}


def _with_patients(person: dict[str, Column]) -> dict[str, Column]:
    """A visit's row may tell about its patient too; then it must name them."""
    return {name: Column(column.read, column.what) for name, column in person.items()}


def open_table(file: TextIO, path: Path, *, zone: ZoneInfo) -> Table:
    """Reads the head of a file opened with newline="". Raises DataError when it is none of the four kinds."""
    sample = file.readline()
    file.seek(0)
    delimiter = max(",;\t", key=sample.count)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        head = ["_".join(name.strip().casefold().split()) for name in next(reader, [])]
    except csv.Error as error:
        raise DataError(f"{path}:1: the head of the table cannot be read: {error}") from error
    kind, known = _kind(head, path, zone)
    if twice := sorted({name for name in head if name and head.count(name) > 1}):
        raise DataError(f"{path}:1: the column {', '.join(twice)} stands there twice")
    ignored = [name for name in head if name and name not in known]
    notes = [f"columns that are not read: {', '.join(ignored)}"] if ignored else []
    return Table(kind=kind, rows=_rows(reader, head, known, KEYS.get(kind, ("identifier",))), notes=notes)


def _kind(head: list[str], path: Path, zone: ZoneInfo) -> tuple[str, dict[str, Column]]:
    """Which table this is: what has a start is a visit's if it names a person, else a free time's."""
    kind = "patients" if "start" not in head else "visits" if {"patient", "name"} & set(head) else "slots"
    kind = "waiting list" if "waiting_since" in head else kind
    known = columns(zone)[kind]
    missing = [name for name, column in known.items() if column.needed and name not in head]
    if missing:
        raise DataError(
            f"{path}:1: this looks like {kind}; the first line lacks {', '.join(missing)}. "
            f"It may name: {', '.join(known)}. See docs/clinic.md, or clinics/visits.csv"
        )
    return kind, known


def _rows(reader: Iterator[list[str]], head: list[str], known: dict[str, Column], key: tuple[str, ...]) -> Iterator[Row | Problem]:
    seen: dict[tuple[str, ...], int] = {}
    while True:
        line = reader.line_num + 1  # type: ignore[attr-defined]
        try:
            cells_ = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(line, "", f"a quote is wrong here, perhaps one that is never closed ({error})")
            continue
        if not any(cell.strip() for cell in cells_):
            continue
        row = read_row(line, cells_, head, known)
        if isinstance(row, Row):
            which = tuple(str(row.says[name]) for name in key)
            if which in seen:
                row = Problem(line, key[0], f"the same as in line {seen[which]}: keep one of the two")
            seen.setdefault(which, line)
        yield row


def read_row(line: int, given: list[str], head: list[str], known: dict[str, Column]) -> Row | Problem:
    """What the cells under these heads say, or the first mistake in them. known: as `columns` gives them."""
    if len(given) != len(head):
        return Problem(line, "", f"has {len(given)} cells where the first line has {len(head)}: complete the row, or quote its commas")
    says: dict[str, Value] = {}
    for name, cell in zip(head, given, strict=True):
        column = known.get(name)
        text = plain(cell)
        if column is None:
            continue
        if len(text) > MOST_CHARACTERS:
            return Problem(line, name, f"has {len(text)} characters: perhaps a quote is never closed")
        if not text and column.needed:
            return Problem(line, name, f"is empty: {column.what}")
        try:
            if text:
                says[name] = column.read(text)
        except ValueError as error:
            return Problem(line, name, str(error))
    return Row(line, says)


def plain(cell: str) -> str:
    """A cell's text without what protects it from spreadsheets: ="…", or ' before = + - @ (F-13)."""
    text = cell.strip(BLANK)
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1]
    if text.startswith("'") and (runs(text[1:]) or runs(cell.lstrip(BLANK)[1:])):  # of a line end, nothing is left behind the sign
        text = text[1:]
    return text.strip()


def runs(text: str) -> bool:
    """Whether a spreadsheet would run this as a formula, blanks before it or not."""
    return text.startswith(DANGEROUS) or text.lstrip().startswith(DANGEROUS)


def encoding(path: Path) -> str:
    """utf-8-sig, utf-16 (a spreadsheet's "Unicode text") or cp1252. Raises DataError when the file cannot be read or is no text."""
    try:
        with path.open("rb") as file:
            if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                return "utf-16"
        with path.open(encoding="utf-8-sig") as text:
            while chunk := text.read(1 << 20):
                if "\0" in chunk:
                    raise DataError(f"{path}:1: this is no text file: save the table as CSV")
    except UnicodeDecodeError:
        return "cp1252"
    except OSError as error:
        raise DataError(f"{path}:1: cannot be read: {error.strerror}") from error
    return "utf-8-sig"
