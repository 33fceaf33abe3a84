"""One conversation: its timeline, the reply box, and what can be done there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from bot.actor import Actor
from bot.care.life import FOR_GOOD
from bot.core import Bot
from bot.desk import later, mentions, outcome, presence, programmes, replies, staff, summary, translating, work
from bot.desk.correction import correct
from bot.desk.meaning import ACTS, BARRIERS, TOPICS
from bot.dialogue.types import Waiting
from bot.errors import Said
from bot.remind import remind, to_remind
from bot.store import inbox as queries
from bot.store import waiting
from bot.store.crypto import shown
from bot.store.inbox import Conversation
from bot.store.models import PhoneRow
from bot.web import live
from bot.web.forms import as_number
from bot.web.guard import actor, colleagues
from bot.web.tongue import say, words
from bot.web.wiring import wired

blueprint = Blueprint("talk", __name__)
LATEST, WORTH = 8, 4  # entries of a timeline that are always shown; how many are worth folding away


@blueprint.get("/phone/<int:phone_id>")
def conversation(phone_id: int) -> str:
    """One conversation: every text, what the bot made of it and why, and what people did.

    again: words to use once more; why: the text whose explanation is asked for.
    """
    again = request.args.get("again", type=as_number)
    with wired().bot.store.session() as session:
        draft = queries.held_back(session, phone_id, again) if again is not None else ""
    return _page(phone_id, draft=draft)


@shown()
def _page(phone_id: int, *, draft: str = "", said: str = "") -> str:
    bot = wired().bot
    presence.look(bot, phone_id, by=actor(), lasts=presence.OPENED)
    open_page = live.Page(phone_id).live(bot)
    talk = _talk(bot, phone_id)
    return render_template(
        "conversation.html",
        talk=talk,
        draft=draft,
        said=said,
        page_at=url_for("inbox.talk.conversation", phone_id=phone_id),
        why=request.args.get("why", type=as_number),
        there=(there := _there(bot, talk)),
        checked=_check(bot, talk, draft, there),
        translations=_translations(bot, talk),
        together=outcome.together(talk, me=actor().id, now=bot.clock()),
        likely={item.id: outcome.likely(talk, item) for item in talk.items},
        latest=_latest(bot, phone_id),
        newest=max((entry.text_id or 0 for entry in talk.timeline), default=0),
        earlier=earlier(talk, why=request.args.get("why", type=as_number)),
        canned=_canned(bot, talk),
        record=summary.record(bot, talk, words()),
        calls=staff.CALLS,
        programmes=programmes.shown(bot, talk),
        labels={"What they want": ACTS, "Asks": _prefixed("ask", TOPICS), "In the way": _prefixed("barrier", BARRIERS)},
        live=open_page,
        waitlist=bot.clinic.waitlist,
        waits=_waits(bot, phone_id),
        no_reminder=_no_reminder(bot, phone_id),
        for_good=FOR_GOOD,
    )


def earlier(talk: Conversation, *, why: int | None) -> int:
    """How many entries of a timeline are folded: none of the last ones, nor since what is open arose, nor what was asked for."""
    since = min((item.since for item in talk.items), default=None)
    asked = [n for n, entry in enumerate(talk.timeline) if why is not None and entry.text_id == why]
    asked += [n for n, entry in enumerate(talk.timeline) if since is not None and entry.at >= since]
    fold = min([len(talk.timeline) - LATEST, *(n - 1 for n in asked)])  # with what came just before it
    return fold if fold >= WORTH else 0


def _translations(bot: Bot, talk: Conversation) -> dict[int, translating.Translation]:
    with bot.store.session() as session:
        return translating.of(session, [item.id for item in talk.items])


def _waits(bot: Bot, phone_id: int) -> tuple[Waiting, ...]:
    with bot.store.session() as session:
        return waiting.of_phone(session, phone_id, zone=bot.clinic.zone)


def _latest(bot: Bot, phone_id: int) -> int:
    with bot.store.session() as session:
        return staff.latest(session, phone_id)


def _no_reminder(bot: Bot, phone_id: int) -> str:
    """Why no reminder can be sent, or ""."""
    with bot.store.session() as session:
        return to_remind(bot, session, session.get_one(PhoneRow, phone_id))[1]


def _canned(bot: Bot, talk: Conversation) -> list[replies.Canned]:
    to_come = [visit.start for visit, _ in reversed(talk.visits) if visit.status == "booked" and visit.start > bot.clock()]
    matters = frozenset(item.detail.replace(" ", "_") for item in talk.items)
    return replies.canned(bot, talk.language, reader=words().language, matters=matters, visit=to_come[0] if to_come else None)


def _prefixed(head: str, words: dict[str, str]) -> dict[str, str]:
    return {f"{head}.{name}": said for name, said in words.items()}


def _talk(bot: Bot, phone_id: int) -> Conversation:
    with bot.store.session() as session:
        talk = queries.conversation(session, bot.clinic_id, phone_id, bot.clock())
    if talk is None:
        abort(404)
    return talk


def _check(bot: Bot, talk: Conversation, text: str, there: later.There) -> replies.Checked:
    names = tuple(patient.name for patient, _ in talk.people) if len(talk.people) > 1 else ()
    return replies.check(text, there, names=names)


def _there(bot: Bot, talk: Conversation) -> later.There:
    return later.there(bot, [patient for patient, _ in talk.people])


@blueprint.post("/phone/<int:phone_id>/check")
def check(phone_id: int) -> str:
    """What a text would cost and what speaks against it: the page with the draft, or for the script that line alone."""
    bot, text = wired().bot, request.form.get("text", "")
    if request.headers.get("X-Requested-With") != "attend":
        return _page(phone_id, draft=text)
    talk = _talk(bot, phone_id)
    return render_template("checked.html", checked=_check(bot, talk, text, _there(bot, talk)))


@blueprint.post("/phone/<int:phone_id>/<action>")
def act(phone_id: int, action: str) -> BaseResponse | str:
    """One of ACTIONS; 404 for any other, and for a conversation of another clinic."""
    bot = wired().bot
    with bot.store.session() as session:
        ours = session.scalar(select(PhoneRow.id).where(PhoneRow.id == phone_id, PhoneRow.clinic_id == bot.clinic_id))
    if ours is None or action not in ACTIONS:
        abort(404)
    try:
        ACTIONS[action](bot, phone_id, actor())
    except work.Refused as error:
        return refused(phone_id, error, action)
    return redirect(url_for("inbox.talk.conversation", phone_id=phone_id), code=303)


def refused(phone_id: int, error: work.Refused, action: str) -> BaseResponse | str:
    """The conversation with why something was not done; what was typed for it still stands in its box."""
    flash(say(error))
    typed = {box: words for box, name in TYPED.get(action, {}).items() if (words := request.form.get(name, "").strip())}
    if typed and not isinstance(error, work.Already):
        return _page(phone_id, **typed)
    return redirect(url_for("inbox.talk.conversation", phone_id=phone_id), code=303)


@blueprint.post("/text/<int:text_id>/correct")
def corrected(text_id: int) -> BaseResponse:
    """The reading that a coordinator chose for a patient's text."""
    chosen = [label for label in request.form.getlist("means") if label]
    try:
        phone_id = correct(wired().bot, text_id, means=chosen, by=actor())
        flash(say("Corrected. The text is proposed as a phrase to learn, which somebody reviews first."))
    except work.Refused as error:
        flash(say(error))
        phone_id = request.form.get("phone", type=as_number) or 0
    return redirect(url_for("inbox.talk.conversation", phone_id=phone_id), code=303)


