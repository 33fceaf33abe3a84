"""Programmes as they really go: from the clinic's file through the planner and the outbox, and back with the answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.desk import programmes as desk
from bot.desk import staff
from bot.store import care, programmes, queries
from bot.store.models import AppointmentRow, ConsentRow, PatientPhoneRow, PatientRow, TaskRow
from bot.store.programme_models import CarePlanRow, CheckInRow
from bot.turn import take
from tests.delivery.test_planner import DAY, HOUR, NEW_YORK, change, run, texts, visit_of
from tests.world import World, make_world


@pytest.fixture
def world(bot_parts: Any, empty: str) -> Iterator[World]:
    """The demo's clinic on either database; Owen has agreed to be asked about his medicine every day at nine."""
    made = make_world(bot_parts, url=empty)
    yield made
    made.bot.store.engine.dispose()


def plan_of(world: World, who: str) -> CarePlanRow:
    """The newest plan of a person's phone."""
    with world.bot.store.session() as session:
        return programmes.of_phone(session, world.phone_id(who))[0]


def record(world: World, who: str) -> list[tuple[str, str]]:
    """(answer, statement) of each question, oldest first."""
    with world.bot.store.session() as session:
        rows = session.scalars(select(CheckInRow).where(CheckInRow.phone_id == world.phone_id(who)).order_by(CheckInRow.id))
        return [(row.answer, row.statement) for row in rows]


def items(world: World, who: str) -> list[str]:
    """Open items of a person's phone."""
    with world.bot.store.session() as session:
        rows = session.scalars(select(TaskRow).where(TaskRow.phone_id == world.phone_id(who), TaskRow.status == "requested"))
        return sorted(f"{row.kind} {row.detail}".strip() for row in rows)


def says(world: World, who: str, words: str) -> str:
    """A person texts; gives the answer."""
    return take(world.bot, received(sender=world.number(who), body=words))


def days(world: World, count: int) -> None:
    """Plays so many days, in steps that no hour of a programme falls between."""
    run(world, world.clock.now + count * DAY - HOUR)


def test_the_daily_question_goes_and_the_answers_make_a_record(world: World) -> None:
    """Once a day at nine; each answer stands on its day."""
    days(world, 1)
    says(world, "owen", "yes i took it")
    days(world, 1)
    says(world, "owen", "1")
    days(world, 1)
    says(world, "owen", "i feel dizzy from it")
    assert [at for at, _ in texts(world, "owen")] == ["Wed 04 09:00", "Thu 05 09:00", "Fri 06 09:00"]
    assert record(world, "owen") == [("taken", "taken"), ("taken", "taken"), ("side_effects", "")]
    assert items(world, "owen") == ["side_effects medicine"]


def test_missed_once_is_asked_again_missed_twice_is_the_nurses(world: World) -> None:
    """Three hours later, once; on the second day a person is told instead, with the patient's next visit."""
    with world.bot.store.begin() as session:
        owen = next(iter(queries.people(session, world.phones["owen"])))
        start = world.clock.now + 9 * DAY
        visit = AppointmentRow(
            clinic_id=world.bot.clinic_id, patient_id=owen, service="primary", start=start, minutes=30, told_at=start
        )
        session.add(visit)
    run(world, world.clock.now)
    assert "once more" in says(world, "owen", "not yet")
    run(world, world.clock.now + 4 * HOUR)
    assert "once more" not in says(world, "owen", "2")
    days(world, 1)
    assert items(world, "owen") == []
    says(world, "owen", "no")
    assert [at for at, _ in texts(world, "owen")] == ["Wed 04 09:00", "Wed 04 13:00", "Thu 05 09:00"]
    assert items(world, "owen") == ["missed_doses medicine"]
    with world.bot.store.session() as session:
        assert session.scalars(select(TaskRow.appointment_id)).all() == [visit.id]


