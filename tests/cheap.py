"""What tests need not wait for: passwords hashed at their real cost, and the same tables and files made and read again and again."""

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
from sqlalchemy import Connection, create_engine, inspect, text

import app
from bot.accounts import passwords
from bot.web import tongue

REAL_HASHER, CHEAP_HASHER = passwords._hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
REAL_UPGRADE = command.upgrade
AROUND, VERSION = ("BEGIN TRANSACTION;", "COMMIT;"), 'INSERT INTO "alembic_version"'


@contextmanager
def cheap() -> Iterator[None]:
    """Cheap hashes; new SQLite databases get the tables as the migrations leave them, worked out once; files are read once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP_HASHER)
        patch.setattr(command, "upgrade", _upgrade)
        patch.setattr(app, "load_clinic", cache(app.load_clinic))
        patch.setattr(tongue, "load_words", cache(tongue.load_words))
        yield


def _upgrade(config: Config, revision: str, **how: Any) -> None:
    connection: Connection = config.attributes["connection"]
    made = _tables(config.get_main_option("script_location") or "")
    there = inspect(connection).get_table_names()
    if revision != "head" or connection.dialect.name != "sqlite" or (there and not _newest(connection, made)):
        REAL_UPGRADE(config, revision, **how)
    elif not there:
        for statement in made:
            connection.exec_driver_sql(statement)


def _newest(connection: Connection, made: tuple[str, ...]) -> bool:
    """Whether a database is of the version that all migrations lead to."""
    versions = connection.scalars(text("select version_num from alembic_version")).all()
    return [f"INSERT INTO \"alembic_version\" VALUES('{each}');" for each in versions] == [each for each in made if VERSION in each]


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
