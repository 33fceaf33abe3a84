"""Who tells that somebody else does not come has not called their own visit off."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.understand.types import Context, Message
from bot.yamlfile import read_yaml
from tests.world import Parts

TOLD = read_yaml(Path(__file__).with_name("others.yaml"))
CONTEXTS = (Context.REMINDER, Context.NONE, Context.SLOTS, Context.RESCHEDULE)


@pytest.mark.parametrize("language", sorted(TOLD))
def test_another_who_does_not_come_calls_nothing_off(language: str, bot_parts: Parts) -> None:
    """Whatever was asked last: "my brother can't make it, the appointment is mine and I'll be there"."""
    for text in TOLD[language]["comes"].splitlines():
        for context in CONTEXTS:
            read = bot_parts.reader.read(Message(text=text, context=context, language=language))
            assert "cancel" not in read.acts, (text, context, read.reasons)


@pytest.mark.parametrize("language", sorted(TOLD))
def test_a_patient_who_does_not_come_is_heard_from_who_writes_for_them(language: str, bot_parts: Parts) -> None:
    """ "I'm writing for my dad, he won't be coming"."""
    for text in TOLD[language]["does_not"].splitlines():
        read = bot_parts.reader.read(Message(text=text, context=Context.REMINDER, language=language))
        assert "cancel" in read.acts, (text, read.reasons)


def test_every_language_tells_it(bot_parts: Parts) -> None:
    """The same gate for all."""
    assert set(TOLD) == set(bot_parts.reader.tongues)
