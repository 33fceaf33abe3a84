"""The `flask --app app …` commands."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from flask.cli import AppGroup

from bot import demo
from bot.accounts import people
from bot.accounts.types import Accounts, Refused
from bot.clinic import load_clinic
from bot.commands import operate, records
from bot.commands import settings as clinic_settings
from bot.delivery import catchup, switch
from bot.delivery.worker import Worker
from bot.desk import candidates
from bot.editing.catalog import update_catalog
from bot.editing.scaffold import scaffold
from bot.errors import DataError, SettingsError
from bot.preview import report
from bot.settings import ROOT, read_settings
from bot.store import queries
from bot.store.database import Store
from bot.understand.labels import CHANGES
from bot.understand.times import as_answer
from bot.understand.types import Context, Message, Option, Understanding

if TYPE_CHECKING:
    from bot.understand.reader import Reader

Wire = Callable[..., Any]


def register(app: Flask, wire: Wire) -> None:
    """Adds the commands to the application."""
    _register_inbox(app, wire)
    _sending(app, wire)

    @app.cli.command("demo")
    @click.option("--port", default=8000, show_default=True)
    @click.option("--host", default="127.0.0.1", show_default=True)
    @click.option("--fresh", is_flag=True, help="Throw the demo's database away first.")
    def run_demo(port: int, host: str, fresh: bool) -> None:
        """A demo clinic in the browser: a phone to text from at /demo, the inbox at /inbox."""
        with _clear_errors():
            demo.run(app, wire, host=host, port=port, fresh=fresh)

    @app.cli.command("chat")
    @click.option("--as", "who", default=1, show_default=True, help="Number of the demo patient who writes.")
    @click.option("--save", type=click.Path(path_type=Path), help="Write the talk as a conversation test to this file.")
    def chat(who: int, save: Path | None) -> None:
        """Text the demo clinic from the terminal."""
        with _clear_errors():
            demo.chat(app, wire, who=who, save=save)

    @app.cli.command("understand")
    def understand() -> None:
        """JSON lines in, JSON lines out: how each message is read."""
        with _clear_errors():
            reader = _reader()
        for line in sys.stdin:
            if line.strip():
                print(json.dumps(_answer(reader, line), ensure_ascii=False), flush=True)

    @app.cli.command("explain")
    @click.argument("text")
    @click.option("--context", type=click.Choice([context.value for context in Context]), default="reminder", show_default=True)
    @click.option("--lang", help="The patient's language on record.")
    def explain(text: str, context: str, lang: str | None) -> None:
        """How one message is read, step by step."""
        with _clear_errors():
            _explain(_reader(), text, Context(context), lang)

    _register_data(app, wire)


def _register_data(app: Flask, wire: Wire) -> None:
    """The commands about what a clinic and its translators write."""

    @app.cli.command("check")
    @click.option("--language", help="All about one language: what is missing, too long, read wrongly or matched too widely.")
    def check(language: str | None) -> None:
        """Looks for errors in phrases, texts and clinic files; shows the segments of each text. Exits 1 on an error."""
        with _clear_errors():
            from bot.editing import check_language, checks  # noqa: PLC0415 - they import the reader

            settings = read_settings(demo=True)
            if language:
                raise SystemExit(check_language.run(ROOT, language, _reader(), settings))
            raise SystemExit(checks.run(ROOT, _reader(), settings))

    @app.cli.command("scaffold")
    @click.argument("language")
    def begin(language: str) -> None:
        """Begins a language: writes intents/LANGUAGE and locales/LANGUAGE with the English beside each gap."""
        with _clear_errors():
            print("\n".join(scaffold(ROOT, language)))

    @app.cli.command("texts")
    @click.argument("language")
    @click.option("--staff", is_flag=True, help="Begin the words of the staff's pages in it, too.")
    def texts(language: str, staff: bool) -> None:
        """Brings a language's catalogues up to date with the English of the program, or begins them."""
        from bot.editing import staff_texts  # noqa: PLC0415 - only this needs the memory for pages

        with _clear_errors():
            print(update_catalog(ROOT / "locales", language))
            if staff or staff_texts.path_of(ROOT, language).exists():
                print(staff_texts.update_staff_catalog(ROOT, language))

    @app.cli.command("preview")
    @click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The first day, YYYY-MM-DD; default: today.")
    @click.option("--days", default=1, show_default=True, type=click.IntRange(1, 60), help="How many days.")
    @click.option("--demo", "of_demo", is_flag=True, help="Of the demo clinic.")
    @click.option("--with", "other", type=click.Path(exists=True, path_type=Path), help="What this clinic file would change.")
    def preview(on: datetime | None, days: int, of_demo: bool, other: Path | None) -> None:
        """Every text that will go, and every one that will not and why; nothing is sent."""
        with _clear_errors():
            bot = wire(app, demo.demo_settings(demo.DATABASE) if of_demo else read_settings(), reads=False).bot
            cadence = load_clinic(other).cadence if other else None
            first = on.date() if on else bot.clock().astimezone(bot.clinic.zone).date()
            print("\n".join(report(bot, first=first, days=days, other=cadence)))

    records.register(app.cli, _clear_errors)
    clinic_settings.register(app.cli, _clear_errors)
    operate.register(app.cli, _clear_errors)

    app.cli.add_command(_admin_commands())


def _admin_commands() -> AppGroup:
    admin = AppGroup("admin", help="Who may open the staff's pages.")

    @admin.command("create")
    @click.argument("email")
    def create_admin(email: str) -> None:
        """Prints the link by which EMAIL becomes an administrator: the first, or one who is locked out."""
        with _clear_errors():
            print(_invited_admin(email))

    return admin


