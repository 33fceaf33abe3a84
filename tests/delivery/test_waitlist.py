"""The waiting list as it really goes: a time opens, is offered to the first few, and whoever takes it first has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import LargeBinary, select, type_coerce, update
from structlog.testing import capture_logs

from bot.care.life import HAPPENED
from bot.care.waitlist import Terms
from bot.channels.console import Console, received
from bot.delivery import switch
from bot.delivery.sender import send_waiting
from bot.delivery.waitlist import offer_due
from bot.delivery.worker import plan
from bot.desk import closing, person, staff
from bot.dialogue.effects import JoinWaitlist
from bot.owned.current import Current
from bot.store import queries, waiting
from bot.store.database import Conflict
from bot.store.models import AppointmentRow, PatientRow, PhoneRow, SlotRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.store.turns import table
from bot.store.waiting_models import OfferRow
from bot.store.work_models import ActionRow
from bot.turn import take
from bot.understand.types import Wish
from tests.delivery.test_planner import NEW_YORK, change, texts, visit_of
from tests.quick import examples
from tests.world import World, make_world

HOUR = timedelta(hours=1)
WHO = ("mei", "olga", "amina", "lucia", "dorothy")  # each has one primary visit, in this order on the list


FRIDAY = datetime(2026, 3, 6).date()  # Dorothy's visit


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """The demo's clinic with every time taken; nobody has been texted."""
    made = full(make_world(bot_parts))
    yield made
    made.bot.store.engine.dispose()


def full(world: World) -> World:
    """The clinic without a free time."""
    with world.bot.store.begin() as session:
        session.execute(update(SlotRow).values(status="busy", offer_at=None))
    return world


def wait(world: World, who: str, *wishes: Wish) -> None:
    """Puts somebody on the list, a minute after the one before."""
    visit = visit_of(world, who)
    with world.bot.store.begin() as session:
        row = session.get_one(AppointmentRow, visit)
        effect = JoinWaitlist(patient=row.patient_id, service=row.service, visit=visit, wishes=wishes, source="staff:1")
        waiting.join(session, world.bot.clinic_id, effect, world.clock.now)
    world.clock.now += timedelta(minutes=1)


def opens(world: World, day: int, hour: int = 14) -> int:
    """A primary time of March is free, if no visit has it; its id."""
    start = datetime(2026, 3, day, hour, tzinfo=NEW_YORK)
    with world.bot.store.begin() as session:
        slot = session.scalars(select(SlotRow).where(SlotRow.start == start, SlotRow.service == "primary")).one()
        held = select(AppointmentRow.id).where(AppointmentRow.slot_id == slot.id, AppointmentRow.status == "booked")
        slot.status = "busy" if session.scalar(held) else "free"
        return slot.id


def work(world: World) -> None:
    """What the worker does in between."""
    while offer_due(world.bot):
        pass
    send_waiting(world.bot, Console())


def offered(world: World) -> list[str]:
    """Whom times were offered to by texts that went, in that order."""
    names = {phone: name for name, phone in world.phones.items() if name in WHO}
    with world.bot.store.session() as session:
        query = select(OfferRow.phone_id).join(OutboxRow, OutboxRow.communication_id == OfferRow.communication_id)
        return [names[phone] for phone in session.scalars(query.where(OutboxRow.status == "sent").order_by(OfferRow.id))]


def text(world: World, who: str, words: str) -> str:
    """The keys of the texts that somebody is answered with."""
    inbound = received(sender=world.number(who), body=words)
    take(world.bot, inbound)
    with world.bot.store.session() as session:
        row = queries.by_sid(session, inbound.sid)
        return (row.texts or "") if row else ""


def start_of(world: World, who: str) -> str:
    """When somebody's visit is."""
    with world.bot.store.session() as session:
        return session.get_one(AppointmentRow, visit_of(world, who)).start.astimezone(NEW_YORK).strftime("%a %d %H:%M")


def note(world: World, who: str, event: str) -> None:
    """A coordinator notes what has happened in somebody's life."""
    with world.bot.store.session() as session:
        seen = person.details(session, session.get_one(PatientRow, patient_of(world, who)))
    person.correct(world.bot, patient_of(world, who), replace(seen, life_event=event), seen=seen, by=world.staff)


