"""What people are told when something is wrong: what it is, where, and what to do; in English, with the values apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time


class Said(str):
    """An English sentence with its values filled in, that keeps both apart: a page says it in its own language.

    english: with gaps as gettext has them, e.g. "The message has %(count)s characters".
    """

    english: str
    values: Mapping[str, object]

    def __new__(cls, english: str, /, **values: object) -> Said:
        """The sentence as it reads in English."""
        said = super().__new__(cls, english % {name: _plain(value) for name, value in values.items()})
        said.english, said.values = english, values
        return said


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%a %b %d %H:%M}"
    return f"{value:%-I:%M %p}" if isinstance(value, time) else value


class Told(Exception):
    """An error whose message is for the person who asked. Made of the English sentence and its values."""

    def __init__(self, english: str, /, **values: object) -> None:
        self.said = Said(english, **values)
        super().__init__(self.said)


class DataError(Exception):
    """A data file is broken: the message begins with file and line.

    keys: where in the file, as far as it is known; what: the message without the place, to be shown beside a field.
    """

    def __init__(self, message: str, *, keys: tuple[str, ...] = (), what: str = "") -> None:
        super().__init__(message)
        self.keys = keys
        self.what = what or message


class SettingsError(Exception):
    """A setting is missing or wrong: the message names every one."""


@dataclass(frozen=True)
class Place:
    """Where in a file's data something stands: `Place("clinic.yaml") / "hours" / "monday"`."""

    file: str
    keys: tuple[str, ...] = ()

    def __truediv__(self, key: str) -> Place:
        return Place(self.file, (*self.keys, key))

    def wrong(self, what: str, /, **values: object) -> DataError:
        """The error to raise. what: the mistake and what to do about it, with gaps for the values."""
        said = Said(what, **values)
        return DataError(f"{': '.join((self.file, *self.keys))}: {said}", keys=self.keys, what=said)
