"""The audit trail: only ever added to, and every change of it is found (H-07)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import DatabaseError

from bot.store import audit
from bot.store.database import Store
from tests.world import NOW


@pytest.fixture
def trail(store: Store, clinic_id: int) -> Store:
    """A database with five entries."""
    for number in range(5):
        with store.begin() as session:
            now = NOW + timedelta(seconds=number, microseconds=123456)
            audit.record(session.connection(), clinic_id=clinic_id, actor="staff:1", action="view", about=f"phone:{number}", now=now)
    return store


def verify(store: Store, **how: Any) -> audit.Verdict:
    """What a look through the trail finds."""
    with store.session() as session:
        return audit.verify(session, **how)


def tamper(store: Store, *statements: str) -> None:
    """Changes the trail as somebody can who owns the database: without its triggers."""
    drop = {
        "sqlite": ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"),
        "postgresql": ("ALTER TABLE audit DISABLE TRIGGER USER",),
    }
    with store.begin() as session:
        for statement in (*drop[store.engine.dialect.name], *statements):
            session.execute(sql(statement))


def test_a_whole_trail_is_whole(trail: Store) -> None:
    """Every entry follows the one before it."""
    verdict = verify(trail)
    assert (verdict.entries, verdict.broken) == (5, None)


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'staff:2'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_an_entry(trail: Store, statement: str) -> None:
    """Not even a mistake of ours can (H-07)."""
    with pytest.raises(DatabaseError, match="only added to"), trail.begin() as session:
        session.execute(sql(statement))
    assert verify(trail).entries == 5


@pytest.mark.parametrize("column", ["actor = 'staff:2'", "action = 'login'", "about = 'phone:9'", "outcome = 'refused'"])
def test_a_changed_entry_is_named(trail: Store, column: str) -> None:
    """Whoever owns the database and changes an entry is found out."""
    tamper(trail, f"UPDATE audit SET {column} WHERE id = 3")  # noqa: S608 (our own words)
    broken = verify(trail).broken
    assert broken
    assert broken.startswith("entry 3 of 2026-03-04")
    assert "changed" in broken


def test_a_missing_entry_is_named(trail: Store) -> None:
    """From the middle and from the beginning."""
    tamper(trail, "DELETE FROM audit WHERE id = 3")
    assert "entry 4" in str(verify(trail).broken)
    with trail.begin() as session:
        session.execute(sql("DELETE FROM audit WHERE id < 3"))
    assert "does not follow the beginning" in str(verify(trail).broken)


def test_entries_cut_off_the_end_are_missed_by_whoever_noted_the_last_seal(trail: Store) -> None:
    """The rest is a whole chain, so the last seal is to be kept elsewhere."""
    last = verify(trail).last
    assert verify(trail, expect=last).found
    tamper(trail, "DELETE FROM audit WHERE id = 5")
    verdict = verify(trail, expect=last)
    assert (verdict.broken, verdict.found) == (None, False)


def test_who_has_the_database_alone_cannot_seal(trail: Store) -> None:
    """A forged entry with the right predecessor needs the key, which stands outside (H-10)."""
    last = verify(trail).last
    columns = "clinic_id, at, actor, role, action, about, outcome, reason, address, request"
    copy = f"SELECT 6, {columns}, '{last}', '{'a' * 64}' FROM audit WHERE id = 5"  # noqa: S608 (our own words)
    tamper(trail, f"INSERT INTO audit (id, {columns}, previous, seal) {copy}")
    assert "entry 6" in str(verify(trail).broken)


def test_two_entries_cannot_follow_the_same_one(trail: Store) -> None:
    """A fork of the chain is refused by the database."""
    with pytest.raises(DatabaseError), trail.begin() as session:
        session.execute(
            sql(
                "INSERT INTO audit (clinic_id, at, actor, role, action, about, outcome, reason, address, request, previous, seal)"
                " SELECT clinic_id, at, actor, role, action, about, outcome, reason, address, request, previous, seal"
                " FROM audit WHERE id = 5"
            )
        )
