"""Commands on a clinic's records: import, export, audit, purge, one patient, keys."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click

from bot.records.batch import Report
from bot.records.exports import FORMS, NoSuchExport, export
from bot.records.imports import import_file
from bot.records.opened import Records, open_records
from bot.settings import read_settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def register(cli: click.Group, clear_errors: Callable[[], AbstractContextManager[None]]) -> None:
    """Adds the commands. clear_errors: turns data and settings errors into messages."""

    @cli.command("import")
    @click.argument("file", type=FILE)
    @click.option("--dry-run", is_flag=True, help="Tell what would come of it; change nothing.")
    def import_(file: Path, dry_run: bool) -> None:
        """A CSV file of patients, visits or free times. Can be run again: what is in already is passed over.

        Exits 1 when a row was left out.
        """
        with clear_errors():
            report = import_file(_records(), file, dry_run=dry_run, progress=_progress)
            raise SystemExit(_show(report, file, dry_run=dry_run))

    @cli.command("export")
    @click.argument("what", type=click.Choice(["visits", "messages", "items"]))
    @click.option("--as", "form", type=click.Choice(FORMS), default="csv", show_default=True)
    @click.option("--to", type=click.Path(path_type=Path), help="A new file, readable by you alone; else standard output.")
    def export_(what: str, form: str, to: Path | None) -> None:
        """Visits, messages or items as a table; visits as a calendar too. What comes out is no longer encrypted."""
        with clear_errors():
            try:
                _write(export(_records(), what, form), to)
            except NoSuchExport as error:
                raise click.UsageError(str(error)) from error


def _write(content: bytes, to: Path | None) -> None:
    if to is None:
        sys.stdout.buffer.write(content)
        return
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _records() -> Records:
    return open_records(read_settings(), actor=f"command:{getpass.getuser()}")


def _progress(done: int) -> None:
    if done % 10_000 == 0:
        print(f"{done} rows", file=sys.stderr)


def _show(report: Report, file: Path, *, dry_run: bool) -> int:
    for note in report.notes:
        print(f"{file}: {note}")
    for problem in sorted(report.problems, key=lambda each: each.line):
        where = f"{file}:{problem.line}: " + (f"{problem.column}: " if problem.column else "")
        print(f"{where}{problem.what}" + ("" if problem.note else " (row left out)"))
    counts = ", ".join(f"{count} {came}" for came, count in report.counts.items() if count) or "no rows"
    print(f"{file}: {report.kind}: {counts}" + (" (dry run: nothing was changed)" if dry_run else ""))
    return 1 if any(not problem.note for problem in report.problems) else 0
