"""Which of the offered times, or which visit and person, a message means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rapidfuzz import fuzz

from bot.understand.clauses import BETWEEN
from bot.understand.lexicon import Lexicon
from bot.understand.normalise import fold, words
from bot.understand.types import Option, When, Wish

UNSPACED = re.compile(r"(?<=[\u3040-\u9fff]) (?=[\u3040-\u9fff])")  # Chinese and Japanese signs, each a word
SIGNS = re.compile(r"[\u3040-\u9fff]")
LONGEST = 30  # words of a text in which days and hours are looked for one by one
NEAR = 88  # rapidfuzz ratio from which a first name counts as that name


def lone_number(text: str) -> int | None:
    """The number that the whole text is: any script's digits, keycap emoji, "#2", "2." """
    kept = "".join(c for c in text if c.isalnum())
    return int(kept) if kept and kept.isdecimal() and len(kept) <= 2 else None


def number_told(text: str, lexicons: Sequence[Lexicon]) -> int | None:
    """The number that the text is but for words that change nothing ("option 2 please"); none beside a "no", which may answer, too."""
    number = lone_number(text)
    refuses = any(lexicon.keywords.get(word) == "no" for word in words(fold(text)) for lexicon in lexicons)
    return _bare(fold(text), lexicons) if number is None and not refuses else number


@dataclass(frozen=True)
class Pick:
    """number: of the option. said: the part of the text that tells it, where the rest has been read as ruling others out."""

    number: int
    said: str | None = None


def pick(
    text: str, options: tuple[Option, ...], lexicons: Sequence[Lexicon], when: When | None, *, read: Callable[[str], When | None]
) -> Pick | None:
    """The option that the text picks; None when it picks none, or when several are possible.

    when: the days and times of the text; read: tells those of a part of it.
    """
    if not options:
        return None
    number = lone_number(text)
    if number is not None:
        return Pick(number) if _offered(number, options) else None
    folded = fold(text)
    for lexicon in lexicons:
        left = _left_over(folded, options, lexicon, read)
        if left is not None:
            return Pick(left, said="")
    fits = fitting(when, options)
    bare = _bare(folded, lexicons)
    if bare is not None:
        return _by_figure(bare, options, fits)
    for lexicon in lexicons:
        found = named(folded, options, lexicon)
        if found is not None:
            beside = None if fits else read(_without(folded, lexicon.picks))
            elsewhere = beside is not None and any(wish.days for wish in beside.wishes)  # "the 2nd one but on thursday"
            if elsewhere:
                return None
            return Pick(found, said=_clause(folded, found, options, lexicon) if found in fits and _rules_out(when) else None)
    if fits:
        return Pick(fits[0]) if len(fits) == 1 else None
    digits = [int(word) for word in words(folded) if word.isdecimal()]  # "no 3 then, what does it cost"
    timed = when is not None and any(wish.start is not None or wish.end is not None for wish in when.wishes)
    return Pick(digits[0]) if len(digits) == 1 and not timed and _offered(digits[0], options) else None


def _bare(folded: str, lexicons: Sequence[Lexicon]) -> int | None:
    """The number that stands among words that change nothing ("option 2 please")."""
    for lexicon in lexicons:
        rest = [word for word in words(folded) if word not in lexicon.beside]
        if len(rest) == 1 and rest[0].isdecimal():
            return int(rest[0])
    return None


def _by_figure(figure: int, options: tuple[Option, ...], fits: list[int]) -> Pick | None:
    """The option of that number, else the only one of that hour or day ("the 9 one"); None where the words name the hour of another.

    fits: the options that the words can mean as a time.
    """
    if _offered(figure, options):
        return Pick(figure) if not fits or figure in fits else None
    at = fits or [option.number for option in options if figure in (option.start.hour, option.start.hour - 12, option.start.day)]
    return Pick(at[0]) if len(at) == 1 else None


def _offered(number: int, options: tuple[Option, ...]) -> bool:
    return any(option.number == number for option in options)


def _rules_out(when: When | None) -> bool:
    return when is not None and any(wish.rules_out for wish in when.wishes)


