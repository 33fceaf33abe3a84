"""Tells open pages that something has changed: server-sent events, or a mark to compare where those do not come through."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from flask import Blueprint, Response, request, stream_with_context, url_for

from bot.actor import Actor
from bot.core import Bot
from bot.desk import presence
from bot.store import inbox as queries
from bot.web.forms import as_number
from bot.web.guard import actor
from bot.web.wiring import wired

blueprint = Blueprint("live", __name__)
LASTS = 300  # seconds after which the browser asks anew, so that no server process is kept from ending
MOST = 8  # streams of one process: each keeps a thread from the provider's texts; beyond, pages ask for the mark
LISTS = 3.0  # seconds between two looks at what the lists show
STREAMS = BoundedSemaphore(MOST)


@dataclass(frozen=True)
class Page:
    """What a page is about: one conversation, the day, or the lists."""

    phone_id: int | None = None
    day: bool = False

    @property
    def every(self) -> float:
        """How many seconds pass at least before it shows what is new. Nobody can follow a list that changes with every text."""
        return 1 if self.phone_id is not None else 30 if self.day else LISTS

    def mark(self, bot: Bot) -> str:
        """Changes when what the page shows does. To be asked before the page is read, or what changes meanwhile is never shown."""
        with bot.store.session() as session:
            if self.phone_id is not None:
                return queries.phone_mark(session, bot.clinic_id, self.phone_id, bot.clock())
            return (queries.day_mark if self.day else queries.list_mark)(session, bot.clinic_id, bot.clock())

    def live(self, bot: Bot) -> dict[str, object]:
        """What the page's frame must know to keep up: its mark, and where to ask for it."""
        about: dict[str, Any] = {"phone": self.phone_id, "day": "1" if self.day else None}
        asks = {name: url_for(f"inbox.live.{name}", **about) for name in ("mark", "events")}
        return {"mark": self.mark(bot), "mark_url": asks["mark"], "events": asks["events"], "every": self.every}


def _page() -> Page:
    return Page(request.args.get("phone", type=as_number), "day" in request.args)


@blueprint.get("/mark")
def mark() -> Response:
    """The mark that tells an open page whether it is out of date."""
    return Response(_seen(wired().bot, _page(), actor()), mimetype="text/plain")


@blueprint.get("/events")
def events() -> Response:
    """A stream of marks, one whenever it changes; 204, which ends a browser's tries, when no thread can be spared for it."""
    if not request.is_multithread or not STREAMS.acquire(blocking=False):
        return Response(status=204)
    response = Response(stream_with_context(_changes(wired().bot, _page(), actor())), mimetype="text/event-stream")
    response.call_on_close(STREAMS.release)
    response.headers["X-Accel-Buffering"] = "no"  # a proxy must not collect them
    return response


def _changes(bot: Bot, page: Page, by: Actor) -> Iterator[str]:
    last, until = "", time.monotonic() + LASTS
    while time.monotonic() < until:
        now = _seen(bot, page, by)
        yield f"data: {now}\n\n" if now != last else ":\n\n"  # a comment finds out whether anybody still listens
        last = now
        time.sleep(min(page.every, LISTS))


def _seen(bot: Bot, page: Page, by: Actor) -> str:
    """The mark, for a page that is open: colleagues see that it is."""
    if page.phone_id is not None:
        presence.look(bot, page.phone_id, by=by, lasts=presence.OPEN)
    return page.mark(bot)
