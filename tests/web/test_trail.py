"""Who looks at a conversation or acts in it leaves an entry in the audit trail (H-07)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy import text as sql

from bot.actor import Actor
from bot.desk import staff
from bot.store import audit
from bot.store.models import AuditRow, PhoneRow
from bot.store.sending_models import OutboxRow


def entries(app: Flask) -> list[tuple[str, str, str]]:
    """(action, about, outcome) of every entry, and the chain is whole."""
    with app.extensions["attend"].bot.store.session() as session:
        assert audit.verify(session).broken is None
        return [(row.action, row.about, row.outcome) for row in session.scalars(select(AuditRow).order_by(AuditRow.id))]


def test_a_conversation_that_is_looked_at_leaves_an_entry(pages: Flask) -> None:
    """Also one that is not there, as a refusal."""
    client = pages.test_client()
    client.get("/inbox")
    client.get("/inbox/phone/1")
    client.get("/inbox/phone/9999")
    assert entries(pages) == [("view", "page:inbox.index", "ok"), ("view", "phone:1", "ok"), ("view", "phone:9999", "refused")]


def test_an_action_leaves_an_entry_without_its_words(pages: Flask) -> None:
    """What was done with which conversation, in the transaction that did it; then the request; never what was written."""
    pages.test_client().post("/inbox/phone/1/reply", data={"text": "zanahoria azul"})
    assert entries(pages) == [("wrote", "phone:1", "ok"), ("reply", "phone:1", "ok")]
    pages.test_client().post("/inbox/phone/1/reply", data={"text": ""})
    assert entries(pages)[2:] == [("reply", "phone:1", "ok")]  # it leads back to the page, which says why not


def test_an_action_that_cannot_be_recorded_is_not_done(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are one transaction: no text is queued, and the bot is not paused."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    bot = pages.extensions["attend"].bot
    ana = Actor(id=1, name="Ana Torres", role="coordinator", clinic_id=bot.clinic_id)
    with bot.store.session() as session:
        before = session.scalar(select(func.count()).select_from(OutboxRow)), session.get_one(PhoneRow, 1).state
    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(OSError, match="disk full"):
        staff.reply(bot, 1, "hello", by=ana)
    with bot.store.session() as session:
        assert (session.scalar(select(func.count()).select_from(OutboxRow)), session.get_one(PhoneRow, 1).state) == before


def test_a_search_leaves_an_entry_without_what_was_searched_for(pages: Flask) -> None:
    """The words of a search are often a name."""
    pages.test_client().post("/inbox/search", data={"asked": "zanahoria"})
    assert entries(pages) == [("inbox.search.index", "page:inbox.search.index", "ok")]
    with pages.extensions["attend"].bot.store.session() as session:
        assert "zanahoria" not in str(session.connection().execute(sql("SELECT * FROM audit")).all())


def test_asking_whether_a_page_is_old_leaves_none(pages: Flask) -> None:
    """An open page asks every few seconds; it shows nothing new."""
    pages.test_client().get("/inbox/mark")
    assert entries(pages) == []


def test_a_page_that_cannot_be_recorded_is_not_shown(pages: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads what leaves no trace."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    answer = pages.test_client().get("/inbox/phone/1")
    assert answer.status_code == 500
    assert "Dorothy" not in answer.get_data(as_text=True)
