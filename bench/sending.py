"""A worker as bench/delivery.py runs it: all its jobs, with a provider on loopback that is given up sooner than in a clinic.

python bench/sending.py DATABASE_URL KEY PROVIDER_URL RATE EVERY
"""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.channels import twilio_sms  # noqa: E402
from bot.channels.twilio_sms import TwilioSms  # noqa: E402
from bot.clinic import load_clinic  # noqa: E402
from bot.core import Bot  # noqa: E402
from bot.delivery import claims, codes, lookup  # noqa: E402
from bot.delivery.worker import Worker  # noqa: E402
from bot.logs import configure_logs  # noqa: E402
from bot.owned.current import Current  # noqa: E402
from bot.store.database import Store  # noqa: E402
from bot.texts import load_texts  # noqa: E402

STATUS = "https://texts.example.org/sms/status"
twilio_sms.TIMEOUT = 3.0  # on a busy machine less would time out what the provider has taken
claims.UNDER_WAY, claims.LEASE, lookup.SKEW = timedelta(seconds=8), timedelta(seconds=16), timedelta(seconds=9)
codes.LONGEST = timedelta(seconds=1)  # as long as the double's Retry-After asks for


def open_bot(url: str, key: str) -> Bot:
    """A bot that can do everything but read. Its clinic texts on whatever day this runs, and of nothing that takes a second segment."""
    nothing: Any = None
    store = Store(url=url, keys=(key.encode(),))
    clinic = load_clinic(ROOT / "clinics" / "demo.yaml")
    hours = replace(clinic.cadence.hours, holidays=frozenset())
    clinic = replace(clinic, cadence=replace(clinic.cadence, hours=hours), clinic=replace(clinic.clinic, papers=()))
    return Bot(
        store=store,
        reader=nothing,
        texts=load_texts(ROOT / "locales"),
        current=Current(clinic, store, 1),
        clinic_id=1,
        clock=lambda: datetime.now(UTC),
    )


def main() -> None:
    """Works until it is told to end, or killed."""
    url, key, provider, rate, every = sys.argv[1:]
    configure_logs()
    bot = open_bot(url, key)
    channel = TwilioSms(account_sid="AC" + "0" * 32, token="t", number="+17165550100", status_url=STATUS, base_url=provider)  # noqa: S106
    Worker(bot, channel, None, rate=float(rate), every=float(every)).start()
    signal.pause()


if __name__ == "__main__":
    main()
