"""`GET /metrics` for the operator's monitoring: numbers alone, for this machine or for who has the token."""

from __future__ import annotations

import hmac
import ipaddress

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from bot.metrics import exposition, measure
from bot.web.wiring import wired

FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")
blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def index() -> Response:
    """Prometheus' text format; 403 to others, 503 while the database cannot be read."""
    if not _may():
        abort(403)
    bot = wired().bot
    try:
        with bot.store.session() as session:
            gauges = tuple(measure(session, bot.clinic_id, bot.clock(), spooled=wired().spool.count()))
    except SQLAlchemyError as error:
        return Response(f"database: {type(error).__name__}\n", status=503, mimetype="text/plain")
    return Response(exposition(gauges), content_type=CONTENT_TYPE_LATEST)


def _may() -> bool:
    """With a token set, who has it. Without: this machine, unless the request came through a proxy on it."""
    token = wired().settings.metrics_token
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    return _here(request.remote_addr or "") and not any(name in request.headers for name in FORWARDED)


def _here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
