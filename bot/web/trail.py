"""Every page that is shown and every form that is sent leaves an entry in the audit trail (H-07)."""

from __future__ import annotations

from functools import partial

from flask import Response, g, request

from bot.store import audit
from bot.web import busy
from bot.web.wiring import wired

# What a page is about, by the name of the number in its address.
ABOUT = {
    "waiting_id": "waiting",
    "phone_id": "phone",
    "text_id": "text",
    "candidate_id": "candidate",
    "user_id": "user",
    "patient_id": "patient",
}
FILES = ("image/jpeg", "image/png", "image/gif", "image/webp", "application/octet-stream")  # what patients sent
# What a script asks for again and again, to see whether a page is old, does not count.
SHOWN = ("text/html", "text/csv", "text/yaml", *FILES)
TYPING = "inbox.talk.check"  # asked for while somebody writes, on a page that has been noted


def recorded(response: Response) -> Response:
    """To be put behind the requests of a blueprint. What cannot be recorded is not shown."""
    if request.endpoint in (None, TYPING) or "busy" in g or (request.method == "GET" and response.mimetype not in SHOWN):
        return response
    bot, who = wired().bot, g.get("actor")
    entry = partial(
        audit.record,
        clinic_id=bot.clinic_id,
        actor=f"staff:{who.id}" if who else "nobody",
        role=who.role if who else "",
        action=_action(),
        about=_about(),
        outcome="ok" if response.status_code < 400 else "refused" if response.status_code < 500 else "failed",
        where=audit.Where(address=request.remote_addr or "", request=request.headers.get("X-Request-Id", "")),
        now=bot.clock(),
    )
    try:
        bot.store.write(entry)
    except busy.AWAY:
        return busy.told(again=False)
    return response


def _action() -> str:
    """view, or the form's name; never what stands in it."""
    return "view" if request.method == "GET" else str((request.view_args or {}).get("action") or request.endpoint)


def _about() -> str:
    """The number in the page's address, or the page."""
    for name, kind in ABOUT.items():
        if (number := (request.view_args or {}).get(name)) is not None:
            return f"{kind}:{number}"
    return f"page:{request.endpoint}"
