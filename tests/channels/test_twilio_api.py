"""What we send is valid for Twilio's own description of its API, and its refusals are understood (P-06 … P-09).

Prism, a mock server that nobody here wrote, reads that description from Twilio's package `@twilio/cli-core`. Neither is in the
repository: npm installs both, in fixed versions, beside the trained reader.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from twilio.http.http_client import TwilioHttpClient

from bench import served
from bot.channels.twilio_account import Number, TwilioAccount
from bot.channels.twilio_sms import TwilioSms
from bot.channels.types import Outgoing, SendError
from bot.delivery.lookup import look
from bot.delivery.sender import send_waiting
from bot.settings import ROOT
from bot.store.models import CommunicationRow, PhoneRow, TaskRow
from bot.store.outgoing import queue
from bot.store.sending_models import OutboxRow, SenderRow
from tests.patience import until
from tests.provider import ACCOUNT, CLINIC_NUMBER, PUBLIC
from tests.world import NOW, Parts, World, make_world

pytestmark = pytest.mark.slow
PLACE = ROOT / "instance" / "cache" / "npm"
PACKAGES = ("@stoplight/prism-cli@5.14.2", "@twilio/cli-core@8.3.2")
PRISM = PLACE / "node_modules" / ".bin" / "prism"
DESCRIPTION = PLACE / "node_modules" / "@twilio" / "cli-core" / "src" / "services" / "twilio-api" / "twilio_api_v2010.json"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
INVALID = 20001  # what this mock answers whatever the description forbids
# What the description leaves out and Twilio's documents tell: refusals, the longest body, the shape of a number (P-08, P-09).
REFUSALS = {"400": {"invalid": INVALID, "e21610": 21610}, "429": {"e20429": 20429}, "500": {"e20500": 20500}, "503": {"e20503": 20503}}
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