def listed(world: World) -> list[str]:
    """Who waits, in the order of the list."""
    names = {patient_of(world, who): who for who in WHO}
    with world.bot.store.session() as session:
        found = waiting.listed(session, world.bot.clinic_id, zone=NEW_YORK)
        return [names[each.waiting.patient] for each in found]


def patient_of(world: World, who: str) -> int:
    """The patient on a person's phone."""
    with world.bot.store.session() as session:
        return next(iter(queries.people(session, world.phones[who])))


def test_whose_visit_the_clinic_calls_off_keeps_the_place_and_is_offered_later_times_too(world: World) -> None:
    """They waited for a sooner time, and have none now: the next one that opens is a first one for them."""
    wait(world, "dorothy")
    wait(world, "mei")
    closing.close(world.bot, FRIDAY, by=world.staff)
    with world.bot.store.session() as session:
        listed = waiting.listed(session, world.bot.clinic_id, zone=NEW_YORK)
    assert [each.waiting.before is None for each in listed] == [True, False]
    send_waiting(world.bot, Console())
    world.clock.now += timedelta(days=1)  # one text a day
    opens(world, 10)
    work(world)
    assert offered(world)[0] == "dorothy"
    assert "booked" in text(world, "dorothy", "yes please")
    with world.bot.store.session() as session:
        theirs = AppointmentRow.patient_id == patient_of(world, "dorothy"), AppointmentRow.status == "booked"
        assert [row.start.astimezone(NEW_YORK).day for row in session.scalars(select(AppointmentRow).where(*theirs))] == [10]
        assert [each.name for each in waiting.listed(session, world.bot.clinic_id, zone=NEW_YORK)] == ["林美"]


def test_who_called_their_visit_off_is_listed_no_more(world: World) -> None:
    """The page told of a visit that was called off; with UNDO they wait as before."""
    wait(world, "dorothy")
    world.remind("dorothy")
    text(world, "dorothy", "I can't come, please cancel my visit")
    with world.bot.store.session() as session:
        assert waiting.listed(session, world.bot.clinic_id, zone=NEW_YORK) == []
    text(world, "dorothy", "UNDO")
    with world.bot.store.session() as session:
        assert len(waiting.listed(session, world.bot.clinic_id, zone=NEW_YORK)) == 1


def test_the_first_yes_has_it_and_the_second_hears_that_it_is_taken(world: World) -> None:
    """Three hear of it at once, in the order of the list; one visit is moved, the others stay and wait on (F-07)."""
    for who in ("mei", "olga", "amina", "lucia"):
        wait(world, who)
    opens(world, 6)
    work(world)
    assert offered(world) == ["mei", "olga", "amina"]
    assert text(world, "olga", "1") == "moved"
    assert text(world, "amina", "yes please") == "slot_taken,waitlist_on,no_fit_keeps"
    assert [start_of(world, who) for who in ("mei", "olga", "amina")] == ["Fri 20 09:00", "Fri 06 14:00", "Tue 24 15:30"]
    assert listed(world) == ["mei", "amina", "lucia"]


def test_the_old_time_of_who_was_moved_up_is_offered_in_turn(bot_parts: Any) -> None:
    """A chain: mei is moved up, olga gets what was mei's."""
    world = full(make_world(bot_parts))
    one = Current(replace(world.bot.clinic, waitlist=Terms(at_once=1)), world.bot.store, world.bot.clinic_id)
    world = replace(world, bot=replace(world.bot, current=one))
    for who in ("mei", "olga"):
        wait(world, who)
    opens(world, 6)
    work(world)
    assert text(world, "mei", "yes") == "moved"
    work(world)
    assert offered(world) == ["mei", "olga"]
    assert text(world, "olga", "yes I'll take that one") == "moved,language_offer"
    assert [start_of(world, who) for who in ("mei", "olga")] == ["Fri 06 14:00", "Fri 20 09:00"]


def test_silence_passes_it_on_after_the_time_and_a_late_yes_takes_what_is_still_free(world: World) -> None:
    """Nobody is asked whether they are still there: the next ones hear of it, and whoever comes first has it."""
    for who in ("mei", "olga", "amina", "lucia"):
        wait(world, who)
    opens(world, 6)
    work(world)
    world.clock.now += 59 * timedelta(minutes=1)
    work(world)
    assert "lucia" not in offered(world)
    world.clock.now += timedelta(minutes=1)
    work(world)
    assert offered(world)[3:] == ["lucia"]
    assert text(world, "mei", "1") == "moved"
    assert text(world, "lucia", "1").startswith("slot_taken")


