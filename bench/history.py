"""Years of a clinic, written straight into its tables: what has been answered, sent, closed, promised and noted, beside one day's work.

A history of N texts has N / 20 patients, each with the same number of texts over the past year, and N / 10 items. What is open,
booked and waited for is the same whatever N is, as a clinic's day is, and belongs to the first patients.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import bulk
from served import EACH, number
from sqlalchemy import Connection, delete, func, insert, select, text

from bot.accounts import sessions
from bot.accounts.sessions import IN
from bot.channels.console import received
from bot.core import Bot
from bot.desk import tallies
from bot.dialogue.items import KINDS
from bot.store import words
from bot.store.account_models import UserRow
from bot.store.models import Base, CommunicationRow
from bot.store.work_models import ActionRow, IndexedRow
from bot.turn import take

OPEN = 300  # items
COMING, A_DAY = 400, 20  # visits to come, of as many patients; of one day
FREE = 300  # times
WAITING = 50  # patients who wait for a time
STAFF = 20
YEAR = timedelta(days=365)
LANGUAGES = ("en", "en", "en", "es", "es", "en", "zh", "vi", "en", "es", "ht", "ru", "ar", "en", "pt", "fr", "ko", "de", "it", "pl")
NAMES = ("Ana", "Ben", "Chau", "Dina", "Emil", "Fatima", "Gabriel", "Hana", "Ivan", "Jamila", "Karim", "Lucia", "Mateo", "Noor", "Olga")
SAID = (
    "yes I will be there", "no puedo ir", "can I come on friday instead", "what should I bring?", "I have no ride to the clinic",
    "cancel my appointment please", "please have somebody call me", "thanks", "where do I park", "tengo miedo de la cita",
    "hgfd", "I need a refill of my pills",
)  # fmt: skip
SENT = "Hello from Sunrise Clinic. You have a visit on Tuesday, March 10 at 10:00 AM. Can you come? Reply YES or NO."


@dataclass(frozen=True)
class Past:
    """Where the history begins: the ids of its first patient, phone, text, item and visit."""

    clinic_id: int
    now: datetime
    texts: int
    patient: int
    phone: int
    communication: int
    task: int
    visit: int

    @property
    def people(self) -> int:
        """How many patients it has."""
        return self.texts // EACH

    @property
    def items(self) -> int:
        """How many items it has, the open ones with them."""
        return self.texts // 10

    @property
    def tomorrow(self) -> str:
        """A day with visits."""
        return (self.now + timedelta(days=1)).date().isoformat()

    def at(self, n: int) -> datetime:
        """When the nth text came or went: the last one a minute ago."""
        return self.now - timedelta(minutes=1) - YEAR * (self.texts - 1 - n) / self.texts

    def item_text(self, n: int) -> int:
        """Which text the nth item is about: the open ones are of the first patients, and of the newest texts."""
        return self.texts - self.people + n if n < OPEN else (n * 10) % (self.texts - self.people)


def fill(bot: Bot, texts: int, *, first: int) -> Past:
    """Writes the history. first: the number (`served.number`) of its first patient; those before it must be there already."""
    samples, keys = _samples(bot)
    with bot.store.session() as session:
        last = {row.name: session.scalar(select(func.max(row.c.id))) or 0 for row in Base.metadata.sorted_tables if "id" in row.c}
    begin = {name: last[name] + 1 for name in ("patient", "phone", "communication", "task")}
    past = Past(bot.clinic_id, datetime.now(UTC), texts, **begin, visit=last["appointment"] + 1)
    with bot.store.engine.connect() as connection:
        bulk.begin(connection)
        for table, rows in _tables(bot, past, samples, keys, first):
            bulk.load(connection, table, ({"clinic_id": bot.clinic_id, **row} for row in rows))
        _end(connection)
    while tallies.keep(bot) is not None:
        pass
    return past


def _samples(bot: Bot) -> tuple[list[dict[str, Any]], list[str]]:
    """Texts as the bot itself has read and answered them, still encrypted; and the search keys of their words."""
    for n, body in enumerate(SAID):
        take(bot, received(sender=number(n), body=body))
    names = "body, reply, reading, rule, texts, reader"
    query = f"SELECT {names} FROM communication WHERE direction = 'inbound' ORDER BY id DESC LIMIT {len(SAID)}"  # noqa: S608
    with bot.store.session() as session:
        rows = session.execute(text(query)).mappings().all()
    return [dict(row) for row in rows], sorted(words.keys(bot.store.cipher, " ".join((*SAID, SENT))))


def _tables(
    bot: Bot, past: Past, samples: list[dict[str, Any]], keys: list[str], first: int
) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    """Table after table, with its rows."""
    encrypt = bot.store.cipher.encrypt
    yield "patient", _patients(bot, past)
    yield "phone", _phones(bot, past, first)
    people = range(past.people)
    yield "patient_phone", ({"patient_id": past.patient + n, "phone_id": past.phone + n, "relation": "self"} for n in people)
    yield (
        "consent",
        ({"phone_id": past.phone + n, "decision": "opt_in", "category": "all", "source": "form", "at": past.at(n)} for n in people),
    )
    yield "appointment", _visits(past)
    yield "communication", _texts(past, samples, encrypt(SENT))
    yield (
        "outbox",
        (
            {"communication_id": past.communication + n, "status": "sent", "priority": 2, "send_at": past.at(n), "attempts": 1}
            for n in range(past.texts)
            if _ours(past, n)
        ),
    )
    yield "communication_request", _requests(past)
    yield "task", _items(past)
    yield "promise", _promises(past)
    yield "staff_action", _actions(past, encrypt("Called, will come with her daughter."))
    yield "audit", _trail(past)
    yield "claim", _held(past)
    yield "viewing", ({**row, "actor_id": n % STAFF + 1} for n, row in enumerate(_held(past)))
    yield "slot", _slots(past)
    yield "waiting", _waiting(past)
    yield "candidate", _candidates(past, encrypt("tengo miedo de la cita"))
    yield "word", _words(bot, past, keys)


def _patients(bot: Bot, past: Past) -> Iterator[dict[str, Any]]:
    for n in range(past.people):
        name = bot.store.cipher.encrypt(name_of(n))
        yield {"id": past.patient + n, "name": name, "language": LANGUAGES[n % len(LANGUAGES)], "active": True, "do_not_text": False}


def _phones(bot: Bot, past: Past, first: int) -> Iterator[dict[str, Any]]:
    cipher = bot.store.cipher
    for n in range(past.people):
        known = number(first + n)
        made = {"number": cipher.encrypt(known), "number_key": cipher.index(known), "state": "{}", "created_at": past.at(n)}
        yield {"id": past.phone + n, **made, "wants": "all", "version": 1}


def _visits(past: Past) -> Iterator[dict[str, Any]]:
    """Four visits of each in the past year; one to come of the first patients, A_DAY a day."""
    base = {"service": "primary", "minutes": 30, "practitioner": "Dr. Lee", "video_link": "", "confidential": False, "version": 1}
    for n in range(4 * past.people):
        status = ("fulfilled", "fulfilled", "fulfilled", "noshow", "cancelled")[n % 5]
        start = past.now - YEAR * (n + 1) / (4 * past.people)
        yield {
            **base,
            "id": past.visit + n,
            "patient_id": past.patient + n % past.people,
            "start": _half(start),
            "status": status,
            "participant": "accepted",
        }
    for n in range(COMING):
        start = _half(past.now) + timedelta(days=1 + n // A_DAY, minutes=30 * (n % A_DAY))
        said = ("needs-action", "accepted", "tentative", "accepted")[n % 4]
        yield {
            **base,
            "id": past.visit + 4 * past.people + n,
            "patient_id": past.patient + n,
            "start": start,
            "status": "booked",
            "participant": said,
        }


def name_of(n: int) -> str:
    """The nth patient's name; the second part is theirs alone."""
    letters = "".join(chr(ord("a") + n // 26**place % 26) for place in range(4))
    return f"{NAMES[n % len(NAMES)]} Inv{letters}"


def _half(moment: datetime) -> datetime:
    return moment.replace(minute=30 * (moment.minute // 30), second=0, microsecond=0)


def _ours(past: Past, n: int) -> bool:
    """Whether the nth text is one of the schedule's: each patient gets one, answers, gets one."""
    return (n // past.people) % 2 == 0


def _texts(past: Past, samples: list[dict[str, Any]], sent: bytes) -> Iterator[dict[str, Any]]:
    """Each patient's texts stand far from each other, as they do in a clinic."""
    for n in range(past.texts):
        row = {"id": past.communication + n, "phone_id": past.phone + n % past.people, "at": past.at(n), "media": 0}
        if _ours(past, n):
            lost = n % 50 == 7
            status = {"status": "undelivered" if lost else "delivered", "error": 30003 if lost else None}
            yield {
                **row,
                **status,
                "direction": "outbound",
                "provider_sid": f"SMpast{n}",
                "sender": "bot",
                "body": sent,
                "texts": "reminder",
            }
        else:
            answer = {"answered_via": "twiml", "reply_sid": f"SMreply{n}", "reply_status": "delivered", "status": "answered"}
            own = {"direction": "inbound", "provider_sid": f"SMpast{n}", "sender": "patient", **answer}
            yield {**row, **own, **samples[n % len(samples)]}


def _requests(past: Past) -> Iterator[dict[str, Any]]:
    for n in range(past.texts):
        if _ours(past, n):
            who, back = n % past.people, n // past.people
            about = {"phone_id": past.phone + who, "appointment_id": past.visit + who + back // 6 * past.people}
            yield {**about, "start": past.now, "step": f"step{back}", "communication_id": past.communication + n, "at": past.at(n)}


def _items(past: Past) -> Iterator[dict[str, Any]]:
    kinds = [kind for kind in KINDS if not kind.startswith("urgent")]
    for n in range(past.items):
        kind, about, open_ = kinds[n % len(kinds)], past.item_text(n), n < OPEN
        at = past.now - timedelta(minutes=n) if open_ else past.at(about)
        done = {"status": "requested"} if open_ else {"status": "completed", "closed_at": at + timedelta(hours=2), "outcome": "done"}
        row = {"phone_id": past.phone + about % past.people, "communication_id": past.communication + about, "created_at": at}
        detail = "transport" if kind == "barrier" else ""
        times = {"due_at": at + timedelta(hours=4), "fix_by": past.now + timedelta(days=2) if kind == "barrier" else None}
        yield {"id": past.task + n, **row, **done, **times, "kind": kind, "detail": detail, "rank": KINDS[kind].rank, "stage": ""}


def _promises(past: Past) -> Iterator[dict[str, Any]]:
    for row in _items(past):
        if KINDS[row["kind"]].promised:
            kept = None if row["status"] == "requested" else row["closed_at"]
            made = {"made_at": row["created_at"], "due_at": row["due_at"], "kept_at": kept}
            yield {"phone_id": row["phone_id"], "communication_id": row["communication_id"], **made}


def _actions(past: Past, note: bytes) -> Iterator[dict[str, Any]]:
    for row in _items(past):
        if row["status"] == "completed":
            what = {"kind": "resolved", "detail": "done", "words": note, "at": row["closed_at"]}
            yield {"phone_id": row["phone_id"], "task_id": row["id"], "actor_id": 1, "actor": "Somebody", **what}


def _trail(past: Past) -> Iterator[dict[str, Any]]:
    """As many entries as texts were looked at; their seals are of the right length and seal nothing."""
    who = {"actor": "staff:1", "role": "coordinator", "action": "view", "outcome": "ok", "reason": "", "address": "", "request": ""}
    for n in range(past.items * 2):
        about = {"at": past.at(n * 5), "about": f"phone:{past.phone + n % past.people}"}
        yield {**who, **about, "previous": secrets.token_hex(32), "seal": secrets.token_hex(32)}


def _held(past: Past) -> Iterator[dict[str, Any]]:
    """Locks that have lapsed, one on each conversation."""
    for n in range(past.people):
        yield {"phone_id": past.phone + n, "actor_id": 1, "actor": "Somebody", "until": past.at(n)}


def _slots(past: Past) -> Iterator[dict[str, Any]]:
    base = {"service": "primary", "minutes": 30, "practitioner": "Dr. Lee"}
    for n in range(past.people // 10):
        yield {**base, "start": _half(past.now) - timedelta(minutes=30 * (n + 1)), "status": "busy"}
    for n in range(FREE):
        yield {**base, "start": _half(past.now) + timedelta(days=1 + n // 10, minutes=30 * (n % 10)), "status": "free"}


def _waiting(past: Past) -> Iterator[dict[str, Any]]:
    for n in range(past.people // 10):
        status = "waiting" if n < WAITING else "booked"
        since = {"since": past.at(n), "closed_at": None if status == "waiting" else past.at(n)}
        yield {"patient_id": past.patient + n, "service": "lab", "wishes": "[]", "source": "patient", "status": status, **since}


def _candidates(past: Past, said: bytes) -> Iterator[dict[str, Any]]:
    for n in range(past.items // 20):
        status = "proposed" if n < 40 else "accepted"
        read = {"language": "es", "context": "none", "read_as": "confirm", "means": "barrier.fear", "proposed_by": "Somebody"}
        yield {"communication_id": past.communication + n, "words": said, "status": status, "at": past.at(n), **read}


def _words(bot: Bot, past: Past, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Words that everybody has said, and each one's name."""
    for n in range(past.people):
        own = words.keys(bot.store.cipher, name_of(n))
        for key in {*keys[n % 2 :: 2], *own}:
            yield {"key": key, "phone_id": past.phone + n}


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
        for n in range(STAFF):
            row = UserRow(clinic_id=bot.clinic_id, email=f"{n}@clinic.example", name=f"Invented {n}", role="admin", created_at=now)
            session.add(row)
            session.flush()
            tokens.append(sessions.start(session, user_id=row.id, stage=IN, address="127.0.0.1", now=now))
    return tokens
