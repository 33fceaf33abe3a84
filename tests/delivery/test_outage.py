"""The database goes away while texts go out, and comes back: nothing is lost, nothing goes twice, nobody restarts anything."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import create_engine, text

from bot.delivery.worker import Worker
from bot.store.sending_models import OutboxRow
from tests.delivery.conftest import Post

TEXTS = 40


@contextmanager
def gone(url: str) -> Iterator[None]:
    """Nobody gets at the database: on SQLite another program holds it, on PostgreSQL all connections are cut and none is let in."""
    if url.startswith("sqlite"):
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("BEGIN EXCLUSIVE"))
            yield
            connection.execute(text("ROLLBACK"))
        engine.dispose()
        return
    place, _, name = url.replace("+psycopg", "").partition("?")[0].rpartition("/")
    server = url.replace("+psycopg", "").replace(f"{place}/{name}", f"{place}/postgres", 1)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")  # type: ignore[call-overload]
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        yield
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")  # type: ignore[call-overload]


def until(enough: int, post: Post) -> None:
    """Waits until the provider has that many texts."""
    deadline = time.monotonic() + 60
    while len(post.provider.messages) < enough and time.monotonic() < deadline:
        time.sleep(0.01)


def test_the_rest_goes_out_when_the_database_is_back(both: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """W-34: what was on its way when it went is looked up first; each text arrives once."""
    monkeypatch.setattr("bot.store.database.LOCK_SECONDS", 0.2)
    both.provider.pause = 0.05
    texts = [both.text(body=f"text {number}", sender="staff") for number in range(TEXTS)]
    open_ = OutboxRow.communication_id.in_(texts), OutboxRow.status != "sent"
    url = both.world.bot.store.engine.url.render_as_string(hide_password=False)
    worker = Worker(both.world.bot, both.channel, None, rate=math.inf, every=0.05)
    worker.start()
    try:
        until(5, both)
        with gone(url):
            threading.Event().wait(1.5)
            cut = len(both.provider.messages)
        until(TEXTS - 1, both)
        both.world.clock.now += timedelta(minutes=5)  # leases have ended
        deadline = time.monotonic() + 60
        while both.rows(OutboxRow, *open_) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        worker.stop()
    assert cut < TEXTS
    times = Counter(body for body in both.bodies if body.startswith("text "))  # the schedule goes on beside
    assert times == Counter(f"text {number}" for number in range(TEXTS))
    assert both.rows(OutboxRow, *open_) == []
