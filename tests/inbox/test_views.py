"""Views that a person keeps, and colleagues who are called by name in a note."""

from __future__ import annotations

import html
import re

import pytest

from bot.actor import Actor
from bot.desk import mentions
from bot.store.models import TaskRow
from bot.store.work_models import SavedViewRow
from tests.inbox.conftest import ANA, BEN, Desk, act, page


def keep(desk: Desk, name: str, **filters: str) -> str:
    """Ana keeps a view and sees what follows."""
    form = {"do": "save", "name": name, **filters}
    return html.unescape(desk.ana.post("/inbox/views", data=form, follow_redirects=True).get_data(as_text=True))


def test_a_view_is_kept_under_a_name_shown_to_its_owner_alone_and_taken_away(desk: Desk) -> None:
    """With its filters; a second of the same name replaces the first."""
    desk.text(9, "Tôi không có xe đi")
    shown = keep(desk, "Rides in Vietnamese", whose="unassigned", kind="barrier", language="vi")
    assert re.search(r'whose=unassigned&kind=barrier&language=vi" data-key="6" aria-current="page">Rides in Vietnamese', shown)
    assert "Rides in Vietnamese" not in page(desk.ben, "/inbox")
    keep(desk, "rides in vietnamese", kind="barrier", language="vi")
    (row,) = desk.rows(SavedViewRow)
    assert (row.whose, row.actor_id) == ("all", ANA)
    desk.ben.post("/inbox/views", data={"do": "forget", "view": row.id})
    assert len(desk.rows(SavedViewRow)) == 1  # not his to take away
    assert "Take “rides in vietnamese” away" in page(desk.ana, "/inbox?whose=all&kind=barrier&language=vi")
    desk.ana.post("/inbox/views", data={"do": "forget", "view": row.id})
    assert desk.rows(SavedViewRow) == []


def test_a_view_without_a_name_or_one_too_many_is_refused_in_words(desk: Desk) -> None:
    """Nine fit the keys; filters that nobody knows are none."""
    assert "Give the view a name." in keep(desk, "  ")
    for number in range(9):
        keep(desk, f"view {number}", kind="human")
    assert "You have 9 views already" in keep(desk, "one more")
    assert "You have 9 views already" not in keep(desk, "view 3", whose="everybody's", kind="<b>")
    assert {(row.whose, row.kind) for row in desk.rows(SavedViewRow)} == {("all", "human"), ("all", "")}
    assert desk.ana.post("/inbox/views", data={"do": "explode"}).status_code == 400


@pytest.mark.parametrize(
    ("words", "found", "nobody"),
    [
        ("@Ben please phone her", ["Ben Carter"], []),
        ("please @ben carter, and @ANA!", ["Ben Carter", "Ana Torres"], []),
        ("@José knows", ["José Díaz", "Jose Lima"], []),
        ("@jose lima knows", ["Jose Lima"], []),
        ("@Bne, and ana@clinic.example", [], ["Bne", "clinic"]),
        ("no one", [], []),
    ],
)
def test_who_is_meant_by_a_name(words: str, found: list[str], nobody: list[str]) -> None:
    """In any case and accent; of two with one first name both, rather than nobody."""
    people = [
        Actor(id=n, name=name, role="nurse", clinic_id=1)
        for n, name in enumerate(("Ana Torres", "Ben Carter", "José Díaz", "Jose Lima"))
    ]
    told, unknown = mentions.named(words, people)
    assert ([person.name for person in told], unknown) == (found, nobody)


def test_a_colleague_who_is_named_in_a_note_finds_it_in_their_own_list(desk: Desk) -> None:
    """Once, however often; the writer reads who was told, and whom nobody is."""
    shown = act(desk.ana, 7, "note", words="@Ben can you look? @Bne too")
    assert "In the list of Ben Carter now." in shown
    assert "Nobody here is called @Bne." in shown
    act(desk.ana, 7, "note", words="@ben again")
    here = '<span class="what">A colleague asks you to look'
    assert page(desk.ben, "/inbox?whose=mine").count(here) == 1
    assert here not in page(desk.ana, "/inbox?whose=mine")
    (item,) = desk.rows(TaskRow, TaskRow.kind == "mention")
    assert (item.owner_id, item.detail) == (BEN, "Ana Torres")
