"""A clinic's encrypted database is backed up and restored in a fresh place, timed, and compared row by row.

    .venv/bin/python bench/restore.py [--quick]

By the commands of docs/operations.md, as they stand there, for SQLite and for PostgreSQL. What reads the restored database is a process
of its own, which has nothing of the old machine but the backup, and the key from where that is kept. Fails when a row differs or
cannot be decrypted, when the audit trail is not whole, or when the backup can be read without the key.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cryptography.fernet import Fernet
from sqlalchemy import insert, select

from bot.actor import Actor
from bot.channels.console import Console, received
from bot.delivery.sender import send_waiting
from bot.delivery.worker import index_words
from bot.desk import staff, work
from bot.settings import ROOT
from bot.store import audit
from bot.store.database import Store
from bot.store.models import Base, CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.turn import take
from tests.postgres import Databases, postgres
from tests.world import NUMBERS, load_parts, make_world

NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
CHUNK = 5_000
WORDS = "yes I will be there on tuesday, but my ride is not sure yet"
SECRETS = (b"my ride is not sure", b"Dorothy", b"+1716555")


def main() -> int:
    """Fills, backs up, restores and compares on both databases; the verdict on the last line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--quick", action="store_true", help="2,000 texts instead of 100,000")
    asked.add_argument("--read", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.read:
        print(json.dumps(read(given.read, os.environ["ATTEND_KEY"].encode())))
        return 0
    texts = 2_000 if given.quick else 100_000
    wrong = []
    with tempfile.TemporaryDirectory() as folder, postgres() as databases:
        for kind in (Sqlite, Postgres):
            wrong += compare(kind(Path(folder), databases), texts)
    for line in wrong:
        print(line)
    print(f"every row is as it was: {'pass' if not wrong else 'FAIL'}")
    return 1 if wrong else 0


class Sqlite:
    """A file, its copy, and the copy's place on another machine."""

    name, first, back = "SQLite", ".venv/bin/python -c", "cp backup"

    def __init__(self, folder: Path, _databases: Databases) -> None:
        self.old, self.new = folder / "old", folder / "new"
        for machine in (self.old, self.new):
            (machine / "instance").mkdir(parents=True)
            (machine / "backup").mkdir()
        self.url, self.restored = (f"sqlite:///{machine / 'instance' / 'attend.db'}" for machine in (self.old, self.new))
        self.backup, self.environ = "attend.db", dict(os.environ)

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The restored database's address."""
        yield self.restored


class Postgres:
    """A database, its dump, and a new database of a server."""

    name, first, back = "PostgreSQL", "pg_dump", "pg_restore"

    def __init__(self, folder: Path, databases: Databases) -> None:
        self.old, self.new, self._databases = folder / "old-pg", folder / "new-pg", databases
        for machine in (self.old, self.new):
            (machine / "backup").mkdir(parents=True)
        self.url, self.backup = databases.make("old"), "attend.dump"
        path = f"{databases.tools}{os.pathsep}{os.environ['PATH']}"
        self.environ = {**os.environ, "PATH": path, "PG_URL": self.url.replace("+psycopg", "")}

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """The restored database's address."""
        with self._databases.copy() as url:
            self.environ["PG_URL"] = url.replace("+psycopg", "")
            yield url


def compare(kind: Sqlite | Postgres, texts: int) -> list[str]:
    """What is wrong after a backup and a restore of so many texts."""
    key = fill(kind.url, texts)
    before = read(kind.url, key)
    made = run(command(kind.first), kind.old, kind.environ)
    backup = kind.old / "backup" / kind.backup
    content = backup.read_bytes()
    wrong = [f"{kind.name}: the backup shows {each.decode()!r}" for each in (*SECRETS, key) if each in content]
    (kind.new / "backup" / kind.backup).write_bytes(content)
    with kind.fresh() as url:
        restored = run(command(kind.back), kind.new, kind.environ)
        begun = time.monotonic()
        asked = [sys.executable, __file__, "--read", url]
        told = subprocess.run(asked, cwd=ROOT, env={**os.environ, "ATTEND_KEY": key.decode()}, capture_output=True, text=True)
        looked = time.monotonic() - begun
        if told.returncode:
            return [*wrong, f"{kind.name}: the restored database cannot be read: {told.stderr[-300:]}"]
        after = json.loads(told.stdout)
    rows, size = sum(len(each) for each in before.values()), len(content) / 1e6
    print(f"{kind.name:11}{texts:>9} texts {rows:>9} rows  backup {size:7.1f} MB in {made:6.2f} s  back in {restored:6.2f} s", end="  ")
    print(f"every row read in {looked:6.1f} s", flush=True)
    return wrong + [f"{kind.name}: {each}" for each in differences(before, after)]


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """The tables that are not as they were, each with its first row that is not."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, []), after.get(name, [])
        if old != new:
            place = next((n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new)))
            found.append(f"{name}: {len(old)} rows before, {len(new)} after; the first that differs is row {place + 1}")
    return found


def command(first: str) -> str:
    """The shell's block of docs/operations.md that has a line which begins so."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    (found,) = [each for each in blocks if re.search(f"^{re.escape(first)}", each, re.MULTILINE)]
    return found.replace(".venv/bin/python", shlex.quote(sys.executable))


def run(script: str, folder: Path, environ: dict[str, str]) -> float:
    """Runs a block; gives the seconds it took."""
    begun = time.monotonic()
    subprocess.run(["sh", "-ec", script], cwd=folder, env=environ, check=True, capture_output=True)
    return time.monotonic() - begun


def read(url: str, key: bytes) -> dict[str, list[str]]:
    """table → a hash of every row as it is decrypted, by primary key; and the last seal of the audit trail, which must be whole."""
    store = Store(url=url, keys=(key,))
    store.migrate()
    found = {}
    with store.session() as session:
        for table in Base.metadata.sorted_tables:
            rows = session.execute(select(table).order_by(*table.primary_key.columns).execution_options(yield_per=CHUNK))
            found[table.name] = [hashlib.blake2s(repr(tuple(row)).encode(), digest_size=8).hexdigest() for row in rows]
        whole = audit.verify(session)
    store.engine.dispose()
    found["the trail"] = [whole.last if whole.broken is None else whole.broken]
    return found


def fill(url: str, texts: int) -> bytes:
    """A clinic that has worked, and a long history of texts; gives the key, which stands nowhere beside it."""
    key = Fernet.generate_key()
    world = make_world(load_parts(), url=url, key=key)
    bot, ana = world.bot, Actor(id=1, name="Ana Torres", role="coordinator", clinic_id=world.bot.clinic_id)
    for who in NUMBERS:
        take(bot, received(sender=world.number(who), body=WORDS))
    send_waiting(bot, Console())
    staff.note(bot, world.phones["dorothy"], "phoned her daughter", by=ana)
    work.claim(bot, world.phones["marcus"], by=ana)
    index_words(bot)
    with bot.store.begin() as session:
        _history(session.connection(), bot.store, texts)
    bot.store.engine.dispose()
    return key


def _history(connection, store: Store, texts: int) -> None:  # type: ignore[no-untyped-def]
    """One patient with a phone for every twenty texts."""
    people = max(1, texts // 20)
    base = {"clinic_id": 1}
    patients = [{**base, "id": n, "name": f"Invented Patient {n}", "language": "en"} for n in range(1000, 1000 + people)]
    phones = [
        {**base, "id": n, "number": f"+1716555{n}", "number_key": store.cipher.index(f"bench {n}"), "created_at": NOW, "state": "{}"}
        for n in range(1000, 1000 + people)
    ]
    connection.execute(insert(PatientRow), patients)
    connection.execute(insert(PhoneRow), phones)
    connection.execute(insert(PatientPhoneRow), [{**base, "patient_id": each["id"], "phone_id": each["id"]} for each in phones])
    for start in range(0, texts, CHUNK):
        rows = [
            {**base, "phone_id": 1000 + n % people, "direction": "inbound", "body": f"{WORDS} {n}", "at": NOW, "status": "answered"}
            for n in range(start, min(start + CHUNK, texts))
        ]
        connection.execute(insert(CommunicationRow), rows)


if __name__ == "__main__":
    sys.exit(main())
