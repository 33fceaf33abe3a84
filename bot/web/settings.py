"""The clinic's settings: whoever works here sees them; managers and administrators edit them, and see first what patients will get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.clinic import ClinicFile, over
from bot.desk.settings import edit, samples
from bot.desk.settings.edit import FORM, Problems, Stale, Target
from bot.desk.settings.fields import clean, nested
from bot.desk.settings.sections import SECTIONS, SENTENCES
from bot.editing.lint import load_lint
from bot.errors import DataError
from bot.owned.export import as_yaml
from bot.preview import Entry, report
from bot.settings import ROOT
from bot.web.forms import as_number
from bot.web.guard import actor, may
from bot.web.tongue import say, words
from bot.web.wiring import wired

blueprint = Blueprint("settings", __name__, url_prefix="/settings")
SECTION = f"/<any({','.join(SECTIONS)}):name>"
DAYS, MOST = 7, 100  # how far ahead, and for how many patients, a new schedule is tried out


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a form, for the fields to ask."""

    problems: Problems

    def at(self, keys: tuple[str, ...]) -> str:
        """About a group of fields itself."""
        return self.problems.get(tuple(keys), "")

    def under(self, keys: tuple[str, ...]) -> str:
        """About a field, or a part of it."""
        return next((what for place, what in self.problems.items() if place[: len(keys)] == tuple(keys)), "")


@blueprint.get("")
def index() -> str:
    """All sections, and which of them staff have edited."""
    bot = wired().bot
    bot.current.look()
    refused = {each.change.section: each for each in bot.current.refused}
    shown = {"sections": SECTIONS.values(), "changed": edit.changed_at(bot), "refused": refused}
    return render_template("settings.html", **shown)


@blueprint.get("/file")
def file() -> Response:
    """All that holds now as a clinic's file."""
    text = as_yaml(edit.holds(wired().bot).data)
    return Response(text, mimetype="text/yaml", headers={"Content-Disposition": f"attachment; filename={wired().bot.clinic.slug}.yaml"})


@blueprint.get(SECTION)
def section(name: str) -> str:
    """A section, or the entry of it that is asked for: as fields for who may edit it, in words for others."""
    target, holds = _target(name, request.args), edit.holds(wired().bot)
    return _page(target, holds, target.part(holds.data))


@blueprint.post(SECTION)
def change(name: str) -> str | BaseResponse | tuple[str, int]:
    """Another row, one less; a preview; or the change itself. Nothing that was typed is lost on the way."""
    bot, target, holds = wired().bot, _target(name, request.form), edit.holds(wired().bot)
    do, _, path = request.form.get("do", "").partition(":")
    part = _typed(target, holds, without=path if do == "remove" else "")
    if do in ("add", "remove", "edit"):
        return _page(target, holds, part)
    seen = request.form.get("seen", "")
    if wrong := edit.problems(holds, target.put(holds.data, part)):
        return _page(target, holds, part, wrong), 422
    if edit.mark(target.part(holds.data)) != seen:
        return _page(target, holds, part, stale=True), 409
    if do != "save":
        return _preview(target, holds, part)
    try:
        edit.save(bot, target, part, seen=seen, by=actor())
    except (Stale, DataError):  # between the two looks
        return _page(target, edit.holds(bot), part, stale=True), 409
    flash(say("Saved. Patients get it from now on."))
    return redirect(url_for("inbox.settings.section", name=name), code=303)


@blueprint.post(f"{SECTION}/back")
def back(name: str) -> BaseResponse:
    """What held before a change holds again."""
    return _restored(name, request.form.get("change", 0, type=as_number))


@blueprint.post(f"{SECTION}/default")
def default(name: str) -> BaseResponse:
    """The clinic's file holds again."""
    return _restored(name, None)


def _restored(name: str, change_id: int | None) -> BaseResponse:
    bot, newest, by = wired().bot, request.form.get("newest", -1, type=as_number), actor()
    try:
        if change_id is None:
            edit.reset(bot, SECTIONS[name], newest=newest, by=by)
        else:
            edit.take_back(bot, SECTIONS[name], change_id, newest=newest, by=by)
        flash(say("Taken back." if change_id is not None else "As in the clinic’s file again."))
    except Stale as error:
        flash(say("%(what)s Nothing was done: look, and try again.", what=error.said))
    except DataError as error:
        flash(say("That can no longer be: %(what)s", what=error.what))
    return redirect(url_for("inbox.settings.section", name=name), code=303)


