"""The database goes away while texts go out, and comes back: nothing is lost, nothing goes twice, nobody restarts anything."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text
from structlog.testing import capture_logs

from bot.delivery.sender import HANDS
from bot.delivery.worker import Worker
from bot.store.sending_models import OutboxRow
from tests.delivery.conftest import Post
from tests.patience import LONG, until

FIRST, LEFT = 5, 20  # texts that went before the database did, and that nobody had taken yet


@contextmanager
def gone(url: str) -> Iterator[None]:
    """Nobody gets at the database: on SQLite another program holds it, on PostgreSQL all connections are cut and none is let in."""
    if url.startswith("sqlite"):
        engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"timeout": LONG})
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
        until(lambda: not connection.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", (name,)).fetchall())
        yield
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")  # type: ignore[call-overload]


@pytest.mark.slow
def test_the_rest_goes_out_when_the_database_is_back(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """W-34: what was on its way when it went is looked up first; each text arrives once."""
    provider, bot = post.provider, post.world.bot
    provider.at_once = FIRST
    whom = zip(cycle(post.world.phones), range(FIRST + HANDS + LEFT), strict=False)
    texts = [post.text(who, body=f"text {number}", sender="staff") for who, number in whom]
    mine = OutboxRow.communication_id.in_(texts)
    worker = Worker(bot, post.channel, None, rate=math.inf, every=0.05)
    worker.start()
    try:
        until(lambda: len(provider.requests) == FIRST + HANDS)  # all hands wait for the provider, and so nobody takes another text
        with gone(bot.store.engine.url.render_as_string(hide_password=False)), monkeypatch.context() as patch, capture_logs() as logged:
            patch.setattr("bot.store.database.LOCK_SECONDS", 0.2)
            provider.go_on.set()
            until(lambda: len(unwritten(logged)) == HANDS)
            assert len(provider.messages) == FIRST + HANDS
        lost = unwritten(logged)
        until(lambda: {row.id for row in post.rows(OutboxRow, mine, OutboxRow.status != "sent")} <= lost)
        assert post.rows(OutboxRow, OutboxRow.id.in_(lost), OutboxRow.status != "sent") != []
        post.world.clock.now += timedelta(minutes=5)  # leases have ended
        until(lambda: post.rows(OutboxRow, mine, OutboxRow.status != "sent") == [])
    finally:
        provider.go_on.set()
        worker.stop()
    times = Counter(body for body in post.bodies if body.startswith("text "))  # the schedule goes on beside
    assert times == Counter(f"text {number}" for number in range(len(texts)))


def unwritten(logged: list[MutableMapping[str, Any]]) -> set[int]:
    """The places in the outbox of texts of which it could not be written what became of them."""
    return {line["outbox"] for line in list(logged) if line["event"] == "send_failed"}
