"""A reply that goes later: by the patient's clock, looked at again when it goes, and its writer's again if the patient writes first."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from bot.actor import Actor
from bot.care.life import HAPPENED, LifeEvent
from bot.channels.console import Console, received
from bot.delivery.sender import send_waiting
from bot.desk import later, person, replies, staff, work
from bot.store import queries
from bot.store.models import CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow, TaskRow
from bot.store.work_models import PromiseRow
from bot.turn import take
from tests.inbox.conftest import Desk, act, page
from tests.world import World

NEW_YORK, LOS_ANGELES = ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
BEN = Actor(id=2, name="Ben Carter", role="coordinator", clinic_id=1)


def at(world: World, text: str) -> None:
    """It is that time in New York."""
    world.clock.now = datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def plan(world: World, who: str, hours: float = 2, words: str = "Ana here: a taxi is booked.") -> None:
    """Ana writes a reply that is to go in so many hours."""
    later.plan(world.bot, world.phones[who], words, at=world.clock.now + timedelta(hours=hours), by=world.staff)


def work_on(world: World) -> None:
    """The worker's jobs, once each."""
    later.settle(world.bot)
    send_waiting(world.bot, Console())
    later.settle(world.bot)


def texts(world: World, who: str) -> list[tuple[str, str]]:
    """(words, status) of the coordinators' texts to somebody."""
    with world.bot.store.session() as session:
        rows = select(CommunicationRow).where(CommunicationRow.phone_id == world.phones[who], CommunicationRow.sender == "staff")
        return [(row.body, row.status) for row in session.scalars(rows.order_by(CommunicationRow.id))]


def held(world: World) -> list[tuple[str, str | None]]:
    """Why a reply did not go, and whose it is now."""
    with world.bot.store.session() as session:
        return [(row.detail, row.owner) for row in session.scalars(select(TaskRow).where(TaskRow.kind == "reply_held"))]


def paused(world: World, who: str) -> bool:
    """Whether the bot is silent."""
    with world.bot.store.session() as session:
        return queries.state_of(session.get_one(PhoneRow, world.phones[who])).paused


def note(world: World, who: str, event: str) -> None:
    """A coordinator notes what has happened in somebody's life."""
    with world.bot.store.session() as session:
        patient_id = session.scalars(select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == world.phones[who])).one()
        seen = person.details(session, session.get_one(PatientRow, patient_id))
    person.correct(world.bot, patient_id, replace(seen, life_event=event), seen=seen, by=world.staff)


def live_in(world: World, who: str, zone: str) -> None:
    """That patient has moved."""
    with world.bot.store.begin() as session:
        theirs = select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == world.phones[who])
        session.execute(update(PatientRow).where(PatientRow.id.in_(theirs)).values(zone=zone))


def there(world: World, who: str) -> later.There:
    """That patient's clock."""
    with world.bot.store.session() as session:
        return later.there(world.bot, [patient for patient, _ in queries.people(session, world.phones[who]).values()])


def test_it_waits_for_its_time_and_then_counts_like_any_reply(world: World) -> None:
    """The bot goes on meanwhile, and is silent from then on; what was promised is kept then."""
    take(world.bot, received(sender=world.number("owen"), body="please have somebody call me"))
    world.clock.now += timedelta(minutes=1)
    plan(world, "owen")
    work_on(world)
    assert (texts(world, "owen")[0][1], paused(world, "owen")) == ("queued", False)
    world.clock.now += timedelta(hours=2)
    work_on(world)
    assert texts(world, "owen")[0][1] in ("accepted", "sent", "delivered")
    assert paused(world, "owen")
    with world.bot.store.session() as session:
        assert session.scalars(select(PromiseRow.kept_at)).one() == world.clock.now


