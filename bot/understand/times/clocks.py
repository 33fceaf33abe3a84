"""Clocks and parts of the day, out of a row of items."""

from __future__ import annotations

from typing import Any

from bot.understand.times.piece import Window
from bot.understand.times.vocabulary import Item, Vocabulary


class Clocks:
    """Reads windows of the day. Each rule gives (what it read, how many items it used) or None at a position."""

    def __init__(self, items: list[Item], vocabulary: Vocabulary) -> None:
        self.items, self.vocabulary = items, vocabulary

    def kind(self, at: int) -> str:
        """The kind of the item at a position, "" past the end."""
        return self.items[at].kind if 0 <= at < len(self.items) else ""

    def value(self, at: int) -> Any:
        """The value of the item at a position."""
        return self.items[at].value if 0 <= at < len(self.items) else None

    def clock_at(self, at: int, *, bare: bool) -> tuple[int, int] | None:
        """(minutes after midnight, items used). bare: a number alone counts, since a word for clocks stands before it."""
        start = at + (self.kind(at) == "at" or (self.kind(at) in ("every", "of") and self.kind(at + 1) == "number" and bare))
        bare = bare or start > at
        if self.kind(start) == "quarter_to" or self.kind(start) == "quarter_past" or self.kind(start) == "half":
            hour = self.clock_at(start + 1, bare=True)
            if hour:
                shift = {"quarter_to": -15, "quarter_past": 15, "half": 30}[self.kind(start)]
                return hour[0] + shift, start + 1 + hour[1] - at
        kind = self.kind(start)
        later = self.kind(start + 1) == "open" and self.value(start + 1) in ("earliest", "latest")
        if kind in ("clock", "digits") and (kind == "clock" or bare or later):
            minutes, sure = self.value(start)
            end = start + 1
            if kind == "clock" and not sure and self.kind(end) == "part":
                return self._with_part(minutes, end, at)
            return (minutes if sure else _afternoon(minutes)), end - at
        if kind not in ("number", "ordinal") or not 1 <= int(self.value(start)) <= 23:
            return None
        return self._hour(start, at, bare)

    def _hour(self, start: int, at: int, bare: bool) -> tuple[int, int] | None:
        minutes, end = int(self.value(start)) * 60, start + 1
        told = False
        if self.kind(end) in ("half", "quarter_past", "quarter_to") and self.vocabulary.language == "es":
            minutes += {"half": 30, "quarter_past": 15, "quarter_to": -15}[self.kind(end)]
            end, told = end + 1, True
        elif self.kind(end) == "number" and int(self.value(end)) in (15, 30, 45) and (bare or self.kind(end + 1) == "part"):
            minutes, end, told = minutes + int(self.value(end)), end + 1, bare
        if (
            self.kind(end) == "also"
            and self.items[end].text in ("y", "i")
            and self.kind(end + 1) == "number"
            and int(self.value(end + 1)) > 12
        ):
            minutes, end, told = minutes + int(self.value(end + 1)) % 60, end + 2, True  # "las diez y treinta"
        if self.kind(end) == "oclock":
            end, told = end + 1, True
        if self.kind(end) == "part" and self.items[end].text not in ("early", "late"):
            return self._with_part(minutes, end, at)
        if self.kind(end) in ("units", "not_times") or not (bare or told):
            return None
        return (_afternoon(minutes) if minutes < 780 else minutes), end - at

    def _with_part(self, minutes: int, part_at: int, at: int) -> tuple[int, int]:
        """ "2 de la tarde", "7 in the evening"."""
        low, _high = self.value(part_at)
        if minutes < 720 and (low or 0) >= 720 and minutes != 0:
            minutes += 720
        return minutes, part_at + 1 - at

    def window_at(self, at: int) -> tuple[Window, int] | None:
        """A window of the day that begins at a position."""
        for rule in (self._opened, self._between, self._part, self._exact):
            found = rule(at)
            if found:
                return found
        return None

    def _opened(self, at: int) -> tuple[Window, int] | None:
        """ "after 3", "no later than 11", "around 10"."""
        if self.kind(at) != "open" or self.value(at) not in ("from", "since", "until", "by", "around", "latest", "from_day"):
            return None
        way, start = self.value(at), at + 1
        while self.kind(start) == "open" and self.value(start) == "around":
            start += 1
        clock = self.clock_at(start, bare=True)
        if clock:
            if way in ("from", "since", "from_day"):
                end = self._until(start + clock[1])
                return ((clock[0], end[0]) if end else (clock[0], None)), start + clock[1] + (end[1] if end else 0) - at
            return ((None, clock[0]) if way in ("until", "by", "latest") else (clock[0], clock[0])), start + clock[1] - at
        skip = start + (self.kind(start) == "of")
        if self.kind(skip) == "part" and way != "around":
            low, high = self.value(skip)
            edge = low if low == high else (low if way in ("until", "by") else high)
            return ((edge, None) if way in ("from", "since", "from_day") else (None, edge)), skip + 1 - at
        return None

    def _until(self, at: int) -> tuple[int, int] | None:
        """The "to 5" of "from 3 to 5"."""
        if self._is_range(at):
            clock = self.clock_at(at + 1, bare=True)
            return (clock[0], clock[1] + 1) if clock else None
        return None

    def _is_range(self, at: int) -> bool:
        """ "to", "-", "a", "a las": what stands between two clocks."""
        return (
            self.kind(at) == "range"
            or self.value(at) in ("-", "by")
            or (self.kind(at) == "at" and self.items[at].text.startswith("a "))
        )

    def _between(self, at: int) -> tuple[Window, int] | None:
        """ "between 2 and 4", "2-4pm", "9 to 11"."""
        start = at + (self.kind(at) == "open" and self.value(at) == "between")
        first = self.clock_at(start, bare=True)
        if not first:
            return None
        middle = start + first[1]
        joined = self._is_range(middle) or (start > at and self.kind(middle) == "also")
        last = self.clock_at(middle + 1, bare=True) if joined else None
        if not last:
            return None
        low, high = first[0], last[0]
        if low > high and low >= 720:
            low -= 720  # "9 to 11": the later one tells which half of the day
        return (low, high) if low < high else (high, low), middle + 1 + last[1] - at

    def _part(self, at: int) -> tuple[Window, int] | None:
        if self.kind(at) != "part":
            return None
        low, high = self.value(at)
        return (low, high), 1

    def _exact(self, at: int) -> tuple[Window, int] | None:
        clock = self.clock_at(at, bare=False)
        if not clock:
            return None
        end = at + clock[1]
        if self.kind(end) == "open" and self.value(end) in ("earliest", "latest"):
            return ((clock[0], None) if self.value(end) == "earliest" else (None, clock[0])), clock[1] + 1
        return (clock[0], clock[0]), clock[1]


def _afternoon(minutes: int) -> int:
    """Without am or pm, 1 to 6 is in the afternoon."""
    return minutes + 720 if 60 <= minutes < 420 else minutes
