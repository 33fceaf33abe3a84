"""Times that only who knows the visit can tell: on its day, as "later the same day" names it, or on a day before, as "sooner" does."""

from __future__ import annotations

from bot.understand.times.tokens import split
from bot.understand.times.vocabulary import DENYING, Vocabulary


def same_day(text: str, words: Vocabulary) -> str:
    """ "later" or "earlier" on the day of the visit, "any" at another time of it, "sooner": on a day before; else ""."""
    tokens = split(text, words.spelling)
    tokens = tuple(map(words.attached.bare, tokens)) if words.attached else tokens
    at = _places(tokens, words, "any")
    if not at or any(_denied(tokens, place, words) for place in at):
        return "sooner" if _places(tokens, words, "sooner") else ""  # "isn't there anything sooner" wishes for it as well
    way = [name for name in ("later", "earlier") if _places(tokens, words, name)]
    return way[0] if len(way) == 1 else "any"


def _places(tokens: tuple[str, ...], words: Vocabulary, name: str) -> list[int]:
    """Where words of that name stand."""
    return [place for said in words.same_day.get(name, ()) if (place := _place(tokens, said)) is not None]


def _place(tokens: tuple[str, ...], said: tuple[str, ...]) -> int | None:
    return next((at for at in range(len(tokens) - len(said) + 1) if tokens[at : at + len(said)] == said), None)


def _denied(tokens: tuple[str, ...], at: int, words: Vocabulary) -> bool:
    """ "not the same day": the words just before it, beside an article, deny it."""
    before = [senses for token in tokens[max(at - 2, 0) : at] if (senses := words.words.get((token,)))]
    return any(not DENYING.isdisjoint(senses) for senses in before)