def test_when_all_have_declined_the_next_ones_hear_at_once(world: World) -> None:
    """A no, a "no" in words, and one who leaves the list."""
    for who in ("mei", "olga", "amina", "lucia"):
        wait(world, who)
    opens(world, 6)
    work(world)
    assert text(world, "mei", "2") == "waitlist_on,no_fit_keeps"
    assert text(world, "olga", "извините, не смогу") == "waitlist_on,no_fit_keeps"
    assert text(world, "amina", "take me off the list") == "waitlist_off"
    work(world)
    assert offered(world)[3:] == ["lucia"]
    assert listed(world) == ["mei", "olga", "lucia"]
    with world.bot.store.session() as session:
        assert session.scalars(select(PhoneRow.id).where(PhoneRow.opted_out_at.is_not(None))).all() == []


def test_a_time_that_does_not_fit_is_not_offered(world: World) -> None:
    """Days and hours that were wished for hold; without days, a later time than the present one is no help."""
    wait(world, "olga", Wish(start=8 * 60, end=12 * 60))
    wait(world, "amina", Wish(days=(datetime(2026, 3, 10).date(),)))
    wait(world, "dorothy")
    wait(world, "lucia", Wish(days=(datetime(2026, 3, 6).date(),), start=13 * 60))
    opens(world, 6)
    work(world)
    assert offered(world) == ["lucia"]


def test_a_time_is_not_offered_to_who_has_another_visit_then(world: World) -> None:
    """Nobody can be at both; one that ends as the time begins is none of them."""
    for who, hour, minute in (("olga", 13, 40), ("amina", 13, 30), ("mei", 14, 20)):
        wait(world, who)
        with world.bot.store.begin() as session:
            row = session.get_one(AppointmentRow, visit_of(world, who))
            start = datetime(2026, 3, 6, hour, minute, tzinfo=NEW_YORK)
            other = {"clinic_id": row.clinic_id, "patient_id": row.patient_id, "service": "lab", "start": start, "minutes": 30}
            session.add(AppointmentRow(**other))
    opens(world, 6)
    work(world)
    assert offered(world) == ["amina"]


@pytest.mark.parametrize("changes", [{"status": "cancelled"}, {"start": datetime(2026, 3, 27, 13, 40, tzinfo=NEW_YORK)}])
def test_who_can_come_then_after_all_is_offered_the_time(world: World, changes: dict[str, Any]) -> None:
    """The other visit is called off, or moved; nobody need free the time a second time."""
    wait(world, "olga")
    with world.bot.store.begin() as session:
        row = session.get_one(AppointmentRow, visit_of(world, "olga"))
        start = datetime(2026, 3, 6, 13, 40, tzinfo=NEW_YORK)
        other = AppointmentRow(
            clinic_id=row.clinic_id, patient_id=row.patient_id, service="lab", start=start, minutes=30, told_at=start
        )
        session.add(other)
    opens(world, 6)
    plan(world.bot)
    work(world)
    assert offered(world) == []
    change(world, other.id, **changes)
    plan(world.bot)
    work(world)
    assert offered(world) == ["olga"]


def test_a_time_that_was_too_late_is_offered_once_the_visit_is_moved_behind_it(world: World) -> None:
    """The clinic's own system moves the visit of somebody who waits for an earlier time."""
    wait(world, "mei")
    opens(world, 24)
    plan(world.bot)
    work(world)
    assert offered(world) == []
    change(world, visit_of(world, "mei"), start=datetime(2026, 3, 31, 9, tzinfo=NEW_YORK))
    plan(world.bot)
    work(world)
    assert offered(world) == ["mei"]


