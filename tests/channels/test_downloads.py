"""Files that the provider keeps: fetched with credentials from its API alone, whatever it says (W-27)."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bot.channels import downloads
from bot.channels.downloads import NotFetched, download
from bot.channels.twilio_sms import TwilioSms
from bot.channels.types import SendError
from tests.provider import ACCOUNT, CLINIC_NUMBER

SID, MEDIA = "MM" + "b" * 32, "ME" + "c" * 32
LIST = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media.json"
FILE = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media/{MEDIA}"
CREDENTIALS = "Basic " + base64.b64encode(f"{ACCOUNT}:token".encode()).decode()


class Api(ThreadingHTTPServer):
    """The provider's API on loopback. answers: path → (status, headers, body); seen: (path, credentials) of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.seen: list[tuple[str, str | None]] = []

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers from the server's list."""

    server: Api

    def do_GET(self) -> None:
        """One request."""
        path = self.path.partition("?")[0]
        self.server.seen.append((path, self.headers.get("Authorization")))
        status, headers, body = self.server.answers.get(path, (404, {}, b"{}"))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    """The provider, who has one picture of one text."""
    with Api() as server:
        there = {"sid": MEDIA, "account_sid": ACCOUNT, "parent_sid": SID, "content_type": "text/html", "uri": "http://169.254.169.254/"}
        server.answers[LIST] = (200, {"Content-Type": "application/json"}, json.dumps({"media_list": [there], "uri": LIST}).encode())
        server.answers[FILE] = (200, {"Content-Type": "text/html"}, b"\x89PNG\r\n\x1a\n\xff")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def channel(api: Api) -> TwilioSms:
    """Our side of it."""
    return TwilioSms(account_sid=ACCOUNT, token="token", number=CLINIC_NUMBER, base_url=api.address)


def test_a_picture_comes_byte_by_byte_from_the_api(api: Api, channel: TwilioSms) -> None:
    """By the ids of its text and its own; the address that stands beside it is not asked."""
    assert channel.picture(SID, 0).data == b"\x89PNG\r\n\x1a\n\xff"
    assert api.seen == [(LIST, CREDENTIALS), (FILE, CREDENTIALS)]


def test_what_is_not_there_is_an_error_of_the_provider(api: Api, channel: TwilioSms) -> None:
    """A number too high; a file that is gone; one that never ends."""
    with pytest.raises(SendError):
        channel.picture(SID, 1)
    api.answers[FILE] = (404, {}, b"")
    with pytest.raises(SendError):
        channel.picture(SID, 0)


@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/latest/meta-data", "http://127.0.0.1/", "https://localhost/", "http://media.twiliocdn.com/x",
        "https://twilio.com.evil.example/", "https://eviltwilio.com/", "https://user@evil.example/#twilio.com", "/relative", "file:///x",
    ],
)  # fmt: skip
def test_no_redirect_leads_to_another_place(place: str, api: Api) -> None:
    """Tests may open no socket to another machine, so a request would fail otherwise than so."""
    api.answers[FILE] = (307, {"Location": place}, b"")
    with pytest.raises(NotFetched, match="none of its own"):
        download(api.address + FILE, auth=(ACCOUNT, "token"))
    assert len(api.seen) == 1


def test_a_file_that_is_too_large_is_left_there(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not even read to its end."""
    monkeypatch.setattr(downloads, "LARGEST", 100_000)
    api.answers[FILE] = (200, {}, bytes(10_000_000))
    with pytest.raises(NotFetched, match="too large"):
        download(api.address + FILE, auth=(ACCOUNT, "token"))


@pytest.mark.parametrize("host", ["api.twilio.com", "media.twiliocdn.com", "s3-external-1.amazonaws.com", "twilio.com"])
def test_the_providers_own_stores_are_known(host: str) -> None:
    """Where its redirects lead today."""
    assert downloads.STORES.fullmatch(host)
