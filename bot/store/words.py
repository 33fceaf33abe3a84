"""Search in encrypted words: keyed hashes of folded words, by conversation.

They are written a moment after the text by the sender's process, so that no patient's answer waits for them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers
import structlog
from sqlalchemy import Column, ColumnElement, Connection, LargeBinary, delete, exists, func, insert, select, type_coerce
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.dialogue.effects import LogItem
from bot.store import tasks
from bot.store.crypto import Cipher
from bot.store.models import CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow, TaskRow
from bot.store.settled import settled
from bot.store.turns import PHONES, TEXTS, Line, table
from bot.store.work_models import ActionRow, IndexedRow, WordRow
from bot.understand.normalise import fold, tokens

log = structlog.get_logger()
WORDS, INDEXED, ACTIONS = table(WordRow), table(IndexedRow), table(ActionRow)
KINDS = {"text": TEXTS, "action": ACTIONS}
BATCH = 100  # texts that are taken at once
FOUND = 50  # conversations that a search shows
COMMON = 1_000  # conversations that have a word which is no longer looked for one by one
BACK = 200  # texts of a conversation that are looked through for what to show of it
LATEST = 2_000  # texts of a clinic that are looked through for words which are common
INDEXING = 7_300_118  # PostgreSQL's lock for "I am indexing"; any number that nothing else uses
LENGTH = 22  # of a key: 88 bits; two words with the same one are not met


def keys(cipher: Cipher, text: str) -> set[str]:
    """The keys of a text's words and numbers."""
    return {cipher.index(f"word {word}")[:LENGTH] for word in _words(text)}


def _words(text: str) -> set[str]:
    """A text's words and numbers, folded; signs of Chinese and Japanese count two by two."""
    found, before = set(), ""
    for token in tokens(fold(text)):
        sign = len(token) == 1 and ord(token) > 0x2E7F
        if sign and before:
            found.add(before + token)
        if len(token) > 1 and token[0].isalnum():
            found.add(token)
        before = token if sign else ""
    return found


@dataclass(frozen=True)
class Batch:
    """Texts and notes that the index has yet to take in. last: how far they reach, by what they are; phones: whose they are."""

    last: dict[str, int]
    phones: frozenset[int]


def unindexed(connection: Connection) -> Batch:
    """The next texts and notes; none while one of a lower id may yet come, which would never be looked for again."""
    last, phones = {}, set[int]()
    for what, rows in KINDS.items():
        ids = select(rows.c.id).where(rows.c.id > _done(connection, what)).order_by(rows.c.id).limit(BATCH).subquery()
        if reach := connection.scalar(select(func.max(ids.c.id))):
            last[what] = reach
    if last and not settled(connection, [rows.name for rows in KINDS.values()]):
        return Batch({}, frozenset())
    for what, reach in last.items():
        rows = KINDS[what]
        query = select(rows.c.phone_id).where(rows.c.id > _done(connection, what), rows.c.id <= reach, rows.c.phone_id.is_not(None))
        phones.update(connection.scalars(query))
    return Batch(last, frozenset(phones))


def index(connection: Connection, cipher: Cipher, batch: Batch, now: datetime) -> bool:
    """Takes them in, in a transaction that writes: words that are erased meanwhile are either read no more or taken away after it.

    What no key opens is passed over, and is an item. False: another worker is at it. If all waited for each other, patients' turns
    would wait for them all.
    """
    if connection.dialect.name == "postgresql" and not connection.scalar(sql("SELECT pg_try_advisory_xact_lock(:n)"), {"n": INDEXING}):
        return False
    _lock(connection, batch.phones)
    found: dict[tuple[int, int], list[str | None]] = {}
    for what, last in batch.last.items():
        rows = KINDS[what]
        words = _sealed(rows.c.body if what == "text" else rows.c.words)
        which = rows.c.id > _done(connection, what), rows.c.id <= last, rows.c.phone_id.in_(batch.phones)
        for clinic_id, phone_id, token in connection.execute(select(rows.c.clinic_id, rows.c.phone_id, words).where(*which)):
            found.setdefault((clinic_id, phone_id), []).append(cipher.opened(token))
    for (clinic_id, phone_id), said in found.items():
        if None in said:
            log.error("unreadable", phone=phone_id, do="no key of ATTEND_KEY opens some words: add the old key, or take a backup's")
            whose = Line(phone_id, clinic_id, state="{}", opted_out_at=None, version=0)
            tasks.log(connection, LogItem(kind="unreadable"), whose, text=None, start=None, now=now)
    _add(connection, cipher, found)
    for what, last in batch.last.items():
        connection.execute(delete(INDEXED).where(INDEXED.c.what == what))
        connection.execute(insert(INDEXED), {"what": what, "last": last})
    return True


