"""What patients and staff write can be read nowhere but where it is shown: unique words in every input, then every byte searched.

H-05, H-10, H-11. The files are those of the database with its journal, a backup of it and the spool; the output is all that the
process writes, logs, tracebacks and the web server's own lines too. Every form of every page is filled in, so that a new page needs no
line here. That the words were really taken in is shown by reading them with the key.
"""

from __future__ import annotations

import base64
import logging
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from bot.actor import Actor
from bot.channels.twilio_sms import TwilioSms
from bot.delivery.sender import send_waiting
from bot.delivery.worker import index_words, sweep
from bot.desk import staff, work
from bot.records.exports import export
from bot.records.imports import import_file
from bot.records.opened import Records
from bot.records.person import as_record, everything
from bot.records.retention import purge
from bot.records.rotation import encrypted, rotate
from bot.settings import Settings
from bot.store.models import AppointmentRow, CommunicationRow, ConsentRow, PatientPhoneRow, PatientRow, PhoneRow, TaskRow
from bot.store.work_models import ActionRow, SavedViewRow
from bot.web.wiring import Wired
from tests.conftest import serving
from tests.forms import fill_in
from tests.inbox.test_every_word import MORE, addresses
from tests.provider import post, sms
from tests.staff import Browser, hire
from tests.web.test_webhook import locked
from tests.world import Clock

NAME, NAME_2, IDENTIFIER = "Quexalina Zorvath", "Wimbly Ockspar", "ZQ77KVX31"
PHONE, STRANGER, PROVIDERS = "+17165550187", "+17165550188", "provzqerr"
STORED = {  # what must be in the database, and readable there with the key alone
    "text": "plomzaquist", "danger": "vextorbalm", "spooled": "grindlewoop", "broken": "trantuzzle", "stranger": "hobblequint",
    "staff": "snarvelpik", "note": "quobbertine", "for_staff": "glimperfusk", "media": "flarnigosk",
    "later": "crandlimoff", "call": "sprottiwick", "view": "munglebrath", "to_translate": "drimplequor", "translated": "yorbleskint",
}  # fmt: skip
UNSTORED = {
    "refused": "dweezlemarch",
    "field": "optriskulum",
    "header": "marbulonque",
    "code": "zwerpolict",
    "draft": "fibbersnatch",
    "asked": "wuzzelkramp",
    "address": "glottenspry",
}  # nobody asked for it, or to keep it


@contextmanager
def refusing_provider() -> Iterator[str]:
    """A provider that refuses every text and repeats it, with the number, in its error."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Refuses."""
            given = self.rfile.read(int(self.headers["Content-Length"])).decode()
            body = f'{{"code": 30007, "message": "{PROVIDERS} {quote(given)} {PHONE}", "status": 400}}'.encode()
            self.send_response(400)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing: it is not ours."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def run(app: Flask, settings: Settings, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, str]]:
    """A day with unique words in everything that comes in, and with everything going wrong that can.

    Gives what was typed into the forms of all pages: word → (address, field).
    """
    wired: Wired = app.extensions["attend"]
    bot = wired.bot
    records = Records(store=bot.store, clinic=bot.clinic, clinic_id=bot.clinic_id, clock=clock, actor="command:test")
    _import(records, folder)
    with serving(app) as port:
        _texts(port, settings, monkeypatch)
        sweep(bot, wired.spool)
    with bot.store.session() as session:
        line = next(row.id for row in session.scalars(select(PhoneRow)) if row.number == PHONE)
        item = session.scalars(select(TaskRow.id).where(TaskRow.phone_id == line)).first()
        held = session.get_one(PhoneRow, line).state
    assert item is not None
    assert "hold" in held
    who = hire(app)
    ana = Actor(id=who.id, name="Ana Torres", role="coordinator", clinic_id=bot.clinic_id)
    staff.release(bot, line, by=ana)
    staff.reply(bot, line, f"Words of staff: {STORED['staff']}", by=ana)
    staff.note(bot, line, f"For colleagues: {STORED['for_staff']}", by=ana)
    work.resolve(bot, [item], outcome="called", note=f"A note: {STORED['note']}", by=ana)
    with refusing_provider() as url:
        send_waiting(bot, TwilioSms(account_sid="AC1", token="t", number="+17165550100", base_url=url))
    index_words(bot)
    with serving(app) as port:
        browser = Browser(port).enter(app, who)
        assert STORED["text"] in browser.get(f"/inbox/phone/{line}").text
        assert f"/inbox/phone/{line}" in browser.post("/inbox/search", asked=STORED["text"]).text
        _pages(browser, line)
        typed = _every_form(app, port, line)
        for page in ("/metrics", "/healthz", "/readyz", "/nowhere", f"/inbox/phone/{10**9}", "/inbox/phone/x", "/sms"):
            shown = browser.get(page).text
            assert [word for word in (*STORED.values(), *UNSTORED.values(), *typed, NAME, PHONE[2:]) if word in shown] == [], page
    rotate(records)
    purge(records)
    export(records, "messages", "csv")
    everything(records, IDENTIFIER)
    with closing(sqlite3.connect(folder / "clinic.db")) as source, closing(sqlite3.connect(folder / "backup.db")) as copy:
        source.backup(copy)
    return typed


