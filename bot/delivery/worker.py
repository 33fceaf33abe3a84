"""The jobs beside the web: each in a thread of its own, so that none waits for another, in a web process or in one of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.channels.types import Channel
from bot.core import Bot
from bot.delivery import alerts, lookup, media, replies
from bot.delivery.alerts import Alarm
from bot.delivery.planner import plan_due
from bot.delivery.sender import Sender
from bot.delivery.spool import Spool
from bot.delivery.waitlist import offer_due
from bot.desk import apologies, later, life, silence, tallies
from bot.store import words
from bot.store.models import CommunicationRow
from bot.turn import answer, take

log = structlog.get_logger()
UNANSWERED = timedelta(seconds=60)  # longer than the provider waits for a webhook, its retry included (W-15)


def sweep(bot: Bot, spool: Spool) -> None:
    """Takes in what lay in this machine's spool, and answers what a crash left unanswered."""
    for path, inbound in spool.waiting():
        with _each("spool"):
            take(bot, replace(inbound, retry=False), via="outbox")  # its webhook has long been answered
            path.unlink(missing_ok=True)
    with bot.store.session() as session:
        left = session.scalars(
            select(CommunicationRow.id)
            .where(
                CommunicationRow.clinic_id == bot.clinic_id,
                CommunicationRow.direction == "inbound",
                CommunicationRow.status == "received",
                CommunicationRow.at < bot.clock() - UNANSWERED,
            )
            .order_by(CommunicationRow.at, CommunicationRow.id)
        ).all()
    for row_id in left:
        with _each("unanswered"):
            answer(bot, row_id, via="outbox")


@contextmanager
def _each(what: str) -> Iterator[None]:
    """One text that breaks whatever is tried keeps no other waiting; it is tried again next time. The database's own errors end all."""
    try:
        yield
    except OperationalError:
        raise
    except Exception as error:
        log.error("not_swept", what=what, error=type(error).__name__)


def plan(bot: Bot) -> float | None:
    """Queues what the schedule says is due, and offers times that have opened; at once again while there is more."""
    return 0 if plan_due(bot) + offer_due(bot) else None


def index_words(bot: Bot) -> None:
    """Makes new texts and notes searchable."""
    more = True
    while more:
        with bot.store.reading() as connection:
            batch = words.unindexed(connection)
        more = bool(batch.last) and bot.store.write(partial(words.index, cipher=bot.store.cipher, batch=batch, now=bot.clock()))


class Loop(threading.Thread):
    """Does a job again and again: after `every` seconds, or sooner where the job gives a shorter time."""

    def __init__(self, name: str, job: Callable[[], float | None], *, every: float) -> None:
        super().__init__(name=name, daemon=True)
        self._job, self._every, self._stopped = job, every, threading.Event()

    def run(self) -> None:
        """Never ends by an error: what failed is tried again."""
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = self._every
            try:
                wanted = self._job()
                pause = self._every if wanted is None else min(wanted, self._every)
            except Exception as error:  # a thread that ended would stop all texts, and nobody would see it
                log.error("job_failed", job=self.name, error=type(error).__name__)

    def stop(self) -> None:
        """Ends the thread after what it is doing."""
        self._stopped.set()


class Worker:
    """All jobs. rate: segments a second of the number; None: another process sends. alarm: whom to tell of what nobody takes on.

    spool: of this machine, to be swept; None: the bot cannot read, and the web processes answer what was left unanswered.
    """

    def __init__(
        self,
        bot: Bot,
        channel: Channel,
        spool: Spool | None,
        *,
        rate: float | None,
        alarm: Alarm | None = None,
        every: float = 1.0,
    ) -> None:
        self._sender = Sender(bot, channel, rate=rate) if rate else None
        self._loops = [Loop("settings", bot.current.look, every=every)]
        if spool is not None:
            self._loops.append(Loop("sweep", partial(sweep, bot, spool), every=every))
        if self._sender is not None:
            self._loops += [
                Loop("plan", partial(plan, bot), every=every),
                Loop("send", self._sender, every=every),
                Loop("later", partial(later.settle, bot), every=every),
                Loop("apologies", partial(apologies.apologise, bot), every=10 * every),
                Loop("life", partial(life.end_due, bot), every=10 * every),
                Loop("silence", partial(silence.escalate, bot), every=10 * every),
                Loop("media", partial(media.fetch, bot, channel), every=every),
                Loop("words", partial(index_words, bot), every=every),
                Loop("tallies", partial(tallies.keep, bot), every=60 * every),
                Loop("look", partial(lookup.look, bot, channel), every=10 * every),
                Loop("replies", partial(replies.watch, bot, channel), every=10 * every),
            ]
            self._loops += [Loop("alerts", partial(alerts.watch, bot, alarm), every=10 * every)] if alarm is not None else []

    def start(self) -> None:
        """Starts the jobs."""
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """Ends the jobs; texts that are on the way are waited for."""
        for loop in self._loops:
            loop.stop()
        for loop in self._loops:
            loop.join()
        if self._sender is not None:
            self._sender.close()
