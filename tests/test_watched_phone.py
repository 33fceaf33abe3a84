"""Whoever holds the phone of somebody who told of abuse learns nothing from it, now or later (S-07, S-08)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import Console, received
from bot.delivery import switch
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.delivery.waitlist import offer_due
from bot.desk import staff
from bot.desk.apologies import apologise
from bot.dialogue.decide import decide
from bot.dialogue.effects import Decision, Say
from bot.dialogue.types import Ask, Clinic, Facts, Hold, Person, Prompt, State, Visit, Wants
from bot.records.exports import export
from bot.records.opened import Records
from bot.remind import ask_helped, ask_medicine
from bot.store.models import CommunicationRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.turn import take
from bot.understand.types import Understanding
from tests.world import NOW, World, make_world

ABUSE = "my boyfriend hits me and took my keys"
VISIT = Visit(id=1, patient_id=1, start=NOW + timedelta(days=2), minutes=30, service="primary")
PEOPLE = ((), (Person(1, "en"),), (Person(1, "es"), Person(2, "en", life_event="hospital")), (Person(1, "en", life_event="died"),))
OPENS = NOW + timedelta(hours=9)


def said(decision: Decision) -> tuple[Any, ...]:
    """What the patient reads: the sentences and their language. Whoever opted out reads nothing, whatever is said."""
    return decision.language, *(effect for effect in decision.effects if isinstance(effect, Say))


@pytest.mark.parametrize("hold", [None, *Hold], ids=str)
def test_abuse_is_answered_as_a_text_is_that_a_person_must_read(hold: Hold | None) -> None:
    """S-07: word for word the same, by day and night, whatever was asked, held or taken over, for whomever the phone is."""
    prompts = (None, *(Prompt(ask=ask, at=NOW, visits=(1,), starts=(VISIT.start,)) for ask in (Ask.REMINDER, Ask.DETAILS, Ask.WAIT)))
    tried = 0
    for prompt, people, paused, staffed, wants in product(prompts, PEOPLE, (False, True), (False, True), Wants):
        facts = Facts(
            now=NOW, clinic=Clinic(name="Clinic", phone="555-0100"), people=people, visits=(VISIT,) if people else (), wants=wants,
            languages=("en", "es"), staffed=staffed, opens=OPENS, answer_by=OPENS,
        )  # fmt: skip
        state = State(hold=hold, paused=paused, prompt=prompt)
        read = Understanding(language="en", language_sure=True, acts=frozenset({"other"}))
        routine = decide(state=state, understanding=read, facts=facts)
        abuse = decide(state=state, understanding=replace(read, urgent="abuse"), facts=facts)
        offered = [each for each in said(routine) if each != Say("language_offer")]  # which any text may get, and none must
        assert list(said(abuse)) == offered, (state, facts)
        assert abuse.state.hold in (Hold.ABUSE, Hold.WRONG_NUMBER)
        tried += 1
    assert tried == 4 * 4 * 2 * 2 * 3


@pytest.fixture
def world(bot_parts: Any) -> World:
    """A clinic."""
    return make_world(bot_parts)


def sent(world: World, who: str) -> list[str]:
    """What really went to a phone by itself."""
    with world.bot.store.session() as session:
        query = select(CommunicationRow.body).join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
        return list(session.scalars(query.where(CommunicationRow.phone_id == world.phones[who], OutboxRow.status == "sent")))


def taken_out(world: World) -> tuple[list[bytes], list[bytes]]:
    """The calendar and the table of visits, which may be seen outside the clinic, without the moment that they were made in."""
    bot = world.bot
    records = Records(store=bot.store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=world.clock, actor="command:test")
    calendar = [line for line in export(records, "visits", "ical").splitlines() if not line.startswith(b"DTSTAMP")]
    return calendar, export(records, "visits", "csv").splitlines()


def test_nothing_more_comes_by_itself_and_nothing_that_leaves_the_clinic_changes(world: World) -> None:
    """S-08: a mother's phone: her visit and her son's, programmes, offers, questions that waited already; five days long."""
    bot, phone = world.bot, world.phones["nadia"]
    before = taken_out(world)
    switch.pause(bot.store, bot.clinic_id, NOW)
    with bot.store.begin() as session:
        assert ask_medicine(bot, session, phone) is not None
        assert ask_helped(bot, session, phone, barrier="transport", visit_id=None) is not None
    world.remind("nadia", goes=False)
    take(bot, received(sender=world.number("nadia"), body=ABUSE))
    switch.resume(bot.store, bot.clinic_id)
    assert taken_out(world) == before
    until = NOW + timedelta(days=5)
    while world.clock.now < until:
        while plan_due(bot):
            pass
        offer_due(bot)
        apologise(bot)
        send_waiting(bot, Console())
        world.clock.now += timedelta(hours=6)
    assert sent(world, "nadia") == []
    assert sent(world, "dorothy"), "to others texts go"
    assert len(taken_out(world)[0]) == len(before[0])


def test_no_apology_tells_of_a_text_that_may_have_been_deleted(world: World) -> None:
    """S-07: the promise is late when a person has seen to it and releases the hold."""
    take(world.bot, received(sender=world.number("marcus"), body=ABUSE))
    world.clock.now = datetime(2026, 3, 5, 15, tzinfo=NOW.tzinfo)
    apologise(world.bot)
    staff.release(world.bot, world.phones["marcus"], by=world.staff)
    apologise(world.bot)
    send_waiting(world.bot, Console())
    assert [body for body in sent(world, "marcus") if "sorry" in body.casefold()] == []


@pytest.mark.parametrize("words", ["wrong number, no marcus here", ABUSE])
def test_danger_from_a_strangers_phone_leaves_it_a_strangers(words: str, world: World) -> None:
    """N-01: released or not, the hold of a wrong number is what a person sees; the danger is an item beside it."""
    number, phone = world.number("marcus"), world.phones["marcus"]
    for body in ("wrong number, I don't know any Marcus", words):
        answer = take(world.bot, received(sender=number, body=body))
    assert answer == ""
    with world.bot.store.session() as session:
        kinds = set(session.scalars(select(TaskRow.kind).where(TaskRow.phone_id == phone)))
        assert ("urgent_abuse" in kinds) == (words == ABUSE)
    with pytest.raises(staff.Refused, match="somebody else's"):
        staff.reply(world.bot, phone, "Hello", by=world.staff)
