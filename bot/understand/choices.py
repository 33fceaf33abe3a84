"""Which of the offered times, or which visit and person, a message means."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from rapidfuzz import fuzz

from bot.understand.lexicon import Lexicon
from bot.understand.normalise import fold, words
from bot.understand.types import Option, When, Wish

NEAR = 88  # rapidfuzz ratio from which a first name counts as that name


def lone_number(text: str) -> int | None:
    """The number that the whole text is: any script's digits, keycap emoji, "#2", "2." """
    kept = "".join(c for c in text if c.isalnum())
    return int(kept) if kept and kept.isdecimal() and len(kept) <= 2 else None


def pick(text: str, options: tuple[Option, ...], lexicons: Iterable[Lexicon], when: When | None) -> int | None:
    """The number of the option that the text picks; None when it picks none, or when several are possible."""
    if not options:
        return None
    number = lone_number(text)
    if number is not None:
        return number if any(option.number == number for option in options) else None
    for lexicon in lexicons:
        found = _named(text, options, lexicon)
        if found is not None:
            return found
    if when is not None:
        fitting = [option for option in options if when.fits(option.start)] or [
            option for option in options if any(when.fits(option.start - timedelta(weeks=weeks)) for weeks in range(1, 5))
        ]  # "friday" is the Friday that was offered, be it this week's or a later one
        if not fitting:  # "the tuesday one": its "one" is no time
            days = When(tuple(Wish(days=wish.days) for wish in when.wishes if wish.days is not None))
            fitting = [option for option in options if days.fits(option.start)]
        if len(fitting) == 1:
            return fitting[0].number
    return None


def _named(text: str, options: tuple[Option, ...], lexicon: Lexicon) -> int | None:
    """By a bare number among words that change nothing, by an ordinal, or as the earliest or latest."""
    parts = words(fold(text))
    rest = [part for part in parts if part not in lexicon.beside]
    if len(rest) == 1 and rest[0].isdecimal():
        number = int(rest[0])
        return number if any(option.number == number for option in options) else None
    joined = f" {' '.join(parts)} "
    hits = {which for phrase, which in lexicon.picks.items() if len(phrase) > 3 and f" {phrase} " in joined}
    hits |= {which for phrase, which in lexicon.picks.items() if rest == [phrase]}
    by_time = sorted(options, key=lambda option: option.start)
    special = {"last": max(option.number for option in options), "earliest": by_time[0].number, "latest": by_time[-1].number}
    numbers = {special.get(which) or int(which) for which in hits}
    return numbers.pop() if len(numbers) == 1 else None


def people_named(text: str, options: tuple[Option, ...], lexicons: Iterable[Lexicon], *, among_others: bool = False) -> tuple[int, ...]:
    """Numbers of the visits whose person is named, by relation ("my son") or first name; all of them for "both".

    among_others: others are named too, so that a plain "I" means the owner of the phone and not whoever writes.
    """
    folded = f" {' '.join(words(fold(text)))} "
    relations = {relation for lexicon in lexicons for word, relation in lexicon.people.items() if f" {word} " in folded}
    if "self_among_others" in relations and (among_others or relations - {"self", "self_among_others"}):
        relations.add("self")
    if "all" in relations:
        return tuple(option.number for option in options)
    names = [word for word in folded.split() if len(word) > 2]
    return tuple(
        option.number
        for option in options
        if relations & set(option.who) or any(fuzz.ratio(name, fold(who)) >= NEAR for who in option.who for name in names)
    )
