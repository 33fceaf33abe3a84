"""What PostgreSQL expects the list to cost: from some cost on it compiles a query, which takes longer than the query itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from bot.core import Bot
from bot.store import worklist
from bot.store.models import PhoneRow, TaskRow
from bot.web.wiring import Wired
from tests.conftest import application_on, settings_in
from tests.postgres import Databases
from tests.world import Clock

pytestmark = pytest.mark.slow
OPEN, CLOSED = 300, 60_000


@pytest.fixture
def bot(databases: Databases, seeded_database: str, tmp_path: Path) -> Iterator[Bot]:
    """The seeded clinic on PostgreSQL."""
    with databases.copy(seeded_database) as url, application_on(settings_in(tmp_path, url), Clock()) as app:
        wired: Wired = app.extensions["attend"]
        yield wired.bot


def test_the_list_is_never_compiled_however_much_is_closed(bot: Bot) -> None:
    """Several things in the way of one visit are found among what is open, whatever its patients had in the way before."""
    _had(bot, OPEN, status="requested")
    _had(bot, CLOSED, status="completed", closed_at=bot.clock())
    with bot.store.engine.connect() as connection:
        compiled = float(connection.execute(text("SHOW jit_above_cost")).scalar_one())
    assert _expected(bot) < compiled / 10


def _had(bot: Bot, number: int, **more: Any) -> None:
    """Hindrances, of every phone as many."""
    now = bot.clock() - timedelta(hours=1)
    with bot.store.begin() as session:
        phones = session.scalars(select(PhoneRow.id)).all()
        row = {"clinic_id": bot.clinic_id, "kind": "barrier", "rank": 3, "created_at": now, "due_at": now, **more}
        session.execute(insert(TaskRow), [{**row, "phone_id": phones[n % len(phones)]} for n in range(number)])
    with bot.store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def _expected(bot: Bot) -> float:
    """What the database expects the dearest query of the list to cost."""
    asked: list[tuple[str, Any]] = []

    def noted(*given: Any) -> None:
        asked.append((given[2], given[3]))

    event.listen(bot.store.engine, "before_cursor_execute", noted)
    with bot.store.session() as session:
        worklist.counts(session, bot.clinic_id, bot.clock(), 1)
        worklist.page(session, bot.clinic_id, bot.clock(), worklist.View(me=1))
    event.remove(bot.store.engine, "before_cursor_execute", noted)
    with bot.store.engine.connect() as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {words}", values).scalar() for words, values in asked]
    return max(plan[0]["Plan"]["Total Cost"] for plan in plans)
