"""From pieces to wishes: what belongs together, what is ruled out, and what remains."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

from bot.understand.times.grammar import Grammar
from bot.understand.times.piece import Piece, Window
from bot.understand.types import When, Wish


def wishes_of(pieces: list[Piece], grammar: Grammar) -> When | None:
    """The wishes that pieces leave."""
    if not pieces:
        return None
    groups = _groups(pieces)
    wanted = [group for group in groups if not group.no]
    refused = [group for group in groups if group.no]
    if not wanted and not refused:
        return None
    wishes = [Wish(days=_sorted(group.days), start=_start(group), end=_end(group)) for group in wanted] or [Wish()]
    for group in refused:
        wishes = [rest for wish in wishes for rest in _without(wish, group, grammar)]
    wishes = [wish for wish in dict.fromkeys(wishes) if wish.days is None or wish.days]
    return When(wishes=tuple(wishes), doubtful=_doubtful(pieces)) if wishes else None


def _doubtful(pieces: list[Piece]) -> bool:
    """ "not monday, tuesday": the second may be ruled out too, or be what is wanted."""
    return any(piece.no and piece.sep == "comma" and before.no for before, piece in pairwise(pieces))


def _groups(pieces: list[Piece]) -> list[Piece]:
    """Days and windows that belong together, joined; a list of days shares the window that follows it."""
    groups: list[Piece] = []
    for piece in pieces:
        last = groups[-1] if groups else None
        if last is not None and last.no == piece.no and piece.sep in ("", "also", "comma") and _joins(last, piece):
            groups[-1] = _join(last, piece)
        else:
            groups.append(piece)
    for index in range(1, len(groups)):  # "in the morning on tuesday or thursday"
        before, one = groups[index - 1], groups[index]
        if before.first and one.sep == "also" and one.window is None and one.days is not None and one.no == before.no:
            groups[index] = replace(one, window=before.window, first=True)
    for index in range(len(groups) - 2, -1, -1):
        one, after = groups[index], groups[index + 1]
        if one.window is None and after.window is not None and after.days is not None and after.sep == "also" and one.no == after.no:
            groups[index] = replace(one, window=after.window)
    return _share(groups)


def _joins(last: Piece, piece: Piece) -> bool:
    if last.days is None and last.window is None:
        return True  # "any day", then more
    if last.days is not None and last.window is None and piece.days is None:
        return True
    if last.window is not None and last.days is None and piece.window is None:
        return True
    if piece.sep == "" and last.days is not None and piece.days is not None and piece.window is None and last.window is None:
        return last.week or piece.week
    return piece.days is None and last.window is not None and piece.sep == "" and _overlaps(last.window, piece.window)


def _overlaps(one: Window, other: Window | None) -> bool:
    if other is None:
        return False
    return max(one[0] or 0, other[0] or 0) <= min(one[1] or 1440, other[1] or 1440)


def _join(last: Piece, piece: Piece) -> Piece:
    days = last.days if piece.days is None else piece.days if last.days is None else (_both(last, piece) or piece.days)
    window = last.window if piece.window is None else piece.window if last.window is None else _meet(last.window, piece.window)
    first = last.days is None and last.window is not None and piece.days is not None
    return replace(last, days=days, window=window, week=last.week and piece.week, first=last.first or first)


def _both(last: Piece, piece: Piece) -> frozenset[date]:
    """ "el viernes de la próxima semana": that weekday, in that stretch."""
    return (last.every or last.days or frozenset()) & (piece.every if last.week and piece.every else piece.days or frozenset())


def _meet(one: Window, other: Window) -> Window:
    """Both at once; a clock inside a part of the day is that clock."""
    lows = [edge for edge in (one[0], other[0]) if edge is not None]
    highs = [edge for edge in (one[1], other[1]) if edge is not None]
    low, high = (max(lows) if lows else None), (min(highs) if highs else None)
    return (low, high) if low is None or high is None or low <= high else other


def _share(groups: list[Piece]) -> list[Piece]:
    """A window that stands alone holds for the days that are wanted: "mornings, monday or friday"."""
    windows = [group for group in groups if group.days is None and group.window is not None and not group.no]
    bare = [group for group in groups if group.window is None and not group.no]
    if len(windows) != 1 or not bare:
        return groups
    window = windows[0].window
    return [replace(group, window=window) if group in bare else group for group in groups if group is not windows[0]]


def _without(wish: Wish, refused: Piece, grammar: Grammar) -> list[Wish]:
    """What a wish leaves when days, a window, or both are ruled out."""
    if refused.days is not None and refused.window is None:
        out = refused.every or refused.days
        return [replace(wish, days=tuple(day for day in (wish.days or grammar.days) if day not in out))]
    if refused.window is None:
        return [wish]
    low, high = refused.window
    rest = []
    if refused.days is not None:
        untouched = tuple(day for day in (wish.days or grammar.days) if day not in refused.days)
        rest.append(replace(wish, days=untouched))
        wish = replace(wish, days=tuple(day for day in (wish.days or grammar.days) if day in refused.days))
        if not wish.days:
            return rest
    if low is not None and low > 480 and (wish.start is None or wish.start < low):
        rest.append(replace(wish, end=low))
    if high is not None and high < 1200 and (wish.end is None or wish.end > high):
        rest.append(replace(wish, start=high))
    return rest


def _sorted(days: frozenset[date] | None) -> tuple[date, ...] | None:
    return None if days is None else tuple(sorted(days))


def _start(group: Piece) -> int | None:
    return group.window[0] if group.window else None


def _end(group: Piece) -> int | None:
    return group.window[1] if group.window else None
