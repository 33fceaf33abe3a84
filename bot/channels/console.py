"""The channel of the demo and the terminal: nothing leaves the machine, texts are read on the simulated phone."""

from __future__ import annotations

import uuid
from datetime import datetime

from bot.channels.types import Inbound, Outgoing, Sent


def received(*, sender: str, body: str) -> Inbound:
    """A text from the simulated phone."""
    return Inbound(sid=f"SM{uuid.uuid4().hex}", sender=sender, receiver="demo", body=body)


class Console:
    """Takes every text as delivered: it is where it is read already, in the conversation."""

    def send(self, text: Outgoing) -> Sent:
        """The text with an id of its own."""
        return self.fetch(f"SM{uuid.uuid4().hex}")

    def find(self, text: Outgoing, *, since: datetime) -> tuple[Sent, ...]:
        """Nothing gets lost here."""
        return (self.send(text),)

    def fetch(self, sid: str) -> Sent:
        """What is here has been delivered."""
        return Sent(sid=sid, status="delivered")
