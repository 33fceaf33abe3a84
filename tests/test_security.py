"""What docs/security.md promises: every rule on privacy and safety has a test that lives, or says whose it is."""

from __future__ import annotations

import ast
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import received
from bot.remind import remind
from bot.settings import ROOT
from bot.store.models import CommunicationRow, TaskRow
from bot.turn import take
from tests.test_hazards import living
from tests.understand.test_danger import FILES, sentences
from tests.world import NOW, World, make_world

RULES = [f"H-{n:02}" for n in range(1, 18)] + [f"S-{n:02}" for n in range(1, 19)] + [f"N-{n:02}" for n in range(1, 12)]
ROW = re.compile(r"^\| ([HSN]-\d\d) \| (test|clinic|open) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"(tests/[\w/]+\.(?:py|yaml))::([^;|]+)")

ROUTINE = {"received", "handoff", "handoff_closed", "language_offer"}  # what many other texts are answered with


def rows() -> dict[str, tuple[str, str]]:
    """rule → (test, clinic or open; how)."""
    return {rule: (state, how) for rule, state, how in ROW.findall((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))}


def test_every_rule_on_privacy_and_safety_is_answered_for() -> None:
    """H-, S- and N-: none is passed over in silence."""
    assert [rule for rule in RULES if rule not in rows()] == []


def says(file: Path, test: str) -> str:
    """What a test says that it shows: its docstring and its file's, or the line above a conversation."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".yaml":
        return text.partition(f"- name: {test}\n")[0].rstrip().rpartition("\n")[2]
    tree = ast.parse(text)
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == test)
    return f"{ast.get_docstring(function)} {ast.get_docstring(tree)}"


@pytest.mark.parametrize("rule", [rule for rule, (state, _) in rows().items() if state == "test"])
def test_what_is_said_to_be_tested_is(rule: str) -> None:
    """The tests that are named are there and would run, and one of them or more says that it shows this rule."""
    named = [(ROOT / file, test.strip()) for file, test in NAMED.findall(rows()[rule][1])]
    for file, test in named:
        assert file.is_file(), file
        assert test in living(file), test
    assert [test for file, test in named if rule in says(file, test)]


def test_what_is_the_clinics_to_do_is_said_in_a_sentence() -> None:
    """And nothing is left open."""
    rest = {rule: how for rule, (state, how) in rows().items() if state != "test"}
    assert {state for state, _ in rows().values()} == {"test", "clinic"}
    assert [rule for rule, how in rest.items() if len(how.split()) < 10] == []


@pytest.fixture
def world(bot_parts: Any) -> World:
    """A clinic of its own."""
    return make_world(bot_parts)


@pytest.mark.parametrize("words", ["this is my new number, my name is {}", "hi it's {}, when is my visit", "{} here, i need to cancel"])
def test_a_stranger_learns_nothing_about_who_is_a_patient(world: World, words: str) -> None:
    """N-09: the same answer to an unknown phone whether the name is a patient's or nobody's."""
    said = {
        take(world.bot, received(sender=f"+171655501{number}", body=words.format(name)))
        for number, name in ((90, "Dorothy Hale"), (91, "Lucía Ramírez"), (92, "Quentin Osgood"))
    }
    assert len(said) == 1


def test_out_of_hours_a_patient_hears_when_somebody_reads(world: World) -> None:
    """S-12: in the clinic's hours a coordinator answers; at night nobody reads, and 911 is named."""
    ask = "please have somebody call me"
    assert "911" not in take(world.bot, received(sender=world.number("marcus"), body=ask))
    world.clock.now = NOW.replace(hour=3)
    night = take(world.bot, received(sender=world.number("dorothy"), body="i have a question for the nurse"))
    assert "Nobody reads this now" in night
    assert "911" in night


def test_details_are_sent_after_the_warning_and_the_choice_alone(world: World) -> None:
    """H-04: who the visit is with is told to who chose it, never to others, and the question carries the warning."""
    asked = take(world.bot, received(sender=world.number("marcus"), body="who is my appointment with"))
    assert "Texts are not private" in asked
    assert "Lind" not in asked
    assert "Lind" in take(world.bot, received(sender=world.number("marcus"), body="1"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_abuse_is_answered_with_is_what_anything_is_answered_with(file: Path, world: World) -> None:
    """S-07: in every language, of every answer to sentences of abuse; and people are told each time."""
    told = sentences(file, "abuse")[:12]
    for number, words in enumerate(told):
        take(world.bot, received(sender=f"+171655501{number + 10}", body=words))
    with world.bot.store.session() as session:
        held = session.scalars(select(TaskRow.phone_id).where(TaskRow.kind == "urgent_abuse")).all()
        texts = session.scalars(select(CommunicationRow.texts).where(CommunicationRow.phone_id.in_(held))).all()
    assert len(held) >= len(told) // 2  # some are as much an emergency, which is answered as one
    assert {key for keys in texts for key in (keys or "").split(",")} <= ROUTINE


def test_a_text_to_a_wrong_person_can_be_told_who_what_and_when(world: World) -> None:
    """H-14, N-01: an item with its time stands in the inbox, what was sent there is kept with its time, and no more goes."""
    world.remind("marcus")
    take(world.bot, received(sender=world.number("marcus"), body="wrong number, I don't know any Marcus"))
    phone = world.phones["marcus"]
    with world.bot.store.begin() as session:
        (item,) = session.scalars(select(TaskRow).where(TaskRow.phone_id == phone, TaskRow.kind == "wrong_number"))
        there = CommunicationRow.phone_id == phone, CommunicationRow.direction == "outbound"
        (reminder,) = session.scalars(select(CommunicationRow).where(*there))
        assert (item.created_at, reminder.at) == (NOW, NOW)
        assert "9:00" in reminder.body
        assert remind(world.bot, session, phone) is None


def test_no_test_reaches_another_machine() -> None:
    """H-15: the whole suite runs so; what it shows needs no third party."""
    with socket.socket() as outside, pytest.raises(AssertionError, match="a test tried to reach"):
        outside.connect(("192.0.2.1", 443))
