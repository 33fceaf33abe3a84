"""Somebody has died, has lost somebody, is in hospital or in jail: a person speaks of their visits, and the bot does not (N-10)."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.questions import GUESS
from bot.dialogue.targets import meant
from bot.dialogue.types import Hold

GOES_ON = frozenset({"ask", "confirm", "choose", "reschedule", "refill", "taken", "not_taken", "late", "arrived", "language"})
LOUD = 0.75  # what is read with less beside a stay in hospital is mostly the stay
STAY = frozenset({"other", "illness", "fear", "mobility"})  # what stands in the way, where that is the stay in hospital itself
TAKES_AWAY = frozenset({"cancel", "opt_out", "wrong_number"})


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


def told(draft: Draft) -> str | None:
    """Whoever tells of a death, a hospital or a jail, the patient's or another's, gets a person, and nothing is changed.

    After a death nothing is sent either until the person has seen to it. Who asks, comes or wants another time all the same ("is that
    tested, my mother died of it?") is answered as always, and a person reads it.
    """
    kind = next((each for each in ("death", "hospital", "custody") if each in draft.read.told), None)
    if kind is None or any(person.life_event for person in draft.facts.people):
        return None
    if _goes_on(draft, kind):
        if "barrier" not in draft.acts or kind == "hospital":  # of another thing a person reads there
            draft.log(kind, visit=meant(draft))
        if "reschedule" in draft.acts:
            draft.say("barrier.other")
        return None
    draft.remember(prompt=None)
    if kind == "death":
        draft.remember(hold=Hold.DEATH)
    if "opt_out" in draft.acts:  # texts end, and a person reads why: `safety.consent`
        return None
    for each in (kind,) if kind == "death" else sorted(draft.read.told):
        draft.log(each, visit=meant(draft))
    draft.say("barrier.other")
    return kind


def _goes_on(draft: Draft, kind: str) -> bool:
    """Whether the text is surely about something else, as a visit that they come to, or what stands in the way."""
    sure = {reason.label for reason in draft.read.reasons if reason.score >= GUESS}
    loud = {reason.label for reason in draft.read.reasons if reason.score >= LOUD}
    stay = kind == "hospital"
    barred = "barrier" in (loud if stay else sure) and bool(draft.read.barriers - (STAY if stay else {"other"}))
    return bool(sure & draft.acts & GOES_ON or barred) and not draft.acts & TAKES_AWAY


def _of_others(draft: Draft) -> bool:
    """Whether this answers what was asked about the others' visits; what takes a visit away may be meant for the other one's."""
    prompt, others = draft.prompt, {visit.id for visit in draft.facts.visits}
    asked = prompt is not None and bool(prompt.visits) and others.issuperset(prompt.visits)
    return asked and not draft.acts & {"cancel", "reschedule"}
