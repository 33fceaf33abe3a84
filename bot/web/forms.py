"""Forms that only our own pages can send: each carries a token made from the id of the browser's session (CSRF)."""

from __future__ import annotations

import re
from hmac import compare_digest
from urllib.parse import urlsplit

from flask import abort, request
from jinja2.ext import Extension
from markupsafe import Markup

from bot.web import cookie
from bot.web.wiring import wired

FIELD = "form_token"
LONGEST = 9  # digits of a number that every database takes
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def same_site() -> None:
    """403 for a form that another site sent."""
    origin, public = request.headers.get("Origin"), urlsplit(wired().settings.public_url)
    if request.method not in SAFE and origin not in (None, request.host_url.rstrip("/"), f"{public.scheme}://{public.netloc}"):
        abort(403)


def check_token() -> None:
    """403 for a form that was not made for this browser's session."""
    token, given = cookie.given(), request.form.get(FIELD, "").encode("utf-8", "replace")  # compare_digest takes no other letters
    if request.method not in SAFE and not (token and compare_digest(_form_token(token).encode(), given)):
        abort(403, "This form is too old, or not from here. Open the page anew and try again.")


def as_number(text: str) -> int:
    """What a form or an address names by a number, as `type=` of werkzeug's `get`. Raises ValueError for what can be no row's."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST):
        raise ValueError
    return int(text)


def token_field() -> Markup:
    """The hidden field of a form; in the demo there is no session to bind it to."""
    if cookie.gate().demo:
        return Markup("")
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, _form_token(cookie.browser()))


class FormTokens(Extension):
    """Gives every form of every template its token, so that nobody can forget one."""

    INSIDE = r"(?:\{\{.*?\}\}|\{%.*?%\}|[^>{]|\{)"
    FORM = re.compile(rf'<form\b{INSIDE}*?\bmethod="post"{INSIDE}*?>', re.IGNORECASE)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template with the hidden field in each form that posts."""
        return self.FORM.sub(lambda form: f"{form.group()}{{{{ form_token_field() }}}}", source)


def _form_token(token: str) -> str:
    return wired().bot.store.cipher.index(f"form of {token}")
