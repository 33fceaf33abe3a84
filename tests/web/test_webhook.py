"""The provider's door over real HTTP, rule by rule (W-01 … W-31)."""

from __future__ import annotations

import errno
import hashlib
import http.client
import itertools
import json
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, text, update
from structlog.testing import capture_logs

from bench import served
from bot.channels import twilio_sms
from bot.channels.console import Console
from bot.channels.types import Outgoing, Sent
from bot.delivery.sender import send_waiting
from bot.delivery.status import ORDER
from bot.delivery.worker import Loop, sweep
from bot.dialogue import loops
from bot.dialogue.types import State
from bot.errors import SettingsError
from bot.moments import ALIASES
from bot.operate.version import version_of
from bot.owned.current import Current
from bot.remind import remind
from bot.settings import ROOT, Settings, read_settings
from bot.store import queries
from bot.store.models import AppointmentRow, Base, CommunicationRow, ConsentRow, PatientRow, PhoneRow, TaskRow
from bot.store.outgoing import queue
from bot.store.sending_models import OutboxRow, SenderRow
from bot.understand.reader import Reader
from bot.understand.types import Context, Message, Understanding
from bot.web import webhook
from bot.web.wiring import Wired
from tests.conftest import application_on, serving
from tests.patience import AS_IN_A_CLINIC, LONG
from tests.provider import ACCOUNT, CLINIC_NUMBER, PUBLIC, TOKENS, Answer, post, signature, sms
from tests.quick import examples, quick
from tests.staff import Browser, hire
from tests.understand.test_danger import FILES, sentences
from tests.world import NUMBERS, Clock

Post = Callable[..., Answer]
DANGER = "I have chest pain"
FIELDS = [
    "MessageSid", "SmsSid", "SmsMessageSid", "AccountSid", "MessagingServiceSid", "From", "To", "Body", "NumMedia", "NumSegments",
    "MediaUrl0", "MediaContentType0", "OptOutType", "SmsStatus", "ApiVersion", "FromCity", "FromState", "FromZip", "FromCountry",
    "ToCity", "ToState", "ToZip", "ToCountry", "ProfileName", "WaId", "ButtonText", "ButtonPayload", "Latitude", "Longitude",
    "ReferralBody",
]  # fmt: skip


def wired(app: Flask) -> Wired:
    """The parts of an application."""
    return app.extensions["attend"]  # type: ignore[no-any-return]


def rows(app: Flask, kind: Any, *where: Any) -> list[Any]:
    """Rows of a table."""
    with wired(app).bot.store.session() as session:
        return list(session.scalars(select(kind).where(*where).order_by(kind.id)))


def received(app: Flask, form: Any = None) -> list[CommunicationRow]:
    """The stored inbound messages, or those of one form."""
    sid = [CommunicationRow.provider_sid == dict(form)["MessageSid"]] if form else []
    return rows(app, CommunicationRow, CommunicationRow.direction == "inbound", *sid)


def visit_of(app: Flask, name: str = "Dorothy Hale") -> AppointmentRow:
    """The first visit of a person."""
    (patient,) = [row for row in rows(app, PatientRow) if row.name == name]
    return rows(app, AppointmentRow, AppointmentRow.patient_id == patient.id)[0]  # type: ignore[no-any-return]


def items(app: Flask) -> list[str]:
    """Kinds of the open items."""
    return [row.kind for row in rows(app, TaskRow, TaskRow.status != "completed")]


# ---- who may knock


def test_a_text_with_parameters_nobody_knows_is_answered(signed_post: Post) -> None:
    """W-01: all received parameters are signed over, known or not."""
    answer = signed_post(sms("yes", NewParam="x", AnotherOne="ñ & =+%"))
    assert (answer.status, len(answer.texts)) == (200, 1)


def test_no_field_is_needed_to_stay_on_our_feet(signed_post: Post) -> None:
    """W-02: each field absent or empty gives no 5xx."""
    for field, value in itertools.product(FIELDS, (None, "")):
        assert signed_post(sms("hello", **{field: value})).status == 200, (field, value)
    assert signed_post([]).status == 200


def test_where_a_number_comes_from_tells_nothing_about_the_patient(app: Flask, signed_post: Post) -> None:
    """W-03: place fields change neither language nor the time that visits are told in."""
    plain = signed_post(sms("when is my appointment"))
    placed = signed_post(sms("when is my appointment", FromCity="HONOLULU", FromZip="96801", FromState="HI", FromCountry="MX"))
    assert placed.texts == plain.texts
    assert {row.language for row in rows(app, PatientRow, PatientRow.id == visit_of(app).patient_id)} == {"en"}


def test_an_unsigned_text_is_refused(app: Flask, signed_post: Post) -> None:
    """W-04: a missing, empty or wrong signature gives 403 and nothing is stored."""
    for wrong in (None, "", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "é"):
        assert signed_post(sms(), X_Twilio_Signature=wrong).status == 403
    assert signed_post(sms(), token="somebody-else's").status == 403
    assert received(app) == []


def test_what_decided_about_a_text_stands_beside_it(app: Flask, signed_post: Post) -> None:
    """S-17: the rules, the approved texts, what was read and why, and the version of all that decides; a broken turn says so."""
    signed_post(sms("yes"))
    (row,) = received(app)
    version = f"{version_of(ROOT)}-{wired(app).bot.clinic.version}"
    assert (row.rule, row.texts, row.reader) == ("confirm", "confirmed", version)
    assert '"acts":["confirm"]' in (row.reading or "")
    assert "reasons" in (row.reading or "")


def test_a_text_that_was_changed_on_the_way_is_refused(signed_post: Post) -> None:
    """W-04: the signature covers every field."""
    form = sms("yes")
    signed = signature(f"{PUBLIC}/sms", form)
    for changed in ([*form, ("Extra", "1")], form[1:], [*form[:4], ("Body", "no"), ("NumMedia", "0")]):
        assert signed_post(changed, X_Twilio_Signature=signed).status == 403


