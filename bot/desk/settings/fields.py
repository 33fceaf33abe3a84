"""The kinds of fields that settings are edited in: each turns what a clinic's file holds into what a form shows, and back.

`show` gives what a form is filled with, `read` what the file would hold (None: nothing), `tell` the same in words for people. Nothing
is judged here: whether it may be so is decided by the code that reads the file, for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bot.desk.words import Words

Given = Any  # of a form: a list of texts, or a mapping of such by name
Told = Iterator[tuple[tuple[str, ...], str]]  # (labels on the way to it, what it says)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")  # line breaks too: what is texted is one paragraph
MOST = 200  # rows of one list


def clean(text: str) -> str:
    """What somebody has typed, without what no text may hold."""
    return re.sub(" {2,}", " ", CONTROL.sub(" ", text)).strip()


def typed(given: Given) -> str:
    """The text that a form brought for one input."""
    return clean(given[0]) if isinstance(given, list) and given else ""


def inside(given: Given, name: str) -> Given:
    """A part of what a form brought."""
    return given.get(name) if isinstance(given, Mapping) else None


def rows(given: Given) -> list[Given]:
    """What a form brought for the rows of a list, in their order."""
    numbered = (
        {int(name): each for name, each in given.items() if re.fullmatch("[0-9]{1,3}", name)} if isinstance(given, Mapping) else {}
    )
    return [numbered[number] for number in sorted(numbered)][:MOST]


@dataclass(frozen=True)
class Line:
    """One input. type: of HTML. language: which it is written in, "" for a word or number."""

    type: str = "text"
    longest: int = 100
    language: str = ""
    unit: str = ""
    widget: ClassVar[str] = "line"

    def show(self, raw: Any) -> str:
        """The text itself."""
        return raw if isinstance(raw, str) else ""

    def read(self, given: Given) -> str | None:
        """What was typed."""
        return typed(given) or None

    def tell(self, raw: Any, words: Words) -> Told:
        """What was typed, with its unit."""
        if raw:
            yield (), f"{raw} {words(self.unit)}".strip()


@dataclass(frozen=True)
class Sentence(Line):
    """What patients get, in one language: as many lines as it needs."""

    longest: int = 600
    widget: ClassVar[str] = "sentence"


@dataclass(frozen=True)
class Choice:
    """One of several. options: value in the file → words; the first holds where the file says nothing."""

    options: Mapping[str, str]
    widget: ClassVar[str] = "choice"

    def show(self, raw: Any) -> str:
        """What is chosen."""
        return raw if isinstance(raw, str) else next(iter(self.options))

    def read(self, given: Given) -> str | None:
        """What was chosen."""
        return typed(given) or None

    def tell(self, raw: Any, words: Words) -> Told:
        """In words."""
        yield (), words(self.options.get(self.show(raw), str(raw)))


@dataclass(frozen=True)
class Checks:
    """Some of several."""

    options: Mapping[str, str]
    widget: ClassVar[str] = "checks"

    def show(self, raw: Any) -> list[str]:
        """What is ticked."""
        return list(raw) if isinstance(raw, list) else []

    def read(self, given: Given) -> list[str]:
        """What was ticked, in the order of the options."""
        ticked = [clean(each) for each in given] if isinstance(given, list) else []
        return [name for name in self.options if name in ticked]

    def tell(self, raw: Any, words: Words) -> Told:
        """In words."""
        yield (), ", ".join(words(self.options.get(each, each)) for each in self.show(raw))


@dataclass(frozen=True)
class Span:
    """A length of time: a number and its unit."""

    units: ClassVar[dict[str, str]] = {"d": "days", "h": "hours", "min": "minutes"}
    widget: ClassVar[str] = "span"

    def show(self, raw: Any) -> dict[str, str]:
        """Number and unit."""
        found = re.fullmatch(r"(.*?) ?(d|h|min)?", raw if isinstance(raw, str) else "", re.DOTALL)
        return {"n": found[1] if found else "", "unit": (found and found[2]) or "d"}

    def read(self, given: Given) -> str | None:
        """As the file writes it: `2 d`."""
        number = typed(inside(given, "n"))
        return f"{number} {typed(inside(given, 'unit'))}" if number else None

    def tell(self, raw: Any, words: Words) -> Told:
        """In words."""
        if raw:
            yield (), length(self.show(raw), words)


def length(shown: Mapping[str, str], words: Words) -> str:
    """A length of time as `Span.show` gives it, in words; what is no number, as it was typed."""
    typed_in, unit = shown["n"], shown["unit"]
    if not typed_in.isdecimal():
        return f"{typed_in} {words(Span.units[unit])}"
    number = int(typed_in)
    if unit == "d":
        return words.many("%(num)s day", "%(num)s days", number)
    if unit == "h":
        return words.many("%(num)s hour", "%(num)s hours", number)
    return words.many("%(num)s minute", "%(num)s minutes", number)


@dataclass(frozen=True)
class Times:
    """From when until when on a day."""

    widget: ClassVar[str] = "times"

    def show(self, raw: Any) -> dict[str, str]:
        """Both times of the day."""
        opens, _, closes = raw.partition("-") if isinstance(raw, str) else ("", "", "")
        return {"from": opens.strip(), "to": closes.strip()}

    def read(self, given: Given) -> str | None:
        """As the file writes it: `08:00-17:00`."""
        opens, closes = typed(inside(given, "from")), typed(inside(given, "to"))
        return f"{opens}-{closes}" if opens or closes else None

    def tell(self, raw: Any, words: Words) -> Told:
        """From when until when."""
        if raw:
            opens, _, closes = str(raw).partition("-")
            yield (), words("%(start)s to %(end)s", start=opens, end=closes)


@dataclass(frozen=True)
class Field:
    """A key of the file with its label. hint: what to know before filling it in."""

    key: str
    label: str
    kind: Kind
    hint: str = ""


@dataclass(frozen=True)
class Group:
    """Several fields that belong together."""

    fields: tuple[Field, ...]
    widget: ClassVar[str] = "group"

    def show(self, raw: Any) -> dict[str, Any]:
        """Each field by its key."""
        return {each.key: each.kind.show(inside(raw, each.key)) for each in self.fields}

    def read(self, given: Given) -> dict[str, Any] | None:
        """The fields that have something in them."""
        found = {each.key: each.kind.read(inside(given, each.key)) for each in self.fields}
        return {key: raw for key, raw in found.items() if raw not in (None, [], {})} or None

    def tell(self, raw: Any, words: Words) -> Told:
        """Field by field."""
        for each in self.fields:
            if inside(raw, each.key) is not None:
                for labels, told in each.kind.tell(inside(raw, each.key), words):
                    yield (words(each.label), *labels), told


@dataclass(frozen=True)
class Rows:
    """A list, with an empty row at its end. noun: what one row is."""

    kind: Kind
    noun: str
    widget: ClassVar[str] = "rows"

    def show(self, raw: Any) -> list[Any]:
        """Row by row, and one more."""
        return [self.kind.show(each) for each in (*(raw if isinstance(raw, list) else ()), None)]

    def read(self, given: Given) -> list[Any]:
        """The rows that have something in them."""
        return [raw for each in rows(given) if (raw := self.kind.read(each)) is not None]

    def tell(self, raw: Any, words: Words) -> Told:
        """Simple rows in one line, others each by its number."""
        told = [list(self.kind.tell(each, words)) for each in (raw if isinstance(raw, list) else ())]
        if all(not labels for each in told for labels, _ in each):
            yield (), ", ".join(line for each in told for _, line in each)
            return
        for number, each in enumerate(told, 1):
            for labels, line in each:
                yield (f"{words(self.noun)} {number}", *labels), line


@dataclass(frozen=True)
class Named:
    """Things by name, with an empty one at the end. label: what the name is. names: those that there can be; none: any."""

    kind: Kind
    label: str
    noun: str
    names: Mapping[str, str] = field(default_factory=dict)
    widget: ClassVar[str] = "named"

    def show(self, raw: Any) -> list[dict[str, Any]]:
        """Name and thing, and one more."""
        found = raw.items() if isinstance(raw, Mapping) else ()
        return [{"name": name, "value": self.kind.show(each)} for name, each in (*found, ("", None))]

    def read(self, given: Given) -> dict[str, Any]:
        """Those that have a name. Of two with one name the second gets another, so that nothing is lost unseen."""
        found: dict[str, Any] = {}
        for each in rows(given):
            if name := typed(inside(each, "name")):
                while name in found:
                    name += " (2)"
                found[name] = self.kind.read(inside(each, "value"))
        return found

    def tell(self, raw: Any, words: Words) -> Told:
        """Thing by thing."""
        for name, each in raw.items() if isinstance(raw, Mapping) else ():
            for labels, line in self.kind.tell(each, words):
                yield (words(self.names.get(name, name)), *labels), line


Kind = Line | Choice | Checks | Span | Times | Group | Rows | Named


def nested(form: Mapping[str, list[str]]) -> dict[str, Any]:
    """What a form brought, by the parts of its names: `hours.monday.from` stands in `hours`, there in `monday`."""
    found: dict[str, Any] = {}
    for name, values in form.items():
        *way, last = name.split(".")
        place = found
        for part in way:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                break
        else:
            place.setdefault(last, values)
    return found
