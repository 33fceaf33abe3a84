"""Twilio's SMS: what is read from its forms, what is answered, and what becomes of a send that fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from bot.channels import twilio_sms
from bot.channels.twilio_sms import TwilioSms, is_phone, parse, twiml
from bot.channels.types import Inbound, Outgoing, SendError, Sent
from tests.patience import LONG, until
from tests.quick import examples

ANY_TEXT = st.text(st.characters(), max_size=300)  # lone surrogates too
ILLEGAL = {"\ufffe", "\uffff", *map(chr, range(0xD800, 0xE000))}


# ---- in


def test_a_form_becomes_a_message() -> None:
    """W-02: id, sender, receiver, words and the number of pictures."""
    form = {"MessageSid": "SM1", "From": "+17165550121", "To": "+17165550100", "Body": " Yes ", "NumMedia": "1"}
    message = parse(form, {})
    assert message is not None
    assert message == Inbound(sid="SM1", sender="+17165550121", receiver="+17165550100", body=" Yes ", media=1)


@pytest.mark.parametrize("name", ["MessageSid", "SmsMessageSid", "SmsSid"])
def test_any_name_of_the_id_will_do(name: str) -> None:
    """W-02: the older names of the message's id."""
    message = parse({name: "SM1", "From": "+17165550121"}, {})
    assert message is not None
    assert message.sid == "SM1"


@pytest.mark.parametrize("form", [{}, {"SmsSid": "S"}, {"From": "x"}, {"SmsSid": "", "From": "x"}, {"SmsSid": "S", "From": " "}])
def test_without_id_or_sender_it_is_no_message(form: dict[str, str]) -> None:
    """W-02: nothing to store it under, or nobody who wrote it."""
    assert parse(form, {}) is None


@pytest.mark.parametrize(
    ("headers", "more", "retry"),
    [({}, {}, False), ({"I-Twilio-Idempotency-Token": "t"}, {}, True), ({}, {"ErrorCode": "11200"}, True),
     ({}, {"ErrorUrl": "https://x"}, True), ({"I-Twilio-Idempotency-Token": ""}, {"ErrorCode": ""}, False)],
)  # fmt: skip
def test_the_provider_says_when_it_asks_again(headers: dict[str, str], more: dict[str, str], retry: bool) -> None:
    """W-17, W-18: by a header, or by the fields of a fallback call."""
    message = parse({"MessageSid": "SM1", "From": "+17165550121", **more}, headers)
    assert message is not None
    assert message.retry is retry


@examples(300)
@given(st.dictionaries(st.sampled_from(["MessageSid", "From", "To", "Body", "NumMedia", "ErrorCode"]), ANY_TEXT))
def test_any_form_can_be_read(form: dict[str, str]) -> None:
    """W-02, W-26: no value of any field raises, and ids and addresses fit their columns."""
    message = parse(MultiDict(form), {})
    if message is not None:
        assert max(len(message.sid), len(message.sender), len(message.receiver)) <= 64
        assert 0 <= message.media <= 99
        assert message.body == form.get("Body", "")


@pytest.mark.parametrize("sender", ["+17165550121", "+442079460958", "+529991234567"])
def test_a_number_in_full_can_be_answered(sender: str) -> None:
    """W-26: E.164."""
    assert is_phone(sender)


@pytest.mark.parametrize(
    "sender",
    ["", "+", "+1", "32665", "911", "988", "7165550121", "tel:+17165550121", "whatsapp:+17165550121", "rcs:agent", "CLINIC",
     "+1716555012a", "+1716555012１", "+٠١٢٣٤٥٦٧٨٩", "+17165550121 ", "+1 716 555 0121", "+17165550121,,5", "+9999999999999999",
     "\ud800", "+999123456789"],
)  # fmt: skip
def test_what_is_no_number_cannot_be_answered(sender: str) -> None:
    """W-26, P-13: short codes, names, other channels, other digits."""
    assert not is_phone(sender)


# ---- out


@examples(300)
@given(ANY_TEXT)
def test_an_answer_is_well_formed_whatever_it_says(text: str) -> None:
    """W-24: control characters and lone surrogates are left out, everything else arrives as it is."""
    document = twiml((text, ""))
    assert len(document.encode()) <= 64 * 1024
    messages = [message.text or "" for message in ElementTree.fromstring(document)]  # noqa: S314 (our own)
    legal = "".join(letter for letter in text if letter in "\t\n\r" or (letter >= " " and letter not in ILLEGAL))
    assert "".join(messages) == legal.replace("\r\n", "\n").replace("\r", "\n")  # as XML reads line ends
    assert len(messages) == bool(text)


def test_an_answer_is_cut_at_the_providers_limit() -> None:
    """W-24: 1600 characters of the dearest kind still make one message of less than 64 kB."""
    document = twiml(("&" * 5000, ""))
    (message,) = ElementTree.fromstring(document)  # noqa: S314
    assert message.text == "&" * 1600
    assert len(twiml(("😀" * 5000, "")).encode()) < 64 * 1024


