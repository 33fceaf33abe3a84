"""No text in any language says what texts may not say; who has read which text is known (H-02 to H-06, L-03, S-02, S-15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.clinic import load_clinic
from bot.editing import lint
from bot.editing.lint import Lint, findings, load_lint, overdue, reveals, review, unreviewed, wrong
from bot.errors import DataError
from bot.settings import ROOT
from bot.texts import TEXTS, Texts, load_reviews, load_texts
from bot.yamlfile import read_yaml

LOCALES = ROOT / "locales"
TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def rules() -> Lint:
    """What texts may not say."""
    return load_lint(LOCALES)


@pytest.fixture(scope="module")
def texts() -> Texts:
    """All texts."""
    return load_texts(LOCALES)


def test_no_text_in_any_language_says_what_it_may_not(texts: Texts, rules: Lint) -> None:
    """H-02, H-05, H-06, S-02 and S-15 over every text in every language."""
    assert len(texts.languages) == 18
    assert findings(texts, rules, today=TODAY) == []


@pytest.mark.parametrize(
    ("language", "sentence", "what"),
    [
        ("en", "Dr. Smith will see you about your diabetes.", "diabet"),
        ("en", "Your test results are in.", "result"),
        ("en", "Your balance is overdue.", "balance"),
        ("es", "Su cita de cirugía es el martes.", "cirug"),
        ("de", "Ihr Befund ist da.", "befund"),
        ("pl", "Państwa wyniki są gotowe.", "wynik"),
        ("ru", "Ваши результаты готовы.", "результат"),
        ("ar", "نتائج الفحص جاهزة.", "نتائج"),
        ("fa", "دکتر شما را می‌بیند.", "دکتر"),
        ("hi", "आपकी रिपोर्ट आ गई है।", "रिपोर्ट"),
        ("vi", "Kết quả của quý vị đã có.", "kết quả"),
        ("ko", "검사 결과가 나왔습니다.", "결과"),
        ("ja", "手術の日です。", "手術"),
        ("zh-Hans", "您的检查结果出来了。", "结果"),
        ("zh-Hant", "您的手術在星期二。", "手術"),
        ("fr", "Votre vaccin est prévu mardi.", "vaccin"),
        ("pt", "Seu resultado chegou.", "resultado"),
        ("it", "Il referto è pronto.", "referto"),
        ("ht", "Rezilta ou yo pare.", "rezilta"),
        ("tl", "Narito na ang resulta ninyo.", "resulta"),
    ],
)
def test_a_private_word_is_found_in_every_language(rules: Lint, language: str, sentence: str, what: str) -> None:
    """H-02: diagnosis, specialty, procedure, result, clinician, debt."""
    assert any(repr(what) in each for each in wrong(sentence, "reminder", language, rules))


def test_every_language_has_words_of_its_own(texts: Texts, rules: Lint) -> None:
    """A new language must say what no text may say in it."""
    assert set(texts.languages) <= rules.words.keys()
    assert all(len(rules.words[language]) > 15 for language in texts.languages)
    with_new = replace(texts, catalogs={**texts.catalogs, "am": {}})
    assert any("am is missing" in each for each in findings(with_new, rules, today=TODAY))


@pytest.mark.parametrize(
    ("key", "language", "sentence", "what"),
    [
        ("safety.medical", "en", "Call 912 now.", "912"),
        ("safety.medical", "fr", "Appelez vite un médecin.", "must name 911"),
        ("safety.self_harm", "es", "Llame al 988.", "must name 911"),
        ("safety.self_harm", "it", "Scriva un sms al 988. Pericolo? 911.", "S-02"),
        ("help", "en", "This is the text line.", "must name 911"),
        ("video", "en", "Join at https://bit.ly/x", "H-06"),
    ],
)
def test_numbers_and_links_are_compared_with_what_may_stand_there(
    rules: Lint, key: str, language: str, sentence: str, what: str
) -> None:
    """S-02, S-15, H-06."""
    assert any(what in each for each in wrong(sentence, key, language, rules))


def test_988_by_text_is_offered_in_english_and_spanish_alone(texts: Texts, rules: Lint) -> None:
    """S-02: there it answers texts; elsewhere one must call."""
    assert "text 988" in texts.template("safety.self_harm", "en")
    assert set(rules.emergency["words_for_texting"]) == set(texts.languages) - {"en", "es"}


def test_hotlines_for_staff_stand_in_no_text(texts: Texts, rules: Lint) -> None:
    """S-07: a watched phone keeps its texts."""
    every = " ".join(texts.template(key, language) for key in TEXTS for language in texts.languages)
    assert not [number for number in rules.emergency["staff"].values() if number in every]


def test_numbers_that_nobody_has_looked_at_for_long_are_told(texts: Texts, rules: Lint) -> None:
    """S-15: the place is dated."""
    assert any("check_again" in each for each in findings(texts, rules, today=date(2030, 1, 1)))


def test_rules_from_outside_that_nobody_has_looked_at_for_long_are_told(tmp_path: Path) -> None:
    """O-22: courts and agencies change them; a program that is installed without the book is told nothing."""
    book = ROOT / "docs" / "rules.yaml"
    assert overdue(book, today=date(2027, 1, 31)) == []
    told = overdue(book, today=date(2027, 2, 1))
    assert len(told) >= 4
    assert any("O-19: look_again has passed" in each for each in told)
    assert overdue(tmp_path / "rules.yaml", today=date(2030, 1, 1)) == []


def test_no_gap_takes_what_a_patient_wrote(rules: Lint, texts: Texts, monkeypatch: pytest.MonkeyPatch) -> None:
    """H-05: only days, the clinic's words and numbers of ours are filled in; a new gap must be thought about."""
    monkeypatch.setitem(TEXTS, "received", "We got: {words}")
    assert any("words is no gap" in each for each in findings(texts, rules, today=TODAY))


