"""Who acts: a person at a clinic's desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A member of staff. id: of the account, None for a program. language: of the pages they see, "": as their browser asks."""

    id: int | None
    name: str
    role: str
    clinic_id: int
    language: str = ""
