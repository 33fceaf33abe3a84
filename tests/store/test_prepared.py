"""Statements that are prepared once, on both databases: what goes in comes out, and what fails leaves a connection that works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Boolean, Integer, LargeBinary, MetaData, String, Table, bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.schema import Column

from bot.store.database import Store
from bot.store.moment import Moment
from bot.store.prepared import Prepared
from tests.postgres import Databases

NOTES = Table(
    "note",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("word", String, unique=True),
    Column("read", Boolean),
    Column("at", Moment),
    Column("sealed", LargeBinary),
)
ADD = Prepared(insert(NOTES).returning(NOTES.c.id), "word", "read", "at", "sealed")
FIND = Prepared(select(NOTES).where(NOTES.c.word == bindparam("wanted")))
CHANGE = Prepared(NOTES.update().where(NOTES.c.word == bindparam("wanted")).values(read=True))
NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
WORD = {"word": "zanahoria", "read": False, "at": NOON, "sealed": b"\0\xff'"}


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """A database with one table."""
    store = Store(url=url, keys=(Fernet.generate_key(),))
    NOTES.metadata.create_all(store.engine)
    yield store
    store.engine.dispose()


@pytest.fixture
def store(empty: str) -> Iterator[Store]:
    """The same, on one kind of database and the other."""
    with opened(empty) as store:
        yield store


def test_what_goes_in_comes_out(store: Store) -> None:
    """Moments, bytes of any kind, truth and nothing; quotes and other scripts are words like all others."""
    nothing = {"word": 'it\'s 100% "اليوم"', "read": None, "at": None, "sealed": None}
    for number, given in enumerate((WORD, nothing), 1):
        assert store.write(lambda connection, given=given: ADD.rows(connection, **given)) == [(number,)]  # type: ignore[misc]
        found = store.read(lambda connection, given=given: FIND.rows(connection, wanted=given["word"]))  # type: ignore[misc]
        assert found == [(number, *given.values())]


def test_how_many_rows_were_changed(store: Store) -> None:
    """Which tells whether somebody else was there first."""
    store.write(lambda connection: ADD.rows(connection, **WORD))
    for word, changed in (("zanahoria", 1), ("papa", 0)):
        assert store.write(lambda connection, word=word: CHANGE.changed(connection, wanted=word)) == changed  # type: ignore[misc]


def test_what_fails_is_rolled_back_and_tells_no_words(store: Store) -> None:
    """The first word of the transaction is gone with the second; the statement works as before (H-11)."""
    store.write(lambda connection: ADD.rows(connection, **WORD))

    def twice(word: str) -> None:
        with store.begin() as session:
            ADD.rows(session.connection(), **{**WORD, "word": word})
            ADD.rows(session.connection(), **WORD)

    for word in ("papa", "uva"):
        with pytest.raises(IntegrityError) as caught:
            twice(word)
        assert "papa" not in str(caught.value)
        assert store.read(lambda connection, word=word: FIND.rows(connection, wanted=word)) == []  # type: ignore[misc]
    assert store.write(lambda connection: CHANGE.changed(connection, wanted="zanahoria")) == 1


def test_a_session_that_only_reads_sees_one_moment(store: Store) -> None:
    """Prepared statements begin the transaction that the session was set to, as others do."""
    with store.session() as session:
        assert FIND.rows(session, wanted="zanahoria") == []
        store.write(lambda connection: ADD.rows(connection, **WORD))
        assert FIND.rows(session, wanted="zanahoria") == []
        with pytest.raises(DBAPIError):
            ADD.rows(session, **{**WORD, "word": "papa"})


def test_a_connection_that_is_cut_counts_as_a_database_that_is_down_and_the_next_one_works(databases: Databases) -> None:
    """PostgreSQL was started anew between two statements of a transaction."""
    with databases.copy() as url, opened(url) as store:
        with pytest.raises(OperationalError), store.begin() as session:
            ADD.rows(session, **WORD)
            own = session.scalar(text("select pg_backend_pid()"))
            with store.engine.connect() as other:
                other.execute(text("select pg_terminate_backend(:own)"), {"own": own})
            FIND.rows(session, wanted="zanahoria")
        assert store.write(lambda connection: ADD.rows(connection, **WORD))
