"""What a clinic sees before anything goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from bot.desk import staff
from bot.preview import preview, report
from bot.store import care
from bot.store.models import CommunicationRow, PatientRow
from tests.delivery.test_planner import run, texts
from tests.world import World, make_world


def test_the_preview_is_what_then_goes(bot_parts: Any) -> None:
    """Time for time and phone for phone: preview and planner decide by the same function."""
    world = make_world(bot_parts)
    said = _goes(world)
    assert len(said) >= 10
    before = _count(world)
    run(world, datetime(2026, 3, 9, 3, 0, tzinfo=UTC), every=timedelta(minutes=30))
    gone = {(at, who) for who in world.phones for at, _ in texts(world, who) if who != "theo"}
    assert {(f"{entry.at:%a %d %H:%M}", _name(entry.who)) for entry in said} == gone
    assert before == 0  # looking ahead had written nothing


def test_what_will_not_go_is_listed_with_the_reason(bot_parts: Any) -> None:
    """Opted out, taken over, no phone: a clinic learns it before the visit, by first name and two digits."""
    world = make_world(bot_parts)
    staff.consent(world.bot, world.phones["dorothy"], texts=False, by=world.staff)
    staff.take_over(world.bot, world.phones["olga"], by=world.staff)
    staff.prefer(world.bot, world.phones["lucia"], wants="fewer", by=world.staff)
    lines = "\n".join(report(world.bot, first=date(2026, 3, 4), days=20))
    assert "Dorothy ..21" in lines and "NOT: opted out" in lines
    assert "Ольга ..32" in lines and "NOT: a coordinator has taken over" in lines
    assert "Lucía ..23" in lines and "NOT: wants the last reminder only" in lines
    assert "Hale" not in lines and "555" not in lines


def test_another_schedule_shows_what_it_would_change(bot_parts: Any) -> None:
    """A setting is tried out before it is set."""
    world = make_world(bot_parts)
    cadence = world.bot.clinic.cadence
    same = report(world.bot, first=date(2026, 3, 4), days=5, other=cadence)
    assert same == ["The other schedule changes nothing in these days."]
    fewer = replace(cadence, kinds={"default": cadence.kinds["default"][:1]})
    lines = report(world.bot, first=date(2026, 3, 4), days=5, other=fewer)
    assert {line[0] for line in lines} <= {"-", "+"}
    assert any(line.startswith("-") and "days: silent" in line for line in lines)


def test_a_preview_may_look_at_more_people_than_a_statement_can_name(empty: str, bot_parts: Any) -> None:
    """SQLite takes 32,766 parameters (Debian's 250,000), PostgreSQL 65,535: whom a clinic has on record may be more."""
    world = make_world(bot_parts, url=empty)
    with world.bot.store.session() as session:
        everybody = session.scalars(select(PatientRow.id)).all()
        few, many = care.reached_on(session, everybody), care.reached_on(session, range(260_000))
    assert {who: link.phone_id for who, link in few.items()} == {who: link.phone_id for who, link in many.items()} != {}
    world.bot.store.engine.dispose()


def _goes(world: World) -> list[Any]:
    return [entry for entry in preview(world.bot, world.bot.clinic.cadence, first=date(2026, 3, 4), days=5) if not entry.held_back]


def _name(who: str) -> str:
    """ "Nadia/Theo ..25" → nadia; 林美 is mei in the file of people."""
    first = who.split(" ..", maxsplit=1)[0].split("/", maxsplit=1)[0]
    known = {"林美": "mei", "Nguyễn": "linh", "أمينة": "amina", "Ольга": "olga", "Lucía": "lucia"}
    return known.get(first, first.casefold())


def _count(world: World) -> int:
    with world.bot.store.session() as session:
        assert session.scalar(select(func.count()).select_from(PatientRow))
        return session.scalar(select(func.count()).select_from(CommunicationRow)) or 0


def test_the_questions_of_programmes_are_listed_with_why_they_go_or_not(bot_parts: Any) -> None:
    """Owen is asked three times; then, if he stays silent, no more, and the preview says so before."""
    world = make_world(bot_parts)
    lines = [line for line in report(world.bot, first=date(2026, 3, 4), days=6) if "check_in.medicine" in line]
    assert ["NOT" in line for line in lines] == [False, False, False, True, True, True]
    assert "Owen ..27" in lines[0] and "daily: medicine" in lines[0]
    assert all("no answer to the last ones: paused" in line for line in lines[3:])
    staff.consent(world.bot, world.phones["owen"], texts=False, by=world.staff)
    assert [line for line in report(world.bot, first=date(2026, 3, 4), days=6) if "check_in.medicine" in line] == []
