"""What a clinic has decided about times that open: to how many of those who wait one is offered at once, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Terms:
    """at_once: how many hear of a time at once. answer: how long they have until the next ones do. notice: no offer so short before."""

    at_once: int = 3
    answer: timedelta = timedelta(minutes=60)
    notice: timedelta = timedelta(hours=4)