@pytest.mark.slow
def test_silence_pauses_and_tells_a_person_who_can_resume_it(world: World) -> None:
    """Three days without an answer: an item, and no more texts until somebody has seen to it; then silence is counted anew."""
    days(world, 6)
    assert len(texts(world, "owen")) == 3
    assert items(world, "owen") == ["no_answers medicine"]
    plan = plan_of(world, "owen")
    assert plan.status == "on-hold"
    desk.resume(world.bot, world.phones["owen"], plan.id, by=world.staff)
    days(world, 6)
    assert len(texts(world, "owen")) == 6
    assert plan_of(world, "owen").status == "on-hold"


def test_who_wants_no_more_questions_is_asked_none_and_still_reminded(world: World) -> None:
    """By number or in words; the consent to that programme ends, texts about visits go on."""
    for words in ("4", "stop asking me about my pills"):
        plan = plan_of(world, "owen")
        run(world, world.clock.now)
        assert "not ask you that again" in says(world, "owen", words)
        assert (plan_of(world, "owen").status, plan_of(world, "owen").reason) == ("revoked", "left")
        before = len(texts(world, "owen"))
        days(world, 3)
        assert len(texts(world, "owen")) == before
        with world.bot.store.session() as session:
            ledger = session.scalars(select(ConsentRow).where(ConsentRow.phone_id == plan.phone_id, ConsentRow.category == "medicine"))
            assert [row.decision for row in ledger][-1] == "opt_out"
            patient = session.get_one(PatientRow, plan.patient_id)
        desk.enrol(world.bot, plan.phone_id, patient, programme="medicine", agreed="phone", by=world.staff)
        days(world, 1)
        assert len(texts(world, "owen")) == before + 1


def test_an_opt_out_ends_the_consent_to_a_programme(world: World) -> None:
    """STOP means all (O-09): texts again later does not bring the questions back, they must be agreed to anew."""
    run(world, world.clock.now)
    says(world, "owen", "STOP")
    says(world, "owen", "START")
    days(world, 3)
    assert len(texts(world, "owen")) == 1
    assert (plan_of(world, "owen").status, plan_of(world, "owen").reason) == ("revoked", care.OPTED_OUT)


def dies(world: World) -> None:
    """The clinic's system says so (N-10)."""
    with world.bot.store.begin() as session:
        for patient, _ in queries.people(session, world.phones["owen"]).values():
            patient.active = False


def asks_not_to_be_texted(world: World) -> None:
    """N-08."""
    with world.bot.store.begin() as session:
        for patient, _ in queries.people(session, world.phones["owen"]).values():
            patient.do_not_text = True


def in_danger(world: World) -> None:
    """A hold stands over everything (S-03)."""
    says(world, "owen", "i want to die")


def taken_over(world: World) -> None:
    """A coordinator writes with the patient."""
    staff.take_over(world.bot, world.phones["owen"], by=world.staff)


def another_phone(world: World) -> None:
    """The patient agreed on this phone alone (N-05)."""
    with world.bot.store.begin() as session:
        owen = next(iter(queries.people(session, world.phones["owen"])))
        session.execute(update(PatientPhoneRow).where(PatientPhoneRow.patient_id == owen).values(phone_id=world.phones["olga"]))


def ended(world: World) -> None:
    """Staff end it."""
    desk.end(world.bot, world.phones["owen"], plan_of(world, "owen").id, by=world.staff)


@pytest.mark.parametrize("event", [dies, asks_not_to_be_texted, in_danger, taken_over, another_phone, ended])
def test_what_stops_reminders_stops_programmes_when_planned_and_when_sent(world: World, event: Any) -> None:
    """A question that is queued already is looked at again in the moment of sending, and none follows (O-21)."""
    plan_due(world.bot)
    assert texts(world, "owen", "waiting")
    event(world)
    send_waiting(world.bot, Console())
    days(world, 3)
    assert texts(world, "owen") == []
    assert len(texts(world, "owen", "dropped")) == 1
    assert record(world, "owen") == []  # what never went is no silence


def test_a_question_that_waits_into_the_night_is_not_sent_the_day_after(world: World) -> None:
    """ "Today" would be the wrong day (O-19)."""
    plan_due(world.bot)
    world.clock.now = datetime(2026, 3, 4, 23, 0, tzinfo=NEW_YORK)
    send_waiting(world.bot, Console())
    run(world, datetime(2026, 3, 5, 15, tzinfo=UTC))
    assert [at for at, _ in texts(world, "owen")] == ["Thu 05 09:00"]


