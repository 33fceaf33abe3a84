"""The demo's pages on a database of their own, two coordinators, and patients who text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.channels.console import Console
from bot.core import Bot
from bot.delivery.sender import send_waiting
from bot.settings import Settings
from bot.store.models import TaskRow
from bot.web.wiring import Wired
from tests.conftest import application_on, serving
from tests.staff import HERE, Browser, hire
from tests.world import Clock, World, make_world

ANA, BEN = 1, 2
Come = Callable[[str], Browser]


@dataclass(frozen=True)
class Desk:
    """The demo and its two coordinators. Patients are known by the number of their phone on the demo's page."""

    app: Flask
    ana: FlaskClient
    ben: FlaskClient

    @property
    def bot(self) -> Bot:
        """The parts of the application."""
        wired: Wired = self.app.extensions["attend"]
        return wired.bot

    def text(self, phone: int, words: str) -> None:
        """A patient texts the clinic, with what waited to be sent before them."""
        send_waiting(self.bot, Console())
        self.app.test_client().post(f"/demo/{phone}/text", data={"body": words})

    def rows(self, kind: Any, *where: Any) -> list[Any]:
        """Rows of a table, oldest first."""
        with self.bot.store.session() as session:
            return list(session.query(kind).filter(*where).order_by(kind.id))

    def items(self, phone: int) -> list[TaskRow]:
        """The open items of a phone."""
        return self.rows(TaskRow, TaskRow.phone_id == phone, TaskRow.status == "requested")


def page(client: FlaskClient, address: str) -> str:
    """What a page says."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def do(client: FlaskClient, what: str, *ids: int, **form: str) -> str:
    """Does something with items and gives the page that follows."""
    data = {"do": what, "item": [str(each) for each in ids], "back": "/inbox", **form}
    return client.post("/inbox/items", data=data, follow_redirects=True).get_data(as_text=True)


def act(client: FlaskClient, phone: int, action: str, **form: str) -> str:
    """Does something with a conversation and gives its page."""
    return client.post(f"/inbox/phone/{phone}/{action}", data=form, follow_redirects=True).get_data(as_text=True)


@pytest.fixture
def desk(pages: Flask) -> Desk:
    """A demo clinic with Ana and Ben at the desk."""
    clients = pages.test_client(), pages.test_client()
    for client, number in zip(clients, (ANA, BEN), strict=True):
        client.post("/inbox/me", data={"actor": number})
    return Desk(pages, *clients)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The seeded clinic, as people on the server's own machine reach it."""
    return replace(settings, public_url=HERE)


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """The public application with its staff's pages."""
    with application_on(settings, clock) as app:
        yield app


@pytest.fixture
def come(app: Flask, live: int) -> Come:
    """A coordinator of that name sits down."""
    return lambda name: Browser(live).enter(app, hire(app, email=f"{name}@clinic.example"))


@pytest.fixture
def served(desk: Desk) -> Iterator[str]:
    """The demo over HTTP."""
    with serving(desk.app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def world(bot_parts: Any) -> World:
    """A clinic without pages, whose clock can be set."""
    return make_world(bot_parts)
