"""Answers to a time that was offered from the waiting list: whoever takes it first has it."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from bot.dialogue.draft import Draft
from bot.dialogue.effects import DeclineOffer, LeaveWaitlist
from bot.dialogue.rescheduling import take
from bot.dialogue.targets import called_off_since
from bot.dialogue.types import Ask, Prompt
from bot.dialogue.waitlist import leave, waits_on

AGREES = frozenset({"confirm", "choose"})
BESIDE = frozenset({"social", "ask", "barrier"})  # may stand beside a yes


class Said(StrEnum):
    """What a patient says to an offer. PERHAPS is a yes that is not sure."""

    YES = "yes"
    NO = "no"
    OFF = "off"
    PERHAPS = "perhaps"


NUMBERS = {1: Said.YES, 2: Said.NO, 3: Said.OFF}


def answer(draft: Draft) -> str | None:
    """Yes, no, or off the list; anything else leaves the offer open and is looked at as always."""
    prompt = draft.prompt
    if prompt is None or prompt.ask is not Ask.OFFER or prompt.patient is None:
        return None
    said = _said(draft, prompt)
    if said is Said.YES:
        return _take(draft, prompt, prompt.patient)
    if said is Said.NO:
        draft.do(DeclineOffer(patient=prompt.patient, slot=prompt.slots[0]))
        waits_on(draft, draft.visit(prompt.visits[0]) if prompt.visits else None)
        return "offer_declined"
    if said is Said.OFF:
        leave(draft, (prompt.patient, prompt.service))
        return "waitlist_left"
    if said is Said.PERHAPS:
        draft.doubtful.clear()
        draft.say("read_back_move", when=prompt.slot_starts[0])
        draft.ask(prompt)
        return "unclear_choose"
    return None


def _said(draft: Draft, prompt: Prompt) -> Said | None:
    """What the text says to it. "I can't" is said of the time that was offered, not of the visit."""
    if draft.read.number is not None:
        return NUMBERS.get(draft.read.number)
    if draft.plain:
        return Said(draft.plain)
    when = draft.read.when
    if when is not None and (when.doubtful or not when.fits(prompt.slot_starts[0])):
        return None  # another time is meant
    if draft.acts & {"cancel", "reschedule"}:
        return Said.NO
    if draft.acts & AGREES and not draft.acts - AGREES - BESIDE:
        return Said.YES
    return Said.PERHAPS if draft.doubtful & AGREES and not draft.acts - BESIDE else None


def _take(draft: Draft, prompt: Prompt, patient: int) -> str:
    """Books the time, or moves the visit there, if nobody was faster."""
    if rule := called_off_since(draft, prompt):
        draft.do(LeaveWaitlist(patient=patient, service=prompt.service, status="over"))
        return rule
    visit = draft.visit(prompt.visits[0]) if prompt.visits else None
    slot = next((slot for slot in draft.facts.slots if (slot.id, slot.start) == (prompt.slots[0], prompt.slot_starts[0])), None)
    if slot is None:
        draft.do(DeclineOffer(patient=patient, slot=prompt.slots[0]))
        draft.say("slot_taken")
        waits_on(draft, visit)
        return "slot_taken"
    draft.acts -= AGREES
    draft.doubtful.clear()
    draft.settled = True
    rule = take(draft, slot, visit=visit, patient=patient)
    draft.do(LeaveWaitlist(patient=patient, service=prompt.service, status="booked"))
    draft.undo = [replace(each, waited=True) for each in draft.undo]
    return rule
