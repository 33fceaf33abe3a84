"""Reminders as they really go: from the visits of a clinic through the planner and the outbox to the channel."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.delivery.spool import Spool
from bot.delivery.worker import Worker
from bot.desk import staff
from bot.remind import About, remind, tell
from bot.store import queries
from bot.store.models import AppointmentRow, CommunicationRow, ConsentRow, PatientRow, PhoneRow, TaskRow
from bot.store.sending_models import CommunicationRequestRow, OutboxRow
from bot.turn import take
from tests.patience import until
from tests.quick import quick
from tests.world import World, make_world

NEW_YORK = ZoneInfo("America/New_York")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """The demo's clinic, Wednesday 4 March 2026, nine in the morning; nobody has been texted."""
    made = make_world(bot_parts)
    yield made
    made.bot.store.engine.dispose()


def run(world: World, until: datetime, *, every: timedelta = HOUR, now_and_then: Callable[[], None] = lambda: None) -> None:
    """Plays the clock forward, planning and sending as the sender does."""
    while world.clock.now <= until:
        now_and_then()
        while plan_due(world.bot):
            pass
        send_waiting(world.bot, Console())
        world.clock.now += every


def texts(world: World, who: str, status: str = "sent") -> list[tuple[str, str]]:
    """(local time, body) of what was sent to a person's phone, by time."""
    with world.bot.store.session() as session:
        rows = session.execute(
            select(CommunicationRow.at, CommunicationRow.body)
            .join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
            .where(CommunicationRow.phone_id == world.phone_id(who), OutboxRow.status == status)
            .order_by(CommunicationRow.at)
        ).all()
    return [(at.astimezone(NEW_YORK).strftime("%a %d %H:%M"), body) for at, body in rows]


def visit_of(world: World, who: str) -> int:
    """The id of a person's only visit."""
    with world.bot.store.session() as session:
        people = queries.people(session, world.phone_id(who))
        return session.scalars(select(AppointmentRow.id).where(AppointmentRow.patient_id.in_(people))).one()


def change(world: World, visit: int, **values: Any) -> None:
    """The clinic changes a visit in its own system."""
    with world.bot.store.begin() as session:
        row = session.get_one(AppointmentRow, visit)
        for name, value in values.items():
            setattr(row, name, value)


def test_the_sender_plans_by_itself_when_the_clock_moves(bot_parts: Any, tmp_path: Path) -> None:
    """As in the demo: nobody asks for a reminder, and it goes."""
    world = make_world(bot_parts, url=f"sqlite:///{tmp_path / 'clinic.db'}")
    change(world, visit_of(world, "olga"), start=datetime(2026, 3, 19, 14, 0, tzinfo=NEW_YORK))
    worker = Worker(world.bot, Console(), Spool(tmp_path / "spool", world.bot.store.cipher), rate=math.inf, every=0.01)
    worker.start()
    try:
        world.clock.now = datetime(2026, 3, 12, 15, 0, tzinfo=NEW_YORK)
        until(lambda: texts(world, "olga"))
    finally:
        worker.stop()
    assert [at for at, _ in texts(world, "olga")] == ["Thu 12 15:00"]
    world.bot.store.engine.dispose()


def test_moving_the_clock_sends_the_reminders_of_the_schedule_each_once(world: World) -> None:
    """A visit on Thursday at two is reminded of a week, two days and two hours before, and never again."""
    visit = visit_of(world, "olga")
    change(world, visit, start=datetime(2026, 3, 19, 14, 0, tzinfo=NEW_YORK))
    run(world, datetime(2026, 3, 21, tzinfo=UTC))
    assert [at for at, _ in texts(world, "olga")] == ["Thu 12 14:00", "Tue 17 14:00", "Thu 19 12:00"]


def test_a_reply_to_a_reminder_is_about_its_visit_and_ends_the_asking(world: World) -> None:
    """The question is remembered when the text is queued; who has confirmed hears once more on the day."""
    visit = visit_of(world, "dorothy")
    change(world, visit, start=datetime(2026, 3, 12, 14, 0, tzinfo=NEW_YORK))
    run(world, datetime(2026, 3, 6, tzinfo=UTC))
    assert len(texts(world, "dorothy")) == 1
    take(world.bot, received(sender=world.number("dorothy"), body="yes I'll be there"))
    with world.bot.store.session() as session:
        assert session.get_one(AppointmentRow, visit).participant == "accepted"
    run(world, datetime(2026, 3, 13, tzinfo=UTC))
    assert [at for at, _ in texts(world, "dorothy")] == ["Thu 05 14:00", "Thu 12 12:00"]
    assert "See you then" in texts(world, "dorothy")[1][1]


