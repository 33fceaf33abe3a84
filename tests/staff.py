"""Staff for tests: people with accounts, and a browser that holds cookies and fills in forms over real HTTP."""

from __future__ import annotations

import html
import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pyotp
from flask import Flask

from bot.accounts import sessions
from bot.accounts.sessions import IN
from bot.core import Bot
from bot.store.account_models import UserRow
from tests.cheap import CHEAP_HASHER
from tests.patience import LONG
from tests.world import Clock

PASSWORD = "gravel otter lantern noon"
HASHED = CHEAP_HASHER.hash(PASSWORD)
HERE = "http://127.0.0.1:8000"  # where the tests' staff believe to be: no https on loopback


@dataclass(frozen=True)
class Colleague:
    """Somebody with an account. secret: of their second factor."""

    id: int
    email: str
    secret: str

    def code(self, clock: Clock) -> str:
        """What the app on their phone shows now."""
        return pyotp.TOTP(self.secret).at(clock.now)


def hire(app: Flask, role: str = "coordinator", *, email: str = "", clinic_id: int | None = None) -> Colleague:
    """Somebody whose account is set up."""
    bot: Bot = app.extensions["attend"].bot
    secret = pyotp.random_base32()
    row = UserRow(
        clinic_id=clinic_id or bot.clinic_id, email=email or f"{role}@clinic.example", name=f"Invented {role}", role=role,
        password_hash=HASHED, totp_secret=secret, created_at=bot.clock(),
    )  # fmt: skip
    with bot.store.begin() as session:
        session.add(row)
        session.flush()
    return Colleague(id=row.id, email=row.email, secret=secret)


@dataclass(frozen=True)
class Page:
    """What the server answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def location(self) -> str:
        """Where it sends the browser."""
        return self.headers.get("Location", "")


@dataclass
class Browser:
    """One browser: its cookies, and the form token of the page that it saw last."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def get(self, path: str, **headers: str) -> Page:
        """Opens a page, without following where it leads."""
        return self._ask("GET", path, None, {"Accept": "text/html", **headers})

    def post(self, path: str, headers: Mapping[str, str] | None = None, **form: str) -> Page:
        """Sends a form with the token of the last page, unless `form_token` says otherwise."""
        body = urlencode({"form_token": self.token, **form})
        return self._ask(
            "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", **(headers or {})}
        )

    def sign_in(self, who: Colleague, clock: Clock, *, password: str = PASSWORD, code: str | None = None) -> Page:
        """Email and password, then the code; the answer to the last form that was sent."""
        self.get("/account/login")
        first = self.post("/account/login", email=who.email, password=password)
        if first.status != 303:
            return first
        self.get("/account/code")
        return self.post("/account/code", code=who.code(clock) if code is None else code)

    def enter(self, app: Flask, who: Colleague) -> Browser:
        """Signed in without the forms, where signing in is not what is tested."""
        bot: Bot = app.extensions["attend"].bot
        with bot.store.begin() as session:
            name = app.extensions["attend-gate"].cookie_name("attend")
            self.cookies[name] = sessions.start(session, user_id=who.id, stage=IN, address="127.0.0.1", now=bot.clock())
        self.get("/account")
        return self

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Page:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, {**headers, **({"Cookie": cookies} if cookies else {})})
        answer = connection.getresponse()
        endless = answer.headers.get_content_type() == "text/event-stream"
        text = "" if endless else answer.read().decode(errors="replace")  # of a picture nothing is read
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        if found := re.search(r'name="form_token" value="([^"]+)"', text):
            self.token = html.unescape(found[1])
        return Page(status=answer.status, text=text, headers=dict(answer.headers))
