"""The translators' pages: what is missing, not reviewed, long, and how each language is read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from bot.editing.coverage import keep, kept, state_of
from bot.editing.lint import review
from bot.settings import ROOT
from bot.texts import TEXTS, Texts, fingerprint, load_reviews, load_texts
from bot.understand.measure import Figures
from bot.web.roles import RULES
from bot.web.wiring import Wired

FIGURES = Figures(sentences=138, exact=79.4, wrong=0.7, missed=10.0, alarms=1.5, asked=12.0)


@pytest.fixture
def pages(pages: Flask, tmp_path: Path) -> Flask:
    """The demo on a database and a cache of its own."""
    wired: Wired = pages.extensions["attend"]
    pages.extensions["attend"] = replace(wired, settings=replace(wired.settings, cache_dir=tmp_path))
    return pages


def page(app: Flask, path: str) -> str:
    """What a page says, without its markup."""
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def without(app: Flask, language: str, key: str) -> None:
    """Takes a sentence out of a language."""
    wired: Wired = app.extensions["attend"]
    catalogs = dict(wired.bot.texts.catalogs)
    catalogs[language] = {known: sentence for known, sentence in catalogs[language].items() if known != key}
    app.extensions["attend"] = replace(wired, bot=replace(wired.bot, texts=Texts(catalogs=catalogs)))


def test_every_language_has_a_line(pages: Flask) -> None:
    """All 18, with what nobody has reviewed (L-03)."""
    shown = page(pages, "/inbox/languages")
    assert all(name in shown for name in ("English", "Haitian Creole", "Traditional Chinese", "Tagalog"))
    assert re.search(rf"Italian limited 0 {len(TEXTS)} \d+ ", shown)


def test_figures_are_shown_while_they_hold(pages: Flask) -> None:
    """L-12: those of the last check, until the phrases or the sentences of the language change."""
    wired: Wired = pages.extensions["attend"]
    assert "79 % of 138" not in page(pages, "/inbox/languages")
    keep(wired.settings.cache_dir, ROOT / "intents", wired.bot.reader.version, {"it": FIGURES})
    assert "79 % of 138 0.7 % 10.0 %" in page(pages, "/inbox/languages")
    assert kept(wired.settings.cache_dir, ROOT / "intents", "another version", "it") is None
    assert kept(wired.settings.cache_dir, ROOT / "intents", wired.bot.reader.version, "de") is None


def test_a_language_below_the_limits_is_called_limited(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """L-12: whoever works with it must know."""
    wired: Wired = pages.extensions["attend"]
    poor = replace(FIGURES, missed=40.0)
    keep(wired.settings.cache_dir, ROOT / "intents", wired.bot.reader.version, {"it": FIGURES, "pl": poor})
    texts = wired.bot.texts
    signed = {key: {"by": "A. Reader", "on": "2026-11-25", "hash": fingerprint(texts.template(key, "it"))} for key in TEXTS}
    monkeypatch.setattr("bot.web.languages.load_reviews", lambda _: {"it": signed})
    shown = page(pages, "/inbox/languages")
    assert "Polish limited" in shown
    assert "Italian limited" not in shown


def test_a_language_whose_safety_texts_nobody_has_read_is_called_limited(pages: Flask) -> None:
    """L-03: it is answered in two languages until then; English, which translators work from, is not."""
    shown = page(pages, "/inbox/languages")
    assert "Italian limited" in shown
    assert "Haitian Creole limited" in shown
    assert "English limited" not in shown


def test_a_text_stands_beside_its_english_with_real_values(pages: Flask) -> None:
    """As it is sent: with the clinic's name and a day."""
    shown = page(pages, "/inbox/languages/it")
    assert "Thank you. You are confirmed for Wed, Sep 23, 12:30 PM." in shown
    assert "Sunrise Clinic: Grazie. Il suo appuntamento di mer 23 set, 12:30 è confermato." in shown
    assert "{" not in shown


def test_a_missing_text_is_told(pages: Flask) -> None:
    """What is sent in English."""
    assert "None." in page(pages, "/inbox/languages/it?show=missing")
    without(pages, "it", "kept")
    assert "Missing: the English is sent." in page(pages, "/inbox/languages/it?show=missing")
    assert f"1 of {len(TEXTS)} texts" in page(pages, "/inbox/languages/it?show=missing")


def test_a_language_from_right_to_left_is_written_so(pages: Flask) -> None:
    """Else its full stops stand on the wrong side."""
    assert 'lang="ar" dir="rtl"' in pages.test_client().get("/inbox/languages/ar").get_data(as_text=True)


def test_no_other_language_opens(pages: Flask) -> None:
    """Nothing of an address is shown."""
    assert pages.test_client().get("/inbox/languages/xx").status_code == 404


def test_it_is_open_to_those_who_answer_for_texts() -> None:
    """Translators see texts and no patient; coordinators have no use for them."""
    for endpoint in ("inbox.languages.index", "inbox.languages.language"):
        assert RULES[endpoint].roles == {"translator", "manager", "admin"}


def test_a_review_counts_until_the_sentence_changes(tmp_path: Path) -> None:
    """L-03: by the hash of what was read."""
    (tmp_path / "reviews.yaml").write_text("# Which texts\n{}\n")
    texts = load_texts(ROOT / "locales")
    review(tmp_path, texts, "it", ["kept"], by="A. Reader, certified", today=date(2026, 11, 25))
    reviews = load_reviews(tmp_path)
    assert "kept" not in [text.key for text in state_of(texts, reviews, "it", clinic="Lake", figures=None).unread]
    changed = Texts(catalogs={**texts.catalogs, "it": {**texts.catalogs["it"], "kept": "Bene. {when} resta."}})
    assert "kept" in [text.key for text in state_of(changed, reviews, "it", clinic="Lake", figures=None).unread]
