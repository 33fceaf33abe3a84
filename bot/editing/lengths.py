"""How long each text may become: a worst case for every gap, and the segments that are allowed (E-09)."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.rendering import Value
from bot.segments import segments
from bot.texts import TEXTS, Texts, gaps

# A worst case for every gap: long names, a long weekday and month.
WORST = datetime(2026, 9, 23, 12, 30, tzinfo=UTC)
SAMPLE: dict[str, Value] = {
    "when": WORST,
    "opens": WORST,
    "whens": (WORST, WORST),
    "options": (WORST, WORST, WORST),
    "clinic": "",
    "phone": "(716) 555-0100",
    "answer": "",
    "minutes": 90,
    "practitioner": "Dr. Montgomery-Featherstone",
    "papers": "your insurance card, the letter from your doctor",
    "link": "https://video.example.org/r/8f3k2",
}
# How many segments a text may take by itself; offers and lists may take more.
ROUTINE, LISTS, FIRST = 2, 4, 3
LONG = {
    "offer",
    "offer_other",
    "which_slot",
    "which_visit",
    "mixed_visits",
    "visits_when",
    "status",
    "confirmed_many",
    "clarify_visit",
    "reminder_many",
    "missed",
    "docs_missing",
}
LONGER = ("reminder", "clinic_", "help", "moved_since", "safety", "ask_details", "waitlist_offer")


def allowed(key: str) -> int:
    """How many segments a text may take."""
    if key in LONG:
        return LISTS
    return FIRST if key.startswith(LONGER) else ROUTINE


def worst(texts: Texts, key: str, language: str, clinic: str) -> str:
    """A text in its longest rendering, as it is sent."""
    return _messages(texts, key, language, clinic)[0]


def _messages(texts: Texts, key: str, language: str, clinic: str) -> list[str]:
    sample = {**SAMPLE, "clinic": clinic}
    return texts.answer(clinic, [(key, [(name, sample[name]) for name in gaps(TEXTS[key])])], language)


def worst_segments(texts: Texts, key: str, language: str, clinic: str) -> int:
    """Segments of a text in its longest rendering, with those of the English that goes with an unreviewed safety text."""
    return sum(segments(message) for message in _messages(texts, key, language, clinic))


def too_long(texts: Texts, language: str, clinic: str) -> list[str]:
    """Texts of a language that take more segments than they may, each message by itself."""
    counts = {key: max(map(segments, _messages(texts, key, language, clinic))) for key in TEXTS}
    return [
        f"texts: {key} takes {count} segments in {language}, {allowed(key)} are allowed"
        for key, count in counts.items()
        if count > allowed(key)
    ]
