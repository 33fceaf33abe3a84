"""Urgent items that nobody takes on: a second person is told, then the next, until somebody does (S-13)."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from sqlalchemy import select, text

from bot.actor import Actor
from bot.channels import notices
from bot.channels.console import Console, received
from bot.channels.notices import Contacts, Notice, NotTold
from bot.delivery import alerts
from bot.delivery.alerts import AGAIN, LEASE, Alarm
from bot.delivery.worker import Worker
from bot.desk import staff, work
from bot.metrics import measure
from bot.store import audit
from bot.store.database import MIGRATIONS, Store
from bot.store.models import AuditRow
from bot.store.work_models import AlertRow
from bot.turn import take
from tests.delivery.conftest import Post
from tests.patience import LONG
from tests.world import NOW, NUMBERS, World, make_world

WORDS = "I have chest pain zanahoria"
BEN = Actor(id=2, name="Ben Carter", role="coordinator", clinic_id=1)


@dataclass
class Pager:
    """A paging service on loopback: what it was sent, and with which status it answers."""

    url: str = ""
    status: int = 204
    got: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def serve(self) -> Iterator[Pager]:
        """Serves it."""
        pager = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if pager.status < 300:
                    pager.got.append(body)
                self.send_response(pager.status)
                self.send_header("Location", f"{pager.url}/elsewhere")
                self.end_headers()

            def do_GET(self) -> None:
                pager.got.append({"redirected": self.path})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}/alert"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class Anywhere(Controller):
    """Listens where there is room: a port that was found to be free may be another test's a moment later."""

    def _create_server(self) -> Any:
        listening = socket.create_server(("127.0.0.1", 0))
        self.hostname, self.port = listening.getsockname()
        return self.loop.create_server(self._factory_invoker, sock=listening)


