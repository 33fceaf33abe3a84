"""The floor that the webhook is measured against: checks the signature, commits the message, commits the answer, and no more."""

from __future__ import annotations

import os

from flask import Flask, Response, abort, request
from sqlalchemy import Engine, create_engine, event, text
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse


def serve() -> Flask:
    """The application; its database has Attend's settings."""
    app = Flask(__name__)
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    engine = _engine(os.environ["DATABASE_URL"])

    @app.post("/sms")
    def sms() -> Response:
        url = os.environ["PUBLIC_URL"] + request.environ["RAW_URI"]
        if not validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
            abort(403)
        with engine.begin() as connection:
            values = {"sid": request.form["MessageSid"], "sender": request.form["From"], "body": request.form["Body"]}
            connection.execute(text("insert into message (sid, sender, body) values (:sid, :sender, :body)"), values)
        answer = "We got your message."
        with engine.begin() as connection:
            values = {"reply": answer, "sid": request.form["MessageSid"]}
            connection.execute(text("update message set reply = :reply where sid = :sid"), values)
        twiml = MessagingResponse()
        twiml.message(answer)
        return Response(str(twiml), mimetype="text/xml")

    @app.get("/readyz")
    def ready() -> Response:
        return Response("ready\n")

    return app


def _engine(url: str) -> Engine:
    """The database with its one table, which the first of the workers makes."""
    sqlite = url.startswith("sqlite")
    engine = create_engine(url, connect_args={"timeout": 10}) if sqlite else create_engine(url, pool_size=10, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def configure(connection, _record):  # type: ignore[no-untyped-def]
        if sqlite:
            connection.isolation_level = None
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection):  # type: ignore[no-untyped-def]
        if sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        if not sqlite:
            connection.execute(text("select pg_advisory_xact_lock(1)"))
        number = "integer" if sqlite else "serial"
        columns = f"id {number} primary key, sid text unique, sender text, body text, reply text"
        connection.execute(text(f"create table if not exists message ({columns})"))
    return engine
