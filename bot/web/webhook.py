"""The provider's door: `POST /sms`, `POST /sms/status`, and whether this process is well."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from bot.channels import twilio_sms
from bot.channels.types import Inbound
from bot.delivery.status import record
from bot.dialogue.types import State
from bot.store.database import Conflict
from bot.turn import floor, take
from bot.web.wiring import Wired

log = structlog.get_logger()
blueprint = Blueprint("webhook", __name__)


def wired() -> Wired:
    """What app.py put together for this process."""
    return current_app.extensions["attend"]  # type: ignore[no-any-return]


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
        return _twiml(take(wired().bot, inbound))
    except (SQLAlchemyError, Conflict) as error:
        log.error("database_down", error=type(error).__name__)
        return _without_database(inbound)


def _without_database(inbound: Inbound) -> Response:
    """Danger is answered whatever is broken (S-05); everything else is stored on disk before it counts (W-20)."""
    danger, answer = floor(wired().bot, inbound.body, State())
    try:
        wired().spool.put(inbound)
    except OSError as error:
        log.error("spool_unwritable", error=type(error).__name__)
        if danger is None:
            return Response("cannot store the message now", status=503)
    return _twiml(answer if inbound.textable else "")


@blueprint.post("/sms/status")
def status() -> Response:
    """A status callback (W-29): 204 whatever it tells; 503 when it could not be stored."""
    _verify()
    form, store = request.form, wired().bot.store
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    said = form.get("MessageStatus") or form.get("SmsStatus", "")
    if not sid or not said:
        return Response(status=204)
    try:
        with store.begin() as session:
            record(session, sid=sid[:64], status=said, phone_key=store.cipher.index(form.get("To", "")))
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
    """200 when the database can be written, 503 when it cannot."""
    try:
        with wired().bot.store.begin() as session:
            session.execute(sql("select id from clinic"))
    except SQLAlchemyError as error:
        return Response(f"database: {type(error).__name__}\n", status=503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


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


def _twiml(answer: str) -> Response:
    return Response(twilio_sms.twiml(answer), mimetype="text/xml")