def test_the_published_example_of_a_signature_holds() -> None:
    """W-04, P-10: our signer and the one under test agree with the provider's own example."""
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234"}
    form |= {"From": "+14158675309", "To": "+18005551212"}
    expected = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert signature(url, list(form.items()), "12345") == expected
    assert twilio_sms.signed(tokens=("12345",), url=url, form=form, headers={"X-Twilio-Signature": expected})


def test_the_public_address_is_what_is_signed(live: int) -> None:
    """W-05: neither our own address nor what a header claims counts."""
    form = sms()
    assert post(live, form, Host="elsewhere.example.org", X_Forwarded_Proto="http").status == 200
    for url in (f"http://127.0.0.1:{live}/sms", "https://evil.example.org/sms"):
        assert post(live, sms(), X_Forwarded_Host="evil.example.org", X_Twilio_Signature=signature(url, form)).status == 403


@pytest.mark.parametrize("path", ["/sms", "/sms?clinic=St.%20Mary%27s&x=%C3%A9", "/sms?b=2&a=1", "/sms?a=%2B1+2", "/sms?a=", "/s%6Ds"])
def test_the_address_is_checked_as_it_was_sent(path: str, signed_post: Post) -> None:
    """W-06: nothing in path and query is decoded, sorted or added."""
    assert signed_post(sms(), path=path).status == 200


def test_another_query_than_the_signed_one_is_refused(live: int) -> None:
    """W-06, W-08: order, encoding and a slash at the end are part of what is signed."""
    wrong = (("/sms?a=1&b=2", "/sms?b=2&a=1"), ("/sms?x=%C3%A9", "/sms?x=é"), ("/sms", "/sms/"), ("/sms?a=1", "/sms"))
    for sent, signed in wrong:
        form = sms()
        assert post(live, form, path=sent, X_Twilio_Signature=signature(PUBLIC + signed, form)).status == 403, sent


def test_connection_overrides_in_the_address_are_not_signed(settings: Settings, signed_post: Post) -> None:
    """W-07: the fragment of PUBLIC_URL, which these tests set, is cut off."""
    assert settings.public_url == PUBLIC
    assert signed_post(sms()).status == 200


def test_the_standard_port_may_be_named_or_not(live: int) -> None:
    """W-08: the provider signs with or without :443."""
    form = sms()
    assert post(live, form, X_Twilio_Signature=signature(f"{PUBLIC}:443/sms", form)).status == 200
    form = sms()
    assert post(live, form, X_Twilio_Signature=signature(f"{PUBLIC}:8443/sms", form)).status == 403


def test_a_password_and_a_port_in_the_public_address_stop_the_start() -> None:
    """W-08: requests signed for such an address could never be checked; a password alone or a port alone can."""
    with pytest.raises(SettingsError, match="PUBLIC_URL"):
        read_settings({"PUBLIC_URL": "https://user:secret@texts.example.org:8443"}, demo=True)
    for good in ("https://user:secret@texts.example.org", "https://texts.example.org:8443", "https://texts.example.org/a@b:1"):
        assert read_settings({"PUBLIC_URL": good}, demo=True).public_url == good


def test_blank_and_repeated_fields_are_signed_too(app: Flask, signed_post: Post) -> None:
    """W-09: a blank value counts, a repeated key counts once for each different value."""
    for more in ([("Body", "")], [("X", "b"), ("X", "a"), ("X", "b")], [("X", ""), ("X", "")], [("To", CLINIC_NUMBER)]):
        form = [*sms(Body=None), *more]
        assert signed_post(form).status == 200, more
        assert len(received(app, form)) == 1


def test_a_shared_key_signs_with_another_algorithm(live: int) -> None:
    """W-11: the header names the algorithm; the wrong one, or one that nobody knows, is refused."""
    for algorithm, digest, status in (
        ("HMAC_SHA256", hashlib.sha256, 200), ("HMAC_SHA1", hashlib.sha1, 200), ("HMAC_SHA1", hashlib.sha256, 403),
        ("HMAC_SHA256", hashlib.sha1, 403), ("ROT13", hashlib.sha256, 403), ("", hashlib.sha1, 200),
    ):  # fmt: skip
        form = sms()
        signed = signature(f"{PUBLIC}/sms", form, digest=digest)
        named = f"key=webhooks_sharedkey_1,algorithm={algorithm}"
        answer = post(live, form, X_Twilio_Signature=signed, X_Twilio_Webhooks_Signature_Settings=named)
        assert answer.status == status, algorithm
    form = sms()  # without the header that names the algorithm
    assert post(live, form, X_Twilio_Signature=signature(f"{PUBLIC}/sms", form, digest=hashlib.sha256)).status == 403


def test_what_is_meant_for_somebody_else_is_refused(app: Flask, signed_post: Post) -> None:
    """W-12: a foreign account or a number that is not the clinic's gives 403, although it is signed."""
    assert signed_post(sms(AccountSid="AC" + "b" * 32)).status == 403
    assert signed_post(sms(To="+17165550101")).status == 403
    assert signed_post([("MessageSid", "SM1"), ("AccountSid", "AC" + "b" * 32)], path="/sms/status").status == 403
    assert received(app) == []


@pytest.mark.parametrize("token", TOKENS)
def test_both_tokens_are_good_during_a_rotation(token: str, signed_post: Post) -> None:
    """W-12: the new auth token and the old one."""
    assert signed_post(sms(), token=token).status == 200


def test_only_posts_are_taken(app: Flask) -> None:
    """W-14: parameters of a GET would stand in logs."""
    for path, verb in itertools.product(("/sms", "/sms/status"), ("get", "put", "delete", "patch")):
        assert getattr(app.test_client(), verb)(path).status_code == 405


# ---- once, and not never


def test_a_replay_after_a_restart_does_nothing(settings: Settings, clock: Clock, bot_parts: Any) -> None:
    """W-13: what was taken in once is known after a restart."""
    form = sms("yes")
    with application_on(settings, clock) as app, serving(app) as port:
        assert "confirmed" in post(port, form).text
    with application_on(settings, clock) as app, serving(app) as port:
        assert post(port, form).texts == []
        assert visit_of(app).version == 2
        assert len(received(app)) == 1


