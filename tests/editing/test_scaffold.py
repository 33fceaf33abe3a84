"""A language that nobody has written yet is begun, filled in, checked and answered in, without a line of Python.

Esperanto stands for a language whose days and months CLDR knows, qaa (which is nobody's) for one that it does not.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.channels.console import received
from bot.editing.check_language import missing_words, run
from bot.editing.scaffold import LEAST, emptied, kinds, scaffold
from bot.errors import DataError
from bot.settings import ROOT, Settings, read_settings
from bot.store import queries
from bot.texts import TEXTS, load_texts
from bot.turn import take
from bot.understand.danger import load_floor, load_guards
from bot.understand.lexicon import load_lexicon
from bot.understand.phrases import load_phrases
from bot.understand.reader import Reader, load_reader
from bot.yamlfile import read_yaml
from tests.world import Parts, World, make_world

CONFIRM = ["jes mi venos", "mi certe venos", "jes mi estos tie", "konfirmite, ĝis tiam", "ni venos akurate", "jes, dankon, mi venas"]
CANCEL = ["mi ne povas veni", "bedaŭrinde mi ne venos", "nuligu mian viziton", "ne, mi ne venos", "forstreku min"]
DANGER = ["mi ne povas spiri", "mia edzo svenis kaj ne vekiĝas", "mia filo sangas multe", "mi havas fortan doloron en la brusto"]
WRITTEN = {
    "confirmed": "Dankon. Via vizito estas konfirmita: {when}.",
    "reminder": "Vi havas viziton: {when}. Ĉu vi venos? STOP finas.",
    "opted_out": "Vi ne plu ricevos mesaĝojn. Por rekomenci, sendu START.",
    "safety.medical": "VOKU 911 TUJ, se vi estas en danĝero. Ne atendu niajn mesaĝojn.",
}


def put(path: Path, behind: str, lines: list[str]) -> None:
    """Writes lines into the first empty block behind a place, as somebody who edits the file does."""
    text, indent = path.read_text(encoding="utf-8"), "    " if "means" in behind else "  "
    at = text.index(": |\n", text.index(behind)) + len(": |\n")
    path.write_text(text[:at] + "".join(f"{indent}{line}\n" for line in lines) + text[at:], encoding="utf-8")


def translate(root: Path, key: str, sentence: str) -> None:
    """Writes one text into the catalogue, by its English."""
    path = root / "locales" / "eo" / "LC_MESSAGES" / "messages.po"
    before, _, behind = path.read_text(encoding="utf-8").partition(f'msgctxt "{key}"\n')
    head, _, tail = behind.partition('msgstr ""\n')
    path.write_text(f'{before}msgctxt "{key}"\n{head}msgstr "{sentence}"\n{tail}', encoding="utf-8")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the data, with two languages begun and a few lines of one of them filled in."""
    root = tmp_path_factory.mktemp("clinic")
    shutil.copytree(ROOT / "intents" / "en", root / "intents" / "en")
    shutil.copy(ROOT / "intents" / "meaning.yaml", root / "intents")
    shutil.copytree(ROOT / "locales", root / "locales")
    for language in ("eo", "qaa"):
        scaffold(root, language)
    for path in (root / "intents" / "en" / "phrases").glob("*.yaml"):
        if path.stem != "plain":
            path.unlink()  # what is left is learned in a moment
    own = root / "intents" / "eo"
    put(own / "phrases" / "confirm.yaml", "means: confirm", CONFIRM)
    put(own / "phrases" / "cancel.yaml", "means: cancel", CANCEL)
    put(own / "phrases" / "urgent.yaml", "means: urgent.medical", DANGER)
    put(own / "keywords.yaml", "What the carriers", ["ĉesu", "haltu"])
    put(own / "danger.yaml", "chest pain~", ["brusto|brusta dolor~|doloras|dolegas"])
    put(own / "tests.yaml", "means: confirm", ["jes mi venos kun mia filo"])
    put(own / "tests.yaml", "means: complaint", ["mi atendis du horojn kaj neniu venis"])
    for key, sentence in WRITTEN.items():
        translate(root, key, sentence)
    return root


