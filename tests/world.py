"""A small clinic for tests: the demo's people on a database of its own, Wednesday 4 March 2026, nine in the morning."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Connection, make_url, select

from bot.actor import Actor
from bot.clinic import ClinicFile, load_clinic
from bot.core import Bot
from bot.demo.seed import seed
from bot.owned.current import Current
from bot.remind import remind
from bot.settings import ROOT
from bot.store import asking, queries
from bot.store.database import Store
from bot.store.models import ClinicRow, PhoneRow
from bot.store.sending_models import OutboxRow, SenderRow
from bot.texts import Texts, load_texts
from bot.understand.reader import Reader, load_reader

NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
PEOPLE = ROOT / "clinics" / "demo_people.yaml"
NUMBERS = {name: given["phone"] for name, given in __import__("yaml").safe_load(PEOPLE.read_text())["people"].items()}
STRANGER = "+17165550199"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The current moment."""
        return self.now


@dataclass(frozen=True, eq=False)
class Parts:
    """What is read once for all tests."""

    reader: Reader
    texts: Texts


@dataclass(frozen=True)
class World:
    """A clinic with people. phones: name → phone id."""

    bot: Bot
    clock: Clock
    phones: dict[str, int]

    @property
    def staff(self) -> Actor:
        """A coordinator of the clinic."""
        return Actor(id=1, name="Ana Torres", role="coordinator", clinic_id=self.bot.clinic_id)

    def number(self, who: str) -> str:
        """The number that a person texts from; anybody unknown is the stranger."""
        return NUMBERS.get(who, STRANGER)

    def phone_id(self, who: str) -> int:
        """The id of a person's phone."""
        with self.bot.store.begin() as session:
            number = self.number(who)
            return queries.phone(session, self.bot.store.cipher, clinic_id=self.bot.clinic_id, number=number, now=NOW).id

    def remind(self, who: str, *, goes: bool = True) -> None:
        """The reminder that most conversations begin with. goes: it has gone, and is asked; else it waits in the outbox.

        A sender would take as long as the rest of a short talk; the tests of delivery have it.
        """
        with self.bot.store.begin() as session:
            text = remind(self.bot, session, self.phones[who])
            if goes and text is not None:
                waits = session.scalars(select(OutboxRow).where(OutboxRow.communication_id == text.id)).one()
                waits.status = text.status = "sent"
                asking.opens(session.get_one(PhoneRow, self.phones[who]), waits.asks or "", self.clock.now)


def load_parts() -> Parts:
    """The reader (trained once, then from the cache) and the texts."""
    return Parts(reader=load_reader(ROOT / "intents", cache=ROOT / "instance" / "cache"), texts=load_texts(ROOT / "locales"))


def make_world(parts: Parts, *, url: str = "sqlite://", key: bytes | None = None, may_cancel: bool = True, **changes: Any) -> World:
    """A fresh clinic, in memory unless `url` names another database, under a key of its own if one is given."""
    clinic = _clinic()
    clinic = replace(clinic, clinic=replace(clinic.clinic, may_cancel=may_cancel))
    of = {"reader": parts.reader, "texts": parts.texts, "clock": Clock(), "carrier_answers": False, **changes}
    if key is None and url.startswith("sqlite"):
        return _copied(_seeded(parts), url, clinic, of)
    store = Store(url=url, keys=(key or Fernet.generate_key(),))
    store.migrate()
    with store.begin() as session:
        row = ClinicRow(slug=clinic.slug)
        session.add(row)
        session.flush()
        session.add(SenderRow(clinic_id=row.id))
    bot = Bot(store=store, current=Current(clinic, store, row.id), clinic_id=row.id, **of)
    return World(bot=bot, clock=of["clock"], phones=seed(bot, PEOPLE))


@cache
def _clinic() -> ClinicFile:
    return load_clinic(ROOT / "clinics" / "demo.yaml")


@dataclass(frozen=True)
class _Seeded:
    """A clinic that was made once. image: its database, as SQLite would write it to a file."""

    image: bytes
    key: bytes
    secret: str
    clinic_id: int
    phones: dict[str, int]


@cache
def _seeded(parts: Parts) -> _Seeded:
    key = Fernet.generate_key()
    world = make_world(parts, key=key)
    with world.bot.store.engine.connect() as connection:
        image = _driver(connection).serialize()
    world.bot.store.engine.dispose()
    return _Seeded(image, key, world.bot.store.cipher.secret, world.bot.clinic_id, world.phones)


def _copied(seeded: _Seeded, url: str, clinic: ClinicFile, of: dict[str, Any]) -> World:
    """The same clinic on a database of its own."""
    store, path = Store(url=url, keys=(seeded.key,)), make_url(url).database
    if path:
        Path(path).write_bytes(seeded.image)
    else:
        with store.engine.connect() as connection:
            _driver(connection).deserialize(seeded.image)
    store.cipher.secret = seeded.secret  # as migrating would find it, which has nothing else to do there
    bot = Bot(store=store, current=Current(clinic, store, seeded.clinic_id), clinic_id=seeded.clinic_id, **of)
    return World(bot=bot, clock=of["clock"], phones=dict(seeded.phones))


def _driver(connection: Connection) -> sqlite3.Connection:
    found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found