@pytest.mark.parametrize("mark", ["I-Twilio-Idempotency-Token", "ErrorCode", "ErrorUrl"])
def test_the_providers_retry_gets_the_answer_that_was_lost(mark: str, app: Flask, signed_post: Post) -> None:
    """W-17, W-18: a retry or fallback call is answered as the first one was, with one effect; a plain copy is not answered."""
    form = sms("yes")
    first = signed_post(form)
    assert "confirmed" in first.text
    assert signed_post(form).texts == []
    for _ in range(2):
        again = signed_post(form, **{mark: "token-1"}) if "-" in mark else signed_post([*form, (mark, "11200")])
        assert again.text == first.text
    assert visit_of(app).version == 2


def test_a_retry_works_out_the_answer_that_a_crash_prevented(app: Flask, signed_post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """W-17: the first try stored the text and died; the fallback call gets the answer, and the sweep adds none."""
    form = sms("yes")
    with monkeypatch.context() as patch:
        patch.setattr("bot.turn.answer", lambda *_, **__: "")
        assert signed_post(form).texts == []
    assert received(app, form)[0].status == "received"
    assert "confirmed" in signed_post([*form, ("ErrorCode", "11200")]).text
    sweep(wired(app).bot, wired(app).spool)
    assert rows(app, CommunicationRow, CommunicationRow.in_reply_to.is_not(None)) == []


def test_what_a_crash_left_unanswered_is_answered_once_by_the_sweep(
    app: Flask, signed_post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-17, W-20: no retry came, so the answer goes out by itself; a late retry then gets none."""
    form = sms("yes")
    with monkeypatch.context() as patch:
        patch.setattr("bot.turn.answer", lambda *_, **__: "")
        signed_post(form)
    sweep(wired(app).bot, wired(app).spool)
    assert received(app, form)[0].status == "received"  # a retry may still come
    clock.now += timedelta(minutes=2)
    for _ in range(2):
        sweep(wired(app).bot, wired(app).spool)
    (sent,) = rows(app, CommunicationRow, CommunicationRow.in_reply_to.is_not(None))
    assert "confirmed" in sent.body
    assert signed_post([*form, ("ErrorCode", "11200")]).texts == []


def test_a_text_that_nobody_can_read_keeps_no_other_unanswered(
    app: Flask, signed_post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key is gone, say: whatever is tried with it breaks, each time anew."""
    with monkeypatch.context() as patch:
        patch.setattr("bot.turn.answer", lambda *_, **__: "")
        signed_post(first := sms("yes"))
        signed_post(form := sms("what should i bring?"))
    broken = update(CommunicationRow).where(CommunicationRow.id == received(app, first)[0].id).values(body=b"broken")
    with wired(app).bot.store.begin() as session:
        session.execute(broken)
    clock.now += timedelta(minutes=2)
    sweep(wired(app).bot, wired(app).spool)
    assert received(app, form)[0].status == "answered"


def test_the_sweep_answers_no_other_clinics_texts(app: Flask, signed_post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """H-16: two clinics in one database, each with processes of its own; the other's would speak in our name."""
    form = sms("yes")
    with monkeypatch.context() as patch:
        patch.setattr("bot.turn.answer", lambda *_, **__: "")
        signed_post(form)
    clock.now += timedelta(minutes=2)
    other = replace(wired(app).bot, clinic_id=queries.clinic_id(wired(app).bot.store, "elsewhere"))
    sweep(other, wired(app).spool)
    assert received(app, form)[0].status == "received"
    sweep(wired(app).bot, wired(app).spool)
    assert received(app, form)[0].status == "answered"


def test_twenty_copies_at_once_are_answered_once(app: Flask, live: int) -> None:
    """W-19: one reply, one change, nineteen silent answers."""
    form = sms("yes")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post(live, form), range(20)))
    assert Counter(len(answer.texts) for answer in answers) == {1: 1, 0: 19}
    assert {answer.status for answer in answers} == {200}
    assert (len(received(app)), visit_of(app).version) == (1, 2)


def test_copies_and_retries_at_once_agree(app: Flask, live: int) -> None:
    """W-19, W-18: whatever the order, retries get the stored answer and the visit changes once."""
    form = sms("yes")
    with ThreadPoolExecutor(12) as pool:
        retries = list(pool.map(lambda n: post(live, form, I_Twilio_Idempotency_Token="t" if n % 2 else None), range(12)))
    texts = [text for answer in retries for text in answer.texts]
    assert len(set(texts)) == 1
    assert 6 <= len(texts) <= 7
    assert visit_of(app).version == 2


def test_texts_of_one_sender_that_arrive_together_are_taken_one_after_the_other(app: Flask, live: int) -> None:
    """W-21: none is lost, and each is answered on what the one before it left."""
    forms = [sms(body) for body in ("yes", "where are you", "yes", "what should I bring", "thanks", "STATUS")]
    with ThreadPoolExecutor(len(forms)) as pool:
        answers = list(pool.map(lambda form: post(live, form), forms))
    assert {len(answer.texts) for answer in answers} == {1}
    assert {row.status for row in received(app)} == {"answered"}
    assert visit_of(app).participant == "accepted"


def test_an_answer_counts_only_for_the_visit_that_was_asked_about(app: Flask, signed_post: Post) -> None:
    """W-21: a yes to a time that has changed since confirms nothing."""
    with wired(app).bot.store.begin() as session:
        visit = session.get_one(AppointmentRow, visit_of(app).id)
        visit.start, visit.changed_at = visit.start + timedelta(days=1), wired(app).bot.clock()
    assert "changed" in signed_post(sms("yes")).text
    assert visit_of(app).participant == "needs-action"


def test_a_text_is_read_again_when_the_conversation_moved_on_meanwhile(
    app: Flask, signed_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-21: what was read before the transaction began counts only if the question is still the same."""
    read, contexts = Reader.read, []

    def slowly(reader: Reader, message: Message) -> Understanding:
        contexts.append(message.context)
        if len(contexts) == 1:  # something else is answered while this is being read
            with wired(app).bot.store.begin() as session:
                for row in session.scalars(select(PhoneRow)):
                    queries.keep_state(row, State())
        return read(reader, message)

    monkeypatch.setattr(Reader, "read", slowly)
    signed_post(sms("1"))
    assert contexts == [Context.REMINDER, Context.NONE]


def test_a_text_that_the_phone_sent_twice_takes_effect_once(app: Flask, signed_post: Post) -> None:
    """W-22: carriers resend under a new id; confirming and opting out are idempotent."""
    for _ in range(2):
        assert signed_post(sms("yes")).status == 200
    assert (visit_of(app).participant, visit_of(app).version) == ("accepted", 2)
    before = len(rows(app, ConsentRow))
    answers = [signed_post(sms("STOP", who="marcus")) for _ in range(2)]
    assert [len(answer.texts) for answer in answers] == [1, 0]
    assert len(rows(app, ConsentRow)) == before + 1


def test_a_visit_called_off_twice_is_called_off_once(app: Flask, signed_post: Post) -> None:
    """W-22: the second cancel of a resent text changes nothing."""
    signed_post(sms("cancel my appointment please", who="marcus"))
    if visit_of(app, "Marcus Reed").status == "booked":  # it asked back first
        signed_post(sms("1", who="marcus"))
    called_off = visit_of(app, "Marcus Reed")
    assert called_off.status == "cancelled"
    signed_post(sms("cancel my appointment please", who="marcus"))
    signed_post(sms("1", who="marcus"))
    assert visit_of(app, "Marcus Reed").version == called_off.version


def test_json_is_not_the_providers_form(app: Flask, live: int) -> None:
    """W-10: a body that the signature does not cover does nothing, whatever its hash in the address says."""
    path = f"/sms?bodySHA256={hashlib.sha256(b'other').hexdigest()}"
    body = json.dumps(dict(sms("yes"))).encode()
    connection = http.client.HTTPConnection("127.0.0.1", live, timeout=LONG)
    connection.request("POST", path, body, {"Content-Type": "application/json", "X-Twilio-Signature": signature(PUBLIC + path, [])})
    response = connection.getresponse()
    assert Answer(response.status, "", response.read().decode()).texts == []
    connection.close()
    assert received(app) == []


# ---- when things are down


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Nobody else can use the database."""
    engine = create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            lock = "BEGIN EXCLUSIVE"
        else:
            lock = f"BEGIN; LOCK TABLE {', '.join(Base.metadata.tables)} IN ACCESS EXCLUSIVE MODE"
        connection.exec_driver_sql(lock)
        yield
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database counts as down sooner than usual."""
    monkeypatch.setattr("bot.store.database.LOCK_SECONDS", 0.1)


def spooled(settings: Settings) -> list[Path]:
    """What waits on disk."""
    return sorted(settings.spool_dir.glob("*.msg"))


def test_a_text_outlives_an_outage_of_the_database(
    impatient: None, app: Flask, live: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-20: on disk and encrypted before the 200, answered by the fixed sentence, taken in and answered once afterwards."""
    synced: list[Path] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(Path(f"/proc/self/fd/{fd}").readlink()), fsync(fd))[1])
    form = sms("yes, see you on friday")
    with locked(settings):
        answers = [post(live, form), post(live, form, I_Twilio_Idempotency_Token="t")]
    assert [answer.text for answer in answers] == ["Sunrise Clinic: We got your message. A person will answer you."] * 2
    (file,) = spooled(settings)
    assert all(part not in file.read_bytes() for part in (b"friday", b"5550121", dict(form)["MessageSid"].encode()))
    assert [path.suffix for path in synced if path.parent == settings.spool_dir] == [".new", ".new"]
    assert settings.spool_dir in synced
    for _ in range(2):
        sweep(wired(app).bot, wired(app).spool)
    (row,) = received(app, form)
    assert (row.body, row.status, row.answered_via) == ("yes, see you on friday", "answered", "outbox")
    assert len(rows(app, CommunicationRow, CommunicationRow.in_reply_to == row.id)) == 1
    assert spooled(settings) == []
    assert post(live, form).texts == []


