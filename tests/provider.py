"""The provider as tests see it: an independent signer that posts over real HTTP (P-10)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from tests.patience import LONG
from tests.world import NUMBERS, STRANGER

PUBLIC, ACCOUNT, CLINIC_NUMBER = "https://texts.example.org", "AC" + "a" * 32, "+17165550100"
TOKENS = ("newer-token", "older-token")
Form = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    type: str
    body: str

    @property
    def texts(self) -> list[str]:
        """The messages in the TwiML."""
        return [message.text or "" for message in ElementTree.fromstring(self.body).iter("Message")]  # noqa: S314 (our own)

    @property
    def text(self) -> str:
        """The one message; fails when there is none or another."""
        (text,) = self.texts
        return text


def signature(url: str, form: Form, token: str = TOKENS[0], digest: Any = hashlib.sha1) -> str:
    """Twilio's algorithm after its documentation: the address, then each name with each different value, sorted; HMAC; base64."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), digest).digest()).decode()


def sms(body: str = "hello", *, who: str = "dorothy", **fields: str | None) -> Form:
    """The form of an inbound text; a field given as None is left out."""
    form = {"MessageSid": f"SM{uuid.uuid4().hex}", "AccountSid": ACCOUNT, "From": NUMBERS.get(who, STRANGER), "To": CLINIC_NUMBER}
    form |= {"Body": body, "NumMedia": "0"}
    return [(name, value) for name, value in {**form, **fields}.items() if value is not None]


def post(port: int, form: Form, *, path: str = "/sms", token: str = TOKENS[0], **headers: str | None) -> Answer:
    """Posts a form as the provider does. headers: replaced or further ones, `_` for `-`; one that is None is left out."""
    head: dict[str, str | None] = {"Content_Type": "application/x-www-form-urlencoded"}
    head |= {"X_Twilio_Signature": signature(PUBLIC + path, form, token), **headers}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG)
    sent = {name.replace("_", "-"): value for name, value in head.items() if value is not None}
    connection.request("POST", path, urlencode(form).encode(), sent)
    response = connection.getresponse()
    answer = Answer(response.status, response.headers.get_content_type(), response.read().decode())
    connection.close()
    return answer
