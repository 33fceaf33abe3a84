"""The demo's clock, which can be moved forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class DemoClock:
    """Now, plus what it was moved by."""

    def __init__(self) -> None:
        self._moved = timedelta(0)

    def __call__(self) -> datetime:
        """The demo's moment, in UTC."""
        return datetime.now(UTC) + self._moved

    def move(self, by: timedelta | None) -> None:
        """Forward by so much; None: back to the real time."""
        self._moved = self._moved + by if by else timedelta(0)
