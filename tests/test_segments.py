"""The segment counter against another project's (E-01, E-02, E-03)."""

from __future__ import annotations

import pytest
import smsutil
from hypothesis import example, given
from hypothesis import strategies as st

from bot.segments import GSM, TWO, segments
from tests.quick import examples

LETTERS = st.one_of(
    st.sampled_from(sorted(GSM | TWO)),  # one or two septets
    st.sampled_from("áíóúçâêœÀãõ’“”–—…•\u00a0\u202f`´"),  # one of these turns the whole text into UCS-2
    st.sampled_from("😀👩🏽‍⚕️🇺🇸𝔸"),  # two UTF-16 units, some joined
    st.characters(exclude_categories=["Cs"], exclude_characters="\x1b"),  # the other counter takes a bare escape for a letter
)
# Long texts of few letters reach the boundaries that texts of many letters miss.
CORPUS = st.one_of(
    st.text(LETTERS, max_size=400),
    st.text(st.sampled_from("ab€"), min_size=140, max_size=500),
    st.text(st.sampled_from("aá😀"), min_size=60, max_size=250),
    st.builds(lambda letter, count, end: letter * count + end, LETTERS, st.integers(0, 500), st.text(LETTERS, max_size=3)),
)


@examples(600)
@given(CORPUS)
@example("a" * 160 + "€")
@example("a" * 152 + "€" + "a" * 152)
@example("á" * 66 + "😀" + "á" * 66)
def test_it_counts_as_another_counter_does(text: str) -> None:
    """E-01: equal to smsutil on any text."""
    assert segments(text) == len(smsutil.split(text).parts) if text else segments(text) == 0


@pytest.mark.parametrize("parts", range(2, 8))
@pytest.mark.parametrize(("letter", "one", "each"), [("a", 160, 153), ("á", 70, 67), ("à", 160, 153), ("日", 70, 67)])
def test_boundaries_are_exact(letter: str, one: int, each: int, parts: int) -> None:
    """E-01: 160/161 and 153·n septets, 70/71 and 67·n units."""
    assert [segments(letter * count) for count in (1, one, one + 1)] == [1, 1, 2]
    assert [segments(letter * count) for count in (each * parts, each * parts + 1)] == [parts, parts + 1]


@pytest.mark.parametrize("letter", sorted(TWO))
def test_what_takes_two_septets_is_never_split(letter: str) -> None:
    """E-02: it costs two, and moves on to the next segment as a whole."""
    assert [segments(letter * count) for count in (80, 81)] == [1, 2]
    assert segments("a" * 152 + letter + "a" * 151) == 2
    assert segments("a" * 152 + letter + "a" * 152) == 3  # 153 + 153 septets were enough if it could be split


def test_an_emoji_is_never_split() -> None:
    """E-02: a surrogate pair costs two units and moves on as a whole."""
    assert [segments("😀" * count) for count in (35, 36)] == [1, 2]
    assert segments("á" * 66 + "😀" + "á" * 65) == 2
    assert segments("á" * 66 + "😀" + "á" * 66) == 3


def test_one_letter_outside_the_alphabet_makes_a_text_dear() -> None:
    """E-03: which letters are cheap is told apart one by one."""
    for letter in "àèéùìòäöüñÑÇÉÅåÆæØøß¿¡£§":
        assert segments("a" * 159 + letter) == 1, letter
    for letter in "áíóúÁÍÓÚçâêîôûëïœÀãõąęłżớ’“”–—…•«»`´°ºª\u00a0\u202f":
        assert segments("a" * 70 + letter) == 2, letter


def test_nothing_costs_nothing() -> None:
    """An empty text is no segment."""
    assert segments("") == 0
