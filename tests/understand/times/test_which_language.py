"""In which language a time is read: a patient's own, or English where the text looks English."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.understand.times import INTENTS, load_mixed, read_best
from bot.understand.types import Context, Message, When, Wish
from tests.world import Parts

NOW = datetime(2026, 3, 4, 9, 0)


def wished(parts: Parts, record: str, text: str) -> When | None:
    """What a patient with that language on record wishes for."""
    return parts.reader.read(Message(text=text, context=Context.RESCHEDULE, language=record, now=NOW)).when


def test_an_english_text_is_read_in_english_whatever_is_on_record(bot_parts: Parts) -> None:
    """The languages mix in its plainest words only, and "mon" is none of them."""
    assert wished(bot_parts, "vi", "wed or mon, b4 11") == When((Wish((date(2026, 3, 9), date(2026, 3, 11)), None, 660),))
    never = wished(bot_parts, "ht", "whatever day before noon but mon")
    assert never and not any(day.weekday() == 0 for wish in never.wishes for day in wish.days or (NOW.date(), date(2026, 3, 9)))


@pytest.mark.parametrize("text", ["mon chauffeur est malade, une autre date svp", "il faut changer, mon mari travaille"])
def test_a_text_in_another_language_holds_no_english_days(text: str, bot_parts: Parts) -> None:
    """A French "mon" is no Monday."""
    assert wished(bot_parts, "fr", text) is None


@pytest.mark.parametrize("text", ["sábado depois das 3", "sábado después de las 3"])
@pytest.mark.parametrize("codes", [("es", "pt"), ("pt", "es")])
def test_the_language_that_knows_most_of_the_words_reads_them(text: str, codes: tuple[str, str]) -> None:
    """The other one knows the Saturday alone."""
    assert read_best(text, load_mixed(INTENTS, codes).values(), now=NOW) == When((Wish((date(2026, 3, 7),), 900, None),))
