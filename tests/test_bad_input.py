"""Broken data and wrong settings stop the start with words that name what is wrong, and where."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.clinic import load_clinic
from bot.errors import DataError, SettingsError
from bot.settings import NAMES, ROOT, read_settings
from bot.texts import load_texts
from bot.understand.danger import load_floor
from bot.understand.lexicon import load_lexicon
from bot.understand.phrases import load_phrases

GROUP = "- means: {means}\n  context: reminder\n  phrases: |\n    {phrase}\n"


def phrases(tmp_path: Path, **files: str) -> Path:
    """A folder of phrase files."""
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_broken_yaml_names_file_and_line(tmp_path: Path) -> None:
    """A translator finds the place."""
    folder = phrases(tmp_path, confirm="- means: confirm\n  phrases: |\n    yes\n - oops: [\n")
    with pytest.raises(DataError, match=r"confirm\.yaml:4: this is not YAML"):
        load_phrases(folder)


def test_a_phrase_in_two_intents_names_both_places(tmp_path: Path) -> None:
    """The same words cannot mean two things after the same question."""
    first = GROUP.format(means="cancel", phrase="Nope")
    folder = phrases(tmp_path, cancel=first, confirm=GROUP.format(means="confirm", phrase="nope"))
    with pytest.raises(DataError, match=r"confirm\.yaml:4: 'nope' means confirm here, but cancel in .*cancel\.yaml:4"):
        load_phrases(folder)


def test_a_phrase_that_means_the_same_anywhere_gives_way_to_a_context(tmp_path: Path) -> None:
    """ "ok" alone is a thank-you out of the blue and a yes after a reminder."""
    anywhere = "- means: social\n  phrases: |\n    ok\n"
    found = load_phrases(phrases(tmp_path, social=anywhere, confirm=GROUP.format(means="confirm", phrase="ok")))
    after_reminder = [phrase.labels for phrase in found if "reminder" in phrase.contexts]
    assert after_reminder == [frozenset({"confirm"})]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GROUP.format(means="konfirm", phrase="yes"), "'konfirm' is no label"),
        (GROUP.format(means="ask.wether", phrase="yes"), "'ask.wether' is no label"),
        ("- means: confirm\n  context: remainder\n  phrases: |\n    yes\n", "is no context"),
        ("- means: confirm\n", "the group has no `phrases:`"),
        ("- means: confirm\n  phrase: |\n    yes\n", "unknown key phrase"),
        ("confirm: yes\n", "a phrase file is a list of groups"),
        ("", "the file is empty"),
    ],
)
def test_a_phrase_file_that_is_not_in_the_format_says_why(tmp_path: Path, text: str, says: str) -> None:
    """Each mistake has its words."""
    with pytest.raises(DataError, match=says):
        load_phrases(phrases(tmp_path, confirm=text))


def test_a_word_in_two_keyword_groups_is_refused(tmp_path: Path) -> None:
    """A command has one meaning."""
    shutil.copytree(ROOT / "intents" / "en", tmp_path / "en", ignore=shutil.ignore_patterns("phrases"))
    file = tmp_path / "en" / "keywords.yaml"
    file.write_text(file.read_text().replace("help: |\n", "help: |\n  STOP\n"))
    with pytest.raises(DataError, match=r"keywords\.yaml:1: 'STOP' stands in help and in opt_out"):
        load_lexicon(tmp_path / "en")


def test_an_unknown_kind_of_danger_is_refused(tmp_path: Path) -> None:
    """The crisis floor is never half read."""
    (tmp_path / "danger.yaml").write_text("medicall: |\n  chest pain\n")
    with pytest.raises(DataError, match="'medicall' is none of"):
        load_floor(tmp_path / "danger.yaml")


def test_a_translation_with_another_gap_is_refused(tmp_path: Path) -> None:
    """A missing placeholder would be a missing date."""
    target = tmp_path / "es" / "LC_MESSAGES" / "messages.po"
    target.parent.mkdir(parents=True)
    target.write_text((ROOT / "locales/es/LC_MESSAGES/messages.po").read_text().replace("Su cita del {when} está", "Su cita está"))
    with pytest.raises(DataError, match=r"messages\.po:\d+: 'confirmed' must have the gaps \['when'\], not \[\]"):
        load_texts(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("zone: America/New_York", "zone: Buffalo", "zone: 'Buffalo' is no IANA time zone"),
        ("may_cancel: yes", "may_cancel: perhaps", "may_cancel: must be yes or no"),
        ("monday: 08:00-17:00", "monday: 8 to 5", "must look like 08:00-17:00"),
        ("monday: 08:00-17:00", "monday: 08:00Z-17:00", "must look like 08:00-17:00"),
        ("name: Sunrise Clinic", "nam: Sunrise Clinic", "name is missing"),
        ("  location:", "  locaton:", "answers: 'locaton' is none of"),
    ],
)
def test_a_clinic_file_that_is_wrong_says_what_is(tmp_path: Path, old: str, new: str, says: str) -> None:
    """A clinic edits this file by hand."""
    file = tmp_path / "clinic.yaml"
    file.write_text((ROOT / "clinics/demo.yaml").read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=says):
        load_clinic(file)


def test_all_wrong_settings_are_told_at_once() -> None:
    """Nobody starts five times to find five mistakes."""
    wrong = {"TWILIO_ACCOUNT_SID": "AC1", "OPT_OUT_HANDLED_BY": "nobody", "CLINIC_FILE": "nowhere.yaml", "ATTEND_KEY": "short"}
    with pytest.raises(SettingsError) as error:
        read_settings(wrong)
    for name in ("TWILIO_AUTH_TOKEN", "TWILIO_NUMBER", "PUBLIC_URL", "OPT_OUT_HANDLED_BY", "CLINIC_FILE", "ATTEND_KEY"):
        assert name in str(error.value)
    assert set(wrong) <= set(NAMES)


@pytest.mark.parametrize("given", ["postgres://db.example.org/attend", "postgresql://db.example.org/attend"])
def test_a_hosts_way_to_write_the_database_is_understood(given: str) -> None:
    """Hosts name no driver."""
    settings = read_settings({"DATABASE_URL": given, "ATTEND_KEY": Fernet.generate_key().decode(), "STAFF_PAGES": "off"})
    assert settings.database_url == "postgresql+psycopg://db.example.org/attend"


def test_another_database_is_refused_by_name() -> None:
    """Two are supported, and both are named; the address itself, which may hold a password, is not."""
    with pytest.raises(SettingsError, match="'mysql': it must begin with one of sqlite:, postgresql") as error:
        read_settings({"DATABASE_URL": "mysql://user:hunter2@db/attend", "ATTEND_KEY": Fernet.generate_key().decode()})
    assert "hunter2" not in str(error.value)


def test_secrets_do_not_stand_in_the_error() -> None:
    """A wrong key is named, not shown."""
    with pytest.raises(SettingsError) as error:
        read_settings({"ATTEND_KEY": "hunter2-hunter2"})
    assert "hunter2" not in str(error.value)


@pytest.mark.slow
def test_the_understand_command_answers_every_line_in_order() -> None:
    """A bad line gets an error of its own, and the stream goes on."""
    lines = ['{"id": 1, "text": "yes", "context": "reminder"}', "not json", '{"id": 3}', '{"id": 4, "text": "no puedo ir"}']
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "understand"], input="\n".join(lines), capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.strip().split("\n")
    assert len(answers) == 4
    assert '"acts": ["confirm"]' in answers[0]
    assert '"error"' in answers[1]
    assert '"error"' in answers[2]
    assert '"lang": "es"' in answers[3]
