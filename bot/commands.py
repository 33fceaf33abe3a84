"""The `flask --app app …` commands."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from cryptography.fernet import Fernet
from flask import Flask

from bot import checks, demo
from bot.delivery import switch
from bot.delivery.worker import Worker
from bot.errors import DataError, SettingsError
from bot.settings import ROOT, read_settings
from bot.texts import update_catalog
from bot.understand.labels import CHANGES
from bot.understand.reader import Reader, load_reader
from bot.understand.times import as_answer
from bot.understand.types import Context, Message, Option, Understanding

Wire = Callable[..., Any]


def register(app: Flask, wire: Wire) -> None:
    """Adds the commands to the application."""
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

    @app.cli.command("check")
    def check() -> None:
        """Looks for errors in phrases, texts and clinic files; shows the segments of each text. Exits 1 on an error."""
        with _clear_errors():
            raise SystemExit(checks.run(ROOT, _reader(), read_settings(demo=True)))

    @app.cli.command("texts")
    @click.argument("language")
    def texts(language: str) -> None:
        """Brings a language's catalogue up to date with bot/texts.py, or begins it."""
        with _clear_errors():
            print(update_catalog(ROOT / "locales", language))

    @app.cli.command("key")
    def key() -> None:
        """A new key for ATTEND_KEY."""
        print(Fernet.generate_key().decode())


def _sending(app: Flask, wire: Wire) -> None:
    """The commands for what goes out by itself."""

    @app.cli.command("worker")
    def worker() -> None:
        """Sends what waits in the outbox, until it is told to end (SIGTERM, Ctrl+C). As many as wanted, on any machines."""
        with _clear_errors():
            settings = read_settings()
            wired = wire(app, settings)
        running = Worker(wired.bot, wired.channel, wired.spool, rate=settings.rate)
        ends = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # for the threads, too, that are started now
        running.start()
        signal.sigwait(ends)
        running.stop()

    @app.cli.command("pause")
    def pause() -> None:
        """The kill switch: nothing but safety texts goes out any more, from any process."""
        with _clear_errors():
            bot = wire(app, read_settings()).bot
        switch.pause(bot.store, bot.clinic_id, bot.clock())

    @app.cli.command("resume")
    def resume() -> None:
        """Ends a pause, or a stop after a mistake in the provider's configuration."""
        with _clear_errors():
            bot = wire(app, read_settings()).bot
        switch.resume(bot.store, bot.clinic_id)


class _clear_errors:
    """Turns a data or settings error into its message and exit code 2."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DataError | SettingsError):
            print(error, file=sys.stderr)
            raise SystemExit(2) from None


def _reader() -> Reader:
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
