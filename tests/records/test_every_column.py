"""What becomes of each encrypted column when a patient's data are taken out, erased, purged or brought under a new key.

A new column stands in no line of DECIDED and fails here until somebody has decided on it and done so (H-08, H-10).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import LargeBinary, select, type_coerce, update

from bot.channels.console import received
from bot.delivery.worker import index_words
from bot.desk import staff, work
from bot.desk.correction import correct
from bot.records.opened import Records
from bot.records.person import erase, everything
from bot.records.retention import purge
from bot.records.rotation import encrypted, rotate
from bot.store import media, words
from bot.store.crypto import EncryptedText, use_cipher
from bot.store.database import Store
from bot.store.models import AppointmentRow, CommunicationRow, ConsentRow, PatientPhoneRow, TaskRow
from bot.store.work_models import CandidateRow
from bot.turn import take
from tests.world import World, make_world

PATIENTS = {  # whose words they are: the patient's, or written about the patient
    "patient.name": "exported erased",
    "patient.identifier": "exported erased",
    "patient.source": "exported erased",
    "phone.number": "exported erased",
    "appointment.identifier": "exported erased",
    "appointment.source": "exported erased",
    "communication.body": "exported erased purged",
    "communication.reply": "exported erased purged",
    "communication.reading": "exported erased purged",
    "media.data": "exported erased purged",
    "candidate.words": "exported erased purged",
    "candidate.phrase": "exported erased purged",
    "task.note": "exported erased purged",
    "staff_action.words": "exported erased purged",
    "consent.told": "exported erased",
}
OURS = ("secret.value", "staff_user.totp_secret", "staff_session.totp_pending", "saved_view.name")  # of the installation and its staff
DECIDED = {**PATIENTS, **dict.fromkeys(OURS, "")}
NAMES = sorted(PATIENTS)
OLD, NEW = Fernet.generate_key(), Fernet.generate_key()


@dataclass(frozen=True)
class Filled:
    """A clinic in which each column has a word of its own in Dorothy's rows; her id, and her phone's."""

    world: World
    records: Records
    patient: int
    phone: int

    def read(self) -> dict[str, str]:
        """column → all that can be read in it."""
        with self.records.store.session() as session:
            return {
                f"{table.name}.{column.name}": " ".join(filter(None, session.scalars(select(column))))
                for table, columns in encrypted()
                for column in columns
            }

    def found(self, word: str) -> list[int]:
        """The conversations that a search for the word shows."""
        with self.records.store.session() as session:
            return words.search(
                session, self.records.store.cipher, self.records.clinic_id, word, words.Only(), now=self.records.clock()
            )


def theo(filled: Filled) -> int:
    """The child who is reached on his mother's phone."""
    link = PatientPhoneRow
    with filled.records.store.session() as session:
        query = select(link.patient_id).where(link.phone_id == filled.world.phones["nadia"], link.relation == "child")
        return session.scalars(query).one()


def word(name: str) -> str:
    """The word in a column."""
    return f"zanahoria{name.replace('.', '').replace('_', '')}"


@pytest.fixture
def filled(bot_parts: Any, tmp_path: Path) -> Iterator[Filled]:
    """Dorothy has texted, staff have worked with it, and then every one of her columns gets its word."""
    before = EncryptedText.cipher
    world = make_world(bot_parts, url=f"sqlite:///{tmp_path / 'clinic.db'}", key=OLD)
    bot, phone = world.bot, world.phones["dorothy"]
    take(bot, received(sender=world.number("dorothy"), body="please have somebody call me"))
    with bot.store.session() as session:
        text = session.scalars(select(CommunicationRow.id)).one()
        item = session.scalars(select(TaskRow.id)).one()
        patient = session.scalars(select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == phone)).one()
        visit = session.scalars(select(AppointmentRow.id).where(AppointmentRow.patient_id == patient)).one()
        consent = session.scalars(select(ConsentRow.id).where(ConsentRow.phone_id == phone)).one()
    correct(bot, text, means=["human"], by=world.staff)
    staff.note(bot, phone, "a note", by=world.staff)
    work.resolve(bot, [item], outcome="called", note="another", by=world.staff)
    hers = {"patient": patient, "phone": phone, "appointment": visit, "consent": consent}
    with bot.store.begin() as session:
        media.expect(session.connection(), clinic_id=bot.clinic_id, phone_id=phone, text_id=text, number=1, now=world.clock.now)
        for table, columns in encrypted():
            given = {column: word(f"{table.name}.{column.name}") for column in columns if f"{table.name}.{column.name}" in PATIENTS}
            if given:
                mine = table.c.id == hers[table.name] if table.name in hers else table.c.id.is_not(None)
                assert session.connection().execute(update(table).where(mine).values(given)).rowcount
    index_words(bot)
    records = Records(store=bot.store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=world.clock, actor="command:test")
    yield Filled(world, records, patient, phone)
    bot.store.engine.dispose()
    if before is not None:
        use_cipher(before)


