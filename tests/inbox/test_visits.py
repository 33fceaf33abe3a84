"""Coordinators book, move and call off over HTTP: shown before what is told, refused in words, never twice."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from bot.core import Bot
from bot.store.models import AppointmentRow, CommunicationRow, PatientPhoneRow, PatientRow, TaskRow
from bot.store.work_models import ActionRow
from tests.inbox.conftest import Come
from tests.staff import Browser, Page
from tests.world import Clock


@pytest.fixture
def bot(app: Flask) -> Bot:
    """The parts of the application."""
    return app.extensions["attend"].bot  # type: ignore[no-any-return]


def visit_of(bot: Bot, name: str) -> tuple[int, AppointmentRow]:
    """The phone and the first visit of somebody."""
    with bot.store.session() as session:
        patient = next(row for row in session.scalars(select(PatientRow)) if row.name.startswith(name))
        phone = session.scalars(select(PatientPhoneRow.phone_id).where(PatientPhoneRow.patient_id == patient.id)).one()
        visits = select(AppointmentRow).where(AppointmentRow.patient_id == patient.id).order_by(AppointmentRow.start, AppointmentRow.id)
        return phone, session.scalars(visits).first() or AppointmentRow(patient_id=patient.id)


def reload(bot: Bot, visit: AppointmentRow) -> AppointmentRow:
    """The visit as it is now."""
    with bot.store.session() as session:
        return session.get_one(AppointmentRow, visit.id)


def slots(page: Page) -> list[int]:
    """The times that a page offers."""
    return [int(number) for number in re.findall(r"[?&;]slot=(\d+)", page.text)]


def form(page: Page, cause: str) -> dict[str, str]:
    """The form of that cause."""
    (found,) = (part for part in page.text.split("<form") if f'name="cause" value="{cause}"' in part)
    return dict(re.findall(r'name="(cause|slot|version)" value="(\w+)"', found))


def shown(page: Page) -> list[str]:
    """The texts that a page promises to send: as the patient asked for it, and as the clinic caused it."""
    return [html.unescape(text) for text in re.findall(r'<p class="text"[^>]*>([^<]+)', page.text)]


def sent(bot: Bot, phone: int) -> str:
    """The newest text to a phone."""
    with bot.store.session() as session:
        rows = select(CommunicationRow).where(CommunicationRow.phone_id == phone, CommunicationRow.direction == "outbound")
        return session.scalars(rows.order_by(CommunicationRow.id.desc())).first().body  # type: ignore[union-attr]


def after(browser: Browser, answer: Page) -> str:
    """What the page says to which a form leads."""
    assert answer.status == 303
    return html.unescape(browser.get(answer.location).text)


@pytest.mark.parametrize(("cause", "said"), [("patient", "accepted"), ("clinic", "needs-action")])
def test_what_the_page_shows_before_is_what_the_patient_gets(bot: Bot, come: Come, cause: str, said: str) -> None:
    """In Spanish, with the English beside it; and the conversation tells who did it and who caused it."""
    ana, (phone, visit) = come("ana"), visit_of(bot, "Lucía")
    path = f"/inbox/phone/{phone}/move/{visit.id}"
    assert path in ana.get(f"/inbox/phone/{phone}").text
    wanted = slots(ana.get(path))[2]
    page = ana.get(f"{path}?slot={wanted}")
    assert "The patient is told by text" in page.text
    promised = dict(zip(("patient", "clinic"), shown(page), strict=True))[cause]
    assert '<small lang="en">Sunrise Clinic: As you asked, your visit is now on' in page.text
    talk = after(ana, ana.post(path, **form(page, cause)))
    assert "The visit is moved. The patient is told by text." in talk
    assert sent(bot, phone) == promised
    now = reload(bot, visit)
    assert (now.slot_id, now.participant) == (wanted, said)
    assert re.search(r"moved the visit: Mon, Mar 9, 2:00 PM to .* \((the patient asked|the clinic's change)\)", talk)


def test_two_coordinators_move_the_same_visit(bot: Bot, come: Come, clock: Clock) -> None:
    """The second is refused: by the lock while it holds, and after it because the visit is no longer the one that was shown."""
    (phone, visit), ana, ben = visit_of(bot, "Dorothy"), come("ana"), come("ben")
    path = f"/inbox/phone/{phone}/move/{visit.id}"
    first, second = slots(ana.get(path))[:2]
    hers, his = ana.get(f"{path}?slot={first}"), ben.get(f"{path}?slot={second}")
    assert "The visit is moved" in after(ana, ana.post(path, **form(hers, "patient")))
    assert "is working on this conversation for another 5 min" in after(ben, ben.post(path, **form(his, "clinic")))
    clock.now += timedelta(minutes=6)
    assert "This visit has changed meanwhile" in after(ben, ben.post(path, **form(his, "clinic")))
    assert reload(bot, visit).slot_id == first
    with bot.store.session() as session:
        assert session.query(ActionRow).filter_by(kind="moved").count() == 1


def test_a_time_that_was_taken_meanwhile_is_refused_with_words(bot: Bot, come: Come) -> None:
    """F-07: nothing is written, and the times that are left are shown."""
    (one, visit), (other, others), ana, ben = visit_of(bot, "Dorothy"), visit_of(bot, "Rosa"), come("ana"), come("ben")
    wanted = slots(ana.get(f"/inbox/phone/{one}/move/{visit.id}"))[0]
    hers = ana.get(f"/inbox/phone/{one}/move/{visit.id}?slot={wanted}")
    his = ben.get(f"/inbox/phone/{other}/move/{others.id}?slot={wanted}")
    ana.post(f"/inbox/phone/{one}/move/{visit.id}", **form(hers, "clinic"))
    left = after(ben, ben.post(f"/inbox/phone/{other}/move/{others.id}", **form(his, "clinic")))
    assert "This time is no longer free: somebody else was first." in left
    assert f'slot={wanted}"' not in left
    assert reload(bot, others).start == others.start


def test_a_visit_is_called_off_with_who_caused_it(bot: Bot, come: Come) -> None:
    """Both sentences are shown; a second press finds that there is nothing to call off any more."""
    (phone, visit), ana = visit_of(bot, "Ernesto"), come("ana")
    path = f"/inbox/phone/{phone}/call-off/{visit.id}"
    page = ana.get(path)
    assert [text.split(": ")[0] for text in shown(page)] == ["Sunrise Clinic"] * 2
    assert "is called off" in after(ana, ana.post(path, **form(page, "clinic")))
    assert sent(bot, phone) == shown(page)[1]
    assert reload(bot, visit).status == "cancelled"
    assert "can no longer be changed" in after(ana, ana.post(path, **form(page, "clinic")))


def test_a_visit_is_booked_for_one_of_two_who_share_a_phone(bot: Bot, come: Come) -> None:
    """Each person has a link of their own, services are told apart, and the text names nobody."""
    (phone, visit), ana = visit_of(bot, "Theo"), come("ana")
    path = f"/inbox/phone/{phone}/book/{visit.patient_id}"
    assert "Book a visit for Theo Brooks" in ana.get(f"/inbox/phone/{phone}").text
    child, lab = ana.get(f"{path}?service=child"), ana.get(f"{path}?service=lab")
    assert not set(slots(child)) & set(slots(lab))
    page = ana.get(f"{path}?slot={slots(child)[0]}")
    assert "Theo" not in shown(page)[0]
    assert "The visit is booked" in after(ana, ana.post(path, **form(page, "patient")))
    with bot.store.session() as session:
        assert session.query(AppointmentRow).filter_by(patient_id=visit.patient_id, slot_id=slots(child)[0]).count() == 1


def test_free_times_come_fifteen_at_a_time(bot: Bot, come: Come) -> None:
    """Without gap or repeat, each page under the days' names."""
    (phone, visit), ana = visit_of(bot, "Dorothy"), come("ana")
    first, second = (ana.get(f"/inbox/phone/{phone}/move/{visit.id}?page={number}") for number in (1, 2))
    assert (len(slots(first)), len(slots(second))) == (15, 15)
    assert not set(slots(first)) & set(slots(second))
    assert "More times" in first.text
    assert "<h2>Thursday, March 5</h2>" in first.text


