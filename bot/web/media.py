"""Pictures that patients sent: fetched when somebody looks at one, shown so that they can do nothing, and kept nowhere."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, abort, request

from bot.channels.types import SendError
from bot.store.models import CommunicationRow, PhoneRow
from bot.web.forms import as_number
from bot.web.tongue import say
from bot.web.wiring import wired

log = structlog.get_logger()
blueprint = Blueprint("media", __name__)
# What a browser draws, told by the first bytes, since what a sender calls it proves nothing. Anything else is only saved.
DRAWN = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF87a": "image/gif", b"GIF89a": "image/gif"}
POLICY = "default-src 'none'; sandbox"


@blueprint.get("/phone/<int:phone_id>/picture/<int:text_id>")
def picture(phone_id: int, text_id: int) -> Response | tuple[str, int]:
    """What came with a patient's text of this conversation. number: which, from 0 on."""
    bot, number = wired().bot, request.args.get("number", 0, type=as_number)
    with bot.store.session() as session:
        phone, text = session.get(PhoneRow, phone_id), session.get(CommunicationRow, text_id)
    if phone is None or text is None or phone.clinic_id != bot.clinic_id or text.phone_id != phone_id or number >= text.media:
        abort(404)
    try:
        data = wired().channel.picture(text.provider_sid or "", number).data
    except SendError as error:
        log.warning("picture_not_fetched", code=error.code)
        return say("The provider did not give this picture. Try again; after some months it keeps none."), 502
    return shown(data, name=f"{text_id}-{number + 1}")


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
