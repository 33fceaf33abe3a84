"""The waiting list and the wish for fewer texts on the coordinators' pages."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.dialogue.wanted import Wanted
from bot.store import queries
from bot.store.models import AppointmentRow, PhoneRow
from bot.store.waiting_models import WaitingRow
from bot.store.work_models import ActionRow
from bot.understand.types import Wish
from tests.inbox.conftest import Desk, act, page

DOROTHY = 1


def add(desk: Desk, **form: str) -> str:
    """Puts Dorothy on the list by the form; the page that follows."""
    address = f"/inbox/phone/{DOROTHY}/wait/{_patient(desk)}"
    return desk.ana.post(address, data={"service": "primary", **form}, follow_redirects=True).get_data(as_text=True)


def _patient(desk: Desk) -> int:
    with desk.bot.store.session() as session:
        return next(iter(queries.people(session, DOROTHY)))


def test_a_coordinator_puts_a_patient_on_the_list_and_takes_them_off(desk: Desk) -> None:
    """The visit that would be moved is the next one of that kind; both steps stand in the conversation."""
    address = f"/inbox/phone/{DOROTHY}"
    assert "Put on the waiting list" in page(desk.ana, address)
    said = add(desk, start="14:00", weekday="1")
    assert "On the waiting list" in said and "Waits for primary" in said
    (row,) = desk.rows(WaitingRow)
    visit = desk.rows(AppointmentRow, AppointmentRow.id == row.appointment_id)[0]
    assert (visit.patient_id, visit.service) == (row.patient_id, "primary")
    listed = page(desk.ana, "/inbox/waiting")
    assert "Dorothy" in listed and "Tuesdays, from 2:00 PM" in listed
    desk.ana.post(f"/inbox/waiting/{row.id}/remove")
    assert "Nobody waits" in page(desk.ana, "/inbox/waiting")
    assert "took off the waiting list: primary" in page(desk.ana, address)


def test_a_second_click_writes_nothing_twice(desk: Desk) -> None:
    """Other wishes are another matter."""
    add(desk, start="14:00")
    assert "on the list with these wishes already" in add(desk, start="14:00")
    assert "On the waiting list" in add(desk, start="15:00")
    (wait,) = desk.rows(WaitingRow)
    assert '"start":900' in wait.wishes
    assert len(desk.rows(ActionRow, ActionRow.kind == "waits")) == 2


def test_whom_no_text_reaches_is_shown_as_to_be_phoned(desk: Desk) -> None:
    """A person reads it where they are put on the list, and on the list."""
    with desk.bot.store.begin() as session:
        session.get_one(PhoneRow, DOROTHY).opted_out_at = desk.bot.clock()
    assert "but texts must not go there" in add(desk)
    assert "no texts: phone them when a time opens" in page(desk.ana, "/inbox/waiting")


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"service": "surgery"}, "Choose what the patient waits for"),
        ({"start": "15:00", "end": "9:00"}, "Write days as"),
        ({"start": "15:00", "end": "09:00"}, "must be before the latest"),
        ({"first": "2030-02-31"}, "Write days as"),
    ],
)
def test_what_makes_no_sense_is_refused_in_plain_words(desk: Desk, form: dict[str, str], says: str) -> None:
    """And nobody is put on the list."""
    assert says in add(desk, **form)
    assert desk.rows(WaitingRow) == []


def test_days_and_weekdays_become_the_wish_that_the_bot_understands() -> None:
    """Without days any day will do; with some, those that are to come."""
    today = datetime(2026, 3, 4, tzinfo=ZoneInfo("America/New_York")).date()
    assert (Wanted().wishes(today), Wanted(start=time(14)).wishes(today)) == ((), (Wish(start=14 * 60),))
    (wish,) = Wanted(first=today, last=today.replace(day=18), weekdays=frozenset({1})).wishes(today)
    assert [day.day for day in wish.days or ()] == [10, 17]
    with pytest.raises(ValueError, match="No day fits"):
        Wanted(first=today, last=today, weekdays=frozenset({6})).wishes(today)


def test_a_coordinator_notes_that_a_patient_wants_fewer_texts(desk: Desk) -> None:
    """It stands on top of the conversation, and can be taken back."""
    said = act(desk.ana, DOROTHY, "wants", wants="fewer")
    assert "Wants fewer texts" in said and "noted: wants one reminder before each visit" in said
    assert desk.rows(PhoneRow, PhoneRow.id == DOROTHY)[0].wants == "fewer"
    assert "Wants fewer texts" not in act(desk.ana, DOROTHY, "wants", wants="all")
    assert "Choose which texts" in act(desk.ana, DOROTHY, "wants", wants="none")
