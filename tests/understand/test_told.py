"""A medicine that has run out and a stay in hospital are heard beside whatever else is said (intents/*/told.yaml).

told/XX.yaml were written by somebody who had not seen the patterns, so they tell how strangers are understood.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.understand.types import Context, Message, Understanding
from bot.yamlfile import read_yaml
from tests.world import Parts

FILES = sorted(Path(__file__).with_name("told").glob("*.yaml"))
HEARD, NEEDLESS = 0.5, 0.15  # least share of those who tell it; largest share of what only sounds like it


def read(parts: Parts, text: str) -> Understanding:
    """The text as an answer to a reminder."""
    return parts.reader.read(Message(text=text, context=Context.REMINDER))


def heard(understood: Understanding, kind: str) -> bool:
    """Whether a person learns of it; an emergency is more."""
    return kind in understood.told | understood.acts or understood.urgent is not None


@pytest.mark.parametrize("kind", ["refill", "hospital"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_heard(path: Path, kind: str, bot_parts: Parts) -> None:
    """In every language alike, beside a wish or by itself."""
    told = read_yaml(path)[kind]
    missed = [text for text in told if not heard(read(bot_parts, text), kind)]
    assert len(missed) <= (1 - HEARD) * len(told), missed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_only_sounds_like_it_is_not(path: Path, bot_parts: Parts) -> None:
    """Enough pills at home, out of gas, the way to the hospital, a stay that is over."""
    calm = read_yaml(path)["harmless"]
    needless = [text for text in calm if {"refill", "hospital"} & (read(bot_parts, text).told | read(bot_parts, text).acts)]
    assert len(needless) <= NEEDLESS * len(calm), needless


def test_every_language_has_them(bot_parts: Parts) -> None:
    """The same gate for all."""
    assert {path.stem for path in FILES} == set(bot_parts.reader.tongues)
