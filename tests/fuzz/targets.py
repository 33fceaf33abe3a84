"""What anybody may send to Attend, as hypothesis makes it up, and what must hold whatever it is.

Each target is a strategy and an attack; `tests/fuzz/test_fuzz.py` runs them for seconds, `bench/fuzz.py` for as long as wanted, by
hypothesis and, driven by the coverage of our code, by atheris.
"""

from __future__ import annotations

import csv
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pyotp
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import strategies as st
from sqlalchemy import func, select

import app as application
from bot.accounts import passwords
from bot.channels import twilio_sms
from bot.demo.seed import seed
from bot.ehr.csv_in import columns
from bot.errors import DataError
from bot.records.batch import Came
from bot.records.imports import import_file
from bot.records.opened import Records
from bot.settings import ROOT
from bot.store import queries
from bot.store.account_models import UserRow
from bot.store.models import CommunicationRow
from bot.store.readings import reading_json
from bot.understand.labels import ACTS, BARRIERS, TOPICS
from bot.understand.phrases import load_phrases
from bot.understand.types import Context, Message, Option
from bot.web.wiring import Wired
from tests.conftest import settings_in
from tests.provider import ACCOUNT, CLINIC_NUMBER, PUBLIC, TOKENS, signature
from tests.staff import HERE, PASSWORD
from tests.world import NOW, NUMBERS, PEOPLE, STRANGER, Clock, Parts, make_world

Attack = Callable[[Any], None]
SLOW = 3.0  # seconds of this process that one message may take at the very most; the usual one takes a millisecond
FRESH = 2000  # attacks after which a clinic begins anew, so that its history stays a clinic's


@dataclass(frozen=True)
class Target:
    """What is made up, and what is done with it. made: gives the attack, on a clinic of its own in that folder."""

    made_up: st.SearchStrategy[Any]
    made: Callable[[Parts, Path], Any]


# ---- what people write


@cache
def _sentences() -> tuple[str, ...]:
    """The test sentences of every language."""
    return tuple(
        each.text for path in sorted(ROOT.glob("intents/*/tests.yaml")) for each in load_phrases(path, root=ROOT)
    )  # fmt: skip


SIGNS = st.sampled_from([
    "\u200f", "\u202e", "\u0301", "\x00", "\x1e", "\ufeff", "1️⃣", "½", "²", "١", "👩‍👩‍👧", "\u0130", "ﬁ", "\n", "{when}", "%s",
])  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=200),
    st.deferred(lambda: st.sampled_from(_sentences())),
    st.deferred(lambda: st.lists(st.one_of(st.sampled_from(_sentences()), SIGNS, st.text(max_size=8)), max_size=6).map(" ".join)),
    st.builds(lambda part, times: (part * times)[:5000], st.text(min_size=1, max_size=5), st.integers(1, 2000)),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31), timezones=st.just(NOW.tzinfo))


# ---- the understanding

OPTIONS = st.lists(MOMENTS, max_size=4).map(
    lambda starts: tuple(Option(n, start, ("son", "theo")) for n, start in enumerate(starts, 1))
)
MESSAGES = st.builds(
    Message,
    text=TEXT,
    context=st.sampled_from(Context),
    language=st.sampled_from([None, "en", "es", "zh-Hans", "ja", "ar", "qaa", ""]),
    now=st.one_of(st.none(), MOMENTS),
    slots=OPTIONS,
    visits=OPTIONS,
)


@contextmanager
def _understanding(parts: Parts, _folder: Path) -> Iterator[Attack]:
    def attack(message: Message) -> None:
        """It is read, soon, the same way each time, in words that we know, and can be stored."""
        begun = time.thread_time()
        read = parts.reader.read(message)
        assert time.thread_time() - begun < SLOW
        assert parts.reader.read(message) == read
        assert read.urgent in (None, "medical", "self_harm", "abuse")
        assert read.acts | read.doubtful <= ACTS, read.acts
        assert (read.topics <= TOPICS, read.barriers <= BARRIERS) == (True, True), (read.topics, read.barriers)
        assert read.choice is None or read.choice in [slot.number for slot in message.slots]
        assert {answer.number for answer in read.answers} <= {visit.number for visit in message.visits}
        reading_json(read, message)

    yield attack


# ---- the webhook

NAMES = st.sampled_from([
    "MessageSid", "SmsSid", "From", "To", "Body", "NumMedia", "AccountSid", "OptOutType", "ErrorCode", "MessageStatus",
])  # fmt: skip
SENDERS = [*NUMBERS.values(), STRANGER, "22395", "whatsapp:+17165550101", "+1"]
VALUES = st.one_of(st.text(max_size=40), st.sampled_from(["99", "-1", "delivered"]))
REQUESTS = st.fixed_dictionaries({
    "path": st.sampled_from(["/sms", "/sms", "/sms", "/sms/status", "/sms/status?reply=SM1&part=2", "/sms/status?text=1"]),
    "sid": st.text("0123456789abcdef", min_size=1, max_size=34),
    "sender": st.one_of(st.sampled_from(SENDERS), st.text(max_size=70)),
    "body": TEXT,
    "more": st.lists(st.tuples(st.one_of(NAMES, st.text(max_size=12)), VALUES), max_size=4),
    "signed": st.sampled_from(["yes", "yes", "yes", "yes", "wrongly", "no"]),
    "headers": st.dictionaries(
        st.sampled_from(["I-Twilio-Idempotency-Token", "X-Forwarded-For", "Accept"]), st.text("abc123/*,;=", max_size=20), max_size=2
    ),
    "raw": st.one_of(st.none(), st.none(), st.none(), st.binary(max_size=300)),
    "passed": st.integers(0, 7200),
})  # fmt: skip