def test_a_text_that_was_stored_before_the_outage_is_still_answered(
    impatient: None, app: Flask, live: int, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-20: stored, then the database went; the retry went to disk; in the end there is one row and one answer."""
    form = sms("yes")
    with monkeypatch.context() as patch:
        patch.setattr("bot.turn.answer", lambda *_, **__: "")
        post(live, form)
    with locked(settings):
        assert "A person will answer" in post(live, form, I_Twilio_Idempotency_Token="t").text
    clock.now += timedelta(minutes=2)
    sweep(wired(app).bot, wired(app).spool)
    assert len(rows(app, CommunicationRow, CommunicationRow.in_reply_to == received(app, form)[0].id)) == 1


def test_nothing_is_promised_that_is_stored_nowhere(impatient: None, live: int, settings: Settings) -> None:
    """W-20: no database and no disk: 503, so that the provider's fallback can act."""
    settings.spool_dir.write_text("a file where the folder should be")
    with locked(settings):
        assert post(live, sms("yes")).status == 503


def test_a_full_disk_keeps_nothing_by_halves(impatient: None, live: int, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """W-20: 503 and plain words in the log, nothing of the text; no half of a file stays, and with room again it is taken."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with locked(settings):
        with monkeypatch.context() as patch, capture_logs() as logged:
            patch.setattr(os, "fsync", full)
            assert post(live, sms("yes, see you on friday")).status == 503
        assert list(settings.spool_dir.iterdir()) == []
        assert post(live, sms("yes")).status == 200
    assert len(spooled(settings)) == 1
    assert [line["error"] for line in logged if line["event"] == "spool_unwritable"] == ["No space left on device"]
    assert "friday" not in str(logged)


@pytest.fixture
def as_in_a_clinic(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's waits, set before it is opened."""
    monkeypatch.setattr("bot.store.database.LOCK_SECONDS", AS_IN_A_CLINIC)


@pytest.mark.slow
def test_whatever_hangs_the_provider_is_answered_in_time(
    as_in_a_clinic: None, live: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-15: with the waits of a clinic, for a database that lets nobody write and for a reader that takes a second."""
    read = Reader.read
    monkeypatch.setattr(Reader, "read", lambda *given: (time.sleep(1), read(*given))[1])
    with locked(settings):
        began = time.monotonic()
        assert "A person will answer" in post(live, sms("yes")).text
        assert time.monotonic() - began < 15  # seconds, after which it gives up; the waits add up to a third of that


def test_danger_is_answered_whatever_is_broken(impatient: None, app: Flask, live: int, settings: Settings) -> None:
    """W-20, S-05: with no database, and with no disk either, danger gets its fixed answer."""
    with locked(settings):
        assert "911" in post(live, sms(DANGER)).text
    sweep(wired(app).bot, wired(app).spool)
    assert "urgent_medical" in items(app)
    settings.spool_dir.rmdir()
    settings.spool_dir.write_text("a file where the folder should be")
    with locked(settings):
        answer = post(live, sms(DANGER))
    assert (answer.status, "911" in answer.text) == (200, True)


def test_a_stop_during_an_outage_is_not_answered_but_kept(impatient: None, app: Flask, live: int, settings: Settings) -> None:
    """W-20, O-08: no text after an opt-out but its one confirmation, which comes when it takes effect."""
    with locked(settings):
        assert post(live, sms("STOP")).texts == []
    sweep(wired(app).bot, wired(app).spool)
    assert [row.number for row in rows(app, PhoneRow, PhoneRow.opted_out_at.is_not(None))] == [NUMBERS["dorothy"]]


@pytest.mark.parametrize(("words", "has"), [("yes", "A person will answer"), (DANGER, "911")])
def test_a_turn_that_breaks_reaches_a_person(
    words: str, has: str, app: Flask, signed_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-05: an error of ours gives the fixed sentence and an item; danger is answered and alarmed all the same."""
    monkeypatch.setattr("bot.turn.read_facts", lambda *_: 1 / 0)
    assert has in signed_post(sms(words)).text
    assert "failed_turn" in items(app)
    assert ("urgent_medical" in items(app)) == (words == DANGER)


def test_a_broken_reader_reaches_a_person_too(app: Flask, signed_post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-05: when not even reading works, danger is answered and alarmed, a STOP holds, and a person answers the rest."""
    monkeypatch.setattr("bot.understand.reader.Reader.read", lambda *_: 1 / 0)
    assert "911" in signed_post(sms(DANGER)).text
    assert {"failed_turn", "urgent_medical"} <= set(items(app))
    assert "A person will answer" in signed_post(sms("yes", who="stranger")).text
    assert signed_post(sms("STOP", who="marcus")).texts == []
    assert [row.number for row in rows(app, PhoneRow, PhoneRow.opted_out_at.is_not(None))] == [NUMBERS["marcus"]]
    assert signed_post(sms("yes", who="marcus")).texts == []  # O-08
    assert "911" in signed_post(sms(DANGER, who="marcus")).text
    assert "urgent_opted_out" in items(app)  # S-04
    monkeypatch.setattr("bot.understand.reader.Reader.least", lambda *_: 1 / 0)
    assert "A person will answer" in signed_post(sms(DANGER, who="stranger")).text


def test_a_paused_sender_answers_danger_alone_when_the_reader_is_broken(
    app: Flask, signed_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-18, S-07: abuse is then as silent as anything else, and a person hears of it."""
    monkeypatch.setattr("bot.understand.reader.Reader.read", lambda *_: 1 / 0)
    with wired(app).bot.store.begin() as session:
        session.get_one(SenderRow, wired(app).bot.clinic_id).paused_at = wired(app).bot.clock()
    assert signed_post(sms("yes", who="marcus")).texts == []
    assert signed_post(sms("my husband hits me", who="marcus")).texts == []
    assert "urgent_abuse" in items(app)
    assert "911" in signed_post(sms(DANGER)).text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_danger_is_answered_with_neither_reader_nor_database(
    file: Path, impatient: None, app: Flask, live: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-05, S-07: in every language, by its patterns and in its own words; abuse is answered like all else; a person hears of each."""
    monkeypatch.setattr("bot.understand.reader.Reader.read", lambda *_: 1 / 0)
    said = {"medical": "safety.medical", "self_harm": "safety.self_harm", "abuse": "failed"}
    with locked(settings):
        told = {kind: post(live, sms(sentences(file, kind)[0], who="stranger")).texts for kind in said}
    bot = wired(app).bot
    language = ALIASES.get(file.stem, file.stem)
    assert told == {kind: bot.texts.answer(bot.clinic.clinic.name, [(key, ())], language) for kind, key in said.items()}
    sweep(bot, wired(app).spool)
    assert {f"urgent_{kind}" for kind in said} <= set(items(app))


def test_one_bad_file_does_not_stop_the_others(impatient: None, app: Flask, live: int, settings: Settings) -> None:
    """W-20: a spooled text that no key opens stays on disk; the rest is taken in."""
    with locked(settings):
        post(live, sms("yes"))
    (settings.spool_dir / "0.msg").write_bytes(b"nonsense")
    os.utime(settings.spool_dir / "0.msg", (0, 0))
    sweep(wired(app).bot, wired(app).spool)
    assert [path.name for path in spooled(settings)] == ["0.msg"]
    assert len(received(app)) == 1


def test_a_job_goes_on_after_any_error() -> None:
    """What failed is tried again; nothing ends the thread but `stop`."""
    calls: Counter[str] = Counter()

    def failing() -> None:
        calls["job"] += 1
        raise ValueError

    loop = Loop("job", failing, every=0.001)
    loop.start()
    while calls["job"] < 3 and loop.is_alive():
        pass
    loop.stop()
    loop.join()
    assert calls["job"] >= 3


def test_whether_it_is_well_tells_the_process_and_the_database_apart(impatient: None, app: Flask, settings: Settings) -> None:
    """The process is well while the database is not."""
    client = app.test_client()
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)
    with locked(settings):
        assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)


def test_who_asks_whether_it_is_well_waits_for_no_writer_and_keeps_none_waiting(app: Flask) -> None:
    """A probe every second must not stand in line with patients' texts; that others write tells as much."""
    store, client = wired(app).bot.store, app.test_client()
    with store._turn():  # a thread of this process writes
        assert client.get("/readyz").status_code == 200
    if store.engine.dialect.name == "sqlite":
        ready: list[int] = []
        asking = threading.Thread(target=lambda: ready.append(client.get("/readyz").status_code))
        writers = [sqlite3.connect(store.engine.url.database or "", isolation_level=None) for _ in range(2)]
        writers[0].execute("BEGIN IMMEDIATE")
        writers[0].execute("UPDATE clinic SET slug = 'other'")
        asking.start()
        asking.join(0.2)
        assert asking.is_alive()
        writers[0].execute("COMMIT")
        writers[1].execute("BEGIN IMMEDIATE")  # of many one always has the lock
        asking.join(LONG)
        assert ready == [200]
        for writer in writers:
            writer.close()


def test_a_database_that_takes_nothing_more_is_not_ready(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, or a replica, which can be read all the same."""
    store, client = wired(app).bot.store, app.test_client()
    if store.engine.dialect.name == "sqlite":
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    else:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"ALTER DATABASE {store.engine.url.database} SET default_transaction_read_only = on"))
        store.engine.dispose()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) in {(503, "database: the disk is full\n"), (503, "database: read-only\n")}


# ---- what comes in, what goes out


def test_the_answer_is_xml_and_silence_is_an_empty_response(signed_post: Post) -> None:
    """W-23: text/xml, and nothing but <Response/> when there is nothing to say."""
    form = sms("yes")
    assert signed_post(form).type == "text/xml"
    silent = signed_post(form)
    assert (silent.type, silent.body.split("?>")[-1].strip()) == ("text/xml", "<Response></Response>")


def test_a_name_that_xml_cannot_carry_is_cleaned(app: Flask, signed_post: Post) -> None:
    """W-24: control characters and lone surrogates in the clinic's data leave one well-formed message."""
    bot = wired(app).bot
    clinic = replace(bot.clinic, clinic=replace(bot.clinic.clinic, name="Sun\x0brise \ud800& <Co>\ufffe"))
    app.extensions["attend"] = replace(wired(app), bot=replace(bot, current=Current(clinic, bot.store, bot.clinic_id)))
    assert signed_post(sms("yes")).text.startswith("Sunrise & <Co>: ")


ODD = [
    "a" * 10_000, "😀" * 50, "\x00\x01\x07\x0b\x1b", "line\r\nline\u2028line\x85", "&<>\"']]>", "' OR 1=1; --",
    "{{7*7}} ${x} %s {0}", "\ufeff\u202e\u200b",
    "\ufffe\uffff", "", " ", "\n", "١٢٣", "yes" + "\u0301" * 500, "👨‍👩‍👧‍👦" * 30, "\U0010ffff",
]  # fmt: skip


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_no_text_brings_it_down(body: str, app: Flask, signed_post: Post) -> None:
    """W-24, W-28: whatever was written is stored, and answered in well-formed XML."""
    form = sms(body)
    answer = signed_post(form)
    assert (answer.status, len(answer.texts)) == (200, 1)
    (row,) = received(app, form)
    assert (row.status, row.body) == ("answered", body[:4000])


@examples(60)
@given(fields=st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=80), max_size=6))
def test_no_field_brings_it_down(fields: dict[str, str], signed_post: Post) -> None:
    """W-02, W-26, W-28: any text in any field of a signed request gives no 5xx."""
    assert signed_post(sms(**{**fields, "AccountSid": ACCOUNT, "To": CLINIC_NUMBER})).status == 200


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"Body=%ED%A0%80&From=%2B17165550121&MessageSid=SM1", 403), (b"Body=%FF%FE&From=x&MessageSid=SM2", 403),
        (b"\xff\xfe=\xed\xa0\x80", 403), (b"Body=%", 403), (b"&&&=&=", 403), (b"", 403), (b"a=1&" * 40_000, 403),
        (b"Body=" + b"a" * 300_000, 413),
    ],
    ids=range(8),
)  # fmt: skip
def test_bytes_that_are_no_form_are_refused(raw: bytes, status: int, app: Flask) -> None:
    """W-04: half surrogates, broken UTF-8 and floods are refused, not crashed on."""
    headers = {"X-Twilio-Signature": "x", "Content-Type": "application/x-www-form-urlencoded"}
    assert app.test_client().post("/sms", data=raw, headers=headers).status_code == status


def test_a_half_surrogate_that_is_signed_as_received_is_answered(app: Flask) -> None:
    """W-24: broken UTF-8 in a signed body is text like any other."""
    fields = [(name, value) for name, value in sms() if name != "Body"]
    signed = signature(f"{PUBLIC}/sms", [*fields, ("Body", "%ED%A0%80")])
    raw = urlencode(fields).encode() + b"&Body=%ED%A0%80"
    headers = {"X-Twilio-Signature": signed, "Content-Type": "application/x-www-form-urlencoded"}
    assert app.test_client().post("/sms", data=raw, headers=headers).status_code == 200


@pytest.mark.parametrize("count", quick("x", of=["x", "-1", "1.5", "", "٣", "9" * 5000, "1e3", "0x1", " 1", "99999999999999999999"]))
def test_a_picture_count_that_is_no_number_counts_as_none(count: str, app: Flask, signed_post: Post) -> None:
    """W-02: NumMedia may be anything; only a small number says that there is a picture."""
    form = sms("yes", NumMedia=count)
    assert signed_post(form).status == 200
    assert received(app, form)[0].media == 0
    assert "media" not in items(app)


def test_a_picture_is_looked_at_by_a_person(app: Flask, signed_post: Post) -> None:
    """W-27: it is not fetched here (a socket to another machine would fail this test); an item says that it came."""
    assert signed_post(sms("yes", NumMedia="2", MediaUrl0="http://169.254.169.254/", MediaContentType0="image/png")).status == 200
    assert "media" in items(app)


def test_two_machines_do_not_talk_for_ever(app: Flask, signed_post: Post, clock: Clock) -> None:
    """W-25: an automatic reply gets few answers, then silence and one item; a person's other words are answered again."""
    echo = "I'm driving right now. I will get back to you as soon as I can."
    answers = []
    for _ in range(20):
        clock.now += timedelta(seconds=2)
        answers.append(signed_post(sms(echo, who="stranger")).texts)
    spoken = [texts for texts in answers if texts]
    assert answers[: len(spoken)] == spoken  # once silent, it stays silent
    assert len(spoken) <= 3 * loops.MOST
    assert items(app).count("loop") == 1
    assert signed_post(sms("Where are you?", who="stranger")).texts
    assert {row.status for row in received(app)} == {"answered"}


def test_a_machine_that_numbers_its_texts_gets_few_answers_too(app: Flask, signed_post: Post, clock: Clock) -> None:
    """W-25: other words each time, and the same answer."""
    answered = 0
    for number in range(30):
        clock.now += timedelta(seconds=20)
        answered += bool(signed_post(sms(f"Your request has been received. Ticket {4117 + number}.", who="stranger")).texts)
    assert answered <= 2 * loops.WHATEVER
    assert items(app).count("loop") == 1


def test_damping_forgets_after_an_hour_and_counts_phones_apart(app: Flask, signed_post: Post, clock: Clock) -> None:
    """W-25: one phone's repeats silence neither another phone nor the next hour."""
    for _ in range(loops.MOST + 1):
        last = signed_post(sms("thanks", who="marcus")).texts
    assert last == []
    assert signed_post(sms("thanks", who="stranger")).texts
    clock.now += loops.WITHIN
    assert signed_post(sms("thanks", who="marcus")).texts


def test_damping_never_holds_back_a_safety_text(app: Flask, signed_post: Post, clock: Clock) -> None:
    """W-25, S-14: repeated danger gets its safety text every ten minutes, however often, and each raises the alarm."""
    for _ in range(6):
        assert "911" in signed_post(sms(DANGER)).text
        clock.now += timedelta(minutes=10)


@pytest.mark.parametrize(
    "sender",
    ["32665", "whatsapp:+17165550121", "rcs:clinic_agent", "messenger:1234", "CLINIC", "Anonymous", "+1", "+", "+1716555012１",
     "+1716555012a", "+9999999999999999", "7165550121", "sip:x@example.org", "client:bob", "\x00", "+17165550121;ext=5"],
)  # fmt: skip
def test_a_sender_that_is_no_phone_is_kept_and_not_answered(sender: str, app: Flask, signed_post: Post) -> None:
    """W-26: logged, no reply, no crash, and no conversation is made of it."""
    phones = len(rows(app, PhoneRow))
    form = sms("yes", From=sender)
    answer = signed_post(form)
    assert (answer.status, answer.texts) == (200, [])
    assert (len(received(app, form)), len(rows(app, PhoneRow))) == (1, phones)


def test_a_sender_without_a_name_is_passed_over(app: Flask, signed_post: Post) -> None:
    """W-26: an empty From is answered with silence."""
    for sender in ("", " ", None):
        assert signed_post(sms("yes", From=sender)).texts == []
    assert received(app) == []


def test_no_word_of_a_patient_comes_back_or_stands_in_a_log(signed_post: Post, capfd: pytest.CaptureFixture[str]) -> None:
    """W-28, H-05: what they wrote is in no answer and no log line; neither is their number."""
    answer = signed_post(sms("I have HIV and need Biktarvy, call me at 716-555-0188", who="stranger"))
    logged = capfd.readouterr()
    for said in (answer.body, logged.out, logged.err):
        assert not [word for word in ("HIV", "Biktarvy", "0188", "7165550199") if word in said]


def test_words_are_shown_to_coordinators_as_words(app: Flask, live: int, signed_post: Post) -> None:
    """W-28: markup in a text is no markup on the page."""
    evil = "<script>alert(1)</script> {{7*7}} <img src=x onerror=alert(1)>"
    signed_post(sms(evil))
    (row,) = received(app)
    browser = Browser(live).enter(app, hire(app))
    for path in ("/inbox", f"/inbox/phone/{row.phone_id}"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in page


# ---- what became of a text


def callback(app: Flask, sid: str, status: str, **fields: str) -> list[tuple[str, str]]:
    """The form of a status callback."""
    form = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status, "To": NUMBERS["dorothy"]}
    return list({**form, "From": CLINIC_NUMBER, "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", **fields}.items())


def sent_text(app: Flask, sid: str | None, *, status: str = "queued", outbox: str = "sent") -> int:
    """A text to Dorothy that the provider has, or is just being given; its id."""
    bot = wired(app).bot
    with bot.store.begin() as session:
        owner = queries.phone(session, bot.store.cipher, clinic_id=bot.clinic_id, number=NUMBERS["dorothy"], now=bot.clock())
        row = queue(session, clinic_id=bot.clinic_id, phone_id=owner.id, body="x", now=bot.clock(), sender="bot")
        row.provider_sid, row.status = sid, status
        waits = session.scalars(select(OutboxRow).where(OutboxRow.communication_id == row.id)).one()
        waits.status, waits.attempts = outbox, 1
        return row.id


def status_of(app: Flask, row_id: int) -> str:
    """What is known of a text."""
    return str(rows(app, CommunicationRow, CommunicationRow.id == row_id)[0].status)


def test_a_status_is_taken_over_and_answered_204(app: Flask, signed_post: Post) -> None:
    """W-29: with the provider's fields, of which none is needed."""
    text = sent_text(app, "SM1")
    answer = signed_post(callback(app, "SM1", "delivered", RawDlrDoneDate="2603041400", ErrorCode=""), path="/sms/status")
    assert (answer.status, answer.body, status_of(app, text)) == (204, "", "delivered")
    for field in ("MessageSid", "MessageStatus", "SmsSid", "SmsStatus", "To", "From"):
        for value in ("", None):
            form = [(name, value if name == field else given) for name, given in callback(app, "SM1", "sent")]
            assert signed_post([pair for pair in form if pair[1] is not None], path="/sms/status").status == 204
    assert signed_post(callback(app, "SM1", "sent"), path="/sms/status", X_Twilio_Signature="x").status == 403


@pytest.mark.parametrize("status", quick(*ORDER, "teleported", of=[*ORDER, "receiving", "received", "teleported", "", "é" * 100]))
def test_any_status_is_tolerated(status: str, app: Flask, signed_post: Post) -> None:
    """W-30: known or not; for a text of ours, of the patient, or of nobody."""
    signed_post(sms("yes", MessageSid="SMinbound"))
    sent_text(app, "SM1")
    for sid in ("SM1", "SMinbound", "SMnobody", "x" * 300):
        assert signed_post(callback(app, sid, status), path="/sms/status").status == 204
    assert received(app)[0].status == "answered"


@pytest.mark.parametrize(
    "statuses",
    [("queued", "sending", "sent", "delivered"), ("sent", "delivered", "read"), ("sent", "undelivered", "teleported"),
     ("accepted", "failed", "sent"), ("undelivered", "delivered", "sent"), ("scheduled", "canceled", "accepted")],
    ids=" ".join,
)  # fmt: skip
def test_callbacks_in_any_order_end_in_the_same_state(statuses: tuple[str, ...], app: Flask, signed_post: Post) -> None:
    """W-31: unordered and repeated callbacks; the furthest status stands."""
    ends = set()
    for number, order in enumerate(itertools.permutations(statuses)):
        text = sent_text(app, f"SM{number}")
        for status in (*order, order[0]):
            assert signed_post(callback(app, f"SM{number}", status), path="/sms/status").status == 204
        ends.add(status_of(app, text))
    assert len(ends) == 1


def test_callbacks_at_once_end_in_the_same_state(app: Flask, live: int) -> None:
    """W-31: together, the furthest one stands."""
    text = sent_text(app, "SM1")
    forms = [callback(app, "SM1", status) for status in ("delivered", "sent", "queued", "sending") * 4]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda form: post(live, form, path="/sms/status"), forms))
    assert status_of(app, text) == "delivered"


