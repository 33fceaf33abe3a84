"""What docs/security.md promises: every rule on privacy and safety has a test that lives, or says whose it is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.channels.console import received
from bot.settings import ROOT
from bot.turn import take
from tests.test_hazards import living
from tests.world import NOW, World, make_world

RULES = [f"H-{n:02}" for n in range(1, 18)] + [f"S-{n:02}" for n in range(1, 19)] + [f"N-{n:02}" for n in range(1, 12)]
ROW = re.compile(r"^\| ([HSN]-\d\d) \| (test|clinic|open) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"(tests/[\w/]+\.(?:py|yaml))(?:::([^;|]+))?")


def rows() -> dict[str, tuple[str, str]]:
    """rule → (test, clinic or open; how)."""
    return {rule: (state, how) for rule, state, how in ROW.findall((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))}


def test_every_rule_on_privacy_and_safety_is_answered_for() -> None:
    """H-, S- and N-: none is passed over in silence."""
    assert [rule for rule in RULES if rule not in rows()] == []


@pytest.mark.parametrize("rule", [rule for rule, (state, _) in rows().items() if state == "test"])
def test_what_is_said_to_be_tested_is(rule: str) -> None:
    """The tests that are named are there."""
    named = NAMED.findall(rows()[rule][1])
    assert named
    for file, test in named:
        assert (ROOT / file).is_file(), file
        assert not test or test.strip() in living(ROOT / file), test


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
