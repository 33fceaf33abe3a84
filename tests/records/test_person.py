"""Everything on one patient, and nothing of them afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from bot.channels.console import received
from bot.delivery import claims
from bot.records.imports import import_file
from bot.records.opened import Records
from bot.records.person import NoSuchPatient, erase, everything, find
from bot.settings import ROOT
from bot.store import audit, programmes
from bot.store.models import AppointmentRow, AuditRow, CommunicationRow, ConsentRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.store.outgoing import queue
from bot.store.programme_models import CarePlanRow
from bot.store.sending_models import OutboxRow
from bot.turn import take
from tests.world import World


def id_of(records: Records, name: str) -> str:
    """Our id of a person."""
    with records.store.session() as session:
        return next(str(row.id) for row in session.scalars(select(PatientRow)) if row.name == name)


def texts(records: Records) -> list[CommunicationRow]:
    """All texts."""
    with records.store.session() as session:
        return list(session.scalars(select(CommunicationRow).order_by(CommunicationRow.id)))


def dump(records: Records) -> str:
    """Everything in the database that can be read with its keys, as text."""
    found = []
    with records.store.session() as session:
        for kind in (PatientRow, PhoneRow, CommunicationRow, AppointmentRow, AuditRow):
            found += [
                {column.key: getattr(row, column.key) for column in kind.__table__.columns} for row in session.scalars(select(kind))
            ]
    return str(found)


def test_everything_on_a_patient_is_taken_out(world: World, records: Records) -> None:
    """Person, phones, texts both ways, visits, items, consent, and who looked at it; as JSON."""
    take(world.bot, received(sender=world.number("dorothy"), body="please have somebody call me"))
    found = everything(records, id_of(records, "Dorothy Hale"))
    assert found["patient"]["name"] == "Dorothy Hale"
    (phone,) = found["phones"]
    assert (phone["number"], phone["shared"]) == ("+17165550121", False)
    assert [text["body"] for text in phone["messages"]] == ["please have somebody call me"]
    assert [item["kind"] for item in found["items"]] == ["human"]
    assert [consent["decision"] for consent in phone["consent"]] == ["opt_in"]
    assert len(found["visits"]) == 1
    assert json.loads(json.dumps(found)) == found
    assert [entry["action"] for entry in everything(records, id_of(records, "Dorothy Hale"))["audit"]] == ["export"]


def test_a_shared_phone_is_marked(records: Records) -> None:
    """Theo is reached on his mother's phone: its texts may be hers."""
    (phone,) = everything(records, id_of(records, "Theo Brooks"))["phones"]
    assert (phone["shared"], phone["relation"]) == (True, "child")


def test_a_patient_is_found_by_the_clinics_own_number(records: Records) -> None:
    """As it stands in their files; and nobody of another clinic is found."""
    import_file(records, ROOT / "clinics" / "patients.csv")
    assert everything(records, "P-1001")["patient"]["name"] == "Greta Lang"
    with pytest.raises(NoSuchPatient):
        everything(records, "P-9999")
    with records.store.session() as session, pytest.raises(NoSuchPatient):
        find(Records(records.store, records.clinic, 2, records.clock, "x"), session, "1")


def test_nothing_of_an_erased_patient_can_be_found(world: World, records: Records) -> None:
    """Name, number, words, readings, notes and what waits to be sent; visits and consent stay as bare facts."""
    world.remind("dorothy", goes=False)
    take(world.bot, received(sender=world.number("dorothy"), body="please call me about zanahoria"))
    done = erase(records, id_of(records, "Dorothy Hale"))
    assert (done.phones, done.texts) == (1, 2)
    assert "called off here" in done.left[0]
    for part in ("Dorothy", "5550121", "zanahoria", "1948"):
        assert part not in dump(records)
    with records.store.session() as session:
        assert [row.status for row in session.scalars(select(OutboxRow))] == ["dropped"]
        assert session.scalars(select(ConsentRow)).first() is not None
        assert audit.verify(session).broken is None
        assert session.scalars(select(AuditRow.action)).all() == ["erase"]