@pytest.mark.parametrize("why", ["stopped", "do not text", "taken over", "texted today"])
def test_who_must_not_be_texted_is_passed_over(world: World, why: str) -> None:
    """O-10, O-18, N-08: the time goes to the next one at once, and the place on the list stays."""
    wait(world, "mei")
    wait(world, "olga")
    if why == "do not text":
        mei = patient_of(world, "mei")
        with world.bot.store.begin() as session:
            session.get_one(PatientRow, mei).do_not_text = True
    elif why == "taken over":
        staff.take_over(world.bot, world.phones["mei"], by=world.staff)
    elif why == "texted today":
        world.remind("mei")
        world.clock.now += 2 * HOUR
    else:
        text(world, "mei", "STOP")
    opens(world, 6)
    work(world)
    assert offered(world) == ["olga"]
    assert listed(world) == ["mei", "olga"]


def test_an_offer_leaves_the_text_of_the_day_to_the_last_reminder(world: World) -> None:
    """O-18: one text a day is the most, and the reminder of today's visit is of no use tomorrow; an offer of another visit may wait."""
    change(world, visit_of(world, "dorothy"), start=datetime(2026, 3, 6, 15, tzinfo=NEW_YORK))
    with world.bot.store.begin() as session:
        effect = JoinWaitlist(patient=patient_of(world, "dorothy"), service="lab", visit=None, wishes=(), source="staff:1")
        waiting.join(session, world.bot.clinic_id, effect, world.clock.now)
        tuesday = SlotRow.start == datetime(2026, 3, 10, 9, tzinfo=NEW_YORK), SlotRow.service == "lab"
        session.scalars(select(SlotRow).where(*tuesday)).one().status = "free"
    world.clock.now = datetime(2026, 3, 6, 9, tzinfo=NEW_YORK)
    went = []
    for _ in range(32):
        plan(world.bot)
        work(world)
        went.append((len(texts(world, "dorothy")), len(offered(world))))
        world.clock.now += HOUR
    assert list(dict.fromkeys(went)) == [(0, 0), (1, 0), (2, 1)]


@pytest.mark.parametrize("words", ["FEWER", "VISITS ONLY"])
def test_who_wants_fewer_texts_gets_what_they_wait_for_within_the_limit_of_texts(world: World, words: str) -> None:
    """They asked to be told of it, so it is no nudge; but one text a day is the most all the same (O-18)."""
    wait(world, "mei")
    assert text(world, "mei", words).endswith(",waitlist_on")
    opens(world, 6)
    opens(world, 9)
    work(world)
    assert offered(world) == ["mei"]
    world.clock.now += 2 * HOUR
    work(world)
    assert offered(world) == ["mei"]
    assert text(world, "mei", "1") == "moved"
    assert listed(world) == []


@pytest.mark.parametrize("event", HAPPENED)
def test_a_life_event_passes_somebody_over_and_a_death_takes_them_off_the_list(world: World, event: str) -> None:
    """N-10: nobody is offered a time for who has died, and nobody waits in their name; after a loss or in hospital the place stays."""
    wait(world, "mei")
    wait(world, "olga")
    note(world, "mei", event)
    opens(world, 6)
    work(world)
    assert offered(world) == ["olga"]
    assert listed(world) == (["olga"] if event == "died" else ["mei", "olga"])


def test_what_was_offered_to_who_has_died_is_not_sent(world: World) -> None:
    """It waits no longer, and "yes" from that phone takes nothing (N-10)."""
    for who in ("mei", "olga", "amina"):
        wait(world, who)
    opens(world, 6)
    while offer_due(world.bot):
        pass
    note(world, "mei", "died")
    work(world)
    assert offered(world) == ["olga", "amina"]
    assert "moved" not in text(world, "mei", "1")
    with world.bot.store.session() as session:
        kinds = session.execute(select(ActionRow.kind, ActionRow.detail).where(ActionRow.phone_id == world.phones["mei"])).all()
    assert ("waits_no_more", "primary") in [tuple(each) for each in kinds]


def test_who_was_noted_as_dead_by_mistake_has_their_place_again(world: World) -> None:
    """Undone, everything is as before: first of the list, and offered what opened meanwhile."""
    for who in ("mei", "olga"):
        wait(world, who)
    note(world, "mei", "died")
    assert listed(world) == ["olga"]
    note(world, "mei", "")
    assert listed(world) == ["mei", "olga"]
    opens(world, 6)
    work(world)
    assert offered(world) == ["mei", "olga"]


