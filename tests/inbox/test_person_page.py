"""A person's page over HTTP: put right, taken back, added, found and written to (rules N-01 … N-11, O-17, H-16)."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from sqlalchemy import select

from bot.channels.console import received
from bot.core import Bot
from bot.store.models import ClinicRow, CommunicationRow, ConsentRow, PatientPhoneRow, PatientRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.store.waiting_models import WaitingRow
from bot.turn import take
from tests.inbox.conftest import Come
from tests.inbox.test_visits import after, visit_of
from tests.staff import Browser, Page, hire
from tests.world import STRANGER


@pytest.fixture
def bot(app: Flask) -> Bot:
    """The parts of the application."""
    return app.extensions["attend"].bot  # type: ignore[no-any-return]


def fields(page: Page) -> dict[str, str]:
    """The person's form as a browser would send it back."""
    (form,) = (part for part in page.text.split("<form") if 'class="person"' in part.split(">")[0])
    form = form.split("</form>")[0]
    found = dict(re.findall(r'<input(?=[^>]* name="([^"]+)")(?![^>]*type="(?:checkbox|radio)")[^>]* value="([^"]*)"', form))
    found |= dict(re.findall(r'<input type="(?:checkbox|radio)" name="([^"]+)" value="([^"]*)" checked', form))
    found |= dict(re.findall(r'<textarea id="[^"]+" name="([^"]+)"[^>]*>([^<]*)<', form))
    for name, options in re.findall(r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', form):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: html.unescape(value) for name, value in found.items() if name != "form_token"}


def person(bot: Bot, patient_id: int) -> PatientRow:
    """A patient as they are now."""
    with bot.store.session() as session:
        return session.get_one(PatientRow, patient_id)


def undo(browser: Browser, page: str) -> Page:
    """Presses the button that takes the last correction back."""
    path, token = re.findall(r'action="(/inbox/person/\d+/undo)">.*?name="undo" value="([^"]+)"', page, re.DOTALL)[0]
    return browser.post(path, undo=token)


def test_a_person_is_put_right_from_their_conversation_and_it_is_taken_back(bot: Bot, come: Come) -> None:
    """What the page shows is what it writes; the timeline tells; the button beside the message brings all back."""
    ana, (phone, visit) = come("ana"), visit_of(bot, "Lucía")
    path = f"/inbox/person/{visit.patient_id}?phone={phone}"
    assert path in ana.get(f"/inbox/phone/{phone}").text
    shown = fields(ana.get(path))
    assert (shown["name"], shown["birth_year"], shown["language"], shown["relation-0"]) == ("Lucía Ramírez", "1993", "es", "self")
    same = after(ana, ana.post(path, **shown))
    assert "Nothing was changed." in same
    told = after(ana, ana.post(path, **{**shown, "name": "Lucía Ramos", "zone": "america/chicago"}))
    assert "Corrected." in told and "Lucía Ramos" in told and "corrected the person: name, time zone" in told
    assert person(bot, visit.patient_id).zone == "America/Chicago"
    assert "Taken back" in after(ana, undo(ana, told))
    assert (person(bot, visit.patient_id).name, person(bot, visit.patient_id).zone) == ("Lucía Ramírez", None)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, "Write the name"),
        ({"birth_year": "93"}, "four digits"),
        ({"zone": "Mars"}, "time zone such as"),
        ({"until": "tomorrow", "life_event": "loss"}, "2026-03-10"),
        ({"until": "2026-01-01", "life_event": "loss"}, "today or a later one"),
        ({"until": "2026-05-01", "life_event": "died"}, "last day belongs"),
        ({"phone": "716-555-0177 x5", "how": "form"}, "with an extension"),
        ({"phone": "716-555-0177"}, "how the patient agreed"),
        ({"phone": "716-555-0123", "how": "form"}, "on that phone already"),
        ({"seen": "forged"}, "meanwhile"),
    ],
)
def test_what_cannot_be_is_said_in_words_and_the_form_keeps_what_was_typed(
    bot: Bot, come: Come, wrong: dict[str, str], told: str
) -> None:
    """Nothing is written, and nobody types twice."""
    ana, (_, visit) = come("ana"), visit_of(bot, "Lucía")
    path = f"/inbox/person/{visit.patient_id}"
    answer = ana.post(path, **{**fields(ana.get(path)), "birth_year": "1994", **wrong})
    assert answer.status == 200 and told in html.unescape(answer.text)
    assert person(bot, visit.patient_id).birth_year == 1993
    if "birth_year" not in wrong:
        assert fields(answer)["birth_year"] == "1994"


