"""Twilio's SMS: the signed webhook in, TwiML and the REST API out."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from html import escape
from typing import Any, Protocol
from urllib.parse import urlencode

import phonenumbers
from requests import Session
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator, get_signature_algorithm
from twilio.rest import Client

from bot.channels.downloads import TooLarge, download
from bot.channels.types import TOO_LARGE, Inbound, Outgoing, Picture, SendError, Sent

TIMEOUT = 10.0  # seconds; the SDK has none by itself (P-02)
NOT_FOUND = 20404  # the provider's code for what is not there
CONNECTIONS = 32  # that are kept open; who sends more texts at a time greets the provider anew for each
SEARCHED = 50  # newest texts to a phone among which one is looked for
MOST = 1600  # characters of one message (W-24)
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot carry
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
NO_ID = re.compile("[^!-~]")
SIDS = ("MessageSid", "SmsMessageSid", "SmsSid")


class Headers(Protocol):
    """The fields of a request's head, looked up in any case."""

    def get(self, key: str, /) -> str | None:
        """The value, or None."""


def signed(*, tokens: tuple[str, ...], url: str, form: Mapping[str, Any], headers: Headers) -> bool:
    """Whether Twilio signed this request. url: the public one, raw path and query (W-05, W-06); form: the MultiDict (W-09).

    tokens: auth tokens, or secrets of shared keys, whose requests name their algorithm in a header (W-11).
    """
    signature = headers.get("X-Twilio-Signature")
    if not signature:
        return False
    algorithm = get_signature_algorithm(headers.get("X-Twilio-Webhooks-Signature-Settings"))
    return any(RequestValidator(token).validate(url, form, signature, algorithm) for token in tokens)


def parse(form: Mapping[str, str], headers: Headers) -> Inbound | None:
    """The message in the form; None without MessageSid or sender (W-02). Whatever is no phone is not textable (W-26)."""
    sid, sender = sid_of(form), form.get("From", "").strip()
    if not sid or not sender:
        return None
    retry = bool(headers.get("I-Twilio-Idempotency-Token") or form.get("ErrorCode") or form.get("ErrorUrl"))
    media = form.get("NumMedia", "0")
    return Inbound(
        sid=sid,
        sender=sender[:64],
        receiver=form.get("To", "")[:64],
        body=form.get("Body", ""),
        media=int(media) if re.fullmatch("[0-9]{1,2}", media) else 0,
        retry=retry,
        textable=is_phone(sender),
    )


def sid_of(form: Mapping[str, str], *names: str) -> str:
    """The provider's id in a form, without what stands in none and a database may refuse. names: where it stands, if elsewhere."""
    given = next(filter(None, (form.get(name) for name in names or SIDS)), "")
    return NO_ID.sub("", given)[:64]


def is_phone(sender: str) -> bool:
    """Whether `sender` is a phone number in E.164 that can be answered: no short code, name, WhatsApp or RCS address."""
    if not re.fullmatch(r"\+[0-9]{8,15}", sender):
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(sender))
    except phonenumbers.NumberParseException:
        return False


def twiml(*messages: tuple[str, str]) -> str:
    """The answer as TwiML: its messages, or `<Response/>` when there is nothing to say (W-23, W-24).

    messages: each text with the address where the provider tells what becomes of it, "" for none. Written by hand, since the SDK's
    builder of documents costs a tenth of a turn.
    """
    return f"{HEAD}<Response>{''.join(_message(clean(text), url) for text, url in messages if text)}</Response>"


def _message(text: str, status_url: str) -> str:
    told = f' statusCallback="{escape(status_url)}"' if status_url else ""
    return f"<Message{told}>{escape(text, quote=False)}</Message>"


def clean(text: str) -> str:
    """The text as the provider takes it."""
    return ILLEGAL.sub("", text)[:MOST]


class _Asked(threading.local):
    """How long the last refusal of a thread wants us to wait (Retry-After), in seconds: the SDK tells it to nobody."""

    after = 0

    def hear(self, response: Any, **_: Any) -> None:
        """Every answer comes by here."""
        seconds = response.headers.get("Retry-After", "")
        self.after = int(seconds) if re.fullmatch("[0-9]{1,6}", seconds) else 0


class TwilioSms:
    """Sends texts through Twilio's REST API."""

    def __init__(self, *, account_sid: str, token: str, number: str, status_url: str = "", base_url: str = "") -> None:
        self._asked = _Asked()
        http = TwilioHttpClient(timeout=TIMEOUT, request_hooks={"response": self._asked.hear})
        self._client = Client(account_sid, token, http_client=http)
        if base_url:
            self._client.api.base_url = base_url
        http.session = _session(self._client.api.base_url)
        self._number, self._status_url = number, status_url

    def send(self, text: Outgoing) -> Sent:
        """Sends one text. Raises SendError."""
        more = {"status_callback": f"{self._status_url}?{urlencode({'text': text.mark})}"} if self._status_url else {}
        with _errors(self._asked):
            message = self._client.messages.create(
                to=text.to, from_=self._number, body=clean(text.body), validity_period=text.seconds, **more
            )
            return _sent(message)

    def find(self, text: Outgoing, *, since: datetime) -> tuple[Sent, ...]:
        """What the provider took for that phone since then with those words, oldest first. Raises SendError.

        The day of sending is not asked for: a text that waits in the provider's queue has none yet. An account that redacts
        messages keeps no words; there the phone and the time must do.
        """
        with _errors(self._asked):
            messages = self._client.messages.list(to=text.to, from_=self._number, limit=SEARCHED)
            fits = [
                each for each in messages if each.body in (clean(text.body), "") and each.date_created and each.date_created >= since
            ]
            return tuple(_sent(each) for each in sorted(fits, key=lambda each: each.date_created))

    def fetch(self, sid: str) -> Sent:
        """What has become of a text. Raises SendError."""
        with _errors(self._asked):
            return _sent(self._client.messages(sid).fetch())

    def picture(self, sid: str, number: int) -> Picture:
        """What came with a received text. Its address is made from ids that we hold, never from a form (W-27). Raises SendError."""
        with _errors(self._asked):
            listed = self._client.messages(sid).media.list(limit=number + 1)
            if number >= len(listed):
                raise SendError(NOT_FOUND)
            place = f"/2010-04-01/Accounts/{self._client.account_sid}/Messages/{sid}/Media/{listed[number].sid}"
            return Picture(download(self._client.api.base_url + place, auth=(self._client.account_sid, self._client.password)))


def _session(url: str) -> Session:
    """Connections to the provider. The environment's proxy and certificates are read once: else every text pays for that."""
    session = Session()
    found = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify, session.cert = found["proxies"], found["verify"], found["cert"]
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
    return session


def _sent(message: Any) -> Sent:
    if not message.sid:
        raise SendError(None)
    return Sent(sid=message.sid, status=str(message.status or "queued"), code=message.error_code)


@contextmanager
def _errors(asked: _Asked) -> Iterator[None]:
    """Whatever goes wrong becomes one SendError, which tells no number and no word."""
    try:
        yield
    except SendError:
        raise
    except TwilioException as error:  # TwilioRestException carries a code, others do not (P-04)
        raise SendError(getattr(error, "code", None) or 0, after=asked.after) from error
    except TooLarge as error:
        raise SendError(TOO_LARGE) from error
    except Exception as error:  # no answer, or none that the SDK can read: the text may have been sent
        raise SendError(None) from error
