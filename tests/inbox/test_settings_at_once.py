"""Settings where several processes, several people and several roles meet: on SQLite, and on PostgreSQL among the slow tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from bot.channels.console import Console, received
from bot.core import Bot
from bot.delivery.worker import Worker
from bot.desk.settings import edit
from bot.desk.settings.edit import Stale, Target
from bot.desk.settings.sections import SECTIONS
from bot.settings import Settings
from bot.store.account_models import UserRow
from bot.store.setting_models import SettingChangeRow
from bot.turn import take
from tests.conftest import application_on
from tests.patience import until
from tests.staff import Browser, hire
from tests.world import NUMBERS, Clock

PARKING = Target(SECTIONS["answers"], "parking")
PLACE = "/inbox/settings/answers?entry=parking"


def bot_of(app: Flask) -> Bot:
    """The parts of an application."""
    bot: Bot = app.extensions["attend"].bot
    return bot


@pytest.fixture
def second(settings: Settings, clock: Clock) -> Iterator[Bot]:
    """Another process on the same database, with its jobs running."""
    with application_on(settings, clock) as app:
        worker = Worker(bot_of(app), Console(), None, rate=None, every=0.05)
        worker.start()
        yield bot_of(app)
        worker.stop()


def save(bot: Bot, target: Target, **sentences: str) -> None:
    """Ana's colleague edits an answer."""
    part = {**(target.part(edit.holds(bot).data) or {}), **sentences}
    with bot.store.session() as session:
        user = session.query(UserRow).first()
    by = edit.Actor(id=user.id if user else None, name="Ana Torres", role="manager", clinic_id=bot.clinic_id)
    edit.save(bot, target, part, seen=edit.mark(target.part(edit.holds(bot).data)), by=by)


def test_another_process_answers_by_it_within_seconds_without_a_restart(app: Flask, second: Bot) -> None:
    """The next patient who texts there gets the new answer."""
    assert "entrance is on Pine Street" in take(second, received(sender=NUMBERS["dorothy"], body="where can I park?"))
    save(bot_of(app), PARKING, en="Park by the lake.")
    until(lambda: second.clinic != second.current.file)
    said = take(second, received(sender=NUMBERS["dorothy"], body="where can I park?"))
    assert said == "Sunrise Clinic: Park by the lake."


def test_a_process_that_starts_later_has_it_at_once(app: Flask, settings: Settings, clock: Clock) -> None:
    """And one that only reads records, such as the purge."""
    save(bot_of(app), PARKING, en="Park on Pine Street.")
    with application_on(settings, clock) as other:
        assert bot_of(other).clinic == bot_of(app).clinic != bot_of(other).current.file


def test_of_many_who_save_at_once_nobody_is_lost(app: Flask) -> None:
    """Different answers are all there; of one answer, all but one are told."""
    bot = bot_of(app)
    told: list[str] = []

    def one(name: str, number: int) -> None:
        try:
            save(bot, Target(SECTIONS["answers"], name), en=f"Number {number}.")
        except Stale:
            told.append(name)

    names = ["parking", "bring", "cost", "hours", "location", "parking"]
    threads = [threading.Thread(target=one, args=(name, number)) for number, name in enumerate(names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = edit.holds(bot).clinic.answers
    assert all(answers[name]["en"] == f"Number {number}." for number, name in enumerate(names) if name != "parking")
    assert answers["parking"]["en"] in ("Number 0.", "Number 5.")
    assert set(told) <= {"parking"}
    with bot.store.session() as session:
        assert session.query(SettingChangeRow).count() == len(names) - len(told)


@pytest.mark.parametrize(("role", "may"), [("manager", True), ("admin", True), ("coordinator", False), ("translator", False)])
def test_managers_edit_and_others_see(app: Flask, live: int, role: str, may: bool) -> None:
    """Others read it in words, without a field or a button; a form made by hand is refused."""
    page = Browser(live).enter(app, hire(app, role))
    seen = page.get(PLACE).text
    assert "Parking behind the building is free." in seen
    assert ("<textarea" in seen) is may
    answer = page.post("/inbox/settings/answers", entry="parking", do="preview", **{"field.en": "Mine."})
    assert (answer.status == 403) is not may
    assert ("Undo" in page.get("/inbox/settings/answers").text) is False


def test_nothing_is_taken_without_the_pages_token(app: Flask, live: int) -> None:
    """CSRF, for the three forms of the editor."""
    page = Browser(live).enter(app, hire(app, "manager"))
    for what in ("", "/back", "/default"):
        assert page.post(f"/inbox/settings/answers{what}", form_token="", newest="0", change="0").status == 403