def test_if_the_patient_writes_first_it_is_its_writers_again(world: World) -> None:
    """At once, not when its time comes: an item of hers, with her words; and it never goes, though she is away."""
    plan(world, "owen")
    world.clock.now += timedelta(minutes=10)
    take(world.bot, received(sender=world.number("owen"), body="never mind, my son drives me"))
    later.settle(world.bot)
    assert held(world) == [("the_patient_wrote_first", "Ana Torres")]
    world.clock.now += timedelta(hours=2)
    work_on(world)
    assert texts(world, "owen") == [("Ana here: a taxi is booked.", "canceled")]
    assert not paused(world, "owen")
    assert len(held(world)) == 1


@pytest.mark.parametrize("event", HAPPENED)
def test_after_a_death_a_loss_or_in_hospital_it_is_its_writers_again(event: str, world: World) -> None:
    """N-10: at once, and what a worker has in hand does not go either; what is planned knowing of it goes."""
    plan(world, "marcus")
    in_hand = world.clock.now + timedelta(hours=2)
    world.clock.now += timedelta(minutes=10)
    note(world, "marcus", event)
    later.settle(world.bot)
    assert held(world) == [("something_has_happened_in_their_life", "Ana Torres")]
    world.clock.now = in_hand
    work_on(world)
    assert texts(world, "marcus") == [("Ana here: a taxi is booked.", "canceled")]
    plan(world, "marcus", words="Ana here: we are so sorry.")
    world.clock.now += timedelta(hours=2)
    work_on(world)
    assert texts(world, "marcus")[1][1] in ("accepted", "sent", "delivered")


def test_a_death_that_is_noted_as_its_time_comes_is_seen_by_the_sender(world: World) -> None:
    """O-21: nobody has looked after it since."""
    plan(world, "marcus")
    world.clock.now += timedelta(hours=2)
    note(world, "marcus", LifeEvent.DIED)
    send_waiting(world.bot, Console())
    assert texts(world, "marcus") == [("Ana here: a taxi is booked.", "canceled")]
    later.settle(world.bot)
    assert held(world) == [("something_has_happened_in_their_life", "Ana Torres")]


def test_it_is_looked_at_again_in_the_moment_of_sending(world: World) -> None:
    """The patient's text and the hour of sending fall together: the sender itself sees it (O-21)."""
    plan(world, "owen")
    world.clock.now += timedelta(hours=2)
    take(world.bot, received(sender=world.number("owen"), body="hello?"))
    assert send_waiting(world.bot, Console()) == 0
    assert texts(world, "owen")[0][1] == "canceled"


@pytest.mark.parametrize("what", ["opted out", "abuse", "late"])
def test_what_must_not_go_any_more_comes_back(world: World, what: str) -> None:
    """Opted out meanwhile, held, or nothing was sent for hours: an item for who wrote it, and no text."""
    plan(world, "owen")
    if what == "opted out":
        staff.consent(world.bot, world.phones["owen"], texts=False, by=BEN)
    if what == "abuse":
        with world.bot.store.begin() as session:
            session.get_one(PhoneRow, world.phones["owen"]).state = '{"hold": "abuse"}'
    world.clock.now += timedelta(hours=7 if what == "late" else 2)
    work_on(world)
    (reason, whose), *none = held(world)
    assert (whose, none, texts(world, "owen")[0][1]) == ("Ana Torres", [], "canceled")
    assert reason == {"opted out": "opted_out", "abuse": "texts_must_not_be_sent_there", "late": "too_late"}[what]


def test_it_is_withdrawn_once_and_not_after_it_has_gone(world: World) -> None:
    """By whoever sees that it is wrong; nobody gets an item for it."""
    plan(world, "owen")
    with world.bot.store.session() as session:
        text = session.scalars(select(CommunicationRow.id).where(CommunicationRow.sender == "staff")).one()
    with pytest.raises(work.Refused, match="gone already"):
        later.withdraw(world.bot, world.phones["dorothy"], text, by=world.staff)  # not of that conversation
    later.withdraw(world.bot, world.phones["owen"], text, by=world.staff)
    world.clock.now += timedelta(hours=2)
    work_on(world)
    assert (texts(world, "owen")[0][1], held(world)) == ("canceled", [])
    with pytest.raises(work.Refused, match="gone already"):
        later.withdraw(world.bot, world.phones["owen"], text, by=world.staff)


