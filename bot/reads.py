"""What reads patients' texts in a process: the trained reader, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.understand.types import Message, Understanding


class Reads(Protocol):
    """What reads patients' texts: `understand.reader.Reader`. version: by which it can be told later who read what."""

    @property
    def version(self) -> str:
        """Changes with the phrases."""

    def read(self, message: Message) -> Understanding:
        """What a message means."""

    def least(self, message: Message) -> Understanding:
        """What is told of danger by patterns alone, when `read` has broken (S-05)."""


@dataclass(frozen=True)
class NoReader:
    """In the place of a reader where no text is ever read, since a trained one takes 70 MB."""

    version: str = ""

    def read(self, message: Message) -> Understanding:
        """Never gives an answer."""
        raise RuntimeError("this process reads no texts")

    def least(self, message: Message) -> Understanding:
        """Never gives an answer either."""
        raise RuntimeError("this process reads no texts")
