"""The channel of the demo and the terminal: nothing leaves the machine, texts are read on the simulated phone."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path

from bot.channels.types import Inbound, Outgoing, Picture, Sent

PICTURE = Path(__file__).parents[2] / "clinics" / "demo_picture.png"  # what every patient of the demo sends: an invented insurance card


def received(*, sender: str, body: str, media: int = 0) -> Inbound:
    """A text from the simulated phone, perhaps with pictures."""
    return Inbound(sid=f"SM{uuid.uuid4().hex}", sender=sender, receiver="demo", body=body, media=media)


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

    def picture(self, sid: str, number: int) -> Picture:
        """Always the same one."""
        return Picture(PICTURE.read_bytes())