def test_a_callback_may_come_before_the_send_is_answered(app: Flask, signed_post: Post) -> None:
    """W-31: it names the text in its address, and the answer to the send does not take it back."""
    bot, texts = wired(app).bot, {}

    class Overtaken(Console):
        """A provider whose callback is faster than its answer."""

        def send(self, text: Outgoing) -> Sent:
            texts[text.to] = sid = f"SM{len(texts)}"
            signed_post(callback(app, sid, "delivered", To=text.to), path=f"/sms/status?text={text.mark}")
            return Sent(sid=sid, status="queued")

    with bot.store.begin() as session:
        phones = session.scalars(select(PhoneRow.id)).all()
        asked = [text.id for phone_id in phones if (text := remind(bot, session, phone_id))]
    assert send_waiting(bot, Overtaken()) == len(texts) == len(asked) > 1
    sent = rows(app, CommunicationRow, CommunicationRow.id.in_(asked))
    assert {row.status for row in sent} == {"delivered"}
    assert sorted(row.provider_sid for row in sent) == sorted(texts.values())


def test_a_callback_tells_what_became_of_a_text_that_was_given_up(app: Flask, signed_post: Post) -> None:
    """W-31, W-34: after a timeout the outcome is unknown, until a callback shows that the provider has the text."""
    text = sent_text(app, None, status="unknown", outbox="failed")
    assert signed_post(callback(app, "SM7", "sent"), path=f"/sms/status?text={text + 1}").status == 204
    assert status_of(app, text) == "unknown"
    assert signed_post(callback(app, "SM8", "sent"), path=f"/sms/status?text={text}").status == 204
    assert status_of(app, text) == "sent"


