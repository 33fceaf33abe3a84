"""What coordinators do with a conversation, each in one transaction of its own."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from bot.apply import Scope, apply
from bot.dialogue.effects import OptIn, OptOut
from bot.dialogue.types import State
from bot.store import queries
from bot.store.models import PhoneRow, TaskRow
from bot.store.outgoing import queue
from bot.texts import clean
from bot.turn import Bot

# What came of an item. A closed item keeps it.
OUTCOMES = {
    "done": "Done",
    "answered": "Answered by text",
    "called": "Reached by phone",
    "not_reached": "Could not be reached",
    "booked": "Visit booked or moved",
    "not_needed": "Nothing to do",
}


class Refused(Exception):
    """The action is not possible now; the message says why in plain words."""


def reply(bot: Bot, phone_id: int, text: str) -> None:
    """Sends a coordinator's own words, and pauses the bot for this conversation. Raises Refused."""
    body = clean(text).strip()
    if not body:
        raise Refused("The message is empty.")
    if len(body) > 1600:
        raise Refused(f"The message has {len(body)} characters; 1600 fit.")
    with bot.store.begin() as session:
        phone = queries.locked_phone(session, phone_id)
        if phone.opted_out_at is not None:
            raise Refused("This phone has opted out: texts must not be sent. Phone instead.")
        hold = queries.state_of(phone).hold
        if hold == "abuse":
            raise Refused("Abuse was disclosed on this phone: do not text. Use a safe contact, then release the hold.")
        if hold == "wrong_number":
            raise Refused("This number is somebody else's: do not text. Find another contact, then release the hold.")
        _change(phone, paused=True)
        queue(session, clinic_id=bot.clinic_id, phone_id=phone_id, body=body, now=bot.clock(), sender="staff")


def take_over(bot: Bot, phone_id: int) -> None:
    """The bot is silent for this conversation until it is handed back."""
    with bot.store.begin() as session:
        _change(queries.locked_phone(session, phone_id), paused=True, prompt=None)


def hand_back(bot: Bot, phone_id: int) -> None:
    """The bot answers again."""
    with bot.store.begin() as session:
        _change(queries.locked_phone(session, phone_id), paused=False, asked_back=False)


def release(bot: Bot, phone_id: int) -> None:
    """A person has seen to it: automation runs again (S-03, S-08, N-01)."""
    with bot.store.begin() as session:
        _change(queries.locked_phone(session, phone_id), hold=None, safety={})


def consent(bot: Bot, phone_id: int, *, texts: bool) -> None:
    """Records what a patient said by phone or at the desk about being texted (O-11)."""
    with bot.store.begin() as session:
        phone = queries.locked_phone(session, phone_id)
        effect = OptIn(source="staff") if texts else OptOut(source="staff")
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock()), (effect,))


def resolve(bot: Bot, item_id: int, *, outcome: str, note: str = "") -> int | None:
    """Closes an item with its outcome; gives the phone it was about. Raises Refused for an unknown outcome."""
    if outcome not in OUTCOMES:
        raise Refused("Choose what came of it.")
    with bot.store.begin() as session:
        item = session.scalars(select(TaskRow).where(TaskRow.id == item_id, TaskRow.clinic_id == bot.clinic_id)).one()
        item.status, item.outcome, item.closed_at = "completed", outcome, bot.clock()
        item.note = note.strip() or None
        phone_id: int | None = item.phone_id
    return phone_id


def _change(phone: PhoneRow, **changes: object) -> None:
    state: State = queries.state_of(phone)
    queries.keep_state(phone, replace(state, **changes))  # type: ignore[arg-type]
