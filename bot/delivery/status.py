"""Status callbacks: best effort, unordered, repeated, sometimes earlier than the answer to the send itself (W-29 … W-31)."""

from __future__ import annotations

from bot.store.models import CommunicationRow

# How far a text has come. Each status has a place of its own, so that any order of callbacks ends in the same one.
ORDER = (
    "unknown", "scheduled", "accepted", "queued", "sending", "sent", "partially_delivered",
    "canceled", "failed", "undelivered", "delivered", "read",
)  # fmt: skip
FINAL = frozenset(ORDER[ORDER.index("canceled") :])
ARRIVED = frozenset({"delivered", "read"})
LOST = frozenset({"failed", "undelivered"})


def further(known: str | None, status: str) -> str | None:
    """The further one of two statuses; one that nobody has heard of changes nothing (W-30)."""
    return status if _rank(status) > _rank(known) else known


def advance(row: CommunicationRow, status: str) -> None:
    """Takes a status over if it is further than what is known."""
    row.status = further(row.status, status) or status


def _rank(status: str | None) -> int:
    return ORDER.index(status) if status in ORDER else -1