@dataclass
class Mailbox:
    """A mail server on loopback, which knows a password: what it took from whom, and by whom it is to be read."""

    url: str = ""
    got: list[tuple[list[str], Message]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        """Takes an e-mail."""
        if not session.authenticated:
            return "530 Who are you?"
        self.got.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"

    @contextmanager
    def serve(self) -> Iterator[Mailbox]:
        """Serves it."""
        right = (b"attend", b"pass/word")

        def check(_server: Any, _session: Any, _envelope: Any, _how: str, given: Any) -> AuthResult:
            return AuthResult(success=(given.login, given.password) == right, handled=False)

        controller = Anywhere(self, authenticator=check, auth_require_tls=False, ready_timeout=LONG)
        controller.start()
        self.url = f"smtp://attend:pass%2Fword@127.0.0.1:{controller.port}"
        try:
            yield self
        finally:
            controller.stop(no_assert=True)


@pytest.fixture
def world(bot_parts: Any) -> World:
    """A clinic."""
    return make_world(bot_parts)


@pytest.fixture
def pager() -> Iterator[Pager]:
    """A paging service."""
    with Pager().serve() as served:
        yield served


@pytest.fixture
def mail() -> Iterator[Mailbox]:
    """A mail server."""
    with Mailbox().serve() as served:
        yield served


def alarm(*webhooks: str, emails: tuple[str, ...] = (), smtp: str = "") -> Alarm:
    """Whom to tell."""
    contacts = Contacts(webhooks, emails, smtp=smtp, sender="attend@clinic.example")
    return Alarm(contacts, inbox="https://texts.example.org/inbox/phone/")


def danger(world: World, who: str = "dorothy", words: str = WORDS) -> None:
    """A patient writes that they are in danger."""
    take(world.bot, received(sender=world.number(who), body=words))


def wait(world: World, **span: float) -> None:
    """Time passes."""
    world.clock.now += timedelta(**span)


def rows(world: World) -> list[AlertRow]:
    """Every alert."""
    with world.bot.store.session() as session:
        return list(session.scalars(select(AlertRow).order_by(AlertRow.task_id)))


def metric(world: World, name: str) -> float:
    """What monitoring sees."""
    with world.bot.store.session() as session:
        return next(each.rows[0][-1] for each in measure(session, 1, world.clock.now, spooled=0) if each.name == name)  # type: ignore[return-value]


def test_a_second_person_is_told_and_then_the_next_until_somebody_takes_it_on(post: Post, pager: Pager, mail: Mailbox) -> None:
    """S-13: on either database; the webhook first, then each address, then the webhook again."""
    world, list_ = post.world, alarm(pager.url, emails=("ana@clinic.example", "ben@clinic.example"), smtp=mail.url)
    danger(world)
    wait(world, minutes=9)
    alerts.watch(world.bot, list_)
    assert (pager.got, mail.got) == ([], [])
    wait(world, minutes=1)
    for _ in range(3):
        alerts.watch(world.bot, list_)
    assert [(each["kind"], each["minutes"], each["told"]) for each in pager.got] == [("urgent_medical", 10, 0)]
    wait(world, minutes=10)
    alerts.watch(world.bot, list_)
    wait(world, minutes=10)
    alerts.watch(world.bot, list_)
    assert [to for to, _ in mail.got] == [["ana@clinic.example"], ["ben@clinic.example"]]
    wait(world, minutes=10)
    alerts.watch(world.bot, list_)
    assert [each["told"] for each in pager.got] == [0, 3]
    work.claim(world.bot, world.phones["dorothy"], by=world.staff)
    wait(world, hours=5)
    alerts.watch(world.bot, list_)
    assert (len(pager.got), len(mail.got)) == (2, 2)


def test_what_is_told_has_no_word_name_or_number_of_the_patient(world: World, pager: Pager, mail: Mailbox) -> None:
    """H-02, H-11: kind, clinic, age and a link behind the sign-in."""
    danger(world)
    wait(world, minutes=12)
    list_ = alarm(pager.url, emails=("ana@clinic.example",), smtp=mail.url)
    alerts.watch(world.bot, list_)
    wait(world, minutes=10)
    alerts.watch(world.bot, list_)
    ((_, letter),) = mail.got
    body = letter.get_content()  # type: ignore[attr-defined]
    assert letter["Subject"] == "URGENT: Medical emergency: call now (Sunrise Clinic)"
    assert "waited in the inbox for 22 minutes" in body
    assert "Told before you: 1" in body
    item = rows(world)[0].task_id
    link = f"https://texts.example.org/inbox/phone/{world.phones['dorothy']}#item-{item}"
    assert link in body
    assert pager.got == [
        {
            "event": "attend.urgent", "item": item, "kind": "urgent_medical", "title": "Medical emergency: call now",
            "clinic": "Sunrise Clinic", "minutes": 12, "link": link, "told": 0,
        }
    ]  # fmt: skip
    said = f"{pager.got} {letter.as_string()}"
    assert [each for each in ("zanahoria", "chest", "Dorothy", "Hale", NUMBERS["dorothy"].strip("+")) if each in said] == []


ACTS: dict[str, Any] = {
    "claims it": lambda bot, phone, item, by: work.claim(bot, phone, by=by),
    "makes it a colleague's": lambda bot, phone, item, by: work.assign(bot, [item], to=BEN, by=by),
    "closes it": lambda bot, phone, item, by: work.resolve(bot, [item], outcome="called", by=by),
    "snoozes it": lambda bot, phone, item, by: work.snooze(bot, [item], until=NOW + timedelta(hours=3), by=by),
    "phones": lambda bot, phone, item, by: staff.call(bot, phone, outcome="no_answer", words="", by=by),
    "writes": lambda bot, phone, item, by: staff.reply(bot, phone, "Are you safe?", by=by),
    "releases the hold": lambda bot, phone, item, by: staff.release(bot, phone, by=by),
}


@pytest.mark.parametrize("act", ACTS)
def test_nobody_is_told_once_somebody(act: str, world: World, pager: Pager) -> None:
    """Whoever does something about it has taken it on, and the trail says so."""
    danger(world)
    (alert,) = rows(world)
    ACTS[act](world.bot, world.phones["dorothy"], alert.task_id, world.staff)
    wait(world, hours=2)
    alerts.watch(world.bot, alarm(pager.url))
    assert pager.got == []
    assert metric(world, "urgent_unacknowledged") == 0


def test_taking_it_on_stands_in_the_timeline_and_in_the_trail(world: World) -> None:
    """H-07: who, and when; once, however often it is claimed."""
    danger(world)
    for _ in range(2):
        work.claim(world.bot, world.phones["dorothy"], by=world.staff)
    with world.bot.store.session() as session:
        found = session.scalars(select(AuditRow).where(AuditRow.action == "acknowledged")).all()
        assert [(each.actor, each.about) for each in found] == [("staff:1", f"phone:{world.phones['dorothy']}")]
        assert audit.verify(session).broken is None
    assert (rows(world)[0].actor, rows(world)[0].acknowledged_at) == ("Ana Torres", NOW)


def test_a_further_text_of_danger_rings_again_although_the_first_was_taken_on(world: World, pager: Pager) -> None:
    """S-14: whoever took the first one on may have gone home."""
    danger(world)
    (alert,) = rows(world)
    work.assign(world.bot, [alert.task_id], to=world.staff, by=world.staff)
    wait(world, hours=12)
    danger(world, words="the chest pain is back")
    wait(world, minutes=10)
    alerts.watch(world.bot, alarm(pager.url))
    assert [each["minutes"] for each in pager.got] == [10]


def test_a_further_text_does_not_set_a_running_clock_back(world: World, pager: Pager) -> None:
    """Else who writes every nine minutes is never heard."""
    danger(world)
    for _ in range(2):
        wait(world, minutes=5)
        danger(world, words="my chest hurts so bad")
    alerts.watch(world.bot, alarm(pager.url))
    assert [each["minutes"] for each in pager.got] == [10]


def test_who_is_working_on_it_now_is_not_overtaken(world: World, pager: Pager) -> None:
    """A text that comes while a coordinator has the conversation waits for the end of their claim."""
    danger(world)
    wait(world, minutes=8)
    work.claim(world.bot, world.phones["dorothy"], by=world.staff)
    danger(world, words="chest pain again")
    wait(world, minutes=4)
    assert metric(world, "urgent_unacknowledged") == 0
    wait(world, minutes=6)
    alerts.watch(world.bot, alarm(pager.url))
    assert len(pager.got) == 1


def test_what_is_opened_again_or_given_back_must_be_taken_on_again(world: World, pager: Pager) -> None:
    """Closing the wrong one is easily done."""
    danger(world)
    (alert,) = rows(world)
    work.resolve(world.bot, [alert.task_id], outcome="done", by=world.staff)
    work.reopen(world.bot, [alert.task_id], by=world.staff)
    wait(world, minutes=10)
    alerts.watch(world.bot, alarm(pager.url))
    assert len(pager.got) == 1


def test_several_processes_tell_once(post: Post, pager: Pager) -> None:
    """Each with connections of its own, at the same moment, about three patients."""
    world = post.world
    for who in ("dorothy", "marcus", "lucia"):
        danger(world, who)
    wait(world, minutes=11)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: alerts.watch(world.bot, alarm(pager.url)), range(16)))
    assert sorted(each["item"] for each in pager.got) == sorted(row.task_id for row in rows(world))


