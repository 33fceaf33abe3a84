"""Writing rows by the hundred thousand, by the fastest way that each driver has."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.store.models import Base


def begin(connection: Connection) -> None:
    """Nothing is checked until `settle`: rows come in the order of their tables."""
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF" if _sqlite(connection) else "SET session_replication_role = replica")
    connection.commit()


def load(connection: Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Writes and commits rows; what one does not name gets its column's default. Either all of them have ids or none has."""
    values = iter(rows)
    head = next(values, None)
    if head is None:
        return
    columns = [column for column in Base.metadata.tables[table].columns if column.name != "id" or "id" in head]
    names = ", ".join(column.name for column in columns)
    stored = _stored(columns, head, values)
    driver: Any = connection.connection.driver_connection
    if _sqlite(connection):
        driver.execute("BEGIN")
        places = ", ".join("?" * len(columns))
        driver.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", stored)  # noqa: S608
        driver.execute("COMMIT")
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in stored:
            copy.write_row(row)
    driver.commit()


def settle(connection: Connection) -> None:
    """Ids go on behind those that were written; PostgreSQL knows its tables, as it does after a while by itself."""
    driver: Any = connection.connection.driver_connection
    if _sqlite(connection):
        driver.execute("PRAGMA foreign_keys=ON")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    for table in Base.metadata.sorted_tables:
        if "id" in table.columns:
            last = f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name})"  # noqa: S608
            driver.execute(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last}, false)")
    driver.commit()
    driver.execute("SET session_replication_role = DEFAULT")
    driver.commit()
    driver.autocommit = True
    driver.execute("VACUUM ANALYZE")
    driver.execute("CHECKPOINT")
    driver.autocommit = False


def _stored(columns: list[Column[Any]], head: dict[str, Any], rows: Iterator[dict[str, Any]]) -> Iterator[list[Any]]:
    defaults = [(column.name, getattr(column.default, "arg", None)) for column in columns]
    yield [_as_stored(head.get(name, default)) for name, default in defaults]
    for row in rows:
        yield [_as_stored(row.get(name, default)) for name, default in defaults]


def _as_stored(value: Any) -> Any:
    """Moments as both databases keep them."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
