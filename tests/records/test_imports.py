"""A clinic's files in the database: again and again, without undoing what patients did meanwhile (F-12)."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.dialogue.effects import LogItem
from bot.ehr.csv_in import Row
from bot.records import imports, opened
from bot.records.batch import Batch, Came, Report
from bot.records.opened import Records
from bot.remind import About, ask_medicine, tell
from bot.settings import ROOT
from bot.store import care, tasks
from bot.store.models import (
    LOOK_NOW,
    AppointmentRow,
    AuditRow,
    CommunicationRow,
    ConsentRow,
    PatientPhoneRow,
    PatientRow,
    PhoneRow,
    SlotRow,
    TaskRow,
)
from bot.store.sending_models import CommunicationRequestRow, OutboxRow
from bot.turn import take
from tests.world import World, make_world

PHONE = "+17165550141"
PATIENTS = "identifier,name,language,phone,relation,details,consent,active"
GRETA = f"P1,Greta Lang,en,{PHONE},self,yes,form,yes"
VISITS = "identifier,patient,service,start,minutes,practitioner,status"
SLOTS = "identifier,service,start,minutes,practitioner,status"
VISIT = "V1,P1,primary,2026-03-10 09:30,30,Dr. Okafor,booked"
Import = Callable[..., Report]


@pytest.fixture
def import_(records: Records, tmp_path: Path) -> Import:
    """Imports a table of these lines."""

    def run(*lines: str, **how: Any) -> Report:
        path = tmp_path / "table.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return imports.import_file(records, path, **how)

    return run


@pytest.fixture
def greta(import_: Import) -> None:
    """A patient with a visit."""
    import_(PATIENTS, GRETA)
    import_(VISITS, VISIT)


def all_of(records: Records, kind: Any, *where: Any) -> list[Any]:
    """Rows of a table."""
    with records.store.session() as session:
        return list(session.scalars(select(kind).where(*where)))


def visit(records: Records) -> AppointmentRow:
    """Greta's visit."""
    (found,) = all_of(records, AppointmentRow, AppointmentRow.identifier_key.is_not(None))
    return found  # type: ignore[no-any-return]


def phone(records: Records) -> PhoneRow:
    """Greta's phone."""
    (found,) = all_of(records, PhoneRow, PhoneRow.number_key == records.store.cipher.index(PHONE))
    return found  # type: ignore[no-any-return]


def says(world: World, words: str) -> str:
    """Greta texts."""
    return take(world.bot, received(sender=PHONE, body=words))


def waiting(records: Records) -> list[str]:
    """What became of the texts to Greta's phone in the outbox."""
    hers = select(CommunicationRow.id).where(CommunicationRow.phone_id == phone(records).id)
    return [row.status for row in all_of(records, OutboxRow, OutboxRow.communication_id.in_(hers))]


def remind(world: World, records: Records) -> None:
    """A reminder of Greta's visit waits to be sent."""
    World(bot=world.bot, clock=world.clock, phones={"greta": phone(records).id}).remind("greta", goes=False)


@pytest.mark.parametrize("kind", ["patients", "visits", "slots", "waiting"])
def test_the_sample_files_are_read_without_a_mistake(records: Records, kind: str) -> None:
    """What a clinic copies must be right."""
    for name in dict.fromkeys(("patients", kind)):
        report = imports.import_file(records, ROOT / "clinics" / f"{name}.csv")
    assert report.kind.startswith(kind)
    assert not report.counts[Came.REJECTED]


@pytest.mark.usefixtures("greta")
def test_an_imported_patient_is_texted_like_any_other(world: World, records: Records) -> None:
    """Names, numbers, language, choice of details and consent are on record."""
    remind(world, records)
    assert "confirmed for Tue, Mar 10, 9:30 AM" in says(world, "yes I will be there")
    (consent,) = all_of(records, ConsentRow, ConsentRow.phone_id == phone(records).id)
    assert (consent.decision, consent.source) == ("opt_in", "import:form")


