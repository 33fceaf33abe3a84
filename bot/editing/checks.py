"""`flask --app app check`: what is wrong with the data that people edit, and what each text costs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.clinic import load_clinic
from bot.editing.coverage import below, keep
from bot.editing.lengths import too_long, worst_segments
from bot.editing.lint import SAFETY, findings, load_lint, overdue, unreviewed
from bot.settings import Settings
from bot.texts import TEXTS, Reviews, Texts, load_reviews, load_texts
from bot.understand.measure import measure
from bot.understand.phrases import load_phrases
from bot.understand.reader import Reader

OWNED = ("cancel", "end", "quit", "stop", "revoke", "yes", "start", "help", "info", "baja", "alto", "pare")  # O-04
ABOUT_TEXTS = {"help", "opted_out", "opted_in", "reminder", "reminder_many", "clinic_booked"}


def run(root: Path, reader: Reader, settings: Settings) -> int:
    """Prints what was found; gives 1 if any of it is an error, else 0."""
    clinic = load_clinic(settings.clinic_file)
    texts = load_texts(root / "locales")
    errors = [*readings(root / "intents", reader, settings.cache_dir), *shared_sentences(root / "intents"), *missing(texts)]
    print(f"{'text':24}" + "".join(f"{code:>6}" for code in texts.languages) + "   segments with the clinic's name")
    for key in TEXTS:
        counts = {code: worst_segments(texts, key, code, clinic.clinic.name) for code in texts.languages}
        print(f"{key:24}" + "".join(f"{count:6}" for count in counts.values()))
    errors += [error for code in texts.languages for error in too_long(texts, code, clinic.clinic.name)]
    errors += carriers_words(texts)
    today = datetime.now(UTC).date()
    errors += findings(texts, load_lint(root / "locales"), today=today)
    errors += overdue(root / "docs" / "rules.yaml", today=today)
    from bot.editing import staff_texts  # noqa: PLC0415 - only this needs the memory for pages

    errors += staff_texts.check(root)
    review_states(texts, load_reviews(root / "locales"))
    print(f"\n{len(reader.tongues)} languages, reader {reader.version}, {len(errors)} errors")
    for error in errors:
        print(error)
    return 1 if errors else 0


def review_states(texts: Texts, reviews: Reviews) -> None:
    """Prints how many texts of each language a qualified translator has read (L-03)."""
    print("\nread by a qualified translator (see locales/reviews.yaml)")
    for code, left in unreviewed(texts, reviews).items():
        safety = len(SAFETY.intersection(left))
        print(
            f"{code:10}{len(TEXTS) - len(left):4} of {len(TEXTS)} texts, {len(SAFETY) - safety} of {len(SAFETY)} on safety and consent"
        )


def readings(intents: Path, reader: Reader, cache: Path) -> list[str]:
    """Prints how the test sentences are read; errors where a language falls below what must hold."""
    found = []
    heads = ("exact %", "wrong change %", "danger missed %", "false alarm %", "asks back %")
    print(f"\n{'language':10}{'sentences':>10}" + "".join(f"{head:>17}" for head in heads))
    measured = {code: measure(reader, load_phrases(intents / code / "tests.yaml", root=intents.parent)) for code in reader.tongues}
    keep(cache, intents, reader.version, measured)
    for code, figures in measured.items():
        shares = (figures.exact, figures.wrong, figures.missed, figures.alarms, figures.asked)
        print(f"{code:10}{figures.sentences:10}" + "".join(f"{share:17.1f}" for share in shares))
        found += below(code, figures)
    return found


def shared_sentences(intents: Path, language: str = "*") -> list[str]:
    """Test sentences that were learned from: such a test proves nothing."""
    found = []
    for path in sorted(intents.glob(f"{language}/tests.yaml")):
        learned = {phrase.text.casefold() for phrase in load_phrases(path.parent / "phrases")}
        for sentence in load_phrases(path, root=intents.parent):
            if sentence.text.casefold() in learned and len(sentence.text.split()) > SHORT:
                found.append(f"{sentence.file}:{sentence.line}: {sentence.text!r} is also a phrase to learn from")
    return found


SHORT = 3  # "ok", "running late" and the like stand in both: there are only so many short answers


def missing(texts: Texts) -> list[str]:
    """Texts that a language lacks."""
    return [
        f"locales/{code}: {key} is not translated"
        for code, sentences in texts.catalogs.items()
        for key in TEXTS
        if key not in sentences
    ]


def carriers_words(texts: Texts) -> list[str]:
    """Texts that ask for a word which the carriers own (O-04)."""
    found = []
    for code in texts.languages:
        for key in TEXTS.keys() - ABOUT_TEXTS:
            words = texts.template(key, code).replace(",", " ").replace(".", " ").split()
            found += [
                f"locales/{code}: {key} asks for {word}, which the carriers own"
                for word in words
                if word.isupper() and word.casefold() in OWNED
            ]
    return found