def test_a_moved_visit_drops_the_waiting_text_and_is_reminded_of_anew(world: World) -> None:
    """A text that waits when the clinic moves the visit never goes; the new time has reminders of its own (peers, 21)."""
    visit = visit_of(world, "mei")
    start = datetime(2026, 3, 11, 9, 0, tzinfo=NEW_YORK)
    change(world, visit, start=start)
    assert plan_due(world.bot) >= 1  # a week before: queued, not sent yet
    change(world, visit, start=start + 7 * DAY)
    plan_due(world.bot)
    assert len(texts(world, "mei", "dropped")) == 1
    run(world, datetime(2026, 3, 19, tzinfo=UTC))
    assert [at for at, _ in texts(world, "mei")] == ["Wed 11 09:00", "Mon 16 09:00", "Tue 17 19:00"]
    assert all("11" not in body for _, body in texts(world, "mei"))


@pytest.mark.parametrize("status", quick("cancelled", of=("cancelled", "entered-in-error", "fulfilled")))
def test_nothing_goes_about_a_visit_that_is_no_longer_booked(world: World, status: str) -> None:
    """Neither what waits nor anything later."""
    visit = visit_of(world, "mei")
    change(world, visit, start=datetime(2026, 3, 11, 9, 0, tzinfo=NEW_YORK))
    plan_due(world.bot)
    change(world, visit, status=status)
    run(world, datetime(2026, 3, 12, tzinfo=UTC))
    assert texts(world, "mei") == []


def test_no_reminder_can_be_written_twice(world: World) -> None:
    """The database itself refuses a second text about the same step of the same visit at the same time (peers, 19)."""
    visit = visit_of(world, "olga")
    about = [About(id=visit, start=datetime(2026, 3, 19, 14, 0, tzinfo=NEW_YORK), step="week", say=("reminder",))]
    for attempt in range(2):
        with world.bot.store.begin() as session:
            phone = session.get_one(PhoneRow, world.phones["olga"])
            if attempt == 0:
                tell(world.bot, session, phone, about)
            else:
                with pytest.raises(IntegrityError):
                    tell(world.bot, session, phone, about)
                session.rollback()
    with world.bot.store.session() as session:
        assert len(session.scalars(select(CommunicationRequestRow)).all()) == 1


def test_nothing_is_sent_to_who_opted_out_is_held_or_taken_over_until_that_ends(world: World) -> None:
    """Opt-out, hold and take-over stop reminders; when a coordinator hands back, what is still due goes."""
    visit = visit_of(world, "olga")
    change(world, visit, start=datetime(2026, 3, 12, 14, 0, tzinfo=NEW_YORK))
    staff.take_over(world.bot, world.phones["olga"], by=world.staff)
    run(world, datetime(2026, 3, 6, 14, tzinfo=UTC))
    assert texts(world, "olga") == []
    staff.hand_back(world.bot, world.phones["olga"], by=world.staff)
    run(world, datetime(2026, 3, 7, tzinfo=UTC))
    assert [at for at, _ in texts(world, "olga")] == ["Fri 06 10:00"]
    staff.consent(world.bot, world.phones["olga"], texts=False, by=world.staff)
    run(world, datetime(2026, 3, 13, tzinfo=UTC))
    assert len(texts(world, "olga")) == 1


@pytest.mark.parametrize("words", ["my husband hits me", "I want to kill myself", "I have chest pain"])
def test_who_told_of_danger_gets_no_reminder_until_staff_release_it(world: World, words: str) -> None:
    """S-08, S-03: a reminder that is due, and one that a coordinator asks for, is held; what is still due then goes."""
    visit = visit_of(world, "olga")
    change(world, visit, start=datetime(2026, 3, 12, 14, 0, tzinfo=NEW_YORK))
    take(world.bot, received(sender=world.number("olga"), body=words))
    run(world, datetime(2026, 3, 6, 14, tzinfo=UTC))
    with world.bot.store.begin() as session:
        assert remind(world.bot, session, world.phones["olga"]) is None
    assert texts(world, "olga") == []
    staff.release(world.bot, world.phones["olga"], by=world.staff)
    run(world, datetime(2026, 3, 7, tzinfo=UTC))
    assert [at for at, _ in texts(world, "olga")] == ["Fri 06 10:00"]


def test_a_queued_text_is_asked_about_again_when_it_is_sent(world: World) -> None:
    """Between queueing and sending the patient confirms by phone: the reminder is not sent (O-21, peers 15)."""
    visit = visit_of(world, "mei")
    change(world, visit, start=datetime(2026, 3, 11, 9, 0, tzinfo=NEW_YORK))
    plan_due(world.bot)
    change(world, visit, participant="accepted")
    assert send_waiting(world.bot, Console()) >= 0
    assert texts(world, "mei") == []
    assert len(texts(world, "mei", "dropped")) == 1


