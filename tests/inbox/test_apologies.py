"""A promise that is late is apologised for: once, in the patient's language, by day, by the bot only where the bot may text."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.channels.console import Console, received
from bot.delivery.sender import send_waiting
from bot.desk import apologies, figures, later, staff, work
from bot.desk.figures import Period
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.work_models import PromiseRow
from bot.texts import TEXTS
from bot.turn import take
from tests.inbox.test_later import NEW_YORK
from tests.world import World


def ask(world: World, who: str, words: str = "please have somebody call me") -> None:
    """A patient is promised an answer by one in the afternoon."""
    take(world.bot, received(sender=world.number(who), body=words))


def at(world: World, text: str) -> list[str]:
    """It is that time in New York; gives the apologies that have gone out so far."""
    world.clock.now = datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)
    apologies.apologise(world.bot)
    send_waiting(world.bot, Console())
    with world.bot.store.session() as session:
        rows = select(CommunicationRow).where(CommunicationRow.texts == "late_answer", CommunicationRow.status != "canceled")
        return [row.body for row in session.scalars(rows.order_by(CommunicationRow.id))]


def test_a_late_promise_is_apologised_for_once_in_the_patients_language(world: World) -> None:
    """Not before it is late, and not a second time, whoever runs the job and however often."""
    ask(world, "owen")
    ask(world, "lucia", "quiero hablar con una persona")
    assert at(world, "2026-03-04 12:59") == []
    said = at(world, "2026-03-04 13:01")
    assert said == [
        f"Sunrise Clinic: {TEXTS['late_answer']}",
        "Sunrise Clinic: Perdón, nuestra respuesta se retrasa. No nos hemos olvidado de usted.",
    ]
    assert at(world, "2026-03-04 14:00") == at(world, "2026-03-05 10:00") == said


def test_who_has_been_answered_is_not_apologised_to(world: World) -> None:
    """Neither is one whose answer waits for its hour, or whom a colleague is writing to."""
    for who in ("owen", "dorothy", "marcus"):
        ask(world, who)
    staff.call(world.bot, world.phones["owen"], outcome="reached", words="", by=world.staff)
    later.plan(world.bot, world.phones["dorothy"], "Hello.", at=world.clock.now + timedelta(hours=9), by=world.staff)
    world.clock.now += timedelta(hours=4)
    work.claim(world.bot, world.phones["marcus"], by=world.staff)
    assert at(world, "2026-03-04 13:01") == []
    assert len(at(world, "2026-03-04 13:30")) == 1  # she let it lie


@pytest.mark.parametrize("why", ["opted out", "held", "taken over", "a landline"])
def test_whom_the_bot_may_not_text_it_does_not_apologise_to(world: World, why: str) -> None:
    """S-03, O-10, O-12: an apology is a text like any other."""
    ask(world, "owen")
    phone = world.phones["owen"]
    if why == "taken over":
        staff.take_over(world.bot, phone, by=world.staff)
    if why == "opted out":
        staff.consent(world.bot, phone, texts=False, by=world.staff)
    with world.bot.store.begin() as session:
        row = session.get_one(PhoneRow, phone)
        if why == "held":
            row.state = '{"hold": "medical"}'
        if why == "a landline":
            row.unusable_at = world.clock.now + timedelta(seconds=1)
    assert at(world, "2026-03-04 13:01") == []


def test_nobody_is_woken_or_reminded_days_later(world: World) -> None:
    """O-19: an apology waits for the morning where the patient is, and is left out when it is older than a day."""
    ask(world, "owen")
    assert at(world, "2026-03-04 22:00") == []
    assert len(at(world, "2026-03-05 09:00")) == 1
    ask(world, "dorothy")
    assert len(at(world, "2026-03-07 12:00")) == 1


def test_the_kept_rate_counts_what_was_apologised_for_as_late(world: World) -> None:
    """An apology keeps no promise."""
    ask(world, "owen")
    ask(world, "dorothy")
    staff.call(world.bot, world.phones["dorothy"], outcome="reached", words="", by=world.staff)
    at(world, "2026-03-04 13:01")
    now = world.clock.now
    with world.bot.store.session() as session:
        figure = figures.promises(session, Period(1, now - timedelta(days=7), now, now, world.bot.clinic))
        assert (figure.rows, figure.note) == ((("Mar 2", 1, 1, 0),), "50 % kept.")
        assert session.scalars(select(PromiseRow.kept_at).where(PromiseRow.apologised_at.is_not(None))).all() == [None]