def _target(name: str, given: Mapping[str, str]) -> Target:
    """The section, or the entry of it that is named; 404 for an entry that there cannot be."""
    chosen, entry = SECTIONS[name], clean(given.get("entry", ""))[:40]
    if entry and (not chosen.paged or (chosen.names and entry not in chosen.names)):
        abort(404)
    return Target(chosen, entry)


def _typed(target: Target, holds: ClinicFile, *, without: str = "") -> Any:
    """What the form holds, as the file would. without: the row to leave out."""
    languages = wired().bot.texts.languages
    given = nested({name: values for name, values in request.form.lists() if not without or not f"{name}.".startswith(f"{without}.")})
    chosen = target.section
    part: Any = chosen.kind(languages).read(given.get("field"))
    if not target.entry or not part:
        return part
    # Sentences in languages that we do not write yet have no field, and are kept.
    kept = {code: said for code, said in chosen.sentences(target.part(holds.data)).items() if code not in languages}
    return {**part, chosen.said: {**chosen.sentences(part), **kept}} if chosen.said else {**part, **kept}


def _page(target: Target, holds: ClinicFile, part: Any, wrong: Problems | None = None, *, stale: bool = False) -> str:
    """The form, filled with `part`; the list of a section whose entries have pages of their own."""
    bot, chosen = wired().bot, target.section
    languages = bot.texts.languages
    told = edit.history(bot, chosen, words())
    kind, inner = chosen.kind(languages, words()), 2 if target.entry else 0  # where an entry's own fields begin in the file
    shown = {
        "target": target,
        "told": told,
        "newest": told[0].change.id if told else 0,
        "edited": bool(told) and told[0].change.data is not None,
        "wrong": Wrong({place[inner:]: what for place, what in (wrong or {}).items()}),
        # what the form was first filled with, until its sender has been told that somebody else has changed it
        "seen": (not stale and request.form.get("seen")) or edit.mark(target.part(holds.data)),
        "places": {chosen.place(place, languages, words()): what for place, what in (wrong or {}).items()},
        "language_names": {code: words().language_name(code) for code in languages},
    }
    if stale:
        shown["theirs"] = edit.difference(chosen, holds.data, target.put(holds.data, part), languages, words())
    if chosen.paged and not target.entry:
        return render_template("setting_list.html", entries=holds.data.get(chosen.paged) or {}, **shown)
    if not may("inbox.settings.change"):
        lines = chosen.tell(target.put({}, part), languages, words())
        return render_template("setting.html", lines=lines, **shown)
    return render_template("setting.html", kind=kind, value=kind.show(part), **shown)


def _line(entry: Entry) -> str:
    """A text of the schedule, in the words of the page."""
    said = ", ".join(say(SENTENCES.get(each, each)) for each in entry.what.split("+"))
    why = "; ".join(say(each) for each in entry.why)
    line = f"{words().moment(entry.at)} · {entry.who} · {said} · {why}"
    return say("%(text)s · does NOT go: %(reason)s", text=line, reason=say(entry.held_back)) if entry.held_back else line


def _preview(target: Target, holds: ClinicFile, part: Any) -> str:
    """What would change: in words, in what patients get in each language, and in the texts of the next days."""
    bot, chosen, data = wired().bot, target.section, target.put(holds.data, part)
    now, languages = over(holds, data, FORM), bot.texts.languages
    schedule = []
    if chosen.schedule and now.cadence != holds.cadence:
        first = bot.clock().astimezone(now.zone).date()
        schedule = report(bot, first=first, days=DAYS, other=now.cadence, most=MOST, write=_line)
    return render_template(
        "setting_preview.html",
        target=target,
        lines=edit.difference(chosen, holds.data, data, languages, words()),
        samples=samples.affected(bot, target, was=holds, now=now, at=bot.clock(), lint=load_lint(ROOT / "locales")),
        missing=[words().language_name(code) for code in languages if code not in chosen.sentences(part)]
        if target.entry and part
        else [],
        schedule=schedule,
        carried=[(name, value) for name, value in request.form.items(multi=True) if name not in ("do", "form_token")],
    )