def test_every_encrypted_column_is_decided_on() -> None:
    """Whoever adds one says here what an export, an erasure and a purge do with it; a rotation finds it by its type."""
    assert {f"{table.name}.{column.name}" for table, columns in encrypted() for column in columns} == set(DECIDED)


def test_what_is_exported_of_a_patient(filled: Filled) -> None:
    """Exactly the columns that are decided to be."""
    found = str(everything(filled.records, str(filled.patient)))
    assert [name for name in NAMES if word(name) in found] == [name for name in NAMES if "exported" in DECIDED[name]]


def test_what_is_erased_of_a_patient(filled: Filled) -> None:
    """Exactly the columns that are decided to be, and what the search knew of them."""
    assert filled.found(word("communication.body")) == filled.found(word("staff_action.words")) == [filled.phone]
    assert filled.found(word("patient.name")) == [filled.phone]
    erase(filled.records, str(filled.patient))
    left = filled.read()
    assert [name for name in NAMES if word(name) not in left[name]] == [name for name in NAMES if "erased" in DECIDED[name]]
    assert [name for name in NAMES if filled.found(word(name))] == []


def test_what_is_purged_when_its_time_is_over(filled: Filled) -> None:
    """Exactly the columns that are decided to be; the search still knows the name, since the patient is still one."""
    records = replace(filled.records, clinic=replace(filled.records.clinic, retention={"messages": 30, "notes": 30}))
    filled.world.clock.now += timedelta(days=31)
    dry = purge(records, dry_run=True)
    assert purge(records) == dry == {"messages": 1, "notes": 4}
    left = filled.read()
    assert [name for name in NAMES if word(name) not in left[name]] == [name for name in NAMES if "purged" in DECIDED[name]]
    assert filled.found(word("communication.body")) == filled.found(word("staff_action.words")) == []
    assert filled.found(word("patient.name")) == [filled.phone]


def test_every_column_is_brought_under_a_new_key(filled: Filled, tmp_path: Path) -> None:
    """The old key opens none of them afterwards."""
    store = Store(url=f"sqlite:///{tmp_path / 'clinic.db'}", keys=(NEW, OLD))
    store.migrate()
    rotate(replace(filled.records, store=store))
    with store.session() as session:
        for table, columns in encrypted():
            for column in columns:
                tokens = [token for token in session.scalars(select(type_coerce(column, LargeBinary))) if token]
                assert tokens or f"{table.name}.{column.name}" in OURS
                for token in tokens:
                    Fernet(NEW).decrypt(token)
                    with pytest.raises(InvalidToken):
                        Fernet(OLD).decrypt(token)
    store.engine.dispose()


def test_a_childs_name_is_not_found_on_the_mothers_phone_once_it_is_erased(filled: Filled) -> None:
    """Her own texts stay there and are found."""
    world, records = filled.world, filled.records
    take(world.bot, received(sender=world.number("nadia"), body="please call me about zanahoria"))
    index_words(world.bot)
    assert filled.found("theo") == [world.phones["nadia"]]
    erase(records, str(theo(filled)))
    assert (filled.found("theo"), filled.found("zanahoria")) == ([], [world.phones["nadia"]])


def test_a_childs_name_is_gone_from_how_the_mothers_texts_were_read(filled: Filled) -> None:
    """Whom a text may mean is written beside it, by first name: that is the child's, while her words are hers."""
    world, records = filled.world, filled.records
    take(world.bot, received(sender=world.number("nadia"), body="we will both be there"))
    assert "theo" in filled.read()["communication.reading"].casefold()
    done = erase(records, str(theo(filled)))
    left = filled.read()
    assert "theo" not in str(left).casefold()
    assert "we will both be there" in left["communication.body"]
    assert any("share" in each for each in done.left)


def test_a_note_about_a_visit_is_erased_wherever_it_was_talked_of(filled: Filled) -> None:
    """An item about the child's visit on the mother's phone, with what staff wrote when they closed it."""
    world, records = filled.world, filled.records
    child = theo(filled)
    with records.store.begin() as session:
        visit = session.scalars(select(AppointmentRow.id).where(AppointmentRow.patient_id == child)).first()
        row = TaskRow(
            clinic_id=records.clinic_id, phone_id=world.phones["nadia"], appointment_id=visit, kind="late", rank=2,
            created_at=world.clock.now, due_at=world.clock.now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        item = row.id
    work.resolve(world.bot, [item], outcome="called", note="about chirivia", by=world.staff)
    assert str(everything(records, str(child))).count("about chirivia") == 2
    erase(records, str(child))
    assert "chirivia" not in str(filled.read())


def test_a_correction_goes_with_its_text(filled: Filled) -> None:
    """It quotes it, so it is not kept to learn from."""
    erase(filled.records, str(filled.patient))
    with filled.records.store.session() as session:
        assert session.scalars(select(CandidateRow)).all() == []
