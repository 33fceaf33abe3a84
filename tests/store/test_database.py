"""The tables, what is readable in them, and who gets a slot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.fernet import Fernet
from sqlalchemy import select

from bot.apply import Scope, apply
from bot.channels.console import received
from bot.dialogue.effects import BookAppointment, SetLanguage
from bot.store import queries
from bot.store.crypto import Cipher
from bot.store.database import Conflict, Store
from bot.store.models import AppointmentRow, Base, CommunicationRow, PatientRow, PhoneRow, SlotRow
from bot.turn import take
from tests.world import make_world

SECRET = "zanahoria azul 4711"  # words that stand nowhere else


def test_the_migrations_make_the_tables_of_the_models(empty: str) -> None:
    """A model that was changed without a migration fails here."""
    store = Store(url=empty, keys=(Fernet.generate_key(),))
    store.migrate()
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    store.engine.dispose()


def test_several_processes_may_start_at_once(empty: str) -> None:
    """One brings the tables to the newest version, the others wait for it."""
    stores = [Store(url=empty, keys=(Fernet.generate_key(),)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Store.migrate, stores))
    for store in stores:
        store.engine.dispose()


def test_no_words_name_or_number_can_be_read_in_the_file(tmp_path: Path, bot_parts: Any) -> None:
    """The database's bytes hold no patient's words, names or phones (H-10)."""
    path = tmp_path / "clinic.db"
    world = make_world(bot_parts, url=f"sqlite:///{path}")
    take(world.bot, received(sender=world.number("dorothy"), body=f"please tell the doctor {SECRET}"))
    world.bot.store.engine.dispose()
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for part in (SECRET, "zanahoria", "Dorothy", "Hale", "7165550121"):
        assert part.encode() not in written


def test_keys_can_be_rotated() -> None:
    """What the old key wrote is read with a new key before it, and phones are still found."""
    old, new = Fernet.generate_key(), Fernet.generate_key()
    before, after = Cipher((old,)), Cipher((new, old))
    assert after.decrypt(before.encrypt("hola")) == "hola"
    assert after.index("+17165550121") == before.index("+17165550121")


def test_the_second_to_take_a_slot_conflicts(bot_parts: Any, empty: str) -> None:
    """Whoever comes second, at once or later, finds the slot gone, and nothing of theirs is written (F-07)."""
    world = make_world(bot_parts, url=empty)
    with world.bot.store.session() as session:
        slot = session.query(SlotRow).filter(SlotRow.status == "free").first().id

    def book(patient: int) -> bool:
        try:
            with world.bot.store.begin() as session:
                phone = session.get_one(PhoneRow, patient)
                scope = Scope(connection=session.connection(), opened=session, phone=phone, now=world.clock.now)
                apply(scope, (BookAppointment(patient=patient, slot=slot),))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(book, range(1, 5))) == [False, False, False, True]
    with world.bot.store.session() as session:
        assert len(session.scalars(select(AppointmentRow).where(AppointmentRow.slot_id == slot)).all()) == 1
    world.bot.store.engine.dispose()


def test_a_conversation_that_has_moved_on_is_a_conflict(bot_parts: Any, empty: str) -> None:
    """W-21: what was decided on an older version of a phone is not written."""
    world = make_world(bot_parts, url=empty)
    session = world.bot.store.session()
    stale = session.get_one(PhoneRow, 1)
    session.commit()
    with world.bot.store.begin() as now:
        now.get_one(PhoneRow, 1).state = '{"hold": "crisis"}'
    with pytest.raises(Conflict), world.bot.store.begin() as late:
        late.merge(stale, load=False).state = '{"paused": true}'
    session.close()
    world.bot.store.engine.dispose()


def test_texts_from_a_new_number_at_once_are_all_kept(bot_parts: Any, empty: str) -> None:
    """W-20, W-21: each thread may make the phone first; one does, and no text is lost."""
    world = make_world(bot_parts, url=empty)
    texts = [received(sender=world.number("stranger"), body="hello") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda text: take(world.bot, text), texts))
    with world.bot.store.session() as session:
        rows = session.scalars(select(CommunicationRow)).all()
        assert (len(rows), len({row.phone_id for row in rows}), {row.status for row in rows}) == (6, 1, {"answered"})
    world.bot.store.engine.dispose()


def test_the_language_is_that_of_the_one_who_is_left_on_a_phone(bot_parts: Any) -> None:
    """Of two people on a phone one is a patient here no more: what the other chooses is their own."""
    world = make_world(bot_parts)
    store, phone_id = world.bot.store, world.phones["nadia"]
    with store.begin() as session:
        first, gone = (patient for patient, _ in queries.people(session, phone_id).values())
        gone.active = False
        kept = gone.language
    with store.begin() as session:
        scope = Scope(connection=session.connection(), opened=session, phone=session.get_one(PhoneRow, phone_id), now=world.clock())
        apply(scope, (SetLanguage(language="pl"),))
    with store.session() as session:
        assert [session.get_one(PatientRow, row.id).language for row in (first, gone)] == ["pl", kept]
    store.engine.dispose()