@pytest.mark.usefixtures("greta")
def test_the_same_file_again_changes_nothing(import_: Import, records: Records) -> None:
    """Whatever is run twice is there once."""
    before = visit(records).version
    assert import_(PATIENTS, GRETA).counts == {Came.SAME: 1}
    assert import_(VISITS, VISIT).counts == {Came.SAME: 1}
    assert visit(records).version == before


def test_bad_rows_do_not_stop_good_ones(import_: Import, records: Records) -> None:
    """A patient without a phone is taken, and each mistake is told with line and column."""
    report = import_(PATIENTS, GRETA, "P2,No Phone,en,,,,,", "P3,Cut,en,1.2E+10,,,,", "P4,half", "P5,Last,en,,,,,")
    assert report.counts == {Came.NEW: 3, Came.REJECTED: 2}
    assert [(each.line, each.column) for each in report.problems] == [(4, "phone"), (5, "")]
    report = import_(VISITS, VISIT, "V2,P2,primary,2026-03-10 10:30,30,,booked", "V3,P9,primary,2026-03-10 11:30,30,,booked")
    assert report.counts == {Came.NEW: 2, Came.REJECTED: 1}
    notes = {(each.line, each.column, each.note) for each in report.problems}
    assert notes == {(3, "phone", True), (4, "patient", False)}


def test_a_visits_file_may_tell_about_its_patients(import_: Import, records: Records) -> None:
    """One flat table, as small clinics export it; two visits of one person make one patient."""
    head = f"{VISITS},name,language,phone"
    report = import_(head, f"{VISIT},Greta Lang,en,{PHONE}", f"V2,P1,lab,2026-03-11 09:30,15,,booked,Greta Lang,en,{PHONE}")
    assert report.counts == {Came.NEW: 2}
    assert len(all_of(records, PatientRow, PatientRow.identifier_key.is_not(None))) == 1


@pytest.mark.usefixtures("greta")
def test_a_visit_moved_in_the_file_takes_its_waiting_texts_with_it(world: World, records: Records, import_: Import) -> None:
    """The reminder names the old time, so it is dropped."""
    remind(world, records)
    assert import_(VISITS, VISIT.replace("10 09:30", "12 14:00")).counts == {Came.MOVED: 1}
    assert waiting(records) == ["dropped"]
    assert visit(records).start == datetime(2026, 3, 12, 18, 0, tzinfo=UTC)


@pytest.mark.usefixtures("greta")
def test_a_yes_to_a_visit_that_the_file_has_moved_since_is_none_to_the_new_time(
    world: World, records: Records, import_: Import
) -> None:
    """F-03: the reminder that it answers named the old one."""
    remind(world, records)
    send_waiting(world.bot, Console())
    import_(VISITS, VISIT.replace("10 09:30", "12 14:00"))
    assert "has changed since we wrote" in says(world, "yes I will be there")
    assert visit(records).participant == "needs-action"


def mila(import_: Import) -> None:
    """Greta's daughter, on the same phone, with a visit on the same day."""
    import_(PATIENTS, f"P2,Mila Lang,en,{PHONE},child,yes,form,yes")
    import_(VISITS, "V2,P2,primary,2026-03-10 10:30,30,Dr. Okafor,booked")


def text_about(world: World, records: Records, *identifiers: str) -> None:
    """One text about these visits waits to be sent."""
    keys = [records.store.cipher.index(f"visit {each}") for each in identifiers]
    phone_id = phone(records).id
    with records.store.begin() as session:
        visits = session.scalars(select(AppointmentRow).where(AppointmentRow.identifier_key.in_(keys))).all()
        line = session.get_one(PhoneRow, phone_id)
        tell(world.bot, session, line, [About(each.id, each.start, "week", ("reminder",)) for each in visits])


