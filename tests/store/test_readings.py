"""A reading is stored without what stands at its default, and read again as it was; so is one of an older version."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from bot.channels.console import received
from bot.dialogue.types import Facts, State
from bot.store import queries
from bot.store.lean import lean
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.readings import NO_CLINIC, reading_json, reading_of
from bot.turn import take
from bot.understand.types import Message
from tests.world import NOW, World, make_world

TEXTS = ("yes I will be there", "can we make it any day but friday", "2", "I have chest pain", "1 yes 2 no", "where do I park", "")
FACTS = msgspec.json.Decoder(Facts)


@pytest.fixture
def world(bot_parts: Any) -> World:
    """A clinic whose people have been reminded."""
    world = make_world(bot_parts)
    for who in ("dorothy", "nadia"):
        world.remind(who)
    return world


def defaults(value: Any) -> list[Any]:
    """What is empty somewhere in a stored reading; a reason without words has to say so."""
    if isinstance(value, dict):
        return [found for name, each in value.items() if name != "words" for found in defaults(each)]
    if isinstance(value, list):
        return [found for each in value for found in defaults(each)] if value else [value]
    return [value] if value is None or value is False else []


@pytest.mark.parametrize("words", TEXTS)
def test_a_reading_is_read_again_as_it_was(words: str, world: World) -> None:
    """With the text left out, which stands beside it; and what an older version wrote in full."""
    message = Message(text=words, now=NOW, language="en")
    read = world.bot.reader.read(message)
    stored = reading_json(read, message)
    assert reading_of(stored) == read
    assert defaults(json.loads(stored)) == []
    old = msgspec.json.encode({**vars(read), "asked": replace(message, text=""), "state": State()}).decode()
    assert reading_of(old) == read


def test_what_was_known_beside_a_text_takes_a_fraction_of_what_it_did(world: World) -> None:
    """Facts and state come back as they were, of which most is at its default (S-17)."""
    for words in TEXTS:
        take(world.bot, received(sender=world.number("nadia"), body=words))
    with world.bot.store.session() as session:
        rows = [row.reading for row in session.scalars(select(CommunicationRow).where(CommunicationRow.direction == "inbound"))]
        states = [row.state for row in session.scalars(select(PhoneRow))]
    assert any("visits" in json.loads(row)["facts"] for row in rows)
    for row in rows:
        stored = json.loads(row)
        assert defaults(stored) == []
        facts = FACTS.decode(json.dumps(stored["facts"]))
        assert (facts.clinic, facts.now) == (NO_CLINIC, NOW)
        state = queries._STATE.decode(json.dumps(stored["state"]))
        full = {**asdict(reading_of(row)), "asked": stored["asked"], "state": asdict(state), "facts": asdict(facts)}
        assert len(row) < 0.7 * len(msgspec.json.encode(full))
    assert [defaults(json.loads(state)) for state in states] == [[]] * len(states)


def test_only_defaults_are_left_out() -> None:
    """What is equal to nothing, false or empty by somebody's word stays."""
    assert lean(State(language="", paused=True)) == {"language": "", "paused": True}
    assert lean(Message(text="")) == {"text": ""}
