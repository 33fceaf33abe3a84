"""What coordinators do with a conversation, each in one transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.apply import Scope, apply
from bot.core import Bot
from bot.desk import mentions
from bot.desk.work import Already, Refused, hold, record
from bot.dialogue.effects import CloseItems, OptIn, OptOut, Prefer
from bot.dialogue.types import Hold, State, Wants
from bot.rendering import clean
from bot.store import care, papers, queries, tasks
from bot.store.inbox import visitor
from bot.store.models import CommunicationRow, PhoneRow
from bot.store.outgoing import queue
from bot.store.work_models import ActionRow

LONGEST = 1600  # characters that the provider takes (W-24)
SILENT = ("abuse", "wrong_number")  # holds under which nobody writes
Unless = Callable[[Session, PhoneRow], None]
CALLS = {"reached": "Reached", "voicemail": "Left a message", "no_answer": "No answer", "wrong": "Wrong number"}


def reply(bot: Bot, phone_id: int, text: str, *, by: Actor, key: str = "", unless: Unless | None = None) -> None:
    """Sends a coordinator's words and pauses the bot for this conversation. key: of the approved sentence; "": free text.

    unless: asked while nobody else can change the conversation; it raises Refused for what else forbids it. Raises Refused.
    """
    body, now = body_of(text), bot.clock()
    with bot.store.begin() as session:
        phone = queries.locked_phone(session, phone_id)
        may_text(phone)
        hold(session, phone_id, by=by, now=now)
        if unless is not None:
            unless(session, phone)
        _change(phone, paused=True)
        sent = queue(session, clinic_id=bot.clinic_id, phone_id=phone_id, body=body, now=now, sender="staff")
        sent.texts = key or None
        tasks.keep_promise(session.connection(), phone_id, now=now)
        record(session, by=by, now=now, phone_id=phone_id, kind="wrote", detail=key)


def body_of(text: str) -> str:
    """A coordinator's words as they go out. Raises Refused when they cannot."""
    body = clean(text).strip()
    if not body:
        raise Refused("The message is empty.")
    if len(body) > LONGEST:
        raise Refused("The message has %(count)s characters; %(most)s fit.", count=len(body), most=LONGEST)
    return body


def not_yet(text: str, *, since: int) -> Unless:
    """For `reply` and `later.plan`: raises Already where these words have gone since. since: the newest text when the form was shown.

    A second click and a page from before send them once more; whoever means it looks at the conversation first.
    """

    def ask(session: Session, phone: PhoneRow) -> None:
        sent = CommunicationRow.phone_id == phone.id, CommunicationRow.id > since, CommunicationRow.sender == "staff"
        rows = session.scalars(select(CommunicationRow).where(*sent, CommunicationRow.status != "canceled"))
        if body_of(text) in {row.body for row in rows}:
            raise Already("These words are on their way already: they go once.")

    return ask


def latest(session: Session, phone_id: int) -> int:
    """The newest of what people did with a conversation."""
    return session.scalar(select(func.max(ActionRow.id)).where(ActionRow.phone_id == phone_id)) or 0


def not_written(kind: str, words: str, *, detail: str = "", by: Actor, since: int) -> Unless:
    """The same for `note` and `call`, which are one's own. since: the `latest` when the form was shown."""

    def ask(session: Session, phone: PhoneRow) -> None:
        mine = ActionRow.phone_id == phone.id, ActionRow.id > since, ActionRow.actor_id == by.id
        rows = session.scalars(select(ActionRow).where(*mine, ActionRow.kind == kind, ActionRow.detail == detail))
        if _kept(words) in {row.words or "" for row in rows}:
            raise Already("This is written already: it stands there once.")

    return ask


def may_text(phone: PhoneRow) -> None:
    """Raises Refused for a phone to which not even a coordinator may write."""
    if phone.opted_out_at is not None:
        raise Refused("This phone has opted out: texts must not be sent. Phone instead.")
    held = queries.state_of(phone).hold
    if held == "abuse":
        raise Refused("Abuse was disclosed on this phone: do not text. Use a safe contact, then release the hold.")
    if held == "wrong_number":
        raise Refused("This number is somebody else's: do not text. Find another contact, then release the hold.")


def take_over(bot: Bot, phone_id: int, *, by: Actor) -> None:
    """The bot is silent for this conversation until it is handed back. Raises Refused while a colleague works on it."""
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=bot.clock())
        _change(queries.locked_phone(session, phone_id), paused=True, prompt=None)
        _record(session, bot, phone_id, by, "took_over")


def hand_back(bot: Bot, phone_id: int, *, by: Actor) -> None:
    """The bot answers again. Raises Refused while a colleague works on it."""
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=bot.clock(), take=False)
        _change(queries.locked_phone(session, phone_id), paused=False, prompt=None, asked_back=False)  # a "no" answers the coordinator
        care.look_again(session, phone_id, bot.clock())
        _record(session, bot, phone_id, by, "handed_back")


