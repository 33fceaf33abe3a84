"""Commands on a clinic's records: import, export, audit, purge, one patient, keys."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click
from cryptography.fernet import Fernet, InvalidToken

from bot.errors import DataError
from bot.records.batch import Report
from bot.records.exports import FORMS, NoSuchExport, export
from bot.records.imports import import_file
from bot.records.opened import Records, open_records
from bot.records.person import NoSuchPatient, erase, everything
from bot.records.retention import purge
from bot.records.rotation import rotate
from bot.settings import read_settings
from bot.store import audit
from bot.store.crypto import Cipher

Clear = Callable[[], AbstractContextManager[None]]
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ENCRYPTED = click.option("--encrypted", is_flag=True, help="Under the newest key of ATTEND_KEY; `decrypt FILE` opens it (H-10).")


def register(cli: click.Group, clear_errors: Clear) -> None:
    """Adds the commands. clear_errors: turns data and settings errors into messages."""

    @cli.command("import")
    @click.argument("file", type=FILE)
    @click.option("--dry-run", is_flag=True, help="Tell what would come of it; change nothing.")
    def import_(file: Path, dry_run: bool) -> None:
        """A CSV file of patients, visits, free times or who waits for one. Can be run again: what is in already is passed over.

        Exits 1 when a row was left out.
        """
        with clear_errors():
            report = import_file(_records(), file, dry_run=dry_run, progress=_progress)
            raise SystemExit(_show(report, file, dry_run=dry_run))

    @cli.command("export")
    @click.argument("what", type=click.Choice(["visits", "messages", "items"]))
    @click.option("--as", "form", type=click.Choice(FORMS), default="csv", show_default=True)
    @click.option("--to", type=click.Path(path_type=Path), help="A new file, readable by you alone; else standard output.")
    @ENCRYPTED
    def export_(what: str, form: str, to: Path | None, encrypted: bool) -> None:
        """Visits, messages or items as a table; visits as a calendar too."""
        with clear_errors():
            records = _records()
            try:
                content = export(records, what, form)
            except NoSuchExport as error:
                raise click.UsageError(str(error)) from error
            _write(records.store.cipher.wrap(content) if encrypted else content, to)

    @cli.command("decrypt")
    @click.argument("file", type=FILE)
    @click.option("--to", type=click.Path(path_type=Path), help="A new file, readable by you alone; else standard output.")
    def decrypt(file: Path, to: Path | None) -> None:
        """An export that was written with --encrypted, under any of the keys that are set."""
        with clear_errors():
            try:
                content = Cipher(read_settings().keys).unwrap(file.read_bytes())
            except InvalidToken as error:
                raise DataError(f"{file}: none of the keys in ATTEND_KEY opens it, or it is no encrypted export") from error
            _write(content, to)

    @cli.command("purge")
    @click.option("--dry-run", is_flag=True, help="Tell how many; take nothing away.")
    def purge_(dry_run: bool) -> None:
        """Takes away words that the clinic's file does not keep any longer (`retention`). For a daily timer."""
        with clear_errors():
            records = _records()
            for kind, count in purge(records, dry_run=dry_run).items():
                print(f"{kind}: {count} older than {records.clinic.retention[kind]} days" + (" (dry run)" if dry_run else " purged"))
            if not records.clinic.retention:
                print("the clinic's file has no `retention`: everything is kept")

    _register_audit(cli, clear_errors)
    _register_patient(cli, clear_errors)
    _register_key(cli, clear_errors)


def _register_audit(cli: click.Group, clear_errors: Clear) -> None:
    @cli.group("audit")
    def audit_() -> None:
        """The audit trail: who did what about whom."""

    @audit_.command("verify")
    @click.option("--expect", default="", help="A seal noted earlier, which must still be there.")
    def verify(expect: str) -> None:
        """Goes through the whole trail; names the first entry that does not fit and exits 1."""
        with clear_errors(), _records().store.session() as session:
            verdict = audit.verify(session, expect=expect)
        if verdict.broken:
            print(f"BROKEN: {verdict.broken}. The {verdict.entries} entries before it are whole.")
        elif not verdict.found:
            print("BROKEN: the seal that was to be there is not: entries have been cut off the end.")
        else:
            print(f"{verdict.entries} entries, all whole. Note the last seal elsewhere, for --expect: {verdict.last}")
        raise SystemExit(1 if verdict.broken or not verdict.found else 0)


def _register_patient(cli: click.Group, clear_errors: Clear) -> None:
    @cli.group("patient")
    def patient() -> None:
        """Everything on one patient."""

    @patient.command("export")
    @click.argument("which")
    @click.option("--to", type=click.Path(path_type=Path), help="A new file, readable by you alone; else standard output.")
    @ENCRYPTED
    def export_patient(which: str, to: Path | None, encrypted: bool) -> None:
        """Everything on a patient (your identifier or our id) as JSON."""
        with clear_errors():
            records = _records()
            try:
                found = everything(records, which)
            except NoSuchPatient as error:
                raise click.UsageError(str(error)) from error
            content = json.dumps(found, ensure_ascii=False, indent=2).encode() + b"\n"
            _write(records.store.cipher.wrap(content) if encrypted else content, to)

    @patient.command("erase")
    @click.argument("which")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    def erase_patient(which: str, yes: bool) -> None:
        """Takes away a patient's name, numbers and words for good, where the law asks it. Take an export first."""
        if not yes:
            click.confirm(f"Erase patient {which}? This cannot be taken back.", abort=True)
        with clear_errors():
            try:
                done = erase(_records(), which)
            except NoSuchPatient as error:
                raise click.UsageError(str(error)) from error
        print(f"erased: name, {done.phones} phones, {done.texts} texts, {done.notes} notes")
        for each in done.left:
            print(f"to know: {each}")


def _register_key(cli: click.Group, clear_errors: Clear) -> None:
    @cli.group("key", invoke_without_command=True)
    @click.pass_context
    def key(context: click.Context) -> None:
        """A new key for ATTEND_KEY."""
        if context.invoked_subcommand is None:
            print(Fernet.generate_key().decode())

    @key.command("rotate")
    def rotate_() -> None:
        """Brings everything under the newest key of ATTEND_KEY, while the clinic works on. Can be run again."""
        with clear_errors():
            records, settings = _records(), read_settings()
            for each in rotate(records):
                print(f"{each.table}: {each.rows} rows, {each.renewed} values renewed")
            records.unhurried(lambda session: records.record(session.connection(), action="rotate key", about="database"))
        waiting = len(list(settings.spool_dir.glob("*.msg")))
        print(f"{waiting} messages wait in the spool under an old key: keep it until they are gone." if waiting else KEY_DONE)


KEY_DONE = "The old keys are needed for nothing but older backups: take them out of ATTEND_KEY and restart."


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