def fitting(when: When | None, options: tuple[Option, ...]) -> list[int]:
    """Numbers of the options that a text can mean: "friday" is the Friday that was offered, be it this week's or a later one."""
    if when is None:
        return []
    days = When(tuple(Wish(days=wish.days) for wish in when.wishes if wish.days is not None))  # "the tuesday one": its "one" is no time
    for wished, weeks in ((when, range(1)), (when, range(1, 5)), (days, range(1))):
        fits = [option.number for option in options if any(wished.fits(option.start - timedelta(weeks=week)) for week in weeks)]
        if fits:
            return fits
    return []


def _left_over(folded: str, options: tuple[Option, ...], lexicon: Lexicon, read: Callable[[str], When | None]) -> int | None:
    """The option that is left ("not the 2 pm, not friday, so the other"): what stands behind that word, or what is not spoken of."""
    joined = f" {' '.join(words(folded))} "
    phrase = next((word for word in lexicon.left if f" {word} " in joined), None)
    if phrase is None:
        return None
    after = re.split(r"\W*".join(map(re.escape, phrase.split())), folded, maxsplit=1)[-1]
    behind = {number for number in (named(after, options, lexicon), *fitting(read(after), options)) if number}
    if len(behind) == 1:
        return behind.pop()
    spoken: set[int] = set()
    for part in snippets(words(folded)):
        told = read(part)
        spoken |= set(fitting(told, options)) if told is not None and all(_exact(wish) for wish in told.wishes) else set()
        spoken |= {number for number in (named(part, options, lexicon),) if number and len(part) > 3}
    left = {option.number for option in options} - spoken
    return left.pop() if len(left) == 1 else None


def snippets(parts: list[str]) -> Iterator[str]:
    """The words of a text one by one, and in twos and threes."""
    parts = parts[:LONGEST]
    for size in (1, 2, 3):
        for start in range(len(parts) - size + 1):
            yield UNSPACED.sub("", " ".join(parts[start : start + size]))


def spoken_of(folded: str, visits: tuple[Option, ...], read: Callable[[str], When | None]) -> tuple[int, ...]:
    """The one visit whose day a text speaks of beside the days that it wishes for: "move the one on the 12th to friday"."""
    parts = [part for word in folded.split() for part in (words(word) if SIGNS.search(word) else [word])]  # "12th" stays one
    told = [when for part in snippets(parts) if (when := read(part)) is not None and when.exact and not when.doubtful]
    found = [visit.number for visit in visits if any(when.names(visit.start) for when in told)]
    return tuple(found) if len(found) == 1 else ()


def _clause(folded: str, number: int, options: tuple[Option, ...], lexicon: Lexicon) -> str:
    """The clause that names the option: "the last one" of "not tuesday, the last one"."""
    return next((each for each in BETWEEN.split(folded) if named(each, options, lexicon) == number), folded)


def _without(folded: str, phrases: Iterable[str]) -> str:
    text = f" {' '.join(words(folded))} "
    for phrase in sorted(phrases, key=len, reverse=True):
        text = text.replace(f" {phrase} ", " ")
    return text


def _exact(wish: Wish) -> bool:
    """Whether it names a day or a minute."""
    return (wish.days is not None and not wish.rules_out) or (wish.start is not None and wish.start == wish.end)


def placed(text: str, options: tuple[Option, ...], lexicons: Iterable[Lexicon]) -> int | None:
    """The option that a text names by its place, and says nothing else: "the first one"."""
    parts = words(fold(text))
    for lexicon in lexicons:
        rest = [part for part in parts if part not in lexicon.beside]
        if rest and any(rest == [part for part in phrase.split() if part not in lexicon.beside] for phrase in lexicon.picks):
            return named(" ".join(parts), options, lexicon)
    return None


