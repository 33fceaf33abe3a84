"""The language of the staff's pages: the account's own choice, else the browser's, else English. Patients' texts are not touched."""

from __future__ import annotations

from flask import Flask, current_app, g, has_request_context, request

from bot.desk.words import ENGLISH, Words, load_words
from bot.errors import Told
from bot.settings import ROOT
from bot.texts import SOURCE


def install(app: Flask) -> None:
    """Gives templates `_` and its like, which speak the language of the request."""
    app.extensions["attend-words"] = load_words(ROOT / "locales")
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined] # a method of the extension
        lambda english: words().catalog.gettext(english),
        lambda one, several, number: words().catalog.ngettext(one, several, number),
        newstyle=True,
        pgettext=lambda context, english: words().catalog.pgettext(context, english),
    )
    app.context_processor(lambda: {"language": words().language})


def words() -> Words:
    """The words of this request's page."""
    if not has_request_context():
        return ENGLISH
    if "words" not in g:
        g.words = choices()[_chosen()]
    return g.words  # type: ignore[no-any-return]


def say(english: str | Told, /, **values: object) -> str:
    """A sentence in the language of the page."""
    return words()(english, **values)


def choices() -> dict[str, Words]:
    """The languages that the pages speak, English first."""
    return current_app.extensions["attend-words"]  # type: ignore[no-any-return]


def own_names() -> dict[str, str]:
    """The languages that the pages speak, each by its own name."""
    return {code: (name := each.language_name(code))[0].upper() + name[1:] for code, each in choices().items()}


def known(language: str) -> str:
    """The language if the pages speak it, else "": the browser's is taken."""
    return language if language in choices() else ""


def _chosen() -> str:
    held = g.get("held")  # halfway in, too
    actor = g.get("actor") or (held.actor if held is not None else None)
    own = known(actor.language) if actor is not None else ""
    return own or request.accept_languages.best_match(choices(), default=SOURCE)
