"""Words that are erased while they are being indexed are found no more, whoever was first (H-08)."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import received
from bot.delivery.worker import index_words
from bot.records.opened import Records
from bot.records.person import erase
from bot.store import words
from bot.store.models import PatientPhoneRow
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
    bot.store.write(partial(words.index, cipher=bot.store.cipher, batch=batch))
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


def test_of_several_workers_one_indexes_and_the_others_pass_on(bot_parts: Any, databases: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL, where writers do not queue; meanwhile a text of the same phone is taken as ever."""
    with databases.copy() as url:
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
