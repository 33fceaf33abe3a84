"""Years of a clinic, written straight into its tables: what has been answered, sent, closed, promised and noted, beside one day's work.

A history of N texts has N / 20 patients, each with the same number of texts over the past year, and N / 10 items. What is open,
booked and waited for is the same whatever N is, as a clinic's day is, and belongs to the first patients.
"""

from __future__ import annotations

from typing import Any

import bulk
from rows import STAFF, Past, tables
from served import number
from sqlalchemy import Connection, delete, func, insert, select, text

from bot.accounts import sessions
from bot.accounts.sessions import IN
from bot.channels.console import received
from bot.core import Bot
from bot.desk import tallies
from bot.store import words
from bot.store.account_models import UserRow
from bot.store.models import Base, CommunicationRow
from bot.store.work_models import ActionRow, IndexedRow
from bot.turn import take

SAID = (
    "yes I will be there", "no puedo ir", "can I come on friday instead", "what should I bring?", "I have no ride to the clinic",
    "cancel my appointment please", "please have somebody call me", "thanks", "where do I park", "tengo miedo de la cita",
    "hgfd", "I need a refill of my pills",
)  # fmt: skip
SENT = "Hello from Sunrise Clinic. You have a visit on Tuesday, March 10 at 10:00 AM. Can you come? Reply YES or NO."


def fill(bot: Bot, texts: int, *, first: int) -> Past:
    """Writes the history. first: the number (`served.number`) of its first patient; those before it must be there already."""
    samples, keys = _samples(bot)
    with bot.store.session() as session:
        last = {row.name: session.scalar(select(func.max(row.c.id))) or 0 for row in Base.metadata.sorted_tables if "id" in row.c}
    begin = {name: last[name] + 1 for name in ("patient", "phone", "communication", "task")}
    past = Past(bot.clinic_id, bot.clock(), texts, **begin, visit=last["appointment"] + 1)
    with bot.store.engine.connect() as connection:
        bulk.begin(connection)
        sent = bot.store.cipher.encrypt(SENT)
        for table, rows in tables(bot, past, samples=samples, sent=sent, keys=keys, first=first):
            bulk.load(connection, table, ({"clinic_id": bot.clinic_id, **row} for row in rows))
        _end(connection)
    count(bot)
    return past


def count(bot: Bot) -> None:
    """Counts the days that are over, as a worker would have done by now; none runs beside the bench."""
    while tallies.keep(bot) is not None:
        pass


def _samples(bot: Bot) -> tuple[list[dict[str, Any]], list[str]]:
    """Texts as the bot itself has read and answered them, still encrypted; and the search keys of their words."""
    for n, body in enumerate(SAID):
        take(bot, received(sender=number(n), body=body))
    names = "body, reply, reading, rule, texts, reader"
    query = f"SELECT {names} FROM communication WHERE direction = 'inbound' ORDER BY id DESC LIMIT {len(SAID)}"  # noqa: S608
    with bot.store.session() as session:
        rows = session.execute(text(query)).mappings().all()
    return [dict(row) for row in rows], sorted(words.keys(bot.store.cipher, " ".join((*SAID, SENT))))


def _end(connection: Connection) -> None:
    """The search index has taken all of it in, and the database knows how large its tables are, as it does after a while by itself."""
    done = {"text": select(func.max(CommunicationRow.id)), "action": select(func.max(ActionRow.id))}
    for what, last in done.items():
        connection.execute(delete(IndexedRow).where(IndexedRow.what == what))
        connection.execute(insert(IndexedRow), {"what": what, "last": connection.scalar(last) or 0})
    connection.commit()
    bulk.settle(connection)


def hire(bot: Bot) -> list[str]:
    """People who may open everything; gives the id of each one's session, which stands in the browser's cookie."""
    tokens, now = [], bot.clock()
    with bot.store.begin() as session:
        there = {row.email: row for row in session.scalars(select(UserRow))}
        for n in range(STAFF):
            email = f"{n}@clinic.example"
            row = there.get(email) or UserRow(clinic_id=bot.clinic_id, email=email, name=f"Invented {n}", role="admin", created_at=now)
            session.add(row)
            session.flush()
            tokens.append(sessions.start(session, user_id=row.id, stage=IN, address="127.0.0.1", now=now))
    return tokens
