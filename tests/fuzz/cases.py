"""What fuzzing once found, kept so that it does not come back: target, what was drawn, and what it was."""

from __future__ import annotations

from typing import Any

OPENED = {"path": "/account/login", "get": True, "form": {}, "token": None, "cookie": None, "headers": {}}
CASES: list[tuple[str, Any]] = [
    # 2026-11-26: a form token with a letter beyond ASCII was an error of ours (500) instead of a refusal.
    ("login", [OPENED, {**OPENED, "get": False, "token": "\x80"}]),
    # 2026-11-26: a start at the calendar's end has no UTC; the OverflowError ended the whole import.
    ("import", b"identifier,service,start,minutes\r\nS1,primary,0001-01-01 00:00+14:00,30\r\n"),
    ("import", b"identifier,service,start,minutes\r\nS1,primary,9999-12-31 23:59,30\r\n"),
]
