"""Keys can be given up: everything is brought under the newest, while texts come in."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.channels.console import received
from bot.errors import SettingsError
from bot.records import opened as opened_records
from bot.records import rotation
from bot.records.opened import Records
from bot.records.rotation import encrypted, rotate
from bot.store import audit, database
from bot.store.crypto import EncryptedText, use_cipher
from bot.store.database import Conflict, Store
from bot.store.models import CommunicationRow, PatientRow, PhoneRow
from bot.turn import take
from tests.world import World, make_world

OLD, NEW = Fernet.generate_key(), Fernet.generate_key()


@pytest.fixture
def world(bot_parts: Any, empty: str) -> World:
    """A clinic on either database, its words under the old key."""
    world = make_world(bot_parts, url=empty, key=OLD)
    take(world.bot, received(sender=world.number("dorothy"), body="hello"))
    with world.bot.store.begin() as session:
        audit.record(session.connection(), clinic_id=1, actor="test", action="view", about="phone:1", now=world.clock.now)
    world.bot.store.engine.dispose()
    return world


def opened(url: str, *keys: bytes) -> Store:
    """The same database as a process with these keys sees it."""
    store = Store(url=url, keys=keys)
    store.migrate()
    return store


def of(world: World, store: Store) -> Records:
    """The clinic's records in that database."""
    bot = world.bot
    return Records(store=store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=world.clock, actor="command:test")


def under(store: Store, key: bytes) -> tuple[int, int]:
    """(tokens that this key opens, all)."""
    fernet, good, every = Fernet(key), 0, 0
    with store.engine.connect() as connection:
        for table, columns in encrypted():
            for column in columns:
                for (token,) in connection.exec_driver_sql(f'SELECT "{column.name}" FROM "{table.name}"'):  # noqa: S608
                    if not token:
                        continue
                    every += 1
                    try:
                        fernet.decrypt(token)
                    except InvalidToken:
                        continue
                    good += 1
    return good, every


def test_after_a_rotation_the_old_key_is_needed_for_nothing(world: World, empty: str) -> None:
    """Words, names and numbers are read, phones are found and the trail is whole with the new key alone."""
    store = opened(empty, NEW, OLD)
    index = store.cipher.index("+17165550121")
    assert under(store, NEW)[0] == 0
    done = rotate(of(world, store))
    assert sum(each.renewed for each in done) == under(store, NEW)[1] > 20
    store.engine.dispose()
    alone = opened(empty, NEW)
    assert under(alone, NEW)[0] == under(alone, NEW)[1]
    assert alone.cipher.index("+17165550121") == index
    with alone.session() as session:
        assert session.scalar(select(PhoneRow.number).where(PhoneRow.number_key == index)) == "+17165550121"
        assert "Dorothy Hale" in session.scalars(select(PatientRow.name)).all()
        assert audit.verify(session).broken is None
    alone.engine.dispose()


def test_a_rotation_can_be_run_again(world: World, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off in the middle, the second run does the rest; a third finds nothing to do."""
    monkeypatch.setattr(rotation, "BATCH", 5)
    store = opened(empty, NEW, OLD)

    def stop(table: str, rows: int) -> None:
        if table == "phone":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(of(world, store), progress=stop)
    some, every = under(store, NEW)
    assert 0 < some < every
    assert sum(each.renewed for each in rotate(of(world, store))) == every - some
    assert sum(each.renewed for each in rotate(of(world, store))) == 0
    store.engine.dispose()


def test_a_batch_that_meets_others_is_done_anew(world: World, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an import's and a purge's: conflicts and a lock that it does not get; nothing of the first tries is counted."""
    store = opened(empty, NEW, OLD)
    meets: list[Exception] = [OperationalError("UPDATE", None, Exception("locked"))] + [Conflict("others")] * database.TRIES
    write = rotation._write

    def met(*what: Any) -> int:
        renewed = write(*what)
        if meets:
            raise meets.pop()
        return renewed

    monkeypatch.setattr(rotation, "_write", met)
    monkeypatch.setattr(opened_records, "PAUSES", (0, 0))
    assert sum(each.renewed for each in rotate(of(world, store))) == under(store, NEW)[1]
    assert not meets
    store.engine.dispose()


def test_texts_that_come_in_during_a_rotation_are_answered_and_kept(world: World, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """H-10: another thread texts all the while; nothing is lost, and everything ends under the new key."""
    monkeypatch.setattr(rotation, "BATCH", 2)
    store = opened(empty, NEW, OLD)
    bot = replace(world.bot, store=store)
    answers: list[str] = []
    done = threading.Event()

    def text() -> None:
        number = 0
        while not done.is_set() or number < 10:
            answers.append(take(bot, received(sender=world.number("marcus"), body=f"hello number {number}")))
            number += 1

    thread = threading.Thread(target=text)
    thread.start()
    try:
        for _ in range(3):
            rotate(of(world, store))
    finally:
        done.set()
        thread.join()
    assert under(store, NEW)[0] == under(store, NEW)[1]
    with store.session() as session:
        bodies = session.scalars(
            select(CommunicationRow.body).where(CommunicationRow.direction == "inbound").order_by(CommunicationRow.id)
        ).all()
    assert len(answers) >= 10
    assert bodies == ["hello", *(f"hello number {number}" for number in range(len(answers)))]
    store.engine.dispose()


@pytest.mark.usefixtures("world")
def test_a_key_that_does_not_open_the_database_stops_the_start(empty: str) -> None:
    """With words on what to do, instead of failing at the first patient's name."""
    store = Store(url=empty, keys=(NEW,))
    with pytest.raises(SettingsError, match="add the old one"):
        store.migrate()
    store.engine.dispose()


@pytest.fixture(autouse=True)
def cipher_of_before() -> Any:
    """The process's cipher is put back for the tests that follow."""
    before = EncryptedText.cipher
    yield
    if before is not None:
        use_cipher(before)
