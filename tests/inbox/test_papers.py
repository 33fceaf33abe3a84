"""Papers that a visit needs: staff tick what is there, and the patient who texts DOCS hears what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.channels.console import received
from bot.clinic import load_clinic
from bot.desk import staff, work
from bot.errors import DataError
from bot.settings import ROOT
from bot.store.models import AppointmentRow, TaskRow
from bot.texts import load_texts
from bot.turn import take
from bot.understand.lexicon import load_lexicon, squeeze
from tests.delivery.test_planner import visit_of
from tests.inbox.conftest import Desk, act, page
from tests.world import World

WORDS = {
    "en": "DOCS", "es": "Documentos", "fr": "documents", "pt": "documentos", "de": "Unterlagen", "it": "documenti", "ht": "dokiman",
    "vi": "giấy tờ", "ko": "서류", "tl": "dokumento", "ru": "документы", "ar": "مستندات", "fa": "مدارک", "hi": "दस्तावेज़", "ja": "書類",
    "pl": "dokumenty", "zh": "文件",
}  # fmt: skip


def ask(world: World, who: str, words: str = "DOCS") -> str:
    """What somebody hears."""
    return take(world.bot, received(sender=world.number(who), body=words)).partition(": ")[2]


def tick(world: World, who: str, *names: str, here: bool = True) -> None:
    """Ana ticks papers of somebody's visit."""
    for name in names:
        staff.paper(world.bot, world.phones[who], visit_id=visit_of(world, who), name=name, here=here, by=world.staff)


def test_who_texts_docs_hears_what_is_missing_until_nothing_is(world: World) -> None:
    """Ticking twice is ticking once, and a tick can be taken away."""
    assert ask(world, "dorothy").endswith("we still need: your insurance card, the signed form.")
    tick(world, "dorothy", "insurance", "insurance")
    assert ask(world, "dorothy").endswith("we still need: the signed form.")
    tick(world, "dorothy", "forms")
    assert ask(world, "dorothy").endswith("no papers are missing.")
    tick(world, "dorothy", "insurance", here=False)
    assert ask(world, "dorothy", "my papers please?") != ""
    assert ask(world, "dorothy").endswith("we still need: your insurance card.")


@pytest.mark.parametrize("language", WORDS)
def test_every_language_has_its_word(language: str) -> None:
    """The whole text is the word; each language also takes DOCS, but where it has a word as short."""
    keywords = load_lexicon(ROOT / "intents" / language).keywords
    assert keywords[squeeze(WORDS[language])] == keywords[squeeze("docs")] == "docs"


@pytest.mark.parametrize("language", load_texts(ROOT / "locales").languages)
def test_the_text_that_asks_for_papers_names_the_word_that_tells_which(world: World, language: str) -> None:
    """And no paper itself, since others may read it (H-02)."""
    sentence = squeeze(world.bot.texts.render("papers", language))
    assert squeeze(WORDS[language.partition("-")[0]]) in sentence
    for paper in world.bot.clinic.clinic.papers:
        assert squeeze(paper.say[language]) not in sentence


def test_it_is_told_in_the_patients_language_or_by_a_person(world: World) -> None:
    """A paper whose name nobody has translated is not told in English in the middle of a Spanish sentence (L-04)."""
    assert "todavía falta: su tarjeta del seguro" in ask(world, "lucia", "documentos")
    for paper in world.bot.clinic.clinic.papers:
        if paper.name == "insurance":
            paper.say.pop("es")
    assert "falta" not in ask(world, "lucia", "documentos")
    with world.bot.store.session() as session:
        assert [(row.kind, row.detail) for row in session.query(TaskRow)] == [("question", "papers")]


def test_each_visit_is_told_of_and_who_has_none_hears_so(world: World) -> None:
    """One sentence a visit; an unknown phone hears what every unknown phone hears (N-09)."""
    assert ask(world, "nadia").count("For your visit on") == 2
    assert "no visit booked" in ask(world, "owen")
    assert ask(world, "stranger").startswith("Thank you, we got your message.")


def test_a_paper_of_another_visit_is_refused(world: World) -> None:
    """Of another kind, of another phone, of none."""
    with pytest.raises(work.Refused, match="needs no such paper"):
        tick(world, "dorothy", "referral")
    for visit in (visit_of(world, "olga"), 9999):
        with pytest.raises(work.Refused):
            staff.paper(world.bot, world.phones["dorothy"], visit_id=visit, name="insurance", here=True, by=world.staff)


def test_it_is_ticked_on_the_page_beside_the_visit(desk: Desk) -> None:
    """With by when it must be there; the timeline tells who ticked it."""
    (visit,) = (row.id for row in desk.rows(AppointmentRow) if row.patient_id == 2 and row.status == "booked")
    assert "○ Insurance <small" in page(desk.ana, "/inbox/phone/2")
    shown = act(desk.ana, 2, "paper", visit=str(visit), paper="insurance")
    assert "✓ Insurance" in shown
    assert "<b>Ana Torres</b> ticked: insurance" in shown
    assert "○ Insurance" in act(desk.ana, 2, "no-paper", visit=str(visit), paper="insurance")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("papers: {card: {before: 3 d}}", "papers: card: needs a name"),
        ("papers: {card: {before: soon, say: {en: card}}}", "papers: card: before: 'soon' must look like"),
        ("papers: {card: {before: 3 d, when: x, say: {en: card}}}", "papers: card: 'when' is none of before, visits, say"),
        ("papers: {card: {before: 3 d, visits: lab, say: {en: card}}}", "papers: card: visits: must be a list"),
        ("papers: [card]", "papers: must be a mapping"),
    ],
)
def test_a_mistake_in_the_clinics_file_is_named(tmp_path: Path, written: str, says: str) -> None:
    """File, key and what to do."""
    file = tmp_path / "clinic.yaml"
    head = "slug: x\nname: X\nphone: 1\nzone: America/New_York\nhours: {monday: 08:00-17:00}\n"
    file.write_text(head + written)
    with pytest.raises(DataError, match=f"clinic.yaml: {says}"):
        load_clinic(file)
