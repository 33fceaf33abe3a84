"""Which of three offered times a text means: by what it names, by what it rules out, or none of them."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.understand.types import Context, Message, Option, Understanding
from tests.world import Parts

NOW = datetime(2026, 3, 4, 9, 0)
OFFERED = (
    Option(1, datetime(2026, 3, 10, 9, 0)),  # Tuesday
    Option(2, datetime(2026, 3, 11, 14, 0)),  # Wednesday
    Option(3, datetime(2026, 3, 13, 10, 30)),  # Friday
)


def answer(parts: Parts, text: str) -> Understanding:
    """What the text says in answer to the three times."""
    return parts.reader.read(Message(text=text, context=Context.SLOTS, now=NOW, slots=OFFERED))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("tuesday is out and so is 2 pm, so the other one", 3),
        ("fridays I work and wednesday too, that leaves tuesday I guess", 1),
        ("el martes no y el viernes tampoco, me queda el miercoles", 2),
        ("mardi non, vendredi non plus, donc l'autre", 2),
        ("Mittwoch und Freitag nicht, dann bleibt nur Dienstag", 1),
        ("火曜と金曜は仕事なので残りで", 2),
        ("周二和周三我都上班,那就剩下的吧", 3),
        ("вторник и пятница мимо, остается среда", 2),
    ],
)
def test_the_time_that_is_left_is_picked(bot_parts: Parts, text: str, number: int) -> None:
    """Who rules two of three out has picked the third."""
    read = answer(bot_parts, text)
    assert (read.acts & {"choose"}, read.choice) == ({"choose"}, number)


@pytest.mark.parametrize("text", ["number 3 but what will it cost me", "the 2nd but is it expensive?"])
def test_a_time_that_is_named_beside_a_question_is_at_least_asked_about(bot_parts: Parts, text: str) -> None:
    """What names one of the times is not passed over, however little else in it sounds like picking."""
    read = answer(bot_parts, text)
    assert "choose" in read.acts | read.doubtful


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("not tuesday, the last one please", 3),
        ("el martes no, la segunda", 2),
        ("number 2, how much is it", 2),
        ("nehme die 1. muss ich nüchtern kommen?", 1),
    ],
)
def test_what_is_ruled_out_does_not_speak_against_what_is_named(bot_parts: Parts, text: str, number: int) -> None:
    """A "not" that was understood raises no doubt, and a number among other words is one of the list."""
    read = answer(bot_parts, text)
    assert (read.acts & {"choose"}, read.choice) == ({"choose"}, number)


@pytest.mark.parametrize(
    "text",
    [
        "none of the three, do you have a saturday?",
        "friday works but not 10:30, rather at 4",
        "the second one but on thursday",
        "ninguna me queda, despues de las 5 hay algo?",
    ],
)
def test_a_time_that_was_not_offered_is_a_wish_for_others(bot_parts: Parts, text: str) -> None:
    """It is no choice, however much it sounds like one."""
    read = answer(bot_parts, text)
    assert "reschedule" in read.acts
    assert read.choice is None


@pytest.mark.parametrize(
    "text", ["not the first and not friday", "not the first and not monday, so the other one", "ni la primera ni el viernes"]
)
def test_what_is_ruled_out_is_not_picked(bot_parts: Parts, text: str) -> None:
    """However the rest is read."""
    read = answer(bot_parts, text)
    assert "choose" not in read.acts or read.choice == 2


@pytest.mark.parametrize("text", ["the other day you offered more", "the first or the second", "not the last one"])
def test_what_may_mean_several_is_not_taken_for_one(bot_parts: Parts, text: str) -> None:
    """Never guess which time is meant."""
    assert "choose" not in answer(bot_parts, text).acts


@pytest.mark.parametrize("text", ["", "the last one", "2"])
def test_nothing_is_picked_where_nothing_was_offered(bot_parts: Parts, text: str) -> None:
    """Whatever the conversation believes to have asked."""
    assert bot_parts.reader.read(Message(text=text, context=Context.SLOTS, now=NOW)).choice is None


@pytest.mark.parametrize("text", ["the second one please", "le deuxième svp", "el tercero por favor"])
def test_what_was_not_offered_is_not_picked(bot_parts: Parts, text: str) -> None:
    """The second of one is none: it is asked about."""
    read = bot_parts.reader.read(Message(text=text, context=Context.SLOTS, now=NOW, slots=OFFERED[:1]))
    assert read.choice is None


def test_a_command_in_english_tells_no_language(bot_parts: Parts) -> None:
    """Our texts name it to patients of every language (L-11)."""
    assert {bot_parts.reader.read(Message(text=text)).language for text in ("DOCS", "STATUS", "UNDO")} == {None}


@pytest.mark.parametrize(("hour", "about"), [(15, (1, 2)), (14, ())])
def test_a_word_for_both_that_is_the_second_and_an_hour_too_means_both_unless_a_visit_is_then(
    bot_parts: Parts, hour: int, about: tuple[int, ...]
) -> None:
    """ "Las dos", asked which of two visits is to be called off: never guessed where it can be the one at two."""
    visits = Option(1, datetime(2026, 3, 10, hour, 0)), Option(2, datetime(2026, 3, 11, 9, 0))
    read = bot_parts.reader.read(Message(text="las dos", context=Context.REMINDER, language="es", now=NOW, visits=visits))
    assert (read.about, read.about_day) == (about, ())


@pytest.mark.parametrize("text", ["no puedo ir, cancelen", "no podré ir, cancela por favor", "no vamos a ir, cancele la cita"])
def test_who_cannot_come_and_asks_to_cancel_in_spanish_says_so(bot_parts: Parts, text: str) -> None:
    """The "no" is of the coming."""
    assert bot_parts.reader.read(Message(text=text, context=Context.REMINDER, language="es", now=NOW)).acts == {"cancel"}


@pytest.mark.parametrize("text", ["no me cancelen", "no puedo temprano pero no cancelen", "no, don't cancel it", "no need to cancel"])
def test_who_wants_nothing_cancelled_is_not_taken_at_the_word(bot_parts: Parts, text: str) -> None:
    """The "no" is of the cancelling."""
    read = bot_parts.reader.read(Message(text=text, context=Context.REMINDER, language="es" if "cancelen" in text else "en", now=NOW))
    assert "cancel" not in read.acts and read.stays
