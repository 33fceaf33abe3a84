"""Threads that write at the same time: committed together, each with its own outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.store.database import Store
from tests.patience import LONG, until

ADD = text("insert into note (word) values (:word)")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database file with one table of words, each allowed once."""
    store = Store(url=f"sqlite:///{tmp_path / 'words.db'}", keys=(Fernet.generate_key(),))
    with store.begin() as session:
        session.execute(text("create table note (word text unique)"))
    yield store
    store.engine.dispose()


def add(word: str) -> Callable[[Connection], str]:
    """Work that writes a word and gives it back."""

    def work(connection: Connection) -> str:
        connection.execute(ADD, {"word": word})
        return word

    return work


def words(store: Store) -> list[str]:
    """What is written."""
    with store.reading() as connection:
        return sorted(connection.execute(text("select word from note")).scalars())


@contextmanager
def waiting(store: Store, *works: Callable[[Connection], Any]) -> Iterator[list[Future[Any]]]:
    """All of `works` wait for one writer; on leaving they are let go."""
    with ThreadPoolExecutor(len(works)) as pool:
        with store.begin():
            futures = [pool.submit(store.write, work) for work in works]
            until(lambda: len(store._waiting) == len(works))
        yield futures


def test_what_waits_is_committed_at_once(store: Store) -> None:
    """Twenty writers that wait for another one cost one commit, and each gets what is its own."""
    commits = []
    event.listen(store.engine, "commit", lambda _: commits.append(1))
    with waiting(store, *(add(f"word {n:02}") for n in range(20))) as futures:
        assert [future.result() for future in futures] == [f"word {n:02}" for n in range(20)]
    assert words(store) == [f"word {n:02}" for n in range(20)]
    assert len(commits) == 1  # the one they waited for wrote nothing


def test_more_threads_read_than_a_pool_usually_holds(store: Store) -> None:
    """Each keeps its connection; none waits for another to end."""
    together = threading.Barrier(20)

    def read() -> list[str]:
        found = words(store)
        together.wait(LONG)  # none has ended before all have read
        return found

    with ThreadPoolExecutor(20) as pool:
        assert [future.result() for future in [pool.submit(read) for _ in range(20)]] == [[]] * 20


def test_an_error_is_its_own_writers_and_no_one_elses(store: Store) -> None:
    """What one of them breaks is undone for it alone."""

    def half(connection: Connection) -> None:
        connection.execute(ADD, {"word": "half"})
        raise ValueError("changed my mind")

    with waiting(store, add("same"), half, add("same"), add("other")) as futures:
        errors = [type(future.exception()) for future in futures]
    assert sorted(error.__name__ for error in errors) == ["IntegrityError", "NoneType", "NoneType", "ValueError"]
    assert errors[1] is ValueError
    assert words(store) == ["other", "same"]


def test_a_commit_that_fails_is_told_to_everybody(store: Store) -> None:
    """Nobody believes written what is not on disk."""

    def full(connection: Connection) -> None:
        raise OperationalError("COMMIT", None, Exception("disk I/O error"))

    with waiting(store, add("one"), full, add("two")) as futures:
        assert all(isinstance(future.exception(), OperationalError) for future in futures)
    assert words(store) == []


def test_who_gave_up_waiting_is_not_written_later(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that was told that the database is down finds nothing of its own there afterwards."""
    monkeypatch.setattr("bot.store.database.LOCK_SECONDS", 0.05)
    with store.begin(), ThreadPoolExecutor(1) as pool, pytest.raises(OperationalError):
        pool.submit(store.write, add("late")).result()
    assert store.write(add("next")) == "next"
    assert words(store) == ["next"]


def test_one_that_writes_alone_gets_its_own_error(store: Store) -> None:
    """Without anybody else waiting it is one plain transaction."""
    store.write(add("same"))
    with pytest.raises(IntegrityError):
        store.write(add("same"))
    assert words(store) == ["same"]
