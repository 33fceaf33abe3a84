"""What the provider's error codes mean for a text, as one table (D-01 … D-09). A code that is not in it is for a person (D-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Then(StrEnum):
    """What follows from an error."""

    RETRY = "again later"
    TOMORROW = "after the carrier's midnight"
    PERSON = "a person sees to it"
    NUMBER = "no text can arrive at this number; a person finds another way"
    OPTED_OUT = "the carrier says that this phone has opted out"
    STOP = "nothing more is sent until the configuration is mended"
    LOOK = "it may have been taken all the same: that is looked up before anything else"


@dataclass(frozen=True)
class Rule:
    """then: what follows. tries: how often a text is posted at most. wait: before the second try, doubled for each further one.

    whole: it is no fault of this text, so the whole sender waits.
    """

    then: Then
    tries: int = 1
    wait: timedelta = timedelta(0)
    whole: bool = False


_SECONDS = timedelta(seconds=1)
_MINUTES = timedelta(minutes=1)
BUSY = Rule(Then.RETRY, tries=5, wait=2 * _SECONDS, whole=True)  # never processed, always safe to retry (D-09)
DOWN = Rule(Then.RETRY, tries=3, wait=30 * _SECONDS)
AWAY = Rule(Then.RETRY, tries=3, wait=30 * _MINUTES)
ONCE = Rule(Then.RETRY, tries=2, wait=10 * _MINUTES)
FULL = Rule(Then.TOMORROW, tries=3)
NUMBER, STOP, PERSON, LOOK = Rule(Then.NUMBER), Rule(Then.STOP), Rule(Then.PERSON), Rule(Then.LOOK)
REACH = frozenset({21408, 21612})  # our number does not reach theirs; one abroad must not stop the texts to all others
SPREADS = 0.6180339887  # multiples of it, modulo 1, lie farthest from their neighbours
CARRIERS = ZoneInfo("America/Los_Angeles")  # where the carriers' days begin (D-07)
LONGEST = 120 * _MINUTES  # no wait is longer

CODES: dict[int, Rule] = {
    429: BUSY,  # HTTP: too many requests
    20429: BUSY,
    **dict.fromkeys((503, 20503), DOWN),  # the provider takes nothing just now; it said so, so nothing was sent
    **dict.fromkeys((408, 500, 502, 504, 20500), LOOK),  # something broke on the way, perhaps after it was taken (D-10)
    30001: DOWN,  # its queue is full
    21611: DOWN,  # ours is full
    30017: DOWN,  # the carrier is congested
    30022: DOWN,  # the campaign's rate
    30500: DOWN,
    30047: DOWN,
    30003: AWAY,  # the handset is off or out of reach
    30008: ONCE,  # unknown error
    30023: FULL,  # the carrier's cap for a day
    30027: FULL,
    **dict.fromkeys((21211, 21614, 21217, 21635, 30005, 30006), NUMBER),  # no number, no mobile, unknown, a landline
    21610: Rule(Then.OPTED_OUT),
    30004: PERSON,  # blocked: phone the patient (D-03)
    30007: PERSON,  # filtered for what it says: never the same words again (D-06)
    # The account, its number or its registration: every further text would fail alike (D-05).
    **dict.fromkeys((401, 20003, 21408, 21606, 21612, 21703, 21704, 21705, 30002, 30032, 30033, 30034, 30035), STOP),
}


def rule(code: int, *, abroad: bool = False) -> Rule:
    """What to do about an error code. abroad: it is of a number outside the US, which our number need not reach (D-16)."""
    return PERSON if abroad and code in REACH else CODES.get(code, PERSON)


def wait(given: Rule, *, attempt: int, spread: int, after: int = 0) -> timedelta:
    """How long before the next try. spread: any number of the text; texts that failed together come back at different times.

    after: not before so many seconds, as the provider has told (Retry-After).
    """
    longer: float = 2 ** (attempt - 1) * (1 + spread * SPREADS % 1 / 2)
    return min(max(given.wait * longer, timedelta(seconds=after)), LONGEST)


def tomorrow(now: datetime, *, spread: int) -> datetime:
    """After the carriers' next midnight, spread over the hour that follows it."""
    midnight = (now.astimezone(CARRIERS) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(hours=spread * SPREADS % 1)
