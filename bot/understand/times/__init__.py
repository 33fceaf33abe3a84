"""Days and times as patients name them, as wishes that a slot fits or does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from bot.understand.times.combine import alternatives, inherited, subtract, turned, wanted
from bot.understand.times.data import HORIZON, Days, Signed
from bot.understand.times.lexer import read_items
from bot.understand.times.row import Row
from bot.understand.times.scan import scan
from bot.understand.times.scope import Scope
from bot.understand.times.vocabulary import Vocabulary, load_mixed, load_vocabulary
from bot.understand.types import When, Wish

__all__ = ["HORIZON", "Vocabulary", "as_answer", "load_mixed", "load_vocabulary", "read_best", "read_times"]

INTENTS = Path(__file__).resolve().parents[3] / "intents"
MINUTES = 24 * 60
LONGEST = 400  # words and signs: more than a text message holds; one word a thousand times would be read for seconds


def read_times(text: str, *, now: datetime, language: str = "", vocabulary: Vocabulary | None = None) -> When | None:
    """What a text wishes for, over the 35 days from `now` (local time) on; None when it names no time.

    language: code of the language whose words are in `intents/`; or a loaded vocabulary, which goes first.
    Never raises for any text; raises DataError when the language's times.yaml is broken or missing.
    """
    words = vocabulary or _vocabulary(language)
    return _read(Row(read_items(text, words)[:LONGEST], words, now.date()))


def read_best(text: str, vocabularies: Iterable[Vocabulary], *, now: datetime) -> When | None:
    """What a text wishes for in the language that knows most of its words; of two that know as many, in the first that finds any."""
    rows = [Row(read_items(text, words)[:LONGEST], words, now.date()) for words in vocabularies]
    read = [(sum(not item.senses for item in row.items), when is None, when) for row in rows for when in (_read(row),)]
    return min(read, key=itemgetter(0, 1), default=(0, True, None))[2]


def _read(row: Row) -> When | None:
    words = row.vocabulary
    atoms, doubtful = Scope(scan(row), words.negation_follows, words.limits_follow or words.lists_denied, asks=words.asks).read()
    if not atoms:
        return None
    atoms = turned(atoms)
    yes = [each for each in atoms if not each.no]
    no = [each for each in atoms if each.no]
    wishes = wanted(inherited(alternatives(yes), alternatives(no))) or [Wish()]
    # Where that leaves nothing ("el viernes no, el proximo si"), only the next one is ruled out.
    left = _remaining(wishes, [_whole(each) for each in no], row) or _remaining(wishes, no, row)
    if left == [Wish()] and no:
        return None  # all that was ruled out lies beyond what is looked at
    return When(wishes=tuple(left), doubtful=doubtful, weekly=_weekly(yes)) if left else None


def _weekly(wished: list[Signed]) -> bool:
    """Whether the days that are named are weekdays, and of no week: "thursday", not "next thursday" or "tomorrow"."""
    days = [each.atom for each in wished if isinstance(each.atom, Days)]
    return bool(days) and all(atom.kind == "weekday" and atom.days < atom.every for atom in days)


@cache
def _vocabulary(language: str) -> Vocabulary:
    return load_mixed(INTENTS, [language])[language]


def _remaining(wishes: list[Wish], refused: list[Signed], row: Row) -> list[Wish]:
    for each in alternatives(refused):
        wishes = subtract(wishes, each, row.days)
    return [wish for wish in _merged(wishes) if wish.days is None or wish.days]


def _whole(signed: Signed) -> Signed:
    """Ruled out, a weekday is ruled out in every week."""
    atom = signed.atom
    return replace(signed, atom=replace(atom, days=atom.every)) if isinstance(atom, Days) and atom.kind == "weekday" else signed


def _merged(wishes: list[Wish]) -> list[Wish]:
    """Wishes of the same window become one; edges outside the day are open."""
    found: dict[tuple[int | None, int | None], Wish] = {}
    for wish in wishes:
        start = max(wish.start, 0) if wish.start is not None else None
        end = min(wish.end, MINUTES - 1) if wish.end is not None else None
        other = found.get((start, end))
        days = wish.days
        if other is not None:
            days = None if other.days is None or days is None else tuple(sorted({*other.days, *days}))
        found[start, end] = Wish(days, start, end)
    return list(found.values())


def as_answer(when: When) -> dict[str, Any]:
    """The hull of the wishes as the scorer reads it: {"days": dates or None, "from": "HH:MM" or None, "to": ...}."""
    days = {day.isoformat() for wish in when.wishes for day in wish.days or ()}
    windows = [(wish.start, wish.end) for wish in when.wishes]
    start = min((low for low, _ in windows if low is not None), default=None)
    end = max((high for _, high in windows if high is not None), default=None)
    lost = not days and any(low is None for low, _ in windows) and any(high is None for _, high in windows)
    if lost and windows[0] != (None, None):  # "not afternoons": the hull of morning and evening tells nothing
        start, end, windows = windows[0][0], windows[0][1], windows[:1]
    return {
        "days": None if any(wish.days is None for wish in when.wishes) else sorted(days),
        "from": None if any(low is None for low, _ in windows) else _clock(start),
        "to": None if any(high is None for _, high in windows) else _clock(end),
    }


def _clock(minutes: int | None) -> str | None:
    return None if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"
