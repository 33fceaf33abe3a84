"""What is said of single visits in one message: "1 yes 2 no", "my son yes, me no"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from bot.understand.choices import kinds_named, named, people_named
from bot.understand.clauses import turned
from bot.understand.judge import Judged
from bot.understand.lexicon import Lexicon, squeeze
from bot.understand.normalise import fold
from bot.understand.types import Answer, Option

SPLIT = re.compile(r"[,;.\n/&،、，。]+")
NUMBERED = re.compile(r"(?<![\d:])([1-9])(?:\ufe0f?\u20e3)?\s*[).:=-]?\s*(?=[^\d\s:])")
SHORT = 3  # words of an answer to a single number
SAYS = frozenset({"confirm", "cancel", "tentative", "reschedule"})
WORDS = {"yes": "confirm", "no": "cancel"}


def answers(
    text: str,
    visits: tuple[Option, ...],
    lexicons: Iterable[Lexicon],
    judge_part: Callable[[str], Judged],
    days: Callable[[str], tuple[int, ...]],
) -> tuple[Answer, ...]:
    """One answer a visit where each part of the text speaks of its own; () where it does not. days: what a part names by day."""
    known = list(lexicons)
    numbers = {option.number for option in visits}
    found: dict[int, str] = {}
    for number, part in (*_numbered(text), *_by_person(text, visits, known, days)):
        act = _act(part, known, judge_part)
        if act is None or number not in numbers or found.setdefault(number, act) != act:
            return ()
    return tuple(Answer(number=number, act=act) for number, act in sorted(found.items()))


def _numbered(text: str) -> list[tuple[int, str]]:
    pieces = NUMBERED.split(text)
    found = [(int(number), part) for number, part in zip(pieces[1::2], pieces[2::2], strict=True)]
    if len(found) == 1 and len(squeeze(found[0][1]).split()) > SHORT:
        return []  # "2 weeks ago I told you": a sentence that begins with a number
    return found


def _by_person(
    text: str, visits: tuple[Option, ...], lexicons: list[Lexicon], days: Callable[[str], tuple[int, ...]]
) -> list[tuple[int, str]]:
    if NUMBERED.search(text):
        return []
    found = [(_meant(part, visits, lexicons, days), part) for part in paired(text, lexicons) or _turns(text, lexicons)]
    if len({numbers for numbers, _ in found if numbers}) < 2 or any(len(numbers) > 1 for numbers, _ in found):
        return []
    return [(numbers[0], part) for numbers, part in found if numbers]


def paired(text: str, lexicons: list[Lexicon]) -> list[str]:
    """The parts of a text that is nothing but people, each with a yes or no behind: "me yes theo no"; [] of any other."""
    parts: list[list[str]] = [[]]
    for word in squeeze(text).split():
        parts[-1].append(word)
        if any(lexicon.keywords.get(word) in WORDS for lexicon in lexicons):
            parts.append([])
    *pairs, rest = parts
    return [" ".join(pair) for pair in pairs] if not rest and all(1 < len(pair) <= SHORT for pair in pairs) else []


def _turns(text: str, lexicons: list[Lexicon]) -> list[str]:
    """The parts of a text, each of which may speak of another person."""
    turns = {word for lexicon in lexicons for word in lexicon.turns}
    return [part for piece in SPLIT.split(text) for part in turned(piece, turns)]


def _meant(part: str, visits: tuple[Option, ...], lexicons: list[Lexicon], days: Callable[[str], tuple[int, ...]]) -> tuple[int, ...]:
    """The visits that a part names by person, else by their kind, else by their place ("the first one"), else by their day."""
    places = (named(fold(part), visits, lexicon) for lexicon in lexicons)
    told = people_named(part, visits, lexicons, among_others=True) or kinds_named(part, visits, lexicons)
    return told or tuple(number for number in places if number)[:1] or days(part)


def _act(part: str, lexicons: list[Lexicon], judge_part: Callable[[str], Judged]) -> str | None:
    groups = {lexicon.keywords.get(word) for word in squeeze(part).split() for lexicon in lexicons} & WORDS.keys()
    if len(groups) == 1 and (groups != {"no"} or _plain_no(part, lexicons)):
        return WORDS[groups.pop() or ""]
    judged = judge_part(part)
    said = (judged.acts | judged.doubtful if groups else judged.acts) & SAYS
    return next(iter(said)) if len(said) == 1 else None


def _plain_no(part: str, lexicons: list[Lexicon]) -> bool:
    """Whether a "no" stands last, but for words that tell of whom or change nothing: of "no sé" it denies that they know."""
    said = squeeze(part).split()
    last = max(at for at, word in enumerate(said) if any(lexicon.keywords.get(word) == "no" for lexicon in lexicons))
    phrases = {phrase for lexicon in lexicons for phrase in (*lexicon.picks, *lexicon.people, *lexicon.beside)}
    return {word for phrase in phrases for word in phrase.split()}.issuperset(said[last + 1 :])
