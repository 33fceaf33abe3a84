"""Pictures that patients sent, as a worker has fetched them: shown so that they can do nothing."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bot.store import media
from bot.web.forms import as_number
from bot.web.wiring import wired

blueprint = Blueprint("media", __name__)
# What a browser draws, told by the first bytes, since what a sender calls it proves nothing. Anything else is only saved.
DRAWN = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF87a": "image/gif", b"GIF89a": "image/gif"}
POLICY = "default-src 'none'; sandbox"


@blueprint.get("/phone/<int:phone_id>/picture/<int:text_id>")
def picture(phone_id: int, text_id: int) -> Response:
    """What came with a patient's text of this conversation. number: which, from 0 on."""
    bot, number = wired().bot, request.args.get("number", 0, type=as_number)
    with bot.store.session() as session:
        data = media.file(session, bot.clinic_id, phone_id=phone_id, text_id=text_id, number=number)
    if data is None:
        abort(404)
    return shown(data, name=f"{text_id}-{number + 1}")


@blueprint.post("/phone/<int:phone_id>/picture/<int:text_id>/again")
def again(phone_id: int, text_id: int) -> BaseResponse:
    """A worker tries once more to fetch what did not come."""
    bot = wired().bot
    with bot.store.begin() as session:
        if not media.again(session, bot.clinic_id, phone_id=phone_id, text_id=text_id, now=bot.clock()):
            abort(404)
    return redirect(f"{url_for('inbox.talk.conversation', phone_id=phone_id)}#text-{text_id}", code=303)


def shown(data: bytes, *, name: str) -> Response:
    """A file to look at, or to save where a browser should not open it. Its policy lets it load and run nothing."""
    kind = next((kind for head, kind in DRAWN.items() if data.startswith(head)), "")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "image/webp"
    response = Response(data, mimetype=kind or "application/octet-stream")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Content-Disposition"] = f"{'inline' if kind else 'attachment'}; filename={name}"
    return response