def release(bot: Bot, phone_id: int, *, by: Actor) -> None:
    """A person has seen to it: automation runs again (S-03, S-08, N-01)."""
    with bot.store.begin() as session:
        phone = queries.locked_phone(session, phone_id)
        held = str(queries.state_of(phone).hold or "")
        _change(phone, hold=None, safety={})
        if held == Hold.ABUSE:  # an apology would tell of a text that may have been deleted from a watched phone (S-07)
            tasks.keep_promise(session.connection(), phone_id, now=bot.clock())
        care.look_again(session, phone_id, bot.clock())
        _record(session, bot, phone_id, by, "released", held)


def verified(bot: Bot, phone_id: int, *, by: Actor) -> None:
    """Somebody has asked, by other means than a text, and the number is still the patient's: the schedule goes on (N-02)."""
    now = bot.clock()
    with bot.store.begin() as session:
        queries.locked_phone(session, phone_id).verified_at = now
        session.flush()
        tasks.close(session.connection(), phone_id, CloseItems(kinds=("whose_number",)), now=now)
        care.look_again(session, phone_id, now)
        _record(session, bot, phone_id, by, "verified")


def consent(bot: Bot, phone_id: int, *, texts: bool, by: Actor) -> None:
    """Records what a patient said by phone or at the desk about being texted (O-11)."""
    with bot.store.begin() as session:
        phone = queries.locked_phone(session, phone_id)
        effect = OptIn(source="staff") if texts else OptOut(source="staff")
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock()), (effect,))
        _record(session, bot, phone_id, by, "opted_in" if texts else "opted_out")


def prefer(bot: Bot, phone_id: int, *, wants: str, by: Actor) -> None:
    """Records how many texts a patient wants, as said by phone or at the desk. Raises Refused for an unknown choice."""
    if wants not in list(Wants):
        raise Refused("Choose which texts the patient wants.")
    with bot.store.begin() as session:
        phone = queries.locked_phone(session, phone_id)
        effect = Prefer(wants=Wants(wants), source="staff")
        apply(Scope(connection=session.connection(), opened=session, phone=phone, now=bot.clock()), (effect,))
        _record(session, bot, phone_id, by, f"wants_{wants}")


def note(bot: Bot, phone_id: int, words: str, *, by: Actor, people: Iterable[Actor] = (), unless: Unless | None = None) -> None:
    """Writes a note that staff alone read. people: who finds it in their own list; unless: as of `reply`. Raises Refused."""
    if not words.strip():
        raise Refused("The note is empty.")
    with bot.store.begin() as session:
        phone = queries.locked_phone(session, phone_id)
        if unless is not None:
            unless(session, phone)
        mentions.tell(bot, session, phone_id, people, by=by)
        _record(session, bot, phone_id, by, "note", words=_kept(words))


def paper(bot: Bot, phone_id: int, *, visit_id: int, name: str, here: bool, by: Actor) -> None:
    """Ticks a paper of a visit, or takes the tick away. Raises Refused for one that this visit does not need."""
    with bot.store.begin() as session:
        found = visitor(session, bot.clinic_id, phone_id, visit_id=visit_id)
        visit = found.visit if found is not None else None
        if visit is None or name not in {each.name for each in bot.clinic.clinic.needs(visit.service)}:
            raise Refused("This visit needs no such paper.")
        papers.tick(session, visit, name, here=here, by=by.name, now=bot.clock())
        _record(session, bot, phone_id, by, "paper" if here else "no_paper", name.replace("_", " "))


def call(bot: Bot, phone_id: int, *, outcome: str, words: str, by: Actor, unless: Unless | None = None) -> None:
    """Logs a telephone call; one that reached the patient keeps what was promised. unless: as of `reply`. Raises Refused."""
    if outcome not in CALLS:
        raise Refused("Choose how the call went.")
    with bot.store.begin() as session:
        hold(session, phone_id, by=by, now=bot.clock(), take=False)
        if unless is not None:
            unless(session, queries.locked_phone(session, phone_id))
        if outcome == "reached":
            tasks.keep_promise(session.connection(), phone_id, now=bot.clock())
        _record(session, bot, phone_id, by, "call", outcome, words=_kept(words) or None)


def _kept(words: str) -> str:
    return words.strip()[:LONGEST]


def _record(session: Session, bot: Bot, phone_id: int, by: Actor, kind: str, detail: str = "", words: str | None = None) -> None:
    record(session, by=by, now=bot.clock(), phone_id=phone_id, kind=kind, detail=detail, words=words)


def _change(phone: PhoneRow, **changes: object) -> None:
    state: State = queries.state_of(phone)
    queries.keep_state(phone, replace(state, **changes))  # type: ignore[arg-type]