@pytest.mark.parametrize(
    ("now", "zone", "first", "night"),
    [
        ("2026-03-04 09:00", "America/New_York", "04 09:30", False),
        ("2026-03-04 22:40", "America/New_York", "05 09:00", True),
        ("2026-03-04 19:45", "America/New_York", "05 09:00", False),
        ("2026-03-04 09:00", "America/Los_Angeles", "04 09:00", True),  # six in the morning there
        ("2026-03-07 23:00", "America/New_York", "08 09:00", True),  # the clocks change in that night
        ("2026-11-26 14:10", "America/New_York", "26 15:00", False),  # a holiday: a person may write
    ],
)
def test_what_is_offered_is_the_next_lawful_hour_where_the_patient_is(
    world: World, now: str, zone: str, first: str, night: bool
) -> None:
    """O-19, O-20: by the patient's clock."""
    at(world, now)
    live_in(world, "owen", zone)
    found = there(world, "owen")
    assert (f"{found.suggested:%d %H:%M}", found.night, str(found.zone)) == (first, night, zone)
    warned = replies.check("hello", found).warnings
    assert [warning.split(":")[0] for warning in warned] == ([f"It is {found.now:%-I}"] if night else [])


def test_a_time_that_is_past_far_or_in_the_night_is_refused(world: World) -> None:
    """What is night in New York may be early evening where the patient is."""
    for hours, why in ((-1, "still to come"), (24 * 20, "within two weeks"), (14, "It is night there")):
        with pytest.raises(work.Refused, match=why):
            plan(world, "owen", hours)
    live_in(world, "owen", "America/Los_Angeles")
    plan(world, "owen", 12)  # nine in the evening in New York


def test_the_page_plans_shows_takes_back_and_gives_the_words_again(desk: Desk) -> None:
    """Without a script; the text stands where it will go, with whose it is."""
    shown = page(desk.ana, "/inbox/phone/7")
    day, time = (re.findall(rf'id="{name}".*?value="([^"]+)" selected', shown)[0] for name in ("day", "time"))
    tomorrow = f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d}"
    shown = html.unescape(act(desk.ana, 7, "reply", text="A taxi is booked.", day=tomorrow, time=time, later="1"))
    assert "by the patient's clock, unless the patient writes before" in shown
    assert re.search(r"Ana Torres · <b>goes \w+, \w+ \d+, \d", shown)
    text = desk.rows(CommunicationRow, CommunicationRow.sender == "staff")[0].id
    shown = act(desk.ben, 7, "withdraw", text=str(text))
    assert "is working on this conversation" in shown  # hers for five minutes
    assert "Taken back: it does not go." in act(desk.ana, 7, "withdraw", text=str(text))
    assert "A taxi is booked.</textarea>" in page(desk.ana, f"/inbox/phone/7?again={text}")
    assert "A taxi is booked.</textarea>" not in page(desk.ana, f"/inbox/phone/6?again={text}")


def test_an_approved_sentence_goes_later_too(desk: Desk) -> None:
    """Chosen in the same list; nonsense for a time is refused in words."""
    shown = page(desk.ana, "/inbox/phone/9")
    (suggested,) = re.findall(r'<option value="(\d{4}-\d\d-\d\dT\d\d:\d\d)"', shown)
    assert "It goes" in act(desk.ana, 9, "reply", key="human", at=suggested)
    (row,) = desk.rows(CommunicationRow, CommunicationRow.sender == "staff")
    assert (row.texts, row.status) == ("human", "queued")
    assert "Choose the day and the hour" in act(desk.ana, 9, "reply", key="human", at="soon")
