"""One approved sentence to many conversations: who gets it, in which words and when, who gets nothing and why; and sending it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk import later, outcome, replies, staff, work
from bot.desk.work import Refused
from bot.errors import Said
from bot.segments import segments
from bot.store import care, queries, tasks, worklist
from bot.store.database import Conflict
from bot.store.models import CommunicationRow, PatientRow, PhoneRow, TaskRow
from bot.store.sending_models import OutboxRow, PlannedReplyRow
from bot.store.work_models import ClaimRow
from bot.texts import SOURCE

MOST = worklist.PAGE  # conversations at once: what one page of the list shows
ITEMS = 20 * MOST  # no page has so many
ALONE = ("distress", "death", "hospital")  # who tells of this is never one of many


@dataclass(frozen=True)
class Chosen:
    """What somebody chose. items: by number, in their order. key: of the sentence, "" where none is chosen yet.

    since: the newest text of all by then. Where one was written later nothing is sent, so that the same choice, sent once more, sends
    nothing twice, and nobody is answered whose last words were not seen.
    """

    items: tuple[int, ...]
    since: int
    key: str = ""


@dataclass(frozen=True)
class Talk:
    """One of the conversations. items: the chosen ones that are still open there, as far as a reply settles them.

    text: what it gets, with `why_not` or `status` nothing. at: when, by the patient's clock; None: at once. status: of the text that it
    has got, "" for none.
    """

    phone_id: int | None
    who: str
    language: str = ""
    items: tuple[int, ...] = ()
    text: str = ""
    at: datetime | None = None
    why_not: str = ""
    status: str = ""
    paused: bool = False
    mine: bool = False

    @property
    def segments(self) -> int:
        """How many SMS it takes."""
        return segments(self.text)


@dataclass(frozen=True)
class Written:
    """What has been written in a conversation since it was chosen. key: of a coordinator's sentence that has gone or will go."""

    key: str
    status: str
    at: datetime | None


def newest(bot: Bot) -> int:
    """The newest text of all: see `Chosen.since`."""
    with bot.store.session() as session:
        return session.scalar(select(func.max(CommunicationRow.id))) or 0


def look(bot: Bot, chosen: Chosen, *, by: Actor) -> list[Talk]:
    """What would become of each conversation, in the order of the items. Raises Refused for more than MOST."""
    with bot.store.session() as session:
        items = _items(session, chosen, by)
        phones = {row.id: row for row in session.scalars(_phones(items))}
        people = _people(session, phones)
        why_not = _why_not(bot, session, chosen, phones.values(), by=by)
        written = _written(session, chosen, phones)
        mine = {row.phone_id for row in session.scalars(_claims(phones, bot.clock())) if row.actor_id == by.id}
    found = []
    for phone_id, theirs in _by_phone(items):
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
        matters = frozenset(item.detail for item in _items(session, chosen, by))
    return replies.canned(bot, language, reader=reader, matters=matters, visit=None)


def mark(talks: Iterable[Talk], bot: Bot, key: str) -> str:
    """Changes when the sentence does, in any of these conversations' languages: what is sent is what was looked at."""
    words = [(language, _said(bot, key, language)) for language in sorted({talk.language for talk in talks})]
    return hashlib.blake2s(repr(words).encode(), digest_size=8).hexdigest()


def send(bot: Bot, chosen: Chosen, *, seen: str, close: bool, back: bool, by: Actor) -> int:
    """Sends it, each conversation by itself as a single reply; gives to how many it could not be sent after all.

    seen: the mark of what was looked at. close: the items are closed, answered by text. back: the bot goes on where it was at work, as
    far as the text goes at once. Raises Refused where the sentence has changed; sqlalchemy.exc.OperationalError if nothing was sent.
    """
    talks = look(bot, chosen, by=by)
    if seen != mark(talks, bot, chosen.key):
        raise Refused("Nothing was sent: somebody has changed this sentence meanwhile. Look at it again.")
    to, done = [talk for talk in talks if talk.text], 0
    for talk in to:
        try:
            _answer(bot, chosen, talk, by=by)
            done += 1
            _after(bot, talk, close=close, back=back, by=by)
        except (Refused, Conflict):  # somebody was there at the same moment; the page tells how it stands now
            continue
        except (OperationalError, TimeoutError):
            if done == 0:
                raise
            return len(to) - done
    tried = {talk.phone_id for talk in to} if done < len(to) else set()  # a copy of this form may have been faster
    return sum(talk.phone_id in tried and not talk.status for talk in look(bot, chosen, by=by)) if tried else 0


def _answer(bot: Bot, chosen: Chosen, talk: Talk, *, by: Actor) -> None:
    """The reply, if nothing has come between since it was looked at."""
    phone_id = talk.phone_id or 0

    def still(session: Session, phone: PhoneRow) -> None:
        if why := _why_not(bot, session, chosen, [phone], by=by).get(phone_id):
            raise Refused(why)

    if talk.at is None:
        staff.reply(bot, phone_id, talk.text, by=by, key=chosen.key, unless=still)
    else:
        later.plan(bot, phone_id, talk.text, at=talk.at, by=by, key=chosen.key, unless=still)


def _after(bot: Bot, talk: Talk, *, close: bool, back: bool, by: Actor) -> None:
    """What else was asked for; and the conversation is locked only if it was before."""
    phone_id = talk.phone_id or 0
    if close and talk.items:
        work.resolve(bot, talk.items, outcome="answered", by=by, heard=talk.at is None)
    if back and not talk.paused and talk.at is None:
        staff.hand_back(bot, phone_id, by=by)
    if not talk.mine:
        work.let_go(bot, phone_id, by=by)


