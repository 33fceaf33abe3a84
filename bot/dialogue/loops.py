"""Two machines that answer each other: the bot is the one that stops (W-25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.dialogue.effects import Decision, LogItem, Say

MOST = 3  # exchanges of the very same words and answer; the provider itself cuts off after 15 in 30 seconds
WHATEVER = 10  # of the same answer to whatever words
WITHIN = timedelta(hours=1)


def damp(decision: Decision, answered: list[str]) -> Decision:
    """The decision, but silent and with an item for people when it would repeat itself once more.

    answered: the text keys, joined by commas, with which the same words were answered `WITHIN` before, one entry an answer; or
    whatever words, where the answer was given WHATEVER times.
    A safety text is never held back; it has a limit of its own (S-14).
    """
    keys = said(decision)
    if not keys or "safety." in keys or answered.count(keys) < MOST:
        return decision
    quiet = tuple(effect for effect in decision.effects if not isinstance(effect, Say))
    return replace(decision, effects=(*quiet, LogItem(kind="loop")), rule=f"loop+{decision.rule}")


def said(decision: Decision) -> str:
    """The keys of the texts that a decision answers with, as they are stored with the message."""
    return ",".join(say.key for say in decision.said)[:300]