def test_who_cannot_be_texted_is_shown_before_and_after(bot: Bot, come: Come) -> None:
    """Opted out: no sentence is promised, and the coordinator is told to phone."""
    (phone, visit), ana = visit_of(bot, "Marcus"), come("ana")
    ana.post(f"/inbox/phone/{phone}/opt-out")
    newest = sent(bot, phone)
    page = ana.get(f"/inbox/phone/{phone}/call-off/{visit.id}")
    assert "No text goes: opted out." in page.text
    assert shown(page) == []
    assert "No text goes: an item says to phone the patient." in after(
        ana, ana.post(f"/inbox/phone/{phone}/call-off/{visit.id}", **form(page, "clinic"))
    )
    assert sent(bot, phone) == newest


def test_what_a_visit_closes_can_be_opened_again_from_the_same_page(bot: Bot, come: Come) -> None:
    """The page says how many items asked for just this, and has an Undo for them; none beside the visit, which stays called off."""
    ana, (phone, visit) = come("ana"), visit_of(bot, "Dorothy")
    with bot.store.begin() as session:
        which = {"clinic_id": bot.clinic_id, "phone_id": phone, "appointment_id": visit.id, "kind": "declined"}
        session.add(TaskRow(**which, created_at=bot.clock(), due_at=bot.clock(), rank=4))
    path = f"/inbox/phone/{phone}/call-off/{visit.id}"
    talk = after(ana, ana.post(path, **form(ana.get(path), "patient")))
    assert re.search(r"is called off. The patient is told by text.</p>\s*</div>\s*<div[^>]*><p>1 item closed.</p>", talk)
    (undo,) = re.findall(r'name="item" value="(\d+)"><button name="do" value="reopen">Undo', talk)
    ana.post("/inbox/items", do="reopen", item=undo)
    with bot.store.session() as session:
        assert session.get_one(TaskRow, int(undo)).status == "requested"


def test_a_visit_of_another_phone_is_not_here(bot: Bot, come: Come) -> None:
    """H-16: neither to look at nor to change; nor is a person."""
    (phone, _), (_, others), ana = visit_of(bot, "Dorothy"), visit_of(bot, "Rosa"), come("ana")
    for path in (f"move/{others.id}", f"call-off/{others.id}", f"book/{others.patient_id}", "move/9999", "book/9999"):
        assert ana.get(f"/inbox/phone/{phone}/{path}").status == 404
        assert ana.post(f"/inbox/phone/{phone}/{path}", cause="clinic", slot="1").status == 404
