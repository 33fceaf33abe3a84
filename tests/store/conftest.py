"""A database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from cryptography.fernet import Fernet

from bot.store import queries
from bot.store.database import Store
from tests.cheap import REAL_UPGRADE


@pytest.fixture(autouse=True)
def real_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here the migrations themselves are looked at."""
    monkeypatch.setattr(command, "upgrade", REAL_UPGRADE)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables, of one kind and the other; among the quick tests these are PostgreSQL's."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'clinic.db'}"
        return
    with request.getfixturevalue("databases").copy() as url:
        yield url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, str]:
    """An empty database as the migrations leave it, its key and its secret; tests work on copies."""
    path, key = tmp_path_factory.mktemp("migrated") / "clinic.db", Fernet.generate_key()
    store = Store(url=f"sqlite:///{path}", keys=(key,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "upgrade", REAL_UPGRADE)
        store.migrate()
    store.engine.dispose()  # which writes all of it to the one file
    return path, key, store.cipher.secret


@pytest.fixture
def store(tmp_path: Path, migrated: tuple[Path, bytes, str]) -> Iterator[Store]:
    """An empty database."""
    path, key, secret = migrated
    shutil.copy(path, tmp_path / "clinic.db")
    store = Store(url=f"sqlite:///{tmp_path / 'clinic.db'}", keys=(key,))
    store.cipher.secret = secret
    yield store
    store.engine.dispose()


@pytest.fixture
def clinic_id(store: Store) -> int:
    """A clinic in it."""
    return queries.clinic_id(store, "demo")
