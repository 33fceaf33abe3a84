"""When an answer that was promised is due: in hours at the desk, across evenings, weekends, holidays and changes of the clocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.channels.console import received
from bot.clinic import load_clinic
from bot.errors import DataError
from bot.settings import ROOT
from bot.store.work_models import PromiseRow
from bot.turn import take
from tests.world import World

CLINIC = load_clinic(ROOT / "clinics" / "demo.yaml")
ZONE = ZoneInfo("America/New_York")


def at(text: str) -> datetime:
    """A moment of the clinic's time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-03-04 09:00", "2026-03-04 13:00"),
        ("2026-03-04 15:30", "2026-03-05 10:30"),  # an hour and a half today, the rest tomorrow
        ("2026-03-06 15:00", "2026-03-09 11:00"),  # over the weekend in which the clocks change
        ("2026-03-07 12:00", "2026-03-09 12:00"),
        ("2026-11-25 16:30", "2026-11-27 11:30"),  # over Thanksgiving
        ("2026-03-04 03:00", "2026-03-04 12:00"),
    ],
)
def test_four_hours_at_the_desk(asked: str, due: str) -> None:
    """The desk is open 8 to 5, Fridays until 4, and not on holidays (S-12)."""
    assert CLINIC.answer_by(at(asked)) == at(due)


def test_time_at_the_desk_between_two_moments() -> None:
    """What response times are measured in."""
    assert CLINIC.worked(at("2026-03-06 15:00"), at("2026-03-09 09:00")) == timedelta(hours=2)
    assert CLINIC.worked(at("2026-03-07 09:00"), at("2026-03-08 09:00")) == timedelta(0)


def test_what_was_promised_first_counts(world: World) -> None:
    """Who writes again while waiting waits no longer."""
    for words in ("please have somebody call me", "I need a refill of my pills"):
        take(world.bot, received(sender=world.number("owen"), body=words))
        world.clock.now += timedelta(hours=1)
    with world.bot.store.session() as session:
        (promise,) = session.query(PromiseRow)
    assert promise.due_at == at("2026-03-04 13:00")


def test_who_is_told_nothing_is_promised_nothing(world: World) -> None:
    """A text that the bot settles alone, and one from a phone that opted out."""
    take(world.bot, received(sender=world.number("owen"), body="what are your hours"))
    for words in ("STOP", "please have somebody call me"):
        take(world.bot, received(sender=world.number("marcus"), body=words))
    with world.bot.store.session() as session:
        assert session.query(PromiseRow).all() == []


@pytest.mark.parametrize("text", ["0", "soon", "-4", "²", "4.5", "999"])
def test_a_wrong_number_of_hours_names_file_and_key(tmp_path, text: str) -> None:  # type: ignore[no-untyped-def]
    """The clinic's file is edited by people."""
    file = tmp_path / "clinic.yaml"
    plain = (ROOT / "clinics" / "demo.yaml").read_text()
    file.write_text(plain.replace("answer_within_hours: 4 ", f"answer_within_hours: '{text}' "))
    with pytest.raises(DataError, match="answer_within_hours"):
        load_clinic(file)
