"""From signed days and windows to wishes: what belongs together, and what remains after all that is ruled out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.understand.times.data import DAY, Alternative, Days, Signed, Window, complement, meet
from bot.understand.types import Wish

HOUR = 60
ANY_TIME = Window(None, None)
NARROWED = "narrowed"  # the kind of weekdays of a stretch that was named


def alternatives(atoms: list[Signed]) -> list[Alternative]:
    """Days and windows joined as they were said: lists share the window behind them, each "or" may open another."""
    groups: list[list[Days]] = []
    windows: list[list[Window]] = []
    closed = False  # the last alternative has its window behind its days
    for at, signed in enumerate(atoms):
        atom = signed.atom
        following = atoms[at + 1] if at + 1 < len(atoms) else None
        if isinstance(atom, Days):
            if closed and not signed.sep and groups[-1] and _narrows(groups[-1][-1], atom) and groups[-1][-1].kind != atom.kind:
                groups[-1] = _with(groups[-1], atom, "")  # "friday at 3 this week"
                continue
            if _any_time(signed) and not signed.sep and groups and groups[-1] and not windows[-1]:
                windows[-1], closed = [ANY_TIME], True  # "wednesday any time, thursday after 2"
                continue
            window = following.atom if following is not None and not following.sep else None
            apart = isinstance(window, Window) and groups and not _all_meet(windows[-1], window)  # "mornings. friday afternoon too"
            if not groups or closed or (signed.sep == "break" and windows[-1] and (groups[-1] or apart)):
                groups.append([])
                windows.append([])
                closed = False
            elif groups[-1] and _opens(groups[-1], windows[-1], signed, following):
                groups.append([])
                windows.append([ANY_TIME] if _any_time(signed) else [])
            groups[-1] = _with(groups[-1], atom, signed.sep)
            continue
        opens = signed.sep == "or" and following is not None and following.sep == "" and isinstance(following.atom, Days)
        again = signed.sep == "break" and not (following is None and groups == [[]] and _all_meet(windows[-1], atom))
        if not groups or (opens and groups[-1]) or (again and windows[-1]):
            groups.append([])
            windows.append([])
        windows[-1] = _add(windows[-1], atom, signed.sep)
        closed = bool(groups[-1])
    return _shared([Alternative(_union(days), tuple(wins)) for days, wins in zip(groups, windows, strict=True)])


def _opens(days: list[Days], windows: list[Window], signed: Signed, following: Signed | None) -> bool:
    """Whether days begin another alternative: a new thought, or days with a window of their own behind them
    ("sáng thứ hai hoặc thứ ba sau 3h")."""
    if signed.sep == "break":
        return isinstance(signed.atom, Days) and not _narrows(days[-1], signed.atom)
    if signed.sep == "or" and windows and (_any_time(signed) or (following and not following.sep and _any_time(following))):
        return True  # "friday after 2 or any time saturday"
    if signed.sep != "or" or not windows or following is None or following.sep or not isinstance(following.atom, Window):
        return False
    start, end = following.atom.start or 0, following.atom.end or DAY
    return all((each.end or DAY) <= start or end <= (each.start or 0) for each in windows)


def _any_time(signed: Signed) -> bool:
    return isinstance(signed.atom, Days) and signed.atom.kind == "any"


def _with(listed: list[Days], new: Days, sep: str) -> list[Days]:
    """Days that join others: narrowed by them ("monday next week"), or one more of a list."""
    last = listed[-1] if listed else None
    if last is None or last.kind == "any":
        return [new]
    if new.kind == "any" or (not sep and not last.days and last.kind == "stretch"):
        return listed  # "friday of the second week of april", which lies beyond what is looked at
    if last.frame is not None and new.kind in ("weekday", "date") and new.every & last.frame:  # "next week tuesday or friday"
        days = new.every & last.frame
        return [*listed, Days(days, NARROWED, days, frame=last.frame)]
    if sep == "or" or not _narrows(last, new):
        return [*listed, new]
    if {last.kind, new.kind} == {"weekday", "date"}:
        if not any(each.kind == "date" and each.every for each in (last, new)):
            return [*listed[:-1], last if last.kind == "date" else new]
        return [both if (both := _narrow(each, new)).days else each for each in listed]  # "wed the 11th or thu the 12th"
    first = next((at for at in range(len(listed), 0, -1) if listed[at - 1].kind == NARROWED), 0)
    narrowed = [_narrow(each, new) for each in listed[first:]]
    return [*listed[:first], *narrowed] if any(each.days for each in narrowed) else [*listed, new]


def _narrows(one: Days, other: Days) -> bool:
    kinds = {one.kind, other.kind}
    if kinds == {"weekday", "date"}:
        weekday, dated = (one, other) if one.kind == "weekday" else (other, one)
        return bool(dated.every or dated.days & _same_weekday(weekday, dated.days))
    if kinds == {"stretch", "date"}:  # "next month, on the 3rd"
        return bool((one.every or one.days) & (other.every or other.days)) and bool(one.every or other.every)
    return "stretch" in kinds and (kinds == {"stretch"} or bool(kinds & {"weekday"}))


def _same_weekday(weekday: Days, days: frozenset[date]) -> frozenset[date]:
    numbers = {day.weekday() for day in weekday.every}
    return frozenset(day for day in days if day.weekday() in numbers)


def _narrow(one: Days, other: Days) -> Days:
    both = (one.every or one.days) & (other.every or other.days)
    if one.kind == other.kind:
        return Days(both, "stretch")
    return Days(both, NARROWED, both, frame=None if one.kind == "weekday" else one.every or one.days)


def _union(listed: list[Days]) -> frozenset[date] | None:
    if not listed or any(days.kind == "any" for days in listed):
        return None
    return frozenset().union(*(days.days for days in listed))


def _add(windows: list[Window], new: Window, sep: str) -> list[Window]:
    if not windows or sep == "or":
        return [*windows, new]
    both = [meet(each, new) for each in windows]
    kept = [each for each in both if each is not None]
    told = (new.start is None) is not (new.end is None) and None not in (windows[0].start, windows[0].end)  # "afternoon, after 6"
    told = told or (not sep and _narrow_clock(new) and not _narrow_clock(windows[0]))  # "in the afternoon around 6"
    return kept or ([new] if told else [*windows, new])


def _all_meet(windows: list[Window], new: Window) -> bool:
    """ "before 1. mornings": the second tells more of the first; "i get off at 4. around 4:30" are two clocks."""
    return all(meet(each, new) is not None and not (_narrow_clock(each) and _narrow_clock(new)) for each in windows)


def _narrow_clock(window: Window) -> bool:
    return window.start is not None and window.end is not None and window.end - window.start <= HOUR


def _shared(found: list[Alternative]) -> list[Alternative]:
    """A window that stands alone holds for all days that have none: "mornings. monday or friday"."""
    lone = [each for each in found if each.days is None and each.windows]
    bare = [each for each in found if not each.windows]
    if len(lone) != 1 or len(found) == 1 or any(ANY_TIME in each.windows for each in found):
        return found
    if bare:
        return [replace(each, windows=lone[0].windows) if each in bare else each for each in found if each not in lone]
    rest = [each for each in found if each not in lone]
    narrowed = [replace(each, windows=tuple(_each_meets(each.windows, lone[0].windows))) for each in rest]
    return narrowed if all(each.windows for each in narrowed) else found


def _each_meets(ones: tuple[Window, ...], others: tuple[Window, ...]) -> list[Window]:
    return [both for one in ones for other in others if (both := meet(one, other)) is not None]


def inherited(yes: list[Alternative], no: list[Alternative]) -> list[Alternative]:
    """ "monday morning no, afternoon yes": what is wanted holds for the days of what is ruled out."""
    told = [each for each in yes if each.days is not None or not each.windows]  # days, or "any day"
    if not yes or not no or told or any(each.days is None or not each.windows for each in no):
        return yes
    days = frozenset().union(*(each.days or () for each in no))
    return [replace(each, days=days) for each in yes]


def turned(atoms: list[Signed]) -> list[Signed]:
    """Windows that are ruled out alone turn into what they leave, so that they join the days beside them."""
    result: list[Signed] = []
    plain = [each.atom for each in atoms if not each.no and isinstance(each.atom, Window)]
    if plain and not any(isinstance(each.atom, Days) for each in atoms):
        yes = [each for each in atoms if not each.no]  # "mornings no, afternoons yes"
        rests = [rest[0] for each in atoms if each.no and isinstance(each.atom, Window) and len(rest := complement(each.atom)) == 1]
        return [*yes, *(Signed(rest) for rest in rests if _all_meet(plain, rest))]  # "by 1, before 10 is bad"
    for at, signed in enumerate(atoms):
        if not signed.no or _joined(atoms, at):
            result.append(signed)
        elif isinstance(signed.atom, Window) and len(left := complement(signed.atom)) == 1:
            both = at > 0 and atoms[at - 1].no and isinstance(atoms[at - 1].atom, Window)  # "not morning or evening"
            sep = "" if both or signed.sep == "break" else signed.sep
            result.append(replace(signed, atom=left[0], no=False, sep=sep))
        elif isinstance(signed.atom, Days) and signed.atom.flipped is not None:
            result.append(replace(signed, atom=Days(signed.atom.flipped, "stretch"), no=False))
        else:
            result.append(signed)
    return result


def _joined(atoms: list[Signed], at: int) -> bool:
    """Whether days and a window are ruled out together: "not monday mornings"."""
    mine = isinstance(atoms[at].atom, Window)
    pairs = [atoms[at - 1]] if at and not atoms[at].sep else []
    if at + 1 < len(atoms) and not atoms[at + 1].sep:
        pairs.append(atoms[at + 1])
    return any(each.no and isinstance(each.atom, Window) is not mine for each in pairs)


def subtract(wishes: list[Wish], refused: Alternative, days: tuple[date, ...]) -> list[Wish]:
    """What wishes leave when days, windows, or windows on certain days are ruled out."""
    if refused.days is not None and not refused.windows:
        return [replace(wish, days=tuple(day for day in _days(wish, days) if day not in (refused.days or ()))) for wish in wishes]
    rest: list[Wish] = []
    if refused.days is not None and any(window.start == window.end for window in refused.windows):
        refused = replace(refused, windows=())  # "i can't friday at 2": rather no Friday at all
        return subtract(wishes, refused, days)
    for wish in wishes:
        hit = wish
        if refused.days is not None:
            rest.append(replace(wish, days=tuple(day for day in _days(wish, days) if day not in refused.days)))
            hit = replace(wish, days=tuple(day for day in _days(wish, days) if day in refused.days))
        for window in refused.windows:
            for left in complement(window):
                both = meet(Window(hit.start, hit.end), left)
                rest += [replace(hit, start=both.start, end=both.end)] if both else []
    return rest


def _days(wish: Wish, days: tuple[date, ...]) -> tuple[date, ...]:
    return days if wish.days is None else wish.days


def wanted(found: list[Alternative]) -> list[Wish]:
    """A wish for each alternative and each of its windows."""
    wishes = []
    for each in found:
        days = None if each.days is None else tuple(sorted(each.days))
        wishes += [Wish(days, window.start, window.end) for window in each.windows] or [Wish(days)]
    return wishes
