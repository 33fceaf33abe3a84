"""What somebody has and nobody acts on until it is late goes to another person and is marked (S-13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.actor import Actor
from bot.channels.console import received
from bot.desk import silence, staff, work
from bot.store.account_models import UserRow
from bot.store.models import AuditRow, TaskRow
from bot.store.work_models import ActionRow
from bot.turn import take
from tests.inbox.conftest import Desk, page
from tests.inbox.test_later import NEW_YORK
from tests.world import World

ANA = Actor(id=1, name="Ana Torres", role="coordinator", clinic_id=1)


@pytest.fixture
def staffed(world: World) -> World:
    """Ana and Ben at the desk, Maya leads them; Owen has asked for a call, which Ana is to make by one o'clock."""
    with world.bot.store.begin() as session:
        for name, role in (("Ana Torres", "coordinator"), ("Ben Carter", "coordinator"), ("Maya Lind", "manager")):
            email = f"{name.split()[0]}@clinic.example"
            session.add(UserRow(clinic_id=1, email=email, name=name, role=role, created_at=world.clock.now))
            session.flush()
    take(world.bot, received(sender=world.number("owen"), body="please have somebody call me"))
    work.assign(world.bot, [item(world).id], to=ANA, by=ANA)
    return world


def item(world: World) -> TaskRow:
    """The one item."""
    with world.bot.store.session() as session:
        return session.scalars(select(TaskRow)).one()


def at(world: World, text: str) -> tuple[str | None, str | None]:
    """It is that time in New York: whose the item is, and who had let it lie."""
    world.clock.now = datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)
    silence.escalate(world.bot)
    return item(world).owner, item(world).escalated_from


def test_what_its_owner_leaves_until_it_is_late_goes_to_the_manager_and_is_marked(staffed: World) -> None:
    """In the timeline and in the audit trail too, as nobody's deed."""
    assert at(staffed, "2026-03-04 13:00") == ("Ana Torres", None)
    assert at(staffed, "2026-03-04 13:01") == ("Maya Lind", "Ana Torres")
    late = item(staffed).id
    with staffed.bot.store.session() as session:
        (did,) = session.scalars(select(ActionRow).where(ActionRow.kind == "escalated"))
        assert (did.detail, did.actor, did.task_id) == ("Ana Torres → Maya Lind", "", late)
        assert session.scalars(select(AuditRow.actor).where(AuditRow.action == "escalated")).one() == "clock"


def test_it_is_handed_on_by_itself_but_once(staffed: World) -> None:
    """Whoever a person gives it to keeps it, and the mark is gone: somebody has seen to it."""
    at(staffed, "2026-03-04 13:01")
    assert at(staffed, "2026-03-04 16:00") == ("Maya Lind", "Ana Torres")
    work.assign(staffed.bot, [item(staffed).id], to=ANA, by=ANA)
    assert at(staffed, "2026-03-04 16:59") == ("Ana Torres", "")


@pytest.mark.parametrize(
    "act",
    [
        lambda world: staff.note(world.bot, world.phones["owen"], "Busy line.", by=ANA),
        lambda world: staff.call(world.bot, world.phones["owen"], outcome="no_answer", words="", by=ANA),
        lambda world: work.assign(world.bot, [item(world).id], to=ANA, by=ANA),
        lambda world: work.claim(world.bot, world.phones["owen"], by=ANA),
    ],
    ids=["note", "call", "assigned late", "claimed"],
)
def test_who_is_at_work_on_it_keeps_it(staffed: World, act: Callable[[World], None]) -> None:
    """While a claim lasts, and for a quarter of an hour from the last thing that anybody did; then the silence counts."""
    staffed.clock.now = datetime(2026, 3, 4, 12, 58, tzinfo=NEW_YORK)
    act(staffed)
    assert at(staffed, "2026-03-04 13:02") == ("Ana Torres", None)
    assert at(staffed, "2026-03-04 13:20") == ("Maya Lind", "Ana Torres")


def test_a_claim_that_lapsed_is_no_excuse_and_one_that_was_let_go_is_nobodys(staffed: World) -> None:
    """What was claimed and left is handed on like what was assigned; what nobody has is in everybody's list already."""
    work.assign(staffed.bot, [item(staffed).id], to=None, by=ANA)
    assert at(staffed, "2026-03-04 13:30") == (None, None)
    work.claim(staffed.bot, staffed.phones["owen"], by=ANA)
    work.let_go(staffed.bot, staffed.phones["owen"], by=ANA)
    assert at(staffed, "2026-03-04 14:30") == (None, None)
    work.claim(staffed.bot, staffed.phones["owen"], by=ANA)
    assert at(staffed, "2026-03-04 14:34") == (None, None)
    assert at(staffed, "2026-03-04 14:36") == ("Maya Lind", "Ana Torres")


def test_what_is_snoozed_or_closed_or_out_of_hours_waits(staffed: World) -> None:
    """Nobody is at the desk to take it; it goes on when they come back."""
    work.snooze(staffed.bot, [item(staffed).id], until=datetime(2026, 3, 4, 16, 30, tzinfo=NEW_YORK), by=ANA)
    assert at(staffed, "2026-03-04 16:00") == ("Ana Torres", None)
    assert at(staffed, "2026-03-04 20:00") == ("Ana Torres", None)
    assert at(staffed, "2026-03-05 08:01") == ("Maya Lind", "Ana Torres")


def test_danger_is_handed_on_by_night_too(world: World, staffed: World) -> None:
    """S-13: an urgent item is due at once, and must not lie until the morning."""
    world.clock.now = datetime(2026, 3, 4, 22, 0, tzinfo=NEW_YORK)
    take(world.bot, received(sender=world.number("dorothy"), body="I have chest pain and cannot breathe"))
    with world.bot.store.session() as session:
        urgent = session.scalars(select(TaskRow.id).where(TaskRow.rank == 0)).one()
    work.assign(world.bot, [urgent], to=ANA, by=ANA)
    world.clock.now += timedelta(minutes=16)
    silence.escalate(world.bot)
    with world.bot.store.session() as session:
        owners = [row.owner for row in session.scalars(select(TaskRow).order_by(TaskRow.id))]
    assert owners == ["Ana Torres", "Maya Lind"]


@pytest.mark.parametrize(("left", "to"), [(("manager",), "Ben Carter"), (("manager", "coordinator"), None)])
def test_without_a_manager_it_goes_to_whoever_else_is_there(staffed: World, left: tuple[str, ...], to: str | None) -> None:
    """And without anybody back into everybody's list, marked all the same."""
    with staffed.bot.store.begin() as session:
        for user in session.scalars(select(UserRow).where(UserRow.role.in_(left))):
            user.active = False
    assert at(staffed, "2026-03-04 13:01") == (to, "Ana Torres")


def test_the_mark_stands_in_the_list_and_in_the_conversation(desk: Desk) -> None:
    """With the name of who did not act."""
    desk.text(7, "please have somebody call me")
    with desk.bot.store.begin() as session:
        row = session.get_one(TaskRow, desk.items(7)[0].id)
        row.escalated_from, row.owner = "Ben Carter", "Ana Torres"
    assert "Ben Carter did not act" in page(desk.ana, "/inbox")
    assert "Ben Carter did not act" in page(desk.ana, "/inbox/phone/7")
