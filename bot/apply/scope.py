"""What effects are applied to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, UpdateBase
from sqlalchemy.orm import Session

from bot.dialogue.types import Visit
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.turns import Line, Text


@dataclass
class Scope:
    """What effects are applied to: the conversation, the text that caused them, and the time, in the caller's transaction.

    opened: the caller's session; without one a session is opened for the few effects that need rows as objects.
    seen: the visits as the decision knows them, each until an effect changes it; one that is not in it is taken as it is.
    kinds: those of the conversation's open items, where they are known.
    """

    connection: Connection
    phone: PhoneRow | Line
    now: datetime
    communication: CommunicationRow | Text | None = None
    opened: Session | None = None
    seen: dict[int, Visit] = field(default_factory=dict)
    kinds: set[str] | None = None

    @property
    def session(self) -> Session:
        """Rows as objects."""
        if self.opened is None:
            self.opened = Session(bind=self.connection, expire_on_commit=False)
        return self.opened

    def flush(self) -> None:
        """Brings what objects hold to the database."""
        if self.opened is not None:
            self.opened.flush()

    def execute(self, statement: UpdateBase, **values: Any) -> CursorResult[Any]:
        """A statement without the ORM, which costs far more, that the objects of a session see all the same."""
        self.flush()
        done = self.connection.execute(statement, values or None)
        if self.opened is not None:
            self.opened.expire_all()
        return done

    @property
    def text(self) -> int | None:
        """The number of the text that caused it all."""
        return self.communication.id if self.communication else None
