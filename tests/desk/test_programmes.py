"""Programmes on the page of a conversation: who may put patients in, what the page tells, what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.desk import programmes, staff, work
from bot.desk.work import Refused
from bot.store import programmes as stored
from bot.store import queries
from bot.store.models import AuditRow, ConsentRow, PatientRow
from bot.store.programme_models import CarePlanRow
from tests.inbox.conftest import Desk, desk, page  # noqa: F401 - the fixtures
from tests.world import World, make_world


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """A clinic of its own; Owen is in the medicine programme."""
    made = make_world(bot_parts)
    yield made
    made.bot.store.engine.dispose()


def person(world: World, who: str, number: int = 0) -> PatientRow:
    """One of the people of a phone."""
    with world.bot.store.session() as session:
        return [patient for patient, _ in queries.people(session, world.phones[who]).values()][number]


def enrol(world: World, who: str, number: int = 0, **how: str) -> None:
    """Ana puts somebody into the medicine programme."""
    given = {"programme": "medicine", "agreed": "person", **how}
    programmes.enrol(world.bot, world.phones[who], person(world, who, number), by=world.staff, **given)


def test_joining_is_written_into_the_consent_ledger_and_the_trail(world: World) -> None:
    """Which texts, how agreed, who recorded it, when (O-17, H-07)."""
    enrol(world, "dorothy", agreed="phone")
    with world.bot.store.session() as session:
        plan = session.scalars(select(CarePlanRow).where(CarePlanRow.phone_id == world.phones["dorothy"])).one()
        assert plan.consent_id is not None
        consent = session.get_one(ConsentRow, plan.consent_id)
        assert (consent.decision, consent.category, consent.source) == ("opt_in", "medicine", "by phone, staff:1")
        assert consent.at == world.clock.now
        assert session.scalars(select(AuditRow.action)).all()[-1] == "enrolled"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"programme": "nonsense"}, "Choose a programme"),
        ({"programme": "after_visit"}, "Choose a programme"),  # it begins by itself
        ({"agreed": ""}, "how the patient agreed"),
        ({"agreed": "hardly"}, "how the patient agreed"),
    ],
)
def test_nobody_joins_without_agreeing(world: World, how: dict[str, str], says: str) -> None:
    """The form says how, or nothing is written."""
    with pytest.raises(Refused, match=says):
        enrol(world, "dorothy", **how)


def test_one_phone_is_asked_about_one_person(world: World) -> None:
    """Nobody could tell whom an answer is about (N-04)."""
    enrol(world, "nadia")
    with pytest.raises(Refused, match="in this programme already"):
        enrol(world, "nadia", 1)


def test_who_must_not_be_texted_joins_nothing(world: World) -> None:
    """Opted out, or asked not to be texted (N-08)."""
    staff.consent(world.bot, world.phones["dorothy"], texts=False, by=world.staff)
    with pytest.raises(Refused, match="opted out"):
        enrol(world, "dorothy")
    with world.bot.store.begin() as session:
        for patient, _ in queries.people(session, world.phones["marcus"]).values():
            patient.do_not_text = True
    with pytest.raises(Refused, match="asked not to be texted"):
        enrol(world, "marcus")


def test_a_colleague_who_works_on_the_conversation_is_not_interrupted(world: World) -> None:
    """As for everything that changes a conversation."""
    other = replace(world.staff, id=2, name="Ben Carter")
    work.claim(world.bot, world.phones["dorothy"], by=other)
    with pytest.raises(Refused, match="Ben Carter is working"):
        enrol(world, "dorothy")


def test_what_has_ended_cannot_be_ended_or_resumed(world: World) -> None:
    """Somebody else was first."""
    with world.bot.store.session() as session:
        plan = session.scalars(select(CarePlanRow.id).where(CarePlanRow.phone_id == world.phones["owen"])).one()
    programmes.end(world.bot, world.phones["owen"], plan, by=world.staff)
    for act in (programmes.end, programmes.resume):
        with pytest.raises(Refused, match="has ended already"):
            act(world.bot, world.phones["owen"], plan, by=world.staff)


def test_the_page_puts_in_shows_the_record_and_ends(desk: Desk) -> None:  # noqa: F811
    """From the form to the table of days, without leaving the conversation."""
    with desk.bot.store.session() as session:
        dorothy = session.scalars(select(PatientRow.id).order_by(PatientRow.id)).first()
    before = page(desk.ana, "/inbox/phone/1")
    assert "Put the patient into a programme" in before and "Daily medicine check-in" in before
    form = {"programme": "medicine", "agreed": "form"}
    after = desk.ana.post(f"/inbox/phone/1/programmes/{dorothy}", data=form, follow_redirects=True).get_data(as_text=True)
    assert "being asked" in after and "on a signed form" in after
    (plan,) = desk.rows(CarePlanRow, CarePlanRow.phone_id == 1)
    assert desk.ana.post(f"/inbox/phone/2/programme/{plan.id}/end").status_code == 404  # not that phone's
    ended = desk.ana.post(f"/inbox/phone/1/programme/{plan.id}/end", follow_redirects=True).get_data(as_text=True)
    assert "ended the programme" in ended and "ended (left)" in ended


def test_the_record_tells_day_by_day(desk: Desk) -> None:  # noqa: F811
    """Owen's answers in the demo, newest first; a question without an answer says so."""
    (plan,) = desk.rows(CarePlanRow)
    how = {"clinic_id": plan.clinic_id, "phone_id": plan.phone_id, "step": "daily", "again": False}
    with desk.bot.store.begin() as session:
        for day, answer in enumerate(("taken", "", "not_taken+side_effects")):
            at = desk.bot.clock() + timedelta(days=day)
            stored.add(session, plan.id, due=at, now=at, **how).answer = answer
    told = page(desk.ana, f"/inbox/phone/{plan.phone_id}")
    table = told[told.index("What was answered") : told.index("</table>")]
    assert re.findall(r"<td>(.*?)</td>", table) == ["not taken, feels bad from it", "no answer", "taken"]