def _register_inbox(app: Flask, wire: Wire) -> None:
    @app.cli.command("candidates")
    def export_candidates() -> None:
        """Prints the reviewed corrections as YAML, for `intents/`: phrases to learn and sentences to test, by language."""
        with _clear_errors():
            bot = wire(app, read_settings(), reads=False).bot
        with bot.store.session() as session:
            print(candidates.export(session, bot.clinic_id), end="")


def _sending(app: Flask, wire: Wire) -> None:
    """The commands for what goes out by itself."""

    @app.cli.command("worker")
    def worker() -> None:
        """Sends what waits in the outbox, until it is told to end (SIGTERM, Ctrl+C). As many as wanted, on any machines.

        It reads no patients' texts: what a crash left unanswered, the web processes answer.
        """
        with _clear_errors():
            settings = read_settings()
            wired = wire(app, settings, reads=False)
        running = Worker(wired.bot, wired.channel, None, rate=settings.rate, alarm=wired.alarm)
        ends = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # for the threads, too, that are started now
        running.start()
        signal.sigwait(ends)
        running.stop()

    @app.cli.command("pause")
    def pause() -> None:
        """The kill switch: nothing but safety texts goes out any more, from any process."""
        with _clear_errors():
            bot = wire(app, read_settings(), reads=False).bot
        switch.pause(bot.store, bot.clinic_id, bot.clock())

    @app.cli.command("catch-up")
    def catch_up() -> None:
        """Lists the texts that were held up by an outage, in groups; what is to become of them is decided on the page of that name."""
        with _clear_errors():
            bot = wire(app, read_settings(), reads=False).bot
        for group in catchup.groups(bot):
            print(f"{len(group.ids):6}  {group.kind:24} {group.reason:32} {' '.join(group.can)}")

    @app.cli.command("resume")
    def resume() -> None:
        """Ends a pause, or a stop after a mistake in the provider's configuration."""
        with _clear_errors():
            bot = wire(app, read_settings(), reads=False).bot
        switch.resume(bot.store, bot.clinic_id)


class _clear_errors(AbstractContextManager[None]):
    """Turns a data or settings error into its message and exit code 2."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DataError | SettingsError):
            print(error, file=sys.stderr)
            raise SystemExit(2) from None


def _invited_admin(email: str) -> str:
    """An invitation's link, without starting anything else."""
    settings = read_settings()
    store = Store(url=settings.database_url, keys=settings.keys)
    store.migrate()
    clinic_id = queries.clinic_id(store, load_clinic(settings.clinic_file).slug)
    accounts = Accounts(store=store, clinic_id=clinic_id, clock=lambda: datetime.now(UTC))
    try:
        return people.link(settings.public_url, people.invite(accounts, email=email, role="admin", by=None))
    except Refused as error:
        raise SettingsError(f"{email}: {error}") from None
    finally:
        store.engine.dispose()


def _reader() -> Reader:
    from bot.understand.reader import load_reader  # noqa: PLC0415 - a worker has no memory for it

    return load_reader(ROOT / "intents", cache=read_settings(demo=True).cache_dir)


def _answer(reader: Reader, line: str) -> dict[str, Any]:
    """One line's answer; a bad line gets {"id", "error"}."""
    asked: Any = None
    try:
        asked = json.loads(line)
        return {"id": asked.get("id"), **as_json(reader.read(_message(asked)))}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return {"id": asked.get("id") if isinstance(asked, dict) else None, "error": f"{type(error).__name__}: {error}"}


def _message(asked: dict[str, Any]) -> Message:
    return Message(
        text=str(asked["text"]),
        context=Context(asked.get("context") or "none"),
        language=asked.get("lang"),
        now=datetime.fromisoformat(asked["now"]) if asked.get("now") else None,
        slots=tuple(Option(each["number"], datetime.fromisoformat(each["start"])) for each in asked.get("slots") or ()),
        visits=tuple(
            Option(each["number"], datetime.fromisoformat(each["start"]), tuple(filter(None, [each.get("who")])))
            for each in asked.get("visits") or ()
        ),
    )


def as_json(read: Understanding) -> dict[str, Any]:
    """A reading in the format of the `understand` command."""
    return {
        "lang": read.language,
        "acts": sorted(read.acts),
        "doubtful": sorted(read.doubtful),
        "topics": sorted(read.topics),
        "barriers": sorted(read.barriers),
        "urgent": read.urgent,
        "told": sorted(read.told),
        "choice": read.choice,
        "language_to": read.language_to,
        "when": as_answer(read.when) if read.when else None,
        "answers": [{"number": each.number, "act": each.act} for each in read.answers],
    }


def _explain(reader: Reader, text: str, context: Context, lang: str | None) -> None:
    now = datetime.now().astimezone()
    read = reader.read(Message(text=text, context=context, language=lang, now=now))
    print(f"language   {read.language or 'not told'}{' (clear)' if read.language_sure else ''}")
    print(f"keyword    {read.keyword or '-'}")
    for reason in read.reasons:
        change = " (a change)" if reason.label in CHANGES else ""
        print(f"{reason.label:<18} {reason.score:.2f}  {reason.source}{change}  {', '.join(reason.words)}")
    print(f"doubtful   {', '.join(sorted(read.doubtful)) or '-'}")
    if read.runner_up:
        print(f"runner-up  {read.runner_up[0]} {read.runner_up[1]:.2f}")
    print(json.dumps(as_json(read), ensure_ascii=False))
