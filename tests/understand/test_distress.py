"""Who is at the end of their strength is heard, and everyday words that only sound like it are not (intents/*/told.yaml).

distress/XX.yaml were written by somebody who had not seen the patterns, so they tell how strangers are understood.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.understand.types import Context, Message
from bot.yamlfile import read_yaml
from tests.world import Parts

FILES = sorted(Path(__file__).with_name("distress").glob("*.yaml"))
HEARD, NEEDLESS = 0.5, 0.1  # least share of those who need somebody; largest share of what only sounds like it


def heard(parts: Parts, text: str) -> bool:
    """Whether somebody is to phone whoever writes this, out of the blue: an emergency is more."""
    read = parts.reader.read(Message(text=text, context=Context.NONE))
    return "distress" in read.told or read.urgent is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_distress_is_heard(path: Path, bot_parts: Parts) -> None:
    """In every language alike."""
    told = read_yaml(path)["distress"]
    missed = [text for text in told if not heard(bot_parts, text)]
    assert len(missed) <= (1 - HEARD) * len(told), missed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_only_sounds_like_it_is_not(path: Path, bot_parts: Parts) -> None:
    """A baby that cries, needles, laughing till one cries, a long week."""
    calm = read_yaml(path)["harmless"]
    needless = [text for text in calm if "distress" in bot_parts.reader.read(Message(text=text, context=Context.NONE)).told]
    assert len(needless) <= NEEDLESS * len(calm), needless


def test_every_language_has_both(bot_parts: Parts) -> None:
    """The same gate for all."""
    assert {path.stem for path in FILES} == set(bot_parts.reader.tongues)
