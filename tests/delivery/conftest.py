"""A clinic on either database, and a provider that takes texts over HTTP and misbehaves as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bench.double import Provider, Server
from bot.channels import twilio_sms
from bot.channels.twilio_sms import TwilioSms
from bot.delivery import sender
from bot.delivery.callbacks import Callback, record
from bot.delivery.lookup import look
from bot.store.models import CommunicationRow, PhoneRow, TaskRow
from bot.store.outgoing import queue
from bot.store.sending_models import OutboxRow, SenderRow
from tests.patience import LONG
from tests.world import World, make_world

ACCOUNT, NUMBER = "AC" + "a" * 32, "+17165550100"


@dataclass(frozen=True)
class Post:
    """A clinic, its provider, and what goes between them. hurried: a channel that gives up soon, for a provider that hangs."""

    world: World
    provider: Provider
    channel: TwilioSms
    hurried: TwilioSms

    def text(self, who: str = "dorothy", *, body: str = "hello", sender: str = "bot", **how: Any) -> int:
        """A text in the outbox; its id."""
        bot = self.world.bot
        with bot.store.begin() as session:
            phone = self.world.phones[who]
            return queue(session, clinic_id=bot.clinic_id, phone_id=phone, body=body, now=bot.clock(), sender=sender, **how).id

    def send(self, **how: Any) -> int:
        """Sends what may go now."""
        return sender.send_waiting(self.world.bot, self.channel, **how)

    def meet(self, way: str) -> None:
        """Sends one text, which meets that at the provider."""
        self.provider.plan = [way]
        if not way.endswith("hang"):
            assert self.send() == 0
            return
        assert sender.send_waiting(self.world.bot, self.hurried) == 0
        assert self.provider.hanging.wait(LONG)  # whoever was faster, the provider has done what it does

    def look(self) -> None:
        """Looks up what became of texts nobody knows of."""
        look(self.world.bot, self.channel)

    def told(self, text: int, status: str, code: int = 0, *, sid: str | None = None) -> None:
        """A callback about a text."""
        record(self.world.bot, Callback(sid=sid or self.row(text).provider_sid or "SM1", status=status, code=code, text=str(text)))

    def wait(self, **time: float) -> datetime:
        """Moves the clock."""
        self.world.clock.now += timedelta(**time)
        return self.world.clock.now

    def rows(self, kind: Any, *where: Any) -> list[Any]:
        """Rows of a table."""
        with self.world.bot.store.session() as session:
            return list(session.scalars(select(kind).where(*where)))

    def row(self, text: int) -> CommunicationRow:
        """A text."""
        (row,) = self.rows(CommunicationRow, CommunicationRow.id == text)
        return row  # type: ignore[no-any-return]

    def outbox(self, text: int) -> OutboxRow:
        """Its place in the outbox."""
        (row,) = self.rows(OutboxRow, OutboxRow.communication_id == text)
        return row  # type: ignore[no-any-return]

    def phone(self, who: str = "dorothy") -> PhoneRow:
        """A person's phone."""
        (row,) = self.rows(PhoneRow, PhoneRow.id == self.world.phones[who])
        return row  # type: ignore[no-any-return]

    def items(self) -> list[str]:
        """Open items, with their details."""
        return sorted(f"{row.kind} {row.detail}".strip() for row in self.rows(TaskRow, TaskRow.status != "completed"))

    def sender(self) -> SenderRow:
        """The sender's state."""
        (row,) = self.rows(SenderRow)
        return row  # type: ignore[no-any-return]

    @property
    def bodies(self) -> list[str]:
        """What the provider took."""
        return [message["body"] for message in self.provider.messages]


@pytest.fixture
def provider() -> Iterator[tuple[Provider, str]]:
    """A provider on loopback, and its address."""
    found = Provider()
    server = Server(found)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found, server.url
    server.shutdown()
    thread.join()
    server.server_close()


def _post(bot_parts: Any, url: str, provider: tuple[Provider, str]) -> Iterator[Post]:
    world = make_world(bot_parts, url=url)
    yield Post(world=world, provider=provider[0], channel=_channel(provider[1], LONG), hurried=_channel(provider[1], 0.3))
    world.bot.store.engine.dispose()


def _channel(url: str, seconds: float) -> TwilioSms:
    """A channel that waits so long for the provider."""
    status_url = "https://texts.example.org/sms/status"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twilio_sms, "TIMEOUT", seconds)
        return TwilioSms(account_sid=ACCOUNT, token="t", number=NUMBER, status_url=status_url, base_url=url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def post(request: pytest.FixtureRequest, bot_parts: Any, provider: Any, tmp_path: Path) -> Iterator[Post]:
    """A clinic and its provider, on either database; PostgreSQL's turn is among the slow tests."""
    if request.param == "sqlite":
        yield from _post(bot_parts, f"sqlite:///{tmp_path / 'clinic.db'}", provider)
        return
    with request.getfixturevalue("databases").copy(request.getfixturevalue("tables")) as url:
        yield from _post(bot_parts, url, provider)
