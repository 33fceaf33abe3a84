"""Whether a database can be written, found out without standing in line with those who write."""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path

from sqlalchemy import text

from bot.store import database
from bot.store.database import Store

ROOM = 1024 * 1024  # bytes that must be free beside SQLite's file: it stops at none
LOOK = 0.02  # seconds between two looks whether somebody who writes gets on with it


def why_not(store: Store) -> str:
    """Why nothing can be written now, in a few words; "" when it can. Raises sqlalchemy.exc.SQLAlchemyError where it is away."""
    if store.engine.dialect.name == "postgresql":
        with store.reading() as connection:  # so it is of a replica, too
            return "read-only" if connection.scalar(text("SHOW transaction_read_only")) == "on" else ""
    path = Path(store.engine.url.database or ".")
    if shutil.disk_usage(path.parent).free < ROOM:
        return "the disk is full"
    return _sqlite(store)


def _sqlite(store: Store) -> str:
    """Takes the write lock for no time at all. Where others have it, that they commit is as good."""
    connection = store.engine.raw_connection()
    run = connection.cursor().execute
    try:
        run("PRAGMA busy_timeout=0")
        before, deadline = run("PRAGMA data_version").fetchone(), time.monotonic() + database.LOCK_SECONDS
        while True:
            try:
                run("BEGIN IMMEDIATE")
                run("ROLLBACK")
                return ""
            except sqlite3.OperationalError as error:
                if run("PRAGMA data_version").fetchone() != before:
                    return ""
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    return str(error)
            time.sleep(LOOK)
    finally:
        run(f"PRAGMA busy_timeout={int(1000 * database.LOCK_SECONDS)}")
        connection.close()