def test_a_process_that_dies_while_it_tells_somebody_is_followed_by_another(post: Post, pager: Pager) -> None:
    """After its lease; and its late result changes nothing."""
    world, list_ = post.world, alarm(pager.url)
    danger(world)
    wait(world, minutes=10)
    died = alerts._claim(world.bot, list_)
    assert died is not None
    alerts.watch(world.bot, list_)
    assert pager.got == []
    wait(world, seconds=LEASE.total_seconds())
    alerts.watch(world.bot, list_)
    assert len(pager.got) == 1
    alerts._settle(world.bot, list_, died, error="TimeoutError")
    assert (rows(world)[0].told, rows(world)[0].failed) == (1, 0)


def test_who_cannot_be_reached_is_passed_over_at_once_and_monitoring_sees_it(world: World, pager: Pager, mail: Mailbox) -> None:
    """S-13: that an alert does not arrive is itself an alert; it is tried until it does."""
    pager.status = 500
    list_ = alarm(pager.url, "http://127.0.0.1:9/gone", emails=("ana@clinic.example",), smtp="smtp://127.0.0.1:9")
    danger(world)
    wait(world, minutes=10)
    alerts.watch(world.bot, list_)
    assert (metric(world, "alerts_failing"), rows(world)[0].failed, rows(world)[0].error) == (1, 3, "ConnectionRefusedError")
    alerts.watch(world.bot, list_)
    assert rows(world)[0].tries == 3
    pager.status = 204
    wait(world, seconds=AGAIN.total_seconds())
    alerts.watch(world.bot, list_)
    assert (len(pager.got), metric(world, "alerts_failing"), metric(world, "urgent_unacknowledged")) == (1, 0, 1)
    with world.bot.store.session() as session:
        told = session.scalars(select(AuditRow).where(AuditRow.action == "alert").order_by(AuditRow.id)).all()
    assert [(each.outcome, each.reason) for each in told] == [
        ("failed", "webhook 1: HTTP 500"), ("failed", "webhook 2: URLError"), ("failed", "email 1: ConnectionRefusedError"),
        ("ok", "webhook 1"),
    ]  # fmt: skip


