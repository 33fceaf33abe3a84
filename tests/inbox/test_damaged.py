"""A conversation in which something cannot be read shows all the rest (bot/delivery/damaged.py leads to it)."""

from __future__ import annotations

import pytest
from sqlalchemy import LargeBinary, type_coerce, update

from bot.store.models import CommunicationRow, PatientRow, PhoneRow
from bot.store.turns import table
from tests.inbox.conftest import Desk, page

DAMAGED = type_coerce(b"no token of any key", LargeBinary)


@pytest.mark.parametrize("column", ["body", "reply", "reading", "number", "name"])
def test_what_no_key_opens_keeps_no_page_from_being_seen(column: str, desk: Desk) -> None:
    """The list and the conversation, with its other texts."""
    desk.text(1, "when do you open")
    desk.text(1, "i have no ride")
    first = next(row.id for row in desk.rows(CommunicationRow) if row.body == "when do you open")
    row = {"number": PhoneRow, "name": PatientRow}.get(column, CommunicationRow)
    which = CommunicationRow.id == first if row is CommunicationRow else row.id > 0
    with desk.bot.store.begin() as session:
        session.execute(update(table(row)).where(which).values({column: DAMAGED}))
    for address in ("/inbox", "/inbox/phone/1", f"/inbox/phone/1?why={first}"):
        shown = page(desk.ana, address)
        assert "i have no ride" in shown, address
