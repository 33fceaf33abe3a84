"""A bare yes or no after a reminder is an answer, in every language."""

from __future__ import annotations

import pytest

from bot.understand.types import Context, Message
from tests.world import Parts

NO = {
    "ar": "لا", "de": "Nein", "en": "No", "es": "no", "fa": "نه", "fr": "Non", "hi": "नहीं", "ht": "Non", "it": "no", "ja": "いいえ",
    "ko": "아니요", "pl": "Nie", "pt": "Não", "ru": "Нет", "tl": "Hindi po", "vi": "Không", "zh": "不",
}  # fmt: skip
YES = {
    "ar": "نعم", "de": "Ja", "en": "Yes", "es": "Sí", "fa": "بله", "fr": "oui", "hi": "हाँ", "ht": "Wi", "it": "Sì", "ja": "はい",
    "ko": "네", "pl": "Tak", "pt": "Sim", "ru": "Да", "tl": "Opo", "vi": "Dạ", "zh": "是的",
}  # fmt: skip


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize(("act", "said"), [("cancel", NO), ("confirm", YES)])
def test_a_word_is_an_answer(bot_parts: Parts, act: str, said: dict[str, str], recorded: bool) -> None:
    for language, word in said.items():
        read = bot_parts.reader.read(Message(text=word, context=Context.REMINDER, language=language if recorded else None))
        assert (language, read.acts) == (language, {act})


def test_what_is_yes_in_one_language_and_no_in_another_is_a_doubt_until_the_language_is_known(bot_parts: Parts) -> None:
    def read(language: str | None) -> frozenset[str]:
        return bot_parts.reader.read(Message(text="k", context=Context.REMINDER, language=language)).acts

    assert read(None) == frozenset()
    assert read("en") == {"confirm"}


def test_a_word_that_answers_another_question_is_no_answer_to_a_reminder(bot_parts: Parts) -> None:
    read = bot_parts.reader.read(Message(text="falsch", context=Context.REMINDER, language="de"))
    assert not read.acts & {"confirm", "cancel"}


def test_a_no_that_is_a_languages_name_too_goes_by_the_record(bot_parts: Parts) -> None:
    def read(language: str | None) -> frozenset[str]:
        return bot_parts.reader.read(Message(text="Hindi", context=Context.REMINDER, language=language)).acts

    assert read("tl") == {"cancel"}
    assert read("en") == read(None) == {"language"}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "不用了，谢谢"),
        ("hi", "Nahi, shukriya"),
        ("tl", "Hindi na po"),
        ("ko", "아니요, 괜찮아요"),
        ("ja", "いいえ、結構です。"),
        ("es", "No, muchas gracias"),
    ],
)
def test_a_polite_no_is_a_plain_one(bot_parts: Parts, language: str, said: str) -> None:
    """So that it answers only what was said last."""
    assert bot_parts.reader.read(Message(text=said, language=language)).keyword == "no"
