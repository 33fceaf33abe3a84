"""`flask --app app check --language XX`: all that a translator must know of one language, and what in it contradicts itself."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.clinic import load_clinic
from bot.desk.explain import labels_of
from bot.editing import checks, overmatch
from bot.editing.coverage import State, below, keep, state_of
from bot.editing.lengths import too_long
from bot.editing.lint import findings, load_lint
from bot.editing.scaffold import LEAST, WORD_LISTS, meanings
from bot.errors import DataError
from bot.moments import in_cldr
from bot.settings import Settings
from bot.texts import SOURCE, Texts, load_reviews, load_texts
from bot.understand.measure import measure, read, verdicts
from bot.understand.phrases import Phrase, load_phrases
from bot.understand.reader import Reader
from bot.understand.times.vocabulary import SETTINGS
from bot.yamlfile import read_yaml

MOST = 5  # texts that are shown as the longest
GRAVE = {"wrong": "CHANGES WHAT IT MUST NOT", "missed": "DANGER NOT SEEN", "alarm": "FALSE ALARM"}


def run(root: Path, language: str, reader: Reader, settings: Settings) -> int:
    """Prints what a language has and lacks; gives 1 if anything in it contradicts itself or a rule, else 0.

    What is missing is no contradiction: it is sent in English, or not understood. Raises DataError for a language that has no files.
    """
    code, texts = language.partition("-")[0], load_texts(root / "locales")
    locales = [each for each in texts.languages if language in (each, each.partition("-")[0])]
    if code not in reader.tongues and not locales:
        raise DataError(f"{language}: there is no such language; `flask --app app scaffold {language}` begins it")
    errors = []
    if code in reader.tongues:
        errors += _understanding(root, code, reader, settings.cache_dir)
    clinic = load_clinic(settings.clinic_file).clinic.name
    for each in locales:
        errors += _writing(root, each, texts, clinic)
    print(f"\n{len(errors)} contradictions")
    for error in errors:
        print(error)
    return 1 if errors else 0


def _understanding(root: Path, code: str, reader: Reader, cache: Path) -> list[str]:
    """Prints what is understood; gives the contradictions."""
    intents = root / "intents"
    phrases = {each: load_phrases(intents / each / "phrases", root=root) for each in reader.tongues}
    tests = {each: load_phrases(intents / each / "tests.yaml", root=root) for each in reader.tongues}
    print(f"word lists that intents/{code} lacks")
    _list(missing_words(intents, code))
    print(f"\n{'what can be said':34}{'phrases':>8}{'English':>8}{'tests':>8}{'English':>8}")
    counted = [_counts(found) for found in (phrases[code], phrases[SOURCE], tests[code], tests[SOURCE])]
    for label in meanings(root):
        counts = [each[label] for each in counted]
        if any(counts):
            print(
                f"{label:34}" + "".join(f"{count:8}" for count in counts) + ("   none" if not counts[0] and counts[1] >= LEAST else "")
            )
    _sentences(reader, code, tests[code])
    keep(cache, intents, reader.version, {code: measure(reader, tests[code])})
    print("\nmatches that may be too wide")
    tongue, others = reader.tongues[code], [phrase for each in phrases if each != code for phrase in phrases[each]]
    _list(overmatch.alarms(tongue.floor, {code: [*phrases[code], *tests[code]], "other languages": others}))
    _list(overmatch.objections(tongue.guards, phrases[code]))
    return [*checks.shared_sentences(intents, code), *overmatch.keywords(tongue.lexicon, phrases[code])]


def missing_words(intents: Path, code: str) -> list[str]:
    """Sections of the word lists that English fills and the language does not."""
    found = []
    for name in WORD_LISTS:
        path = intents / code / f"{name}.yaml"
        own = (read_yaml(path) if path.exists() else {}) or {}
        english = read_yaml(intents / SOURCE / f"{name}.yaml")
        found += [f"intents/{code}/{name}.yaml: {key}" for key in english if key not in SETTINGS and _empty(own.get(key))]
    return found


def _empty(section: Any) -> bool:
    words = section.values() if isinstance(section, dict) else [section or ""]
    return not any(str(each).strip() for each in words)


def _counts(phrases: list[Phrase]) -> Counter[str]:
    """How many phrases have a label; those of a detail count for their act too."""
    counts: Counter[str] = Counter()
    for phrase in phrases:
        counts.update(phrase.labels | {label.partition(".")[0] for label in phrase.labels})
    return counts


def _sentences(reader: Reader, code: str, tests: list[Phrase]) -> None:
    """Prints the test sentences that are read wrongly, the gravest first, and the figures."""
    readings = [(sentence, read(reader, sentence)) for sentence in tests]
    wrong = [(verdicts(sentence, found), sentence, found) for sentence, found in readings if "exact" not in verdicts(sentence, found)]
    print(f"\ntest sentences that are read wrongly: {len(wrong)} of {len(tests)}")
    for found, sentence, reading in sorted(wrong, key=lambda each: not each[0] & GRAVE.keys()):
        grave = ", ".join(GRAVE[name] for name in sorted(found & GRAVE.keys()))
        asks = f", asks back: {' + '.join(sorted(reading.doubtful))}" if reading.doubtful else ""
        print(f"  {sentence.file}:{sentence.line}: {sentence.text}")
        read_as = " + ".join(labels_of(reading)) or "nothing"
        print(f"    means {' + '.join(sorted(sentence.labels))}, read as {read_as}{asks} {grave}".rstrip())
    told = [found.language for _, found in readings if found.language]
    own = sum(each.partition("-")[0] == code for each in told)
    print(f"language told by {len(told)} of {len(tests)} sentences, rightly by {own}")
    errors = below(code, measure(reader, tests)) if tests else [f"intents/{code}/tests.yaml has no sentences yet"]
    _list([f"limited (L-12): {error}" for error in errors])


def _writing(root: Path, language: str, texts: Texts, clinic: str) -> list[str]:
    """Prints how far the texts are; gives the contradictions."""
    state = state_of(texts, load_reviews(root / "locales"), language, clinic=clinic, figures=None)
    _texts(state)
    only = Texts(catalogs={language: texts.catalogs[language]}) if language != SOURCE else Texts()
    found = findings(only, load_lint(root / "locales"), today=datetime.now(UTC).date())
    gaps = [each for each in found if each.startswith(f"locales/private.yaml: {language} ")]
    if not in_cldr(language):
        gaps.append(f"{language}: CLDR has no names of days and months for it, so {{when}} is written in English; see bot/moments.py")
    _list(gaps)
    own = [each for each in [*found, *checks.carriers_words(only)] if each.startswith(f"locales/{language}:")]
    return [*own, *too_long(only, language, clinic)]


def _texts(state: State) -> None:
    total, written = len(state.texts), len(state.texts) - len(state.missing)
    read_by = "the source" if state.language == SOURCE else f"{written - len(state.unread)} read by a qualified translator (L-03)"
    print(f"\nlocales/{state.language}: {written} of {total} texts, {read_by}")
    _list([f"limited (L-03): {why}" for why in state.limits])
    _list([f"missing, or the English has changed: {text.key}: {text.english}" for text in state.missing])
    print("longest, with the clinic's name and the longest values")
    for text in sorted(state.texts, key=lambda text: (-text.segments, -len(text.written)))[:MOST]:
        print(f"  {text.segments} of {text.allowed} segments: {text.key}: {text.written or text.english}")


def _list(lines: list[str]) -> None:
    for line in lines:
        print(f"  {line}")