@contextmanager
def _webhook(parts: Parts, folder: Path) -> Iterator[Attack]:
    with _clinic(parts, folder, PUBLIC) as (app, clock):
        client, bot = app.test_client(), _wired(app).bot

        def attack(asked: dict[str, Any]) -> None:
            """It is answered, without an error of ours; unsigned it is refused; signed it is kept."""
            clock.now += timedelta(seconds=asked["passed"])
            form = [("MessageSid", f"SM{asked['sid']}"), ("AccountSid", ACCOUNT), ("From", asked["sender"]), ("To", CLINIC_NUMBER)]
            form += [("Body", asked["body"]), *asked["more"]]
            head = {**asked["headers"], "Content-Type": "application/x-www-form-urlencoded"}
            if asked["signed"] != "no":
                token = "another" if asked["signed"] == "wrongly" else TOKENS[0]
                head["X-Twilio-Signature"] = signature(PUBLIC + asked["path"], form, token)
            body = asked["raw"] if asked["raw"] is not None else urlencode(form).encode()
            answer = client.post(asked["path"], data=body, headers=head)
            assert answer.status_code in (200, 204, 400, 403, 413), answer.status_code
            if asked["signed"] != "yes":
                assert answer.status_code == 403
            if answer.status_code == 200:
                ElementTree.fromstring(answer.data)  # noqa: S314 - our own
                parsed = twilio_sms.parse(dict(reversed(form)), {})
                with bot.store.session() as session:
                    assert parsed is None or queries.by_sid(session, parsed.sid) is not None
                    assert not session.scalar(select(func.count()).where(CommunicationRow.status == "failed")), "a turn broke"

        yield attack


# ---- the import

CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from([
        "P1", "P2", "V1", "+17165550101", "(716) 555-0102; 716.555.0103", "1.2E+10", "2026-03-10 09:30", "3/10/2026 9:30 AM", "yes",
        "no", "es", "Spanish", "primary", "30", "child", "America/New_York", "=cmd|' /C calc'!A0", "'=1+1", '="007"', "-1", "٣", "form",
        "2026-03-08 02:30", "9999-12-31 23:59", "0001-01-01 00:00+14:00", "2026-11-01 01:30", "booked", "cancelled", "free", "busy",
        "\x00", "a\nb", '"',
    ]),
)  # fmt: skip
KNOWN = {kind: list(found) for kind, found in columns(ZoneInfo("America/New_York")).items()}
NEEDED = {
    "patients": ["identifier", "name", "language"],
    "visits": ["identifier", "patient", "service", "start"],
    "slots": ["identifier", "service", "start", "minutes"],
    "waiting list": ["patient", "service", "waiting_since"],
}


