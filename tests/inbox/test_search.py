"""Search in what is encrypted: by words, names and numbers, in every script."""

from __future__ import annotations

from bot.delivery.worker import index_words
from bot.store.models import ClinicRow
from bot.store.work_models import WordRow
from tests.inbox.conftest import Desk, act


def search(desk: Desk, asked: str) -> str:
    """The page of what is found."""
    index_words(desk.bot)
    return desk.ana.post("/inbox/search", data={"asked": asked}).get_data(as_text=True)


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
    for asked in ("+17165550122", "(716) 555-0122", "0122"):
        assert "Marcus Reed" in search(desk, asked), asked
    assert "0 conversations" in search(desk, "716-555-0177")


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
