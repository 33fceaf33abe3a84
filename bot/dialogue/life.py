"""Somebody has died, has lost somebody or is in hospital: a person speaks of their visits, and the bot does not (N-10)."""

from __future__ import annotations

from bot.dialogue.draft import Draft


def held(draft: Draft) -> str | None:
    """A text is noted and a person answers, while it may be about somebody in whose life something has happened."""
    people = draft.facts.people
    happened = [person for person in people if person.life_event]
    if not happened or (len(happened) < len(people) and (not draft.facts.apart or _of_others(draft))):
        return None
    visit = draft.facts.apart[0] if draft.facts.apart else None
    for act in ("late", "arrived"):  # the front desk must know all the same
        if act in draft.acts:
            draft.log(act, visit=visit)
    whose = next((person for person in happened if visit and person.id == visit.patient_id), happened[0])
    draft.log("held_message", detail=whose.life_event, visit=visit)
    draft.remember(prompt=None)
    draft.say("received")
    return "life_event"


def _of_others(draft: Draft) -> bool:
    """Whether this answers what was asked about the others' visits; what takes a visit away may be meant for the other one's."""
    prompt, others = draft.prompt, {visit.id for visit in draft.facts.visits}
    asked = prompt is not None and bool(prompt.visits) and others.issuperset(prompt.visits)
    return asked and not draft.acts & {"cancel", "reschedule"}
