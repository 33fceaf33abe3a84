"""Words that match too widely are told, and none that are meant so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.editing import overmatch
from bot.settings import ROOT
from bot.understand.danger import load_floor, load_guards
from bot.understand.lexicon import load_lexicon
from bot.understand.phrases import Phrase, load_phrases


@pytest.fixture
def phrases(tmp_path: Path) -> list[Phrase]:
    """A few, of which each check should tell one."""
    path = tmp_path / "phrases.yaml"
    path.write_text(
        "- means: confirm\n  phrases: |\n    never cancel that, i am coming\n    i will be there\n"
        "- means: urgent.medical\n  phrases: |\n    chest pain since noon\n"
        "- means: cancel\n  phrases: |\n    quit\n    cancel\n"
        "- means: other\n  phrases: |\n    chest pain was never a problem\n"
    )
    return load_phrases(path)


def test_an_alarm_at_a_harmless_sentence_is_told(tmp_path: Path, phrases: list[Phrase]) -> None:
    """S-06: a false alarm costs a person's time, so its pattern is worth a look; one at danger is none."""
    (tmp_path / "danger.yaml").write_text("medical: |\n  chest pain\n")
    found = overmatch.alarms(load_floor(tmp_path / "danger.yaml"), {"en": phrases})
    assert len(found) == 1
    assert "chest pain was never a problem" in found[0]


def test_an_objection_to_what_is_meant_is_told(tmp_path: Path, phrases: list[Phrase]) -> None:
    """The bot would ask back for nothing."""
    (tmp_path / "guards.yaml").write_text("confirm: |\n  cancel\n")
    found = overmatch.objections(load_guards(tmp_path / "guards.yaml"), phrases)
    assert len(found) == 1
    assert "never cancel that" in found[0]


def test_a_phrase_that_a_keyword_swallows_is_told(phrases: list[Phrase]) -> None:
    """But for CANCEL alone, which is both by law (O-05)."""
    found = overmatch.keywords(load_lexicon(ROOT / "intents" / "en"), phrases)
    assert len(found) == 1
    assert "'quit' means cancel" in found[0]


def test_many_alike_are_counted_instead_of_listed(tmp_path: Path, phrases: list[Phrase]) -> None:
    """So that the list is read."""
    (tmp_path / "danger.yaml").write_text("medical: |\n  chest pain\n")
    harmless = [phrase for phrase in phrases if phrase.labels == {"other"}] * 9
    found = overmatch.alarms(load_floor(tmp_path / "danger.yaml"), {"en": harmless})
    assert len(found) == overmatch.EXAMPLES + 1
    assert found[-1] == "danger.yaml in 4 more sentences of en"
