"""One inbound message, one way through: store it, understand, decide, apply, answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.apply import Scope, apply
from bot.channels import carrier
from bot.channels.types import Inbound
from bot.core import Bot, read_facts, with_slots
from bot.dialogue import loops, split
from bot.dialogue.asked import message_of
from bot.dialogue.decide import decide
from bot.dialogue.effects import Decision, LogItem, Promise, Say
from bot.dialogue.slots import wants_slots
from bot.dialogue.types import Facts, Person, State
from bot.reads import heard
from bot.segments import segments
from bot.store import papers, queries, turns
from bot.store.database import Conflict
from bot.store.models import BREAK, CommunicationRow
from bot.store.outgoing import on_its_way
from bot.store.readings import reading_json
from bot.store.sending_models import SenderRow
from bot.store.turns import Line, Text
from bot.texts import SAFETY
from bot.understand.types import Message, Understanding

log = structlog.get_logger()
ATTEMPTS = 10  # how often a turn is decided anew because what it rests on has changed
UNREVIEWED, A_WEEK = "unreviewed_text", timedelta(days=7)  # the item, once a language, for whoever has its texts translated by then
MAX_WORDS = 4000  # longer bodies are cut: Twilio's limit is 1600


def take(bot: Bot, inbound: Inbound, *, via: str = "twiml") -> str:
    """Takes one message in and gives the answer; "" when there is nothing to say. via: see `answer`.

    Stored before anything can fail, unique by `sid`: a copy is answered with "", a retry with the stored answer.
    Raises sqlalchemy.exc.OperationalError when it could not be stored.
    """
    stored = _store(bot, inbound)
    if stored is None:
        return _answered(bot, inbound) if inbound.retry else ""
    row_id, known = stored
    return answer(bot, row_id, via=via, known=known)


@dataclass(frozen=True)
class Known:
    """A stored text and what a decision about it rests on, all of one moment."""

    row: Text
    phone: Line
    facts: Facts
    state: State


def _known(bot: Bot, connection: Connection, row_id: int, now: datetime) -> Known | None:
    """What is known as things stand; None where nobody can be answered."""
    row, phone = turns.text(connection, row_id, now, nth=loops.MOST)
    if phone is None:
        return None
    facts, state = read_facts(bot, connection, phone, now)
    open_items = tuple(kind for kind in phone.open_items if kind and not kind.endswith(turns.LATER))
    return Known(row, phone, replace(facts, open_items=open_items, pictures=row.media), state)


def _store(bot: Bot, inbound: Inbound) -> tuple[int, Known | None] | None:
    """The new row's id, and what is known with it if that could be read; None when the message is here already."""
    cipher, number, now = bot.store.cipher, inbound.sender if inbound.textable else None, bot.clock()
    text = {"clinic_id": bot.clinic_id, "provider_sid": inbound.sid, "media": inbound.media}
    text["body"] = cipher.encrypt(inbound.body[:MAX_WORDS])

    def write(connection: Connection) -> tuple[int, Known | None]:
        """What is known is read in passing: a look of its own costs as much as all of this."""
        row_id = turns.store_text(connection, cipher, number=number, now=now, **text)
        try:
            return row_id, _known(bot, connection, row_id, now)
        except SQLAlchemyError:
            raise
        except Exception:  # it will be seen, and told, by who answers; stored it is
            return row_id, None

    for attempt in range(ATTEMPTS):
        try:
            return bot.store.write(write)
        except IntegrityError:
            with bot.store.session() as session:
                if queries.by_sid(session, inbound.sid) is not None:
                    return None
            if attempt == ATTEMPTS - 1:  # else: two texts from a new phone at once, and the other one has made it
                raise
    return None


def _answered(bot: Bot, inbound: Inbound) -> str:
    """What a retry gets: the answer that did not arrive, worked out now if the first try died before it."""
    with bot.store.begin() as session:
        row = queries.by_sid(session, inbound.sid)
        if row is None or row.answered_via == "outbox":
            return ""
        if row.status != "received":
            return row.reply or ""
        row_id = row.id
    return answer(bot, row_id, via="twiml")


@dataclass(frozen=True)
class Plan:
    """What is to be done about a text, and what that rests on: `phone` and the visits in `facts`, each in a version."""

    row: Text
    phone: Line
    facts: Facts
    message: Message
    understanding: Understanding
    decision: Decision
    reply: str


