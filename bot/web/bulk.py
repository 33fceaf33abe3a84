"""One approved sentence to all of the chosen conversations: what would happen, then one button, then what came of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from bot.desk import bulk, replies, work
from bot.desk.bulk import Chosen, Talk
from bot.texts import SOURCE
from bot.web.forms import as_number
from bot.web.guard import actor
from bot.web.tongue import say, words
from bot.web.views import address, kept
from bot.web.wiring import wired

blueprint = Blueprint("bulk", __name__)


@blueprint.get("/bulk")
def index() -> str | BaseResponse:
    """The sentences; or, with one of them, who gets it in which words and when, who gets nothing and why, and who has got it."""
    bot, by, chosen = wired().bot, actor(), _chosen(request.args)
    try:
        offered = bulk.sentences(bot, chosen, words().language, reader=words().language, by=by)
        key = next((each for each in offered if each.key == chosen.key), None)
        chosen = replace(chosen, key=key.key if key else "")  # somebody may have taken it away
        talks = bulk.look(bot, chosen, by=by)
        if not talks:
            raise work.Refused("Choose one or more items first.")
    except work.Refused as error:
        flash(say(error))
        return redirect(address(kept(by.id)), code=303)
    to = [talk for talk in talks if not (talk.status or talk.why_not)]
    shown = {
        "to": to if key else [],
        "by_language": [(language, list(same)) for language, same in groupby(sorted(to, key=_order), key=lambda talk: talk.language)],
        "nothing": [talk for talk in talks if talk.why_not],
        "sent": [talk for talk in talks if talk.status],
        "seen": bulk.mark(talks, bot, chosen.key),
    }
    return render_template("bulk.html", key=key, chosen=chosen, talks=talks, offered=offered, lacks=_lacks(to, offered), **shown)


@blueprint.post("/bulk")
def send() -> BaseResponse:
    """Sends it, and shows what came of it: on the same page, which tells who has it."""
    form, chosen = request.form, _chosen(request.form)
    try:
        left = bulk.send(wired().bot, chosen, seen=form.get("seen", ""), close="close" in form, back="back" in form, by=actor())
        if left:
            flash(say("Not everybody has got it, since something came between: see below."))
    except work.Refused as error:
        flash(say(error))
    items = ".".join(map(str, chosen.items))
    return redirect(url_for("inbox.bulk.index", items=items, since=chosen.since, key=chosen.key), code=303)


def _chosen(given: MultiDict[str, str]) -> Chosen:
    """What an address or a form names; 404 for what can be no item."""
    try:
        items = tuple(dict.fromkeys(map(as_number, filter(None, given.get("items", "").split(".")))))
        return Chosen(items, as_number(given.get("since", "0")), given.get("key", ""))
    except ValueError:
        abort(404)


def _order(talk: Talk) -> tuple[bool, str]:
    return talk.language != words().language, talk.language


def _lacks(to: list[Talk], offered: list[replies.Canned]) -> dict[str, list[str]]:
    """sentence → languages of these conversations that it is not there in."""
    bot, languages = wired().bot, dict.fromkeys(talk.language for talk in to)
    there = {
        language: {each.key for each in replies.canned(bot, language, reader=SOURCE, matters=frozenset(), visit=None) if each.words}
        for language in languages
    }
    return {each.key: [language for language in languages if each.key not in there[language]] for each in offered}