def _done(connection: Connection, what: str) -> int:
    return connection.scalar(select(INDEXED.c.last).where(INDEXED.c.what == what)) or 0


def _lock(connection: Connection, phones: Iterable[int]) -> None:
    """Who indexes and who takes words away wait for each other, phone by phone in one order; texts of these phones can be added."""
    mine = select(PHONES.c.id).where(PHONES.c.id.in_(phones)).order_by(PHONES.c.id)
    connection.execute(mine.with_for_update(key_share=True)).all()


def _sealed(column: Column[Any]) -> ColumnElement[bytes | None]:
    """An encrypted column as it stands there: one row that no key opens keeps no other from being read."""
    return type_coerce(column, LargeBinary)


def _add(connection: Connection, cipher: Cipher, found: Mapping[tuple[int, int], Sequence[str | None]]) -> None:
    """clinic and phone → what was said, as far as it can be read: it is found from now on, with the names and last digits of who is
    reached there.
    """
    phones = [phone_id for _, phone_id in found]
    people, reached = table(PatientRow), table(PatientPhoneRow)
    names = select(reached.c.phone_id, _sealed(people.c.name)).join(people, reached.c.patient_id == people.c.id)
    sealed = select(PHONES.c.id, _sealed(PHONES.c.number)).where(PHONES.c.id.in_(phones))
    numbers = {phone_id: cipher.opened(number) for phone_id, number in connection.execute(sealed)}
    called = defaultdict[int, list[str | None]](list)
    for phone_id, name in connection.execute(names.where(reached.c.phone_id.in_(phones))):
        called[phone_id].append(cipher.opened(name))
    rows = []
    for (clinic_id, phone_id), said in found.items():
        number = numbers[phone_id]
        texts = [*said, *called[phone_id], number and number[-4:]]
        words = set[str]().union(*(keys(cipher, text) for text in texts if text))
        rows += [{"clinic_id": clinic_id, "key": key, "phone_id": phone_id} for key in sorted(words)]
    if rows:
        new = postgresql.insert(WORDS) if connection.dialect.name == "postgresql" else sqlite.insert(WORDS)
        connection.execute(new.on_conflict_do_nothing(), rows)


def rewrite(connection: Connection, cipher: Cipher, phones: Iterable[int]) -> None:
    """Words of these conversations have been taken away: what is left of them is all that can be found from now on."""
    phones = set(phones)
    _lock(connection, phones)
    for phone_id in sorted(phones):
        clinic_id = connection.scalars(select(PHONES.c.clinic_id).where(PHONES.c.id == phone_id)).one()
        texts = select(_sealed(TEXTS.c.body)).where(TEXTS.c.phone_id == phone_id)
        notes = select(_sealed(ACTIONS.c.words)).where(ACTIONS.c.phone_id == phone_id, ACTIONS.c.words.is_not(None))
        said = list(map(cipher.opened, connection.scalars(texts.union_all(notes))))
        connection.execute(delete(WORDS).where(WORDS.c.phone_id == phone_id))
        _add(connection, cipher, {(clinic_id, phone_id): said})


@dataclass(frozen=True)
class Only:
    """Which conversations are asked for. language: of a patient; kind: of an item; state: open or closed, whether one is to be done.

    since, until: a text came or went from then on, and before then. "" and None: any.
    """

    language: str = ""
    state: str = ""
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def during(self) -> tuple[ColumnElement[bool], ...]:
        """Of texts: those of that time."""
        bounds = (CommunicationRow.at >= self.since if self.since else None, CommunicationRow.at < self.until if self.until else None)
        return tuple(bound for bound in bounds if bound is not None)


def search(session: Session, cipher: Cipher, clinic_id: int, asked: str, only: Only, *, now: datetime) -> list[int]:
    """The phones whose texts, notes or people have every word that is asked for, the latest first; or whose number it is."""
    ours = [PhoneRow.clinic_id == clinic_id, *_fits(only, now)]
    if number := _number(asked):
        return list(session.scalars(select(PhoneRow.id).where(PhoneRow.number_key == cipher.index(number), *ours)))
    if (ending := _ending(asked)) and (theirs := _ending_so(session, cipher, clinic_id, ending, ours)):
        return theirs
    wanted = keys(cipher, asked)
    if not wanted:
        return []
    some = _rarest(session, clinic_id, wanted)
    if some is None:
        return _among_latest(session, clinic_id, wanted, ours)
    latest = select(func.max(CommunicationRow.id)).where(CommunicationRow.phone_id == PhoneRow.id).scalar_subquery()
    query = select(PhoneRow.id).where(PhoneRow.id.in_(some), *_having(clinic_id, wanted), *ours)
    return list(session.scalars(query.order_by(func.coalesce(latest, 0).desc(), PhoneRow.id).limit(FOUND)))


