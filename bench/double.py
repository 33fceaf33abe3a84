"""A provider of texts for tests and benches: an HTTP server that takes, lists and tells messages as Twilio does, and misbehaves.

    .venv/bin/python bench/double.py PORT FAULTS PAUSE [WEB TOKEN]

It knows nothing of Attend. FAULTS is the share of sends that go wrong, in one of WAYS each, and rarely TOO_LATE; PAUSE the seconds that
each takes. With the port of a web server and the token that it signs by, it tells there what becomes of each text (bench/carrier.py).
"""

from __future__ import annotations

import json
import math
import random
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

# What a send may meet: how much of it the provider does, and what the sender sees.
WAYS = ("429", "503", "502", "drop", "accept_502", "accept_drop", "accept_hang", "hang", "late")
ANSWERS = {"ok": 201, "accept_502": 502}  # those that end with an answer, the second one of a gateway that knows nothing
HANG = 60.0  # seconds, unless who sent gives up before, as all of ours do
LATE = {"late": (3.5, 6.0), "too_late": (13.0, 20.0)}  # seconds after which it takes a text whose sender has gone
TOO_LATE = 0.01  # of what goes wrong: nobody can know of these in time
AWAY = 1  # seconds that a refusal asks for (Retry-After)


@dataclass
class Provider:
    """What it has. faults: the share of sends that go wrong; plan: what the next sends meet, before chance decides."""

    faults: float = 0.0
    pause: float = 0.0
    plan: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    tell: Callable[[dict[str, Any], str], None] = lambda message, url: None  # of a text that was taken
    blocked: bool = False  # answers nothing but 503, lists included
    retry_after: int = 0  # seconds, told with each refusal
    at_once: float = math.inf  # how many sends are done; those that come after them wait until `go_on` is set
    go_on: threading.Event = field(default_factory=threading.Event)
    hanging: threading.Event = field(default_factory=threading.Event)  # a send has got no answer so far

    def way(self) -> str:
        """What the next send meets."""
        with self.lock:
            if self.plan:
                return self.plan.pop(0)
            if random.random() >= self.faults:
                return "ok"
            return "too_late" if random.random() < TOO_LATE else random.choice(WAYS)

    def accept(self, form: dict[str, str], asked: datetime | None = None) -> dict[str, Any]:
        """Takes a text. asked: when it was posted, if not just now."""
        now = format_datetime(datetime.now(UTC))
        message = {"sid": f"SM{uuid.uuid4().hex}", "to": form["To"], "from": form["From"], "body": form["Body"], "status": "queued"}
        message |= {
            "asked": (asked or datetime.now(UTC)).isoformat(),
            "taken": datetime.now(UTC).isoformat(),
            "date_created": now,
            "date_updated": now,
            "date_sent": None,
            "error_code": None,
            "num_segments": "1",
        }
        with self.lock:
            self.messages.append(message)
        self.tell(message, form.get("StatusCallback", ""))
        return message


class Handler(BaseHTTPRequestHandler):
    """Answers for a provider, as Twilio's API does."""

    provider: Provider
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body of each answer waits 40 ms for the receipt of its head

    def do_POST(self) -> None:
        """Messages.create."""
        asked = datetime.now(UTC)
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()}
        with self.provider.lock:
            self.provider.requests.append(form)
            held = len(self.provider.requests) > self.provider.at_once
        way = "503" if self.provider.blocked else self.provider.way()
        time.sleep(self.provider.pause)
        if held:
            self.provider.go_on.wait()
        if way in LATE:
            return self._take_late(form, asked, way)
        if self._given_up():
            self.close_connection = True
            return None
        if way.isdecimal():
            return self._refuse(int(way))
        message = self.provider.accept(form, asked) if way == "ok" or way.startswith("accept") else {}
        if way.endswith("hang"):
            self._hang()
        if way in ANSWERS:
            return self._answer(ANSWERS[way], message)
        self.close_connection = True
        return None

    def do_GET(self) -> None:
        """Messages.list, and one message."""
        if self.provider.blocked:
            return self._answer(503, {"code": 20503, "message": "down", "status": 503})
        url = urlsplit(self.path)
        asked = {name.lower(): values[0] for name, values in parse_qs(url.query).items()}
        with self.provider.lock:
            found = [
                each
                for each in reversed(self.provider.messages)
                if all(each.get(name, value) == value for name, value in asked.items())
            ]
        if url.path.endswith("/Messages.json"):
            return self._answer(200, {"messages": found, "page_size": 50, "page": 0, "next_page_uri": None, "uri": url.path})
        sid = url.path.rsplit("/", 1)[-1].removesuffix(".json")
        one = [each for each in found if each["sid"] == sid]
        return self._answer(200, one[0]) if one else self._answer(404, {"code": 20404, "message": "none", "status": 404})

    def _given_up(self) -> bool:
        """Whether who sent has gone: what a busy machine comes to so late is not taken, which would say nothing of the sender."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _take_late(self, form: dict[str, str], asked: datetime, way: str) -> None:
        """Takes it when who sent it has long hung up."""
        time.sleep(random.uniform(*LATE[way]))
        self.provider.accept(form, asked)
        self.close_connection = True

    def _hang(self) -> None:
        self.provider.hanging.set()
        self.connection.settimeout(HANG)
        with suppress(OSError):
            self.connection.recv(1)  # nothing comes but the end

    def _refuse(self, code: int) -> None:
        status = code if code < 1000 else {20429: 429, 20500: 500, 20503: 503}.get(code, 400)
        self._answer(status, {"code": code, "message": "no", "status": status})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if status >= 400 and self.provider.retry_after:
            self.send_header("Retry-After", str(self.provider.retry_after))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    """Serves a provider on loopback."""

    request_queue_size = 128

    def __init__(self, provider: Provider, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), type("Own", (Handler,), {"provider": provider}))

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no error here."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


def main(port: str, faults: str, pause: str, web: str = "", token: str = "") -> None:
    """Serves until it is killed."""
    provider = Provider(faults=float(faults), pause=float(pause), retry_after=AWAY)
    if web:
        from carrier import Carrier  # noqa: PLC0415 (tests import this module from elsewhere)

        provider.tell = Carrier(int(web), token).tell
    Server(provider, int(port)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
