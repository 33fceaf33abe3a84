"""Danger that is told in two or three texts, none of which tells it alone (S-06)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.understand.types import Message, Reason, Understanding

SURE, LOUD = 0.9, 0.6  # a text that says something harmless so surely makes danger only of what is so loud together
SOURCE = "split"  # of the reason, by which it is told later that more than this text was read


def joined(read: Understanding, reads: Callable[[Message], Understanding], message: Message, before: list[str]) -> Understanding:
    """The reading of a message, with the danger that shows when it is read together with the texts just `before` it, oldest first."""
    if read.urgent or read.keyword or read.number is not None or not before:  # a number answers what we asked
        return read
    together = reads(replace(message, text=" ".join([*before, message.text])))
    if together.urgent is None or (_plain(read) and not _loud(together)):
        return read
    reason = Reason(label=f"urgent.{together.urgent}", source=SOURCE, words=(), score=1.0)
    return replace(read, urgent=together.urgent, reasons=(reason, *read.reasons))


def _plain(read: Understanding) -> bool:
    """Whether a text is surely something harmless ("thanks"), which seldom is the end of another sentence."""
    return bool(read.acts) and any(reason.score >= SURE for reason in read.reasons)


def _loud(read: Understanding) -> bool:
    """Whether danger is more than a guess of the model."""
    return any(
        reason.label == f"urgent.{read.urgent}" and (reason.source != "model" or reason.score >= LOUD) for reason in read.reasons
    )
