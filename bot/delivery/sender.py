"""The sender: takes texts from the outbox and gives them to the provider, with several hands and no transaction open."""

from __future__ import annotations

import math
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import structlog

from bot.channels.twilio_sms import CONNECTIONS
from bot.channels.types import Channel, SendError
from bot.core import Bot
from bot.delivery import claims, outbox
from bot.delivery.claims import Claimed

log = structlog.get_logger()
BREATH = 0.1  # seconds between two looks at the outbox: what the rate allows meanwhile goes at once, and a look costs more than a text
HANDS = CONNECTIONS  # texts that one process sends at a time: a provider that takes 200 ms for each gets 160 a second


def send_waiting(bot: Bot, channel: Channel, *, rate: float = math.inf) -> int:
    """Sends what may go now, one after the other, and gives how many texts went out. rate: segments a second."""
    count = 0
    while (batch := claims.claim(bot, rate=rate, limit=1)).due:
        count += sum(send(bot, channel, claimed) for claimed in batch.texts)
    return count


def send(bot: Bot, channel: Channel, claimed: Claimed) -> bool:
    """Sends one text and writes down what the provider said. Gives whether it took it."""
    if claimed.until - bot.clock() < claims.UNDER_WAY:  # this process stood still for long: whoever looks it up would look too early
        outbox.not_posted(bot, claimed)
        return False
    try:
        told = channel.send(claimed.text)
    except SendError as error:
        outbox.not_sent(bot, claimed, error.code, after=error.after)
        return False
    outbox.sent(bot, claimed, told)
    return True


class Sender:
    """Keeps several texts on the way at a time. rate: segments a second of the number, for all workers together (D-11)."""

    def __init__(self, bot: Bot, channel: Channel, *, rate: float) -> None:
        self._bot, self._channel, self._rate = bot, channel, rate
        self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="hand")
        self._busy: set[Future[None]] = set()

    def __call__(self) -> float | None:
        """Gives the due texts to free hands; gives the seconds after which there may be more, None when nothing is due."""
        self._busy = {each for each in self._busy if not each.done()}
        if len(self._busy) == HANDS:
            wait(self._busy, timeout=1, return_when=FIRST_COMPLETED)
            return 0
        batch = claims.claim(self._bot, rate=self._rate, limit=HANDS - len(self._busy))
        for claimed in batch.texts:
            self._busy.add(self._hands.submit(self._send, claimed))
        if batch.wait:
            return max(batch.wait.total_seconds(), BREATH)
        return 0 if batch.due else None

    def _send(self, claimed: Claimed) -> None:
        try:
            send(self._bot, self._channel, claimed)
        except Exception as error:  # the lease ends, and then it is looked up what became of the text
            log.error("send_failed", outbox=claimed.outbox_id, error=type(error).__name__)

    def close(self) -> None:
        """Waits for the texts that are on the way."""
        self._hands.shutdown(wait=True)