def _reply(bot: Bot, phone_id: int, by: Actor) -> None:
    key, text, talk = request.form.get("key", ""), request.form.get("text", ""), _talk(bot, phone_id)
    if key:
        found = next((each for each in _canned(bot, talk) if each.key == key and each.words), None)
        if found is None:
            raise work.Refused("This sentence is not there in the patient's language.")
        text = replies.as_sent(bot, found.words or "", talk.language)
    at, since = _at(_there(bot, talk)), request.form.get("since", type=as_number)
    unless = staff.not_yet(text, since=since) if since is not None else None
    if at is None:
        staff.reply(bot, phone_id, text, by=by, key=key, unless=unless)
        return
    later.plan(bot, phone_id, text, at=at, by=by, key=key, unless=unless)
    flash(say("It goes %(when)s, by the patient's clock, unless the patient writes before.", when=at))


def _at(there: later.There) -> datetime | None:
    """When the reply is to go, by the patient's clock; None: now. Raises Refused for what is no time."""
    form = request.form
    text = f"{form.get('day', '')}T{form.get('time', '')}" if "later" in form else form.get("at", "")
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=there.zone)
    except ValueError:
        raise work.Refused("Choose the day and the hour at which it should go.") from None


def _withdraw(bot: Bot, phone_id: int, by: Actor) -> None:
    text_id = request.form.get("text", type=as_number) or 0
    later.withdraw(bot, phone_id, text_id, by=by)
    flash(say("Taken back: it does not go."))


