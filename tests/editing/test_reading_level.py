"""Patients read the English texts with six years of school, on average and each by itself."""

from __future__ import annotations

import re
from statistics import mean

import pytest
import textstat

from bot.texts import TEXTS

GRADE = 6.0
# Gaps and digits as somebody reads them aloud; a clinic's own answers are its own.
SAID = {
    "when": "Tuesday at nine",
    "whens": "Tuesday at nine",
    "options": "Tuesday at nine",
    "opens": "Tuesday at nine",
    "minutes": "ten",
    "clinic": "Lake Clinic",
    "phone": "our phone",
    "practitioner": "Jo Lake",
    "link": "this link",
    "answer": "",
    "papers": "your card",
}
# Texts above the grade, and why they stay.
HARDER = {
    "in_hand": "one short sentence: 'coordinator' has five syllables and is the word that every clinic's phone uses",
    "human": "as in_hand",
    "handoff_closed": "as in_hand, and 'emergency' must not be put in other words (S-12)",
    "update_info": "as in_hand",
    "clarify_visit": "four numbered answers count as one sentence; each has at most three words",
}


def grade(english: str) -> float:
    """Flesch-Kincaid: the years of school that reading takes."""
    said = re.sub(r"\d+", "one", english.format(**SAID))
    return float(textstat.flesch_kincaid_grade(said)) if said.strip() else 0.0


@pytest.mark.slow
def test_english_texts_are_read_with_six_years_of_school() -> None:
    """On average over all, and each text but the named ones."""
    grades = {key: grade(english) for key, english in TEXTS.items()}
    assert mean(grades.values()) <= GRADE
    assert {key for key, found in grades.items() if found > GRADE} == HARDER.keys()


def test_the_measure_tells_hard_sentences_from_easy_ones() -> None:
    """A text in the words of an insurer would fail."""
    assert grade("Notification of appointment cancellation necessitates communication with administrative personnel.") > 12
    assert grade("We can not see you on {when}. Text us a day.") < GRADE
