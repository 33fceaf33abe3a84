"""The doctor finds what is not well, and connect sets the provider's addresses."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import insert

from app import create_app
from bot.channels.console import received
from bot.channels.notices import Contacts
from bot.channels.twilio_account import AccountError, TwilioAccount
from bot.delivery.alerts import Alarm, watch
from bot.editing.lint import load_lint
from bot.operate.doctor import Installation, Level, examine
from bot.settings import ROOT, Settings
from bot.store.database import Store
from bot.store.outgoing import queue
from bot.store.setting_models import SettingChangeRow
from bot.texts import load_texts
from bot.turn import take
from bot.web.wiring import Wired
from tests.conftest import application_on, serving
from tests.provider import ACCOUNT, CLINIC_NUMBER, TOKENS
from tests.world import NOW, NUMBERS, Clock

SID = "PN" + "b" * 32


class Provider:
    """The provider's list of numbers, as its API answers; it keeps what is set."""

    def __init__(self) -> None:
        self.number = {"sid": SID, "sms_url": "https://old.example.org/sms", "sms_method": "GET"}
        self.number |= {"sms_fallback_url": "", "sms_fallback_method": "POST", "phone_number": CLINIC_NUMBER}
        self.status = 200

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serves it on loopback; gives the address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = parse_qs(urlsplit(self.path).query)["PhoneNumber"]
                numbers = [provider.number] if asked == [CLINIC_NUMBER] else []
                self.answer({"incoming_phone_numbers": numbers, "page": 0, "next_page_uri": None})

            def do_POST(self) -> None:
                given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                assert self.path.endswith(f"/IncomingPhoneNumbers/{SID}.json")
                names = {"SmsUrl": "sms_url", "SmsMethod": "sms_method"}
                names |= {"SmsFallbackUrl": "sms_fallback_url", "SmsFallbackMethod": "sms_fallback_method"}
                provider.number |= {names[name]: value for name, (value,) in given.items()}
                self.answer(provider.number)

            def answer(self, body: dict[str, Any]) -> None:
                text = json.dumps(body if provider.status == 200 else {"code": 20003, "message": "no", "status": 401}).encode()
                self.send_response(provider.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def provider() -> Iterator[tuple[Provider, TwilioAccount]]:
    """The provider, and the account as we ask it."""
    there = Provider()
    with there.serve() as url:
        yield there, TwilioAccount(account_sid=ACCOUNT, token=TOKENS[0], base_url=url)


@pytest.fixture
def site(app: Flask, settings: Settings) -> Installation:
    """An installation without a provider."""
    wired: Wired = app.extensions["attend"]
    return Installation(
        settings=settings,
        store=wired.bot.store,
        clinic=replace(wired.bot.clinic, holidays=frozenset({NOW.date() + timedelta(days=9)})),
        texts=load_texts(ROOT / "locales"),
        lint=load_lint(ROOT / "locales"),
        reviews={},
        now=NOW,
    )


def found(site: Installation, about: str) -> tuple[Level, str]:
    """The gravest finding about a thing."""
    every = [each for each in examine(site) if each.about == about]
    worst = max(every, key=lambda each: [Level.OK, Level.WARNING, Level.ERROR].index(each.level))
    return worst.level, worst.what


def test_a_well_installation_has_no_error(site: Installation) -> None:
    """Database, keys, clock, queue; what translators have not read is a warning, and that no provider is set."""
    assert [each for each in examine(site) if each.level is Level.ERROR] == []
    assert {each.about for each in examine(site) if each.level is Level.WARNING} == {"texts", "provider", "alerts"}


def test_that_nobody_is_told_of_emergencies_is_an_error_once_patients_text(
    site: Installation, provider: tuple[Provider, TwilioAccount]
) -> None:
    """S-13: and who is told is said, without the addresses."""
    assert found(replace(site, account=provider[1]), "alerts")[0] is Level.ERROR
    settings = replace(site.settings, alert_webhooks=("https://pager.example/secret",), alert_emails=("ana@clinic.example",))
    level, what = found(replace(site, settings=settings, account=provider[1]), "alerts")
    assert level is Level.OK
    assert "after 10 minutes 1 webhooks and 1 addresses" in what
    assert "secret" not in what


def test_an_alert_that_reaches_nobody_is_an_error(site: Installation, app: Flask) -> None:
    """S-13: that it was not delivered is itself an alert."""
    bot = app.extensions["attend"].bot
    take(bot, received(sender=NUMBERS["dorothy"], body="I have chest pain"))
    later = replace(bot, clock=lambda: NOW + timedelta(minutes=10))
    watch(later, Alarm(Contacts(("http://127.0.0.1:9/alert",)), inbox="/inbox/phone/"))
    level, what = found(site, "alerts")
    assert level is Level.ERROR
    assert "nobody could be told of urgent item" in what


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """What a command is run with: staff's pages on this machine."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'clinic.db'}")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8000")
    return monkeypatch


def test_the_list_for_emergencies_can_be_tried(environ: pytest.MonkeyPatch) -> None:
    """S-13: a drill; who could not be reached is named by place, and the exit code says so."""
    run = create_app().test_cli_runner().invoke
    nobody = run(args=["alarm"])
    assert (nobody.exit_code, "nobody is on the list" in nobody.output) == (1, True)
    environ.setenv("ALERT_WEBHOOK", "http://127.0.0.1:9/secret")
    refused = run(args=["alarm"])
    assert (refused.exit_code, refused.output) == (1, "webhook 1  could not be told: URLError\n")


def test_overdue_and_unanswered_texts_are_found(site: Installation, app: Flask) -> None:
    """Nobody sends: the texts wait."""
    bot = app.extensions["attend"].bot
    with bot.store.begin() as session:
        queue(session, clinic_id=bot.clinic_id, phone_id=1, body="hello", now=NOW, sender="bot")
    level, what = found(replace(site, now=NOW + timedelta(minutes=11)), "queue")
    assert level is Level.ERROR
    assert "is a sender running" in what


def test_texts_in_the_spool_are_told(site: Installation) -> None:
    """The database was away."""
    site.settings.spool_dir.mkdir()
    (site.settings.spool_dir / "1.msg").write_bytes(b"x")
    assert "1 texts lie in the spool" in found(site, "spool")[1]


def test_an_old_key_is_told(site: Installation, settings: Settings) -> None:
    """What is still under it must be brought under the newest."""
    store = Store(url=settings.database_url, keys=(Fernet.generate_key(), *settings.keys))
    assert "key rotate" in found(replace(site, store=store), "keys")[1]
    store.engine.dispose()


def test_a_database_of_another_version_is_told(site: Installation, tmp_path: Path) -> None:
    """Without changing it."""
    store = Store(url=f"sqlite:///{tmp_path / 'empty.db'}", keys=site.settings.keys)
    level, what = found(replace(site, store=store), "database")
    assert level is Level.ERROR
    assert "None" in what
    store.engine.dispose()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # other databases have no file to lie beside
def test_a_key_beside_the_database_is_told(site: Installation, tmp_path: Path) -> None:
    """H-10; and whether others on the machine can read it."""
    key = tmp_path / "clinic.key"
    key.touch(mode=0o644)
    assert "others on this machine" in found(site, "keys")[1]


def test_a_clinics_name_that_tells_too_much_is_an_error(site: Installation) -> None:
    """H-03."""
    clinic = replace(site.clinic, clinic=replace(site.clinic.clinic, name="Main Street Methadone"))
    assert found(replace(site, clinic=clinic), "clinic")[0] is Level.ERROR


def test_a_database_that_is_gone_is_a_finding_and_stops_no_other(site: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is looked at all the same."""
    store = Store(url="sqlite:////nowhere/at/all.db", keys=site.settings.keys)
    every = list(examine(replace(site, store=store)))
    assert [each.about for each in every if "could not be looked at" in each.what] == ["database", "keys", "queue", "alerts"]
    assert "opt-out" in {each.about for each in every}


def test_addresses_at_the_provider_are_compared_and_set(site: Installation, provider: tuple[Provider, TwilioAccount]) -> None:
    """W-14, W-16, W-17: POST, retries, and the fallback to the same handler."""
    there, account = provider
    site = replace(site, account=account)
    assert "connect" in found(site, "webhook")[1]
    account.connect(account.number(CLINIC_NUMBER), url=f"{site.settings.public_url}/sms")
    assert there.number["sms_url"] == "https://texts.example.org/sms#rc=2&rp=all"
    assert there.number["sms_fallback_url"] == "https://texts.example.org/sms"
    assert (there.number["sms_method"], there.number["sms_fallback_method"]) == ("POST", "POST")
    assert found(site, "webhook")[0] is Level.OK
    assert found(site, "fallback")[0] is Level.OK


def test_a_provider_that_refuses_is_told_in_words(provider: tuple[Provider, TwilioAccount]) -> None:
    """A wrong token, a number of somebody else, and no answer at all."""
    there, account = provider
    with pytest.raises(AccountError, match="no number of this account"):
        account.number("+17165550199")
    there.status = 401
    with pytest.raises(AccountError, match="TWILIO_AUTH_TOKEN"):
        account.number(CLINIC_NUMBER)
    gone = TwilioAccount(account_sid=ACCOUNT, token="t", base_url="http://127.0.0.1:9")
    with pytest.raises(AccountError, match="cannot be reached"):
        gone.number(CLINIC_NUMBER)


@pytest.fixture
def signature(settings: Settings, site: Installation, provider: tuple[Provider, TwilioAccount]) -> Iterator[Callable[..., Any]]:
    """What the doctor finds of signatures at a live server that believes in the address it is reached by."""
    site = replace(site, account=provider[1])
    with application_on(replace(settings, public_url=""), Clock()) as app, serving(app) as port:

        def look(*, path: str = "", **changes: Any) -> tuple[Level, str]:
            here = replace(settings, public_url=f"http://127.0.0.1:{port}{path}", **changes)
            return found(replace(site, settings=here), "signature")

        yield look


def test_the_webhook_is_knocked_at_with_and_without_a_signature(signature: Callable[..., Any]) -> None:
    """W-04, W-05: signed for its public address it is taken; with a wrong token, at a wrong address or nowhere it is told."""
    assert signature() == (Level.OK, "signed requests are taken, others refused")
    assert "answered by 403" in signature(auth_tokens=("wrong",))[1]
    assert "answered by 404" in signature(path="/elsewhere")[1]


def test_a_server_that_does_not_answer_is_told(site: Installation, provider: tuple[Provider, TwilioAccount]) -> None:
    """W-33: no certificate, no route, no server."""
    here = replace(site.settings, public_url="http://127.0.0.1:9")
    assert "does it reach this server" in found(replace(site, settings=here, account=provider[1]), "signature")[1]


def test_it_tells_the_clinics_time(site: Installation) -> None:
    """A wrong zone shows at once."""
    assert "Wednesday, 4 March 2026, 9:00 AM at the clinic" in found(site, "clock")[1]


def test_a_section_that_this_version_refuses_is_told_and_stops_no_start(settings: Settings, clock: Clock, site: Installation) -> None:
    """Another version saved it in a browser: the file holds there, and who runs it hears what to do (S-17)."""
    assert found(site, "settings") == (Level.OK, "all that staff have edited holds")
    with site.store.begin() as session:
        values = {"clinic_id": 1, "section": "hours", "follows": 0, "actor": "Ana Torres", "at": NOW, "data": '{"hours": {"noday": 7}}'}
        session.execute(insert(SettingChangeRow).values(values))
    with application_on(settings, clock) as started:
        current = started.extensions["attend"].bot.current
        assert current.clinic == current.file
        level, said = found(replace(site, refused=current.refused), "settings")
    assert level is Level.ERROR
    for part in ("Ana Torres", "'noday' is none of monday", "the clinic's file holds", "Open Settings"):
        assert part in said


def test_what_is_to_be_done_in_the_providers_console_is_told(site: Installation, provider: tuple[Provider, TwilioAccount]) -> None:
    """H-12, O-03: how long texts are kept there, spending, and who answers STOP; nobody but the account's owner sees it."""
    there = replace(site, account=provider[1])
    assert "400 days" in found(there, "console")[1]
    assert "STOP" in found(there, "opt-out")[1]
