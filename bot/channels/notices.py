"""How a person outside the inbox is told that something urgent waits: a webhook or an e-mail, with no word about any patient (S-13)."""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from http.client import HTTPException
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT = 10.0  # seconds
LOOPBACK = ("localhost", "127.0.0.1", "::1")  # a mail server on this machine may do without TLS


@dataclass(frozen=True)
class Notice:
    """What is told. item: its number; title: its kind in words; minutes: how long it has waited; told: how many were told before."""

    item: int
    kind: str
    title: str
    clinic: str
    minutes: int
    link: str
    told: int = 0


class NotTold(Exception):
    """Nobody was reached; the message says why by the kind of error alone, since addresses may hold secrets."""


@dataclass(frozen=True)
class Contacts:
    """Whom to tell, one after the other: the webhooks, then the e-mail addresses. smtp: smtp(s)://user:password@host:port."""

    webhooks: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    smtp: str = ""
    sender: str = ""

    def __len__(self) -> int:
        return len(self.webhooks) + len(self.emails)

    def name(self, place: int) -> str:
        """What a contact is called where no address may stand, e.g. "email 2"; after the last one comes the first again."""
        place %= len(self)
        hooks = len(self.webhooks)
        return f"webhook {place + 1}" if place < hooks else f"email {place - hooks + 1}"

    def tell(self, place: int, notice: Notice) -> None:
        """Tells the contact at that place. Raises NotTold."""
        place %= len(self)
        try:
            if place < len(self.webhooks):
                _post(self.webhooks[place], notice)
            else:
                _mail(self, self.emails[place - len(self.webhooks)], notice)
        except urllib.error.HTTPError as error:
            raise NotTold(f"HTTP {error.code}") from None
        except (OSError, HTTPException, smtplib.SMTPException, ValueError) as error:
            raise NotTold(type(error).__name__) from None


class _Stay(urllib.request.HTTPRedirectHandler):
    """A notice goes where the clinic said, and nowhere else: a redirect would also turn the POST into a GET without it."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(url: str, notice: Notice) -> None:
    body = json.dumps({"event": "attend.urgent", **asdict(notice)}).encode()
    head = {"Content-Type": "application/json", "User-Agent": "Attend"}
    request = urllib.request.Request(url, body, head, method="POST")  # noqa: S310 - https, or loopback: checked by settings
    with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT):  # any status but 2xx is raised
        pass


def _mail(contacts: Contacts, to: str, notice: Notice) -> None:
    where = urlsplit(contacts.smtp)
    host, context = where.hostname or "", ssl.create_default_context()
    if where.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, where.port or 465, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, where.port or 587, timeout=TIMEOUT)
    with server:
        if where.scheme == "smtp" and host not in LOOPBACK:
            server.starttls(context=context)
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(_letter(contacts.sender, to, notice))


def _letter(sender: str, to: str, notice: Notice) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = sender, to
    letter["Subject"] = f"URGENT: {notice.title} ({notice.clinic})"
    letter["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> "))
    letter["Auto-Submitted"], letter["X-Priority"] = "auto-generated", "1"
    before = "You are the first to be told." if not notice.told else f"Told before you: {notice.told}. Nobody has taken it on."
    letter.set_content(
        f"{notice.clinic}: {notice.title}.\n"
        f"It has waited in the inbox for {notice.minutes} minutes, and nobody has taken it on.\n\n"
        f"{notice.link}\n\n"
        f"Open it and claim it, or assign it: until somebody does, the next person is told.\n{before}\n"
    )
    return letter
