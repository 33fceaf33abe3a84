"""Bringing a clinic's CSV file into the database, batch by batch: what is in already is passed over, so an import can be run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from bot.ehr.csv_in import Problem, Row, encoding, open_table
from bot.errors import DataError
from bot.records.batch import Batch, Came, Report
from bot.records.opened import Records
from bot.records.people import People
from bot.records.visits import Slots, Visits
from bot.records.waitlist import WaitingList

TAKERS: dict[str, type[Visits | Slots | WaitingList]] = {"visits": Visits, "slots": Slots, "waiting list": WaitingList}
BATCH = 200  # rows of one transaction: others write between two of them


def import_file(records: Records, path: Path, *, dry_run: bool = False, progress: Callable[[int], None] = lambda _: None) -> Report:
    """Imports a file of patients, visits, free times or who waits; a dry run takes everything back.

    progress: hears the rows done so far. Raises DataError when the file is no such table. A batch that cannot be written, tried
    again for a while, raises, and those before it stay.
    """
    coding = encoding(path)
    with path.open(encoding=coding, errors="replace", newline="") as file:
        table = open_table(file, path, zone=records.clinic.zone)
        if table.kind == "waiting list" and records.clinic.waitlist is None:
            raise DataError(f"{path}:1: this clinic has no waiting list: give its file a section `waitlist` first")
        report = Report(table.kind, table.notes)
        if coding == "cp1252":
            report.notes.append("not UTF-8, so read as Windows-1252: look whether names with accents are right")
        done = 0
        while rows := list(islice(table.rows, BATCH)):
            _batch(records, report, rows, dry_run=dry_run)
            done += len(rows)
            progress(done)
    return report


def _batch(records: Records, report: Report, rows: list[Row | Problem], *, dry_run: bool) -> None:
    good = [row for row in rows if isinstance(row, Row)]
    for row in rows:
        if isinstance(row, Problem):
            report.problems.append(row)
            report.counts[Came.REJECTED] += 1
    if not good:
        return
    part = records.unhurried(partial(_write, records, report.kind, good, dry_run=dry_run))
    report.counts.update(part.counts)
    report.problems += part.problems


def _write(records: Records, kind: str, rows: list[Row], session: Session, *, dry_run: bool) -> Report:
    """One try: what it finds counts only where nobody else came in between."""
    part = Report(kind, [])
    part.counts.update(_take(Batch(records=records, session=session, now=records.clock(), report=part), rows))
    session.flush()
    if dry_run:
        session.rollback()
    else:
        records.record(session.connection(), action="import", about=kind, reason=f"lines {rows[0].line} to {rows[-1].line}")
    return part


def _take(batch: Batch, rows: list[Row]) -> Iterator[Came]:
    if batch.report.kind == "patients":
        people = People(batch, rows, "identifier")
        return (people.take(row)[1] for row in rows)
    taker = TAKERS[batch.report.kind](batch, rows)
    return (taker.take(row) for row in rows)