@pytest.mark.parametrize(
    "query", ["text=", "text=x", "text=%00", "text=" + "9" * 60, "reply=nobody", "reply=%00", "x=1", "text=1&reply=2"]
)
def test_any_address_of_a_callback_is_tolerated(query: str, app: Flask, signed_post: Post) -> None:
    """W-29: one that names no text of ours changes nothing."""
    text = sent_text(app, "SM1")
    assert signed_post(callback(app, "SMother", "delivered"), path=f"/sms/status?{query}").status == 204
    assert status_of(app, text) == "queued"


def test_a_status_that_cannot_be_stored_is_not_acknowledged(impatient: None, app: Flask, live: int, settings: Settings) -> None:
    """W-31: 503 and no traceback; a later callback, or the poll, brings it."""
    sent_text(app, "SM1")
    with locked(settings):
        assert post(live, callback(app, "SM1", "sent"), path="/sms/status").status == 503


@pytest.mark.slow
def test_behind_gunicorn_the_address_is_checked_as_it_was_sent(bot_parts: Any, tmp_path: Path) -> None:
    """W-06: the server that runs it shows path and query raw, too; killed and started again, a copy stays a copy (W-13)."""
    served.fill(tmp_path, ["en"])
    server = served.Server("app:serve()", served.environment(tmp_path))
    form = [*served.inbound("SM1", 0, "yes").items()]
    path = "/sms?clinic=St.%20Mary%27s&x=%C3%A9"
    with served.running(server):
        signed = signature(served.PUBLIC + path, form, served.TOKEN)
        assert "confirmed" in post(server.port, form, path=path, X_Twilio_Signature=signed).text
        assert post(server.port, form, path="/sms", X_Twilio_Signature=signed).status == 403
        server.kill()
        server.start()
        assert post(server.port, form, path=path, X_Twilio_Signature=signed).texts == []


def test_the_doors_are_the_ones_that_are_documented(app: Flask) -> None:
    """Without the demo there are no pages: the webhook, the callback and the two health checks."""
    doors = {str(rule) for rule in app.url_map.iter_rules() if rule.endpoint.startswith(webhook.blueprint.name)}
    assert doors == {"/sms", "/sms/status", "/healthz", "/readyz"}
