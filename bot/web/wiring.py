"""What a web process is put together from."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from bot.channels.types import Channel
from bot.core import Bot
from bot.delivery.alerts import Alarm
from bot.delivery.spool import Spool
from bot.settings import Settings


@dataclass(frozen=True)
class Wired:
    """Made once by app.py; blueprints read it from the application."""

    settings: Settings
    bot: Bot
    spool: Spool
    channel: Channel
    alarm: Alarm


def wired() -> Wired:
    """What app.py put together for this process."""
    return current_app.extensions["attend"]  # type: ignore[no-any-return]