@pytest.mark.usefixtures("greta")
def test_a_moved_visit_leaves_the_texts_about_a_siblings_alone(world: World, records: Records, import_: Import) -> None:
    """Both are reached on one phone; what waits about the other visit is still so, and after the second move goes too."""
    mila(import_)
    text_about(world, records, "V1")
    text_about(world, records, "V2")
    import_(VISITS, VISIT.replace("10 09:30", "12 14:00"))
    assert waiting(records) == ["dropped", "waiting"]
    import_(VISITS, "V2,P2,primary,2026-03-12 10:30,30,Dr. Okafor,booked")
    assert waiting(records) == ["dropped", "dropped"]


@pytest.mark.usefixtures("greta")
def test_a_text_about_both_is_dropped_and_the_sibling_is_reminded_again(world: World, records: Records, import_: Import) -> None:
    """It named an old time beside a good one: what is noted as told is taken back, and the schedule looks at both visits."""
    mila(import_)
    text_about(world, records, "V1", "V2")
    with records.store.begin() as session:
        session.execute(update(care.VISITS).values(next_text_at=None))
    import_(VISITS, VISIT.replace("10 09:30", "12 14:00"))
    assert waiting(records) == ["dropped"]
    assert all_of(records, CommunicationRequestRow) == []
    imported = all_of(records, AppointmentRow, AppointmentRow.identifier_key.is_not(None))
    assert [each.next_text_at for each in imported] == [LOOK_NOW, LOOK_NOW]


@pytest.mark.usefixtures("greta")
def test_who_has_gone_gets_no_text_about_nothing_in_particular(world: World, records: Records, import_: Import) -> None:
    """A question about medicine names no visit; on a phone of one's own it goes with the rest (N-10)."""
    phone_id = phone(records).id
    with records.store.begin() as session:
        assert ask_medicine(world.bot, session, phone_id)
    import_(PATIENTS, GRETA.replace("form,yes", "form,no"))
    assert waiting(records) == ["dropped"]


@pytest.mark.usefixtures("greta")
def test_who_asked_not_to_be_texted_is_not_even_by_a_button(world: World, records: Records, import_: Import) -> None:
    """N-08: what waits is dropped, the schedule and a coordinator's reminder send nothing; until the file says otherwise."""
    remind(world, records)
    import_("identifier,name,language,do_not_text", "P1,Greta Lang,en,yes")
    assert waiting(records) == ["dropped"]
    remind(world, records)
    world.clock.now += timedelta(days=4)
    assert plan_due(world.bot)
    assert waiting(records) == ["dropped"]
    import_("identifier,name,language,do_not_text", "P1,Greta Lang,en,no")
    remind(world, records)
    assert waiting(records) == ["dropped", "waiting"]


@pytest.mark.usefixtures("greta")
def test_a_visit_that_the_file_calls_confidential_is_not_texted_to_a_parent(world: World, records: Records, import_: Import) -> None:
    """N-07: nor is it spoken of when the parent asks; a file without the column changes nothing of that."""
    import_(PATIENTS, GRETA.replace("self", "child"))
    import_(f"{VISITS},confidential", f"{VISIT},yes")
    import_(VISITS, VISIT.replace("Okafor", "Sato"))
    assert visit(records).confidential
    remind(world, records)
    world.clock.now += timedelta(days=4)
    plan_due(world.bot)
    assert waiting(records) == []
    assert "9:30" not in says(world, "when is the visit")


def test_a_patients_own_zone_keeps_its_night(world: World, records: Records, import_: Import) -> None:
    """O-19: nine in the morning at the clinic is four in Hawaii."""
    import_(f"{PATIENTS},zone", f"{GRETA},Pacific/Honolulu")
    import_(VISITS, VISIT)
    (greta,) = all_of(records, PatientRow, PatientRow.identifier_key.is_not(None))
    assert greta.zone == "Pacific/Honolulu"
    sent = []
    hours = ZoneInfo("Pacific/Honolulu")
    while world.clock.now < datetime(2026, 3, 10, 13, 30, tzinfo=UTC):
        while plan_due(world.bot):
            pass
        if len(rows := all_of(records, CommunicationRow, CommunicationRow.phone_id == phone(records).id)) > len(sent):
            sent = [row.at.astimezone(hours).hour for row in rows]
        world.clock.now += timedelta(hours=1)
    assert sent
    assert all(8 <= hour < 21 for hour in sent)


