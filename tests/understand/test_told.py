"""A medicine that has run out and a stay in hospital are heard beside whatever else is said (intents/*/told.yaml).

told/XX.yaml were written by somebody who had not seen the patterns, so they tell how strangers are understood.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.understand.types import Context, Message, Understanding
from bot.yamlfile import read_yaml
from tests.quick import quick
from tests.world import Parts

FILES = sorted(Path(__file__).with_name("told").glob("*.yaml"))
SOME = quick(*(path for path in FILES if path.stem in ("en", "es", "ht", "zh")), of=FILES)
HEARD, NEEDLESS = 0.5, 0.15  # least share of those who tell it; largest share of what only sounds like it


RELEASED = {
    "de": "er kommt im juni raus", "en": "my brother gets out in june", "es": "mi hermano sale en junio", "fr": "mon fils sort en juin",
    "hi": "wo june me bahar aayega", "ht": "papa m soti an jen", "it": "mio figlio esce a giugno", "pl": "syn wychodzi w czerwcu",
    "pt": "ele sai em junho", "ru": "сын выйдет в июне", "tl": "makakalaya sya sa hunyo",
    "vi": "anh ấy ra tù tháng ba",
}  # fmt: skip


def read(parts: Parts, text: str) -> Understanding:
    """The text as an answer to a reminder."""
    return parts.reader.read(Message(text=text, context=Context.REMINDER))


def heard(understood: Understanding, kind: str) -> bool:
    """Whether a person learns of it; an emergency is more."""
    return kind in understood.told | understood.acts or understood.urgent is not None


@pytest.mark.parametrize("kind", ["refill", "hospital"])
@pytest.mark.parametrize("path", SOME, ids=lambda path: path.stem)
def test_it_is_heard(path: Path, kind: str, bot_parts: Parts) -> None:
    """In every language alike, beside a wish or by itself."""
    told = read_yaml(path)[kind]
    missed = [text for text in told if not heard(read(bot_parts, text), kind)]
    assert len(missed) <= (1 - HEARD) * len(told), missed


@pytest.mark.parametrize("path", SOME, ids=lambda path: path.stem)
def test_what_only_sounds_like_it_is_not(path: Path, bot_parts: Parts) -> None:
    """Enough pills at home, out of gas, the way to the hospital, a stay that is over."""
    calm = read_yaml(path)["harmless"]
    needless = [text for text in calm if {"refill", "hospital"} & (read(bot_parts, text).told | read(bot_parts, text).acts)]
    assert len(needless) <= NEEDLESS * len(calm), needless


def test_every_language_has_them(bot_parts: Parts) -> None:
    """The same gate for all."""
    assert {path.stem for path in FILES} == set(bot_parts.reader.tongues)


@pytest.mark.parametrize("language", sorted(RELEASED))
def test_who_tells_in_which_month_somebody_is_released_gets_a_person_and_is_in_no_danger(language: str, bot_parts: Parts) -> None:
    understood = read(bot_parts, RELEASED[language])
    assert understood.told == {"custody"} and understood.urgent is None


@pytest.mark.parametrize("text", ["he gets out in march and he is gonna kill me", "he gets out next month and he'll come after me"])
def test_who_is_afraid_of_somebody_who_is_released_is_in_danger(text: str, bot_parts: Parts) -> None:
    assert read(bot_parts, text).urgent == "abuse"


def test_a_prisoner_locks_nobody_up(bot_parts: Parts) -> None:
    assert read(bot_parts, "shes locked up until may").urgent is None
    assert read(bot_parts, "he locked me in the bedroom").urgent == "abuse"