def test_who_wants_fewer_texts_gets_the_last_reminder_alone(world: World) -> None:
    """FEWER takes back the reminder that waits already; a reminder on the day comes, a text after a missed visit does not."""
    visit = visit_of(world, "olga")
    change(world, visit, start=datetime(2026, 3, 19, 14, 0, tzinfo=NEW_YORK))
    world.clock.now = datetime(2026, 3, 12, 15, 0, tzinfo=NEW_YORK)
    assert plan_due(world.bot)
    take(world.bot, received(sender=world.number("olga"), body="fewer"))
    run(world, datetime(2026, 3, 20, tzinfo=UTC))
    assert [at for at, _ in texts(world, "olga")] == ["Thu 19 12:00"]
    change(world, visit, status="noshow")
    run(world, datetime(2026, 3, 25, tzinfo=UTC))
    assert len(texts(world, "olga")) == 1
    with world.bot.store.session() as session:
        reasons = session.scalars(select(OutboxRow.reason).where(OutboxRow.status == "dropped")).all()
        ledger = session.scalars(select(ConsentRow).where(ConsentRow.phone_id == world.phones["olga"]).order_by(ConsentRow.id)).all()
    assert reasons == ["wants the last reminder only"]
    assert (ledger[-1].decision, ledger[-1].category, ledger[-1].source) == ("limit", "fewer", "keyword:fewer")


def test_a_text_that_waits_into_the_night_goes_in_the_morning(world: World) -> None:
    """The sender was down until night: the text is put off to nine, not sent and not lost (O-19, O-21)."""
    change(world, visit_of(world, "mei"), start=datetime(2026, 3, 12, 9, 0, tzinfo=NEW_YORK))
    world.clock.now = datetime(2026, 3, 5, 19, 0, tzinfo=NEW_YORK)
    plan_due(world.bot)
    world.clock.now = datetime(2026, 3, 5, 23, 0, tzinfo=NEW_YORK)
    send_waiting(world.bot, Console())
    assert texts(world, "mei") == []
    run(world, datetime(2026, 3, 6, 15, tzinfo=UTC))
    assert [at for at, _ in texts(world, "mei")] == ["Fri 06 09:00"]


def test_a_text_that_waited_too_long_is_not_sent(world: World) -> None:
    """After an outage of a week the old text is dropped; the newest step goes instead (peers 20)."""
    change(world, visit_of(world, "mei"), start=datetime(2026, 3, 12, 15, 0, tzinfo=NEW_YORK))
    world.clock.now = datetime(2026, 3, 5, 15, 0, tzinfo=NEW_YORK)
    plan_due(world.bot)
    world.clock.now = datetime(2026, 3, 11, 10, 0, tzinfo=NEW_YORK)
    run(world, datetime(2026, 3, 11, 16, tzinfo=UTC))
    assert [at for at, _ in texts(world, "mei")] == ["Wed 11 10:00"]
    assert len(texts(world, "mei", "dropped")) == 1


def test_both_visits_of_a_family_on_one_day_are_one_text(world: World) -> None:
    """Nadia's and Theo's visits of one day are listed with numbers, and count once for the number (N-04, N-05)."""
    run(world, datetime(2026, 3, 11, tzinfo=UTC))
    sent = texts(world, "nadia")
    assert [("1)" in body and "2)" in body) for _, body in sent] == [True] * len(sent)
    assert len(sent) >= 2


def test_a_confidential_visit_is_never_texted_to_a_parents_phone(world: World) -> None:
    """Nor spoken of when the parent texts or a coordinator sends a reminder by hand (N-07)."""
    with world.bot.store.begin() as session:
        theo = session.scalars(select(AppointmentRow).where(AppointmentRow.service == "child").order_by(AppointmentRow.id)).first()
        assert theo is not None
        theo.confidential = True
        hidden = theo.start.astimezone(NEW_YORK).strftime("%-I:%M")
        remind(world.bot, session, world.phones["nadia"])
    run(world, datetime(2026, 3, 11, tzinfo=UTC))
    answer = take(world.bot, received(sender=world.number("nadia"), body="STATUS"))
    assert texts(world, "nadia")
    assert all(hidden not in body for _, body in [*texts(world, "nadia"), ("", answer)])


@pytest.mark.slow
def test_who_asked_not_to_be_texted_is_not(world: World) -> None:
    """A request for other ways overrides every schedule and every button (N-08)."""
    with world.bot.store.begin() as session:
        for patient, _ in queries.people(session, world.phones["olga"]).values():
            patient.do_not_text = True
        assert remind(world.bot, session, world.phones["olga"]) is None
    run(world, datetime(2026, 3, 25, tzinfo=UTC), every=6 * HOUR)
    assert texts(world, "olga") == []


