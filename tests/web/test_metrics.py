"""`/metrics`: who may ask, what it tells, and what it never tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, update

from bot.actor import Actor
from bot.core import Bot
from bot.delivery import switch
from bot.desk import work
from bot.settings import Settings
from bot.store.database import Store
from bot.store.models import CommunicationRow
from bot.store.outgoing import queue
from bot.store.sending_models import OutboxRow
from tests.conftest import KEY, application_on
from tests.provider import post, sms
from tests.world import NUMBERS, Clock

Values = dict[tuple[str, ...], float]


def bot_of(app: Flask) -> Bot:
    """The bot of an application."""
    return app.extensions["attend"].bot  # type: ignore[no-any-return]


def measured(app: Flask) -> Values:
    """(name without prefix, labels' values by the labels' names …) → number, as Prometheus reads it."""
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    return {
        (sample.name.removeprefix("attend_"), *sample.labels.values()): sample.value for family in families for sample in family.samples
    }


def test_due_texts_and_the_age_of_the_oldest_are_told(app: Flask, clock: Clock) -> None:
    """What waits for its time is no backlog."""
    bot, before = bot_of(app), measured(app)
    with bot.store.begin() as session:
        for send_at in (clock() - timedelta(seconds=90), clock() + timedelta(hours=2)):
            queue(session, clinic_id=bot.clinic_id, phone_id=1, body="hello", now=clock(), sender="staff", send_at=send_at)
    after = measured(app)
    assert sum(value - before[key] for key, value in after.items() if key[0] == "outbox_due") == 1
    assert after["outbox_later",] - before["outbox_later",] == 1
    assert after["outbox_oldest_due_seconds",] >= 90


def test_sends_are_told_by_status_and_code_for_a_day(app: Flask, clock: Clock) -> None:
    """Replies that rode in TwiML are told apart."""
    bot = bot_of(app)
    with bot.store.begin() as session:
        sent = queue(session, clinic_id=bot.clinic_id, phone_id=1, body="hello", now=clock(), sender="bot")
        sent.status, sent.error = "undelivered", 30003
    with bot.store.begin() as session:
        values = {"direction": "inbound", "status": "answered", "body": "hi", "at": clock(), "reply_status": "delivered"}
        session.add(CommunicationRow(clinic_id=bot.clinic_id, phone_id=1, **values))
    assert measured(app)["sends_24h", "30003", "undelivered", "outbox"] == 1
    assert measured(app)["sends_24h", "", "delivered", "reply"] == 1
    clock.now += timedelta(hours=25)
    assert [key for key in measured(app) if key[0] == "sends_24h" and "30003" in key] == []


def test_texts_that_the_provider_took_twice_are_told(app: Flask, clock: Clock) -> None:
    """W-34: where an outcome could not be known, it is counted."""
    bot = bot_of(app)
    assert measured(app)["sent_twice",] == 0
    with bot.store.begin() as session:
        queue(session, clinic_id=bot.clinic_id, phone_id=1, body="hello", now=clock(), sender="bot")
        session.execute(update(OutboxRow).values(twin_sid="SM2"))
    assert measured(app)["sent_twice",] >= 1


def test_turns_and_what_came_of_readings_are_told(app: Flask, clock: Clock, live: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settled, handed to a person, broken, and not yet answered."""
    assert post(live, sms("yes i will be there")).status == 200
    assert post(live, sms("please have somebody call me", who="marcus")).status == 200
    monkeypatch.setattr("bot.turn.decide", lambda **_: 1 / 0)
    assert post(live, sms("yes", who="lucia")).status == 200
    told = measured(app)
    assert (told["turns_24h", "answered"], told["turns_24h", "failed"]) == (2, 1)
    assert (told["readings_24h", "settled"], told["readings_24h", "handed"]) == (1, 1)
    with bot_of(app).store.begin() as session:
        session.execute(update(CommunicationRow).where(CommunicationRow.status == "failed").values(status="received"))
    clock.now += timedelta(seconds=70)
    told = measured(app)
    assert (told["turns_open",], told["turns_oldest_open_seconds",]) == (1, 70)


def test_danger_that_nobody_has_taken_on_is_told_until_somebody_has(app: Flask, clock: Clock, live: int) -> None:
    """S-13: the alarm rings outside of the inbox, too."""
    assert post(live, sms("I have chest pain")).status == 200
    clock.now += timedelta(minutes=3)
    told = measured(app)
    assert (told["urgent_unacknowledged",], told["urgent_oldest_seconds",], told["items_open", "0"]) == (1, 180, 1)
    work.claim(bot_of(app), 1, by=Actor(id=1, name="Ana Torres", role="coordinator", clinic_id=1))
    told = measured(app)
    assert (told["urgent_unacknowledged",], told["urgent_oldest_seconds",], told["items_open", "0"]) == (0, 0, 1)
    clock.now += timedelta(days=2)
    assert measured(app)["items_late",] >= 1


def test_a_pause_is_told(app: Flask, clock: Clock) -> None:
    """S-18: and nobody wonders why nothing is sent."""
    assert measured(app)["sender_held", "paused"] == 0
    switch.pause(bot_of(app).store, bot_of(app).clinic_id, clock())
    assert measured(app)["sender_held", "paused"] == 1


def test_no_person_is_in_it(app: Flask, live: int) -> None:
    """H-11: no word, name, number or provider's id; labels come from our own lists."""
    post(live, sms("zanahoria azul"))
    told = app.test_client().get("/metrics").get_data(as_text=True)
    with bot_of(app).store.session() as session:
        sids = session.scalars(select(CommunicationRow.provider_sid)).all()
    assert [each for each in ("zanahoria", "Dorothy", *NUMBERS.values(), *filter(None, sids)) if each.strip("+") in told] == []


@pytest.mark.parametrize("away", [{"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"REMOTE_ADDR": ""}])
def test_without_a_token_this_machine_alone_may_ask(app: Flask, away: dict[str, str]) -> None:
    """What comes through a proxy on this machine comes from elsewhere."""
    assert app.test_client().get("/metrics", environ_overrides=away).status_code == 403


@pytest.fixture
def guarded(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """An application with a token for its metrics."""
    with application_on(replace(settings, metrics_token="open sesame"), clock) as app:
        yield app


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "open sesame"}])
def test_with_a_token_nobody_may_ask_without_it(guarded: Flask, headers: dict[str, str]) -> None:
    """This machine neither: a proxy that adds no header cannot be told from it."""
    assert guarded.test_client().get("/metrics", headers=headers).status_code == 403


def test_who_has_the_token_may_ask_from_anywhere(guarded: Flask) -> None:
    """Prometheus sends it as `bearer_token`."""
    far: Any = {"REMOTE_ADDR": "203.0.113.9"}
    asked = guarded.test_client().get("/metrics", headers={"Authorization": "Bearer open sesame"}, environ_overrides=far)
    assert asked.status_code == 200
    assert asked.content_type.startswith("text/plain; version=")


def test_a_database_that_is_away_is_told_as_503(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Monitoring sees a failed scrape, not zeros."""
    gone = Store(url="sqlite:////nowhere/at/all.db", keys=(KEY.encode(),))
    monkeypatch.setattr(bot_of(app).store, "session", gone.session)
    assert app.test_client().get("/metrics").status_code == 503
