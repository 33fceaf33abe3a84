"""A day on which the clinic is closed after all (rules S-12, D-08)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.desk import closing, staff, work
from bot.records.imports import import_file
from bot.records.opened import Records
from bot.store.models import AppointmentRow, SlotRow, TaskRow
from bot.turn import take
from tests.delivery.test_planner import NEW_YORK, run, texts, visit_of
from tests.world import World, make_world

FRIDAY = date(2026, 3, 6)  # dorothy and ernesto have visits


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """The demo's clinic; nobody has been texted."""
    made = make_world(bot_parts)
    yield made
    made.bot.store.engine.dispose()


def test_everybody_booked_is_told_and_the_reminders_that_wait_do_not_go(world: World) -> None:
    """The clinic says that it was the clinic; nothing of that day is free any more; other days are as they were."""
    while plan_due(world.bot):  # reminders of Friday's visits wait to be sent
        pass
    done = closing.close(world.bot, FRIDAY, by=world.staff)
    assert (done.told, done.to_phone, done.left) == (2, 0, [])
    send_waiting(world.bot, Console())
    for who in ("dorothy", "ernesto"):
        assert len(texts(world, who)) == 1
    assert "Sorry, we had to call off your visit" in texts(world, "dorothy")[0][1]
    with world.bot.store.session() as session:
        rows = session.scalars(select(AppointmentRow)).all()
        off = {row.start.astimezone(NEW_YORK).date() for row in rows if row.status == "cancelled"}
        free = {row.start.astimezone(NEW_YORK).date() for row in session.scalars(select(SlotRow).where(SlotRow.status == "free"))}
    assert off == {FRIDAY}
    assert FRIDAY not in free and date(2026, 3, 9) in free
    run(world, datetime(2026, 3, 7, tzinfo=NEW_YORK))
    assert len(texts(world, "dorothy")) == 1
    assert closing.affected(world.bot, FRIDAY) == []


def test_a_visit_that_its_patient_called_off_is_not_had_back_on_a_closed_day(world: World) -> None:
    """UNDO would bring somebody to a locked door."""
    with world.bot.store.begin() as session:
        visit = session.get_one(AppointmentRow, visit_of(world, "dorothy"))
        visit.slot_id = None  # as those are that the clinic's own file has brought
    world.remind("dorothy")
    assert "called off" in take(world.bot, received(sender=world.number("dorothy"), body="I can't come, please cancel my visit"))
    closing.close(world.bot, FRIDAY, by=world.staff)
    take(world.bot, received(sender=world.number("dorothy"), body="UNDO"))
    with world.bot.store.session() as session:
        assert session.get_one(AppointmentRow, visit_of(world, "dorothy")).status == "cancelled"


def test_the_next_file_of_free_times_does_not_open_a_closed_day(world: World, tmp_path: Path) -> None:
    """It says what it said before; once it has said that they are taken, or tells another time, it is followed."""
    bot, path = world.bot, tmp_path / "slots.csv"
    records = Records(store=bot.store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=world.clock, actor="command:test")

    def came(start: str, status: str) -> str:
        path.write_text(f"identifier,service,start,status\nS1,primary,{start},{status}\n", encoding="utf-8")
        import_file(records, path)
        with bot.store.session() as session:
            return session.scalars(select(SlotRow.status).where(SlotRow.identifier == "S1")).one()

    assert came("2026-03-06 11:15", "free") == "free"
    closing.close(bot, FRIDAY, by=world.staff)
    assert came("2026-03-06 11:15", "free") == "busy-unavailable"
    assert [came("2026-03-06 11:15", "busy"), came("2026-03-06 11:15", "free")] == ["busy", "free"]
    closing.close(bot, FRIDAY, by=world.staff)
    assert came("2026-03-09 11:15", "free") == "free"


def test_who_cannot_be_told_by_text_is_somebodys_to_phone(world: World) -> None:
    """An opted-out patient; and a visit of which a colleague is just speaking stays, with the reason."""
    staff.consent(world.bot, world.phones["dorothy"], texts=False, by=world.staff)
    colleague = type(world.staff)(id=2, name="Ben Carter", role="coordinator", clinic_id=world.bot.clinic_id)
    work.claim(world.bot, world.phones["ernesto"], by=colleague)
    done = closing.close(world.bot, FRIDAY, by=world.staff)
    assert (done.told, done.to_phone) == (0, 1)
    assert [(each.name.split()[0], "Ben Carter" in why) for each, why in done.left] == [("Ernesto", True)]
    with world.bot.store.session() as session:
        assert session.scalars(select(TaskRow.detail).where(TaskRow.kind == "not_told")).all() == ["called_off"]
