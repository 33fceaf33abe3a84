"""The channel of the demo and the terminal: nothing leaves the machine, texts are read on the simulated phone."""

from __future__ import annotations

import uuid

from bot.channels.types import Inbound, Sent


def received(*, sender: str, body: str) -> Inbound:
    """A text from the simulated phone."""
    return Inbound(sid=f"SM{uuid.uuid4().hex}", sender=sender, receiver="demo", body=body)


class Console:
    """Takes every text as delivered."""

    def send(self, *, to: str, body: str) -> Sent:
        """The text is where it is read already: in the conversation."""
        return Sent(sid=f"SM{uuid.uuid4().hex}", status="delivered")
