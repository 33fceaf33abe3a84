"""What translators see: how far each language is, and each text as a patient would get it beside the English."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template, request

from bot.editing.coverage import KEPT, State, kept, state_of
from bot.editing.lint import SAFETY
from bot.moments import RIGHT_TO_LEFT
from bot.settings import ROOT
from bot.texts import load_reviews
from bot.web.wiring import wired

blueprint = Blueprint("languages", __name__)
SHOWN = {"all": "All texts", "missing": "Missing", "unread": "Not reviewed", "long": "As long as they may be"}


@blueprint.get("/languages")
def index() -> str:
    """A line for each language."""
    return render_template("languages.html", states=[_state(code) for code in wired().bot.texts.languages], safety=SAFETY)


@blueprint.get("/languages/<code>")
def language(code: str) -> str:
    """One language's texts with real values."""
    if code not in wired().bot.texts.languages:
        abort(404)
    state, show = _state(code), request.args.get("show", "all")
    long = tuple(text for text in state.texts if text.segments >= text.allowed)
    texts = {"missing": state.missing, "unread": state.unread, "long": long}.get(show, state.texts)
    direction = "rtl" if code in RIGHT_TO_LEFT else "ltr"
    return render_template("language.html", state=state, texts=texts, show=show, choices=SHOWN, direction=direction)


def _state(code: str) -> State:
    """Made once for as long as the files and the clinic's name are the same: to fill every text's gaps takes a tenth of a second."""
    bot, cache, known = wired().bot, wired().settings.cache_dir, current_app.extensions.setdefault("attend-languages", {})
    files = ROOT / "locales" / "reviews.yaml", cache / KEPT, ROOT / "intents" / code.partition("-")[0] / "tests.yaml"
    version = bot.texts, bot.clinic.clinic.name, *(file.stat().st_mtime_ns if file.exists() else 0 for file in files)
    if code not in known or known[code][0] != version:
        figures = kept(cache, ROOT / "intents", bot.reader.version, code)
        found = state_of(bot.texts, load_reviews(ROOT / "locales"), code, clinic=bot.clinic.clinic.name, figures=figures)
        known[code] = version, found
    state: State = known[code][1]
    return state