def test_an_address_for_callbacks_may_hold_any_sign() -> None:
    """W-29: it arrives as it was given."""
    url = "https://x.example.org/sms/status?reply=SM\"1'&part=<2>"
    (message,) = ElementTree.fromstring(twiml(("Hello", url)))  # noqa: S314
    assert message.get("statusCallback") == url


def test_silence_is_an_empty_response() -> None:
    """W-23."""
    assert twiml(("", "")).split("?>")[-1] == "<Response></Response>"


# ---- the REST API


@contextmanager
def provider(status: int, body: str = "", *, hang: bool = False, drop: bool = False) -> Iterator[Any]:
    """A provider on loopback that answers every request so; gives its address and the requests it got."""
    requests: list[tuple[str, dict[str, list[str]]]] = []
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append((self.path, parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())))
            if hang:
                done.wait(LONG)
            if drop or hang:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        done.set()
        server.shutdown()
        thread.join()
        server.server_close()


def send(url: str) -> Sent:
    """Sends a text through a provider at that address."""
    status_url = "https://texts.example.org/sms/status"
    channel = TwilioSms(account_sid="AC1", token="t", number="+17165550100", status_url=status_url, base_url=url)
    return channel.send(Outgoing(to="+17165550121", body="Hello ñ & 😀", mark="7", seconds=2400))


def test_a_text_is_sent_with_its_status_address() -> None:
    """D-12, D-13, D-14, P-05: To, From, Body, StatusCallback with our mark, ValidityPeriod; the provider's id and status come back."""
    with provider(201, json.dumps({"sid": "SM1", "status": "queued"})) as (url, requests):
        assert send(url) == Sent(sid="SM1", status="queued")
    ((path, form),) = requests
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert form == {
        "To": ["+17165550121"], "From": ["+17165550100"], "Body": ["Hello ñ & 😀"],
        "StatusCallback": ["https://texts.example.org/sms/status?text=7"], "ValidityPeriod": ["2400"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, '{"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}', 21610),
        (429, '{"code": 20429, "message": "Too many requests", "status": 429}', 20429),
        (500, '{"code": 20500, "message": "x", "status": 500}', 20500),
        (503, "", 503), (502, "<html><body>Bad gateway</body></html>", 502),
        (400, '{"type": "https://www.twilio.com/docs/api/errors/21211", "title": "x", "status": 400, "code": 21211}', 21211),
    ],
)  # fmt: skip
def test_a_refusal_carries_its_code_and_is_sent_once(status: int, body: str, code: int) -> None:
    """P-03, P-04: whatever a refusal looks like, it becomes one SendError, and the text was posted once."""
    with provider(status, body) as (url, requests):
        with pytest.raises(SendError) as caught:
            send(url)
        assert caught.value.code == code
        assert len(requests) == 1


@pytest.mark.parametrize("body", ["[]", '"down"', "null"])
def test_a_refusal_that_cannot_be_read_is_a_refusal_of_the_same_kind(body: str) -> None:
    """P-04: JSON of another shape than the provider's ends in a SendError too."""
    with provider(500, body) as (url, requests):
        with pytest.raises(SendError) as caught:
            send(url)
        assert (caught.value.code in (500, None), len(requests)) == (True, 1)


@pytest.mark.parametrize("body", ["<html>hello</html>", "", "{}", "[]", "null", '"x"'])
def test_an_answer_that_is_none_leaves_the_outcome_unknown(body: str) -> None:
    """P-04, W-34: a 2xx that cannot be read may mean that the text was sent: no code, so nobody sends it again."""
    with provider(201, body) as (url, requests):
        with pytest.raises(SendError) as caught:
            send(url)
        assert (caught.value.code, len(requests)) == (None, 1)


def test_a_provider_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """P-02, W-34: after the timeout the outcome is unknown, and the text was posted once."""
    monkeypatch.setattr(twilio_sms, "TIMEOUT", 0.2)
    with provider(200, hang=True) as (url, requests):
        with pytest.raises(SendError) as caught:
            send(url)
        until(lambda: requests)  # whoever was faster, it was posted
        assert (caught.value.code, len(requests)) == (None, 1)


def test_a_connection_that_breaks_leaves_the_outcome_unknown() -> None:
    """P-03, P-04, W-34: dropped in the middle."""
    with provider(200, drop=True) as (url, requests):
        with pytest.raises(SendError) as caught:
            send(url)
        assert (caught.value.code, len(requests)) == (None, 1)


def test_a_provider_that_is_not_there_is_an_error_of_the_same_kind() -> None:
    """P-04: no connection at all."""
    with provider(200) as (url, _):
        pass
    with pytest.raises(SendError) as caught:
        send(url)
    assert caught.value.code is None


def test_an_error_tells_no_number_and_no_word() -> None:
    """H-11: what is logged of it holds neither."""
    body = json.dumps({"code": 21610, "message": "The pair violates a blacklist rule: +17165550121", "status": 400})
    with provider(400, body) as (url, _), pytest.raises(SendError) as caught:
        send(url)
    assert "5550121" not in str(caught.value)
