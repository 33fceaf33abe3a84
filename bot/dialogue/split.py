"""Danger that is told in two or three texts, none of which tells it alone (S-06)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.understand.types import Message, Reason, Understanding

SOURCE = "split"  # of the reason, by which it is told later that more than this text was read


def joined(read: Understanding, reads: Callable[[Message], Understanding], message: Message, before: list[str]) -> Understanding:
    """The reading of a message, with the danger that shows when it is read together with the texts just `before` it, oldest first."""
    if read.urgent or read.keyword or not before:
        return read
    together = reads(replace(message, text=" ".join([*before, message.text])))
    if together.urgent is None:
        return read
    reason = Reason(label=f"urgent.{together.urgent}", source=SOURCE, words=(), score=1.0)
    return replace(read, urgent=together.urgent, reasons=(reason, *read.reasons))
