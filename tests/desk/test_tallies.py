"""Days that are over are counted once and kept: a picture shows the same, and what has changed since is counted again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from bot.channels.console import received
from bot.desk import tallies
from bot.desk.counts import COUNTS, Span, count
from bot.desk.figures import FIGURES, Figure, Period
from bot.desk.further import costs
from bot.segments import segments
from bot.store.models import BREAK, CommunicationRow
from bot.store.tally_models import TallyRow
from bot.store.work_models import PromiseRow
from bot.turn import take
from tests.world import Parts, World, make_world

SAID = ("please have somebody call me", "my car died and I have no way to get there", "can I come another day", "yes I will be there")


@pytest.fixture
def world(bot_parts: Parts, tmp_path: Path) -> Iterator[World]:
    """A clinic in which somebody wrote every day for a while, and then nobody."""
    world = make_world(bot_parts, url=f"sqlite:///{tmp_path / 'clinic.db'}")
    for words in SAID * 2:
        take(world.bot, received(sender=world.number("marcus"), body=words))
        take(world.bot, received(sender=world.number("lucia"), body="no puedo ir"))
        world.clock.now += timedelta(days=1)
    take(world.bot, received(sender=world.number("dorothy"), body="STOP"))
    yield world
    world.bot.store.engine.dispose()


def pictures(world: World) -> list[Figure]:
    """All of them, of the last month and the next week."""
    now = world.clock()
    period = Period(world.bot.clinic_id, now - timedelta(days=30), now, now + timedelta(days=7), world.bot.clinic)
    with world.bot.store.session() as session:
        return [make(session, period) for make in FIGURES]


def keep(world: World) -> int:
    """Lets the job do all there is to do; gives how many days it has kept in all."""
    while tallies.keep(world.bot) is not None:
        pass
    with world.bot.store.session() as session:
        return session.scalar(select(func.count()).select_from(TallyRow).where(TallyRow.picture == "promises")) or 0


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page counts all of these days itself."""
    monkeypatch.setattr(tallies, "FRESH", timedelta(days=60))


@pytest.mark.usefixtures("at_once")
def test_pictures_are_the_same_whether_days_are_kept_or_not(world: World) -> None:
    """Today, of which more is to come, is not kept; and the job has nothing left to do."""
    before = pictures(world)
    assert sum(number for figure in before for row in figure.rows for number in row[1:] if not isinstance(number, str)) > 20
    assert keep(world) == 8
    assert pictures(world) == before
    assert keep(world) == 8


def test_days_that_no_worker_has_come_to_are_left_out_and_told(world: World) -> None:
    """A page counts yesterday and today itself, however long ago the rest was; days from before the first text lack nothing."""
    now = world.clock()
    span = Span(world.bot.clinic_id, now - timedelta(days=300), now, now, world.bot.clinic)
    with world.bot.store.session() as session:
        assert set(tallies.missing(session, span).values()) == {7}
        seen = {day for name in COUNTS for day in tallies.counted(session, name, span)}
    assert seen <= {span.day(now), span.day(now) - timedelta(days=1)}
    assert _promises(world) == Counter()
    keep(world)
    with world.bot.store.session() as session:
        assert set(tallies.missing(session, span).values()) == {0}
    assert sum(_promises(world).values()) > 1


def test_what_nobody_has_counted_costs_a_page_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update a year of texts is not gone through at each load: a page counts two days and a part of one."""
    asked: list[Span] = []
    monkeypatch.setattr(tallies, "count", lambda session, name, span: asked.append(span) or count(session, name, span))
    pictures(world)
    assert {span.until for span in asked} >= {world.clock() + timedelta(days=7)}
    assert max(min(span.until, span.now) - span.since for span in asked) <= timedelta(days=2)


def test_what_is_kept_is_not_counted_anew(world: World) -> None:
    """That is what it is kept for."""
    keep(world)
    before = pictures(world)
    with world.bot.store.begin() as session:
        yesterday = world.clock() - timedelta(days=1)
        session.execute(update(CommunicationRow).where(CommunicationRow.at <= yesterday).values(direction="outbound"))
    assert pictures(world) == before


@pytest.mark.slow
def test_a_promise_that_is_kept_later_is_counted_within_the_hour(world: World) -> None:
    """So is all that changes within five weeks; what is older holds."""
    keep(world)
    with world.bot.store.begin() as session:
        session.execute(update(PromiseRow).values(kept_at=PromiseRow.made_at))
    assert _promises(world)["late"] > 0
    world.clock.now += timedelta(hours=1, minutes=1)
    keep(world)
    assert _promises(world)["late"] == 0
    world.clock.now += timedelta(days=36)
    keep(world)
    with world.bot.store.begin() as session:
        session.execute(update(PromiseRow).values(kept_at=None))
    world.clock.now += timedelta(hours=2)
    keep(world)
    assert _promises(world, days=60)["late"] == 0


def _promises(world: World, days: int = 30) -> Counter[str]:
    now = world.clock()
    with world.bot.store.session() as session:
        span = Span(world.bot.clinic_id, now - timedelta(days=days), now, now, world.bot.clinic)
        return sum(tallies.counted(session, "promises", span).values(), Counter[str]())


@pytest.mark.usefixtures("at_once")
def test_texts_from_before_segments_were_counted_are_counted_by_the_worker(world: World) -> None:
    """Once, with their day; until then the picture says of how many none is known."""
    world.clock.now += timedelta(days=1)
    before = _costs(world)
    assert sum(int(row[2]) for row in before.rows) > len(SAID)
    with world.bot.store.begin() as session:
        session.execute(update(CommunicationRow).values(segments=None))
    assert "17 texts from before they were counted" in _costs(world).note
    keep(world)
    assert _costs(world) == before
    with world.bot.store.session() as session:
        took = session.execute(select(CommunicationRow.segments, CommunicationRow.reply)).all()
    assert [count for count, _ in took] == [segments(reply.partition(BREAK)[0]) for _, reply in took]


def _costs(world: World) -> Figure:
    now = world.clock()
    with world.bot.store.session() as session:
        return costs(session, Period(world.bot.clinic_id, now - timedelta(days=30), now, now, world.bot.clinic))


@pytest.mark.usefixtures("at_once")
def test_a_picture_that_is_new_is_counted_of_every_day(world: World) -> None:
    """An update brings it; the days are kept already, with the others."""
    before, days = pictures(world), keep(world)
    with world.bot.store.begin() as session:
        session.execute(delete(TallyRow).where(TallyRow.picture == "costs"))
    keep(world)
    with world.bot.store.session() as session:
        assert session.scalar(select(func.count()).select_from(TallyRow).where(TallyRow.picture == "costs")) == days
    assert pictures(world) == before


def test_a_span_that_begins_within_a_day_takes_that_part_of_it(world: World) -> None:
    """A day that is kept whole does not stand for a part of it."""
    keep(world)
    now = world.clock()
    span = Span(world.bot.clinic_id, now - timedelta(days=3, hours=1), now - timedelta(hours=23), now, world.bot.clinic)
    with world.bot.store.session() as session:
        for name in COUNTS:
            whole = sum(count(session, name, span).values(), Counter[str]())
            assert sum(tallies.counted(session, name, span).values(), Counter[str]()) == whole, name


def test_nothing_that_is_kept_tells_of_a_person(world: World) -> None:
    """H-11: numbers by kind and language alone."""
    keep(world)
    with world.bot.store.session() as session:
        kept = " ".join(session.scalars(select(TallyRow.counts)))
    assert not any(word in kept for word in ("Marcus", "Lucía", world.number("marcus"), "car", "STOP"))
