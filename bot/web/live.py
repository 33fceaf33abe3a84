"""Tells open pages that something has changed: server-sent events, or a mark to compare where those do not come through."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import BoundedSemaphore

from flask import Blueprint, Response, request, stream_with_context

from bot.actor import Actor
from bot.core import Bot
from bot.desk import presence
from bot.store import inbox as queries
from bot.web.forms import as_number
from bot.web.guard import actor
from bot.web.wiring import wired

blueprint = Blueprint("live", __name__)
EVERY = 1.0  # seconds between two looks
LASTS = 300  # seconds after which the browser asks anew, so that no server process is kept from ending
MOST = 8  # streams of one process: each keeps a thread from the provider's texts; beyond, pages ask for the mark
STREAMS = BoundedSemaphore(MOST)


@blueprint.get("/mark")
def mark() -> Response:
    """The mark that tells an open page whether it is out of date."""
    bot, phone_id = wired().bot, request.args.get("phone", type=as_number)
    return Response(_seen(bot, phone_id, actor()), mimetype="text/plain")


@blueprint.get("/events")
def events() -> Response:
    """A stream of marks, one whenever it changes; 204, which ends a browser's tries, when no thread can be spared for it."""
    if not request.is_multithread or not STREAMS.acquire(blocking=False):
        return Response(status=204)
    bot, phone_id = wired().bot, request.args.get("phone", type=as_number)
    response = Response(stream_with_context(_changes(bot, phone_id, actor())), mimetype="text/event-stream")
    response.call_on_close(STREAMS.release)
    response.headers["X-Accel-Buffering"] = "no"  # a proxy must not collect them
    return response


def _changes(bot: Bot, phone_id: int | None, by: Actor) -> Iterator[str]:
    last, until = "", time.monotonic() + LASTS
    while time.monotonic() < until:
        now = _seen(bot, phone_id, by)
        yield f"data: {now}\n\n" if now != last else ":\n\n"  # a comment finds out whether anybody still listens
        last = now
        time.sleep(EVERY)


def _seen(bot: Bot, phone_id: int | None, by: Actor) -> str:
    """The mark, for a page that is open: colleagues see that it is."""
    if phone_id is not None:
        presence.look(bot, phone_id, by=by, lasts=presence.OPEN)
    return current(bot, phone_id)


def current(bot: Bot, phone_id: int | None) -> str:
    """The mark of a conversation's page, or of the lists."""
    with bot.store.session() as session:
        if phone_id is not None:
            return queries.phone_mark(session, bot.clinic_id, phone_id, bot.clock())
        return queries.list_mark(session, bot.clinic_id, bot.clock())
