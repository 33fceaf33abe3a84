"""The provider's door: `POST /sms`, `POST /sms/status`, and whether this process is well."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from bot.channels import twilio_sms
from bot.channels.types import Inbound
from bot.delivery.callbacks import Callback, record
from bot.delivery.outbox import sender_words
from bot.dialogue.types import State
from bot.store import writable
from bot.store.database import Conflict
from bot.store.models import BREAK
from bot.turn import floor, take
from bot.web.wiring import wired

log = structlog.get_logger()
blueprint = Blueprint("webhook", __name__)


@blueprint.post("/sms")
def sms() -> Response:
    """An inbound text, signed by the provider. Answers TwiML; 403 unsigned; 503 only when it could not be stored anywhere."""
    _verify()
    _ours(request.form.get("To", ""))
    inbound = twilio_sms.parse(request.form, request.headers)
    if inbound is None:
        log.warning("no_message", fields=sorted(set(request.form) & {"MessageSid", "From", "To", "Body"}))
        return _twiml("")
    try:
        return _twiml(take(wired().bot, inbound), inbound.sid)
    except (SQLAlchemyError, Conflict) as error:
        log.error("database_down", error=type(error).__name__)
        return _without_database(inbound)


def _without_database(inbound: Inbound) -> Response:
    """Danger is answered whatever is broken (S-05); everything else is stored on disk before it counts (W-20)."""
    danger, answer = floor(wired().bot, inbound.body, State())
    try:
        wired().spool.put(inbound)
    except OSError as error:
        log.error("spool_unwritable", error=error.strerror or type(error).__name__)
        if danger is None:
            return Response("cannot store the message now", status=503)
    return _twiml(answer if inbound.textable else "", inbound.sid)


@blueprint.post("/sms/status")
def status() -> Response:
    """A status callback (W-29): 204 whatever it tells; 503 when it could not be stored."""
    _verify()
    form, code = request.form, request.form.get("ErrorCode", "")
    sid = twilio_sms.sid_of(form)
    said = form.get("MessageStatus") or form.get("SmsStatus", "")
    ours = {name: twilio_sms.sid_of(request.args, name) for name in ("text", "reply", "part")}
    if not sid or not said:
        return Response(status=204)
    try:
        record(wired().bot, Callback(sid=sid, status=said, code=int(code) if re.fullmatch("[0-9]{1,6}", code) else 0, **ours))
    except (SQLAlchemyError, Conflict) as error:
        log.error("database_down", error=type(error).__name__)
        return Response("cannot store the status now", status=503)
    return Response(status=204)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 while the process can answer at all."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 when the database can be written, 503 when it cannot; tells too what keeps texts from going out.

    That is no reason to send the provider's requests elsewhere: messages are taken in all the same.
    """
    bot = wired().bot
    try:
        why = writable.why_not(bot.store)
        with bot.store.session() as session:
            sending = sender_words(session, bot.clinic_id)
    except SQLAlchemyError as error:
        why = type(error).__name__
    if why:
        return Response(f"database: {why}\n", status=503, mimetype="text/plain")
    return Response("\n".join(("ready", *sending)) + "\n", mimetype="text/plain")


def _verify() -> None:
    """403 unless the provider signed the request and it is meant for this clinic's account (W-04, W-12)."""
    settings = wired().settings
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.full_path.rstrip("?")
    path = raw if raw.startswith("/") else "/" + raw.split("://", 1)[-1].partition("/")[2]
    url = (settings.public_url or request.host_url.rstrip("/")) + path
    try:
        form = request.form
    except RequestEntityTooLarge:
        abort(413)
    if not twilio_sms.signed(tokens=settings.auth_tokens, url=url, form=form, headers=request.headers):
        log.warning("signature_refused")
        abort(403)
    if settings.account_sid and form.get("AccountSid", "") not in ("", settings.account_sid):
        log.warning("foreign_account")
        abort(403)


def _ours(receiver: str) -> None:
    """403 for a text to a number that is not this clinic's (W-12)."""
    number = wired().settings.number
    if number and receiver and receiver.rpartition(":")[2] != number:
        log.warning("foreign_number")
        abort(403)


def _twiml(answer: str, sid: str = "") -> Response:
    """The answer to the text `sid`, with the address for the callbacks of each of its messages."""
    public, messages = wired().settings.public_url, answer.split(BREAK)
    named = [{"reply": sid}, *({"reply": sid, "part": str(part)} for part in range(2, len(messages) + 1))]
    urls = [f"{public}/sms/status?{urlencode(which)}" if public else "" for which in named]
    return Response(twilio_sms.twiml(*zip(messages, urls, strict=True)), mimetype="text/xml")