def _every_form(app: Flask, port: int, line: int) -> dict[str, tuple[str, str]]:
    """Each form of each page that an administrator can open, on this line and on another one: people, life events, programmes,
    settings, notes, calls, drafts, views, one's own account.
    """
    with app.extensions["attend"].bot.store.session() as session:
        visits = list(session.scalars(select(AppointmentRow.id).where(AppointmentRow.status == "booked").limit(2)))
        people = list(session.scalars(select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == line)))
    values = {"phone_id": [line, 2], "visit_id": visits, "patient_id": [*people, 2], "code": ["es"], "what": [], "name": ["promises"]}
    pages = sorted([*addresses(app, values), *MORE], key=lambda page: not page.startswith("/inbox"))  # what ends a session comes last
    return fill_in(Browser(port).enter(app, hire(app, "admin")), pages, leaving=("/account/logout", "/account/end-others"))


def _pages(browser: Browser, line: int) -> None:
    """What staff type elsewhere: a reply for tomorrow, a call, a view, a draft, a search that finds nothing, an address."""
    assert browser.post(f"/inbox/phone/{line}/reply", text=f"Tomorrow: {STORED['later']}", at="2026-03-05T10:00").status == 303
    assert browser.post(f"/inbox/phone/{line}/call", outcome="reached", words=STORED["call"]).status == 303
    assert browser.post("/inbox/views", do="save", name=STORED["view"]).status == 303
    assert browser.post(f"/inbox/phone/{line}/check", text=UNSTORED["draft"]).status == 200
    assert browser.post("/inbox/search", asked=UNSTORED["asked"]).status == 200
    assert browser.post(f"/inbox/phone/{line}/to-translate", text=STORED["to_translate"]).status == 303
    asked = max(re.findall(r'id="item-(\d+)"', browser.get(f"/inbox/phone/{line}").text), key=int)
    assert browser.post(f"/inbox/phone/{line}/translated", item=asked, translation=STORED["translated"]).status == 303
    assert browser.post("/inbox/items", do=UNSTORED["address"], item=UNSTORED["address"], back=UNSTORED["address"]).status == 400


def _import(records: Records, folder: Path) -> None:
    path = folder / "given" / "patients.csv"
    path.parent.mkdir()
    rows = [f"{IDENTIFIER},{NAME},en,{PHONE}", f"{IDENTIFIER}2,{NAME_2},en,1.7E+10", f"{IDENTIFIER}3,{NAME_2},{UNSTORED['code']},"]
    path.write_text("\n".join(["identifier,name,language,phone", *rows]))
    for problem in import_file(records, path).problems:
        print(problem)


