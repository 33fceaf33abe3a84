"""No emergency told in plain words goes unseen, and calm words raise no alarm, the same in every language (S-06, L-12).

danger/XX.yaml were written beside the patterns in intents/XX/danger.yaml, so they hold what is seen; how strangers are understood
tell `intents/XX/tests.yaml`, which nobody looked at while writing patterns.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.understand.labels import URGENT
from bot.understand.types import Context, Message
from bot.yamlfile import read_yaml
from tests.world import Parts

FILES = sorted(Path(__file__).with_name("danger").glob("*.yaml"))
SEEN = 0.95  # least share of each kind, of the reader as a whole
ALONE = 0.9  # least share of each kind that its patterns see alone, and that is answered in its own language
CALM = 0.4  # largest share of calm sentences that raise an alarm: they are as near to danger as their writers could make them


def sentences(path: Path, kind: str) -> list[str]:
    """The sentences of a kind, one a line."""
    return [line.strip() for line in read_yaml(path)[kind].split("\n") if line.strip()]


def urgent(parts: Parts, text: str) -> str | None:
    """What the reader hears in a text that comes out of the blue."""
    return parts.reader.read(Message(text=text, context=Context.NONE)).urgent


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", sorted(URGENT))
def test_danger_is_seen(path: Path, kind: str, bot_parts: Parts) -> None:
    """Whatever kind it is taken for: each has its safe answer and a person."""
    told = sentences(path, kind)
    missed = [text for text in told if urgent(bot_parts, text) is None]
    assert len(missed) <= (1 - SEEN) * len(told), missed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", sorted(URGENT))
def test_danger_is_seen_by_its_patterns_alone(path: Path, kind: str, bot_parts: Parts) -> None:
    """S-05: what is left where the reader breaks; most of it is answered in the language that it is told in."""
    told = sentences(path, kind)
    heard = [bot_parts.reader.least(Message(text=text)) for text in told]
    assert sum(read.urgent is not None for read in heard) >= ALONE * len(told)
    assert sum((read.language or "").partition("-")[0] == path.stem for read in heard) >= ALONE * len(told)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_calm_words_raise_no_alarm(path: Path, bot_parts: Parts) -> None:
    """Fear, old pain, hyperbole, films, phones that died."""
    calm = sentences(path, "calm")
    alarms = [text for text in calm if urgent(bot_parts, text) is not None]
    assert len(alarms) <= CALM * len(calm), alarms


def test_every_language_has_such_sentences(bot_parts: Parts) -> None:
    """The same gate for all."""
    assert {path.stem for path in FILES} == set(bot_parts.reader.tongues)