def _remind(bot: Bot, phone_id: int, by: Actor) -> None:
    with bot.store.begin() as session:
        if remind(bot, session, phone_id) is None:
            _, why = to_remind(bot, session, session.get_one(PhoneRow, phone_id))
            raise work.Refused("No reminder can be sent: %(reason)s.", reason=Said(why))


def _note(bot: Bot, phone_id: int, by: Actor) -> None:
    words = request.form.get("words", "")
    people, nobody = mentions.named(words, colleagues())
    since = request.form.get("since", type=as_number)
    unless = staff.not_written("note", words, by=by, since=since) if since is not None else None
    staff.note(bot, phone_id, words, by=by, people=people, unless=unless)
    if people:
        flash(say("In the list of %(names)s now.", names=", ".join(person.name for person in people)))
    if nobody:
        flash(say("Nobody here is called %(names)s.", names=", ".join(f"@{name}" for name in nobody)))


def _paper(bot: Bot, phone_id: int, by: Actor, *, here: bool) -> None:
    visit_id = request.form.get("visit", type=as_number) or 0
    staff.paper(bot, phone_id, visit_id=visit_id, name=request.form.get("paper", ""), here=here, by=by)


def _call(bot: Bot, phone_id: int, by: Actor) -> None:
    outcome_, words = request.form.get("outcome", ""), request.form.get("words", "")
    since = request.form.get("since", type=as_number)
    unless = staff.not_written("call", words, detail=outcome_, by=by, since=since) if since is not None else None
    staff.call(bot, phone_id, outcome=outcome_, words=words, by=by, unless=unless)


TYPED = {"reply": {"draft": "text"}, "to-translate": {"draft": "text"}, "call": {"said": "words"}}  # box → field of the form
ACTIONS: dict[str, Callable[[Bot, int, Actor], None]] = {
    "claim": lambda bot, phone_id, by: work.claim(bot, phone_id, by=by),
    "let-go": lambda bot, phone_id, by: work.let_go(bot, phone_id, by=by),
    "take-over": lambda bot, phone_id, by: staff.take_over(bot, phone_id, by=by),
    "hand-back": lambda bot, phone_id, by: staff.hand_back(bot, phone_id, by=by),
    "release": lambda bot, phone_id, by: staff.release(bot, phone_id, by=by),
    "verified": lambda bot, phone_id, by: staff.verified(bot, phone_id, by=by),
    "opt-out": lambda bot, phone_id, by: staff.consent(bot, phone_id, texts=False, by=by),
    "opt-in": lambda bot, phone_id, by: staff.consent(bot, phone_id, texts=True, by=by),
    "wants": lambda bot, phone_id, by: staff.prefer(bot, phone_id, wants=request.form.get("wants", ""), by=by),
    "note": _note,
    "reply": _reply,
    "withdraw": _withdraw,
    "paper": partial(_paper, here=True),
    "no-paper": partial(_paper, here=False),
    "remind": _remind,
    "call": _call,
}
