"""Days and times as patients write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import ROOT
from bot.understand.times import as_answer, load_vocabulary, read_times
from bot.understand.types import When, Wish
from bot.yamlfile import read_yaml

NOW = datetime(2026, 3, 4, 9)
HORIZON = [NOW.date() + timedelta(days=n) for n in range(35)]
VOCABULARIES = {code: load_vocabulary(ROOT / "intents", code) for code in ("en", "es")}
WEEKDAYS = {
    "en": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    "es": ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
}
BUT = {
    "en": ["any day but {}", "anything except {}", "not {}", "i cant do {}", "{} is no good", "{} doesn't work for me", "no {}s"],
    "es": ["cualquier día menos {}", "excepto {}", "no puedo el {}", "el {} no puedo", "que no sea {}", "menos el {}", "ningún {}"],
}


def told(when: When | None) -> str:
    """A reading in one line: "Mon09,Tue10 15:00- | any 6:00-12:00"."""
    wishes = when.wishes if when else ()
    return " | ".join(f"{_days(wish)} {_clock(wish.start)}-{_clock(wish.end)}".removesuffix(" -") for wish in wishes) or "none"


def _days(wish: Wish) -> str:
    if wish.days is None:
        return "any"
    if len(wish.days) > 12:
        return "all but " + ",".join(f"{day:%a%d}" for day in HORIZON if day not in wish.days)
    return ",".join(f"{day:%a%d}" for day in wish.days)


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60}:{minutes % 60:02}"


def cases() -> list[Any]:
    """Every line of the data files."""
    found = []
    for code in VOCABULARIES:
        for line in read_yaml(Path(__file__).parent / f"{code}.yaml"):
            found.append(pytest.param(code, line["text"], line["means"], id=f"{code} {line['text']}"))
    return found


@pytest.mark.parametrize(("code", "text", "means"), cases())
def test_a_time_is_read_as_it_is_meant(code: str, text: str, means: str) -> None:
    """The days and the window that a coordinator would have understood."""
    assert told(read_times(text, vocabulary=VOCABULARIES[code], now=NOW)) == means


@pytest.mark.parametrize("code", VOCABULARIES)
def test_a_day_that_is_ruled_out_is_never_offered(code: str) -> None:
    """Whatever the wording, "any day but Friday" has no Friday in it."""
    for pattern in BUT[code]:
        for number, name in enumerate(WEEKDAYS[code]):
            when = read_times(pattern.format(name), vocabulary=VOCABULARIES[code], now=NOW)
            assert when is not None, pattern.format(name)
            days = {day.weekday() for wish in when.wishes for day in wish.days or HORIZON}
            assert days == set(range(7)) - {number}, pattern.format(name)


def test_a_list_after_a_negation_is_a_doubt() -> None:
    """ "not monday, tuesday" may mean either, so it is asked."""
    when = read_times("not monday, tuesday", vocabulary=VOCABULARIES["en"], now=NOW)
    assert when is not None
    assert when.doubtful


@given(st.text(max_size=120), st.sampled_from(sorted(VOCABULARIES)))
def test_no_text_breaks_the_reading(text: str, code: str) -> None:
    """Anything is read without an error, and only days of the horizon come out."""
    when = read_times(text, vocabulary=VOCABULARIES[code], now=NOW)
    for wish in when.wishes if when else ():
        assert set(wish.days or ()) <= set(HORIZON)
    assert when is None or set(as_answer(when)) == {"days", "from", "to"}


@given(st.lists(st.sampled_from(sorted(" ".join(key) for key in VOCABULARIES["en"].words)), max_size=8))
def test_no_row_of_time_words_breaks_the_reading(words: list[str]) -> None:
    """Any sequence of the vocabulary's own words is read without an error."""
    read_times(" ".join(words), vocabulary=VOCABULARIES["en"], now=NOW)


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 12, 30), date(2028, 2, 28)])
def test_weeks_and_months_turn_over(day: date) -> None:
    """Tomorrow is tomorrow at the end of a month, of a year, and in the night the clocks change."""
    now = datetime(day.year, day.month, day.day, 9)
    when = read_times("tomorrow", vocabulary=VOCABULARIES["en"], now=now)
    assert when == When((Wish(days=(day + timedelta(days=1),)),))

