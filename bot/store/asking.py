"""What a text of the bot's own asks: it waits beside the text in the outbox, and becomes the open question when the text goes.

Until then an answer is to what the patient has last been asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bot.dialogue.types import Prompt
from bot.store import queries
from bot.store.lean import lean
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.prepared import LISTED
from bot.store.sending_models import OutboxRow

_QUESTION = msgspec.json.Decoder(Prompt | None)  # made here, as the state's


def kept(question: Prompt | None) -> str:
    """The question as it stands in `OutboxRow.asks`; None: the text asks nothing, and after it nothing is open."""
    return msgspec.json.encode(None if question is None else lean(question)).decode()


def opens(phone: PhoneRow, asks: str, now: datetime) -> None:
    """The text goes: what it asks is the open question. phone: locked, see `free`. asks: see `kept`.

    What this version does not know counts as nothing asked.
    """
    try:
        question = _QUESTION.decode(asks)
    except msgspec.ValidationError:
        question = None
    state = queries.state_of(phone)
    queries.keep_state(phone, replace(state, prompt=question and replace(question, at=now)))


_FREE = (
    select(PhoneRow)
    .where(PhoneRow.id.in_(LISTED))
    .with_for_update(skip_locked=True, key_share=True)
    .execution_options(populate_existing=True)
)
_LAST_WRITTEN = (
    select(CommunicationRow.phone_id, func.max(CommunicationRow.at))
    .join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
    .where(CommunicationRow.phone_id.in_(LISTED), CommunicationRow.at >= bindparam("earliest"))
    .where(OutboxRow.status == "waiting", OutboxRow.asks.is_not(None), OutboxRow.asks != kept(None))
    .group_by(CommunicationRow.phone_id)
)


def free(session: Session, phones: Iterable[int]) -> set[int]:
    """Those of the phones about which nobody decides at this moment. They are as they are now, and locked."""
    return {phone.id for phone in session.scalars(_FREE, {"listed": list(set(phones))})}


def last_written(session: Session, phones: Iterable[int], earliest: datetime) -> dict[int, datetime]:
    """phone → when the last question was written that waits to go there, of those not before `earliest`."""
    found = session.execute(_LAST_WRITTEN, {"listed": list(phones), "earliest": earliest})
    return {phone_id: at for phone_id, at in found if phone_id is not None}
