"""Closing a day and deciding about held-up texts, on the pages of managers and administrators."""

from __future__ import annotations

from datetime import timedelta

from bot.delivery import switch
from bot.store.models import AppointmentRow
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