@pytest.mark.slow
def test_a_number_abroad_is_not_texted_by_itself(world: World) -> None:
    """D-16: +1 is not the US; whoever writes from there is answered."""
    with world.bot.store.begin() as session:
        phone = session.get_one(PhoneRow, world.phones["olga"])
        phone.number, phone.number_key = "+16135550155", world.bot.store.cipher.index("+16135550155")
    run(world, datetime(2026, 3, 25, tzinfo=UTC), every=6 * HOUR)
    assert texts(world, "marcus") != []
    with world.bot.store.session() as session:
        assert session.scalars(select(CommunicationRow.id).where(CommunicationRow.phone_id == world.phones["olga"])).all() == []
    assert take(world.bot, received(sender="+16135550155", body="what time is my visit"))


def test_a_patient_without_a_phone_stops_nobody_elses_reminders(world: World) -> None:
    """The first visit of the batch belongs to nobody who can be reached (peers 30)."""
    with world.bot.store.begin() as session:
        lost = PatientRow(clinic_id=world.bot.clinic_id, name="Ann Example", language="en")
        session.add(lost)
        session.flush()
        start = datetime(2026, 3, 6, 9, 30, tzinfo=NEW_YORK)
        session.add(AppointmentRow(clinic_id=world.bot.clinic_id, patient_id=lost.id, service="lab", start=start, minutes=30))
    run(world, datetime(2026, 3, 5, tzinfo=UTC))
    assert texts(world, "marcus")


def test_the_text_says_the_clinics_time_and_goes_by_the_patients(world: World) -> None:
    """A patient in Hawaii is texted when it is day there, of the time at which the clinic expects them (O-20, peers 24)."""
    visit = visit_of(world, "olga")
    change(world, visit, start=datetime(2026, 3, 12, 10, 0, tzinfo=NEW_YORK))
    with world.bot.store.begin() as session:
        for patient, _ in queries.people(session, world.phones["olga"]).values():
            patient.zone, patient.language = "Pacific/Honolulu", "en"
    run(world, datetime(2026, 3, 6, tzinfo=UTC))
    assert [at for at, _ in texts(world, "olga")] == ["Thu 05 14:00"]  # nine in the morning there
    assert "10:00 AM" in texts(world, "olga")[0][1]


def test_who_is_in_the_middle_of_a_talk_is_not_interrupted(world: World) -> None:
    """A reminder waits an hour after the bot's last question."""
    change(world, visit_of(world, "olga"), start=datetime(2026, 3, 11, 9, 30, tzinfo=NEW_YORK))
    world.clock.now = datetime(2026, 3, 4, 9, 10, tzinfo=NEW_YORK)
    take(world.bot, received(sender=world.number("olga"), body="нужно другое время"))
    run(world, datetime(2026, 3, 4, 18, tzinfo=UTC), every=timedelta(minutes=10))
    assert [at for at, _ in texts(world, "olga")] == ["Wed 04 10:10"]


def test_past_visits_are_put_aside_and_cost_nothing_later(world: World) -> None:
    """An import of years of history is looked at once."""
    with world.bot.store.begin() as session:
        patient = session.scalars(select(PatientRow.id)).first()
        for days in range(300):
            start = world.clock.now - timedelta(days=30 + days)
            session.add(AppointmentRow(clinic_id=world.bot.clinic_id, patient_id=patient, service="lab", start=start, minutes=30))
    run(world, world.clock.now)
    with world.bot.store.session() as session:
        left = session.scalars(select(AppointmentRow).where(AppointmentRow.next_text_at <= world.clock.now)).all()
        assert left == []


def test_what_a_coordinator_reminds_of_by_hand_counts_for_the_limits(world: World) -> None:
    """The button and the schedule do not text the same phone on the same day (O-18)."""
    change(world, visit_of(world, "olga"), start=datetime(2026, 3, 11, 9, 30, tzinfo=NEW_YORK))
    with world.bot.store.begin() as session:
        remind(world.bot, session, world.phones["olga"])
    run(world, datetime(2026, 3, 5, 20, tzinfo=UTC))
    assert [at for at, _ in texts(world, "olga")] == ["Wed 04 09:00", "Thu 05 09:00"]


def test_what_cannot_be_planned_is_a_persons_and_stops_nobody(world: World) -> None:
    """A visit whose state cannot be read by the planner does not stop those of others."""
    with world.bot.store.begin() as session:
        session.execute(update(AppointmentRow).where(AppointmentRow.id == visit_of(world, "dorothy")).values(participant="nonsense"))
    run(world, datetime(2026, 3, 5, tzinfo=UTC))
    assert texts(world, "dorothy") == []
    assert texts(world, "marcus")
    with world.bot.store.session() as session:
        assert [(item.kind, item.detail) for item in session.scalars(select(TaskRow))] == [("not_delivered", "not_planned")]
