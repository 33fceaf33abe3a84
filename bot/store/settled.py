"""Whether every row that has been given an id can be seen: on PostgreSQL rows of several transactions appear in any order."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import Connection, text

AT_MOST, AGAIN = 1.0, 0.01  # seconds that those who write are waited for, and between two looks whether they have ended
_WRITING = text("""
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND relation IN (SELECT CAST(name AS regclass) FROM unnest(CAST(:names AS text[])) AS name)
""")


def settled(connection: Connection, tables: Iterable[str]) -> bool:
    """Waits for those who write to the tables at this moment; False when one takes longer. Each statement must read anew.

    Afterwards every id that had been given before is of a row that can be seen, or of none ever: who adds a row takes the table's lock
    before the id is given, and keeps it until all see the row. The age of a row, or of its transaction, tells nothing: an older
    transaction may be given the higher id, and end first. SQLite has one writer at a time.
    """
    if connection.dialect.name != "postgresql":
        return True
    names = {"names": list(tables)}
    writing, deadline = set(connection.scalars(_WRITING, names)), time.monotonic() + AT_MOST
    while writing and time.monotonic() < deadline:
        time.sleep(AGAIN)
        writing &= set(connection.scalars(_WRITING, names))
    return not writing
