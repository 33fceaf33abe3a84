"""Papers that are missing are asked for by themselves, once a visit, by the rules of every text that we start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.desk import staff
from bot.preview import preview
from bot.turn import take
from tests.delivery.test_planner import change, run, texts, visit_of
from tests.world import World, make_world

VISIT = datetime(2026, 3, 19, 14, 0, tzinfo=ZoneInfo("America/New_York"))
AFTER = datetime(2026, 3, 21, tzinfo=UTC)
ASKED = "We still need papers for your visit. Reply DOCS to hear which."


@pytest.fixture
def world(bot_parts: Any) -> Iterator[World]:
    """Dorothy's visit is on Thursday in two weeks and needs an insurance card and a form; nobody has been texted."""
    made = make_world(bot_parts)
    change(made, visit_of(made, "dorothy"), start=VISIT)
    yield made
    made.bot.store.engine.dispose()


def tick(world: World, *names: str, here: bool = True) -> None:
    """Ana ticks papers."""
    for name in names:
        visit = visit_of(world, "dorothy")
        staff.paper(world.bot, world.phones["dorothy"], visit_id=visit, name=name, here=here, by=world.staff)


def say(world: World, words: str) -> str:
    """Dorothy texts; the answer."""
    return take(world.bot, received(sender=world.number("dorothy"), body=words))


def asked(world: World) -> list[str]:
    """When Dorothy was asked for papers."""
    return [at for at, body in texts(world, "dorothy") if ASKED in body]


def reasons(world: World) -> list[str]:
    """Why the step that asks for papers does not go."""
    entries = preview(world.bot, world.bot.clinic.cadence, first=date(2026, 3, 4), days=20)
    hers = [entry for entry in entries if entry.who.startswith("Dorothy")]
    return [entry.held_back for entry in hers if any(why.startswith("papers:") for why in entry.why)]


@pytest.mark.slow
def test_who_is_silent_is_asked_in_the_weeks_reminder_and_never_again(world: World) -> None:
    """One text, not two; it names no paper (H-02), and the later reminders do not repeat it, not even after an answer."""
    run(world, datetime(2026, 3, 13, tzinfo=UTC))
    ((at, body),) = texts(world, "dorothy")
    assert at == "Thu 12 14:00"
    assert body.endswith(f"STOP ends texts. {ASKED}")
    assert "insurance" not in body
    say(world, "yes I will be there")
    assert reasons(world) == ["was told of the papers before"]
    run(world, AFTER)
    assert [at for at, _ in texts(world, "dorothy")] == ["Thu 12 14:00", "Thu 19 12:00"]
    assert asked(world) == ["Thu 12 14:00"]


@pytest.mark.slow
def test_who_has_confirmed_is_asked_by_a_text_of_its_own_and_docs_tells_which(world: World) -> None:
    """At the time of the clinic's file; the answer is about that visit."""
    change(world, visit_of(world, "dorothy"), participant="accepted")
    run(world, datetime(2026, 3, 14, tzinfo=UTC))
    ((at, body),) = texts(world, "dorothy")
    assert (at, body) == ("Fri 13 14:00", f"Sunrise Clinic: Your visit is on Thu, Mar 19, 2:00 PM. {ASKED}")
    assert say(world, "DOCS").endswith("For your visit on Thu, Mar 19, 2:00 PM we still need: your insurance card, the signed form.")


@pytest.mark.slow
def test_nobody_is_asked_for_what_is_there(world: World) -> None:
    """The preview tells so; a tick that is taken away counts again."""
    change(world, visit_of(world, "dorothy"), participant="accepted")
    tick(world, "insurance", "forms")
    assert reasons(world) == ["no paper is missing"]
    run(world, datetime(2026, 3, 13, 12, 0, tzinfo=UTC))
    tick(world, "forms", here=False)
    assert reasons(world) == [""]  # it will go
    run(world, AFTER)
    assert asked(world) == ["Fri 13 14:00"]


def test_what_is_ticked_while_the_text_waits_is_not_asked_for(world: World) -> None:
    """O-21: the reminder goes all the same, without that sentence."""
    world.clock.now = datetime(2026, 3, 12, 18, 0, tzinfo=UTC)
    assert plan_due(world.bot)
    tick(world, "insurance", "forms")
    run(world, datetime(2026, 3, 12, 19, 0, tzinfo=UTC))
    ((at, body),) = texts(world, "dorothy")
    assert (at, body.endswith("STOP ends texts.")) == ("Thu 12 14:00", True)
    run(world, AFTER)
    assert asked(world) == []


@pytest.mark.parametrize("participant", ["needs-action", "accepted"])
def test_a_tick_between_planning_and_sending_is_seen_in_the_moment_of_sending(world: World, participant: str) -> None:
    """O-21: even if the planner has not looked again."""
    change(world, visit_of(world, "dorothy"), participant=participant)
    world.clock.now = datetime(2026, 3, 13, 18, 0, tzinfo=UTC)
    while plan_due(world.bot):
        pass
    tick(world, "insurance", "forms")
    send_waiting(world.bot, Console())
    assert texts(world, "dorothy") == []
    run(world, datetime(2026, 3, 13, 19, 0, tzinfo=UTC))
    assert len(texts(world, "dorothy")) == (participant == "needs-action")
    assert asked(world) == []


@pytest.mark.slow
def test_it_keeps_to_the_limits_the_night_and_what_the_patient_wants(world: World) -> None:
    """O-18, O-19: one text a day, none in the night; none after STOP, none but the last reminder after FEWER."""
    visit = visit_of(world, "dorothy")
    change(world, visit, participant="accepted", start=VISIT.replace(hour=8))
    run(world, datetime(2026, 3, 14, tzinfo=UTC))
    assert asked(world) == ["Fri 13 09:00"]
    for words, sent in (("FEWER", 2), ("STOP", 2)):
        say(world, words)
        change(world, visit, start=VISIT.replace(day=30 if sent == 2 and words == "STOP" else 26))
        run(world, datetime(2026, 3, 27 if words == "FEWER" else 31, tzinfo=UTC))
        assert len(texts(world, "dorothy")) == sent, words
    assert asked(world) == ["Fri 13 09:00"]