def test_a_visit_that_has_taken_place_is_followed_up_once(world: World) -> None:
    """A day after, within the number's own limits; "yes" to it is a wish for a call and confirms no visit."""
    visit = visit_of(world, "marcus")
    change(world, visit, start=datetime(2026, 3, 3, 9, 0, tzinfo=NEW_YORK), status="fulfilled")
    run(world, datetime(2026, 3, 4, 20, tzinfo=UTC))
    change(world, visit, practitioner="Ms. Lind", status="fulfilled", service="lab")  # the next import says the same
    run(world, datetime(2026, 3, 6, 20, tzinfo=UTC))
    assert [(at, "after your visit" in body) for at, body in texts(world, "marcus")] == [("Wed 04 10:00", True)]
    says(world, "marcus", "yes")
    assert record(world, "marcus") == [("help", "")]
    assert items(world, "marcus") == ["human after_visit"]
    assert plan_of(world, "marcus").status == "completed"


def test_who_turns_out_to_have_missed_the_visit_is_not_asked_how_they_are_after_it(world: World) -> None:
    """The next file puts right what the last one said; they are asked back, and nothing else."""
    visit = visit_of(world, "marcus")
    change(world, visit, start=datetime(2026, 3, 3, 14, 0, tzinfo=NEW_YORK), service="lab", status="fulfilled")
    run(world, datetime(2026, 3, 4, 16, tzinfo=UTC))
    assert plan_of(world, "marcus").status == "active" and texts(world, "marcus") == []
    change(world, visit, status="noshow")
    run(world, datetime(2026, 3, 8, 20, tzinfo=UTC))
    assert [("We missed you" in body, "after your visit" in body) for _, body in texts(world, "marcus")] == [(True, False)]


def test_a_confidential_visit_is_not_followed_up_on_a_parents_phone(world: World) -> None:
    """Nor is another kind of visit than the programme names (N-07)."""
    with world.bot.store.begin() as session:
        theo = session.scalars(select(AppointmentRow).where(AppointmentRow.service == "child").order_by(AppointmentRow.id)).first()
        assert theo is not None
        theo.service, theo.start, theo.status, theo.confidential = "lab", world.clock.now - DAY, "fulfilled", True
    change(world, visit_of(world, "dorothy"), start=world.clock.now - DAY, status="fulfilled")
    days(world, 4)
    assert not [body for who in ("nadia", "dorothy") for _, body in texts(world, who) if "after your visit" in body]


def test_no_question_can_be_written_twice(world: World) -> None:
    """The database itself refuses the second (peers, 19)."""
    plan, now = plan_of(world, "owen"), world.clock.now
    what = {"clinic_id": plan.clinic_id, "phone_id": plan.phone_id, "step": "daily", "due": now, "again": False, "now": now}
    with world.bot.store.begin() as session:
        programmes.add(session, plan.id, **what)
    with pytest.raises(IntegrityError), world.bot.store.begin() as session:
        programmes.add(session, plan.id, **what)


def test_a_programme_that_is_gone_from_the_file_asks_nothing_and_stops_nobody(world: World) -> None:
    """Its plans are put aside, and an answer to an old question is read as without it."""
    with world.bot.store.begin() as session:
        session.execute(update(CarePlanRow).values(programme="gone"))
    run(world, world.clock.now + 2 * HOUR)
    assert texts(world, "owen") == []
    assert texts(world, "marcus")


def test_a_programme_ends_when_its_time_is_over(world: World) -> None:
    """After thirty days nothing is asked, and the plan says so."""
    with world.bot.store.begin() as session:
        session.execute(update(CarePlanRow).values(start=world.clock.now - timedelta(days=29)))
    days(world, 5)
    assert len(texts(world, "owen")) == 1
    assert (plan_of(world, "owen").status, plan_of(world, "owen").reason) == ("completed", "its time is over")
