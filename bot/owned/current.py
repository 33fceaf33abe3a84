"""What a clinic tells now: its file, and over it what staff have edited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from bot.clinic import ClinicFile, over
from bot.errors import DataError, Place, Said
from bot.owned import changes
from bot.owned.changes import Change
from bot.store.database import Store

log = structlog.get_logger()


@dataclass(frozen=True)
class Refused:
    """A change that this version does not take: the file's own section holds instead.

    keys: where in it, as far as it is known; what: what is wrong there and what to do, which a page says in its own language.
    """

    change: Change
    what: str
    keys: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Both, in English."""
        return ": ".join((*self.keys, self.what))


class Current:
    """A clinic's settings as this process last read them. file: the default, which holds where nobody has edited anything.

    Turns read them from memory, so a message pays nothing for them and they are there when the database is not. Each process looks
    every second whether others have saved anything (`bot/delivery/worker.py`).
    """

    def __init__(self, file: ClinicFile, store: Store, clinic_id: int) -> None:
        self.file = file
        self._store, self._clinic_id = store, clinic_id
        # How many changes, what holds by them, and which of them do not: together, since threads share it.
        self._seen: tuple[int, ClinicFile, tuple[Refused, ...]] = (0, file, ())

    @property
    def clinic(self) -> ClinicFile:
        """What holds now."""
        return self._seen[1]

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What staff have edited and this version does not take."""
        return self._seen[2]

    def look(self) -> None:
        """Takes up what has been saved since; one small query when nothing has."""
        with self._store.session() as session:
            count = changes.count(session, self._clinic_id)
            if count != self._seen[0]:
                self._seen = count, *edited(self.file, changes.held(session, self._clinic_id).values())


def edited(file: ClinicFile, held: Iterable[Change]) -> tuple[ClinicFile, tuple[Refused, ...]]:
    """The file with the sections that staff have edited, and the changes that this version refuses.

    A refused section is as in the file: half a section, or none, would be nobody's decision, and no start may fail on what a
    browser once saved.
    """
    clinic, refused = file, []
    for change in held:
        if change.data is None:
            continue
        try:
            clinic = over(clinic, change.data, Place("settings"))
        except DataError as error:
            log.error("edited_section_refused", section=change.section, error=type(error).__name__)
            refused.append(Refused(change, error.what, error.keys))
        except Exception as error:  # another version saved it, so it may break what reads it in any way
            log.error("edited_section_refused", section=change.section, error=type(error).__name__)
            refused.append(Refused(change, Said("it cannot be read")))
    return clinic, tuple(refused)
