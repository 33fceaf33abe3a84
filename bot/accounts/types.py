"""What the accounts stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import Told
from bot.store.database import Store

ROLES = ("coordinator", "nurse", "translator", "manager", "admin")


@dataclass(frozen=True)
class Accounts:
    """What the accounts of one clinic stand on. clock: the current moment, aware."""

    store: Store
    clinic_id: int
    clock: Callable[[], datetime]


class Refused(Told):
    """It is not possible; the message says why in plain words."""
