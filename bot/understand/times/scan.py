"""From a row of items to pieces in their order, each with whether it is wanted or ruled out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.understand.times.grammar import Grammar
from bot.understand.times.piece import Piece, Window

WORDS = {"but": "_but", "same": "_same", "so": "_so", "correct": "_correct"}
BREAKS = {",", ";", ".", "!", "?", "/", "+"}
CLAUSES = {"because", "cuz", "cause", "porque", "pero", "then"}  # where a negation ends


def pieces_of(grammar: Grammar) -> list[Piece]:
    """The pieces of a row of items, in their order, each with whether it is ruled out."""
    scan = _Scan(grammar)
    while scan.at < len(grammar.items):
        scan.step()
    return scan.found if any(not piece.no for piece in scan.found) else [*scan.reasons, *scan.found]


class _Scan:
    """One pass over the items. no: a negation holds for what comes; sep: what stood since the last piece."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.found: list[Piece] = []
        self.reasons: list[Piece] = []
        self.at, self.no, self.sep, self.scope = 0, False, "", ""
        self.fix = self.busy = self.own = False

    def step(self) -> None:
        """Takes the piece at the position, or the word that says how pieces stand to each other."""
        piece = (
            self._corrected()
            or _listed(self.grammar, self.at, self.found, self.sep)
            or _piece(self.grammar, self.at, self.no, busy=self.busy)
        )
        if piece is not None:
            self._take(*piece)
            return
        if self._after_that():
            return
        kind, value = self.grammar.kind(self.at), self.grammar.value(self.at)
        if kind in ("neg", "neg_near", "except", "busy", "bad"):
            self._against(kind)
        elif kind == "good":
            self._for()
        elif kind in WORDS:
            getattr(self, WORDS[kind])()
        elif kind == "also":
            self.sep = self.sep or "also"
        elif kind == "sign" and value in BREAKS:
            self.sep = "also" if value in ("/", "+") else "comma"
            self.no = self.no and value not in (".", ";", "!", "?")
        elif kind == "word" and value in CLAUSES:
            self.no, self.sep = self.no and self.scope != "neg", self.sep or "break"
        self.at += 1

    def _corrected(self) -> tuple[Piece, int, bool] | None:
        """The 3 of "friday at 2, sorry I meant 3"."""
        if self.fix and self.grammar.kind(self.at) == "number" and any(piece.window for piece in self.found):
            clock = self.grammar.clock_at(self.at, bare=True)
            return (Piece(window=(clock[0], clock[0])), clock[1], False) if clock else None
        return None

    def _after_that(self) -> bool:
        """ "back on the 17th, anytime after that": the last piece, opened."""
        grammar = self.grammar
        pieces = self.found or self.reasons
        if not pieces or grammar.kind(self.at) != "open" or grammar.kind(self.at + 1) != "that":
            return False
        way, last = str(grammar.value(self.at)), pieces.pop()
        if last.days:
            self.found.append(replace(last, days=_opened(grammar, last.days, way), every=None, dated=False, no=False))
        elif last.window and last.window[0] is not None:
            self.found.append(replace(last, window=(last.window[0], None) if way != "until" else (None, last.window[0])))
        self.at += 2
        return True

    def _but(self) -> None:
        """ "any day but friday" rules out; elsewhere "but" only begins something new."""
        last = self.found[-1] if self.found else None
        if last is None or ((last.days is None or last.week) and last.window is None):
            self.no, self.sep, self.scope = True, self.sep or "also", "except"
        else:
            self.no, self.sep = False, "break"

    def _same(self) -> None:
        """ "tuesdays too": as what stands before it."""
        if len(self.found) > 1:
            self.found[-1] = replace(self.found[-1], no=self.found[-2].no)

    def _so(self) -> None:
        """ "the bus gets in at 9 so after 930": what led to the wish is no wish, if one follows."""
        self.reasons, self.found = [piece for piece in self.found if not piece.no], [piece for piece in self.found if piece.no]
        self.no, self.sep = False, "break"

    def _correct(self) -> None:
        """ "tuesday, no wait, wednesday": the next piece takes the place of the last of its sort."""
        self.no, self.sep, self.fix = False, "break", True

    def _take(self, piece: Piece, used: int, has_no: bool) -> None:
        last = self.found[-1] if self.found else None
        if self.no and self.sep == "comma" and last and last.no and (piece.days is None) != (last.days is None):
            self.no = False  # "any day but friday, mornings"
        no = (self.no and not has_no) or piece.no
        if self.fix:
            self.found = [each for each in self.found if (each.days is None) != (piece.days is None)]
            self.fix, last = False, self.found[-1] if self.found else None
            self.sep = ""
        self.found.append(replace(piece, no=no, own=no and self.own, sep=self.sep if last else ""))
        self.own = False
        self.no = self.no and not has_no
        self.busy = self.busy and self.no
        self.at, self.sep = self.at + used, ""

    def _against(self, kind: str) -> None:
        grammar = self.grammar
        skip = 2 if grammar.kind(self.at + 1) in ("of", "at") else 1
        follows = any(_piece(grammar, self.at + n, True) for n in {1, skip})
        after = grammar.kind(self.at + 1)
        if kind == "neg_near" and not follows and after != "sign":
            self.no = False  # "no, it has to be saturday"
        elif kind == "bad" or (kind == "busy" and not follows):
            if kind == "bad" or (after in ("sign", "") or grammar.kind(self.at - 1) not in ("word", "sign", "")):
                self.found = _mark(self.found, no=True)
            self.no, self.sep = False, "break"
        elif kind in ("neg", "neg_near") and after in ("sign", "good", "") and not (self.at == 0 and after == "good"):
            if self.found and not self.no:  # "tuesday no, ...": it belongs to what stands before it
                self.found = _mark(self.found, no=True)
            self.no, self.sep = False, "break"
        else:
            again = bool(self.found) and self.found[-1].no
            self.no, self.sep, self.scope = True, "break" if again else self.sep or "also", "except" if kind == "except" else "neg"
            self.busy, self.own = kind == "busy", True

    def _for(self) -> None:
        if self.grammar.kind(self.at - 1) not in ("neg", "except"):  # "not available" is no good word
            self.found, self.no, self.sep = _mark(self.found, good=True), False, "break"


