"""A clinic's records as commands work with them: the database, without reader and provider."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.clinic import ClinicFile, load_clinic
from bot.owned.current import Current
from bot.settings import Settings
from bot.store import audit, queries
from bot.store.database import Conflict, Store

T = TypeVar("T")
PAUSES = (1, 2, 4, 8)  # seconds before a batch that could not be written is tried again


@dataclass(frozen=True)
class Records:
    """clock: the current moment, aware. actor: who runs the command, for the audit trail."""

    store: Store
    clinic: ClinicFile
    clinic_id: int
    clock: Callable[[], datetime]
    actor: str

    def record(self, connection: Connection, *, action: str, about: str, reason: str = "") -> None:
        """Adds an entry to the audit trail, in the caller's transaction."""
        who, now = self.actor, self.clock()
        audit.record(connection, clinic_id=self.clinic_id, actor=who, action=action, about=about, reason=reason, now=now)

    def unhurried(self, work: Callable[[Session], T]) -> T:
        """Does `work` in one transaction. Nobody waits for a command: where others are in its way, or the database starts anew, it
        waits and does it again, and raises in the end.
        """
        for pause in PAUSES:
            try:
                return self.store.run(work)
            except (Conflict, OperationalError):
                time.sleep(pause)
        return self.store.run(work)


def open_records(settings: Settings, *, actor: str) -> Records:
    """Opens the database of these settings. Raises DataError or SettingsError."""
    store = Store(url=settings.database_url, keys=settings.keys)
    store.migrate()
    file = load_clinic(settings.clinic_file)
    clinic_id = queries.clinic_id(store, file.slug)
    current = Current(file, store, clinic_id)
    current.look()
    return Records(
        store=store,
        clinic=current.clinic,
        clinic_id=clinic_id,
        clock=lambda: datetime.now(UTC),
        actor=actor,
    )
