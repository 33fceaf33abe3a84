"""When somebody who was promised a call wants it."""

from __future__ import annotations

from bot.dialogue.draft import Draft


def call_time(draft: Draft) -> str | None:
    """ "After four, please", from who was just promised a call, is when to call; another time of the visit can be told there."""
    said = draft.acts | draft.doubtful
    if not draft.before.call or draft.read.when is None or "reschedule" not in said or said & {"confirm", "cancel", "choose"}:
        return None
    draft.acts = draft.acts - {"reschedule"} | {"human"}
    draft.doubtful.clear()
    draft.settled = True
    return "call_time"
