"""What we send is valid for Twilio's own description of its API, and its refusals are understood (P-06 … P-09).

Prism, a mock server that nobody here wrote, reads that description from Twilio's package `@twilio/cli-core`. Neither is in the
repository: npm installs both, in fixed versions, beside the trained reader.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, update
from twilio.http.http_client import TwilioHttpClient

from bench import served
from bot.channels.twilio_account import Number, TwilioAccount
from bot.channels.twilio_sms import TwilioSms
from bot.channels.types import Outgoing, SendError
from bot.core import Bot
from bot.delivery.lookup import look
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.settings import ROOT
from bot.store.models import CommunicationRow, PhoneRow, TaskRow
from bot.store.outgoing import queue
from bot.store.sending_models import OutboxRow, SenderRow
from tests.patience import until
from tests.provider import ACCOUNT, CLINIC_NUMBER, PUBLIC, post, sms
from tests.world import NOW, Clock, Parts, World, make_world

pytestmark = pytest.mark.slow
PLACE = ROOT / "instance" / "cache" / "npm"
PACKAGES = ("@stoplight/prism-cli@5.14.2", "@twilio/cli-core@8.3.2")
PRISM = PLACE / "node_modules" / ".bin" / "prism"
DESCRIPTION = PLACE / "node_modules" / "@twilio" / "cli-core" / "src" / "services" / "twilio-api" / "twilio_api_v2010.json"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
INVALID = 20001  # what this mock answers whatever the description forbids
# What the description leaves out and Twilio's documents tell: refusals, the longest body, the shape of a number (P-08, P-09).
REFUSALS = {"400": {"invalid": INVALID, "e21610": 21610}, "429": {"e20429": 20429}, "500": {"e20500": 20500}, "503": {"e20503": 20503}}
NEW_YORK = ZoneInfo("America/New_York")
Refuse = Callable[[str], None]


def install() -> None:
    """Brings both packages once; fails, and says what to do, where that cannot be."""
    if PRISM.exists() and DESCRIPTION.exists():
        return
    if shutil.which("npm") is None:
        pytest.fail("npm is missing, and with it Twilio's own description of its API: apt-get install npm")
    PLACE.mkdir(parents=True, exist_ok=True)
    flags = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(PLACE)]
    done = subprocess.run(["npm", "install", *flags, *PACKAGES], capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.fail(f"npm could not install {' and '.join(PACKAGES)}: {done.stderr[-500:]}")


def described(folder: Path) -> Path:
    """Twilio's description, with what it leaves out."""
    given: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    post = given["paths"][MESSAGES]["post"]
    for status, examples in REFUSALS.items():
        values = {name: {"value": {"code": code, "message": name, "status": int(status)}} for name, code in examples.items()}
        post["responses"][status] = {"description": status, "content": {"application/json": {"examples": values}}}
    post["responses"]["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer", "enum": [7]}}}
    fields = post["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]
    fields["Body"]["maxLength"] = 1600
    fields["To"]["pattern"] = r"^\+[1-9]\d{7,14}$"
    told = given["components"]["schemas"]["api.v2010.account.message"]["properties"]
    told |= {"status": {"type": "string", "enum": ["queued"]}, "error_code": {"nullable": True, "enum": [None]}}  # of invented answers
    path = folder / "twilio.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the mock server."""
    install()
    port, folder = served.free_port(), tmp_path_factory.mktemp("prism")
    command = [str(PRISM), "mock", "--host", "127.0.0.1", "--port", str(port), "--multiprocess", "false", str(described(folder))]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    until(lambda: process.poll() is not None or "is listening" in (folder / "log").read_text())
    assert process.poll() is None, (folder / "log").read_text()[-2000:]
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def channel(url: str, *, account: str = ACCOUNT) -> TwilioSms:
    """Our sender, towards the mock."""
    return TwilioSms(account_sid=account, token="t", number=CLINIC_NUMBER, status_url=f"{PUBLIC}/sms/status", base_url=url)


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Has the mock give one of its answers from now on; "" ends it."""
    ask, prefer = TwilioHttpClient.request, [""]

    def asking(self: TwilioHttpClient, method: str, url: str, *args: Any, headers: Any = None, **more: Any) -> Any:
        return ask(self, method, url, *args, headers={**(headers or {}), **({"Prefer": prefer[0]} if prefer[0] else {})}, **more)

    monkeypatch.setattr(TwilioHttpClient, "request", asking)
    return lambda answer: prefer.__setitem__(0, answer)


@pytest.fixture
def world(bot_parts: Parts, tmp_path: Path) -> World:
    """A clinic with one text that is due, in a file, since several threads look texts up."""
    world = make_world(bot_parts, url=f"sqlite:///{tmp_path / 'clinic.db'}")
    with world.bot.store.begin() as session:
        queue(session, clinic_id=world.bot.clinic_id, phone_id=world.phones["dorothy"], body="hello", now=NOW, sender="bot")
    return world


def row(world: World, kind: Any) -> Any:
    """The newest row of a table."""
    with world.bot.store.session() as session:
        return session.query(kind).order_by(kind.id.desc() if hasattr(kind, "id") else kind.clinic_id).first()


@pytest.mark.parametrize("body", ["See you at 9.", "你好 👋 " * 200, "x" * 5000, "tom & ann = 100 % + more;"])
def test_a_text_of_ours_is_a_valid_request(prism: str, body: str) -> None:
    """P-06: whatever stands in it; what is too long is cut before (W-24)."""
    told = channel(prism).send(Outgoing(to="+17165550123", body=body, mark="7", seconds=600))
    assert told.sid.startswith("SM")
    assert told.status == "queued"


def test_asking_what_became_of_a_text_is_a_valid_request(prism: str) -> None:
    """P-06: the list of texts to a phone, and one text."""
    asked = channel(prism)
    asked.find(Outgoing(to="+17165550123", body="hello"), since=NOW)
    assert asked.fetch("SM" + "a" * 32).sid


def test_setting_the_numbers_addresses_is_a_valid_request(prism: str) -> None:
    """W-14: what `connect` posts."""
    number = Number(sid="PN" + "b" * 32, url="", method="", fallback_url="", fallback_method="")
    TwilioAccount(account_sid=ACCOUNT, token="t", base_url=prism).connect(number, url=f"{PUBLIC}/sms")


def test_the_mock_refuses_what_is_invalid(prism: str) -> None:
    """P-07, P-08, P-09: by the provider's description and what it leaves out; else the tests above would show nothing."""
    for asked, to in ((channel(prism, account="AC" + "z" * 32), "+17165550123"), (channel(prism), "dorothy")):
        with pytest.raises(SendError) as refused:
            asked.send(Outgoing(to=to, body="hello", mark="7"))
        assert refused.value.code == INVALID


def test_a_phone_that_the_carrier_knows_as_opted_out_is_opted_out_here(prism: str, refuse: Refuse, world: World) -> None:
    """D-02, O-12: 21610; nothing is tried again, and somebody sees it."""
    refuse("code=400, example=e21610")
    assert send_waiting(world.bot, channel(prism)) == 0
    assert (row(world, OutboxRow).status, row(world, CommunicationRow).error) == ("failed", 21610)
    assert row(world, TaskRow).kind == "not_delivered"
    with world.bot.store.session() as session:
        assert session.get_one(PhoneRow, world.phones["dorothy"]).opted_out_at == NOW


def test_too_many_requests_hold_the_whole_sender_and_the_text_goes_later(prism: str, refuse: Refuse, world: World) -> None:
    """D-09: 429 with Retry-After, seven seconds here."""
    refuse("code=429, example=e20429")
    assert send_waiting(world.bot, channel(prism)) == 0
    assert (row(world, OutboxRow).status, row(world, OutboxRow).reason) == ("waiting", "20429")
    assert row(world, SenderRow).free_at == NOW + timedelta(seconds=7)
    refuse("")
    assert send_waiting(world.bot, channel(prism)) == 0
    world.clock.now += timedelta(seconds=10)
    assert send_waiting(world.bot, channel(prism)) == 1


def test_a_provider_that_is_not_well_is_asked_again_for_that_text_alone(prism: str, refuse: Refuse, world: World) -> None:
    """D-04: it said so, so nothing was sent; other texts go on."""
    refuse("code=503, example=e20503")
    assert send_waiting(world.bot, channel(prism)) == 0
    assert (row(world, OutboxRow).status, row(world, OutboxRow).reason) == ("waiting", "20503")
    assert row(world, OutboxRow).send_at > NOW
    refuse("")
    world.clock.now += timedelta(minutes=2)
    assert send_waiting(world.bot, channel(prism)) == 1


def test_an_error_of_the_providers_own_is_looked_up_before_the_text_goes_again(prism: str, refuse: Refuse, world: World) -> None:
    """D-04, D-10: it may have broken after the text was taken."""
    refuse("code=500, example=e20500")
    assert send_waiting(world.bot, channel(prism)) == 0
    assert (row(world, OutboxRow).status, row(world, CommunicationRow).status) == ("sending", "unknown")
    refuse("")
    world.clock.now += timedelta(minutes=2)
    assert send_waiting(world.bot, channel(prism)) == 0
    look(world.bot, channel(prism))  # the mock's list has another text
    assert send_waiting(world.bot, channel(prism)) == 1


def test_days_of_a_clinic(prism: str, refuse: Refuse, app: Flask, live: int, clock: Clock) -> None:
    """P-06, P-10, W-29, W-31, O-19: reminders to the mock; callbacks and texts from the signer; in the end each is accounted for."""
    refuse("dynamic=true")  # an id of its own for each text
    bot, chance = app.extensions["attend"].bot, random.Random(4)
    says, told, answers = ["yes", "no", "where do I park?", "I need a ride", "can I come at another time?", "STOP"], set[int](), 0
    with bot.store.begin() as session:
        session.execute(update(OutboxRow).values(status="waiting"))  # the reminders that were there go to the mock as well
    while clock() < NOW + timedelta(days=3):
        while plan_due(bot):
            pass
        send_waiting(bot, channel(prism))
        for text in [text for text in sent(bot) if text.id not in told]:
            assert 9 <= text.at.astimezone(NEW_YORK).hour < 20
            told.add(text.id)
            for status in chance.choice([["sent", "delivered"], ["delivered", "sent", "sent"], ["sent"], [], ["undelivered"]]):
                error = {"ErrorCode": "30005"} if status == "undelivered" else {}
                form = sms(MessageSid=text.provider_sid, MessageStatus=status, Body=None, **error)
                assert post(live, form, path=f"/sms/status?text={text.id}").status == 204
            if says and chance.random() < 0.8:
                with bot.store.session() as session:
                    number = session.get_one(PhoneRow, text.phone_id).number
                answer = post(live, sms(says.pop(0), From=number))
                answers += (answer.status, len(answer.texts)) == (200, 1)
        clock.now += timedelta(minutes=30)
    assert (answers, says) == (6, [])
    with bot.store.session() as session:
        ends = Counter(row.status for row in session.scalars(select(OutboxRow).where(OutboxRow.send_at <= clock())))
        stopped = session.scalars(select(PhoneRow).where(PhoneRow.opted_out_at.is_not(None))).all()
    assert ends.keys() <= {"sent", "failed", "dropped"} and ends["sent"] > 6
    assert len({text.provider_sid for text in sent(bot)}) == len(sent(bot)) == ends["sent"] + ends["failed"]
    assert len(stopped) == 1 and not [
        text for text in sent(bot) if text.phone_id == stopped[0].id and text.at > stopped[0].opted_out_at
    ]


def sent(bot: Bot) -> list[CommunicationRow]:
    """The texts that the mock took, each with its id."""
    with bot.store.session() as session:
        ours = CommunicationRow.direction == "outbound", CommunicationRow.provider_sid.is_not(None)
        return list(session.scalars(select(CommunicationRow).where(*ours).order_by(CommunicationRow.id)))