def _rarest(session: Session, clinic_id: int, wanted: set[str]) -> list[int] | None:
    """The phones that have the rarest of the words; None when more than COMMON have each of them."""
    best: list[int] | None = None
    for key in sorted(wanted):
        query = select(WordRow.phone_id).where(WordRow.clinic_id == clinic_id, WordRow.key == key)
        found = list(session.scalars(query.limit(COMMON + 1 if best is None else len(best))))
        if len(found) <= COMMON and (best is None or len(found) < len(best)):
            best = found
    return best


def _among_latest(session: Session, clinic_id: int, wanted: set[str], ours: list[ColumnElement[bool]]) -> list[int]:
    """The same where every word is common: those who wrote or were written to last are looked through, LATEST texts back."""
    last = select(CommunicationRow.id, CommunicationRow.phone_id).where(CommunicationRow.clinic_id == clinic_id)
    last_of = last.order_by(CommunicationRow.id.desc()).limit(LATEST).subquery()
    query = select(PhoneRow.id).join(last_of, last_of.c.phone_id == PhoneRow.id).where(*_having(clinic_id, wanted), *ours)
    return list(session.scalars(query.group_by(PhoneRow.id).order_by(func.max(last_of.c.id).desc()).limit(FOUND)))


def _having(clinic_id: int, wanted: set[str]) -> list[ColumnElement[bool]]:
    """Of phones: that they have every word."""
    own = WordRow.clinic_id == clinic_id, WordRow.phone_id == PhoneRow.id
    return [exists().where(*own, WordRow.key == key) for key in sorted(wanted)]


def _fits(only: Only, now: datetime) -> Iterator[ColumnElement[bool]]:
    """Of phones: what is asked for beside the words."""
    if only.language:
        reached = exists().where(PatientPhoneRow.phone_id == PhoneRow.id, PatientPhoneRow.patient_id == PatientRow.id)
        yield reached.where(PatientRow.language == only.language)
    if only.kind or only.state:
        item = exists().where(TaskRow.phone_id == PhoneRow.id, TaskRow.created_at <= now)
        item = item.where(TaskRow.kind == only.kind) if only.kind else item
        to_do = item.where(TaskRow.status == "requested")
        yield to_do if only.state == "open" else item & ~to_do if only.state == "closed" else item
    if during := only.during():
        yield exists().where(CommunicationRow.phone_id == PhoneRow.id, *during)


def _number(asked: str) -> str | None:
    """What is asked for as E.164, if it is a whole telephone number."""
    try:
        parsed = phonenumbers.parse(asked, "US")
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_possible_number(parsed) and sum(letter.isdigit() for letter in asked) >= 10
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if valid else None


def _ending(asked: str) -> str:
    """The last digits of a telephone number, more than the four by which it is indexed, as people write them; else ""."""
    digits = re.sub(r"[\s().\-\u2010-\u2015]", "", asked)
    return digits if re.fullmatch("[0-9]{5,9}", digits) else ""


def _ending_so(session: Session, cipher: Cipher, clinic_id: int, ending: str, ours: list[ColumnElement[bool]]) -> list[int]:
    """The phones whose numbers end so: those with the same last four digits are opened and looked at."""
    some = _rarest(session, clinic_id, keys(cipher, ending[-4:])) or []
    numbers = session.execute(select(PhoneRow.id, _sealed(PHONES.c.number)).where(PhoneRow.id.in_(some), *ours).order_by(PhoneRow.id))
    return [phone_id for phone_id, number in numbers if (cipher.opened(number) or "").endswith(ending)][:FOUND]


def said(session: Session, phone_id: int, only: Only) -> Iterator[str]:
    """The words of a conversation's texts of that time, the latest first; only as many are decrypted as are looked at."""
    query = select(CommunicationRow.body).where(CommunicationRow.phone_id == phone_id, *only.during())
    yield from session.execute(query.order_by(CommunicationRow.id.desc()).limit(BACK)).scalars()


def matching(asked: str, who: str, texts: Iterable[str]) -> str:
    """The first of the texts that has one of the words; "" if they are those of the name, or it was a number."""
    wanted = _words(asked)
    return "" if wanted <= _words(who) else next((text for text in texts if _words(text) & wanted), "")
