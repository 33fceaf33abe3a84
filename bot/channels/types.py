"""What every channel turns its messages into, and gets to send."""

from __future__ import annotations

from dataclasses import dataclass


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
class Sent:
    """The provider's word on a text that it took: its id and first status."""

    sid: str
    status: str