def named(folded: str, options: tuple[Option, ...], lexicon: Lexicon) -> int | None:
    """By an ordinal, or as the earliest or latest; "the second" of one is none."""
    parts = words(folded)
    rest = [part for part in parts if part not in lexicon.beside]
    joined = f" {' '.join(parts)} "
    hits = {which for phrase, which in lexicon.picks.items() if len(phrase) > 3 and f" {phrase} " in joined}
    hits |= {which for phrase, which in lexicon.picks.items() if rest == [phrase]}
    by_time = sorted(options, key=lambda option: option.start)
    special = {"last": max(option.number for option in options), "earliest": by_time[0].number, "latest": by_time[-1].number}
    numbers = {special.get(which) or int(which) for which in hits}
    number = numbers.pop() if len(numbers) == 1 else 0
    return number if _offered(number, options) else None


def people_named(text: str, options: tuple[Option, ...], lexicons: Iterable[Lexicon], *, among_others: bool = False) -> tuple[int, ...]:
    """Numbers of the visits whose person is named, by relation ("my son") or first name; all of them for "both".

    among_others: others are named too, so that a plain "I" means the owner of the phone and not whoever writes.
    """
    lexicons = list(lexicons)
    folded, _ = uncompared(text, lexicons)
    for owned in filter(None, (lexicon.owned for lexicon in lexicons)):
        folded = owned.sub(r"\1", folded)
    relations = {relation for lexicon in lexicons for word, relation in lexicon.people.items() if f" {word} " in folded}
    if "self_among_others" in relations and (among_others or relations - {"self", "self_among_others"}):
        relations.add("self")
    if "all" in relations:
        return tuple(option.number for option in options)
    names = _names(folded)
    if len({option.who for option in options}) < 2:
        return ()  # they are all of one person, whose name tells none of them
    return tuple(option.number for option in options if _is_named(option.who, relations, names))


def uncompared(text: str, lexicons: Iterable[Lexicon]) -> tuple[str, bool]:
    """The folded text without words that only compare with one's own visit ("the same time as mine"), and whether there are any."""
    folded = f" {' '.join(words(fold(text)))} "
    found = [word for lexicon in lexicons for word in lexicon.compared if f" {word} " in folded]
    for word in found:
        folded = folded.replace(f" {word} ", " ")
    return folded, bool(found)


def kinds_named(text: str, visits: tuple[Option, ...], lexicons: Iterable[Lexicon]) -> tuple[int, ...]:
    """Numbers of the visits whose kind is named ("the blood test"); none where that tells none of them from the others."""
    folded = f" {' '.join(words(fold(text)))} "
    kinds = {kind for lexicon in lexicons for word, kind in lexicon.kinds.items() if f" {word} " in folded}
    found = tuple(visit.number for visit in visits if visit.service in kinds)
    return found if len(found) < len(visits) else ()


def visits_named(
    text: str, visits: tuple[Option, ...], lexicons: Sequence[Lexicon], by_day: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of the visits that a text names by their place, person or kind, and by their day. by_day: the latter, as far as told.

    "Las dos" is the second to look at, and means both; where one of them is at two, nobody knows.
    """
    kind = kinds_named(text, visits, lexicons)
    named = tuple(number for number in people_named(text, visits, lexicons) if number in kind or not kind) or kind
    place = placed(text, visits, lexicons) if lone_number(text) is None else None
    if place is None:
        return named, by_day
    if len(named) < len(visits):
        return (place,), by_day
    return ((), ()) if by_day else (named, ())


def names_another(text: str, visits: Iterable[Option], others: Iterable[tuple[str, ...]], lexicons: Iterable[Lexicon]) -> bool:
    """Whether a text names one of the others of a phone, who have no visit, and nobody whose visit is open."""
    folded = f" {' '.join(words(fold(text)))} "
    relations = {relation for lexicon in lexicons for word, relation in lexicon.people.items() if f" {word} " in folded}
    names = _names(folded)
    named = any(_is_named(who, relations, names) for who in others)
    return named and "all" not in relations and not any(_is_named(visit.who, relations, names) for visit in visits)


def _names(folded: str) -> list[str]:
    """Words that may be a first name: "sam" of "Sam's" too."""
    return [part for word in folded.split() for part in {word, word.split("'")[0]} if len(part) > 2]


def _is_named(who: tuple[str, ...], relations: set[str], names: list[str]) -> bool:
    return bool(relations & set(who)) or any(fuzz.ratio(name, fold(each)) >= NEAR for each in who for name in names)