@pytest.mark.usefixtures("greta")
def test_a_visit_that_the_file_changes_is_looked_at_and_its_patient_counts_as_told(
    world: World, records: Records, import_: Import
) -> None:
    """Moved or booked again, not when it is over: the text to who has missed it would wait."""
    assert visit(records).told_at is None
    for status, told in (("noshow", False), ("booked", True)):
        with records.store.begin() as session:
            session.execute(update(care.VISITS).values(next_text_at=None))
        import_(VISITS, VISIT.replace("booked", status))
        assert (visit(records).next_text_at, visit(records).told_at) == (LOOK_NOW, world.clock.now if told else None)
    world.clock.now += timedelta(hours=1)
    import_(VISITS, VISIT.replace("10 09:30", "12 14:00"))
    assert visit(records).told_at == world.clock.now


def test_a_phone_that_comes_later_than_its_visit_is_texted(records: Records, import_: Import) -> None:
    """The schedule had put the visit aside, since nobody could be reached."""
    import_(PATIENTS, GRETA.replace(PHONE, ""))
    import_(VISITS, VISIT)
    with records.store.begin() as session:
        session.execute(update(care.VISITS).values(next_text_at=None))
    import_(PATIENTS, GRETA)
    assert visit(records).next_text_at == LOOK_NOW


@pytest.mark.usefixtures("greta")
def test_a_visit_called_off_in_the_file_takes_its_waiting_texts_with_it(world: World, records: Records, import_: Import) -> None:
    """The row stays, so that it can be booked again."""
    remind(world, records)
    assert import_(VISITS, VISIT.replace("booked", "cancelled")).counts == {Came.CALLED_OFF: 1}
    assert (visit(records).status, waiting(records)) == ("cancelled", ["dropped"])
    assert import_(VISITS, VISIT).counts == {Came.CHANGED: 1}
    assert visit(records).status == "booked"


@pytest.mark.usefixtures("greta")
def test_a_visit_called_off_in_the_file_while_another_time_is_looked_for(world: World, records: Records, import_: Import) -> None:
    """F-03: a number takes none of the times unasked, and who says nothing more is a person's, as somebody without a visit."""
    remind(world, records)
    send_waiting(world.bot, Console())
    assert "Free times:" in says(world, "I can't make it, do you have anything next week in the morning?")
    import_(VISITS, VISIT.replace("booked", "cancelled"))
    answer = says(world, "1")
    assert "no longer booked" in answer and "NEW" in answer
    open_ = (TaskRow.phone_id == phone(records).id, TaskRow.status != "completed")
    world.clock.now += timedelta(hours=5)
    items = [(row.kind, row.appointment_id, row.created_at <= world.clock.now) for row in all_of(records, TaskRow, *open_)]
    assert items == [("booking", None, True)]
    assert "What day or time would suit you?" in says(world, "NEW")
    says(world, "next week in the morning")
    assert "Your visit is booked" in says(world, "1")
    assert all_of(records, TaskRow, *open_) == []
    booked = (AppointmentRow.patient_id == visit(records).patient_id, AppointmentRow.status == "booked")
    assert [row.service for row in all_of(records, AppointmentRow, *booked)] == ["primary"]


@pytest.mark.usefixtures("greta")
def test_what_was_to_be_done_about_a_visit_is_done_when_the_file_calls_it_off(world: World, records: Records, import_: Import) -> None:
    """Nobody asks again about a "maybe", and nobody looks for two times where a visit is wanted already."""
    number = phone(records)
    visit_id, start = visit(records).id, visit(records).start
    with records.store.begin() as session:
        for kind in ("tentative", "declined", "no_fit", "reschedule_unfinished"):
            effect = LogItem(kind=kind, visit=visit_id)
            tasks.log(session.connection(), effect, number, text=None, start=start, now=world.clock.now)
    import_(VISITS, VISIT.replace("booked", "cancelled"))
    rows = all_of(records, TaskRow, TaskRow.phone_id == number.id)
    assert sorted((row.kind, row.status, row.outcome) for row in rows) == [
        ("booking", "requested", None),
        ("declined", "completed", "called_off"),
        ("reschedule_unfinished", "completed", "called_off"),
        ("tentative", "completed", "called_off"),
    ]


