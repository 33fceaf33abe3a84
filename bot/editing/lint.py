"""What no text may say, in any language, and which texts a qualified person has read: data of `locales/`, compared with every text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.errors import DataError
from bot.texts import SOURCE, TEXTS, Reviews, Texts, fingerprint, gaps, load_reviews
from bot.yamlfile import read_yaml

# What may be filled into a text: days, lists of days, the clinic's own words. None takes what a patient has written (H-05).
GAPS = frozenset({"when", "whens", "options", "opens", "clinic", "phone", "answer", "minutes", "practitioner", "link", "papers"})
DETAILS = frozenset({"answer", "practitioner", "link"})  # told after the patient's choice alone, or the clinic's own words (H-04)
NO_SPACES = ("zh", "ja", "ko")  # scripts in which a word has no beginning that can be seen
SAFETY = frozenset({"safety.medical", "safety.self_harm", "failed", "received", "opted_out", "opted_in", "help", "wrong_number"})
GAP = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True)
class Lint:
    """The data that texts are compared with. words: language, all, or names → what may not be said; emergency: as in its file."""

    words: dict[str, tuple[str, ...]]
    emergency: dict[str, Any]


def load_lint(locales: Path) -> Lint:
    """Reads private.yaml and emergency.yaml. Raises DataError."""
    words = read_yaml(locales / "private.yaml")
    emergency = read_yaml(locales / "emergency.yaml")
    unknown = [key for key in emergency["texts"] if key not in TEXTS]
    if unknown:
        raise DataError(f"{locales / 'emergency.yaml'}: texts: {', '.join(unknown)}: no such text in bot/texts.py")
    return Lint(words={language: tuple(found) for language, found in words.items()}, emergency=emergency)


def findings(texts: Texts, lint: Lint, *, today: date) -> list[str]:
    """What is wrong with the texts of all languages, each with language and key."""
    found = [f"texts: {key}: {gap} is no gap that may be filled (H-05)" for key in TEXTS for gap in sorted(gaps(TEXTS[key]) - GAPS)]
    for language in texts.languages:
        if language not in lint.words:
            found.append(f"locales/private.yaml: {language} is missing: which words may no text say in it?")
        for key in TEXTS:
            sentence = GAP.sub(" ", texts.template(key, language))
            found += [f"locales/{language}: {key} {what}" for what in wrong(sentence, key, language, lint)]
    if today > date.fromisoformat(lint.emergency["check_again"]):
        found.append("locales/emergency.yaml: check_again has passed: see whether the numbers still hold, and set the days")
    return found


def overdue(rules: Path, *, today: date) -> list[str]:
    """The rules from outside that were to be read anew by a day that has passed (O-22); none where that book is not installed."""
    found = read_yaml(rules)["rules"] if rules.exists() else {}
    days = {rule: said["look_again"] for rule, said in found.items() if isinstance(said, dict) and "look_again" in said}
    return [
        f"{rules}: {rule}: look_again has passed: see what holds now, and set the day"
        for rule, day in days.items()
        if today > date.fromisoformat(day)
    ]


def wrong(sentence: str, key: str, language: str, lint: Lint) -> list[str]:
    """What is wrong with one sentence, its gaps taken out."""
    found = [f"says {word!r} (H-02)" for word in private_words(sentence, language, lint)]
    if re.search(r"https?:|www\.|\w\.\w{2,}/", sentence):
        found.append("has a link of its own (H-06)")
    named = set(re.findall(r"\d{3,}", sentence))
    known, needed = set(lint.emergency["numbers"]), set(lint.emergency["texts"].get(key, ()))
    found += [f"names the number {number}, which is not in locales/emergency.yaml (S-15)" for number in sorted(named - known)]
    found += [f"must name {number} (S-15)" for number in sorted(needed - named)]
    if "988" in named and language not in lint.emergency["text_988"]:
        texting = lint.emergency["words_for_texting"].get(language, [])
        found += [
            f"tells to text 988 ({word!r}), which answers calls alone in this language (S-02)" for word in _said(sentence, texting)
        ]
    return found


def private_words(sentence: str, language: str, lint: Lint) -> list[str]:
    """What the sentence says of that which no text may."""
    stems = (*lint.words.get("all", ()), *lint.words.get(language, ()))
    if language.startswith(NO_SPACES):
        return [stem for stem in stems if stem.casefold() in sentence.casefold()]
    return _said(sentence, stems)


def _said(sentence: str, stems: tuple[str, ...] | list[str]) -> list[str]:
    return [stem for stem in stems if re.search(rf"(?<!\w){re.escape(stem.casefold())}", sentence.casefold())]


def reveals(name: str, lint: Lint) -> list[str]:
    """Words in a clinic's name that tell what people are treated for (H-03)."""
    return _said(name, lint.words["names"])


def review(locales: Path, texts: Texts, language: str, keys: Iterable[str], *, by: str, today: date) -> None:
    """Writes down that a qualified person has read these sentences as they are. Raises DataError for an unknown language or text."""
    unknown = sorted(set(keys) - TEXTS.keys())
    if language not in texts.languages or unknown:
        raise DataError(f"{locales / 'reviews.yaml'}: there is no {language if language not in texts.languages else unknown}")
    reviews = {code: dict(read) for code, read in load_reviews(locales).items()}
    for key in keys:
        entry = {"by": by, "on": today.isoformat(), "hash": fingerprint(texts.template(key, language))}
        reviews.setdefault(language, {})[key] = entry
    head = "".join(line for line in (locales / "reviews.yaml").read_text().splitlines(keepends=True) if line.startswith("#"))
    (locales / "reviews.yaml").write_text(head + yaml.safe_dump(reviews, allow_unicode=True, sort_keys=True, width=120))


def unreviewed(texts: Texts, reviews: Reviews) -> dict[str, list[str]]:
    """language → keys whose present sentence no qualified person has read (L-03). English is the source."""
    found = {}
    for language in texts.languages:
        if language == SOURCE:
            continue
        read = reviews.get(language) or {}
        found[language] = [key for key in TEXTS if read.get(key, {}).get("hash") != fingerprint(texts.template(key, language))]
    return found
