"""What translators are told holds: the glossary names the words that are used, and CONTRIBUTING names commands and files that exist."""

from __future__ import annotations

import re

import pytest

import app as application
from bot.settings import ROOT
from bot.texts import SOURCE, load_texts
from bot.understand.lexicon import load_lexicon, squeeze
from bot.understand.normalise import fold

TEXTS = load_texts(ROOT / "locales")
SECTIONS = {
    found[1]: part
    for part in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").split("\n## ")[1:]
    if (found := re.search(r"\(`([\w-]+)`\)", part))
}
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MADE = {"intents/am/", "intents/am/phrases/", "locales/am/LC_MESSAGES/messages.po", "locales/fr/LC_MESSAGES/staff.po"}  # by commands


def test_every_language_has_its_section() -> None:
    """And no other."""
    assert set(SECTIONS) | {SOURCE} == set(TEXTS.languages)


@pytest.mark.parametrize("language", sorted(SECTIONS))
def test_a_language_says_how_it_speaks(language: str) -> None:
    """Form of address, gender, at most twelve terms; and the words that patients send back are those that are understood."""
    part = SECTIONS[language]
    assert "- Form of address:" in part
    assert "- Gender" in part
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", part.partition("| --- |")[2], re.MULTILINE))
    assert 10 <= len(rows) <= 12
    undo, new = rows["UNDO, NEW"].split(", ")
    keywords = load_lexicon(ROOT / "intents" / language.partition("-")[0]).keywords
    text = TEXTS.template("cancelled", language)
    for word, group in ((undo, "undo"), (new, "new")):
        assert fold(word) in fold(text)
        assert keywords.get(squeeze(word)) == group


@pytest.mark.parametrize("language", TEXTS.languages)
def test_the_words_for_fewer_texts_are_those_that_are_understood(language: str) -> None:
    """Whoever sends back what a text names, written as it is there, is understood."""
    keywords = load_lexicon(ROOT / "intents" / language.partition("-")[0]).keywords
    for key, groups in {"less": ("fewer", "visits_only"), "fewer": ("all_texts",), "visits_only": ("all_texts",)}.items():
        text = squeeze(TEXTS.template(key, language))
        for group in groups:
            assert [word for word, known in keywords.items() if known == group and word in text], (key, group)


def test_the_guide_names_commands_that_exist() -> None:
    """A page that tells the whole way must not lead astray."""
    commands = application.create_app().cli.commands
    named = set(re.findall(r"flask --app app (\w+)", GUIDE))
    assert named >= {"scaffold", "check", "explain", "reviewed", "texts"}
    assert named <= commands.keys()
    options = {name for command in commands.values() for each in command.params for name in each.opts}
    assert set(re.findall(r"`flask [^`]*?(--(?!app)[\w-]+)", GUIDE)) <= options


def test_the_guide_names_files_that_exist() -> None:
    """Every path in it, but those that its commands write."""
    named = set(re.findall(r"`((?:bot|docs|intents|locales|scripts|tests|bench)/[\w./-]*)", GUIDE)) - MADE
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert {path.split("(")[-1] for path in re.findall(r"\]\(([\w./]+)\)", GUIDE)} <= {
        "docs/glossary.md",
        "CHANGELOG.md",
        "SECURITY.md",
    }
