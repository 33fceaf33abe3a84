"""The provider's side of an installation: where it sends a number's texts, and setting that."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.channels.twilio_sms import TIMEOUT

# Two tries to connect, and again on any other failure: else a slow or failing answer goes to the fallback alone (W-16).
OVERRIDES = "#rc=2&rp=all"

REFUSED = "the provider refused: are TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN those of one account?"


class AccountError(Exception):
    """The provider could not be asked, or refused: in words, without its own."""


@dataclass(frozen=True)
class Number:
    """Where the provider sends a number's texts."""

    sid: str
    url: str
    method: str
    fallback_url: str
    fallback_method: str


class TwilioAccount:
    """The account that a number belongs to."""

    def __init__(self, *, account_sid: str, token: str, base_url: str = "") -> None:
        self._client = Client(account_sid, token, http_client=TwilioHttpClient(timeout=TIMEOUT))
        if base_url:
            self._client.api.base_url = base_url

    def number(self, number: str) -> Number:
        """What is set for a number. Raises AccountError."""
        try:
            found = self._client.incoming_phone_numbers.list(phone_number=number, limit=1)
        except TwilioException as error:
            raise AccountError(REFUSED) from error
        except Exception as error:
            raise AccountError(f"the provider cannot be reached ({type(error).__name__})") from error
        if not found:
            raise AccountError("TWILIO_NUMBER is no number of this account")
        (one,) = found
        return Number(one.sid, one.sms_url or "", one.sms_method or "", one.sms_fallback_url or "", one.sms_fallback_method or "")

    def connect(self, number: Number, *, url: str) -> None:
        """Sends a number's texts, and what failed first, to that address. Raises AccountError."""
        where = {"sms_url": url + OVERRIDES, "sms_method": "POST", "sms_fallback_url": url, "sms_fallback_method": "POST"}
        try:
            self._client.incoming_phone_numbers(number.sid).update(**where)
        except TwilioException as error:
            raise AccountError(REFUSED) from error
        except Exception as error:
            raise AccountError(f"the provider cannot be reached ({type(error).__name__})") from error


def knock(url: str, form: Mapping[str, str], *, token: str | None) -> int:
    """Posts a form to a webhook as the provider does, signed with `token` or not at all; gives the status.

    Raises AccountError when there is no answer.
    """
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    if token is not None:
        head["X-Twilio-Signature"] = RequestValidator(token).compute_signature(url, dict(form))
    request = urllib.request.Request(url, urlencode(form).encode(), head, method="POST")  # noqa: S310 - http(s), checked by settings
    return _status(request)


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 # nosec B310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        raise AccountError(f"no answer ({type(error).__name__})") from error
