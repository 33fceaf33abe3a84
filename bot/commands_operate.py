"""Commands for who runs Attend: what translators have read, whether an installation is well."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import click

from bot.channels.twilio_account import OVERRIDES, AccountError, TwilioAccount
from bot.clinic import load_clinic
from bot.errors import SettingsError
from bot.lint import load_lint, load_reviews, review
from bot.operate.doctor import Installation, Level, examine
from bot.settings import ROOT, Settings, read_settings
from bot.store.database import Store
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

    @cli.command("doctor")
    def doctor() -> None:
        """Looks whether this installation is well, in plain words. Exits 1 when something is not."""
        with clear_errors():
            worst = Level.OK
            for finding in examine(_installation(read_settings())):
                print(f"{finding.level:8} {finding.about:10} {finding.what}")
                worst = Level.ERROR if Level.ERROR in (worst, finding.level) else worst
        raise SystemExit(1 if worst is Level.ERROR else 0)

    @cli.command("connect")
    def connect() -> None:
        """Tells the provider where the number's texts go: webhook and fallback, POST, with retries."""
        with clear_errors():
            settings = read_settings()
            account = _account(settings)
            if account is None:
                raise SettingsError("TWILIO_ACCOUNT_SID is not set: there is no account to connect")
            address = f"{settings.public_url}/sms"
            try:
                account.connect(account.number(settings.number), url=address)
            except AccountError as error:
                raise SettingsError(f"connect: {error}") from error
        print(f"webhook   {address}{OVERRIDES}\nfallback  {address}\nstatus    {address}/status (named with each text)")


def _installation(settings: Settings) -> Installation:
    return Installation(
        settings=settings,
        store=Store(url=settings.database_url, keys=settings.keys),
        clinic=load_clinic(settings.clinic_file),
        texts=load_texts(ROOT / "locales"),
        lint=load_lint(ROOT / "locales"),
        reviews=load_reviews(ROOT / "locales"),
        now=datetime.now(UTC),
        account=_account(settings),
    )


def _account(settings: Settings) -> TwilioAccount | None:
    if not settings.account_sid:
        return None
    return TwilioAccount(account_sid=settings.account_sid, token=settings.auth_tokens[0])
