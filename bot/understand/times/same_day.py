"""The day of a visit itself, as "later the same day" names it: which day that is, only who knows the visit can tell."""

from __future__ import annotations

from bot.understand.times.tokens import split
from bot.understand.times.vocabulary import DENYING, Vocabulary


def same_day(text: str, words: Vocabulary) -> str:
    """ "later" or "earlier" on the day of the visit, "any" at another time of it, "" where the text does not speak of that day."""
    tokens = split(text, words.spelling)
    tokens = tuple(map(words.attached.bare, tokens)) if words.attached else tokens
    at = [place for said in words.same_day.get("any", ()) if (place := _place(tokens, said)) is not None]
    if not at or any(_denied(tokens, place, words) for place in at):
        return ""
    way = [name for name in ("later", "earlier") if any(_place(tokens, said) is not None for said in words.same_day.get(name, ()))]
    return way[0] if len(way) == 1 else "any"


def _place(tokens: tuple[str, ...], said: tuple[str, ...]) -> int | None:
    return next((at for at in range(len(tokens) - len(said) + 1) if tokens[at : at + len(said)] == said), None)


def _denied(tokens: tuple[str, ...], at: int, words: Vocabulary) -> bool:
    """ "not the same day": the words just before it, beside an article, deny it."""
    before = [senses for token in tokens[max(at - 2, 0) : at] if (senses := words.words.get((token,)))]
    return any(not DENYING.isdisjoint(senses) for senses in before)
