"""Commands for who runs Attend: what translators have read, whether an installation is well."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.notices import Contacts, Notice, NotTold
from bot.channels.twilio_account import OVERRIDES, AccountError, TwilioAccount
from bot.clinic import ClinicFile, load_clinic
from bot.editing.lint import load_lint, review
from bot.errors import SettingsError
from bot.operate.doctor import Installation, Level, examine
from bot.operate.replay import Deciding, replay
from bot.owned.current import Current, Refused
from bot.records.opened import open_records
from bot.settings import ROOT, Settings, read_settings
from bot.store.database import Store
from bot.store.models import ClinicRow
from bot.texts import TEXTS, load_reviews, load_texts

Clear = Callable[[], AbstractContextManager[None]]


def register(cli: click.Group, clear_errors: Clear) -> None:
    """Adds the commands. clear_errors: turns data and settings errors into messages."""

    @cli.command("reviewed")
    @click.argument("language")
    @click.argument("keys", nargs=-1, required=True)
    @click.option("--by", required=True, help="Name and qualification of the translator who has read them.")
    def reviewed(language: str, keys: tuple[str, ...], by: str) -> None:
        """Writes down that a qualified translator has read these texts as they stand; `all` for all of them."""
        with clear_errors():
            every = tuple(TEXTS) if keys == ("all",) else keys
            review(ROOT / "locales", load_texts(ROOT / "locales"), language, every, by=by, today=datetime.now(UTC).date())

    @cli.command("doctor")
    def doctor() -> None:
        """Looks whether this installation is well, in plain words. Exits 1 when something is not."""
        with clear_errors():
            worst = Level.OK
            for finding in examine(_installation(read_settings())):
                print(f"{finding.level:8} {finding.about:10} {finding.what}")
                worst = Level.ERROR if Level.ERROR in (worst, finding.level) else worst
        raise SystemExit(1 if worst is Level.ERROR else 0)

    @cli.command("connect")
    def connect() -> None:
        """Tells the provider where the number's texts go: webhook and fallback, POST, with retries."""
        with clear_errors():
            settings = read_settings()
            account = _account(settings)
            if account is None:
                raise SettingsError("TWILIO_ACCOUNT_SID is not set: there is no account to connect")
            address = f"{settings.public_url}/sms"
            try:
                account.connect(account.number(settings.number), url=address)
            except AccountError as error:
                raise SettingsError(f"connect: {error}") from error
        print(f"webhook   {address}{OVERRIDES}\nfallback  {address}\nstatus    {address}/status (named with each text)")

    _alarm(cli, clear_errors)
    _replay(cli, clear_errors)


def _replay(cli: click.Group, clear_errors: Clear) -> None:
    @cli.command("replay")
    @click.option("--words", is_flag=True, help="Print the texts too, which are private.")
    def replay_(words: bool) -> None:
        """Reads stored texts and decides about them again: what would be otherwise now. Exits 1 when danger is lost."""
        from bot.understand.reader import load_reader  # noqa: PLC0415 - a worker has no memory for it

        with clear_errors():
            settings = read_settings()
            records = open_records(settings, actor=f"command:{getpass.getuser()}")
            reader, languages = load_reader(ROOT / "intents", cache=settings.cache_dir), load_texts(ROOT / "locales").languages
            tally = replay(records.store, Deciding(reader, records.clinic, languages), clinic_id=records.clinic_id)
            with records.store.begin() as session:
                records.record(session.connection(), action="replay", about="messages", reason="with words" if words else "")
        for each in sorted(tally.otherwise, key=lambda each: (not each.danger_lost, not each.changes_visit, each.id)):
            mark = "DANGER LOST" if each.danger_lost else "visit" if each.changes_visit else ""
            parts = "; ".join(f"{name}: {_said(then)} -> {_said(now)}" for name, (then, now) in each.parts.items())
            print(f"{each.id:8} {each.at:%Y-%m-%d} {mark:11} ({each.rule}) {parts}" + (f"  {each.words!r}" if words else ""))
        lost, visits = sum(each.danger_lost for each in tally.otherwise), sum(each.changes_visit for each in tally.otherwise)
        print(f"{tally.read} texts read again, {len(tally.otherwise)} otherwise: {lost} lose danger, {visits} concern a visit's change")
        if tally.skipped:
            print(f"{tally.skipped} texts could not be read again: their words are purged, or an older version stored them")
        raise SystemExit(1 if lost else 0)


def _alarm(cli: click.Group, clear_errors: Clear) -> None:
    @cli.command("alarm")
    def alarm() -> None:
        """Tells everybody on the list for emergencies that this is a test. Exits 1 when somebody could not be reached."""
        with clear_errors():
            settings = read_settings()
            clinic = load_clinic(settings.clinic_file)
        contacts = Contacts(settings.alert_webhooks, settings.alert_emails, smtp=settings.smtp_url, sender=settings.alert_from)
        notice = Notice(0, "test", "This is a test, nothing has happened", clinic.clinic.name, 0, f"{settings.public_url}/inbox")
        told = {contacts.name(place): _told(contacts, place, notice) for place in range(len(contacts))}
        for name, said in told.items():
            print(f"{name:10} {said}")
        if not told:
            print("nobody is on the list: set ALERT_WEBHOOK or ALERT_EMAIL")
        raise SystemExit(0 if told and set(told.values()) == {TOLD} else 1)


TOLD = "was told"


def _told(contacts: Contacts, place: int, notice: Notice) -> str:
    try:
        contacts.tell(place, notice)
    except NotTold as error:
        return f"could not be told: {error}"
    return TOLD


def _said(part: object) -> str:
    """A part of a reading in a line; `when` repeats words of the patient, so only that it changed is told."""
    if isinstance(part, dict):
        return "a time"
    return ",".join(map(str, part)) if isinstance(part, list) else str(part)


def _installation(settings: Settings) -> Installation:
    store = Store(url=settings.database_url, keys=settings.keys)
    clinic, refused = _clinic(store, load_clinic(settings.clinic_file))
    return Installation(
        settings=settings,
        store=store,
        clinic=clinic,
        refused=refused,
        texts=load_texts(ROOT / "locales"),
        lint=load_lint(ROOT / "locales"),
        reviews=load_reviews(ROOT / "locales"),
        now=datetime.now(UTC),
        account=_account(settings),
    )


def _clinic(store: Store, file: ClinicFile) -> tuple[ClinicFile, tuple[Refused, ...]]:
    """What the clinic tells now, and what staff have edited in vain; the file alone where the database cannot be read, which is
    a finding of its own.
    """
    with suppress(SQLAlchemyError), store.session() as session:
        if clinic_id := session.scalar(select(ClinicRow.id).where(ClinicRow.slug == file.slug)):
            current = Current(file, store, clinic_id)
            current.look()
            return current.clinic, current.refused
    return file, ()


def _account(settings: Settings) -> TwilioAccount | None:
    if not settings.account_sid:
        return None
    return TwilioAccount(account_sid=settings.account_sid, token=settings.auth_tokens[0])
