"""A coordinator who reads Spanish: what patients mean, what is told beside their words, and what patients get all the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bot.channels.console import received
from bot.core import Bot
from bot.store.account_models import UserRow
from bot.store.models import AppointmentRow, CommunicationRow
from bot.turn import take
from tests.chromium import FITS, chromium, follow, new_page
from tests.inbox.conftest import ANA, Desk, act, do, page
from tests.staff import PASSWORD, Browser, Colleague, hire
from tests.world import NUMBERS, Clock


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Ana reads Spanish, Ben English."""
    with desk.bot.store.begin() as session:
        session.get_one(UserRow, ANA).language = "es"
    return desk


def test_the_meaning_beside_a_text_is_in_the_readers_language(desk: Desk) -> None:
    """Built from the reading, not translated; the patient's words stand as they came."""
    desk.text(2, "can I come Thursday afternoon instead? I have no ride")
    shown, other = page(desk.ana, "/inbox/phone/2"), page(desk.ben, "/inbox/phone/2")
    assert "can I come Thursday afternoon instead?" in shown and "can I come Thursday afternoon instead?" in other
    assert re.search(r"Quiere otro horario: jue, [^<]*; sin transporte", shown)
    assert re.search(r"Wants another time: Thu, [^<]*; no ride", other)
    assert "Quiere otro horario: el bot preguntó cuándo." in shown
    assert "Obstáculo: sin transporte" in page(desk.ana, "/inbox") and "In the way: no ride" in page(desk.ben, "/inbox")


def test_a_ready_reply_has_its_twin_in_the_readers_language_and_goes_in_the_patients(desk: Desk) -> None:
    """Linh gets Vietnamese, whoever sends it (S-11)."""
    shown = page(desk.ana, "/inbox/phone/9")
    assert "Un coordinador" in shown or "coordina" in shown
    assert '<small lang="es">' in shown and "A coordinator will call you." not in shown
    act(desk.ana, 9, "reply", key="human")
    act(desk.ben, 9, "let-go")
    (text,) = desk.rows(CommunicationRow, CommunicationRow.sender == "staff")
    assert text.body.endswith(desk.bot.texts.render("human", "vi"))


def test_each_text_of_ours_stands_beside_its_twin_in_the_readers_language(desk: Desk) -> None:
    """What Linh got in Vietnamese and Marcus in English, with the clinic's own sentences; Lucía's Spanish needs none (L-04)."""
    desk.text(9, "Tôi không có xe đi")
    act(desk.ana, 9, "reply", key="reply.ride")
    shown, clinic = page(desk.ana, "/inbox/phone/9"), desk.bot.clinic
    assert "En español: Tiene una cita el [cuándo]." in shown and "In English" not in shown
    assert clinic.clinic.resources["transport"]["es"] in shown
    assert f"En español: {clinic.replies['ride']['es']}" in shown
    assert "En español: " in page(desk.ana, "/inbox/phone/2") and "In English: " not in page(desk.ben, "/inbox/phone/2")
    assert "En español: " not in page(desk.ana, "/inbox/phone/3") and "In English: " in page(desk.ben, "/inbox/phone/3")


def test_an_unknown_address_is_answered_in_the_readers_language(app: Flask, live: int) -> None:
    """The account's own choice, else the browser's; a stranger sees nothing of the pages' frame."""
    answer = Browser(live).get("/nothing/here", **{"Accept-Language": "es-US"})
    assert answer.status == 404
    assert "No hay nada en esta dirección." in answer.text and "/inbox/settings" not in answer.text
    ana = hire(app, "manager")
    with app.extensions["attend"].bot.store.begin() as session:
        session.get_one(UserRow, ana.id).language = "es"
    answer = Browser(live).enter(app, ana).get("/nothing/here", **{"Accept-Language": "en"})
    assert answer.status == 404
    assert "No hay nada en esta dirección." in answer.text and "/inbox/settings" in answer.text


def test_what_was_done_is_told_to_each_in_their_language(desk: Desk) -> None:
    """The timeline keeps codes and moments, so that what Ben did reads in Spanish to Ana."""
    visit = next(row for row in desk.rows(AppointmentRow, AppointmentRow.patient_id == 1))
    slot = re.search(r"slot=(\d+)", page(desk.ben, f"/inbox/phone/1/move/{visit.id}"))
    assert slot is not None
    form = {"cause": "patient", "slot": slot[1], "version": str(visit.version)}
    desk.ben.post(f"/inbox/phone/1/move/{visit.id}", data=form)
    act(desk.ben, 1, "call", outcome="voicemail")
    shown = page(desk.ana, "/inbox/phone/1")
    assert re.search(r"Ben Carter</b> cambió la cita: de \w{3}, \d.* a \w{3}, \d.* \(lo pidió el paciente\)", shown)
    assert "Ben Carter</b> llamó: Se dejó un mensaje" in shown
    assert re.search(r"Ben Carter</b> moved the visit: .* to .* \(the patient asked\)", page(desk.ben, "/inbox/phone/1"))


