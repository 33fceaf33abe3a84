"""Statements that every text needs, compiled once: SQLAlchemy sets each execution up anew, which costs more than the database does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Insert, PoolProxiedConnection, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select
from sqlalchemy.types import TypeEngine

from bot.store import postgresql

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]
# For statements that are made once, since making one anew costs more than running it: `column.in_(LISTED)`, {"listed": values}.
LISTED: BindParameter[Any] = bindparam("listed", expanding=True)


class _Compiled(NamedTuple):
    """A statement in one database's words.

    binds: its parameters in order, each with what converts a value of Python's; known: their values where the statement itself
    holds them. columns: the places of what it gives that must be converted.
    """

    words: str
    binds: tuple[tuple[str, Convert | None], ...]
    known: dict[str, Any]
    columns: tuple[tuple[int, Convert], ...]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """What the database is told for each parameter."""
        every = {**self.known, **given}
        return [every[name] if convert is None else convert(every[name]) for name, convert in self.binds]

    def rows(self, raw: list[Row]) -> list[Row]:
        """What the database gave, as Python's values."""
        return [self._row(row) for row in raw] if self.columns else raw

    def _row(self, row: Row) -> Row:
        cells = list(row)
        for place, convert in self.columns:
            cells[place] = convert(cells[place])
        return tuple(cells)


class Prepared:
    """A statement that is run as it was compiled the first time; values and rows are converted by the columns' types, as everywhere.

    Not for lists of values (`expanding`), nor for defaults that are made at the moment. named: an insert's or update's columns.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]] | UpdateBase, *named: str) -> None:
        self._statement = statement
        self._named = list(named)
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, source: Connection | Session, **values: Any) -> list[Row]:
        """All rows that it gives. Raises sqlalchemy.exc.DBAPIError as an execution does."""
        return self._run(source, values)[0]

    def changed(self, connection: Connection, **values: Any) -> int:
        """How many rows it changed. Raises as `rows` does."""
        return self._run(connection, values)[1]

    def _run(self, source: Connection | Session, values: Mapping[str, Any]) -> tuple[list[Row], int]:
        if isinstance(source, Session):
            source.flush()  # its own executions do so, too
        connection = source.connection() if isinstance(source, Session) else source
        dialect, raw = connection.dialect, connection.connection
        driver: Any = raw.dbapi_connection
        compiled = self._compiled.get(dialect.name) or self._compiled.setdefault(dialect.name, self._compile(dialect))
        given = compiled.values(values)
        try:
            if dialect.name == "postgresql":
                rows, changed = postgresql.run(driver, raw.info.setdefault("names", {}), compiled.words, given)
            else:
                rows, changed = _on_sqlite(raw, compiled.words, given)
        except dialect.loaded_dbapi.Error as error:
            lost = dialect.is_disconnect(error, driver, None)
            if lost:
                connection.invalidate(error)
            base: Any = dialect.loaded_dbapi.Error
            raise DBAPIError.instance(
                compiled.words, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=dialect
            ) from error
        return compiled.rows(rows), changed

    def _compile(self, dialect: Dialect) -> _Compiled:
        if dialect.name == "postgresql":
            dialect = type(dialect)(paramstyle="numeric_dollar")  # type: ignore[call-arg]
        named, known = self._named or None, {}
        if isinstance(self._statement, Insert):
            defaults: dict[str, Any] = {column.key: column.default for column in self._statement.table.columns}
            known = {key: each.arg for key, each in defaults.items() if each is not None and each.is_scalar and key not in self._named}
            named = [*self._named, *known]
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=named)
        known |= {name: bind.value for name, bind in compiled.binds.items() if not bind.required and name not in known}
        binds = tuple((name, _to_database(compiled.binds[name].type, dialect)) for name in compiled.positiontup)
        gives: Iterable[Any] = getattr(self._statement, "selected_columns", None) or compiled.effective_returning or ()
        converts = ((place, _from_database(column.type, dialect)) for place, column in enumerate(gives))
        return _Compiled(compiled.string, binds, known, tuple((place, convert) for place, convert in converts if convert))


def _on_sqlite(raw: PoolProxiedConnection, words: str, values: list[Any]) -> tuple[list[Row], int]:
    cursor = raw.cursor()
    try:
        cursor.execute(words, values)
        return list(cursor.fetchall()), cursor.rowcount
    finally:
        cursor.close()


def _to_database(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _from_database(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
