"""The sender's state, shared by all workers: its rate, the kill switch (S-18), the stop after a wrong configuration (D-05)."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from bot.errors import Said
from bot.store.database import NO_KEY, Store
from bot.store.sending_models import SenderRow

log = structlog.get_logger()
CATCH_UP = timedelta(seconds=1)  # of the rate that was not used, so much may be used later: no worker is on time to the millisecond


def locked(session: Session, clinic_id: int) -> SenderRow:
    """The sender's state; other workers wait for the end of this transaction."""
    return session.get_one(SenderRow, clinic_id, with_for_update=NO_KEY, populate_existing=True)


def use(sender: SenderRow, *, segments: int, rate: float, now: datetime) -> None:
    """Takes that many segments from the rate (segments a second, D-11)."""
    since = max(sender.free_at, now - CATCH_UP) if sender.free_at else now
    sender.free_at = since + timedelta(seconds=segments / rate)


def room(sender: SenderRow, *, rate: float, now: datetime, most: int) -> int:
    """How many texts the rate allows just now if each takes one segment, at most `most`."""
    if sender.free_at is not None and sender.free_at > now:
        return 0
    if sender.free_at is None or math.isinf(rate):
        return most
    return min(most, int((now - max(sender.free_at, now - CATCH_UP)).total_seconds() * rate) + 1)


def stop(session: Session, clinic_id: int, *, code: int, now: datetime) -> None:
    """Nothing more is sent until somebody has mended what the code tells and says `resume`; texts are kept."""
    sender = locked(session, clinic_id)
    if sender.stopped_at is None:
        sender.stopped_at, sender.stopped_code = now, code
        log.error("sender_stopped", code=code, do="mend the account's configuration, then: flask --app app resume")


def pause(store: Store, clinic_id: int, now: datetime) -> None:
    """The kill switch: nothing but safety texts goes out, by whatever way."""
    with store.begin() as session:
        locked(session, clinic_id).paused_at = now
    log.warning("sender_paused")


def resume(store: Store, clinic_id: int) -> None:
    """Ends a pause and a stop: what waits is sent, if it is still of use."""
    with store.begin() as session:
        sender = locked(session, clinic_id)
        sender.paused_at = sender.stopped_at = sender.stopped_code = None
    log.warning("sender_resumed")


def words(sender: SenderRow | None) -> tuple[Said, ...]:
    """What keeps the sender from sending, for people."""
    found = []
    if sender is not None and sender.stopped_at:
        code, since = sender.stopped_code, f"{sender.stopped_at:%Y-%m-%d %H:%M}"
        found.append(Said("sender: stopped by code %(code)s since %(since)s UTC", code=code, since=since))
    if sender is not None and sender.paused_at:
        found.append(Said("sender: paused since %(since)s UTC", since=f"{sender.paused_at:%Y-%m-%d %H:%M}"))
    return tuple(found)