def _texts(port: int, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def text(body: str, who: str = PHONE, **more: str) -> list[tuple[str, str]]:
        return sms(body, From=who, ProfileName=UNSTORED["field"], FromCity=UNSTORED["field"], **more)

    post(port, text(f"please have somebody call me about {STORED['text']}"), User_Agent=UNSTORED["header"])
    post(port, text(f"look {STORED['media']}", NumMedia="1", MediaUrl0=f"https://api.twilio.com/{UNSTORED['field']}"))
    post(port, text(f"who is this {STORED['stranger']}", STRANGER))
    post(port, text(f"chest pain, cannot breathe, {STORED['danger']}"))
    post(port, text(UNSTORED["refused"]), X_Twilio_Signature="none")
    with monkeypatch.context() as patch:
        patch.setattr("bot.store.database.LOCK_SECONDS", 0.1)
        with locked(settings):
            post(port, text(f"when is my visit {STORED['spooled']}"))
    assert list(settings.spool_dir.glob("*.msg"))
    with monkeypatch.context() as patch:
        patch.setattr("bot.understand.reader.Reader.read", _break)
        post(port, text(f"hello {STORED['broken']}"))
    status = [("MessageSid", "SM1"), ("MessageStatus", "failed"), ("To", PHONE), ("ErrorMessage", UNSTORED["field"])]
    post(port, status, path="/sms/status")


def _break(_reader: object, message: object) -> None:
    """An error whose text holds the patient's words, as errors of libraries do."""
    raise ValueError(f"cannot read {message}")


def _as_bytes(word: str) -> set[bytes]:
    """How a word may stand in a file or a log."""
    digits = word.removeprefix("+1")
    plain = {word, word.casefold(), quote(word), digits, *word.split()} if word.startswith("+") else {word, quote(word), *word.split()}
    coded = {base64.b64encode(word.encode()).rstrip(b"=")[:-1]}
    return {form for each in plain for form in (each.encode(), each.encode("utf-16-le"), each.upper().encode())} | coded


EVENTS = (
    b"turn_failed", b"reader_failed", b"database_down", b"signature_refused", b"not_sent", b"POST /sms", b"INSERT INTO communication",
)  # fmt: skip


@dataclass(frozen=True)
class Day:
    """What a day left behind: the application, all bytes of its files, all that it wrote to the terminal, and what was typed."""

    app: Flask
    files: bytes
    output: bytes
    typed: dict[str, tuple[str, str]]


@pytest.fixture
def talkative(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every library tells what it does, SQL statements too; set before the application chooses what it writes to."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.INFO, "sqlalchemy.engine")
    return caplog


@pytest.fixture
def day(
    talkative: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    app: Flask,
    settings: Settings,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Day:
    """Runs the day."""
    typed = run(app, settings, clock, tmp_path, monkeypatch)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "given"]
    assert {"clinic.db", "clinic.db-wal", "backup.db"} <= {path.name for path in files}
    out = capfd.readouterr()
    return Day(app, b"".join(path.read_bytes() for path in files), (out.out + out.err + talkative.text).encode(), typed)


KINDS = (PatientRow, PhoneRow, CommunicationRow, TaskRow, ActionRow, SavedViewRow, ConsentRow)
OURS = "/inbox/settings/"  # what the clinic tells about itself, names of its papers too, is no secret


@pytest.mark.slow
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # whose files we can read
def test_no_word_name_or_number_stands_in_any_byte(day: Day) -> None:
    """Files, logs, errors and addresses; and every word that belongs in the database can be read there with the key."""
    files, output = day.files, day.output
    for event in EVENTS:
        assert event in output
    for word in (*STORED.values(), *UNSTORED.values(), NAME, NAME_2, IDENTIFIER, PHONE, STRANGER, PROVIDERS):
        for form in _as_bytes(word):
            assert form not in files, f"{word} can be read in a file"
            assert form not in output, f"{word} can be read in a log"
    with day.app.extensions["attend"].bot.store.session() as session:
        rows = [as_record(row) for kind in KINDS for row in session.scalars(select(kind))]
    readable = str(rows)
    assert [word for word in (*STORED.values(), NAME, IDENTIFIER, PHONE, STRANGER) if word not in readable] == []
    assert [word for word in UNSTORED.values() if word in readable] == []
    theirs = {word: where for word, where in day.typed.items() if not where[0].startswith(OURS)}
    for word, where in theirs.items():
        assert not any(form in files for form in _as_bytes(word)), f"{where} can be read in a file"
        assert not any(form in output for form in _as_bytes(word)), f"{where} can be read in a log"
    stored = {where for word, where in theirs.items() if word in readable}  # what another form has not written over since
    assert stored >= {("/inbox/phone/#/note", "words"), ("/inbox/views", "name")}, stored
    assert {address.split("/")[1] for address, _ in theirs.values()} == {"inbox", "account", "admin"}


def test_the_search_would_find_a_word(tmp_path: Path) -> None:
    """However it stands there: as it is, in capitals, in UTF-16, in an address, in Base64."""
    word = STORED["text"]
    for written in (word, word.upper()):
        assert any(form in written.encode() for form in _as_bytes(word))
    assert any(form in word.encode("utf-16-le") for form in _as_bytes(word))
    assert any(form in base64.b64encode(word.encode()) for form in _as_bytes(word))
    assert any(form in b"GET /x?n=%2B17165550187" for form in _as_bytes(PHONE))


def test_every_column_of_free_text_is_encrypted() -> None:
    """A new column for words or names must be one of these; the others hold codes, times and the clinic's own names."""
    found = {f"{table.name}.{column.name}" for table, columns in encrypted() for column in columns}
    assert found >= {
        "patient.name", "patient.identifier", "patient.source", "phone.number", "communication.body", "communication.reply",
        "communication.reading", "task.note", "appointment.identifier", "appointment.source", "secret.value",
        "staff_action.words", "candidate.words", "candidate.phrase",
    }  # fmt: skip