def test_whose_number_it_was_is_told_where_it_is_theirs_no_more(bot: Bot, come: Come) -> None:
    """What they asked for stands there as an unknown sender's: who finds another contact knows for whom."""
    ana, (phone, visit) = come("ana"), visit_of(bot, "Lucía")
    path = f"/inbox/person/{visit.patient_id}"
    after(ana, ana.post(path, **{**fields(ana.get(path)), "gone-0": "1"}))
    talk = html.unescape(ana.get(f"/inbox/phone/{phone}").text)
    assert "Unknown sender" in talk and "corrected the person: phones" in talk
    assert f'<a href="{path}">Lucía Ramírez</a>' in talk


def test_two_who_correct_at_once_do_not_overwrite_each_other(bot: Bot, come: Come) -> None:
    """The second sees that somebody was first, and the form as it was."""
    ana, ben, (_, visit) = come("ana"), come("ben"), visit_of(bot, "Lucía")
    path = f"/inbox/person/{visit.patient_id}"
    first, second = fields(ana.get(path)), fields(ben.get(path))
    ana.post(path, **{**first, "name": "Lucía Ramos"})
    assert "meanwhile" in ben.post(path, **{**second, "birth_year": "1994"}).text
    assert (person(bot, visit.patient_id).name, person(bot, visit.patient_id).birth_year) == ("Lucía Ramos", 1993)


def test_a_death_stands_plainly_on_the_conversation_and_in_the_list(bot: Bot, come: Come) -> None:
    """And the item about the visits leads there (N-10)."""
    ana, (phone, visit) = come("ana"), visit_of(bot, "Dorothy")
    path = f"/inbox/person/{visit.patient_id}"
    told = after(ana, ana.post(path, **{**fields(ana.get(path)), "life_event": "died"}))
    assert "Nothing is started by text about this person any more." in told
    assert "<b>Dorothy Hale has died.</b>" in told
    assert "noted what happened: has died" in told
    inbox = ana.get("/inbox").text
    assert "See to the visits that are still booked" in inbox and '<b class="over">has died</b>' in inbox
    assert "No text goes: has died." in ana.get(f"/inbox/phone/{phone}/call-off/{visit.id}").text
    assert "Taken back" in after(ana, undo(ana, ana.get(f"/inbox/phone/{phone}").text if "undo" not in told else told))
    with bot.store.session() as session:
        assert session.scalars(select(TaskRow.outcome).where(TaskRow.kind == "life_event")).all() == ["not_needed"]


def test_nothing_is_offered_for_who_has_died_but_calling_off(bot: Bot, come: Come) -> None:
    """Why stands there in a line; an old page's link or form says it too, and writes nothing (N-10)."""
    ana, (phone, visit) = come("ana"), visit_of(bot, "Dorothy")
    path, talk = f"/inbox/person/{visit.patient_id}", f"/inbox/phone/{phone}"
    ways = [f"{talk}/book/{visit.patient_id}", f"{talk}/move/{visit.id}", f"{talk}/wait/{visit.patient_id}"]
    before = ana.get(talk).text
    assert [way for way in ways if way not in before] == [] and f"{talk}/remind" in before
    after(ana, ana.post(path, **{**fields(ana.get(path)), "life_event": "died"}))
    shown = ana.get(talk).text
    assert [way for way in [*ways, f"{talk}/remind"] if way in shown] == [] and f"{talk}/call-off/{visit.id}" in shown
    assert "No reminder can be sent: has died." in shown and "Put the patient into a programme" not in shown
    why = "Nothing more is planned for Dorothy Hale, who has died."
    assert shown.count(why) == 1
    for way in ways:
        assert after(ana, ana.get(way)).count(why) == after(ana, ana.post(way, service="primary", cause="clinic")).count(why) == 2
    with bot.store.session() as session:
        assert session.scalars(select(WaitingRow)).all() == []