@st.composite
def _tables(draw: st.DrawFn) -> bytes:
    """A file that is nearly right, or no table at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=400))
    kind = draw(st.sampled_from(sorted(KNOWN)))
    head = [*NEEDED[kind], *draw(st.lists(st.sampled_from([*KNOWN[kind], "unknown", ""]), max_size=5, unique=True))]
    head = list(dict.fromkeys(head)) if draw(st.integers(0, 9)) else head
    file = io.StringIO()
    table = csv.writer(file, delimiter=draw(st.sampled_from(",;\t")))
    table.writerow(head)
    for _ in range(draw(st.integers(0, 4))):
        table.writerow([draw(CELLS) for _ in range(len(head) + (draw(st.integers(0, 19)) == 0))])
    text = file.getvalue()
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])), "replace")


@contextmanager
def _import(parts: Parts, folder: Path) -> Iterator[Attack]:
    world, path = make_world(parts), folder / "table.csv"
    bot = world.bot
    records = Records(store=bot.store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=world.clock, actor="command:fuzz")

    def attack(table: bytes) -> None:
        """It is refused in words, or taken in; and the same file again changes nothing."""
        path.write_bytes(table)
        try:
            import_file(records, path)
        except DataError:
            return
        again = import_file(records, path)
        assert {came for came, count in again.counts.items() if count} <= {Came.SAME, Came.REJECTED}, again.counts

    try:
        yield attack
    finally:
        bot.store.engine.dispose()


# ---- signing in

WHERE = [
    "/account/login", "/account/code", "/account/second-factor", "/account/invitation", "/account/password", "/account/recovery",
    "/account/logout", "/account/end-others", "/account", "/admin/invite", "/inbox",
]  # fmt: skip
LEADS = [
    "/inbox", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/%2f%2fevil.example",
    "\t//evil.example", "/inbox\r\nX: y", "http:evil.example",
]  # fmt: skip
STEPS = st.fixed_dictionaries({
    "path": st.sampled_from([*WHERE[:4], *WHERE]),
    "get": st.booleans(),
    "form": st.fixed_dictionaries({}, optional={
        "email": st.one_of(st.just("ana@clinic.example"), st.just(" ANA@clinic.example "), st.text(max_size=80)),
        "password": st.one_of(st.just(PASSWORD), st.text(max_size=300)),
        "code": st.one_of(st.text("0123456789", max_size=8), st.text(max_size=40)),
        "next": st.one_of(st.sampled_from(LEADS), st.text(max_size=60)),
        "name": st.text(max_size=100),
        "old": st.text(max_size=100),
        "new": st.text(max_size=200),
        "role": st.sampled_from(["admin", "nurse", "x"]),
    }),
    "token": st.one_of(st.just(None), st.just(None), st.just(None), st.text(max_size=70)),
    "cookie": st.one_of(st.just(None), st.just(None), st.just(None), st.text("abcdef0123456789=.-_", max_size=90)),
    "headers": st.dictionaries(
        st.sampled_from(["Origin", "X-Forwarded-For", "Referer", "Host"]), st.text("abc.:/123", max_size=20), max_size=1
    ),
})  # fmt: skip
LOCAL = ("/account", "/inbox", "/admin")


@contextmanager
def _login(parts: Parts, folder: Path) -> Iterator[Attack]:
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # else an attack takes a second
    with _clinic(parts, folder, HERE) as (app, clock):
        with _wired(app).bot.store.begin() as session:
            who = {"email": "ana@clinic.example", "name": "Ana Torres", "role": "admin", "created_at": NOW}
            row = UserRow(clinic_id=_wired(app).bot.clinic_id, **who)
            row.password_hash, row.totp_secret = passwords.hashed(PASSWORD), pyotp.random_base32()
            session.add(row)

        def attack(steps: list[dict[str, Any]]) -> None:
            """No step is an error of ours or leads elsewhere, and none without the right code opens the inbox."""
            clock.now += timedelta(minutes=20)  # else the account stays closed
            client = app.test_client()
            token = ""
            for step in steps:
                if step["cookie"] is not None:
                    client.set_cookie("attend", step["cookie"])
                page = client.get(step["path"], query_string={"next": step["form"].get("next", "")}, headers=step["headers"])
                token = _token(page.get_data(as_text=True)) or token
                if not step["get"]:
                    form = {**step["form"], "form_token": token if step["token"] is None else step["token"]}
                    page = client.post(step["path"], data=form, headers=step["headers"])
                assert page.status_code < 500, page.status_code
                where = page.headers.get("Location", "/inbox")
                assert where.startswith(LOCAL), where
                assert "\n" not in where
            assert client.get("/inbox").status_code in (302, 303, 401)

        yield attack


def _token(page: str) -> str:
    _, _, rest = page.partition('name="form_token" value="')
    return rest.partition('"')[0]


# ---- all of them


def _wired(app: Flask) -> Wired:
    return app.extensions["attend"]  # type: ignore[no-any-return]


@contextmanager
def _clinic(parts: Parts, folder: Path, public: str) -> Iterator[tuple[Flask, Clock]]:
    """The public application on a seeded database in that folder, with the reader that is there."""
    clock, load = Clock(), application.load_reader
    application.load_reader = lambda *_, **__: parts.reader  # type: ignore[assignment]
    try:
        app = application.create_app(replace(settings_in(folder), public_url=public), clock=clock)
    finally:
        application.load_reader = load  # type: ignore[assignment]
    bot = _wired(app).bot
    seed(bot, PEOPLE)
    try:
        yield app, clock
    finally:
        bot.store.engine.dispose()


TARGETS = {
    "webhook": Target(REQUESTS, _webhook),
    "understanding": Target(MESSAGES, _understanding),
    "import": Target(_tables(), _import),
    "login": Target(st.lists(STEPS, min_size=1, max_size=4), _login),
}


@contextmanager
def attacking(name: str, parts: Parts) -> Iterator[Attack]:
    """The attack of a target, on a clinic that begins anew after FRESH of them."""
    target, count, opened = TARGETS[name], 0, None
    try:

        def attack(drawn: Any) -> None:
            nonlocal count, opened
            if opened is None or count % FRESH == 0:
                if opened is not None:
                    opened[0].__exit__(None, None, None)
                made = _in_a_folder(target, parts)
                opened = made, made.__enter__()
            count += 1
            opened[1](drawn)

        yield attack
    finally:
        if opened is not None:
            opened[0].__exit__(None, None, None)


@contextmanager
def _in_a_folder(target: Target, parts: Parts) -> Iterator[Attack]:
    with tempfile.TemporaryDirectory() as folder, target.made(parts, Path(folder)) as attack:
        yield attack
