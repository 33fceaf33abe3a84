"""What tests need not wait for: passwords hashed at their real cost, and the same tables migrated from nothing again and again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from sqlalchemy import Connection, create_engine, inspect

from bot.accounts import passwords

REAL_HASHER, CHEAP_HASHER = passwords._hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
REAL_UPGRADE = command.upgrade
AROUND = ("BEGIN TRANSACTION;", "COMMIT;")


@contextmanager
def cheap() -> Iterator[None]:
    """Cheap hashes, and new SQLite databases that get the tables as the migrations leave them, worked out once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP_HASHER)
        patch.setattr(command, "upgrade", _upgrade)
        yield


def _upgrade(config: Config, revision: str, **how: Any) -> None:
    connection: Connection = config.attributes["connection"]
    if revision != "head" or connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
        REAL_UPGRADE(config, revision, **how)
        return
    for statement in _tables(config.get_main_option("script_location") or ""):
        connection.exec_driver_sql(statement)


@cache
def _tables(migrations: str) -> tuple[str, ...]:
    """The statements that make a database as all migrations leave an empty one."""
    config, engine = Config(), create_engine("sqlite://")
    config.set_main_option("script_location", migrations)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        REAL_UPGRADE(config, "head")
        made = connection.connection.driver_connection
        assert isinstance(made, sqlite3.Connection)
        return tuple(statement for statement in made.iterdump() if statement not in AROUND)
