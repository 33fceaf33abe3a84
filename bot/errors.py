"""The errors that stop a start: each says what is wrong, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


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

    def wrong(self, what: str) -> DataError:
        """The error to raise. what: the mistake and what to do about it."""
        return DataError(f"{': '.join((self.file, *self.keys))}: {what}", keys=self.keys, what=what)