def _items(session: Session, chosen: Chosen, by: Actor) -> list[TaskRow]:
    if len(chosen.items) <= ITEMS:
        rows = session.scalars(select(TaskRow).where(tasks.chosen(chosen.items, by.clinic_id))).all()
        if len({row.phone_id for row in rows}) <= MOST:
            return sorted(rows, key=lambda row: chosen.items.index(row.id))
    raise Refused("At most %(most)s conversations can be answered at once: what one page of the list shows.", most=MOST)


def _by_phone(items: Iterable[TaskRow]) -> list[tuple[int | None, list[TaskRow]]]:
    found: dict[int | None, list[TaskRow]] = {}
    for item in items:
        found.setdefault(item.phone_id, []).append(item)
    return list(found.items())


def _phones(items: Iterable[TaskRow]) -> Select[PhoneRow]:
    return select(PhoneRow).where(PhoneRow.id.in_({item.phone_id for item in items if item.phone_id is not None}))


def _people(session: Session, phones: Iterable[int]) -> dict[int, list[PatientRow]]:
    """phone → its patients, in the order that decides their language."""
    return {phone: [each for each in people if each.active] for phone, people in worklist.names(session, set(phones)).items()}


def _claims(phones: Iterable[int], now: datetime) -> Select[ClaimRow]:
    return select(ClaimRow).where(ClaimRow.phone_id.in_(list(phones)), ClaimRow.until > now)


def _why_not(bot: Bot, session: Session, chosen: Chosen, phones: Collection[PhoneRow], *, by: Actor) -> dict[int, str]:
    """phone → why nothing is sent there, of those where it is not; with as many statements for many as for one."""
    now, ids = bot.clock(), [phone.id for phone in phones]
    people, written = _people(session, ids), _written(session, chosen, ids)
    numbers = care.numbers(session, phones, now=now, zone=bot.clinic.zone)
    others = {row.phone_id: row.actor for row in session.scalars(_claims(ids, now)) if row.actor_id != by.id}
    planned = PlannedReplyRow.phone_id.in_(ids), PlannedReplyRow.done_at.is_(None)
    waits = set(session.scalars(select(PlannedReplyRow.phone_id).where(*planned)))
    open_ = _open(session, ids)
    found = {}
    for phone in phones:
        theirs, who, stop = open_.get(phone.id, []), people.get(phone.id, []), numbers[phone.id][0].stop
        kinds = {kind for kind, _, _ in theirs}
        whys = (
            Said("an emergency is open there: it is answered by itself") if any(rank == 0 for _, rank, _ in theirs) else "",
            Said("distress, a death or a stay in hospital was told of: it is answered by itself") if kinds & set(ALONE) else "",
            "" if stop == care.TAKEN_OVER else stop,
            care.NOT_SURE if "whose_number" in kinds else "",
            "" if who else Said("nobody is on record at this number"),
            next(filter(None, map(care.stop_of, who)), ""),
            _unusable(session, phone),
            Said("%(name)s is working on this conversation", name=others[phone.id]) if phone.id in others else "",
            ""
            if any(item in chosen.items and kind not in outcome.APART for kind, _, item in theirs)
            else Said("what you chose is closed, or a translator's"),
            Said("something was written there after you chose it: read it first") if written.get(phone.id) else "",
            Said("a reply waits to go there already") if phone.id in waits else "",
        )
        found[phone.id] = next(filter(None, whys), "")
    return {phone_id: why for phone_id, why in found.items() if why}


def _open(session: Session, phones: Collection[int]) -> dict[int, list[tuple[str, int, int]]]:
    """phone → kind, rank and number of every item that is open there."""
    open_ = TaskRow.phone_id.in_(phones), TaskRow.status == "requested"
    found: dict[int, list[tuple[str, int, int]]] = {}
    for phone_id, kind, rank, item in session.execute(select(TaskRow.phone_id, TaskRow.kind, TaskRow.rank, TaskRow.id).where(*open_)):
        found.setdefault(phone_id or 0, []).append((kind, rank, item))
    return found


def _unusable(session: Session, phone: PhoneRow) -> str:
    since = phone.unusable_at
    return "texts do not arrive at this number" if since is not None and not queries.wrote_since(session, phone.id, since) else ""


def _written(session: Session, chosen: Chosen, phones: Iterable[int]) -> dict[int, list[Written]]:
    """phone → what patients and staff have written there since it was chosen."""
    text, planned = CommunicationRow, PlannedReplyRow
    query = (
        select(text.phone_id, text.texts, text.status, OutboxRow.send_at, planned.done_at, planned.communication_id)
        .outerjoin(OutboxRow, OutboxRow.communication_id == text.id)
        .outerjoin(planned, planned.communication_id == text.id)
        .where(text.phone_id.in_(list(phones)), text.id > chosen.since, or_(text.direction == "inbound", text.sender == "staff"))
        .order_by(text.id)
    )
    found: dict[int, list[Written]] = {}
    for phone_id, key, status, send_at, done_at, later_ in session.execute(query):
        goes = send_at if later_ is not None and done_at is None else None
        found.setdefault(phone_id or 0, []).append(Written(key if key and status != "canceled" else "", status, goes))
    return found


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
