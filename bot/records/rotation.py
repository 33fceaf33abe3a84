"""Bringing everything that is encrypted under the newest key, so that old keys can be given up; others work on meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, select, type_coerce, update
from sqlalchemy.orm import Session

from bot.records.opened import Records
from bot.store.crypto import EncryptedText
from bot.store.database import Store
from bot.store.models import Base

BATCH = 500  # rows looked at in one transaction


@dataclass(frozen=True)
class Rotated:
    """How many rows of a table were looked at, and how many were written under another key before."""

    table: str
    rows: int
    renewed: int


def rotate(records: Records, *, progress: Callable[[str, int], None] = lambda *_: None) -> list[Rotated]:
    """Re-encrypts every encrypted column. What is under the newest key is passed over, so a rotation can be run again.

    Raises cryptography.fernet.InvalidToken for a row that no key opens. A batch that cannot be written, tried again for a while,
    raises, and those before it stay.
    """
    return [_table(records, table, columns, progress) for table, columns in encrypted()]


def encrypted() -> Iterator[tuple[Table, list[Column[Any]]]]:
    """Every table with its encrypted columns; a new one is found by its type."""
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, EncryptedText)]
        if columns:
            yield table, columns


def _table(records: Records, table: Table, columns: list[Column[Any]], progress: Callable[[str, int], None]) -> Rotated:
    store = records.store
    (key,) = table.primary_key.columns
    query = select(key, *(type_coerce(column, LargeBinary) for column in columns)).order_by(key).limit(BATCH)
    rows = renewed = 0
    last: Any = None
    while batch := _read(store, query if last is None else query.where(key > last)):
        last = batch[-1][0]
        new = [(row[0], changes) for row in batch if (changes := _renewed(store, columns, row[1:]))]
        if new:
            renewed += records.unhurried(partial(_write, table, key, new))
        rows += len(batch)
        progress(table.name, rows)
    return Rotated(table.name, rows, renewed)


def _read(store: Store, query: Any) -> Sequence[Any]:
    with store.reading() as connection:
        return connection.execute(query).all()


def _renewed(store: Store, columns: list[Column[Any]], tokens: Sequence[bytes | None]) -> list[tuple[Column[Any], bytes, bytes]]:
    """(column, what stands there, what shall stand there) for each that is not under the newest key."""
    pairs = zip(columns, tokens, strict=True)
    return [(column, token, new) for column, token in pairs if token and (new := store.cipher.renew(token)) is not None]


def _write(table: Table, key: Column[Any], new: list[tuple[Any, list[tuple[Column[Any], bytes, bytes]]]], session: Session) -> int:
    """Writes a batch. Who has changed a row meanwhile has written it under the newest key, and keeps what they wrote."""
    renewed = 0
    for id_, changes in new:
        for column, old, token in changes:
            same = type_coerce(column, LargeBinary) == old
            renewed += session.connection().execute(update(table).where(key == id_, same).values({column: token})).rowcount
    return renewed
