"""A time on the day of the visit itself, in every language."""

from __future__ import annotations

import pytest

from bot.understand.times import INTENTS, Vocabulary, load_mixed
from bot.understand.times.same_day import same_day

LATER = {
    "en": "can i get a later time same day", "es": "¿puede ser más tarde el mismo día?", "fr": "plus tard le même jour svp",
    "pt": "pode ser mais tarde no mesmo dia?", "it": "si può più tardi lo stesso giorno?", "de": "geht es später am selben Tag?",
    "ht": "èske m ka vini pita menm jou a", "pl": "czy można później tego samego dnia", "ru": "можно попозже в тот же день?",
    "ar": "هل يمكن لاحقا في نفس اليوم", "fa": "میشه همان روز دیرتر بیام", "hi": "क्या उसी दिन देर से आ सकता हूँ",
    "zh": "可以同一天晚一点吗", "ja": "同じ日の遅い時間にできますか", "ko": "같은 날 더 늦게 갈 수 있을까요",
    "vi": "cho em giờ trễ hơn cùng ngày được không", "tl": "pwede ba mas late sa parehong araw",
}  # fmt: skip
EARLIER = {
    "en": "anything sooner that same day",
    "es": "el mismo dia pero mas temprano",
    "zh": "當天早點可以嗎",
    "ru": "в тот же день, но раньше",
}
SOONER = {
    "en": "could she be seen as soon as possible", "es": "se puede adelantar la cita?", "fr": "il n'y a pas un rdv plus tôt ?",
    "pt": "dá pra antecipar a consulta?", "it": "è possibile anticiparlo?", "de": "habt ihr auch einen früheren Termin",
    "ht": "èske n pa gen yon randevou pi vit", "pl": "czy jest jakiś wcześniejszy termin", "ru": "запишите как можно скорее",
    "ar": "أريد أقرب موعد لو سمحت", "fa": "هرچه زودتر نوبت می‌خوام",
    "hi": "जल्द से जल्द दिखाना है",
    "zh": "看病能不能提前呢",
    "ja": "なるべく早く診てほしいです", "ko": "더 빨리 볼 수 없나요",
    "vi": "có lịch khám sớm hơn không ạ", "tl": "pwede po bang mapaaga",
}  # fmt: skip


@pytest.fixture(scope="module")
def words() -> dict[str, Vocabulary]:
    """Every language's."""
    return load_mixed(INTENTS, LATER)


def test_every_language_has_words_for_it() -> None:
    """One that is added says here how it is asked for."""
    assert set(LATER) == set(SOONER) == {path.parent.name for path in INTENTS.glob("*/times.yaml")}


@pytest.mark.parametrize(("code", "text", "way"), [
    *((code, text, "later") for code, text in LATER.items()), *((code, text, "sooner") for code, text in SOONER.items()),
    *((code, text, "earlier") for code, text in EARLIER.items()),
    ("en", "another time on the same day please", "any"), ("en", "later or earlier, same day", "any"),
    ("en", "can i come later", ""), ("en", "not the same day", ""), ("en", "i cant that day", ""), ("de", "nicht am selben Tag", ""),
])  # fmt: skip
def test_the_same_day_is_read_with_its_direction(code: str, text: str, way: str, words: dict[str, Vocabulary]) -> None:
    """A direction alone names no day, and what is denied is not wished for."""
    assert same_day(text, words[code]) == way
