"""The Flask application: reads the settings, wires the parts, registers the doors. No logic."""

from __future__ import annotations

import gc
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its threads wait for each other far longer than a text takes

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from bot import commands
from bot.channels.console import Console
from bot.channels.notices import Contacts
from bot.channels.twilio_sms import TwilioSms
from bot.channels.types import Channel
from bot.clinic import load_clinic
from bot.core import Bot
from bot.delivery.alerts import Alarm
from bot.delivery.spool import Spool
from bot.delivery.worker import Worker
from bot.logs import configure_logs
from bot.operate.version import version_of
from bot.owned.current import Current
from bot.reads import NoReader, Reads
from bot.settings import ROOT, Settings, read_settings
from bot.store import queries
from bot.store.database import Store
from bot.texts import load_texts
from bot.web import metrics, webhook
from bot.web.wiring import Wired

LARGEST = 256 * 1024  # bytes of one request; a message has 1600 characters


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] | None = None) -> Flask:
    """The public application: webhook, health, and the staff's pages behind accounts. `flask demo` has a phone and no accounts.

    Raises DataError or SettingsError, which name what is wrong and where.
    """
    app = Flask(__name__, template_folder="bot/web/templates", static_folder="bot/web/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    commands.register(app, wire)
    configure_logs()
    if settings is not None:
        wire(app, settings, clock=clock)
        if settings.staff_pages:
            from bot.web import pages  # noqa: PLC0415 - a process of `worker` has none, nor the memory for them

            pages.install(app, settings)
    return app


def serve() -> Flask:
    """What a server runs: `gunicorn "app:serve()"`. The jobs run beside it; who sends is a setting."""
    settings = read_settings()
    app = create_app(settings)
    wired: Wired = app.extensions["attend"]
    rate = settings.rate if settings.sends else None
    Worker(wired.bot, wired.channel, wired.spool, rate=rate, alarm=wired.alarm).start()
    gc.freeze()  # what was learned stays: the collector need not go through it again and again
    return app


def wire(app: Flask, settings: Settings, *, clock: Callable[[], datetime] | None = None, reads: bool = True) -> Wired:
    """Puts the parts together: database, reader (unless this process never `reads`), texts, clinic, channel."""
    store = Store(url=settings.database_url, keys=settings.keys)
    store.migrate()
    clinic = load_clinic(settings.clinic_file)
    clinic_id = queries.clinic_id(store, clinic.slug)
    bot = Bot(
        store=store,
        reader=load_reader(ROOT / "intents", cache=settings.cache_dir) if reads else NoReader(),
        texts=load_texts(ROOT / "locales"),
        current=Current(clinic, store, clinic_id),
        clinic_id=clinic_id,
        clock=clock or (lambda: datetime.now(UTC)),
        carrier_answers=settings.carrier_answers and not settings.demo,
        version=version_of(ROOT),
    )
    bot.current.look()
    spool, channel, alarm = Spool(settings.spool_dir, store.cipher), _channel(settings), _alarm(settings)
    wired = Wired(settings=settings, bot=bot, spool=spool, channel=channel, alarm=alarm)
    app.extensions["attend"] = wired
    app.register_blueprint(webhook.blueprint)
    app.register_blueprint(metrics.blueprint)
    return wired


def load_reader(intents: Path, *, cache: Path) -> Reads:
    """The trained reader. What reading needs is imported with it: a process of `worker` reads nothing, and has no memory for it."""
    from bot.understand import reader  # noqa: PLC0415

    return reader.load_reader(intents, cache=cache)


def _channel(settings: Settings) -> Channel:
    if settings.demo or not settings.account_sid:
        return Console()
    return TwilioSms(
        account_sid=settings.account_sid,
        token=settings.auth_tokens[0],
        number=settings.number,
        status_url=f"{settings.public_url}/sms/status",
    )


def _alarm(settings: Settings) -> Alarm:
    contacts = Contacts(settings.alert_webhooks, settings.alert_emails, smtp=settings.smtp_url, sender=settings.alert_from)
    return Alarm(contacts, inbox=f"{settings.public_url}/inbox/phone/")
