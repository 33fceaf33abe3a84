"""Views of the worklist: the one that is looked at, and saving and taking away one's own."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from bot.desk import views
from bot.desk.work import Refused
from bot.dialogue.items import KINDS
from bot.store import worklist
from bot.store.worklist import View
from bot.understand.labels import BARRIERS
from bot.web.forms import as_number
from bot.web.guard import actor
from bot.web.tongue import say
from bot.web.wiring import wired

blueprint = Blueprint("views", __name__)
HINDRANCES = frozenset(f"barrier.{kind}" for kind in BARRIERS)
WORKED = ("all", "mine", "unassigned", "late")  # views that are worked through, one item after the other


def view_of(args: MultiDict[str, str], me: int | None) -> View:
    """The view that an address or a form asks for; what it does not know counts as not asked for."""
    whose, kind = args.get("whose", ""), args.get("kind", "")
    return View(
        whose=whose if whose in worklist.WHOSE else "all",
        kind=kind if kind in KINDS or kind in HINDRANCES else "",
        language=args.get("language", "")[:12],
        page=max(1, min(args.get("page", 1, type=as_number), 100_000)),
        me=me,
    )


def keep(view: View) -> None:
    """Remembers which list this browser looks at, so that a conversation leads back to it and on to its next item."""
    shown = [view.whose, view.kind, view.language, view.page]
    if session.get("list") != shown:
        session["list"] = shown


def kept(me: int | None) -> View:
    """The list that was looked at last."""
    whose, kind, language, page = session.get("list") or ("all", "", "", 1)
    return View(whose=whose, kind=kind, language=language, page=page, me=me)


def address(view: View) -> str:
    """Where a list stands."""
    kind, language, page = view.kind or None, view.language or None, view.page if view.page > 1 else None
    return url_for("inbox.index", whose=view.whose if view.whose != "all" else None, kind=kind, language=language, page=page)


@blueprint.get("/next")
def following() -> BaseResponse:
    """The conversation of the item that comes after one in the list; the list itself after its last. after: that item."""
    bot, view = wired().bot, kept(actor().id)
    if view.whose not in WORKED:
        view = replace(view, whose="all")
    with bot.store.session() as read:
        phone_id = worklist.after(read, bot.clinic_id, bot.clock(), view, request.args.get("after", 0, type=as_number))
    if phone_id is None:
        flash(say("That was the last one of this list."))
        return redirect(address(view), code=303)
    return redirect(url_for("inbox.talk.conversation", phone_id=phone_id), code=303)


@blueprint.post("/views")
def change() -> BaseResponse:
    """Saves the view that the form tells under a name, or takes one away."""
    bot, me, form = wired().bot, actor(), request.form
    view = view_of(form, me.id)
    try:
        if form.get("do") == "save":
            views.save(bot, view, form.get("name", ""), by=me)
        elif form.get("do") == "forget":
            views.forget(bot, form.get("view", type=as_number) or 0, by=me)
        else:
            abort(400)
    except Refused as error:
        flash(say(error))
    return redirect(address(view), code=303)
