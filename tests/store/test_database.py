"""The tables, what is readable in them, and who gets a slot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.fernet import Fernet

from bot.apply import Conflict, Scope, apply
from bot.channels.console import received
from bot.dialogue.effects import BookAppointment
from bot.store.crypto import Cipher
from bot.store.database import Store
from bot.store.models import Base, PhoneRow, SlotRow
from bot.turn import take
from tests.world import make_world

SECRET = "zanahoria azul 4711"  # words that stand nowhere else


def test_the_migrations_make_the_tables_of_the_models() -> None:
    """A model that was changed without a migration fails here."""
    store = Store(url="sqlite://", keys=(Fernet.generate_key(),))
    store.migrate()
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_no_words_name_or_number_can_be_read_in_the_file(tmp_path: Path, bot_parts: Any) -> None:
    """The database's bytes hold no patient's words, names or phones (H-10)."""
    path = tmp_path / "clinic.db"
    world = make_world(bot_parts, path=path)
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


def test_the_second_to_take_a_slot_conflicts(bot_parts: Any) -> None:
    """Whoever comes second finds the slot gone, and nothing of theirs is written (F-07)."""
    world = make_world(bot_parts)
    with world.bot.store.begin() as session:
        slot = session.query(SlotRow).filter(SlotRow.status == "free").first().id
        phone = session.get_one(PhoneRow, world.phones["dorothy"])
        apply(
            Scope(connection=session.connection(), opened=session, phone=phone, now=world.clock.now),
            (BookAppointment(patient=1, slot=slot),),
        )
    with pytest.raises(Conflict), world.bot.store.begin() as session:
        phone = session.get_one(PhoneRow, world.phones["marcus"])
        apply(
            Scope(connection=session.connection(), opened=session, phone=phone, now=world.clock.now),
            (BookAppointment(patient=2, slot=slot),),
        )
