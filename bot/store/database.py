"""Opening the database, SQLite or PostgreSQL: engine, transactions, migrations."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from cryptography.fernet import InvalidToken
from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, make_url, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import SettingsError
from bot.store.crypto import Cipher, use_cipher
from bot.store.models import SecretRow

MIGRATIONS = Path(__file__).parent / "migrations"
READING = {"attend_reading": True}  # an option of SQLite's connections that only read
SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}  # PostgreSQL's: all they read is of one moment
EACH = {"isolation_level": "AUTOCOMMIT"}  # each statement by itself: what is decided on it is checked when it is written
RESTED = 5.0  # seconds after which a connection is tried before it is used: the server may have gone and come back
MIGRATING = 4713  # number of the lock that one of several starting processes gets
NO_KEY: Any = {"key_share": True}  # a row lock that does not keep others from adding rows which point to it
CONFLICTS = ("40001", "40P01")  # PostgreSQL: could not serialise, deadlock

AGAIN = 0.0003  # seconds between two tries for the write lock
TRIES = 10  # how often what conflicts is done anew
LOCK_SECONDS = 3  # how long a writer waits for another one before the database counts as down
T = TypeVar("T")
patience = ContextVar("patience", default=1)  # times as long as LOCK_SECONDS that the writers of a thread wait


@dataclass
class _Job:
    """What one thread wants written, and what came of it."""

    work: Callable[[Connection], Any]
    done: bool = False
    result: Any = None
    error: Exception | None = None


class Conflict(Exception):
    """Something that a decision rests on has changed since it was read: a slot, a visit, the conversation. Decide again."""


class Store:
    """A database. `begin()` opens a transaction that commits at the end of the `with` and rolls back on an error.

    On SQLite writers queue for its one lock. On PostgreSQL they lock rows, and what was decided on rows that others have changed
    meanwhile is noticed by the rows' versions. Either way that is a Conflict.
    """

    def __init__(self, *, url: str, keys: tuple[bytes, ...]) -> None:
        self.cipher = Cipher(keys)
        use_cipher(self.cipher)
        self.engine = _engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        sqlite = self.engine.dialect.name == "sqlite"
        self._reader = self.engine.execution_options(**(READING if sqlite else EACH))
        self._writer = threading.Lock() if _is_file(self.engine.url) else None
        snapshot = self.engine.execution_options(**(READING if sqlite else SNAPSHOT))
        self._reading = sessionmaker(snapshot, expire_on_commit=False)
        self._waiting: deque[_Job] = deque()
        self._writing: Connection | None = None  # that of whoever has the lock
        self._kept = threading.local()  # SQLite's connection that a thread reads with: to get one anew costs as much as to read

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A Session in one transaction. Raises Conflict, and sqlalchemy.exc.OperationalError when the database is down."""
        with _conflicts(), self._turn(), self._sessions.begin() as session:
            yield session

    def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, its writes committed; rolled back when it raises. Without the ORM. Raises as `begin` does.

        What threads want written while another one commits is committed together: waiting for the disk is most of what a write costs.
        Where one of them fails, each is done anew by itself.
        """
        if self._writer is None:
            with _conflicts(), self.engine.begin() as connection:
                return work(connection)
        job = _Job(work)
        self._waiting.append(job)
        try:
            with self._turn():
                if not job.done:
                    self._commit([self._waiting.popleft() for _ in range(len(self._waiting))])
        except OperationalError:
            with suppress(ValueError):
                self._waiting.remove(job)
                raise
            with self._writer:  # it is being written after all
                pass
        if job.error is not None:
            with _conflicts():
                raise job.error
        return job.result  # type: ignore[no-any-return]

    def _commit(self, jobs: list[_Job]) -> None:
        """All of them in one transaction. Leaves with each what came of it."""
        try:
            self._writing = self._writing or self.engine.connect()
            with self._writing.begin():
                for job in jobs:
                    job.result = job.work(self._writing)
        except Exception as error:  # nothing of it is written
            if len(jobs) > 1 and not isinstance(error, OperationalError):  # which the database itself cannot do
                for job in jobs:
                    self._commit([job])
                return
            for job in jobs:
                job.error = error
        for job in jobs:
            job.done = True

    def run(self, work: Callable[[Session], T]) -> T:
        """Does `work` in one transaction, anew when it conflicts with another. For what decides nothing on older readings."""
        for _ in range(TRIES - 1):
            try:
                with self.begin() as session:
                    return work(session)
            except Conflict:
                continue
        with self.begin() as session:
            return work(session)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Lets the threads of this process queue for the one write lock: SQLite itself sleeps and tries again, up to 0.1 s a time."""
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=LOCK_SECONDS * patience.get()):
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
        try:
            yield
        finally:
            self._writer.release()

    def session(self) -> Session:
        """A session to read with: it waits for no writer and keeps none waiting."""
        return self._reading()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The same without the ORM; on PostgreSQL each statement reads what is so at its own moment."""
        if self._writer is None:
            with self._reader.connect() as connection:
                yield connection
            return
        kept = vars(self._kept)
        connection = kept.get("reading") or kept.setdefault("reading", self._reader.connect())
        try:
            yield connection
        finally:
            connection.rollback()

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads; see `reading`."""
        with self.reading() as connection:
            return work(connection)

    def migrate(self) -> None:
        """Brings the tables to the newest version. Raises SettingsError when the keys do not open this database."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATING})"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            self.cipher.secret = _secret(connection, self.cipher)


def _secret(connection: Connection, cipher: Cipher) -> str:
    """What this database looks up and seals with: made at its first start, and the same whatever the keys are later."""
    try:
        found: str | None = connection.scalar(select(SecretRow.value).where(SecretRow.name == "index"))
    except InvalidToken:
        raise SettingsError("ATTEND_KEY holds none of the keys that this database was written with: add the old one") from None
    if found is None:
        connection.execute(insert(SecretRow), {"name": "index", "value": cipher.secret})
    return found or cipher.secret


@contextmanager
def _conflicts() -> Iterator[None]:
    """Names what the databases and the ORM call differently by one name."""
    try:
        yield
    except StaleDataError as error:
        raise Conflict("a row of another version") from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in CONFLICTS:
            raise Conflict("another transaction") from error
        raise


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        # A lock or a connection that takes longer counts as a database that is down: the provider does not wait (W-15).
        waits = {"connect_timeout": LOCK_SECONDS, "options": f"-c lock_timeout={int(1000 * LOCK_SECONDS)}"}
        # psycopg forgets what it has prepared, and all else, with each rollback: bot/store/postgresql.py does it instead.
        driver = waits | {"prepare_threshold": None}
        engine = create_engine(url, pool_size=10, max_overflow=20, connect_args=driver, hide_parameters=True)
        event.listen(engine, "checkin", lambda _, record: record.info.update(used=time.monotonic()))
        event.listen(engine, "checkout", _tried)
        return engine
    most = {"max_overflow": -1} if _is_file(make_url(url)) else {}  # each thread keeps one to read with, however many there are
    engine = create_engine(url, connect_args={"timeout": LOCK_SECONDS}, hide_parameters=True, **most)  # errors are printed (H-11)

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy says BEGIN itself, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().keys() & READING.keys():
            connection.connection.cursor().execute("BEGIN")  # as the driver's own: it is said with every text
            return
        # IMMEDIATE: what a turn reads stays true until it commits, so one conversation is answered by one writer at a time.
        _begin_writing(connection)

    return engine


def _is_file(url: URL) -> bool:
    """Whether it is a file of SQLite's, with the one write lock that threads queue for."""
    return url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")


def _tried(connection: DBAPIConnection, record: ConnectionPoolEntry, _pool: object) -> None:
    """A connection that has rested is tried first. Raises DisconnectionError, upon which the pool makes a new one."""
    if time.monotonic() - record.info.get("used", math.inf) < RESTED:
        return
    try:
        connection.cursor().execute("SELECT 1")
        connection.rollback()
    except Exception as error:  # of whatever kind the driver's are
        raise DisconnectionError from error


def _begin_writing(connection: Connection) -> None:
    """BEGIN IMMEDIATE, tried every AGAIN: SQLite itself sleeps ever longer between tries, up to 0.1 s, while the lock is free.

    The wait for a reader's rare locks stays SQLite's own.
    """
    run = connection.connection.cursor().execute
    deadline = time.monotonic() + LOCK_SECONDS * patience.get()
    run("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                run("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise OperationalError("BEGIN IMMEDIATE", None, error) from error
                time.sleep(AGAIN)
    finally:
        run(f"PRAGMA busy_timeout={int(1000 * LOCK_SECONDS)}")