@pytest.mark.usefixtures("greta")
def test_an_answer_that_waits_is_not_dropped(world: World, records: Records, import_: Import) -> None:
    """Only what the bot sends by itself may tell an old time."""
    take(world.bot, received(sender=PHONE, body="where do i park"), via="outbox")
    import_(VISITS, VISIT.replace("booked", "cancelled"))
    assert waiting(records) == ["waiting"]


@pytest.mark.usefixtures("greta")
def test_a_row_that_is_missing_calls_nothing_off(records: Records, import_: Import) -> None:
    """A file of today's visits says nothing about tomorrow's (F-12)."""
    import_(VISITS, "V2,P1,lab,2026-03-11 09:30,15,,booked")
    assert [each.status for each in all_of(records, AppointmentRow, AppointmentRow.identifier_key.is_not(None))] == ["booked"] * 2


@pytest.mark.usefixtures("greta")
def test_what_the_patient_changed_by_text_stays_while_the_file_says_the_same(world: World, records: Records, import_: Import) -> None:
    """Last night's export does not know this morning's texts; it moves nothing back."""
    remind(world, records)
    assert "called off" in says(world, "I need to cancel my visit")
    assert import_(VISITS, VISIT).counts == {Came.SAME: 1}
    import_(VISITS, VISIT.replace("Okafor", "Sato"))
    assert (visit(records).status, visit(records).practitioner) == ("cancelled", "Dr. Sato")


@pytest.mark.usefixtures("greta")
def test_a_visit_that_the_patient_called_off_and_the_file_moves_stays_off_and_is_told(
    world: World, records: Records, import_: Import
) -> None:
    """Only a person can know which of the two came last."""
    remind(world, records)
    says(world, "I need to cancel my visit")
    report = import_(VISITS, VISIT.replace("10 09:30", "12 14:00"))
    assert visit(records).status == "cancelled"
    assert [(each.column, each.note) for each in report.problems] == [("start", True)]


def test_a_visit_booked_by_text_is_known_when_it_comes_back_from_the_clinic(world: World, records: Records, import_: Import) -> None:
    """It is not booked twice."""
    import_(PATIENTS, GRETA)
    import_("identifier,service,start", "S1,primary,2026-03-10 12:30")
    says(world, "I want to book a visit on Tuesday March 10 at 12:30")
    says(world, "1")
    (booked,) = all_of(records, AppointmentRow, AppointmentRow.start == datetime(2026, 3, 10, 16, 30, tzinfo=UTC))
    import_(VISITS, "V7,P1,primary,2026-03-10 12:30,30,,booked")
    assert visit(records).id == booked.id
    report = import_("identifier,service,start,status", "S1,primary,2026-03-10 12:30,free")
    assert report.counts == {Came.SAME: 1}
    (slot,) = all_of(records, SlotRow, SlotRow.identifier == "S1")
    assert slot.status == "busy"


@pytest.mark.usefixtures("greta")
def test_a_phone_that_changes_hands_is_no_longer_texted(world: World, records: Records, import_: Import) -> None:
    """The old number is left, with what waited for it; a phone that staff added stays."""
    remind(world, records)
    old = phone(records).id
    import_(PATIENTS, GRETA.replace("0141", "0149"))
    links = all_of(records, PatientPhoneRow, PatientPhoneRow.patient_id == visit(records).patient_id)
    assert len(links) == 1
    assert links[0].phone_id != old
    assert waiting(records) == ["dropped"]


