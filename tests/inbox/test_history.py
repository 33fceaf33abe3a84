"""The demo's past: lived through by the bot, over before the demo begins, and short enough not to be waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import app as application
from bot import demo
from bot.core import Bot
from bot.desk.figures import FIGURES, Period
from bot.store import queries
from bot.store.models import AppointmentRow, CommunicationRow, PhoneRow, TaskRow
from bot.store.today import today
from bot.store.work_models import ClaimRow


@pytest.fixture
def bot(tmp_path: Path, bot_parts: Any) -> Iterator[Bot]:
    """A demo that begins with its history."""
    app = application.create_app()
    wired = demo.make(app, application.wire, demo.demo_settings(tmp_path / "demo.db"), history=demo.HISTORY)
    yield wired.bot
    wired.bot.store.engine.dispose()


@pytest.mark.slow
def test_every_picture_and_the_day_show_something(bot: Bot) -> None:
    """Weeks of visits, promises, barriers; what is open now, and what did not arrive."""
    now = bot.clock()
    period = Period(bot.clinic_id, now - timedelta(days=30), now, now + timedelta(days=7), bot.clinic)
    with bot.store.session() as session:
        for make in FIGURES:
            assert sum(number for row in make(session, period).rows for number in row[1:] if not isinstance(number, str)) > 0, make
        day = today(session, bot.clinic_id, now, bot.clinic.zone)
        assert session.query(CommunicationRow).filter_by(status="undelivered").count() == 1
    assert {line.who for line in day.promises} == {"Owen Park", "Ольга Коваль", "Nguyễn Linh"}
    assert [(line.who, line.what) for line in day.changed] == [("أمينة صالح", "cancelled")]


@pytest.mark.slow
def test_nobody_begins_the_demo_in_an_odd_state(bot: Bot) -> None:
    """Past visits are over, every text was answered, nobody is held but who is in danger, and the clock is right again."""
    with bot.store.session() as session:
        past = session.query(AppointmentRow).filter(AppointmentRow.start < bot.clock()).all()
        assert {row.status for row in past} == {"fulfilled", "noshow"}
        assert {row.status for row in session.query(CommunicationRow).filter_by(direction="inbound")} == {"answered"}
        for phone in session.query(PhoneRow):
            state = queries.state_of(phone)
            held = "medical" if queries.people(session, phone.id).popitem()[1][0].name == "Jean Baptiste" else None
            assert (state.hold, state.paused, phone.opted_out_at) == (held, False, None)
        open_ = session.query(TaskRow).filter_by(status="requested").order_by(TaskRow.rank, TaskRow.due_at)
        assert [row.kind for row in open_] == ["urgent_medical", "barrier", "barrier", "refill", "unreviewed_text"]
        assert session.query(ClaimRow).count() == 0
        newest = session.query(CommunicationRow).order_by(CommunicationRow.id.desc()).first()
        assert newest is not None
        assert bot.clock() - newest.at < timedelta(minutes=1)


@pytest.mark.slow
def test_the_history_takes_no_longer_than_two_seconds(tmp_path: Path, bot_parts: Any) -> None:
    """In time of the processor, and the least of three: what else runs on the machine makes it longer, never shorter."""

    def spent(number: int, history: Any) -> float:
        settings = demo.demo_settings(tmp_path / f"{number} {history is None}.db")
        begun = time.process_time()
        wired = demo.make(application.create_app(), application.wire, settings, history=history)
        wired.bot.store.engine.dispose()
        return time.process_time() - begun

    assert min(spent(number, demo.HISTORY) for number in range(3)) - min(spent(number, None) for number in range(3)) < 2
