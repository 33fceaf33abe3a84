"""What every channel turns its messages into, and gets to send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# What the carrier answers by itself: the whole message, in English (O-01, O-03).
CARRIER_WORDS = frozenset({
    "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "START", "UNSTOP", "HELP", "INFO",
})  # fmt: skip
TOO_LARGE = 11751  # the provider's code for a file beyond its limit, and ours for one that we do not take
LONGEST = 36_000  # seconds that the provider keeps a text at most (D-12)


@dataclass(frozen=True)
class Inbound:
    """A received text. sid: the provider's id, unique; retry: the provider says that an earlier answer did not arrive.

    sender, receiver: E.164, or whatever the channel calls them. textable: whether the sender is a phone that can be answered.
    """

    sid: str
    sender: str
    receiver: str
    body: str
    media: int = 0
    retry: bool = False
    textable: bool = True


@dataclass(frozen=True)
class Outgoing:
    """A text to be sent. mark: what its status callbacks name it by; seconds: how long the provider may keep it waiting."""

    to: str
    body: str
    mark: str = ""
    seconds: int = LONGEST


@dataclass(frozen=True)
class Sent:
    """The provider's word on a text that it took: its id, its status, and the code of its error."""

    sid: str
    status: str
    code: int | None = None


@dataclass(frozen=True)
class Picture:
    """A picture or another file that came with a text, as it came: nothing says that it is harmless."""

    data: bytes


class SendError(Exception):
    """The provider did not take a text, or did not give a file. code: its error code, None when it is unknown what happened (W-34).

    after: so many seconds it wants to be left alone, if it said so (D-09).
    """

    def __init__(self, code: int | None, *, after: int = 0) -> None:
        super().__init__(f"provider error {code}" if code is not None else "no answer from the provider")
        self.code, self.after = code, after


class Channel(Protocol):
    """What a channel must be able to do to send. Each raises SendError."""

    def send(self, text: Outgoing) -> Sent:
        """Sends one text."""

    def find(self, text: Outgoing, *, since: datetime) -> tuple[Sent, ...]:
        """What the provider took since then that may be this text, oldest first."""

    def fetch(self, sid: str) -> Sent:
        """What has become of a text."""

    def picture(self, sid: str, number: int) -> Picture:
        """What came with a received text; number: which, from 0 on."""
