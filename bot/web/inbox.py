"""The coordinators' worklist, and what can be done with its items."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.core import Bot
from bot.desk import barriers, bulk, work
from bot.desk.views import mine
from bot.dialogue.items import KINDS
from bot.store import worklist
from bot.store.crypto import shown
from bot.store.worklist import PAGE
from bot.web import live
from bot.web.forms import as_number
from bot.web.guard import actor, colleagues, headers, same_site
from bot.web.tongue import say, words
from bot.web.trail import recorded
from bot.web.views import address, keep, kept, view_of
from bot.web.wiring import wired

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")
blueprint.before_request(same_site)
blueprint.after_request(headers)
blueprint.after_request(recorded)
PARTS = (
    "bulk", "catchup", "closing", "languages", "learn", "live", "media", "person", "pictures", "programmes", "search", "settings",
    "talk", "translating", "views", "visits", "waitlist", "words",
)  # fmt: skip
for part in PARTS:
    blueprint.register_blueprint(import_module(f"bot.web.{part}").blueprint)

SNOOZES = {"1h": "1 hour", "tomorrow": "the desk opens again", "3d": "3 days", "7d": "a week"}


@blueprint.app_context_processor
def of_every_page() -> dict[str, object]:
    """What the frame of every page shows: who acts, and who else is at the desk."""
    bot, me = wired().bot, actor()
    choices = {"outcomes": work.OUTCOMES, "snoozes": SNOOZES, "list_url": address(kept(me.id))}
    return {"me": me, "colleagues": colleagues() if me.id else (), "clinic": bot.clinic.clinic, "now": bot.clock(), **choices}


@blueprint.get("")
@shown()
def index() -> str:
    """Open items, the gravest and most pressing first, a page at a time."""
    bot, me = wired().bot, actor()
    view, open_page = view_of(request.args, me.id), live.Page().live(bot)
    keep(view)
    with bot.store.session() as read:
        items = worklist.page(read, bot.clinic_id, bot.clock(), view)
        counts = worklist.counts(read, bot.clinic_id, bot.clock(), me.id)
    lists = {"items": items[:PAGE], "more": len(items) > PAGE, "counts": counts, "view": view, "saved": mine(bot, me)}
    return render_template("inbox.html", **lists, live=open_page, kinds=KINDS, last_closed=worklist.LAST_CLOSED)


@blueprint.post("/items")
def items() -> BaseResponse:
    """Does one thing with the chosen items: a claim, or one of ACTIONS; "resolve:next" goes on to the next one. "reply" leads on.

    "resolve:12" does it with that one alone, of several that stand in one line.
    """
    bot, me = wired().bot, actor()
    do, _, named = request.form.get("do", "").partition(":")
    try:
        if do == "claim":
            phone_id = as_number(named)
            work.claim(bot, phone_id, by=me)
            return redirect(url_for("inbox.talk.conversation", phone_id=phone_id), code=303)
        if do not in ACTIONS and do != "reply":
            abort(400)
        chosen = _chosen(named)
        if not chosen:
            raise work.Refused("Choose one or more items first.")
        if do == "reply":
            return redirect(url_for("inbox.bulk.index", items=".".join(map(str, chosen)), since=bulk.newest(bot)), code=303)
        done = ACTIONS[do](bot)(bot, chosen, by=me)
        _tell(do, done)
        if named == "next":
            return redirect(url_for("inbox.views.following", after=chosen[0]), code=303)
    except ValueError:
        abort(404)
    except work.Refused as error:
        flash(say(error))
    return redirect(back(), code=303)


def _chosen(named: str) -> list[int]:
    """The items that a form chose: several where one line stands for them. Raises ValueError for what can be none."""
    given = [named] if named.isdigit() else " ".join(request.form.getlist("item")).split()
    return [as_number(each) for each in given]


SAID = {
    "resolve": ("%(num)s item closed.", "%(num)s items closed."),
    "assign": ("%(num)s item assigned.", "%(num)s items assigned."),
    "snooze": ("%(num)s item snoozed.", "%(num)s items snoozed."),
    "wake": ("%(num)s item back in the list.", "%(num)s items back in the list."),
    "reopen": ("%(num)s item open again.", "%(num)s items open again."),
    "arranged": ("%(num)s item marked: help is arranged.", "%(num)s items marked: help is arranged."),
    "ask": ("%(num)s item waiting for the patient's answer.", "%(num)s items waiting for the patient's answer."),
}


def _tell(do: str, done: list[int]) -> None:
    """An Undo is for what was done alone: a colleague may have closed some of what was chosen before."""
    undo = {"resolve": "reopen", "snooze": "wake"}.get(do) if done else None
    flash(words().many(*SAID[do], len(done)), f"{undo}:{','.join(map(str, done))}" if undo else "message")


def back() -> str:
    """Where the form was: a list or a conversation of ours, and nothing else."""
    asked = request.form.get("back", "")
    return asked if asked.startswith("/inbox") and "//" not in asked and "\\" not in asked else url_for("inbox.index")


Action = Callable[..., list[int]]


def _resolve(bot: Bot) -> Action:
    return partial(work.resolve, outcome=request.form.get("outcome", ""), note=request.form.get("note", ""))


def _assign(bot: Bot) -> Action:
    to = request.form.get("to", "")
    found = next((each for each in colleagues() if str(each.id) == to), None)
    if found is None and to != "nobody":
        raise work.Refused("Choose who should have it.")
    return partial(work.assign, to=found)


def _snooze(bot: Bot) -> Action:
    return partial(work.snooze, until=snooze_until(bot, request.form.get("until", "")))


def snooze_until(bot: Bot, choice: str) -> datetime:
    """The moment that a choice of SNOOZES stands for. Raises Refused."""
    now = bot.clock()
    if choice == "tomorrow":
        return bot.clinic.opens(now) or now + timedelta(days=1)
    steps = {"1h": timedelta(hours=1), "3d": timedelta(days=3), "7d": timedelta(days=7)}
    if choice not in steps:
        raise work.Refused("Choose until when.")
    return now + steps[choice]


ACTIONS: dict[str, Callable[[Bot], Action]] = {
    "resolve": _resolve,
    "assign": _assign,
    "snooze": _snooze,
    "wake": lambda bot: work.wake,
    "reopen": lambda bot: work.reopen,
    "arranged": lambda bot: barriers.arranged,
    "ask": lambda bot: barriers.ask,
}


@blueprint.post("/me")
def me() -> BaseResponse:
    """The demo's other coordinator."""
    session["actor"] = request.form.get("actor", type=as_number)
    return redirect(back(), code=303)
