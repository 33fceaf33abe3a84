"""Search in what is encrypted: by words, names and numbers, in every script."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from bot.accounts.types import ROLES
from bot.delivery.worker import index_words
from bot.demo.clock import DemoClock
from bot.store import words as index
from bot.store.models import ClinicRow, CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow, TaskRow
from bot.store.work_models import WordRow
from bot.web.wiring import Wired
from tests.inbox.conftest import Desk, act, do
from tests.staff import Browser, hire

NEW_YORK = ZoneInfo("America/New_York")
LANGUAGES, KINDS, STATES = (
    ("", "en", "es", "vi", "zh-Hans"),
    ("", "human", "barrier", "refill", "urgent_medical"),
    ("", "open", "closed"),
)


def search(desk: Desk, asked: str, **only: str) -> str:
    """The page of what is found."""
    index_words(desk.bot)
    return desk.ana.post("/inbox/search", data={"asked": asked, **only}).get_data(as_text=True)


def found(shown: str) -> set[int]:
    """The phones that a page of search leads to."""
    return {int(id_) for id_ in re.findall(r'<li><span><a href="/inbox/phone/(\d+)"', shown)}


def test_conversations_are_found_by_every_word_of_texts_notes_and_names(desk: Desk) -> None:
    """Accents and case do not count, and all words must be there."""
    desk.text(3, "No puedo ir, se me descompuso la camioneta")
    act(desk.ana, 7, "note", words="Sister has a camioneta too")
    assert "2 conversations" in search(desk, "CAMIONETA")
    shown = search(desk, "ramirez camioneta")
    assert "1 conversation" in shown
    assert "Lucía Ramírez" in shown
    assert "se me descompuso la camioneta" in shown
    assert "0 conversations" in search(desk, "camioneta helicoptero")


def test_signs_without_spaces_are_found_two_by_two(desk: Desk) -> None:
    """Chinese, simplified or traditional."""
    desk.text(8, "我没有车去医院")
    assert "林美" in search(desk, "醫院")
    assert "0 conversations" in search(desk, "学校")


def test_numbers_are_found_whole_or_by_their_last_digits(desk: Desk) -> None:
    """However they are written."""
    desk.text(1, "my lab told me to call 0122, account 5550199")
    for asked in ("+17165550122", "(716) 555-0122", "555-0122", "555 0122", "5550122", "555.0122", "50122", "6) 555–0122"):
        assert found(search(desk, asked)) == {2}, asked
    assert found(search(desk, "0122")) == {1, 2}
    assert found(search(desk, "5550199")) == {1}  # no number ends so: it is looked for as a word
    assert [asked for asked in ("716-555-0177", "556-0122", "2026-03-10") if found(search(desk, asked))] == []


def test_nothing_that_was_searched_for_stands_in_an_address_or_is_readable_in_the_index(desk: Desk) -> None:
    """H-10: the index has keyed hashes alone, which another key cannot make."""
    assert desk.ana.get("/inbox/search?asked=hale").status_code == 405
    search(desk, "hale")
    with desk.bot.store.session() as session:
        stored = [row.key for row in session.query(WordRow)]
    assert len(stored) > 20
    assert all(len(key) == 22 and set(key) <= set("0123456789abcdef") for key in stored)


def test_another_clinics_words_are_not_found(desk: Desk) -> None:
    """H-16: words are looked up within the clinic."""
    index_words(desk.bot)
    with desk.bot.store.begin() as session:
        session.add(ClinicRow(id=2, slug="other"))
        session.flush()
        session.query(WordRow).update({"clinic_id": 2})
    assert "0 conversations" in desk.ana.post("/inbox/search", data={"asked": "hale"}).get_data(as_text=True)


def move(desk: Desk, by: timedelta) -> None:
    """The clock goes on."""
    wired: Wired = desk.app.extensions["attend"]
    assert isinstance(wired.bot.clock, DemoClock)
    wired.bot.clock.move(by)


def some_days(desk: Desk) -> None:
    """Three days on which patients wrote, and what of it is closed."""
    for phone, words in ((1, "please call me about the blue form"), (3, "no tengo cómo llegar, blue"), (9, "Tôi không có xe đi blue")):
        desk.text(phone, words)
    do(desk.ana, "resolve", *(row.id for row in (*desk.items(1), *desk.items(9))), outcome="called")
    move(desk, timedelta(days=1))
    for phone, words in ((2, "I need a refill, the blue pills"), (7, "please call me, blue"), (8, "我没有车 blue")):
        desk.text(phone, words)
    do(desk.ana, "resolve", *(row.id for row in desk.items(2)), outcome="answered")
    move(desk, timedelta(days=1))
    for phone, words in ((1, "please call me again, blue"), (5, "blue"), (4, "me duele el pecho y no puedo respirar blue")):
        desk.text(phone, words)


def fits(desk: Desk, phone: int, only: dict[str, str]) -> bool:
    """Whether a conversation is what was chosen, worked out row by row."""
    texts = [row.at.astimezone(NEW_YORK).date().isoformat() for row in desk.rows(CommunicationRow, CommunicationRow.phone_id == phone)]
    with desk.bot.store.session() as session:
        on_it = select(PatientRow.language).join(PatientPhoneRow, PatientPhoneRow.patient_id == PatientRow.id)
        speak = set(session.scalars(on_it.where(PatientPhoneRow.phone_id == phone)))
    items = [row for row in desk.rows(TaskRow, TaskRow.phone_id == phone) if row.kind == (only["kind"] or row.kind)]
    to_do = [row for row in items if row.status == "requested" and row.created_at <= desk.bot.clock()]
    state = {"": not only["kind"] or items, "open": to_do, "closed": items and not to_do}[only["state"]]
    within = [day for day in texts if (only["since"] or day) <= day <= (only["until"] or day)]
    return bool((not only["language"] or only["language"] in speak) and state and within)


def test_language_kind_state_and_days_narrow_what_is_found(desk: Desk) -> None:
    """Whatever is chosen together: the very conversations that fit, row by row, have the word, and no other."""
    some_days(desk)
    today = desk.bot.clock().astimezone(NEW_YORK).date()
    days = ["", *((today - timedelta(days=n)).isoformat() for n in range(4))]
    wrote = [row.phone_id for row in desk.rows(CommunicationRow) if row.direction == "inbound"]
    drawn, sizes = random.Random(7), set()
    for _ in range(40):
        only = {
            "language": drawn.choice(LANGUAGES), "kind": drawn.choice(KINDS), "state": drawn.choice(STATES),
            "since": drawn.choice(days), "until": drawn.choice(days),
        }  # fmt: skip
        expected = {phone for phone in wrote if fits(desk, phone, only)}
        assert found(search(desk, "blue", **only)) == expected, only
        sizes.add(len(expected))
    assert len(sizes) > 2  # nothing, some and more


def test_what_was_chosen_stays_in_the_form_and_the_words_shown_are_of_those_days(desk: Desk) -> None:
    """Without a script: a form that is sent again."""
    some_days(desk)
    yesterday = (desk.bot.clock().astimezone(NEW_YORK).date() - timedelta(days=1)).isoformat()
    shown = search(desk, "blue", until=yesterday, state="closed", kind="refill", language="en")
    assert "the blue pills" in shown
    for kept in (f'name="until" type="date" value="{yesterday}"', '<option value="refill" selected>', '<option value="en" selected>'):
        assert kept in shown
    assert "blue form" in search(desk, "blue", until=(desk.bot.clock() - timedelta(days=2)).date().isoformat(), language="en")


ODD = {"language": "xx", "kind": "' or 1=1", "state": "all", "since": "tomorrow", "until": "9999-12-31"}


def test_what_is_no_choice_of_ours_counts_as_any(desk: Desk) -> None:
    """A day that is none is told of."""
    desk.text(7, "please call me, blue")
    for name, value in ODD.items():
        shown = search(desk, "blue", **{name: value})
        assert found(shown) == {7}, name
        assert ("It was left out." in shown) == (value == "tomorrow")
    assert found(search(desk, "blue", until="0001-01-01")) == {7}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_finds_what_it_may_open_and_nothing_else(app: Flask, live: int, role: str) -> None:
    """H-16: every conversation that is found opens, none of another clinic is, whatever is chosen beside the words."""
    bot = app.extensions["attend"].bot
    with bot.store.begin() as session:
        session.add(ClinicRow(id=2, slug="other"))
        session.flush()
        theirs = PhoneRow(clinic_id=2, number="+17165550177", number_key=bot.store.cipher.index("+17165550177"), created_at=bot.clock())
        session.add(theirs)
        session.flush()
        said = {"direction": "inbound", "body": "hale was here", "at": bot.clock(), "status": "answered"}
        session.add(CommunicationRow(clinic_id=2, phone_id=theirs.id, **said))
        foreign = theirs.id
    index_words(bot)
    browser = Browser(live).enter(app, hire(app, role))
    every: list[dict[str, Any]] = [{}, {"language": "en"}, {"since": "2026-03-04"}, {"until": "2026-03-04"}]
    for only in every:
        ids = found(browser.post("/inbox/search", asked="hale", **only).text)
        assert ids, only
        assert foreign not in ids
        assert {browser.get(f"/inbox/phone/{id_}").status for id_ in ids} == {200}
        assert found(browser.post("/inbox/search", asked="+17165550177", **only).text) == set()
    assert browser.get(f"/inbox/phone/{foreign}").status == 404


def test_words_that_everybody_has_are_looked_for_among_who_wrote_last(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same is found, the latest first; a word that is rare is looked for everywhere, beside common ones too."""
    for phone in (1, 2, 7, 3):
        desk.text(phone, "please have somebody call me about the parking")
    act(desk.ana, 7, "note", words="has a wheelchair")
    asked = ("parking", "parking somebody", "parking wheelchair", "parking helicopter")
    before = [re.findall(r'<li><span><a href="/inbox/phone/(\d+)"', search(desk, each)) for each in asked]
    assert before == [["3", "7", "2", "1"], ["3", "7", "2", "1"], ["7"], []]
    monkeypatch.setattr(index, "COMMON", 1)
    assert [re.findall(r'<li><span><a href="/inbox/phone/(\d+)"', search(desk, each)) for each in asked] == before
    monkeypatch.setattr(index, "LATEST", 2)
    assert found(search(desk, "parking")) <= {3, 7}
    assert found(search(desk, "parking wheelchair")) == {7}
