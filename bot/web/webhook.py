"""The provider's door: `POST /sms`, `POST /sms/status`, and whether this process is well."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from bot.channels import twilio_sms
from bot.channels.types import Inbound
from bot.dialogue.decide import decide
from bot.dialogue.types import Facts, Say, State
from bot.store import queries
from bot.texts import compose
from bot.turn import take
from bot.understand.types import Message
from bot.web.wiring import Wired

log = structlog.get_logger()
blueprint = Blueprint("webhook", __name__)
# How far a status has come; a later callback never takes one back (W-31).
RANK = {"queued": 0, "accepted": 0, "scheduled": 0, "sending": 1, "sent": 2, "delivered": 3, "undelivered": 3, "failed": 3, "read": 4}


def wired() -> Wired:
    """What app.py put together for this process."""
    return current_app.extensions["attend"]  # type: ignore[no-any-return]


@blueprint.post("/sms")
def sms() -> Response:
    """An inbound text, signed by the provider. Answers TwiML; 403 unsigned; 503 only when it could not be stored anywhere."""
    _verify()
    inbound = twilio_sms.parse(request.form, request.headers)
    if inbound is None:
        log.warning("no_message", fields=sorted(set(request.form) & {"MessageSid", "From", "To", "Body"}))
        return _twiml("")
    try:
        return _twiml(take(wired().bot, inbound))
    except SQLAlchemyError as error:
        log.error("database_down", error=type(error).__name__)
        return _without_database(inbound)


def _without_database(inbound: Inbound) -> Response:
    """Danger is answered whatever is broken (S-05); everything else is stored on disk before it counts (W-20)."""
    answer, urgent = _floor(inbound)
    try:
        wired().spool.put(inbound)
    except OSError as error:
        log.error("spool_unwritable", error=type(error).__name__)
        if not urgent:
            return Response("cannot store the message now", status=503)
    return _twiml(answer if inbound.textable else "")


def _floor(inbound: Inbound) -> tuple[str, bool]:
    """What can be answered with neither database nor network: the safety text, else the fixed one."""
    bot = wired().bot
    now = bot.clock().astimezone(bot.clinic.zone)
    read = bot.reader.read(Message(text=inbound.body, now=now))
    if read.urgent is None:
        return compose(bot.clinic.clinic.name, [bot.texts.render("failed", read.language)]), False
    facts = Facts(now=now, clinic=bot.clinic.clinic, languages=bot.texts.languages)
    decision = decide(state=State(), understanding=read, facts=facts)
    parts = [bot.texts.render(say.key, decision.language, say.values) for say in decision.effects if isinstance(say, Say)]
    return compose(bot.clinic.clinic.name, parts), True


@blueprint.post("/sms/status")
def status() -> Response:
    """A status callback: best effort, unordered, repeated (W-29, W-31)."""
    _verify()
    sid, said = request.form.get("MessageSid", ""), request.form.get("MessageStatus", "")
    with wired().bot.store.begin() as session:
        row = queries.by_sid(session, sid)
        if row is not None and row.direction == "outbound" and RANK.get(said, -1) > RANK.get(row.status, -1):
            row.status = said
    return Response(status=204)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 while the process can answer at all."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 when the database answers, 503 when it does not."""
    try:
        with wired().bot.store.session() as session:
            session.execute(sql("select 1"))
    except (OperationalError, SQLAlchemyError) as error:
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
    if not twilio_sms.signed(tokens=settings.auth_tokens, url=url, form=form, signature=request.headers.get("X-Twilio-Signature")):
        log.warning("signature_refused")
        abort(403)
    if settings.account_sid and form.get("AccountSid", settings.account_sid) != settings.account_sid:
        log.warning("foreign_account")
        abort(403)


def _twiml(answer: str) -> Response:
    return Response(twilio_sms.twiml(answer), mimetype="text/xml")
