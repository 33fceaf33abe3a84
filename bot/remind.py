"""Texts that the clinic starts: a reminder of the open visits, the medicine question. Who gets one when is the caller's."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from bot.dialogue.types import Ask, Facts, Prompt, State
from bot.store import queries
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.outgoing import queue
from bot.texts import compose
from bot.turn import Bot, read_facts


def remind(bot: Bot, session: Session, phone_id: int) -> CommunicationRow | None:
    """Queues a reminder of the phone's open visits and remembers the question; None when none may or need be sent."""
    phone = queries.locked_phone(session, phone_id)
    facts, state = read_facts(bot, session, phone, bot.clock())
    if not facts.visits or not _allowed(facts, state):
        return None
    starts = tuple(visit.start for visit in facts.visits)
    key, gap = ("reminder", "when") if len(starts) == 1 else ("reminder_many", "options")
    language = _language(facts, state)
    text = bot.texts.render(key, language, [(gap, starts[0] if gap == "when" else starts)])
    prompt = Prompt(ask=Ask.REMINDER, at=facts.now, visits=tuple(visit.id for visit in facts.visits), starts=starts)
    return _ask(bot, session, phone, state, language, text, prompt)


def ask_medicine(bot: Bot, session: Session, phone_id: int) -> CommunicationRow | None:
    """Queues the medicine question and remembers it; None when none may be sent."""
    phone = queries.locked_phone(session, phone_id)
    facts, state = read_facts(bot, session, phone, bot.clock())
    if not facts.people or not _allowed(facts, state):
        return None
    language = _language(facts, state)
    text = bot.texts.render("medication", language)
    return _ask(bot, session, phone, state, language, text, Prompt(ask=Ask.MEDICATION, at=facts.now))


def _allowed(facts: Facts, state: State) -> bool:
    """Nothing automatic to who opted out, is held, or is in a coordinator's hands."""
    return not (facts.opted_out or state.hold or state.paused)


def _language(facts: Facts, state: State) -> str:
    return state.language or facts.people[0].language


def _ask(bot: Bot, session: Session, phone: PhoneRow, state: State, language: str, text: str, prompt: Prompt) -> CommunicationRow:
    queries.keep_state(phone, replace(state, prompt=prompt))
    body = compose(bot.clinic.clinic.name, [text], language)
    return queue(session, clinic_id=bot.clinic_id, phone_id=phone.id, body=body, now=bot.clock(), sender="bot")
