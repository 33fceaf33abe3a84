"""The words of the staff's pages: complete in every language that is offered, kept up to date and checked without Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot.desk.words import load_words
from bot.editing.staff_texts import check, faults, path_of, sentences, update_staff_catalog
from bot.errors import Said
from bot.settings import ROOT

Sentences = dict[tuple[str, ...], list[str]]


@pytest.fixture(scope="module")
def said() -> Sentences:
    """What the pages say."""
    return sentences(ROOT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The program with a catalogue of one's own, Spanish."""
    (tmp_path / "bot").symlink_to(ROOT / "bot")
    path = path_of(tmp_path, "es")
    path.parent.mkdir(parents=True)
    path.write_bytes(path_of(ROOT, "es").read_bytes())
    return tmp_path


def test_nothing_lacks_in_the_languages_of_the_staff(said: Sentences) -> None:
    """Every sentence of templates and code is in every catalogue, translated, with the same gaps; and nothing besides."""
    assert len(said) > 1000
    assert check(ROOT) == []
    assert list(load_words(ROOT / "locales"))[:2] == ["en", "es"]


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        ('msgid "Claim"\nmsgstr "Tomar"', "", "'Claim' is not there; run `flask --app app texts es`"),
        ('msgstr "Tomar"', 'msgstr ""', "'Claim' is not translated"),
        ('msgid "Claim"', 'msgid "Claim it now"', "'Claim it now' is said nowhere"),
        ('msgstr "última vez: %(when)s"', 'msgstr "última vez"', "must have the gaps ['when']"),
        ('msgstr "última vez: %(when)s"', 'msgstr "última vez: %(when)s %(who)s"', "must have the gaps ['when']"),
        ('msgstr "Tomar"', 'msgstr "Tomar 5 %"', "holds a % that is no gap"),
        ('msgstr "Tomar"', 'msgstr "Tomar<script>"', "must have the same tags as the English"),
        ('msgstr "Tomar"', 'msgstr "\\"Tomar\\""', "must have the same tags as the English"),
    ],
)
def test_what_is_wrong_in_a_catalogue_is_found(copy: Path, said: Sentences, was: str, now: str, found: str) -> None:
    """Missing, empty, left over, with other gaps, or with signs that would break the page."""
    path = path_of(copy, "es")
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, now, 1), encoding="utf-8")
    assert [each for each in faults(path, said) if found in each] != []


@pytest.mark.slow
def test_a_new_language_of_the_staff_is_a_file_alone(copy: Path, said: Sentences) -> None:
    """It is begun by a command, and offered from then on; what it lacks is in English, what it has is kept by the next update."""
    told = update_staff_catalog(copy, "fr")
    assert told.endswith(f"0 of {len(said)} translated")
    path = path_of(copy, "fr")
    path.write_text(
        path.read_text(encoding="utf-8").replace('msgid "Claim"\nmsgstr ""', 'msgid "Claim"\nmsgstr "Prendre"'), encoding="utf-8"
    )
    french = load_words(copy / "locales")["fr"]
    assert (french("Claim"), french("Close")) == ("Prendre", "Close")
    assert french.language_name("es") == "espagnol"
    update_staff_catalog(copy, "fr")
    with path.open("rb") as file:
        assert [message.string for message in read_po(file) if message.id == "Claim"] == ["Prendre"]


def test_plurals_and_sentences_in_sentences_are_said_in_the_language() -> None:
    """With their values, which may be sentences themselves."""
    spanish = load_words(ROOT / "locales")["es"]
    assert spanish.many("%(num)s item closed.", "%(num)s items closed.", 1) == "1 pendiente cerrado."
    assert spanish.many("%(num)s item closed.", "%(num)s items closed.", 2) == "2 pendientes cerrados."
    told = Said("%(name)s has changed this meanwhile.", name=Said("The clinic’s file"))
    assert (str(told), spanish(told)) == (
        "The clinic’s file has changed this meanwhile.",
        "El archivo de la clínica cambió esto mientras tanto.",
    )