def answer(bot: Bot, row_id: int, *, via: str, known: Known | None = None) -> str:
    """Answers a stored message, once. via: "twiml" (the caller sends it) or "outbox" (it is queued). known: if it was read just now.

    It is read and decided on before the transaction begins, since writers wait for each other; and anew if the conversation or
    a visit has moved on when the decision is written.
    """
    now = bot.clock()
    for attempt in range(ATTEMPTS):
        try:
            known = known or bot.store.read(lambda connection: _known(bot, connection, row_id, now))
            plan = _plan(bot, known) if known else None
            write = partial(_write, bot, row_id, via, now, plan, _values(bot, plan, via))
            return bot.store.write(write)
        except Conflict as conflict:
            log.info("decided_again", communication=row_id, attempt=attempt, because=str(conflict))
            known = None
        except Exception as error:  # whatever went wrong, the message reaches a person
            log.error("turn_failed", communication=row_id, error=type(error).__name__)
            break
    return _failed(bot, row_id, via)


def _plan(bot: Bot, known: Known) -> Plan:
    """What to do about a stored text, and what that rests on; what few texts need is read only now."""
    row, phone, facts, state, now = known.row, known.phone, known.facts, known.state, known.facts.now
    read = bot.store.read
    message = message_of(row.body, state, facts)
    before = read(lambda found: turns.just_said(found, phone, row, now)) if turns.follows(row, now) else []
    with bot.alone:  # Python runs one thread at a time: several that read at once only keep interrupting each other
        understanding = split.joined(bot.reader.read(message), bot.reader.read, message, before)
    if wants_slots(understanding, state):
        facts = read(partial(with_slots, bot, phone_id=phone.id, facts=facts))
    if understanding.keyword == "docs":
        facts = replace(facts, there=read(partial(papers.there, visits=[visit.id for visit in facts.visits])))
    decision = decide(state=state, understanding=understanding, facts=facts)
    since = now - loops.WITHIN
    if row.nth_before and row.nth_before > since and (keys := loops.said(decision)):  # else too few texts came to be a loop
        same = partial(turns.times_said, line=phone, row_id=row.id, words=row.body, keys=keys, since=since)
        often = read(partial(same, least=loops.MOST, whatever=loops.WHATEVER))
        decision = loops.damp(decision, [keys] * often)
    if row.media and not decision.logs("media"):  # a picture is never fetched here (W-27); a person looks at it
        decision = replace(decision, effects=(*decision.effects, LogItem(kind="media")))
    reply = _written(bot, decision, phone, row.body)
    logged = partial(turns.was_logged, clinic_id=row.clinic_id, kind=UNREVIEWED, detail=decision.language)
    if BREAK in reply and not read(logged):
        decision = replace(decision, effects=(*decision.effects, LogItem(kind=UNREVIEWED, detail=decision.language, by=now + A_WEEK)))
    if row.silenced and reply and not _safe(decision):
        decision, reply = replace(decision, effects=(*decision.effects, LogItem(kind="silenced"))), ""
    return Plan(row, phone, facts, message, understanding, decision, reply)


def _values(bot: Bot, plan: Plan | None, via: str) -> dict[str, Any]:
    """What is written beside a text that was answered, its words encrypted, since others wait for the transaction."""
    values: dict[str, Any] = {"status": "answered", "answered_via": via}
    if plan is None:
        return values | dict.fromkeys(("reading", "rule", "reader", "reply", "segments", "texts"))
    encrypt, decision = bot.store.cipher.encrypt, plan.decision
    reading = encrypt(reading_json(plan.understanding, plan.message, state=plan.phone.state, facts=plan.facts))
    how = {"reading": reading, "rule": decision.rule[:80], "reader": bot.decides}
    said = {"reply": encrypt(plan.reply), "segments": _riding(plan.reply, via)} if plan.reply else {"reply": None, "segments": None}
    return {**values, **how, **said, "texts": loops.said(decision)}


def _riding(reply: str, via: str) -> int | None:
    """The segments of what rides in TwiML; further messages, and all that goes by the outbox, are texts of their own."""
    return segments(reply.partition(BREAK)[0]) if via == "twiml" and reply else None


