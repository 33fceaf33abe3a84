"""A change of phrases is tried on what patients have really written (S-17)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.channels.console import received
from bot.clinic import ClinicFile
from bot.operate import replay as replaying
from bot.operate.replay import Deciding, Tally, replay
from bot.operate.version import DECIDES, version_of
from bot.settings import ROOT
from bot.store.crypto import ERASED
from bot.store.models import CommunicationRow
from bot.turn import take
from bot.understand.types import Message, Understanding
from tests.world import World, make_world

TEXTS = ("yes I will be there", "where do I park", "who is my visit with", "can we make it tuesday instead", "2", "I have chest pain")


@pytest.fixture
def world(bot_parts: Any) -> World:
    """A clinic that got a few texts."""
    world = make_world(bot_parts)
    world.remind("dorothy")
    for words in TEXTS:
        take(world.bot, received(sender=world.number("dorothy"), body=words))
    return world


def again(world: World, reader: Any = None, clinic: ClinicFile | None = None) -> Tally:
    """All texts read and decided on again."""
    bot = world.bot
    return replay(bot.store, Deciding(reader or bot.reader, clinic or bot.clinic, bot.texts.languages), clinic_id=bot.clinic_id)


@dataclass(frozen=True)
class Changed:
    """A reader whose phrases were changed."""

    reader: Any
    loses: str

    def read(self, message: Message) -> Understanding:
        """As before, but a danger is no longer known, and a yes is a no."""
        read: Understanding = self.reader.read(message)
        if self.loses == "danger":
            return replace(read, urgent=None)
        return replace(read, acts=frozenset({"cancel"})) if "confirm" in read.acts else read


def test_the_same_reader_reads_every_text_as_before(world: World) -> None:
    """S-17: what was known beside each text, the open question and the visits among it, is stored with the reading."""
    tally = again(world)
    assert (tally.read, tally.skipped, tally.otherwise) == (len(TEXTS), 0, [])


def test_a_decision_that_changes_although_the_text_is_read_as_before_is_told(world: World) -> None:
    """S-17: the clinic no longer answers that question by itself; nothing else is otherwise."""
    clinic = replace(world.bot.clinic, clinic=replace(world.bot.clinic.clinic, answers={}))
    (changed,) = again(world, clinic=clinic).otherwise
    assert (changed.words, changed.danger_lost) == ("where do I park", False)
    then, now = changed.parts["decision"]
    assert then != now
    assert "handoff" in now


def test_danger_that_is_read_but_no_longer_acted_on_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-17: the code that decides is part of what is tried."""
    deciding = replaying.decide
    monkeypatch.setattr(
        replaying, "decide", lambda *, understanding, **how: deciding(understanding=replace(understanding, urgent=None), **how)
    )
    (lost,) = [each for each in again(world).otherwise if each.danger_lost]
    assert lost.words == "I have chest pain"


def test_a_text_of_before_facts_were_stored_is_read_again_alone(world: World) -> None:
    """An older version stored a reading without what a decision rests on."""
    with world.bot.store.begin() as session:
        for row in session.scalars(select(CommunicationRow).where(CommunicationRow.direction == "inbound")):
            old = {name: value for name, value in json.loads(row.reading).items() if name not in ("facts", "state")}
            row.reading = json.dumps(old)
    tally = again(world, clinic=replace(world.bot.clinic, clinic=replace(world.bot.clinic.clinic, answers={})))
    assert (tally.read, tally.skipped, tally.otherwise) == (len(TEXTS), 0, [])


def test_what_has_no_order_may_stand_in_any(world: World) -> None:
    """Another process writes sets in another order, and an older version wrote them as they came."""
    take(world.bot, received(sender=world.number("marcus"), body="yes I will be there, thank you! where do I park? do I need to fast?"))
    turned = 0
    with world.bot.store.begin() as session:
        for row in session.scalars(select(CommunicationRow).where(CommunicationRow.direction == "inbound")):
            read = json.loads(row.reading)
            for name in ("acts", "topics"):
                turned += len(read.get(name, ())) > 1
                read[name] = read.get(name, [])[::-1]
            row.reading = json.dumps(read)
    assert turned
    assert again(world).otherwise == []


def test_danger_that_is_no_longer_recognised_is_told(world: World) -> None:
    """With the rule that decided then."""
    (lost,) = again(world, Changed(world.bot.reader, "danger")).otherwise
    assert lost.danger_lost
    assert lost.rule.startswith("danger")
    assert lost.parts["urgent"] == ("medical", None)


def test_a_change_of_a_visit_that_was_not_understood_before_is_told(world: World) -> None:
    """A yes that has become a no."""
    (changed,) = again(world, Changed(world.bot.reader, "yes")).otherwise
    assert changed.changes_visit
    assert not changed.danger_lost
    assert changed.words == "yes I will be there"


def test_texts_that_cannot_be_read_again_are_counted(world: World) -> None:
    """Their words are purged, or nothing is stored of what the reader knew."""
    with world.bot.store.begin() as session:
        session.execute(update(CommunicationRow).where(CommunicationRow.id == 2).values(body=ERASED, reading=None))
    assert again(world).skipped == 1


@pytest.mark.parametrize("changed", ["intents/en/danger.yaml", "intents/es/phrases/01.yaml", "locales/es/LC_MESSAGES/messages.po",
                                     "bot/understand/judge.py", "bot/dialogue/safety.py", "bot/texts.py", "bot/core.py",
                                     "bot/care/due.py", "bot/delivery/planner.py", "requirements.txt"])  # fmt: skip
def test_a_version_changes_with_whatever_decides_and_with_nothing_else(changed: str, tmp_path: Path) -> None:
    """S-17: a list of words, a phrase, an approved text, the code; not sentences that only measure, nor the words of staff's pages."""
    versions = []
    for number in range(3):
        root = tmp_path / str(number)
        for name in (changed, "intents/en/tests.yaml", "locales/es/LC_MESSAGES/staff.po", "bot/understand/labels.py"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("as it was")
        (root / "intents/en/tests.yaml").write_text(f"other sentences: {number}")
        (root / "locales/es/LC_MESSAGES/staff.po").write_text(f"other words: {number}")
        versions.append(version_of(root))
    (tmp_path / "2" / changed).write_text("otherwise")
    version_of.cache_clear()
    assert versions[0] == versions[1] == versions[2] != version_of(tmp_path / "2")


def test_every_part_of_the_version_is_there() -> None:
    """A file that has moved is not left out in silence."""
    assert [pattern for pattern in DECIDES if not any(ROOT.glob(pattern))] == []