def test_no_offer_goes_in_the_night_and_none_shortly_before_the_visit(world: World) -> None:
    """O-19: what opens in the evening is offered in the morning, if then it still makes sense."""
    wait(world, "mei")
    world.clock.now = datetime(2026, 3, 4, 21, tzinfo=NEW_YORK)
    opens(world, 5, 9)
    opens(world, 6, 9)
    work(world)
    assert offered(world) == []
    world.clock.now = datetime(2026, 3, 5, 9, tzinfo=NEW_YORK)
    work(world)
    assert offered(world) == ["mei"]
    assert text(world, "mei", "1") == "moved"
    assert start_of(world, "mei") == "Fri 06 09:00"


def test_an_offer_that_waits_is_not_sent_once_the_time_is_taken_and_nobody_can_say_yes_to_it(world: World) -> None:
    """D-08: looked at again in the moment of sending; a "yes" then answers nothing."""
    wait(world, "mei")
    slot = opens(world, 6)
    while offer_due(world.bot):
        pass
    with world.bot.store.begin() as session:
        assert queries.take_slot(session, slot, phone_id=None, now=world.clock.now)
    send_waiting(world.bot, Console())
    assert offered(world) == []
    assert "moved" not in text(world, "mei", "1")
    assert start_of(world, "mei") == "Fri 20 09:00"


def test_a_called_off_visits_time_is_offered_when_it_can_no_longer_be_taken_back(world: World) -> None:
    """UNDO keeps it for half an hour."""
    wait(world, "mei")
    assert text(world, "lucia", "cancel my appointment") == "cancelled"
    work(world)
    assert offered(world) == []
    world.clock.now += timedelta(minutes=31)
    work(world)
    assert offered(world) == ["mei"]


def test_who_has_no_visit_any_more_waits_no_longer(world: World) -> None:
    """The wish was to have that visit earlier."""
    wait(world, "mei")
    change(world, visit_of(world, "mei"), status="cancelled")
    opens(world, 6)
    work(world)
    assert offered(world) == [] == listed(world)


def test_undo_brings_the_place_on_the_list_back_with_the_visit(world: World) -> None:
    """Calling off had ended the wait, since there was nothing to move; what was given up before that stays given up."""
    for who in ("mei", "olga"):
        wait(world, who)
    text(world, "mei", "取消预约")
    opens(world, 6, 9)
    work(world)
    assert listed(world) == ["olga"]
    assert text(world, "mei", "撤销") == "undone"
    assert listed(world) == ["mei", "olga"]
    opens(world, 6)
    work(world)
    assert text(world, "mei", "3") == "waitlist_off"
    text(world, "mei", "取消预约")
    text(world, "mei", "撤销")
    assert listed(world) == ["olga"]


def test_undo_of_what_staff_have_seen_to_since_puts_nobody_on_the_list_twice(world: World) -> None:
    """They put the patient on it anew: that is the place that stays."""
    wait(world, "mei")
    opens(world, 6)
    work(world)
    assert text(world, "mei", "1") == "moved"
    wait(world, "mei")
    assert text(world, "mei", "UNDO").startswith("undone")
    assert listed(world) == ["mei"]


def test_while_texts_are_paused_nothing_is_offered(world: World) -> None:
    """The time would be over before anybody could read of it."""
    wait(world, "mei")
    opens(world, 6)
    switch.pause(world.bot.store, world.bot.clinic_id, world.clock.now)
    work(world)
    switch.resume(world.bot.store, world.bot.clinic_id)
    world.clock.now += HOUR
    work(world)
    assert offered(world) == ["mei"]


SAYS = ["1", "yes", "2", "3", "STOP", "START", "FEWER", "ALL TEXTS", "NEW", "UNDO"]
DO = st.lists(
    st.one_of(
        st.tuples(st.just("says"), st.sampled_from(WHO), st.sampled_from(SAYS)),
        st.tuples(st.just("waits"), st.sampled_from(WHO), st.just("")),
        st.tuples(st.just("opens"), st.sampled_from(["5", "6", "9", "10"]), st.just("")),
        st.tuples(st.just("later"), st.sampled_from(["10", "70", "600"]), st.just("")),
    ),
    min_size=4,
    max_size=25,
)


