"""Closing a day and deciding about held-up texts, on the pages of managers and administrators."""

from __future__ import annotations

from datetime import timedelta

from bot.delivery import switch
from bot.store.models import AppointmentRow, PatientRow
from tests.inbox.conftest import Desk, page


def _first_visit(desk: Desk) -> AppointmentRow:
    return min(desk.rows(AppointmentRow), key=lambda row: row.start)


def test_a_day_is_looked_at_before_it_is_closed(desk: Desk) -> None:
    """Who is affected and what they will read stands there first; afterwards nobody has a visit on that day."""
    day = _first_visit(desk).start.astimezone(desk.bot.clinic.zone).date().isoformat()
    shown = page(desk.ana, f"/inbox/closing?day={day}")
    assert "Sorry, we had to call off your visit" in shown and "and tell" in shown
    done = desk.ana.post("/inbox/closing", data={"day": day}, follow_redirects=True).get_data(as_text=True)
    assert "told by text" in done and "No visit is booked on that day" in done
    assert _first_visit(desk).status == "cancelled"


def test_more_visits_that_stand_than_a_cookie_holds_are_all_told(desk: Desk) -> None:
    """The first with the reason, the others by their number and in the list; a browser takes no cookie above 4 kB."""
    first = _first_visit(desk)
    with desk.bot.store.begin() as session:
        for number in range(60):
            patient = PatientRow(clinic_id=first.clinic_id, name=f"Wiesława Brzęczyszczykiewicz-{number}", language="pl")
            session.add(patient)
            session.flush()
            at = {"service": "checkup", "start": first.start + timedelta(seconds=number), "minutes": 30}
            session.add(AppointmentRow(clinic_id=first.clinic_id, patient_id=patient.id, **at))
    day = first.start.astimezone(desk.bot.clinic.zone).date().isoformat()
    answer = desk.ana.post("/inbox/closing", data={"day": day})
    assert max(map(len, answer.headers.getlist("Set-Cookie"))) < 4096
    said = page(desk.ana, answer.headers["Location"])
    assert said.count("Still booked: ") == 5 and "55 more are still booked" in said
    assert all(f"Brzęczyszczykiewicz-{number} " in said for number in range(60))


def test_a_day_that_is_over_or_none_is_refused_in_words(desk: Desk) -> None:
    """Nothing is called off."""
    for day in ("2020-01-01", "tomorrow", ""):
        said = desk.ana.post("/inbox/closing", data={"day": day}, follow_redirects=True).get_data(as_text=True)
        assert "Choose a day that is not over" in said
    assert {row.status for row in desk.rows(AppointmentRow)} == {"booked"}


def test_held_up_texts_stand_in_groups_with_a_button_each(desk: Desk) -> None:
    """The first reminders wait while texts are paused; dropped, they are gone from the page."""
    assert "No text waits longer than it should" in page(desk.ana, "/inbox/catch-up")
    switch.pause(desk.bot.store, desk.bot.clinic_id, desk.bot.clock())
    desk.bot.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    shown = page(desk.ana, "/inbox/catch-up")
    assert "Send as they are" in shown and "sender: paused" in shown
    form = {"kind": "reminder", "reason": "held up, and still true", "do": "drop"}
    said = desk.ana.post("/inbox/catch-up", data=form, follow_redirects=True).get_data(as_text=True)
    assert "dropped" in said and "No text waits longer" in said
