"""Words go when their time is over; what was decided, consent and the audit trail stay (H-08)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.channels.console import received
from bot.clinic import load_clinic
from bot.errors import DataError
from bot.records import opened, retention
from bot.records.opened import Records
from bot.records.retention import purge
from bot.settings import ROOT
from bot.store import audit, database
from bot.store import inbox as pages
from bot.store.database import Conflict
from bot.store.models import AuditRow, CommunicationRow, ConsentRow, SlotRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.turn import take
from tests.world import World


@pytest.fixture
def records(records: Records) -> Records:
    """A clinic that keeps words for 30 days."""
    return replace(records, clinic=replace(records.clinic, retention={"messages": 30, "notes": 30, "slots": 30}))


def all_of(records: Records, kind: Any) -> list[Any]:
    """Rows of a table."""
    with records.store.session() as session:
        return list(session.scalars(select(kind).order_by(kind.id)))


def talk(world: World) -> None:
    """A text that makes an item, which a person closes with a note."""
    take(world.bot, received(sender=world.number("dorothy"), body="please have somebody call me about zanahoria"))
    with world.bot.store.begin() as session:
        for item in session.scalars(select(TaskRow)):
            item.status, item.outcome, item.closed_at, item.note = "completed", "called", world.clock.now, "wants zanahoria"


def test_words_whose_time_is_over_go_and_what_was_decided_stays(world: World, records: Records) -> None:
    """Body, answer, reading and note are empty; rule, texts, times and outcome are not."""
    talk(world)
    world.clock.now += timedelta(days=31)
    done = purge(records)
    assert (done["messages"], done["notes"]) == (1, 1)
    (text,) = all_of(records, CommunicationRow)
    assert (text.body, text.reply, text.reading) == ("", None, None)
    assert text.rule
    assert text.texts
    (item,) = all_of(records, TaskRow)
    assert (item.note, item.outcome) == (None, "called")
    assert purge(records) == {"messages": 0, "notes": 0, "slots": 0}


def test_a_conversation_whose_words_are_gone_can_still_be_looked_at(world: World, records: Records) -> None:
    """And goes on."""
    talk(world)
    world.clock.now += timedelta(days=31)
    purge(records)
    with records.store.session() as session:
        found = pages.conversation(session, records.clinic_id, world.phones["dorothy"], world.clock.now)
    assert found is not None
    assert [row.body for row in found.thread] == [""]
    assert take(world.bot, received(sender=world.number("dorothy"), body="hello"))


def test_what_is_young_waits_or_is_unanswered_stays(world: World, records: Records) -> None:
    """Thirty days less a minute; a reminder that has not been sent; a text that nobody has answered yet."""
    talk(world)
    world.remind("marcus", goes=False)
    world.clock.now += timedelta(days=30) - timedelta(minutes=1)
    assert purge(records)["messages"] == 0
    world.clock.now += timedelta(days=60)
    assert purge(records)["messages"] == 1
    (outbox,) = all_of(records, OutboxRow)
    with records.store.session() as session:
        assert session.get_one(CommunicationRow, outbox.communication_id).body


def test_free_times_that_have_passed_go_and_those_of_visits_stay(world: World, records: Records) -> None:
    """A visit knows its time for good."""
    world.clock.now += timedelta(days=90)
    held = [slot.id for slot in all_of(records, SlotRow) if slot.status == "busy"]
    assert purge(records)["slots"] > 0
    assert [slot.id for slot in all_of(records, SlotRow)] == held


def test_consent_and_the_trail_are_never_purged(world: World, records: Records) -> None:
    """At least six years, here for good; the purge itself is an entry in it (H-08)."""
    before = len(all_of(records, ConsentRow))
    talk(world)
    world.clock.now += timedelta(days=4000)
    purge(records)
    assert len(all_of(records, ConsentRow)) == before
    with records.store.session() as session:
        assert audit.verify(session).broken is None
        actions = session.execute(sql("SELECT action, about FROM audit ORDER BY id")).all()
    assert ("purge", "messages") in [tuple(row) for row in actions]


def test_a_dry_run_tells_how_many_and_takes_nothing_away(world: World, records: Records) -> None:
    """The same figures as the run itself."""
    talk(world)
    world.clock.now += timedelta(days=31)
    dry = purge(records, dry_run=True)
    assert all_of(records, CommunicationRow)[0].body
    assert purge(records) == dry


def test_a_purge_goes_on_where_it_was_cut_off(world: World, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that were written stay."""
    monkeypatch.setattr(retention, "BATCH", 1)
    for _ in range(3):
        take(world.bot, received(sender=world.number("dorothy"), body="hello"))
    world.clock.now += timedelta(days=31)
    assert purge(records)["messages"] == 3


def test_a_batch_that_meets_others_is_done_anew(world: World, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an import's is: a conflict and a lock that it does not get; nothing of the first tries is counted or in the trail."""
    take(world.bot, received(sender=world.number("dorothy"), body="hello"))
    world.clock.now += timedelta(days=31)
    (part,) = retention.KINDS["messages"]
    meets = [Conflict("others")] * database.TRIES + [OperationalError("UPDATE", None, Exception("database is locked"))]

    def take_away(session: Session, ids: list[int]) -> None:
        part.take_away(session, ids)
        if meets:
            raise meets.pop()

    monkeypatch.setitem(retention.KINDS, "messages", (replace(part, take_away=take_away),))
    monkeypatch.setattr(opened, "PAUSES", (0, 0))
    assert purge(records)["messages"] == 1
    assert [row.reason for row in all_of(records, AuditRow) if row.about == "messages"] == ["1 of them"]


@pytest.mark.parametrize(
    ("line", "what"), [("audit: 30", "always kept"), ("messages: soon", "number of days"), ("messages: 0", "number")]
)
def test_a_retention_that_cannot_be_is_told(tmp_path: Path, line: str, what: str) -> None:
    """The audit trail cannot be given a time; days are numbers."""
    path = tmp_path / "clinic.yaml"
    text = (ROOT / "clinics" / "demo.yaml").read_text()
    path.write_text(text.replace("retention: ", f"retention:\n  {line}\nunused: "))
    with pytest.raises(DataError, match=what):
        load_clinic(path)


def test_looking_for_what_is_old_keeps_no_text_waiting(world: World, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clinic may have a million texts: where none is old, nothing is opened that writes."""
    talk(world)
    monkeypatch.setattr(records.store, "begin", None)
    assert purge(records) == {"messages": 0, "notes": 0, "slots": 0}


def test_what_is_old_is_found_in_as_many_batches_as_it_needs(world: World, records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its entry in the trail."""
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        talk(world)
    world.clock.now += timedelta(days=31)
    assert purge(records)["messages"] == 5
    with records.store.session() as session:
        reasons = session.scalars(sql("SELECT reason FROM audit WHERE about = 'messages' ORDER BY id")).all()
    assert reasons == ["2 of them", "2 of them", "1 of them"]
