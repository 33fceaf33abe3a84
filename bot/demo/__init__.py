"""The demo: a clinic with invented patients on an embedded database, in the browser or in the terminal."""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import run_simple

from bot.accounts.people import actors
from bot.accounts.types import Accounts
from bot.channels.console import received
from bot.delivery.worker import Worker
from bot.demo.clock import DemoClock
from bot.demo.history import live_through, write_today
from bot.demo.seed import seed
from bot.desk import tallies
from bot.remind import remind
from bot.settings import ROOT, Settings, read_settings
from bot.store import queries
from bot.store.account_models import UserRow
from bot.store.models import BREAK, CommunicationRow, PatientRow, PhoneRow
from bot.turn import take
from bot.web.wiring import Wired

PEOPLE = ROOT / "clinics" / "demo_people.yaml"
HISTORY = ROOT / "clinics" / "demo_history.yaml"
DATABASE = ROOT / "instance" / "demo.db"
COORDINATORS = {"ana@demo.example": "Ana Torres", "ben@demo.example": "Ben Carter"}
Wire = Callable[..., Wired]


def run(app: Flask, wire: Wire, *, host: str, port: int, fresh: bool) -> None:
    """Serves the demo until it is stopped. Nobody signs in: invented coordinators act, and the patients are invented too."""
    settings = demo_settings(DATABASE, fresh=fresh)
    print("Reading the phrases; the first start learns from them, which takes two to five minutes.", file=sys.stderr)
    wired = make(app, wire, settings, history=HISTORY)
    Worker(wired.bot, wired.channel, wired.spool, rate=math.inf, alarm=wired.alarm, every=0.5).start()
    print(f"\n  Phone  http://{host}:{port}/demo\n  Inbox  http://{host}:{port}/inbox\n\nStop with Ctrl+C.", file=sys.stderr)
    run_simple(host, port, app, threaded=True)


def demo_settings(database: Path, *, fresh: bool = False) -> Settings:
    """The settings of a demo on that SQLite file."""
    if fresh:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database}{suffix}").unlink(missing_ok=True)
    database.parent.mkdir(parents=True, exist_ok=True)
    return read_settings({"DATABASE_URL": f"sqlite:///{database}", "SPOOL_DIR": str(database.parent / "demo-spool")}, demo=True)


def make(app: Flask, wire: Wire, settings: Settings, *, history: Path | None = None) -> Wired:
    """Wires the application as a demo and fills an empty clinic: everybody gets a reminder first. history: a file of what was before.

    In the night, when no text may be started, the demo begins in the morning.
    """
    clock = DemoClock()
    wired = wire(app, settings, clock=clock)
    clock.begin(wired.bot.clinic.cadence.hours.after(clock(), (wired.bot.clinic.zone,)))
    _hire(wired)
    from bot.web import guard, inbox, phone  # noqa: PLC0415 - only a demo needs the memory for pages

    guard.install(app, secure=False, demo=True)
    app.register_blueprint(inbox.blueprint)
    app.register_blueprint(phone.blueprint)
    app.add_url_rule("/", view_func=phone.index, endpoint="home")
    with wired.bot.store.session() as session:
        empty = session.scalar(select(PatientRow.id).limit(1)) is None
    if empty:
        ana = actors(Accounts(store=wired.bot.store, clinic_id=wired.bot.clinic_id, clock=clock))[0]
        past = partial(live_through, wired.bot, clock, history, by=ana) if history else None
        phones = seed(wired.bot, PEOPLE, past=past)
        with wired.bot.store.begin() as session:
            for phone_id in dict.fromkeys(phones.values()):
                remind(wired.bot, session, phone_id)
        if history is not None:
            write_today(wired.bot, history, phones)
            while tallies.keep(wired.bot) is not None:  # as a worker has done with weeks that are over
                pass
    return wired


def _hire(wired: Wired) -> None:
    """Invents who acts in the demo. Without a password nobody can sign in as these people."""
    bot = wired.bot
    with bot.store.begin() as session:
        if session.scalar(select(UserRow.id).where(UserRow.clinic_id == bot.clinic_id)) is None:
            for email, name in COORDINATORS.items():
                session.add(UserRow(clinic_id=bot.clinic_id, email=email, name=name, role="coordinator", created_at=bot.clock()))


def chat(app: Flask, wire: Wire, *, who: int, save: Path | None) -> None:
    """A talk in the terminal, on a clinic of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        wired = make(app, wire, demo_settings(Path(folder) / "chat.db"))
        bot = wired.bot
        with bot.store.session() as session:
            phones = session.scalars(select(PhoneRow).order_by(PhoneRow.id)).all()
            if not 0 < who <= len(phones):
                raise SystemExit(f"--as {who}: there are patients 1 to {len(phones)}")
            row = phones[who - 1]
            names = " / ".join(patient.name for patient, _ in queries.people(session, row.id).values())
            first = session.scalars(select(CommunicationRow.body).where(CommunicationRow.phone_id == row.id)).first()
        print(f"You are {names}. An empty line ends the talk.\n\n< {first}")
        talk = _talk(bot, row.number)
        if save is not None:
            _save(save, names, talk)
            print(f"Written to {save}; add what must be true afterwards.")
        bot.store.engine.dispose()


def _talk(bot: Any, number: str) -> list[dict[str, Any]]:
    talk = []
    while line := _line():
        inbound = received(sender=number, body=line)
        answer = take(bot, inbound)
        with bot.store.session() as session:
            row = session.scalars(select(CommunicationRow).where(CommunicationRow.provider_sid == inbound.sid)).one()
        print("\n".join(f"< {message}" for message in answer.split(BREAK)) + f"\n  ({row.rule})")
        talk.append({"they": line, "says": (row.texts or "").split(",")})
    return talk


def _line() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        return ""


def _save(path: Path, names: str, talk: list[dict[str, Any]]) -> None:
    test = [{"name": f"A talk with {names}", "who": names.split(maxsplit=1)[0].casefold(), "talk": talk, "ends": {}}]
    path.write_text(yaml.safe_dump(test, allow_unicode=True, sort_keys=False, width=120), encoding="utf-8")