def test_a_number_that_no_key_opens_keeps_the_time_from_nobody_behind(world: World) -> None:
    """The next ones get it, and a person hears of the one who was passed over."""
    wait(world, "mei")
    wait(world, "olga")
    with world.bot.store.begin() as session:
        mei = PhoneRow.id == world.phones["mei"]
        session.execute(update(table(PhoneRow)).where(mei).values(number=type_coerce(b"no token of any key", LargeBinary)))
    opens(world, 16)
    work(world)
    assert offered(world) == ["olga"]
    with world.bot.store.session() as session:
        items = session.scalars(select(TaskRow).where(TaskRow.phone_id == world.phones["mei"]))
        assert [(item.kind, item.detail) for item in items] == [("not_delivered", "unreadable")]


def test_nor_does_a_visit_that_this_version_cannot_read(world: World) -> None:
    """One item and one line, however long it lasts; the time is offered to them, too, once it is mended."""
    wait(world, "mei")
    visits, mei = table(AppointmentRow), visit_of(world, "mei")

    def stands(participant: str) -> None:
        with world.bot.store.begin() as session:
            session.execute(update(visits).where(visits.c.id == mei).values(participant=participant))

    stands("perhaps")
    opens(world, 16)
    with capture_logs() as said:
        for _ in range(30):
            offer_due(world.bot)
            world.clock.now += timedelta(minutes=1)
    assert [(line["event"], line["phone"], line["error"]) for line in said] == [("not_planned", world.phones["mei"], "ValueError")]
    wait(world, "olga")
    work(world)
    assert offered(world) == ["olga"]
    stands("needs-action")
    world.clock.now += timedelta(days=1)
    work(world)
    assert offered(world) == ["olga", "mei"]
    with world.bot.store.session() as session:
        items = session.scalars(select(TaskRow).where(TaskRow.phone_id == world.phones["mei"]))
        assert [(item.kind, item.detail) for item in items] == [("not_delivered", "not_planned")]


def test_what_is_wrong_with_a_time_itself_is_one_line_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others that open go on meanwhile; where others were only in the way it is looked at in a minute."""
    wait(world, "mei")
    opens(world, 16)
    met: list[Exception] = [Conflict("others"), ValueError(), ValueError(), ValueError()]

    def line(*_: object, **__: object) -> list[Any]:
        raise met.pop(0) if met else ValueError

    with capture_logs() as said, monkeypatch.context() as patched:
        patched.setattr(waiting, "line", line)
        for _ in range(30):
            offer_due(world.bot)
            world.clock.now += timedelta(minutes=1)
    assert [(line["event"], line["log_level"], line["error"]) for line in said] == [
        ("not_offered", "warning", "Conflict"), ("not_offered", "error", "ValueError"),
    ]  # fmt: skip
    world.clock.now += timedelta(days=1)
    work(world)
    assert offered(world) == ["mei"]


@pytest.mark.slow
@examples(40)
@given(DO)
def test_two_never_get_one_time_and_nobody_on_stop_gets_an_offer(bot_parts: Any, script: list[tuple[str, str, str]]) -> None:
    """Whatever happens in whatever order (F-07, O-10, O-19)."""
    world = full(make_world(bot_parts))
    for who in WHO[:3]:
        wait(world, who)
    for do, what, words in script:
        if do == "says":
            take(world.bot, received(sender=world.number(what), body=words))
        elif do == "waits":
            wait(world, what)
        elif do == "opens":
            opens(world, int(what))
        else:
            world.clock.now += timedelta(minutes=int(what))
        before = len(offered(world))
        silent = {name for name in WHO if _silent(world, name)}
        work(world)
        new = offered(world)[before:]
        assert not silent & set(new)
        assert not new or 9 <= world.clock.now.astimezone(NEW_YORK).hour < 20
        with world.bot.store.session() as session:
            booked = session.scalars(select(AppointmentRow.slot_id).where(AppointmentRow.status == "booked")).all()
            slots = [slot for slot in booked if slot is not None]
            assert len(slots) == len(set(slots))
            assert {session.get_one(SlotRow, slot).status for slot in slots} <= {"busy"}
    world.bot.store.engine.dispose()


def _silent(world: World, who: str) -> bool:
    with world.bot.store.session() as session:
        return session.get_one(PhoneRow, world.phones[who]).opted_out_at is not None
