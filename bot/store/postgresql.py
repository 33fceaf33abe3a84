"""Statements as PostgreSQL's own library takes them, prepared once on every connection.

psycopg's cursors do the same, and cost more than the database itself does.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import Connection, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

_NUMBERS = count(1)


def run(connection: Connection[Any], names: dict[str, bytes], words: str, values: Sequence[Any]) -> tuple[list[Any], int]:
    """(the rows that a statement ($1, $2, …) gives, how many it gave or changed).

    Begins a transaction where psycopg would. names: of the statements that this connection knows. Raises psycopg.Error.
    """
    link, adapt = connection.pgconn, Transformer(connection)
    formats = [PyFormat.BINARY if isinstance(value, bytes) else PyFormat.TEXT for value in values]
    cells: Any = adapt.dump_sequence(values, formats)
    if not connection.autocommit and link.transaction_status == TransactionStatus.IDLE:
        _checked(connection, link.exec_(_begin(connection)))
    if words not in names:
        name = b"attend_%d" % next(_NUMBERS)
        _checked(connection, link.prepare(name, words.encode()))
        names[words] = name
    result = _checked(connection, link.exec_prepared(names[words], cells, adapt.formats))
    adapt.set_pgresult(result)
    return adapt.load_rows(0, result.ntuples, tuple), result.command_tuples or 0


def _checked(connection: Connection[Any], result: PGresult) -> PGresult:
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        if connection.broken:
            raise OperationalError(result.get_error_message(connection.info.encoding))
        raise error_from_result(result, encoding=connection.info.encoding)
    return result


def _begin(connection: Connection[Any]) -> bytes:
    """What opens a transaction as the connection is set."""
    words = ["BEGIN"]
    if connection.isolation_level is not None:
        words.append(f"ISOLATION LEVEL {connection.isolation_level.name.replace('_', ' ')}")
    if connection.read_only:
        words.append("READ ONLY")
    return " ".join(words).encode()
