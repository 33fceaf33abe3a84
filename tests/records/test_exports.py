"""What can be taken out, and that it can be brought in again."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from bot.channels.console import received
from bot.ehr.csv_in import runs
from bot.records.batch import Came
from bot.records.exports import TABLES, NoSuchExport, export
from bot.records.imports import import_file
from bot.records.opened import Records
from bot.settings import ROOT, Settings
from bot.store.models import AppointmentRow, AuditRow, PatientRow, TaskRow
from bot.turn import take
from tests.conftest import KEY
from tests.staff import HERE
from tests.world import World


def table(records: Records, what: str) -> list[dict[str, str]]:
    """An exported table."""
    return list(csv.DictReader(io.StringIO(export(records, what, "csv").decode("utf-8-sig"), newline="")))


def test_messages_are_exported_with_numbers_that_no_spreadsheet_runs(world: World, records: Records) -> None:
    """E.164 begins with +, and a patient may write a formula (F-13)."""
    take(world.bot, received(sender=world.number("dorothy"), body='=HYPERLINK("x")'))
    (text,) = [row for row in table(records, "messages") if row["direction"] == "inbound"]
    assert text["phone"] == "'+17165550121"
    assert text["text"] == '\'=HYPERLINK("x")'
    assert text["people"] == "Dorothy Hale"


FORMULAS = [
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "=cmd|' /C calc'!A0",
    "＝1+1",
    "\n=1",
    '=HYPERLINK("//evil.example","x")',
]


@pytest.mark.parametrize("words", FORMULAS, ids=ascii)
def test_no_cell_of_any_export_is_run_by_a_spreadsheet(words: str, world: World, records: Records) -> None:
    """F-13: whatever names, kinds of visits, clinicians, texts, notes and outcomes hold."""
    take(world.bot, received(sender=world.number("dorothy"), body=f"{words} please have somebody call me"))
    with records.store.begin() as session:
        for patient in session.scalars(select(PatientRow)):
            patient.name, patient.identifier = words, f"{words}{patient.id}"
        for visit in session.scalars(select(AppointmentRow)):
            visit.service, visit.practitioner, visit.identifier = words, words, f"{words}{visit.id}"
        for item in session.scalars(select(TaskRow)):
            item.outcome, item.note, item.detail = words, words, words
    for what in TABLES:
        shown = table(records, what)
        cells = [cell for row in shown for cell in row.values()]
        assert any(words.strip() in cell for cell in cells)
        assert [cell for cell in cells if runs(cell)] == []


def test_items_are_exported_with_what_came_of_them(world: World, records: Records) -> None:
    """Kind, title, person, outcome."""
    take(world.bot, received(sender=world.number("dorothy"), body="please have somebody call me"))
    (item,) = table(records, "items")
    assert (item["kind"], item["people"], item["status"]) == ("human", "Dorothy Hale", "requested")


def test_exported_visits_can_be_imported_again(records: Records, tmp_path: Path) -> None:
    """The columns are those that imports read, times with their offset; nothing changes by it."""
    for name in ("patients", "visits"):
        import_file(records, ROOT / "clinics" / f"{name}.csv")
    rows = [row for row in table(records, "visits") if row["identifier"]]
    path = tmp_path / "again.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with records.store.session() as session:
        before = {visit.id: (visit.start, visit.status) for visit in session.scalars(select(AppointmentRow))}
    report = import_file(records, path)
    assert report.counts[Came.REJECTED] == 0
    assert report.notes == ["columns that are not read: participant"]
    with records.store.session() as session:
        assert {visit.id: (visit.start, visit.status) for visit in session.scalars(select(AppointmentRow))} == before


def test_a_calendar_has_every_visit_under_a_uid_that_stays(world: World, records: Records) -> None:
    """F-14: UID, SEQUENCE that grows, CANCELLED, times in UTC; and nobody's name."""
    content = export(records, "visits", "ical")
    assert b"Dorothy" not in content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    before = {str(event["uid"]): event for event in Calendar.from_ical(content).walk("VEVENT")}
    world.remind("dorothy")
    take(world.bot, received(sender=world.number("dorothy"), body="I need to cancel my visit"))
    after = {str(event["uid"]): event for event in Calendar.from_ical(export(records, "visits", "ical")).walk("VEVENT")}
    assert before.keys() == after.keys()
    (changed,) = [uid for uid, event in after.items() if event["status"] != before[uid]["status"]]
    assert after[changed]["status"] == "CANCELLED"
    assert after[changed]["sequence"] > before[changed]["sequence"]
    assert after[changed]["dtstart"].dt.tzname() == "UTC"


def test_only_visits_can_be_a_calendar(records: Records) -> None:
    """Told in words."""
    with pytest.raises(NoSuchExport, match="only visits"):
        export(records, "messages", "ical")


def test_an_export_leaves_an_entry_in_the_trail(records: Records) -> None:
    """H-07."""
    export(records, "visits", "csv")
    with records.store.session() as session:
        (entry,) = session.scalars(select(AuditRow))
    assert (entry.actor, entry.action, entry.about, entry.reason) == ("command:test", "export", "visits", "csv")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_what_is_taken_out_encrypted_is_opened_by_the_keys_alone(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """H-10: a table and everything on a patient; after a change of keys too, and with no other key."""
    for name, value in {"DATABASE_URL": settings.database_url, "ATTEND_KEY": KEY, "PUBLIC_URL": HERE}.items():
        monkeypatch.setenv(name, value)
    run = app.test_cli_runner().invoke
    for number, what in enumerate((["export", "visits"], ["patient", "export", "1"])):
        closed, plain = tmp_path / f"closed-{number}", tmp_path / f"plain-{number}"
        assert run(args=[*what, "--encrypted", "--to", str(closed)]).exit_code == 0
        assert b"Dorothy" not in closed.read_bytes()
        assert closed.stat().st_mode & 0o777 == 0o600
        monkeypatch.setenv("ATTEND_KEY", f"{Fernet.generate_key().decode()},{KEY}")
        assert run(args=["decrypt", str(closed), "--to", str(plain)]).exit_code == 0
        assert b"Dorothy" in plain.read_bytes()
        monkeypatch.setenv("ATTEND_KEY", Fernet.generate_key().decode())
        refused = run(args=["decrypt", str(closed)])
        assert (refused.exit_code, "none of the keys" in refused.output) == (2, True)
        monkeypatch.setenv("ATTEND_KEY", KEY)