@pytest.fixture(scope="module")
def parts(root: Path) -> Parts:
    """What a server would read from that copy."""
    return Parts(reader=load_reader(root / "intents"), texts=load_texts(root / "locales"))


@pytest.fixture
def clinic(tmp_path: Path) -> Settings:
    """The demo's settings, with a cache of their own."""
    return read_settings({"CACHE_DIR": str(tmp_path)}, demo=True)


@pytest.fixture
def world(parts: Parts) -> Iterator[World]:
    """A clinic with a patient who speaks the new language."""
    world = make_world(parts)
    with world.bot.store.begin() as session:
        for patient, _ in queries.people(session, world.phone_id("marcus")).values():
            patient.language = "eo"
    world.remind("marcus")
    yield world
    world.bot.store.engine.dispose()


def says(world: World, words: str) -> str:
    """What the bot answers."""
    return take(world.bot, received(sender=world.number("marcus"), body=words))


@pytest.mark.slow
def test_the_new_languages_are_found(parts: Parts) -> None:
    """By their folders alone."""
    assert set(parts.reader.tongues) == {"en", "eo", "qaa"}
    assert {"eo", "qaa"} <= set(parts.texts.languages)
    assert "eo" in parts.reader.times


@pytest.mark.slow
def test_a_patient_is_answered_in_the_new_language(world: World) -> None:
    """Confirmed, with the day as the language writes it."""
    answer = says(world, "jes mi venos, dankon")
    assert "Via vizito estas konfirmita" in answer
    assert "mar" in answer.casefold()  # marto, March


def test_danger_and_opting_out_are_heard_in_it(world: World) -> None:
    """S-01, S-10, O-01: by its own words."""
    assert "VOKU 911" in says(world, "helpu min, mia brusto dolegas kaj mi ne povas spiri")
    assert "Por rekomenci" in says(world, "Ĉesu!")


def test_what_is_not_translated_yet_is_said_in_english(world: World) -> None:
    """A language that has begun never leaves a patient without an answer."""
    answer = says(world, "mi ne povas veni")
    assert "Your visit on Thu, Mar 5, 9:00 AM is called off" in answer  # the day too, so that no sentence is half one, half the other


