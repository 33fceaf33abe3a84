"""What fuzzing once found, kept so that it does not come back: target, what was drawn, and what it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.understand.types import Context, Message

OPENED = {"path": "/account/login", "get": True, "form": {}, "token": None, "cookie": None, "headers": {}}
CASES: list[tuple[str, Any]] = [
    # 2026-11-26: a form token with a letter beyond ASCII was an error of ours (500) instead of a refusal.
    ("login", [OPENED, {**OPENED, "get": False, "token": "\x80"}]),
    # 2026-11-26: a start at the calendar's end has no UTC; the OverflowError ended the whole import.
    ("import", b"identifier,service,start,minutes\r\nS1,primary,0001-01-01 00:00+14:00,30\r\n"),
    ("import", b"identifier,service,start,minutes\r\nS1,primary,9999-12-31 23:59,30\r\n"),
    # 2026-11-26: one word fifteen hundred times was looked through for a time for six seconds.
    ("understanding", Message(text="\x04À" * 1516, context=Context.RESCHEDULE, language="ar", now=datetime(2025, 11, 8, tzinfo=UTC))),
]
