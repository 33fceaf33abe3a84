"""Several wishes in one text are all heard, with signs between them and without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.understand.clauses import scores, turned
from bot.understand.types import Context, Message
from tests.world import Parts

SEVERAL = {
    "yes ill be there and i need a refill of my blood pressure pills": {"confirm", "refill"},
    "voy el viernes y necesito mas pastillas y cambie de direccion": {"refill", "update_info"},
    "j'y serai et j'ai besoin d'un renouvellement de mes medicaments": {"confirm", "refill"},
    "sim eu vou e preciso de mais remedio e mudei de telefone": {"refill", "update_info"},
    "wi m ap vini epi mwen bezwen plis medikaman": {"confirm", "refill"},
}


WHY = {
    "need to change it cuz i dont have a ride": "transport",
    "necesito otra fecha porque no tengo quien me cuide a la nena": "childcare",
    "den termin bitte verschieben weil mich keiner fahren kann": "transport",
    "czy mozna przelozyc bo nie mam czym dojechac": "transport",
}


@pytest.mark.parametrize("text", WHY)
def test_who_tells_why_they_want_another_time_is_heard_in_both(bot_parts: Parts, text: str) -> None:
    read = bot_parts.reader.read(Message(text=text, context=Context.REMINDER))
    assert "reschedule" in read.acts | read.doubtful and read.barriers == {WHY[text]}


@pytest.mark.parametrize("text", SEVERAL)
def test_wishes_that_a_word_joins_are_all_heard(bot_parts: Parts, text: str) -> None:
    read = bot_parts.reader.read(Message(text=text, context=Context.REMINDER))
    assert read.acts >= SEVERAL[text]


def test_a_text_is_cut_at_whole_words_alone() -> None:
    assert turned("I and Andy AND the band", {"and"}) == ["I", "Andy", "the band"]


def test_who_would_have_come_is_not_there(bot_parts: Parts) -> None:
    read = bot_parts.reader.read(Message(text="я бы пришла но боюсь уколов", context=Context.REMINDER, language="ru"))
    assert (read.acts, read.barriers) == ({"barrier"}, {"fear"})


def test_what_a_part_says_talks_no_danger_down(bot_parts: Parts) -> None:
    """S-06: beside what may well be danger no part of the text is heard to say something else."""
    text = "i took it and now my chest hurts bad and i cant breathe and do i take the next one"
    whole, cut = (scores(bot_parts.reader.model, text, Context.MEDICATION, turns) for turns in (frozenset(), frozenset({"and"})))
    assert {label for label in whole if cut[label] > whole[label]} <= {label for label in whole if label.startswith("urgent")}


def test_a_language_without_words_for_times_is_read_all_the_same(bot_parts: Parts) -> None:
    """It has no words for "because" either."""
    bare = replace(bot_parts.reader, times={code: words for code, words in bot_parts.reader.times.items() if code != "es"})
    read = bare.read(Message(text="voy el viernes y necesito mas pastillas", context=Context.REMINDER, language="es"))
    assert "refill" in read.acts