@pytest.mark.usefixtures("greta")
def test_an_import_never_lifts_an_opt_out(world: World, records: Records, import_: Import) -> None:
    """Consent on an old form says less than STOP (O-17)."""
    says(world, "STOP")
    report = import_(PATIENTS, GRETA.replace("Lang", "Long").replace("form", "portal"), "P2,Other,en,,,,,")
    assert phone(records).opted_out_at is not None
    assert [row.decision for row in all_of(records, ConsentRow, ConsentRow.phone_id == phone(records).id)] == ["opt_in", "opt_out"]
    assert import_(PATIENTS, f"P3,Mila Lang,en,{PHONE},child,,form,").problems[0].note
    assert report.counts == {Came.CHANGED: 1, Came.NEW: 1}


@pytest.mark.usefixtures("greta")
def test_who_has_died_or_left_gets_nothing_more(world: World, records: Records, import_: Import) -> None:
    """active: no stops what waits, and what would come (N-10)."""
    remind(world, records)
    import_(PATIENTS, GRETA.removesuffix("yes") + "no")
    assert waiting(records) == ["dropped"]
    remind(world, records)
    assert waiting(records) == ["dropped"]


def test_a_dry_run_tells_the_same_and_changes_nothing(import_: Import, records: Records) -> None:
    """Not even the audit trail, since nothing was done."""
    tables = (PatientRow, PhoneRow, AuditRow)

    def sizes() -> list[int | None]:
        with records.store.session() as session:
            return [session.scalar(select(func.count()).select_from(table)) for table in tables]

    before = sizes()
    dry = import_(PATIENTS, GRETA, "P2,Cut,en,1.2E+10,,,,", dry_run=True)
    assert sizes() == before
    wet = import_(PATIENTS, GRETA, "P2,Cut,en,1.2E+10,,,,")
    assert (dry.counts, dry.problems) == (wet.counts, wet.problems)


