"""Several answers in one message, each for a visit of its own."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.rescheduling import begin
from bot.dialogue.targets import by_number, unchanged
from bot.dialogue.visits import ACTS


def answers(draft: Draft) -> str | None:
    """ "1 yes 2 no": each answer lands on its own visit, all are read back (N-04)."""
    if not draft.read.answers:
        return None
    done: set[int] = set()
    for answer in draft.read.answers:
        visit = by_number(draft, answer.number)
        if visit is None or visit.id in done:
            continue
        done.add(visit.id)
        if answer.act in ACTS:
            if unchanged(draft, visit, answer.act):
                ACTS[answer.act](draft, visit)
        else:
            begin(draft, visit)
    if not done:
        return None
    draft.doubtful.clear()
    draft.acts -= {*ACTS, "reschedule", "barrier", "other", "choose", "noise"}
    return "answers"