def _piece(grammar: Grammar, at: int, no: bool, *, busy: bool = False) -> tuple[Piece, int, bool] | None:
    """The piece at a position; the last value tells that a negation before it is part of it ("not before 3")."""
    if grammar.kind(at) == "which" and grammar.value(at) == "this" and grammar.kind(at + 1) == "part":
        return Piece(days=frozenset({grammar.today}), window=grammar.value(at + 1)), 2, False  # "this afternoon"
    if grammar.kind(at) == "open" and grammar.value(at) in ("from", "since", "until", "by", "latest", "from_day"):
        return _opening(grammar, at, no, busy)
    window, days = grammar.window_at(at), grammar.days_at(at)
    if window and grammar.kind(at) != "ordinal" and (not days or days[1] < window[1]):
        return Piece(window=window[0]), window[1], False
    if days and days[0].dated and _onwards(grammar, at + days[1]):
        return Piece(days=_opened(grammar, days[0].days or frozenset(), "since")), days[1] + 1, False  # "del 18 en adelante"
    return (days[0], days[1], False) if days else None


def _opening(grammar: Grammar, at: int, no: bool, busy: bool) -> tuple[Piece, int, bool] | None:
    """What "after", "from", "until", "by" open or close: a window, or days."""
    if ranged := grammar.range_at(at):
        return ranged[0], ranged[1], False
    numbered = _a_day_follows(grammar, at)
    if not numbered and (window := grammar.window_at(at)):
        return Piece(window=_flip(window[0]) if no else window[0]), window[1], no
    skip = 1 + (grammar.kind(at + 1) == "of")
    days = grammar.days_at(at + skip) or (grammar.day_number(at + skip) if numbered else None)
    if not days:
        skip, days = 1, grammar.days_at(at + 1)
    if not days or not days[0].days:
        return None
    way, used = str(grammar.value(at)), skip + days[1]
    if no:  # "away till the 15th", "not before the 15th"
        way = "until_with" if way in ("from", "since", "from_day") else "from" if busy else "from_with"
    onwards = _onwards(grammar, used + at)
    return Piece(days=_opened(grammar, days[0].days, "since" if onwards else way)), used + onwards, no


def _onwards(grammar: Grammar, at: int) -> bool:
    return grammar.kind(at) == "open" and grammar.value(at) == "earliest"


def _listed(grammar: Grammar, at: int, found: list[Piece], sep: str) -> tuple[Piece, int, bool] | None:
    """The 12 of "march 10 or 12"."""
    ends = grammar.kind(at + 1) in ("sign", "also", "")
    if found and found[-1].dated and grammar.kind(at) == "number" and (sep == "also" or (sep == "comma" and ends)):
        day = grammar.day_number(at)
        return (day[0], day[1], False) if day else None
    return None


def _a_day_follows(grammar: Grammar, at: int) -> bool:
    """ "después del 20", "after the 20": a day of the month, not an hour."""
    if grammar.kind(at + 1) == "number":
        return grammar.items[at].text.endswith((" del", " el")) and grammar.kind(at + 2) != "part"
    return grammar.kind(at + 1) == "of" and grammar.items[at + 1].text in ("the", "del", "el") and grammar.kind(at + 2) == "number"


def _opened(grammar: Grammar, days: frozenset[date], way: str) -> frozenset[date]:
    """Before, after, until a day; "not before" begins with the day itself."""
    first, last = min(days), max(days)
    rules = {
        "from": lambda day: day > last,
        "from_day": lambda day: day > last,
        "since": lambda day: day >= first,
        "from_with": lambda day: day >= first,
        "until": lambda day: day < first,
        "until_with": lambda day: day <= last,
        "by": lambda day: day <= last,
        "latest": lambda day: day <= last,
    }
    return frozenset(day for day in grammar.days if rules[way](day))


def _flip(window: Window) -> Window:
    """What "not after 3" and "not before 3" leave."""
    low, high = window
    return (high, None) if low is None else (None, low)


def _mark(found: list[Piece], *, no: bool = False, good: bool = False) -> list[Piece]:
    """Applies what stands behind a piece ("X is no good", "X is better") to the last list of pieces."""
    marked = list(found)
    for index in range(len(marked) - 1, -1, -1):
        piece = marked[index]
        if good and piece.no and not piece.own and index == len(marked) - 1 and piece.sep in ("comma", "break"):
            marked[index] = replace(piece, no=False, good=True)
        elif no and not piece.good:
            marked[index] = replace(piece, no=True)
        if piece.sep != "also" and piece.sep != "":
            break
    return marked
