"""Commands for who runs Attend: what translators have read, whether an installation is well."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import click

from bot.lint import review
from bot.settings import ROOT
from bot.texts import TEXTS, load_texts

Clear = Callable[[], AbstractContextManager[None]]


def register(cli: click.Group, clear_errors: Clear) -> None:
    """Adds the commands. clear_errors: turns data and settings errors into messages."""

    @cli.command("reviewed")
    @click.argument("language")
    @click.argument("keys", nargs=-1, required=True)
    @click.option("--by", required=True, help="Name and qualification of the translator who has read them.")
    def reviewed(language: str, keys: tuple[str, ...], by: str) -> None:
        """Writes down that a qualified translator has read these texts as they stand; `all` for all of them."""
        with clear_errors():
            every = tuple(TEXTS) if keys == ("all",) else keys
            review(ROOT / "locales", load_texts(ROOT / "locales"), language, every, by=by, today=datetime.now(UTC).date())
