"""The staff's pages, served on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from bot.settings import Settings
from tests.conftest import application_on, serving
from tests.staff import HERE, Browser
from tests.world import Clock


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
def browser(app: Flask) -> Iterator[Callable[[], Browser]]:
    """Makes browsers, each with cookies of its own."""
    with serving(app) as port:
        yield lambda: Browser(port)
