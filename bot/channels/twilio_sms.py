"""Twilio's SMS: the signed webhook in, TwiML and the REST API out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

import phonenumbers
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator, get_signature_algorithm
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

from bot.channels.types import Inbound, Sent

TIMEOUT = 10.0  # seconds; the SDK has none by itself (P-02)
MOST = 1600  # characters of one message (W-24)
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot carry
NO_ID = re.compile("[^!-~]")  # what stands in no id of the provider, and a database may refuse


class SendError(Exception):
    """The provider did not take a text. code: its error code, None when it is unknown what happened (W-34)."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"provider error {code}" if code else "no answer from the provider")
        self.code = code


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
    given = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid") or ""
    sid, sender = NO_ID.sub("", given), form.get("From", "").strip()
    if not sid or not sender:
        return None
    retry = bool(headers.get("I-Twilio-Idempotency-Token") or form.get("ErrorCode") or form.get("ErrorUrl"))
    media = form.get("NumMedia", "0")
    return Inbound(
        sid=sid[:64],
        sender=sender[:64],
        receiver=form.get("To", "")[:64],
        body=form.get("Body", ""),
        media=int(media) if re.fullmatch("[0-9]{1,2}", media) else 0,
        retry=retry,
        textable=is_phone(sender),
    )


def is_phone(sender: str) -> bool:
    """Whether `sender` is a phone number in E.164 that can be answered: no short code, name, WhatsApp or RCS address."""
    if not re.fullmatch(r"\+[0-9]{8,15}", sender):
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(sender))
    except phonenumbers.NumberParseException:
        return False


def twiml(text: str) -> str:
    """The answer as TwiML: one message, or `<Response/>` when there is nothing to say (W-23, W-24)."""
    response = MessagingResponse()
    if text:
        response.message(ILLEGAL.sub("", text)[:MOST])
    return str(response)


class TwilioSms:
    """Sends texts through Twilio's REST API."""

    def __init__(self, *, account_sid: str, token: str, number: str, status_url: str = "", base_url: str = "") -> None:
        self._client = Client(account_sid, token, http_client=TwilioHttpClient(timeout=TIMEOUT))
        if base_url:
            self._client.api.base_url = base_url
        self._number, self._status_url = number, status_url

    def send(self, *, to: str, body: str) -> Sent:
        """Sends one text. Raises SendError."""
        more = {"status_callback": self._status_url} if self._status_url else {}
        try:
            message = self._client.messages.create(to=to, from_=self._number, body=body, **more)
        except TwilioException as error:  # TwilioRestException carries a code, others do not (P-04)
            raise SendError(getattr(error, "code", None) or 0) from error
        except Exception as error:  # no answer, or none that the SDK can read: the text may have been sent
            raise SendError(None) from error
        if not message.sid:
            raise SendError(None)
        return Sent(sid=message.sid, status=str(message.status or "queued"))
