"""The waiting list from a clinic's file (F-12), and what becomes of those on it when a time opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.channels.console import Console, received
from bot.delivery.sender import send_waiting
from bot.delivery.waitlist import offer_due
from bot.ehr.csv_in import Problem
from bot.errors import DataError
from bot.records.batch import Came
from bot.records.imports import import_file
from bot.records.opened import Records
from bot.store.models import AppointmentRow, CommunicationRow, PatientRow, PhoneRow, SlotRow
from bot.store.waiting_models import OfferRow, WaitingRow
from bot.turn import take
from tests.records.test_imports import Import, all_of, import_  # noqa: F401 (a fixture)
from tests.world import World

HEAD = "patient,service,waiting_since,first_day,last_day,weekdays,earliest,latest,status,name,language,phone"
ANN = "P1,primary,2026-01-12,,,mon wed fri,,12:00,,Ann Lee,en,716-555-0141"
BEN = "P2,primary,1/20/2026,3/1/2026,4/30/2026,,8:00 AM,,,Ben Ortiz,es,716-555-0142"
CAT = "P3,primary,2026-02-01,,,,,,,Cat Roe,en,716-555-0143"
SLOTS = "identifier,service,start,status"
NUMBERS = {"ann": "+17165550141", "ben": "+17165550142", "cat": "+17165550143"}


@pytest.fixture(autouse=True)
def full(world: World) -> Iterator[None]:
    """No time is free."""
    with world.bot.store.begin() as session:
        session.execute(update(SlotRow).values(status="busy", offer_at=None))
    yield


def listed(records: Records) -> list[str]:
    """Who waits, in the order of the list."""
    with records.store.session() as session:
        query = select(PatientRow.name, WaitingRow).join(WaitingRow, WaitingRow.patient_id == PatientRow.id)
        rows = session.execute(query.where(WaitingRow.status == "waiting").order_by(WaitingRow.since)).all()
        return [name.split()[0] for name, _ in rows]


def works(world: World) -> None:
    """What the worker does meanwhile."""
    while offer_due(world.bot):
        pass
    send_waiting(world.bot, Console())


def says(world: World, who: str, words: str) -> str:
    """What somebody is answered."""
    return take(world.bot, received(sender=NUMBERS[who], body=words))


def offered(records: Records) -> list[str]:
    """Whose phone was offered a time by a text that went, in that order."""
    names = {number: who for who, number in NUMBERS.items()}
    with records.store.session() as session:
        texts = select(CommunicationRow, PhoneRow).join(PhoneRow, CommunicationRow.phone_id == PhoneRow.id)
        went = texts.join(OfferRow, OfferRow.communication_id == CommunicationRow.id).where(CommunicationRow.status == "delivered")
        return [names[phone.number] for _, phone in session.execute(went.order_by(OfferRow.id))]


def test_a_list_comes_in_with_its_order_and_its_wishes(import_: Import, records: Records) -> None:  # noqa: F811
    """The day tells the place, whatever the order of the rows; wishes are those that the bot understands."""
    assert import_(HEAD, CAT, BEN, ANN).counts == {Came.NEW: 3}
    assert listed(records) == ["Ann", "Ben", "Cat"]
    ann, ben, cat = (each.wishes for each in sorted(all_of(records, WaitingRow), key=lambda row: row.since))
    assert '"end":720' in ann and "2026-03-06" in ann and "2026-03-05" not in ann
    assert '"start":480' in ben and "2026-04-30" in ben
    assert cat == "[]"


def test_a_dry_run_tells_the_same_and_puts_nobody_on_the_list(import_: Import, records: Records) -> None:  # noqa: F811
    """And the import after it does what it told."""
    told = import_(HEAD, ANN, BEN, dry_run=True)
    assert all_of(records, WaitingRow) == []
    assert import_(HEAD, ANN, BEN).counts == told.counts == {Came.NEW: 2}


def test_each_mistake_is_told_and_the_other_rows_are_taken(import_: Import, records: Records) -> None:  # noqa: F811
    """With its line, its column and what to do; the same patient twice for one service is a mistake, too."""
    broken = [
        "P4,primary,soon,,,,,,,Dee Fox,en,716-555-0144",
        "P5,primary,2026-02-01,,,someday,,,,Eve Fox,en,716-555-0145",
        "P6,primary,2026-02-01,,,,25:00,,,Fay Fox,en,716-555-0146",
        "P7,primary,2026-02-01,2026-02-01,2026-02-20,,,,,Gil Fox,en,716-555-0147",
        "P8,primary,2026-02-01,,,,14:00,9:00,,Hal Fox,en,716-555-0148",
        "P9,primary,2026-02-01,,,,,,,,,",
        ANN.replace("2026-01-12", "2026-01-13"),
        "P2,primary",
    ]
    report = import_(HEAD, ANN, *broken, CAT)
    assert listed(records) == ["Ann", "Cat"]
    assert (report.counts[Came.REJECTED], report.counts[Came.NEW]) == (len(broken), 2)
    places = {(each.line, each.column) for each in report.problems if not each.note}
    assert places == {
        (3, "waiting_since"), (4, "weekdays"), (5, "earliest"), (6, ""), (7, ""), (8, "patient"), (9, "patient"), (10, ""),
    }  # fmt: skip
    assert all(isinstance(each, Problem) and "Fox" not in each.what for each in report.problems)


def test_the_same_file_again_changes_nothing_and_a_new_word_is_followed(import_: Import, records: Records) -> None:  # noqa: F811
    """A changed row changes the wishes, `off` takes somebody off, and a row that is missing does nothing."""
    import_(HEAD, ANN, BEN, CAT)
    before = [(row.wishes, row.since, row.status) for row in all_of(records, WaitingRow)]
    assert import_(HEAD, ANN, BEN, CAT).counts == {Came.SAME: 3}
    assert [(row.wishes, row.since, row.status) for row in all_of(records, WaitingRow)] == before
    assert import_(HEAD, ANN.replace("12:00", "11:00"), CAT.replace(",,,Cat", ",,off,Cat")).counts == {
        Came.CHANGED: 1,
        Came.CALLED_OFF: 1,
    }
    assert listed(records) == ["Ann", "Ben"]
    assert import_(HEAD, CAT.replace(",,,Cat", ",,off,Cat")).counts == {Came.SAME: 1}


def test_an_import_that_was_cut_off_is_run_again(
    import_: Import,  # noqa: F811
    records: Records,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was written stays; the second run passes it over and brings the rest."""
    monkeypatch.setattr("bot.records.imports.BATCH", 1)

    def cut(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_(HEAD, ANN, BEN, CAT, progress=cut)
    assert import_(HEAD, ANN, BEN, CAT).counts == {Came.SAME: 2, Came.NEW: 1}
    assert listed(records) == ["Ann", "Ben", "Cat"]


def test_what_nobody_can_be_offered_is_said(import_: Import, records: Records) -> None:  # noqa: F811
    """A kind of visit without times, a patient without a phone; a clinic without a waiting list takes none in."""
    report = import_(HEAD, "P1,dentist,2026-01-12,,,,,,,Ann Lee,en,")
    assert {each.column for each in report.problems if each.note} == {"service", "phone"}
    without = replace(records, clinic=replace(records.clinic, waitlist=None))
    path = Path("clinics/waiting.csv")
    with pytest.raises(DataError, match="no waiting list"):
        import_file(without, path)


def test_the_first_yes_of_an_imported_list_has_the_time_and_an_import_puts_nobody_back(
    import_: Import,  # noqa: F811
    records: Records,
    world: World,
) -> None:
    """From the file to the booked visit, on a moved clock: night, morning, two who want it, and the same file once more."""
    import_(SLOTS, "S1,primary,2026-03-13 10:00,busy")
    import_(HEAD, ANN, BEN, CAT)
    world.clock.now += timedelta(hours=13)  # ten in the evening: somebody calls off, and the clinic's system says so
    import_(SLOTS, "S1,primary,2026-03-13 10:00,free")
    works(world)
    assert offered(records) == []
    world.clock.now += timedelta(hours=11)  # nine in the morning
    works(world)
    assert offered(records) == ["ann", "ben", "cat"]  # Friday at ten suits all of them
    assert "Mar 13" in says(world, "cat", "1")
    assert "13" not in says(world, "ben", "sí")
    (visit,) = all_of(records, AppointmentRow, AppointmentRow.start == all_of(records, SlotRow, SlotRow.identifier == "S1")[0].start)
    assert (visit.status, visit.service) == ("booked", "primary")
    assert listed(records) == ["Ann", "Ben"]
    assert import_(HEAD, ANN, BEN, CAT).counts == {Came.SAME: 3}
    assert listed(records) == ["Ann", "Ben"]
    assert import_(HEAD, CAT.replace("2026-02-01", "2026-03-05")).counts == {Came.NEW: 1}
    assert listed(records) == ["Ann", "Ben", "Cat"]
