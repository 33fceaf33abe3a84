"""What waits for a person: items, and what was promised."""

from __future__ import annotations

from bot.apply.scope import Scope
from bot.dialogue.effects import CloseItems, LogItem, Promise
from bot.store import tasks, turns


def log_item(scope: Scope, effect: LogItem) -> None:
    """One open item a kind, detail and visit: a repeat refreshes it instead of adding another."""
    start = scope.seen[effect.visit].start if effect.visit in scope.seen else None
    if effect.visit and start is None:
        scope.flush()  # effects before this one may hold the visit as an object
        start = turns.start_of(scope.connection, effect.visit)
    new = scope.kinds is not None and effect.kind not in scope.kinds
    tasks.log(scope.connection, effect, scope.phone, text=scope.text, start=start, now=scope.now, new=new)
    if scope.kinds is not None:
        scope.kinds.add(effect.kind)


def promise(scope: Scope, effect: Promise) -> None:
    """What was promised first is what counts: who writes again does not wait longer."""
    tasks.promise(scope.connection, scope.phone, text=scope.text, by=effect.by, now=scope.now)


def close_items(scope: Scope, effect: CloseItems) -> None:
    """The patient answered: what waited for that is done."""
    if scope.kinds is None or not scope.kinds.isdisjoint(effect.kinds):
        tasks.close(scope.connection, scope.phone.id, effect, now=scope.now)
