"""What all tests share: the reader read once, a clinic on a database of its own, and a provider that signs and posts."""

from __future__ import annotations

import gc
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import delete
from werkzeug.serving import make_server

import app as application
from bot import demo
from bot.demo.seed import seed
from bot.settings import Settings, read_settings
from bot.store.database import Store
from bot.store.models import SecretRow
from tests.cheap import cheap
from tests.patience import patient
from tests.postgres import Databases, postgres
from tests.provider import ACCOUNT, CLINIC_NUMBER, PUBLIC, TOKENS, Answer, post
from tests.quick import QUICK
from tests.world import PEOPLE, Clock, Parts, World, load_parts

KEY = Fernet.generate_key().decode()
LOOPBACK = ("127.0.0.1", "::1", "localhost")

# How long an example takes says more about what else the machine does than about what is tested.
hypothesis_settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
hypothesis_settings.register_profile("quick", hypothesis_settings.get_profile("unhurried"), max_examples=QUICK)
hypothesis_settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def cheaply() -> Iterator[None]:
    """No test but those of the real thing waits for hashes and migrations."""
    with cheap():
        yield


@pytest.fixture(scope="session", autouse=True)
def patiently() -> Iterator[None]:
    """No test but those of a database that is down gives up on one."""
    with patient():
        yield


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        assert self.family == socket.AF_UNIX or address[0] in LOOPBACK, f"a test tried to reach {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def bot_parts() -> Iterator[Parts]:
    """The reader and the texts, read once; applications get these."""
    parts = load_parts()
    gc.freeze()  # as a server does: what was learned stays
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "load_reader", lambda *_, **__: parts.reader)
        patch.setattr(application, "load_texts", lambda *_: parts.texts)
        yield parts


@pytest.fixture
def clock() -> Clock:
    """Wednesday 4 March 2026, nine in the morning at the clinic, until it is moved."""
    return Clock()


def settings_in(folder: Path, url: str | None = None) -> Settings:
    """The settings of a clinic with a provider, its database (SQLite's, unless `url` names another) and spool in that folder."""
    return read_settings({
        "DATABASE_URL": url or f"sqlite:///{folder / 'clinic.db'}", "ATTEND_KEY": KEY, "SPOOL_DIR": str(folder / "spool"),
        "PUBLIC_URL": f"{PUBLIC}/#rc=2&rp=all", "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": ",".join(TOKENS),
        "TWILIO_NUMBER": CLINIC_NUMBER, "OPT_OUT_HANDLED_BY": "us", "BAA_ON_FILE": "yes",
    })  # fmt: skip


@contextmanager
def application_on(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """The application as a server starts it, and the end of it."""
    app = application.create_app(settings, clock=clock)
    try:
        yield app
    finally:
        app.extensions["attend"].bot.store.engine.dispose()


def fill(settings: Settings) -> None:
    """The demo's people, all of them reminded of their visits."""
    clock = Clock()
    with application_on(settings, clock) as app:
        bot = app.extensions["attend"].bot
        world = World(bot=bot, clock=clock, phones=seed(bot, PEOPLE))
        for who in ("dorothy", "marcus", "lucia", "ernesto", "nadia", "rosa"):
            world.remind(who)


@pytest.fixture(scope="session")
def seeded_file(bot_parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo's people; tests work on copies."""
    folder = tmp_path_factory.mktemp("seeded")
    fill(settings_in(folder))
    with closing(sqlite3.connect(folder / "clinic.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # only this file is copied
    return folder / "clinic.db"


@pytest.fixture(scope="session")
def begun(bot_parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """The files of a demo as it begins, and its moment; tests work on copies."""
    folder = tmp_path_factory.mktemp("demo")
    wired = demo.make(application.create_app(), application.wire, demo.demo_settings(folder / "demo.db"))
    wired.bot.store.engine.dispose()
    return folder, wired.bot.clock()


@pytest.fixture
def pages(begun: tuple[Path, datetime], tmp_path: Path) -> Iterator[Flask]:
    """The demo as it begins, on a database of its own."""
    folder, moment = begun
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    app = application.create_app()
    wired = demo.make(app, application.wire, demo.demo_settings(tmp_path / "demo.db"))
    wired.bot.clock.begin(moment)
    yield app
    wired.bot.store.engine.dispose()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """A PostgreSQL server."""
    with postgres() as found:
        yield found


@pytest.fixture(scope="session")
def seeded_database(bot_parts: Parts, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same clinic on PostgreSQL."""
    fill(settings_in(tmp_path_factory.mktemp("seeded"), databases.make("seeded")))
    return "seeded"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings on a fresh copy of the seeded database, of one kind and the other; PostgreSQL's turn is among the slow tests."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("seeded_file"), tmp_path / "clinic.db")
        yield settings_in(tmp_path)
        return
    with request.getfixturevalue("databases").copy(request.getfixturevalue("seeded_database")) as url:
        yield settings_in(tmp_path, url)


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """The application on the seeded clinic."""
    with application_on(settings, clock) as app:
        yield app


@pytest.fixture(scope="session")
def tables(databases: Databases) -> str:
    """A database on PostgreSQL as the migrations leave it, which then have nothing to do in its copies."""
    store = Store(url=databases.make("tables"), keys=(KEY.encode(),))
    store.migrate()
    with store.begin() as session:
        session.execute(delete(SecretRow))  # which are of one key alone
    store.engine.dispose()
    return "tables"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that nothing stands in, of one kind and the other; PostgreSQL's turn is among the slow tests."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'clinic.db'}"
        return
    with request.getfixturevalue("databases").copy(request.getfixturevalue("tables")) as url:
        yield url


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """Serves an application over HTTP on loopback, one thread a request; gives the port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def live(app: Flask) -> Iterator[int]:
    """The port at which the application is served."""
    with serving(app) as port:
        yield port


@pytest.fixture
def signed_post(live: int) -> Callable[..., Answer]:
    """`post` to the served application."""
    return lambda form, **how: post(live, form, **how)
