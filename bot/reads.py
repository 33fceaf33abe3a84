"""What reads patients' texts in a process: the trained reader, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.understand.types import Message, Understanding

log = structlog.get_logger()


class Reads(Protocol):
    """What reads patients' texts: `understand.reader.Reader`. version: by which it can be told later who read what."""

    @property
    def version(self) -> str:
        """Changes with the phrases."""

    def read(self, message: Message) -> Understanding:
        """What a message means."""

    def least(self, message: Message) -> Understanding:
        """What is told of danger by patterns alone, when `read` has broken (S-05)."""


def heard(reader: Reads, message: Message) -> Understanding:
    """What is read; where the reader itself is what broke, what its patterns of danger alone tell. Never raises."""
    for read in (reader.read, reader.least):
        try:
            return read(message)
        except Exception as error:
            log.error("reader_failed", error=type(error).__name__)
    return Understanding()


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
