"""Who gets an approved sentence of those that were chosen, in which words and when; who gets nothing and why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Select, select

from bot.actor import Actor
from bot.core import Bot
from bot.desk import later, outcome, replies
from bot.desk.bulk.against import against, claims_on, people_of, written_since
from bot.desk.bulk.chosen import Chosen, Talk, by_phone, items_of
from bot.errors import Said
from bot.store import queries, worklist
from bot.store.models import PhoneRow, TaskRow
from bot.texts import SOURCE


def look(bot: Bot, chosen: Chosen, *, by: Actor) -> list[Talk]:
    """What would become of each conversation, in the order of the items. Raises Refused for more than MOST."""
    with bot.store.session() as session:
        items = items_of(session, chosen, by)
        phones = {row.id: row for row in session.scalars(_phones(items))}
        people = people_of(session, phones)
        why_not = against(bot, session, chosen, phones.values(), by=by)
        written = written_since(session, chosen, phones)
        mine = {row.phone_id for row in session.scalars(claims_on(phones, bot.clock())) if row.actor_id == by.id}
    found = []
    for phone_id, theirs in by_phone(items):
        if phone_id not in phones:
            found.append(Talk(None, worklist.UNKNOWN, why_not="no phone on record"))
            continue
        state, who = queries.state_of(phones[phone_id]), people.get(phone_id, [])
        talk = Talk(
            phone_id=phone_id,
            who=" / ".join(person.name for person in who) or worklist.UNKNOWN,
            language=state.language or (who[0].language if who else SOURCE),
            items=tuple(item.id for item in theirs if item.status == "requested" and item.kind not in outcome.APART),
            paused=state.paused,
            mine=phone_id in mine,
        )
        got = next((each for each in written.get(phone_id, ()) if chosen.key and each.key == chosen.key), None)
        if got is not None:
            zone = later.there(bot, who).zone
            found.append(replace(talk, status=got.status, at=got.at.astimezone(zone) if got.at else None))
        elif why := why_not.get(phone_id, ""):
            found.append(replace(talk, why_not=why))
        else:
            there = later.there(bot, who)
            found.append(replace(talk, at=there.suggested if there.night else None))
    said = {language: _said(bot, chosen.key, language) for language in {talk.language for talk in found}} if chosen.key else {}
    return [_with(talk, said) for talk in found]


def sentences(bot: Bot, chosen: Chosen, language: str, *, reader: str, by: Actor) -> list[replies.Canned]:
    """The sentences that say the same to everybody: those of a single reply, without what only one visit would fill in."""
    with bot.store.session() as session:
        matters = frozenset(item.detail for item in items_of(session, chosen, by))
    return replies.canned(bot, language, reader=reader, matters=matters, visit=None)


def mark(talks: Iterable[Talk], bot: Bot, key: str) -> str:
    """Changes when the sentence does, in any of these conversations' languages: what is sent is what was looked at."""
    words = [(language, _said(bot, key, language)) for language in sorted({talk.language for talk in talks})]
    return hashlib.blake2s(repr(words).encode(), digest_size=8).hexdigest()


def _phones(items: Iterable[TaskRow]) -> Select[PhoneRow]:
    return select(PhoneRow).where(PhoneRow.id.in_({item.phone_id for item in items if item.phone_id is not None}))


def _said(bot: Bot, key: str, language: str) -> str:
    """A sentence as it goes out; "" where it has not been translated, or needs what only one visit would fill in."""
    found = next((each for each in replies.canned(bot, language, matters=frozenset(), visit=None) if each.key == key), None)
    return replies.as_sent(bot, found.words, language) if found is not None and found.words else ""


def _with(talk: Talk, said: dict[str, str]) -> Talk:
    """With its words, if it gets any."""
    if talk.status or talk.why_not or talk.language not in said:
        return talk
    if not said[talk.language]:
        return replace(talk, why_not=Said("this sentence is not there in their language"))
    return replace(talk, text=said[talk.language])
