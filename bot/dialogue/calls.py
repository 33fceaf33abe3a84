"""When somebody who was promised a call wants it."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.types import Ask


def call_time(draft: Draft) -> str | None:
    """ "After four, please", from who was just promised a call, is when to call; another time of the visit can be told there.

    So is an hour beside the wish for a call, in one text, unless another time of the visit is being looked for.
    """
    said, when = draft.acts | draft.doubtful, draft.read.when
    if when is None or "reschedule" not in said or said & {"confirm", "cancel", "choose"}:
        return None
    hour = "human" in draft.acts and not any(wish.days for wish in when.wishes) and not draft.prompted(Ask.SLOTS, Ask.WHEN)
    if not draft.before.call and not hour:
        return None
    draft.acts = draft.acts - {"reschedule"} | {"human"}
    draft.doubtful.clear()
    draft.settled = True
    return "call_time"