def test_an_import_that_was_cut_off_is_run_again(records: Records, import_: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that were written stay, and the second run makes only the rest."""
    monkeypatch.setattr(imports, "BATCH", 2)
    lines = [f"P{number},Person {number},en,,,,," for number in range(5)]
    seen: list[int] = []

    def stop(done: int) -> None:
        seen.append(done)
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_(PATIENTS, *lines, progress=stop)
    assert seen == [2, 4]
    assert import_(PATIENTS, *lines).counts == {Came.SAME: 4, Came.NEW: 1}


@pytest.mark.parametrize("kind", ["patients", "visits", "slots", "waiting"])
def test_every_kind_of_file_tells_how_far_it_is_and_goes_on_where_it_was_cut_off(
    records: Records, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that was written stays; the second run says of those rows that they are as before."""
    monkeypatch.setattr(imports, "BATCH", 1)
    path, told = ROOT / "clinics" / f"{kind}.csv", list[int]()
    if kind != "patients":
        imports.import_file(records, ROOT / "clinics" / "patients.csv")

    def cut(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.import_file(records, path, progress=cut)
    report = imports.import_file(records, path, progress=told.append)
    rows = sum(report.counts.values())
    assert told == list(range(1, rows + 1))
    assert report.counts == {Came.SAME: 1, Came.NEW: rows - 1}


def test_every_batch_leaves_an_entry_in_the_trail(import_: Import, records: Records) -> None:
    """H-07: who imported which lines of what, without a word of it."""
    import_(PATIENTS, GRETA)
    (entry,) = all_of(records, AuditRow)
    assert (entry.actor, entry.action, entry.about, entry.reason) == ("command:test", "import", "patients", "lines 2 to 2")


def test_names_numbers_and_identifiers_are_encrypted(import_: Import, records: Records) -> None:
    """What an import brings is as unreadable in the database as what patients write (H-10)."""
    import_(PATIENTS, GRETA.replace("P1", "MRN-4711-zanahoria"))
    with records.store.session() as session:
        raw = str(session.connection().exec_driver_sql("SELECT * FROM patient, phone").all())
    for part in ("Greta", "zanahoria", "+1716555"):
        assert part not in raw


def test_texts_that_were_sent_stay_sent(world: World, records: Records, import_: Import) -> None:
    """Only what waits can be dropped."""
    import_(PATIENTS, GRETA)
    import_(VISITS, VISIT)
    remind(world, records)
    with records.store.begin() as session:
        (outbox,) = session.scalars(select(OutboxRow))
        outbox.status = "sent"
        session.get_one(CommunicationRow, outbox.communication_id).status = "sent"
    import_(VISITS, VISIT.replace("booked", "cancelled"))
    assert waiting(records) == ["sent"]


@pytest.mark.usefixtures("greta")
def test_undo_of_a_move_gives_back_the_time_that_it_took(world: World, records: Records, import_: Import) -> None:
    """A visit that came with the file had no time of ours before; its length and its clinician are those of the file again."""
    with records.store.begin() as session:
        session.execute(update(SlotRow).values(status="busy"))
    import_(SLOTS, "S1,primary,2026-03-17 14:00,45,Dr. Reyes,free")
    says(world, "can we do tuesday march 17 after 1 instead")
    says(world, "1")
    (slot,) = all_of(records, SlotRow, SlotRow.identifier == "S1")
    assert (visit(records).slot_id, slot.status) == (slot.id, "busy")
    assert "Mar 10" in says(world, "UNDO")
    (slot,) = all_of(records, SlotRow, SlotRow.identifier == "S1")
    assert (visit(records).slot_id, slot.status) == (None, "free")
    assert (visit(records).start.day, visit(records).minutes, visit(records).practitioner) == (10, 30, "Dr. Okafor")


@pytest.mark.parametrize(
    ("said", "row"),
    [
        (["can we do tuesday after 2 instead", "1"], VISIT.replace("03-10 09:30", "03-12 15:00")),
        (["cancel my appointment"], VISIT.replace("03-10 09:30", "03-12 15:00")),
        (["cancel my appointment"], VISIT.replace("03-10 09:30,30,Dr. Okafor,booked", "03-12 15:00,30,Dr. Okafor,arrived")),
    ],
)
@pytest.mark.usefixtures("greta")
def test_undo_takes_nothing_back_that_the_file_has_changed_since(
    said: list[str], row: str, world: World, records: Records, import_: Import
) -> None:
    """F-03: what the clinic has written since holds, and nobody is told of a time that is no longer theirs."""
    before = [says(world, each) for each in said][-1]
    assert "UNDO" in before
    import_(VISITS, row)
    start = visit(records).start
    assert "Mar 10" not in says(world, "UNDO")
    assert visit(records).start == start


@pytest.mark.parametrize("tries", [1, 3])
def test_a_batch_that_meets_others_is_done_anew(
    tries: int, empty: str, bot_parts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadlock on PostgreSQL, a lock that SQLite does not get: nothing of the first tries is told or kept."""
    world = make_world(bot_parts, url=empty)
    bot, take_rows, left = world.bot, imports._take, [tries]
    records = Records(store=bot.store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=world.clock, actor="command:test")

    def meets(batch: Batch, rows: list[Row]) -> list[Came]:
        came = list(take_rows(batch, rows))
        batch.session.flush()
        if left[0]:
            left[0] -= 1
            if batch.session.get_bind().dialect.name == "postgresql":
                batch.session.connection().exec_driver_sql("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")
            raise OperationalError("INSERT", None, sqlite3.OperationalError("database is locked"))
        return came

    monkeypatch.setattr(imports, "_take", meets)
    monkeypatch.setattr(opened, "PAUSES", (0, 0, 0))
    (path := tmp_path / "patients.csv").write_text(f"{PATIENTS}\n{GRETA}\nP2,Hugo Lang,xx,{PHONE},self,,,yes\n", encoding="utf-8")
    report = imports.import_file(records, path)
    assert report.counts == Counter({Came.NEW: 1, Came.REJECTED: 1})
    assert len(report.problems) == len({str(problem) for problem in report.problems}) > 0
    assert [row.reason for row in all_of(records, AuditRow, AuditRow.action == "import")] == ["lines 2 to 2"]
    bot.store.engine.dispose()