@pytest.mark.parametrize("name", ["Main Street Methadone", "HIV Care Center", "Lakeside Psychiatry", "Hope Cancer Center"])
def test_a_clinics_name_that_tells_what_people_have_is_found(rules: Lint, name: str) -> None:
    """H-03: every text begins with it."""
    assert reveals(name, rules)
    assert not reveals(load_clinic(ROOT / "clinics" / "demo.yaml").clinic.name, rules)


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """A copy of the reviews."""
    (tmp_path / "reviews.yaml").write_text((LOCALES / "reviews.yaml").read_text())
    return tmp_path


def test_a_text_is_reviewed_until_it_is_changed(locales: Path, texts: Texts) -> None:
    """L-03: who, when, and the sentence as they read it; an edit voids it."""
    assert "safety.medical" in unreviewed(texts, load_reviews(locales))["es"]
    review(locales, texts, "es", ["safety.medical"], by="A. Reader, certified interpreter", today=TODAY)
    reviews = load_reviews(locales)
    assert "safety.medical" not in unreviewed(texts, reviews)["es"]
    assert reviews["es"]["safety.medical"]["by"] == "A. Reader, certified interpreter"
    changed: Any = {**texts.catalogs, "es": {**texts.catalogs["es"], "safety.medical": "LLAME AL 911."}}
    assert "safety.medical" in unreviewed(Texts(catalogs=changed), reviews)["es"]
    assert (locales / "reviews.yaml").read_text().startswith("# Which texts")


def test_what_is_no_text_or_language_cannot_be_reviewed(locales: Path, texts: Texts) -> None:
    """A slip of the pen is told."""
    with pytest.raises(DataError, match="nonsense"):
        review(locales, texts, "es", ["nonsense"], by="A", today=TODAY)
    with pytest.raises(DataError, match="xx"):
        review(locales, texts, "xx", ["help"], by="A", today=TODAY)


def test_no_review_is_claimed_that_nobody_made(texts: Texts) -> None:
    """The file in the repository names a person and a day for each entry, and the hash of the sentence as it is or was."""
    for language, read in load_reviews(LOCALES).items():
        assert language in texts.languages
        for key, entry in read.items():
            assert key in TEXTS
            assert {"by", "on", "hash"} == entry.keys()


def test_the_data_is_yaml_as_people_edit_it() -> None:
    """Words stay words: `no` and `on` are not True and False, and no list holds a word twice."""
    words = read_yaml(LOCALES / "private.yaml")
    assert [f"{language}: {word}" for language, found in words.items() for word in found if found.count(word) > 1] == []
    assert yaml.safe_load((LOCALES / "emergency.yaml").read_text())["numbers"]
    assert TEXTS.keys() >= lint.SAFETY
