"""What carriers do by themselves with some words that patients send."""

from __future__ import annotations

from bot.channels.types import CARRIER_WORDS

KEYWORDS = frozenset({"opt_out", "opt_out_cancel", "opt_in", "help"})  # the same words in all languages, as the reader calls them
TEXTS = frozenset({"opted_out", "opted_in", "help", "less"})  # our own answers to them, which would come twice


def answers(body: str) -> bool:
    """Whether the carrier answers this text itself."""
    return body.strip().upper() in CARRIER_WORDS
