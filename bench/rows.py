"""The rows of a clinic's past (`history`), table by table: real texts of the bot's, of people who are invented."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from served import number

from bot.core import Bot
from bot.dialogue.items import KINDS
from bot.store import words

EACH = 20  # texts of a patient
OPEN = 300  # items
COMING, A_DAY = 400, 20  # visits to come, of as many patients; of one day
FREE = 300  # times
WAITING = 50  # patients who wait for a time
STAFF = 20
YEAR = timedelta(days=365)
LANGUAGES = ("en", "en", "en", "es", "es", "en", "zh", "vi", "en", "es", "ht", "ru", "ar", "en", "pt", "fr", "ko", "de", "it", "pl")
NAMES = ("Ana", "Ben", "Chau", "Dina", "Emil", "Fatima", "Gabriel", "Hana", "Ivan", "Jamila", "Karim", "Lucia", "Mateo", "Noor", "Olga")


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


def tables(
    bot: Bot, past: Past, *, samples: list[dict[str, Any]], sent: bytes, keys: list[str], first: int
) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    """Table after table, with its rows. samples: texts that were answered; sent: what the schedule sends; keys: their words'."""
    encrypt = bot.store.cipher.encrypt
    yield "patient", _patients(bot, past)
    yield "phone", _phones(bot, past, first)
    yield "patient_phone", ({"patient_id": past.patient + n, "phone_id": past.phone + n} for n in range(past.people))
    agreed = {"decision": "opt_in", "source": "form"}
    yield "consent", ({**agreed, "phone_id": past.phone + n, "at": past.at(n)} for n in range(past.people))
    yield "appointment", _visits(past)
    yield "communication", _texts(past, samples, sent)
    yield "outbox", _outbox(past)
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
        yield {"id": past.patient + n, "name": bot.store.cipher.encrypt(name_of(n)), "language": LANGUAGES[n % len(LANGUAGES)]}


def _phones(bot: Bot, past: Past, first: int) -> Iterator[dict[str, Any]]:
    cipher = bot.store.cipher
    for n in range(past.people):
        known = number(first + n)
        yield {"id": past.phone + n, "number": cipher.encrypt(known), "number_key": cipher.index(known), "created_at": past.at(n)}


def _visits(past: Past) -> Iterator[dict[str, Any]]:
    """Four visits of each in the past year; one to come of the first patients, A_DAY a day."""
    base = {"service": "primary", "minutes": 30, "practitioner": "Dr. Lee", "next_text_at": None}
    for n in range(4 * past.people):
        row = {"id": past.visit + n, "patient_id": past.patient + n % past.people, "participant": "accepted"}
        start = _half(past.now - YEAR * (n + 1) / (4 * past.people))
        yield {**base, **row, "start": start, "status": ("fulfilled", "fulfilled", "fulfilled", "noshow", "cancelled")[n % 5]}
    for n in range(COMING):
        row = {"id": past.visit + 4 * past.people + n, "patient_id": past.patient + n, "status": "booked"}
        start = _half(past.now) + timedelta(days=1 + n // A_DAY, minutes=30 * (n % A_DAY))
        yield {**base, **row, "start": start, "participant": ("needs-action", "accepted", "tentative", "accepted")[n % 4]}


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
    ours = {"direction": "outbound", "sender": "bot", "body": sent, "segments": 1, "texts": "reminder"}
    theirs = {"direction": "inbound", "status": "answered", "answered_via": "twiml", "reply_status": "delivered", "segments": 1}
    for n in range(past.texts):
        row = {"id": past.communication + n, "phone_id": past.phone + n % past.people, "at": past.at(n), "provider_sid": f"SMpast{n}"}
        if _ours(past, n):
            yield {**row, **ours, **({"status": "undelivered", "error": 30003} if n % 50 == 7 else {"status": "delivered"})}
        else:
            yield {**row, **theirs, "reply_sid": f"SMreply{n}", **samples[n % len(samples)]}


def _outbox(past: Past) -> Iterator[dict[str, Any]]:
    for n in range(past.texts):
        if _ours(past, n):
            yield {"communication_id": past.communication + n, "status": "sent", "send_at": past.at(n), "attempts": 1}


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
        fixable = {"detail": "transport", "fix_by": past.now + timedelta(days=2)} if kind == "barrier" else {}
        yield {"id": past.task + n, **row, **done, **fixable, "kind": kind, "rank": KINDS[kind].rank, "due_at": at + timedelta(hours=4)}


def _promises(past: Past) -> Iterator[dict[str, Any]]:
    for row in _items(past):
        if KINDS[row["kind"]].promised:
            made = {"made_at": row["created_at"], "due_at": row["due_at"], "kept_at": row.get("closed_at")}
            yield {"phone_id": row["phone_id"], "communication_id": row["communication_id"], **made}


def _actions(past: Past, note: bytes) -> Iterator[dict[str, Any]]:
    for row in _items(past):
        if row["status"] == "completed":
            what = {"kind": "resolved", "detail": "done", "words": note, "at": row["closed_at"], "actor_id": 1, "actor": "Somebody"}
            yield {"phone_id": row["phone_id"], "task_id": row["id"], **what}


def _trail(past: Past) -> Iterator[dict[str, Any]]:
    """As many entries as texts were looked at; their seals are of the right length and seal nothing."""
    who = {"actor": "staff:1", "role": "coordinator", "action": "view"}
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
