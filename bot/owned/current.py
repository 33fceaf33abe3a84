"""What a clinic tells now: its file, and over it what staff have edited."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from bot.clinic import ClinicFile, over
from bot.errors import DataError, Place
from bot.owned import changes
from bot.owned.changes import Change
from bot.store.database import Store

log = structlog.get_logger()


class Current:
    """A clinic's settings as this process last read them. file: the default, which holds where nobody has edited anything.

    Turns read them from memory, so a message pays nothing for them and they are there when the database is not. Each process looks
    every second whether others have saved anything (`bot/delivery/worker.py`).
    """

    def __init__(self, file: ClinicFile, store: Store, clinic_id: int) -> None:
        self.file = file
        self._store, self._clinic_id = store, clinic_id
        self._seen = (0, file)  # how many changes, and what holds by it, together, since threads share it

    @property
    def clinic(self) -> ClinicFile:
        """What holds now."""
        return self._seen[1]

    def look(self) -> None:
        """Takes up what has been saved since; one small query when nothing has."""
        with self._store.session() as session:
            count = changes.count(session, self._clinic_id)
            if count != self._seen[0]:
                self._seen = count, edited(self.file, changes.held(session, self._clinic_id).values())


def edited(file: ClinicFile, held: Iterable[Change]) -> ClinicFile:
    """The file with the sections that staff have edited. A section that this version no longer takes is as in the file, and noted."""
    clinic = file
    for change in held:
        if change.data is not None:
            try:
                clinic = over(clinic, change.data, Place("settings"))
            except DataError as error:
                log.error("edited_section_refused", section=change.section, keys=error.keys)
    return clinic
