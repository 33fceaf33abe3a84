"""Every text is found, whoever was stored first; words that are erased while they are being indexed are found no more (H-08)."""

from __future__ import annotations

import threading
import time
import uuid
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text

from bot.channels.console import received
from bot.delivery.worker import index_words
from bot.records.opened import Records
from bot.records.person import erase
from bot.store import settled, turns, words
from bot.store.models import CommunicationRow, PatientPhoneRow
from bot.store.outgoing import queue
from bot.turn import take
from tests.patience import LONG
from tests.world import World, make_world


def found(world: World, asked: str) -> list[int]:
    """The conversations that a search shows."""
    with world.bot.store.session() as session:
        return words.search(session, world.bot.store.cipher, world.bot.clinic_id, asked, words.Only(), now=world.clock())


def eraser(world: World) -> Any:
    """Erases Dorothy."""
    bot = world.bot
    records = Records(store=bot.store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=world.clock, actor="command:test")
    with bot.store.session() as session:
        link = PatientPhoneRow
        patient = session.scalars(select(link.patient_id).where(link.phone_id == world.phones["dorothy"])).one()
    return partial(erase, records, str(patient))


def test_words_erased_between_looking_and_indexing_are_not_indexed(empty: str, bot_parts: Any) -> None:
    """On either database: what is to be indexed was chosen before the erasure, and is read after it."""
    world = make_world(bot_parts, url=empty)
    bot = world.bot
    take(bot, received(sender=world.number("dorothy"), body="please call me about zanahoria"))
    with bot.store.reading() as connection:
        batch = words.unindexed(connection)
    eraser(world)()
    bot.store.write(partial(words.index, cipher=bot.store.cipher, batch=batch, now=world.clock()))
    assert found(world, "zanahoria") == found(world, "dorothy") == []
    bot.store.engine.dispose()


def test_an_erasure_waits_for_what_is_being_indexed(empty: str, bot_parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On either database: the words have been read, the erasure begins, then they are written."""
    world, reading, go_on = make_world(bot_parts, url=empty), threading.Event(), threading.Event()
    bot, add = world.bot, words._add

    def slowly(*given: Any) -> None:
        reading.set()
        go_on.wait(LONG)
        add(*given)

    take(bot, received(sender=world.number("dorothy"), body="please call me about zanahoria"))
    monkeypatch.setattr(words, "_add", slowly)
    indexing = threading.Thread(target=index_words, args=(bot,))
    indexing.start()
    assert reading.wait(LONG)
    erasing = threading.Thread(target=eraser(world))
    erasing.start()
    erasing.join(0.2)
    go_on.set()
    for thread in (indexing, erasing):
        thread.join()
    assert found(world, "zanahoria") == found(world, "dorothy") == []
    bot.store.engine.dispose()


@pytest.mark.slow
def test_of_several_workers_one_indexes_and_the_others_pass_on(
    bot_parts: Any, databases: Any, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL, where writers do not queue; meanwhile a text of the same phone is taken as ever."""
    with databases.copy(tables) as url:
        world, reading, go_on = make_world(bot_parts, url=url), threading.Event(), threading.Event()
        bot, add = world.bot, words._add
        monkeypatch.setattr(words, "_add", lambda *given: (reading.set(), go_on.wait(LONG), add(*given)))
        take(bot, received(sender=world.number("dorothy"), body="please call me about zanahoria"))
        indexing = threading.Thread(target=index_words, args=(bot,))
        indexing.start()
        assert reading.wait(LONG)
        index_words(bot)  # comes back at once
        with bot.store.begin() as session:
            queue(session, clinic_id=bot.clinic_id, phone_id=world.phones["dorothy"], body="hi", now=world.clock(), sender="bot")
        go_on.set()
        indexing.join()
        assert found(world, "zanahoria") == [world.phones["dorothy"]]
        bot.store.engine.dispose()


def late(world: World, connection: Connection) -> None:
    """A text from Dorothy in a transaction that is still open."""
    turns.store_text(
        connection,
        world.bot.store.cipher,
        clinic_id=world.bot.clinic_id,
        provider_sid=uuid.uuid4().hex,
        number=world.number("dorothy"),
        body=world.bot.store.cipher.encrypt("please call me about zanahoria"),
        media=0,
        now=world.clock(),
    )


@pytest.mark.slow
@pytest.mark.parametrize("older", ["late", "quick"])
def test_a_text_whose_transaction_ends_late_is_found_all_the_same(
    older: str, bot_parts: Any, databases: Any, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL another one has the higher id and is there first, from a transaction that began later, or earlier."""
    with databases.copy(tables) as url:
        world = make_world(bot_parts, url=url)
        bot = world.bot
        index_words(bot)
        monkeypatch.setattr(settled, "AT_MOST", 0.05)
        with bot.store.engine.connect() as first, bot.store.engine.connect() as second:
            for connection in (second, first) if older == "quick" else (first, second):
                connection.scalar(text("SELECT pg_current_xact_id()"))
            late(world, first)
            values = {"clinic_id": bot.clinic_id, "phone_id": world.phones["marcus"], "at": world.clock(), "direction": "inbound"}
            second.execute(insert(CommunicationRow), {**values, "status": "answered", "body": "rutabaga"})
            second.commit()
            index_words(bot)  # comes back, and takes in nothing that it could not go back behind
            first.commit()
        index_words(bot)
        assert (found(world, "zanahoria"), found(world, "rutabaga")) == ([world.phones["dorothy"]], [world.phones["marcus"]])
        bot.store.engine.dispose()


@pytest.mark.slow
def test_texts_are_indexed_though_others_are_always_being_stored(bot_parts: Any, databases: Any, tables: str) -> None:
    """On PostgreSQL: only those who were at it are waited for, not those who came after."""
    with databases.copy(tables) as url:
        world = make_world(bot_parts, url=url)
        bot, stop = world.bot, threading.Event()

        def store() -> None:
            while not stop.is_set():
                with bot.store.engine.connect() as connection:
                    late(world, connection)
                    time.sleep(0.02)
                    connection.rollback()

        take(bot, received(sender=world.number("dorothy"), body="please call me about zanahoria"))
        busy = [threading.Thread(target=store) for _ in range(4)]
        for thread in busy:
            thread.start()
        try:
            with bot.store.reading() as connection:
                assert words.unindexed(connection).last
        finally:
            stop.set()
            for thread in busy:
                thread.join()
        bot.store.engine.dispose()
