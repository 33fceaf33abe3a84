"""Saving and taking away one's own views of the worklist."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from bot.desk import views
from bot.desk.work import Refused
from bot.dialogue.items import KINDS
from bot.store import worklist
from bot.store.worklist import View
from bot.web.forms import as_number
from bot.web.guard import actor
from bot.web.tongue import say
from bot.web.wiring import wired

blueprint = Blueprint("views", __name__)


def view_of(args: MultiDict[str, str], me: int | None) -> View:
    """The view that an address or a form asks for; what it does not know counts as not asked for."""
    whose, kind = args.get("whose", ""), args.get("kind", "")
    return View(
        whose=whose if whose in worklist.WHOSE else "all",
        kind=kind if kind in KINDS else "",
        language=args.get("language", "")[:12],
        page=max(1, min(args.get("page", 1, type=as_number), 100_000)),
        me=me,
    )


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
    here = url_for("inbox.index", whose=view.whose, kind=view.kind or None, language=view.language or None)
    return redirect(here, code=303)
