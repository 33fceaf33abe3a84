"""Programmes in the browser: what is asked, when, and what each answer does, edited like every other section."""

from __future__ import annotations

from datetime import time

import pytest
from sqlalchemy import select, update

from bot.store.models import LOOK_NOW, PatientRow
from bot.store.programme_models import CarePlanRow
from tests.inbox.conftest import Desk, page
from tests.inbox.test_settings import edit, form, send

MEDICINE = "programmes.0.value"
STEP = f"field.{MEDICINE}.steps.1"  # the empty row after the one that is there
EVENING = {
    f"{STEP}.step": ["evening"],
    f"{STEP}.at.0": ["18:30"],
    f"{STEP}.days": ["monday", "friday"],
    f"{STEP}.say": ["check_in.medicine"],
    f"{STEP}.answers.not_taken": ["log human"],
    f"{STEP}.answers.help": ["end"],  # of another question: it does not count here
}


def test_a_question_more_is_seen_in_every_language_and_asked_from_then_on(desk: Desk) -> None:
    """Saved as the file would hold it, with every answer that the text offers named."""
    given = {**form(desk.ana, "programmes"), **EVENING}
    seen = send(desk.ana, "programmes", given, "preview").get_data(as_text=True)
    assert "Daily medicine check-in: evening" in seen
    assert desk.bot.texts.render("check_in.medicine", "ko") in seen
    assert "Daily medicine check-in: daily" not in seen  # what stays as it is need not be read again
    assert "medicine: Questions: question 2: Times of the day" in seen
    assert "Saved." in send(desk.ana, "programmes", given).get_data(as_text=True)
    daily, evening = desk.bot.clinic.programmes["medicine"].questions
    assert (daily.name, evening.clocks, evening.days) == ("daily", (time(18, 30),), {0, 4})
    assert evening.answers == {"taken": (), "not_taken": ("log human",), "side_effects": (), "leave": ("end",)}


def test_it_can_be_taken_back_and_taken_out_as_a_file(desk: Desk) -> None:
    """History tells what changed; the file holds it in its own shape."""
    edit(desk.ana, "programmes", **{f"{MEDICINE}.lasts.n": "20", f"{MEDICINE}.silent": "never"})
    assert "lasts: 20 d" in desk.ana.get("/inbox/settings/file").get_data(as_text=True)
    assert (desk.bot.clinic.programmes["medicine"].lasts.days, desk.bot.clinic.programmes["medicine"].silent) == (20, None)
    shown = page(desk.ana, "/inbox/settings/programmes")
    assert "30 days" in shown and "20 days" in shown and "Ana" in shown
    newest = shown.split('name="newest" value="')[1].split('"')[0]
    desk.ana.post("/inbox/settings/programmes/back", data={"change": newest, "newest": newest})
    assert desk.bot.clinic.programmes["medicine"].lasts.days == 30


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({f"{STEP}.step": ["night"], f"{STEP}.at.0": ["22:00"]}, "when texts may start"),
        ({f"{STEP}.step": ["daily"], f"{STEP}.at.0": ["10:00"]}, "two steps are called"),
        ({f"{STEP}.step": ["both"], f"{STEP}.at.0": ["10:00"], f"{STEP}.after.n": ["1"]}, "needs either"),
        ({f"field.{MEDICINE}.missed": ["often"]}, "must be a whole number"),
        ({f"field.{MEDICINE}.steps.0.answers.leave": []}, "must `end` the programme"),
        ({"field.programmes.2.name": ["all"], "field.programmes.2.value.title": ["x"]}, "and not `all`"),
    ],
)
def test_what_must_not_be_is_told_beside_its_field_and_nothing_is_saved(fields: dict[str, list[str]], says: str, desk: Desk) -> None:
    """By the words of who reads the file: nothing in the night (O-19), the way out stays open, two steps never have one name."""
    before = desk.bot.clinic.programmes
    answer = send(desk.ana, "programmes", {**form(desk.ana, "programmes"), **fields})
    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)
    assert desk.bot.clinic.programmes == before


def test_who_is_in_a_programme_is_looked_at_again(desk: Desk) -> None:
    """Else a question would wait for the moment that the old times gave it; of reminders' hours that is as true."""
    with desk.bot.store.session() as session:
        dorothy = session.scalars(select(PatientRow.id).order_by(PatientRow.id).limit(1)).one()
    desk.ana.post(f"/inbox/phone/1/programmes/{dorothy}", data={"programme": "medicine", "agreed": "form"})
    for where, field, value in (("programmes", f"{MEDICINE}.steps.0.at.0", "10:30"), ("reminders", "reminders.between.to", "19:00")):
        with desk.bot.store.begin() as session:
            session.execute(update(CarePlanRow).values(next_text_at=None))
        edit(desk.ana, where, **{field: value})
        (plan,) = desk.rows(CarePlanRow, CarePlanRow.patient_id == dorothy, CarePlanRow.status == "active")
        assert plan.next_text_at == LOOK_NOW


def test_a_programme_that_is_taken_away_asks_nothing_more(desk: Desk) -> None:
    """The others stay."""
    send(desk.ana, "programmes", form(desk.ana, "programmes"), "remove:field.programmes.0")
    given = {name: values for name, values in form(desk.ana, "programmes").items() if not name.startswith("field.programmes.0.")}
    send(desk.ana, "programmes", given)
    assert list(desk.bot.clinic.programmes) == ["after_visit"]
