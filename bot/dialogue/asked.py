"""What the reader is asked: the text with what was said before it and what it may be about."""

from __future__ import annotations

from bot.dialogue.decide import context_of
from bot.dialogue.targets import listed
from bot.dialogue.types import Facts, State
from bot.understand.types import Context, Message, Option


def message_of(body: str, state: State, facts: Facts) -> Message:
    """A patient's text as the reader takes it."""
    context = context_of(state, facts)
    prompt = state.prompt
    slots: tuple[Option, ...] = ()
    if prompt and context is Context.SLOTS:
        slots = tuple(Option(number=n, start=start) for n, start in enumerate(prompt.slot_starts, 1))
    have = {visit.patient_id for visit in facts.visits}
    return Message(
        text=body,
        context=context,
        language=state.language or next((person.language for person in facts.people), None),
        now=facts.now,
        slots=slots,
        visits=tuple(Option(number=n, start=visit.start, who=visit.who, service=visit.service) for n, visit in listed(state, facts)),
        others=tuple(person.who for person in facts.people if person.who and person.id not in have),
    )
