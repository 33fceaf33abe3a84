"""What fuzzing once found, kept so that it does not come back: target, what was drawn, and what it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.understand.types import Context, Message, Option

OPENED = {"path": "/account/login", "get": True, "form": {}, "token": None, "cookie": None, "headers": {}}
CASES: list[tuple[str, Any]] = [
    # 2026-11-26: a form token with a letter beyond ASCII was an error of ours (500) instead of a refusal.
    ("login", [OPENED, {**OPENED, "get": False, "token": "\x80"}]),
    # 2026-11-26: a start at the calendar's end has no UTC; the OverflowError ended the whole import.
    ("import", b"identifier,service,start,minutes\r\nS1,primary,0001-01-01 00:00+14:00,30\r\n"),
    ("import", b"identifier,service,start,minutes\r\nS1,primary,9999-12-31 23:59,30\r\n"),
    # 2026-11-26: one word fifteen hundred times was looked through for a time for six seconds.
    ("understanding", Message(text="\x04À" * 1516, context=Context.RESCHEDULE, language="ar", now=datetime(2025, 11, 8, tzinfo=UTC))),
    # 2026-11-26: where one time was offered, "il y a deux ans" picked the second.
    (
        "understanding",
        Message(
            text="Vous savez, ma tante est entrée pour le même examen il y a deux ans et elle n'est jamais ressortie de l'hôpital, "
            "depuis que j'ai reçu votre message je ne dors plus, je prie, je marche dans la maison, mon mari dit que c'est rien "
            "mais moi je n'arrive pas à me décider à franchir la porte",
            context=Context.SLOTS,
            slots=(Option(1, datetime(2024, 1, 1, tzinfo=UTC)),),
        ),
    ),
]