def test_somebody_new_is_added_found_and_written_to(bot: Bot, come: Come) -> None:
    """From the search that found nobody to the first text, with the consent that was given (O-17)."""
    ana = come("ana")
    ana.get("/inbox")
    assert "/inbox/person/new" in ana.post("/inbox/search", asked="Greta").text
    form = {**fields(ana.get("/inbox/person/new")), "name": "Greta Lang", "language": "en", "phone": "(716) 555-0178"}
    assert form["told"].startswith("Texts about visits")
    refused = ana.post("/inbox/person/new", **form)
    assert "how the patient agreed" in refused.text and fields(refused)["name"] == "Greta Lang"
    told = after(ana, ana.post("/inbox/person/new", **{**form, "how": "desk"}))
    assert "Added. You can write to them here." in told and "Greta Lang" in told
    with bot.store.session() as session:
        row = next(row for row in session.scalars(select(PatientRow)) if row.name == "Greta Lang")
        phone = session.scalars(select(PatientPhoneRow.phone_id).where(PatientPhoneRow.patient_id == row.id)).one()
        consent = session.scalars(select(ConsentRow).where(ConsentRow.phone_id == phone)).one()
        assert consent.source.startswith("desk, staff:") and consent.told == form["told"]
    found = ana.post("/inbox/search", asked="Greta Lang").text
    assert f"/inbox/phone/{phone}" in found
    after(ana, ana.post(f"/inbox/phone/{phone}/reply", text="Welcome to the clinic."))
    with bot.store.session() as session:
        texts = select(CommunicationRow.body).join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
        assert session.scalars(texts.where(CommunicationRow.phone_id == phone)).all() == ["Welcome to the clinic."]


def test_an_unknown_sender_becomes_somebody(bot: Bot, come: Come) -> None:
    """Their number stands in the form already, though in no address (H-08)."""
    take(bot, received(sender=STRANGER, body="hello, this is Greta"))
    ana = come("ana")
    with bot.store.session() as session:
        phone = session.scalars(select(CommunicationRow.phone_id).order_by(CommunicationRow.id.desc())).first()
    page = ana.get(f"/inbox/phone/{phone}")
    assert "Add who it is" in page.text
    assert fields(ana.get(f"/inbox/person/new?phone={phone}"))["phone"] == STRANGER


def test_a_person_of_another_clinic_is_nobodys_here(app: Flask, bot: Bot, come: Come) -> None:
    """404 for reading, correcting and taking back (H-16); a translator may not even look (roles)."""
    with bot.store.begin() as session:
        session.add(other := ClinicRow(slug="elsewhere"))
        session.flush()
        session.add(theirs := PatientRow(clinic_id=other.id, name="Somebody Else", language="en"))
        session.flush()
        patient_id = theirs.id
    ana = come("ana")
    assert ana.get(f"/inbox/person/{patient_id}").status == 404
    assert ana.post(f"/inbox/person/{patient_id}", name="x").status == 404
    assert ana.post(f"/inbox/person/{patient_id}/undo").status == 404
    reader = Browser(ana.port).enter(app, hire(app, "translator"))
    assert reader.get("/inbox/person/new").status == 403
    assert reader.get(f"/inbox/person/{visit_of(bot, 'Lucía')[1].patient_id}").status == 403
