"""Single sign-on at a real OpenID Connect provider in a process of its own: who comes in, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bot.core import Bot
from bot.errors import SettingsError
from bot.settings import Settings, read_settings
from bot.store.account_models import UserRow
from bot.store.models import AuditRow
from tests.conftest import application_on
from tests.patience import LONG, until
from tests.staff import HERE, hire
from tests.world import Clock

VERIFIED, UNVERIFIED, NOBODY = "ana@clinic.example", "ben@clinic.example", "stranger@elsewhere.example"
LISTENS = re.compile(r"http://127\.0\.0\.1:\d+")  # in what it says when it has started
Client = Callable[[], FlaskClient]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The provider's address; Ben's email is not verified there."""
    people = [{"sub": each, "email": each.upper(), "email_verified": each != UNVERIFIED} for each in (VERIFIED, UNVERIFIED, NOBODY)]
    told = [word for each in people for word in ("--user-claims", json.dumps(each))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", "0", "--require-nonce", "yes", *told]
    log = tmp_path_factory.mktemp("issuer") / "log"
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
    until(lambda: process.poll() is not None or LISTENS.search(log.read_text()))
    found = LISTENS.search(log.read_text())
    assert found, log.read_text()
    yield found[0]
    process.terminate()
    process.wait()


@pytest.fixture
def settings(settings: Settings, issuer: str) -> Settings:
    """A clinic whose organisation has an issuer."""
    return replace(settings, public_url=HERE, oidc_issuer=issuer, oidc_client_id="attend", oidc_client_secret="secret")


@pytest.fixture
def person(app: Flask) -> Client:
    """Makes browsers."""
    return lambda: app.test_client()


def leave(client: FlaskClient, target: str = "/inbox") -> str:
    """Goes on to the issuer; gives the address there."""
    answer = client.get(f"/account/single?{urlencode({'next': target})}", base_url=HERE)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def agree(there: str, who: str) -> str:
    """Signs in at the issuer; gives the address back here, without the host."""
    answer = requests.post(there, data={"sub": who}, allow_redirects=False, timeout=LONG)
    location = answer.headers["Location"]
    assert location.startswith(f"{HERE}/account/single/back?")
    return location.removeprefix(HERE)


def come_back(client: FlaskClient, back: str) -> tuple[int, str]:
    """(status, where to) of the answer."""
    answer = client.get(back, base_url=HERE)
    return answer.status_code, answer.headers.get("Location", "")


def inside(client: FlaskClient) -> bool:
    """Whether the inbox is open."""
    return client.get("/inbox", base_url=HERE, headers={"Accept": "text/html"}).status_code == 200


def query(address: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def changed(address: str, **values: str) -> str:
    """The address with another query."""
    return f"{address.partition('?')[0]}?{urlencode({**query(address), **values})}"


def test_who_has_an_account_comes_in_without_another_password(app: Flask, person: Client) -> None:
    """To the page that was asked for, with an entry in the trail; whatever the capitals of the address."""
    who, client = hire(app, "manager", email=VERIFIED), person()
    login = client.get("/account/login", base_url=HERE).get_data(as_text=True)
    assert "Sign in with your organisation" in login
    assert come_back(client, agree(leave(client, "/inbox/today"), VERIFIED)) == (303, "/inbox/today")
    assert inside(client)
    bot: Bot = app.extensions["attend"].bot
    with bot.store.session() as session:
        entry = session.scalars(select(AuditRow).where(AuditRow.action == "sign_in")).one()
    assert (entry.actor, entry.reason, entry.outcome) == (f"staff:{who.id}", "issuer", "ok")


@pytest.mark.parametrize(("who", "hired"), [(UNVERIFIED, True), (NOBODY, False)])
def test_nobody_gets_an_account_by_it(app: Flask, person: Client, who: str, hired: bool) -> None:
    """An address that the issuer has not verified proves nothing; one that is not known here is told so."""
    if hired:
        hire(app, email=who)
    bot: Bot = app.extensions["attend"].bot
    client = person()
    assert come_back(client, agree(leave(client), who)) == (403, "")
    assert not inside(client)
    with bot.store.session() as session:
        assert len(session.scalars(select(UserRow)).all()) == hired
        assert session.scalars(select(AuditRow.reason).where(AuditRow.outcome == "refused")).all() == ["issuer"]


def test_who_is_shut_out_or_of_another_clinic_stays_out(app: Flask, person: Client) -> None:
    """H-16: the issuer serves the whole organisation, an account one clinic."""
    who, client = hire(app, email=VERIFIED), person()
    bot: Bot = app.extensions["attend"].bot
    with bot.store.begin() as session:
        session.get_one(UserRow, who.id).active = False
    assert come_back(client, agree(leave(client), VERIFIED))[0] == 403
    assert not inside(client)


def test_the_way_is_bound_to_one_browser_and_one_try(app: Flask, person: Client) -> None:
    """State: another browser cannot use what the issuer sent back, nobody can twice, and nobody without having been sent."""
    hire(app, email=VERIFIED)
    ana, thief = person(), person()
    back = agree(leave(ana), VERIFIED)
    assert come_back(thief, back)[0] == 502
    leave(thief)
    assert come_back(thief, back)[0] == 502
    assert come_back(ana, changed(back, state="another"))[0] == 502
    assert not inside(thief)
    assert not inside(ana)
    back = agree(leave(ana), VERIFIED)
    assert come_back(ana, back)[0] == 303
    assert come_back(ana, back)[0] == 502


@pytest.mark.parametrize("forged", [{"nonce": "another"}, {"client_id": "another"}])
def test_a_token_made_for_another_try_or_server_is_refused(app: Flask, person: Client, forged: dict[str, str]) -> None:
    """Nonce and audience."""
    hire(app, email=VERIFIED)
    client = person()
    assert come_back(client, agree(changed(leave(client), **forged), VERIFIED))[0] == 502
    assert not inside(client)


def test_a_stolen_code_is_worth_nothing(app: Flask, person: Client) -> None:
    """PKCE: what is sent ahead is the hash of a secret that stays in the browser's session."""
    client = person()
    asked = query(leave(client))
    with client.session_transaction(base_url=HERE) as session:
        kept = session[f"_state_issuer_{asked['state']}"]["data"]
    proof = base64.urlsafe_b64encode(hashlib.sha256(kept["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (proof, "S256")
    assert asked["nonce"] == kept["nonce"]
    assert asked["redirect_uri"] == f"{HERE}/account/single/back"
    assert "secret" not in asked.values()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/sms", "javascript:alert(1)", ""])
def test_it_leads_to_no_other_site(app: Flask, person: Client, target: str) -> None:
    """Open redirect: only to pages of ours."""
    hire(app, email=VERIFIED)
    client = person()
    assert come_back(client, agree(leave(client, target), VERIFIED)) == (303, "/inbox")


@pytest.mark.parametrize("back", ["", "?error=access_denied", "?code=x", "?state=x", "?code=x&state=y", "?error=%3Cscript%3E"])
def test_whatever_comes_back_is_answered_in_words(person: Client, back: str) -> None:
    """Who changed their mind there signs in otherwise; nothing of the address stands on the page."""
    answer = person().get(f"/account/single/back{back}", base_url=HERE)
    assert answer.status_code == 502
    assert "Signing in there did not work." in answer.get_data(as_text=True)
    assert "<script>" not in answer.get_data(as_text=True)


def test_an_issuer_that_is_away_is_told(settings: Settings, clock: Clock) -> None:
    """The password still works."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        with application_on(replace(settings, oidc_issuer=address), clock) as app:
            answer = app.test_client().get("/account/single", base_url=HERE)
    assert answer.status_code == 502
    assert 'name="password"' in answer.get_data(as_text=True)


def test_it_is_off_unless_it_is_set(settings: Settings, clock: Clock) -> None:
    """No link, and no way."""
    with application_on(replace(settings, oidc_issuer=""), clock) as app:
        client = app.test_client()
        assert "organisation" not in client.get("/account/login", base_url=HERE).get_data(as_text=True)
        for path in ("", "/back?code=x&state=y"):
            assert client.get(f"/account/single{path}", base_url=HERE).status_code == 404


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"OIDC_ISSUER": "https://login.example.org"}, "all of them, or none"),
        ({"OIDC_ISSUER": "http://login.example.org", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"}, "must begin with https://"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, str], says: str) -> None:
    """The start stops; the secret is not told."""
    with pytest.raises(SettingsError, match=says):
        read_settings({"PUBLIC_URL": HERE, **given})