def test_refusals_and_counts_are_told_in_the_readers_language(desk: Desk) -> None:
    """What comes from beneath the pages is said again in their language, with its values."""
    desk.text(7, "please have somebody call me")
    (item,) = [each.id for each in desk.items(7)]
    assert "1 pendiente cerrado." in do(desk.ana, "resolve", item, outcome="called")
    assert "Elija en qué quedó." in do(desk.ana, "resolve", item)
    act(desk.ben, 7, "claim")
    assert "Ben Carter trabaja en esta conversación 5 min más." in act(desk.ana, 7, "reply", text="Hola")
    wrong = {"do": "preview", "field.answer_within_hours": "900"}
    answer = desk.ana.post("/inbox/settings/hours", data=wrong).get_data(as_text=True)
    assert "debe ser un número de horas de atención de 1 a 80, como 4" in answer


def test_pictures_and_their_tables_are_in_the_readers_language(desk: Desk) -> None:
    """Titles, columns and weeks, in the picture, the table and the file."""
    shown = page(desk.ana, "/inbox/pictures")
    assert "Qué dijeron los pacientes sobre sus citas" in shown and '<th scope="col">semana del</th>' in shown
    assert "sin respuesta" in desk.ana.get("/inbox/pictures/confirmations.svg").get_data(as_text=True)
    assert desk.ana.get("/inbox/pictures/confirmations.csv").get_data(as_text=True).startswith("semana del,viene")


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 820, 390])
def test_a_shift_in_spanish(app: Flask, live: int, clock: Clock, width: int, tmp_path: Path) -> None:
    """Log in, inbox, conversation, reply, settings: axe finds nothing, and longer words fit on a desk's screen, a tablet, a phone."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only this test needs it

    ana, bot, errors = hire(app, "manager"), app.extensions["attend"].bot, list[str]()
    texted(bot)
    with chromium() as browser:
        here = new_page(browser, errors, viewport={"width": width, "height": 900}, bypass_csp=True, locale="es-US")

        def looked(name: str) -> None:
            here.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
            found = Axe().run(here).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"][:150]) for each in found] == [], name
            assert here.evaluate(FITS), name

        sign_in(here, live, ana, clock, looked)
        here.get_by_role("heading", name="Bandeja").wait_for()
        looked("bandeja")
        follow(here.get_by_role("link", name="Obstáculo: sin transporte").first)
        here.get_by_text("Por qué el bot hizo esto").last.click()
        looked("conversacion")
        here.get_by_label("Responder en").fill("Buenos días, le llamo hoy.")
        here.get_by_text("1 mensaje (26 caracteres").wait_for()
        follow(here.get_by_role("button", name="Enviar", exact=True).first)
        here.get_by_text("El bot está en pausa").wait_for()
        looked("respuesta")
        for name, path in (("hoy", "/inbox/today"), ("graficas", "/inbox/pictures"), ("idiomas", "/inbox/languages")):
            here.goto(f"http://127.0.0.1:{live}{path}", wait_until="domcontentloaded")
            looked(name)
        follow(here.get_by_role("link", name="Configuración"))
        looked("configuracion")
        follow(here.get_by_role("link", name="Recordatorios"))
        looked("recordatorios")
        follow(here.get_by_role("link", name="Invented manager"))
        here.get_by_role("heading", name="Idioma de estas páginas").wait_for()
        looked("cuenta")
    assert errors == []


def texted(bot: Bot) -> None:
    """Patients write."""
    for who, words in (
        ("marcus", "can I come Thursday afternoon instead? I have no ride"),
        ("linh", "Tôi không có xe đi"),
        ("ernesto", "¿cuánto cuesta? no puedo ir"),
        ("owen", "please have somebody call me"),
    ):
        take(bot, received(sender=NUMBERS[who], body=words))


def sign_in(here: Any, live: int, who: Colleague, clock: Clock, looked: Any) -> None:
    """Through the forms, in Spanish as the browser asks."""
    here.goto(f"http://127.0.0.1:{live}/account/login", wait_until="domcontentloaded")
    looked("entrar")
    here.get_by_label("Correo electrónico").fill(who.email)
    here.get_by_label("Contraseña").fill(PASSWORD)
    follow(here.get_by_role("button", name="Continuar"))
    here.get_by_label("Seis dígitos").fill(who.code(clock))
    looked("codigo")
    follow(here.get_by_role("button", name="Entrar"))
