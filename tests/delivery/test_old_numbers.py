"""A number from which nobody has been heard for long may be somebody else's: nothing goes before a person has asked (N-02, N-03)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.desk import staff
from bot.store.models import ConsentRow, PhoneRow, TaskRow
from bot.turn import take
from tests.delivery.test_planner import change, run, texts, visit_of
from tests.world import NOW, World, make_world

UNTIL = NOW + timedelta(hours=4)


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """Dorothy, whose visit is in two days, has not been heard from for 400 days."""
    made = make_world(bot_parts)
    age(made, 400)
    yield made
    made.bot.store.engine.dispose()


def age(world: World, days: int, who: str = "dorothy") -> None:
    """Makes a phone, and the consent to text it, as old as that."""
    with world.bot.store.begin() as session:
        session.get_one(PhoneRow, world.phones[who]).created_at = NOW - timedelta(days=days)
        for consent in session.scalars(select(ConsentRow).where(ConsentRow.phone_id == world.phones[who])):
            consent.at = NOW - timedelta(days=days)


def items(world: World, who: str = "dorothy") -> list[str]:
    """The open items of a phone."""
    with world.bot.store.session() as session:
        query = select(TaskRow.kind).where(TaskRow.phone_id == world.phones[who], TaskRow.status == "requested")
        return list(session.scalars(query))


def test_a_number_of_which_nobody_knows_gets_nothing_and_a_person_is_told(world: World) -> None:
    """N-03: no data is no permission; an answer to who writes from there goes all the same."""
    run(world, UNTIL)
    assert texts(world, "dorothy") == []
    assert items(world) == ["whose_number"]
    assert texts(world, "marcus") != []
    assert take(world.bot, received(sender=world.number("dorothy"), body="what time is my visit"))


def _consents(world: World) -> None:
    with world.bot.store.begin() as session:
        phone = world.phones["dorothy"]
        session.add(ConsentRow(clinic_id=1, phone_id=phone, decision="opt_in", source="import: form", at=NOW - timedelta(days=30)))


SIGNS: dict[str, Callable[[World], object]] = {
    "a coordinator has asked": lambda world: staff.verified(world.bot, world.phones["dorothy"], by=world.staff),
    "they have written": lambda world: take(world.bot, received(sender=world.number("dorothy"), body="thanks")),
    "they have consented anew": _consents,
    "it is new to us": lambda world: age(world, 100),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_it_is_texted_since(sign: str, world: World) -> None:
    """N-02: "no", it has not been given to somebody else."""
    SIGNS[sign](world)
    run(world, UNTIL)
    assert texts(world, "dorothy") != []
    assert "whose_number" not in items(world)


def test_once_somebody_has_asked_the_item_is_done_and_the_schedule_goes_on(world: World) -> None:
    """Also after the planner has looked at the visit; a year later it is asked about again."""
    run(world, NOW + timedelta(hours=1))
    staff.verified(world.bot, world.phones["dorothy"], by=world.staff)
    assert items(world) == []
    run(world, UNTIL)
    assert len(texts(world, "dorothy")) == 1
    world.clock.now = NOW + timedelta(days=366)
    change(world, visit_of(world, "dorothy"), start=world.clock.now + timedelta(days=2), participant="needs-action")
    run(world, world.clock.now + timedelta(hours=4))
    assert len(texts(world, "dorothy")) == 1


def test_a_number_that_is_somebody_elses_gets_nothing_for_good(world: World) -> None:
    """N-03: "yes", it has."""
    staff.consent(world.bot, world.phones["dorothy"], texts=False, by=world.staff)
    run(world, UNTIL)
    assert texts(world, "dorothy") == []


def test_what_waits_when_the_year_is_over_is_not_sent(world: World) -> None:
    """O-21: it is looked at in the moment of sending."""
    age(world, 364)
    world.clock.now = NOW + timedelta(hours=2)
    assert plan_due(world.bot)
    age(world, 366)
    send_waiting(world.bot, Console())
    assert texts(world, "dorothy") == []
    assert [body for _, body in texts(world, "dorothy", "dropped")] != []
