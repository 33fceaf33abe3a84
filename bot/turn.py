"""One inbound message, one way through: store it, understand, decide, apply, answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.apply import Scope, apply
from bot.channels.types import CARRIER_WORDS, Inbound
from bot.clinic import ClinicFile
from bot.dialogue import loops, split
from bot.dialogue.asked import message_of
from bot.dialogue.decide import decide
from bot.dialogue.effects import Decision, LogItem, OptIn, OptOut, Promise, Say
from bot.dialogue.rescheduling import wants_slots
from bot.dialogue.types import Facts, Person, State
from bot.moments import ALIASES
from bot.owned.current import Current
from bot.reads import Reads
from bot.store import papers, queries, turns
from bot.store.database import Conflict, Store
from bot.store.models import BREAK, CommunicationRow, PhoneRow
from bot.store.outgoing import on_its_way
from bot.store.sending_models import SenderRow
from bot.store.turns import Line, Text
from bot.texts import SAFETY, Texts
from bot.understand.types import Message, Understanding

log = structlog.get_logger()
ATTEMPTS = 10  # how often a turn is decided anew because what it rests on has changed
UNREVIEWED = "unreviewed_text"  # the item, once a language, for whoever has its texts translated


def floor(bot: Bot, body: str, state: State, *spoken: str) -> tuple[Decision | None, str]:
    """What is answered when all else fails, with no database and no network: danger as always (S-05), a carriers' word by
    nothing, since it takes effect later, anything else by the sentence that a person will answer.

    spoken: the languages on record of the phone's people. Gives the decision on danger or an opt-out, or None, and the answer.
    """
    now = bot.clock().astimezone(bot.clinic.zone)
    try:
        read = bot.reader.read(Message(text=body[:MAX_WORDS], now=now, language=state.language))
    except Exception as error:  # perhaps it is the reader that broke the turn
        log.error("reader_failed", error=type(error).__name__)
        read = Understanding()
    record = state.language or next(iter(spoken), None)
    people = tuple(Person(id=0, language=language) for language in spoken)
    facts = Facts(now=now, clinic=bot.clinic.clinic, languages=bot.texts.languages, people=people)
    if read.urgent is None and read.keyword not in KEYWORDS:
        language = read.language if read.language_sure else record or read.language
        return None, _compose(bot, [Say("failed")], language)
    decision = decide(state=state, understanding=read, facts=facts)
    said = [effect for effect in decision.effects if isinstance(effect, Say)] if read.urgent else []
    return decision, _compose(bot, said, decision.language) if said else ""


def _failed(bot: Bot, row_id: int, via: str) -> str:
    """The turn broke: the message stands on top of the inbox, and the patient hears that a person will answer."""
    with bot.store.begin() as session:
        row = session.get_one(CommunicationRow, row_id, with_for_update=True)
        if row.status != "received":
            return row.reply or "" if row.answered_via == via else ""
        if row.phone_id is None:
            row.status = "failed"
            return ""
        phone = queries.locked_phone(session, row.phone_id)
        now = bot.clock()
        spoken = [patient.language for patient, _ in queries.people(session, phone.id).values()]
        danger, text = floor(bot, row.body, queries.state_of(phone), *spoken)
        if danger is None and session.get_one(SenderRow, row.clinic_id).paused_at is not None:
            text = ""
        if danger is not None:
            queries.keep_state(phone, danger.state)
        by = bot.clinic.answer_by(now)
        effects = (*(danger.effects if danger else ()), LogItem(kind="failed_turn", by=by), Promise(by=by))
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=now, communication=row), effects)
        row.status, row.reply, row.answered_via, row.rule = "failed", text, via, "failed"
        if text:
            on_its_way(session, phone, row.id, text, via=via, now=now, safety=danger is not None)
        return text
