"""What tests need not wait for: passwords hashed at their real cost, and what a server works out once, made in every test."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from werkzeug.routing import Rule

import app
from bot.accounts import passwords
from bot.store import database
from bot.web import tongue

REAL_HASHER, CHEAP_HASHER = passwords._hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
REAL_UPGRADE = command.upgrade
STATEMENTS = 5_000  # of all tests together
AROUND, VERSION = ("BEGIN TRANSACTION;", "COMMIT;"), 'INSERT INTO "alembic_version"'


@contextmanager
def cheap() -> Iterator[None]:
    """Cheap hashes; new SQLite databases get the tables as the migrations leave them; once are files read, pages and SQL compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP_HASHER)
        patch.setattr(command, "upgrade", _upgrade)
        patch.setattr(app, "load_clinic", cache(app.load_clinic))
        patch.setattr(tongue, "load_words", cache(tongue.load_words))
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": _Templates()})
        patch.setattr(Rule, "_compile_builder", _builders(Rule._compile_builder))
        patch.setattr(database, "create_engine", _sharing(create_engine))
        yield


class _Templates(BytecodeCache):
    """The code of the templates, for all applications."""

    def __init__(self) -> None:
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Gives the code, if it is there."""
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps the code."""
        self.code[bucket.key] = bucket.bytecode_to_string()


def _sharing(make: Callable[..., Engine]) -> Callable[..., Engine]:
    """Makes engines that share, for each kind of database, what SQLAlchemy works out of statements: as the requests to a server do."""
    first: dict[str, Engine] = {}

    def create(url: str, **how: Any) -> Engine:
        engine = make(url, query_cache_size=STATEMENTS, **how)
        there = first.setdefault(engine.dialect.name, engine)
        if there.dialect.server_version_info is None:  # it was never connected
            first[engine.dialect.name] = engine
        else:
            engine.dialect, engine._compiled_cache = there.dialect, there._compiled_cache
        return engine

    return create


def _upgrade(config: Config, revision: str, **how: Any) -> None:
    connection: Connection = config.attributes["connection"]
    made = _tables(config.get_main_option("script_location") or "")
    there = inspect(connection).get_table_names()
    if revision == "head" and there and _newest(connection, made):
        return
    if revision != "head" or connection.dialect.name != "sqlite" or there:
        REAL_UPGRADE(config, revision, **how)
        return
    for statement in made:
        connection.exec_driver_sql(statement)


def _newest(connection: Connection, made: tuple[str, ...]) -> bool:
    """Whether a database is of the version that all migrations lead to."""
    versions = connection.scalars(text("select version_num from alembic_version")).all()
    return [f"INSERT INTO \"alembic_version\" VALUES('{each}');" for each in versions] == [each for each in made if VERSION in each]


def _builders(compile_one: Callable[..., Any]) -> Callable[..., Any]:
    """Makes what builds the addresses of a route, once for all applications: it hangs on the rule's words alone."""
    made: dict[Any, Any] = {}

    def builder(rule: Rule, append_unknown: bool = True) -> Any:
        key = rule.rule, rule.endpoint, repr(rule.defaults), tuple(rule._trace), append_unknown
        if key not in made:
            made[key] = compile_one(rule, append_unknown)
        return made[key]

    return builder


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
