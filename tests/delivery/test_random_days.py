"""Days of a clinic in which anything may happen between two texts: what is sent is looked at in the moment of sending."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.channels.console import Console, received
from bot.channels.types import Outgoing, Sent
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.desk import staff
from bot.store import queries
from bot.store.models import AppointmentRow, CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.store.sending_models import CommunicationRequestRow, OutboxRow
from bot.turn import take
from tests.quick import examples
from tests.world import World, make_world

NEW_YORK = ZoneInfo("America/New_York")
WHO = ("dorothy", "nadia", "rosa")
WORDS = {
    "confirm": "yes I'll be there", "maybe": "maybe", "opt out": "STOP", "opt in": "START", "danger": "my boyfriend hits me",
}  # fmt: skip
OF_STAFF = {"take over": staff.take_over, "hand back": staff.hand_back, "release": staff.release}
STEPS = st.tuples(
    st.sampled_from([*WORDS, *OF_STAFF, "move", "cancel", "no-show", "fly to Hawaii", "nothing"]),
    st.sampled_from(WHO),
    st.integers(-200, 400),  # hours by which a visit is moved
    st.sampled_from([1, 2, 5, 11, 23, 24, 40]),  # hours until the next thing happens
    st.booleans(),  # whether the sender runs meanwhile, or only the planner
)


class Witness(Console):
    """A channel that looks at the clinic's records whenever a text is handed to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[tuple[int, int, datetime, str]] = []

    def send(self, text: Outgoing) -> Sent:
        """Notes what was sent, and fails the test if it must not be."""
        now = self.world.clock.now
        with self.world.bot.store.session() as session:
            outbox = session.scalars(select(OutboxRow).where(OutboxRow.status == "sending")).one()
            asked = session.scalars(
                select(CommunicationRequestRow).where(CommunicationRequestRow.communication_id == outbox.communication_id)
            ).all()
            for each in asked:
                visit = session.get_one(AppointmentRow, each.appointment_id)
                assert visit.start == each.start, "about a time that the visit no longer has"
                assert visit.status == ("noshow" if each.step == "missed" else "booked")
                assert visit.start > now or each.step == "missed", "about the past"
                assert visit.participant != "declined"
            if asked:
                phone = session.get_one(PhoneRow, asked[0].phone_id)
                assert phone.opted_out_at is None
                state, sent = queries.state_of(phone), session.get_one(CommunicationRow, outbox.communication_id)
                assert (state.paused, state.hold) == (False, None)
                assert sent.rule == f"start.{', '.join(dict.fromkeys(each.step for each in asked))}"
                assert sent.texts
                assert sent.reader == self.world.bot.decides
                for zone in _zones(session, phone.id):
                    assert time(9) <= now.astimezone(zone).time() < time(20), "in the night"
            self.sent += [(each.phone_id, each.appointment_id, each.start, each.step) for each in asked]
        return super().send(text)


def _zones(session: Any, phone_id: int) -> list[ZoneInfo]:
    query = (
        select(PatientRow.zone)
        .join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
        .where(PatientPhoneRow.phone_id == phone_id)
    )
    return [ZoneInfo(zone or "America/New_York") for zone in session.scalars(query)]


@pytest.mark.slow
@examples(40)
@given(steps=st.lists(STEPS, min_size=3, max_size=25))
def test_nothing_is_sent_twice_or_in_the_night_or_about_what_is_no_longer_so(steps: list[Any], bot_parts: Any) -> None:
    """Moves, cancellations, answers, opt-outs, danger, take-overs, the sender's pauses, in any order (O-19, O-21, D-08).

    Nothing goes while danger is held (S-08), and each text tells its step, its sentences, and by which version (S-17).
    """
    world = make_world(bot_parts)
    witness = Witness(world)
    for what, who, by, hours, sends in steps:
        if what in WORDS:
            take(world.bot, received(sender=world.number(who), body=WORDS[what]))
        elif what in OF_STAFF:
            OF_STAFF[what](world.bot, world.phones[who], by=world.staff)
        else:
            _change(world, what, who, timedelta(hours=by))
        for _ in range(hours):
            while plan_due(world.bot):
                pass
            if sends:
                send_waiting(world.bot, witness)
            world.clock.now += timedelta(hours=1)
    assert len(witness.sent) == len(set(witness.sent))
    world.bot.store.engine.dispose()


def _change(world: World, what: str, who: str, by: timedelta) -> None:
    """The clinic changes the booked visits of a phone in its own system, or its patients move."""
    now = world.clock.now
    with world.bot.store.begin() as session:
        people = queries.people(session, world.phones[who])
        booked = select(AppointmentRow).where(AppointmentRow.patient_id.in_(people), AppointmentRow.status == "booked")
        for visit in session.scalars(booked):
            if what == "move":
                visit.start, visit.changed_at = visit.start + by, now
            elif what == "no-show" and visit.start < now:
                visit.status = "noshow"
            elif what == "cancel":
                visit.status, visit.changed_at = "cancelled", now
        for patient, _ in people.values():
            patient.zone = "Pacific/Honolulu" if what == "fly to Hawaii" else patient.zone