def _write(bot: Bot, row_id: int, via: str, now: datetime, plan: Plan | None, values: dict[str, Any], connection: Connection) -> str:
    """Carries a plan out, all of it or nothing. Raises Conflict when it rests on what is no longer so."""
    if not turns.write_text(connection, row_id, **values):
        reply, sent_via = turns.answer_of(connection, row_id)
        return reply if sent_via == via else ""
    if plan is None:
        return ""
    phone = replace(plan.phone)
    queries.keep_state(phone, plan.decision.state)
    seen = {visit.id: visit for visit in (*plan.facts.visits, *plan.facts.gone)}
    kinds = {kind.rstrip(turns.LATER) for kind in phone.open_items}
    scope = Scope(connection=connection, phone=phone, now=now, communication=plan.row, seen=seen, kinds=kinds)
    apply(scope, plan.decision.effects)
    if not turns.write_phone(connection, phone):
        raise Conflict("the conversation")
    if plan.reply and (via == "outbox" or BREAK in plan.reply):
        on_its_way(scope.session, phone, row_id, plan.reply, via=via, now=now, safety=_safe(plan.decision))
        scope.flush()
    return plan.reply


def _written(bot: Bot, decision: Decision, phone: Line, body: str) -> str:
    """The answer as one text; nothing where the carrier answers the word itself (O-03)."""
    twice = bot.carrier_answers and carrier.answers(body) and all(say.key in carrier.TEXTS for say in decision.said)
    before = phone.opted_out_at is not None
    last = {"opted_out"} if before else {"opted_out", "wrong_number"}  # each tells that no more texts come, once (O-08)
    unwanted = decision.opted_out(before=before) and not _safe(decision) and last.isdisjoint(say.key for say in decision.said)
    return "" if twice or unwanted else _compose(bot, decision.said, decision.language)


def _compose(bot: Bot, said: Iterable[Say], language: str | None) -> str:
    """The answer as it is stored: its messages, BREAK between them."""
    return BREAK.join(bot.texts.answer(bot.clinic.clinic.name, [(say.key, say.values) for say in said], language))


def _safe(decision: Decision) -> bool:
    """Whether the answer is one that goes whatever is switched off."""
    return any(say.key.startswith(SAFETY) for say in decision.said)


def floor(bot: Bot, body: str, state: State, *spoken: str, opted_out: bool = False) -> tuple[Decision | None, str]:
    """What is answered when all else fails, with no database and no network: danger as always (S-05), a carriers' word by
    nothing, since it takes effect later, anything else by the sentence that a person will answer.

    spoken: the languages on record of the phone's people. Gives the decision on danger or an opt-out, or None, and the answer.
    """
    now = bot.clock().astimezone(bot.clinic.zone)
    record = state.language or next(iter(spoken), None)
    read = heard(bot.reader, Message(text=body[:MAX_WORDS], now=now, language=record))
    people = tuple(Person(id=0, language=language) for language in spoken)
    facts = Facts(now=now, clinic=bot.clinic.clinic, languages=bot.texts.languages, people=people, opted_out=opted_out)
    plain = "" if opted_out else _compose(bot, [Say("failed")], read.language if read.language_sure else record or read.language)
    if read.urgent is None and read.keyword not in carrier.KEYWORDS:
        return None, plain
    decision = decide(state=state, understanding=read, facts=facts)
    if read.urgent == "abuse":  # nothing may tell it from any other text (S-07)
        return decision, plain
    return decision, _compose(bot, decision.said, decision.language) if read.urgent else ""


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
        danger, text = floor(bot, row.body, queries.state_of(phone), *spoken, opted_out=phone.opted_out_at is not None)
        safe = danger is not None and _safe(danger)
        if not safe and session.get_one(SenderRow, row.clinic_id).paused_at is not None:
            text = ""
        if danger is not None:
            queries.keep_state(phone, danger.state)
        by = bot.clinic.answer_by(now)
        effects = (*(danger.effects if danger else ()), LogItem(kind="failed_turn", by=by), Promise(by=by))
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=now, communication=row), effects)
        row.status, row.reply, row.answered_via, row.segments = "failed", text, via, _riding(text, via)
        row.rule, row.reader = "failed", bot.decides
        if text:
            on_its_way(session, phone, row.id, text, via=via, now=now, safety=safe)
        return text