def test_who_texts_again_after_being_erased_is_a_stranger(world: World, records: Records) -> None:
    """They get an answer, on a phone that knows nobody."""
    erase(records, id_of(records, "Dorothy Hale"))
    assert take(world.bot, received(sender=world.number("dorothy"), body="when is my visit"))
    with records.store.session() as session:
        phones = [row.id for row in session.scalars(select(PhoneRow)) if row.number == world.number("dorothy")]
    assert len(phones) == 1
    assert phones[0] != world.phones["dorothy"]


def test_an_opt_out_outlives_its_patient(world: World, records: Records, tmp_path: Path) -> None:
    """An import of next year must not text this number (O-17): its keyed hash stays."""
    take(world.bot, received(sender=world.number("dorothy"), body="STOP"))
    erase(records, id_of(records, "Dorothy Hale"))
    path = tmp_path / "patients.csv"
    path.write_text(f"identifier,name,language,phone,consent\nP9,Dora Hill,en,{world.number('dorothy')},form\n")
    (problem,) = import_file(records, path).problems
    assert "opted out" in problem.what
    with records.store.session() as session:
        assert session.get_one(PhoneRow, world.phones["dorothy"]).opted_out_at is not None


def test_a_shared_phone_stays_with_the_others(world: World, records: Records) -> None:
    """Erasing the child leaves the mother's texts, and says so."""
    take(world.bot, received(sender=world.number("nadia"), body="hello"))
    done = erase(records, id_of(records, "Theo Brooks"))
    assert any("share" in each for each in done.left)
    assert any(text.body == "hello" for text in texts(records))
    found: Any = everything(records, id_of(records, "Nadia Brooks"))
    assert found["phones"][0]["shared"] is False


def test_a_number_that_was_taken_away_before_goes_with_its_patient(world: World, records: Records) -> None:
    """It is nobody's now, and what was written there was theirs; a number on which others were written to as well stays."""
    before = world.number("dorothy")
    world.remind("dorothy")
    take(world.bot, received(sender=before, body="please call me about zanahoria"))
    world.remind("nadia")
    with records.store.begin() as session:
        for who in ("dorothy", "nadia"):
            session.execute(delete(PatientPhoneRow).where(PatientPhoneRow.phone_id == world.phones[who]))
    left = erase(records, id_of(records, "Theo Brooks"))
    assert left.phones == 0
    done = erase(records, id_of(records, "Dorothy Hale"))
    assert done.phones == 1
    assert "zanahoria" not in dump(records)
    assert before not in dump(records)
    assert world.number("nadia") in dump(records)


def test_programmes_are_taken_out_and_end_with_the_patient(world: World, records: Records) -> None:
    """Who was in what, what was asked and answered; an erased patient is in none."""
    with world.bot.store.begin() as session:
        plan = session.scalars(select(CarePlanRow).where(CarePlanRow.phone_id == world.phones["owen"])).one()
        patient, now = str(plan.patient_id), world.clock.now
        what = {"clinic_id": plan.clinic_id, "phone_id": plan.phone_id, "step": "daily", "due": now, "again": False, "now": now}
        programmes.add(session, plan.id, **what).statement = "not-taken"
    found = everything(records, patient)
    assert [row["programme"] for row in found["programmes"]] == ["medicine"]
    assert [row["statement"] for row in found["check_ins"]] == ["not-taken"]
    erase(records, patient)
    with world.bot.store.session() as session:
        assert session.scalars(select(CarePlanRow.status)).all() == ["revoked"]


def test_nothing_goes_to_an_erased_phone_whoever_wrote_it(world: World, records: Records) -> None:
    """What waits is dropped: it has neither words nor a number any more. What is on its way is not looked for at the provider."""
    take(world.bot, received(sender=world.number("dorothy"), body="what should i bring?"), via="outbox")
    about = {"clinic_id": records.clinic_id, "phone_id": world.phones["dorothy"], "now": world.clock.now}
    with records.store.begin() as session:
        queue(session, **about, sender="staff", body="Dorothy, please call us.")
    (under_way,) = claims.claim(world.bot, rate=1.0, limit=1).texts
    erase(records, id_of(records, "Dorothy Hale"))
    assert claims.claim(world.bot, rate=1000.0, limit=10).due == 0
    with records.store.session() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    assert {row.status for row in rows} == {"dropped"}
    assert [row.look_at for row in rows if row.id == under_way.outbox_id] == [None]
