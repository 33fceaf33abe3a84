"""The demo's clock, which can be moved forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class DemoClock:
    """Now, plus what it was moved by."""

    def __init__(self) -> None:
        self._first = self._moved = timedelta(0)
        self.jumped_at: datetime | None = None  # the demo's moment before it was last moved forward

    def begin(self, moment: datetime | None) -> None:
        """The demo begins at that moment instead of now; None: as it is."""
        if moment is not None:
            self._first = self._moved = moment - datetime.now(UTC)

    def __call__(self) -> datetime:
        """The demo's moment, in UTC."""
        return datetime.now(UTC) + self._moved

    def move(self, by: timedelta | None) -> None:
        """Forward by so much; None: back to where it began."""
        self.jumped_at = self() if by else None
        self._moved = self._moved + by if by else self._first
