"""Who is tired of questions, or writes no texts, has not asked for an end of all texts; who says that they want it has."""

from __future__ import annotations

import pytest

from bot.understand.types import Context, Message, Understanding
from tests.world import Parts

NO_QUESTIONS = {
    "ar": "كفاية اسئلة كل يوم", "de": "hören sie auf mich das zu fragen", "en": "why you keep asking me this every morning",
    "es": "dejen de preguntarme por la pastilla", "fr": "arretez avec vos questions", "hi": "roz roz puchna band karo",
    "ht": "sispann poze m kesyon sa yo", "it": "perche me lo chiedete ogni giorno", "ko": "그만 좀 물어보세요",
    "pl": "przestańcie mnie ciągle o to pytać", "pt": "chega de perguntas todo dia", "ru": "хватит ваших вопросов каждый день",
    "tl": "tigilan nyo na ang tanong nyo", "vi": "đừng hỏi chuyện này nữa", "zh": "别再每天问我了",
}  # fmt: skip
NO_TEXTS = {
    "de": "bitte keine sms mehr und keine fragen", "en": "no more texts or questions", "es": "no quiero mas mensajes ni preguntas",
    "pt": "parem de mandar mensagem perguntando", "ru": "не присылайте больше смс и не спрашивайте", "zh": "不要再发短信问我了",
}  # fmt: skip
A_CALL = {
    "en": "Im not texting please phone me instead",
    "ht": "mwen pa konn voye mesaj, rele m tanpri",
    "pl": "ja nie pisze sms prosze o telefon",
}
FEWER = {
    "ar": "كل يوم رسايل كتير خففو شوي", "de": "nicht so viele nachrichten bitte, eine reicht", "en": "too many messages one is enough",
    "es": "son muchos mensajes con uno basta", "fr": "vous me saoulez avec vos messages un seul suffit",
    "hi": "itne message mat bhejo yaar, ek hi kaafi hai", "ht": "twop mesaj, yon sel ase", "it": "troppi messaggi, ne basta uno",
    "pl": "za duzo tych wiadomosci, wystarczy jedna", "pt": "vcs mandam msg demais!!! me manda so um lembrete",
    "tl": "ang dami nyo naman text isa lang sapat na", "vi": "nhan tin it thoi phien qua",
}  # fmt: skip


def read(parts: Parts, text: str, language: str, context: Context = Context.NONE) -> Understanding:
    return parts.reader.read(Message(text=text, context=context, language=language))


@pytest.mark.parametrize("language", sorted(NO_QUESTIONS))
def test_who_wants_no_more_questions_is_asked_about_texts(language: str, bot_parts: Parts) -> None:
    understood = read(bot_parts, NO_QUESTIONS[language], language)
    assert "opt_out" in understood.doubtful and not understood.acts


@pytest.mark.parametrize("language", sorted(NO_TEXTS))
def test_who_wants_neither_questions_nor_texts_gets_none(language: str, bot_parts: Parts) -> None:
    assert read(bot_parts, NO_TEXTS[language], language).acts == {"opt_out"}


@pytest.mark.parametrize("language", sorted(A_CALL))
def test_who_writes_no_texts_wants_a_call(language: str, bot_parts: Parts) -> None:
    understood = read(bot_parts, A_CALL[language], language, Context.REMINDER)
    assert understood.acts == {"human"} and understood.doubtful == {"opt_out"}


def test_who_wants_a_call_instead_of_any_more_texts_gets_no_more(bot_parts: Parts) -> None:
    """O-06: however softly it is said beside the other wish."""
    assert read(bot_parts, "dont text me anymore just call", "en", Context.REMINDER).acts == {"human", "opt_out"}


@pytest.mark.parametrize(
    "text", ["i dont text anymore stop sending these", "i cant text stop", "stop asking me this and take me off your list"]
)
def test_a_plain_end_of_texts_is_one_whatever_is_told_beside_it(text: str, bot_parts: Parts) -> None:
    assert read(bot_parts, text, "en").acts == {"opt_out"}


@pytest.mark.parametrize("language", sorted(FEWER))
def test_who_wants_fewer_texts_has_not_asked_for_an_end_of_all(language: str, bot_parts: Parts) -> None:
    understood = read(bot_parts, FEWER[language], language, Context.REMINDER)
    assert understood.doubtful == {"opt_out"} and not understood.acts