def test_a_redirect_is_no_answer(world: World, pager: Pager) -> None:
    """What stands elsewhere would get a question without the notice, and might say yes to it."""
    pager.status = 302
    with pytest.raises(NotTold, match="HTTP 302"):
        alarm(pager.url).contacts.tell(0, Notice(1, "test", "Test", "Clinic", 0, ""))
    assert pager.got == []


def test_a_mail_server_elsewhere_must_encrypt(mail: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """H-10: a password would travel in clear, and the notice with it. This one cannot: nothing is sent."""
    monkeypatch.setattr(notices, "LOOPBACK", ())
    list_ = alarm(emails=("ana@clinic.example",), smtp=mail.url)
    with pytest.raises(NotTold, match="SMTPNotSupportedError"):
        list_.contacts.tell(0, Notice(1, "test", "Test", "Clinic", 0, ""))
    assert mail.got == []


def test_a_wrong_password_is_told_without_it(mail: Mailbox) -> None:
    """H-17: nor the server's own words."""
    list_ = alarm(emails=("ana@clinic.example",), smtp=mail.url.replace("pass%2Fword", "hunter2"))
    with pytest.raises(NotTold) as error:
        list_.contacts.tell(0, Notice(1, "test", "Test", "Clinic", 0, ""))
    assert str(error.value) == "SMTPAuthenticationError"


def test_without_anybody_to_tell_nothing_is_claimed(world: World) -> None:
    """Monitoring still sees it."""
    danger(world)
    wait(world, minutes=30)
    alerts.watch(world.bot, alarm())
    assert rows(world)[0].tries == 0
    assert metric(world, "urgent_oldest_seconds") == 1800


def test_the_worker_of_a_running_server_tells_by_itself(bot_parts: Any, post: Post, pager: Pager) -> None:
    """With its threads; what was due before it started is told now: the clock stands in the database."""
    world = post.world
    danger(world)
    wait(world, minutes=45)
    worker = Worker(world.bot, Console(), None, rate=1000.0, alarm=alarm(pager.url), every=0.01)
    worker.start()
    try:
        for _ in range(500):
            if pager.got:
                break
            threading.Event().wait(0.01)
    finally:
        worker.stop()
    assert [each["minutes"] for each in pager.got] == [45]


def test_what_was_urgent_before_the_upgrade_rings_after_it() -> None:
    """Migration 0012: open and nobody's; what somebody has, or is closed, does not."""
    store, config = Store(url="sqlite://", keys=(Fernet.generate_key(),)), Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    before = ScriptDirectory.from_config(config).get_revision("0009").down_revision
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
        command.downgrade(config, str(before))
        connection.execute(text("INSERT INTO clinic (id, slug) VALUES (1, 'old')"))
        for status, owner in (("requested", None), ("requested", 1), ("completed", None)):
            values = {"status": status, "owner": owner, "at": "2026-03-03 15:00:00"}
            columns = "clinic_id, kind, detail, stage, rank, created_at, due_at, status, owner_id"
            row = "1, 'urgent_medical', '', '', 0, :at, :at, :status, :owner"
            connection.execute(text(f"INSERT INTO task ({columns}) VALUES ({row})"), values)  # noqa: S608 - ours
        command.upgrade(config, "0009")
        rows = connection.execute(text("SELECT task_id, told, acknowledged_at FROM alert")).all()
    assert rows == [(1, 0, None)]
    store.engine.dispose()