def test_the_check_tells_what_is_missing_and_what_is_read_wrongly(
    root: Path, parts: Parts, clinic: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """And ends well: a gap is no contradiction."""
    assert run(root, "eo", parts.reader, clinic) == 0
    told = capsys.readouterr().out
    assert "intents/eo/keywords.yaml: help" in told
    assert "keywords.yaml: opt_out\n" not in told
    assert "missing, or the English has changed: cancelled" in told
    assert f"{len(WRITTEN)} of {len(TEXTS)} texts" in told
    assert "locales/private.yaml: eo is missing" in told
    assert "mi atendis du horojn kaj neniu venis\n    means complaint, read as" in told
    assert "0 contradictions" in told


def test_a_language_without_names_of_days_is_told(
    root: Path, parts: Parts, clinic: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its dates are written in English, and the check says so."""
    assert run(root, "qaa", parts.reader, clinic) == 0
    assert "CLDR has no names of days" in capsys.readouterr().out
    assert "Mar" in parts.texts.render("confirmed", "qaa", [("when", make_world(parts).clock.now)])


@pytest.mark.parametrize(
    ("name", "behind", "line", "told"),
    [
        ("keywords", "Plain answers", "ĉesu", "stands in"),
        ("keywords", "What the carriers", "forstreku min", "takes the whole text as opt_out"),
        ("tests", "means: confirm", "jes mi estos tie", "also a phrase to learn from"),
        ("phrases/cancel", "means: cancel", "mi certe venos", "means"),
    ],
)
def test_a_contradiction_ends_the_check_with_an_error(
    root: Path,
    parts: Parts,
    clinic: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    behind: str,
    line: str,
    told: str,
) -> None:
    """A word in two groups, a phrase that a keyword swallows, a test that was learned, a phrase with two meanings."""
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    put(copy / "intents" / "eo" / f"{name}.yaml", behind, [line])
    try:
        code, found = run(copy, "eo", load_reader_of(copy, parts), clinic), capsys.readouterr().out
    except DataError as error:
        code, found = 2, str(error)
    assert code
    assert told in found
    assert "intents/eo" in found


def load_reader_of(copy: Path, parts: Parts) -> Reader:
    """The reader with the copy's word lists; what it learned stays."""
    tongue = replace(parts.reader.tongues["eo"], lexicon=load_lexicon(copy / "intents" / "eo"))
    return replace(parts.reader, tongues={**parts.reader.tongues, "eo": tongue})


def test_a_sentence_with_another_gap_is_refused(root: Path, tmp_path: Path) -> None:
    """Named by file and line, so that no patient gets a sentence with a hole."""
    shutil.copytree(root / "locales", tmp_path / "locales")
    translate(tmp_path, "kept", "Via vizito {kiam} restas.")
    with pytest.raises(DataError, match=r"messages.po:\d+: 'kept' must have the gaps \['when'\]"):
        load_texts(tmp_path / "locales")


def test_what_a_translator_has_written_is_never_overwritten(root: Path) -> None:
    """To scaffold again writes only what is missing."""
    before = {path: path.read_bytes() for path in (root / "intents" / "eo").rglob("*.yaml")}
    (root / "intents" / "eo" / "people.yaml").unlink()
    written = scaffold(root, "eo")
    assert [line for line in written if "begun" in line] == ["intents/eo/people.yaml: begun"]
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("code", ["Esperanto", "../en", "e", "eo_XX", "EO"])
def test_what_is_no_language_is_refused(root: Path, code: str) -> None:
    """Nothing is written."""
    with pytest.raises(DataError, match="ISO 639"):
        scaffold(root, code)


def test_no_english_word_is_taken_for_the_new_languages(root: Path) -> None:
    """All that stands there stands in comments."""
    own = root / "intents" / "qaa"
    assert load_phrases(own / "phrases") == []
    assert load_phrases(own / "tests.yaml") == []
    lexicon = load_lexicon(own)
    assert (lexicon.keywords, lexicon.picks, lexicon.people) == ({}, {}, {})
    assert load_floor(own / "danger.yaml").find((" chest pain ", frozenset({"chest", "pain"}))) is None
    assert not list(load_guards(own / "guards.yaml").found((" cancel ", frozenset({"cancel"}))))
    assert missing_words(root / "intents", "qaa")


@pytest.mark.parametrize("name", ["keywords", "choices", "people", "danger", "told", "guards", "times"])
def test_a_scaffold_has_all_sections_and_all_english_words(name: str) -> None:
    """Beside each gap stands what English says there."""
    path = ROOT / "intents" / "en" / f"{name}.yaml"
    begun, english = emptied(path.read_text(encoding="utf-8")), read_yaml(path)
    sections = yaml.load(begun, yaml.BaseLoader)  # noqa: S506 - strings alone
    assert set(sections) == {key for key in english if f"# {key}:" not in begun}
    for content in english.values():
        for words in content.values() if isinstance(content, dict) else [content]:
            assert all(line.strip() in begun for line in words.split("\n"))


def test_every_kind_that_english_has_often_has_a_place() -> None:
    """The kinds that a language should have phrases of are those of the English phrases, not a list that somebody must keep."""
    phrases = load_phrases(ROOT / "intents" / "en" / "phrases")
    often = [kind for kind, texts in kinds(phrases).items() if len(texts) >= LEAST]
    assert {label for labels, _, _ in often for label in labels} > {"confirm", "cancel", "ask.cost", "barrier.fear", "urgent.abuse"}
