"""Looks whether an installation is well, and says in plain words what is not and what to do."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography.fernet import InvalidToken
from sqlalchemy import LargeBinary, func, select, type_coerce
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.channels.twilio_account import AccountError, TwilioAccount, knock
from bot.clinic import ClinicFile
from bot.editing.lint import SAFETY, Lint, reveals, unreviewed
from bot.operate.version import version_of
from bot.owned.current import Refused
from bot.settings import ROOT, Settings
from bot.store import writable
from bot.store.database import MIGRATIONS, Store
from bot.store.models import CommunicationRow, SecretRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.store.work_models import AlertRow
from bot.texts import Reviews, Texts

LATE = timedelta(minutes=10)  # how long a text may wait that is due, or one that came in


class Level(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Finding:
    """What was looked at and how it is."""

    level: Level
    about: str
    what: str


Findings = Iterator[Finding]


@dataclass(frozen=True)
class Installation:
    """What is looked at. account: None where no provider is set. refused: what staff have edited and this version does not take."""

    settings: Settings
    store: Store
    clinic: ClinicFile
    texts: Texts
    lint: Lint
    reviews: Reviews
    now: datetime
    account: TwilioAccount | None = None
    refused: tuple[Refused, ...] = ()


def examine(site: Installation) -> Findings:
    """Everything there is to look at; one look that breaks is a finding and stops no other."""
    for look in LOOKS:
        try:
            yield from look(site)
        except (SQLAlchemyError, OSError, InvalidToken) as error:
            yield Finding(Level.ERROR, look.__name__.strip("_"), f"could not be looked at ({type(error).__name__})")


def _database(site: Installation) -> Findings:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with site.store.engine.connect() as connection:
        there = MigrationContext.configure(connection).get_current_revision()
    kind = site.store.engine.dialect.name
    if there != newest:
        yield Finding(Level.ERROR, "database", f"its tables are of version {there}, this program's of {newest}: start the server once")
        return
    if why := writable.why_not(site.store):
        yield Finding(Level.ERROR, "database", f"it cannot be written: {why}")
        return
    yield Finding(Level.OK, "database", f"{kind}, tables of version {newest}, can be written")


def _version(_: Installation) -> Findings:
    said = "of phrases, texts and rules; it stands beside every text that they decide about (S-17)"
    yield Finding(Level.OK, "version", f"{version_of(ROOT)} {said}")


def _keys(site: Installation) -> Findings:
    with site.store.session() as session:
        token = session.scalar(select(type_coerce(SecretRow.value, LargeBinary)))
    if token is None:
        yield Finding(Level.WARNING, "keys", "the database has never been started with a key")
    elif site.store.cipher.renew(token) is not None:
        yield Finding(Level.WARNING, "keys", "older words are still under an old key: run `flask --app app key rotate`")
    else:
        yield Finding(Level.OK, "keys", "the newest key opens the database")
    beside = Path(site.store.engine.url.database or "").with_suffix(".key")
    if beside.is_file():
        open_to_all = beside.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        more = ", and others on this machine can read it" if open_to_all else ""
        yield Finding(Level.WARNING, "keys", f"a key lies beside the database{more}: set ATTEND_KEY, and keep it apart from backups")


def _clock(site: Installation) -> Findings:
    local = site.now.astimezone(site.clinic.zone)
    said = f"it is {local:%A, %-d %B %Y, %-I:%M %p} at the clinic ({site.clinic.zone.key}); compare it with a watch"
    yield Finding(Level.OK, "clock", said)
    if site.clinic.opens(site.now) is None:
        yield Finding(Level.ERROR, "hours", "the clinic has no hours within two weeks: patients are told that nobody ever reads")
    if not any(day >= local.date() for day in site.clinic.holidays):
        yield Finding(Level.WARNING, "hours", "the clinic has no holidays from today on: add them")


def _settings(site: Installation) -> Findings:
    """A section edited in the browser that this version refuses is as in the clinic's file, which nobody may have noticed."""
    for each in site.refused:
        who = f"what {each.change.actor} saved on {each.change.at:%Y-%m-%d}"
        yield Finding(
            Level.ERROR,
            "settings",
            f"this version does not take {who} under {each.change.section!r} ({each.why}): the clinic's file holds there instead. "
            f"Open Settings, {each.change.section!r}, compare it with the history, and save what shall hold, or let the file hold",
        )
    if not site.refused:
        yield Finding(Level.OK, "settings", "all that staff have edited holds")


def _queue(site: Installation) -> Findings:
    before = site.now - LATE
    with site.store.session() as session:
        late = _count(session, OutboxRow, OutboxRow.status == "waiting", OutboxRow.send_at < before)
        lost = _count(session, OutboxRow, OutboxRow.status == "failed", OutboxRow.send_at > site.now - timedelta(days=1))
        unanswered = (CommunicationRow.direction == "inbound", CommunicationRow.status == "received", CommunicationRow.at < before)
        open_ = _count(session, CommunicationRow, *unanswered)
    spooled = len(list(site.settings.spool_dir.glob("*.msg")))
    if late or open_:
        yield Finding(Level.ERROR, "queue", f"{late} texts are overdue and {open_} that came in are unanswered: is a sender running?")
    if spooled:
        yield Finding(
            Level.WARNING, "spool", f"{spooled} texts lie in the spool since the database was away: a running sender takes them in"
        )
    if lost:
        yield Finding(Level.WARNING, "queue", f"{lost} texts of the last day could not be sent: see the inbox")
    if not (late or open_ or spooled or lost):
        yield Finding(Level.OK, "queue", "nothing is overdue")


def _count(session: Session, kind: type[OutboxRow] | type[CommunicationRow], *where: object) -> int:
    return session.scalar(select(func.count()).select_from(kind).where(*where)) or 0  # type: ignore[arg-type]


def _alerts(site: Installation) -> Findings:
    """Danger must reach a second person when the first does not see it (S-13)."""
    given, minutes = site.settings, int(site.clinic.alert_after.total_seconds() // 60)
    if not (given.alert_webhooks or given.alert_emails):
        said = "nobody is told when an emergency is not taken on: set ALERT_WEBHOOK or ALERT_EMAIL (S-13)"
        yield Finding(Level.ERROR if site.account else Level.WARNING, "alerts", said)
    else:
        said = f"after {minutes} minutes {len(given.alert_webhooks)} webhooks and {len(given.alert_emails)} addresses are told in turn"
        yield Finding(Level.OK, "alerts", f"{said}; try them with `flask --app app alarm`")
    with site.store.session() as session:
        unread = select(AlertRow).where(AlertRow.acknowledged_at.is_(None), AlertRow.failed > 0)
        for row in session.scalars(unread.join(TaskRow, AlertRow.task_id == TaskRow.id).where(TaskRow.status == "requested")):
            said = f"nobody could be told of urgent item {row.task_id} ({row.error}), and nobody has taken it on: open the inbox now"
            yield Finding(Level.ERROR, "alerts", said)


def _opt_out(site: Installation) -> Findings:
    who = "the carrier answers STOP, START and HELP" if site.settings.carrier_answers else "we answer STOP, START and HELP"
    todo = (
        "its HELP answer, in the provider's console, must name the clinic, its phone and 911 (O-15)"
        if site.settings.carrier_answers
        else "the provider's own STOP handling must be off, else patients get two answers (O-03)"
    )
    yield Finding(Level.OK, "opt-out", f"{who}; {todo}")


def _texts(site: Installation) -> Findings:
    if words := reveals(site.clinic.clinic.name, site.lint):
        said = f"the clinic's name says {', '.join(map(repr, words))}, and every text begins with it: use a neutral name (H-03)"
        yield Finding(Level.ERROR, "clinic", said)
    left = {code: len(SAFETY.intersection(keys)) for code, keys in unreviewed(site.texts, site.reviews).items()}
    if not_read := [code for code, count in left.items() if count]:
        said = f"texts on safety and consent were read by no qualified translator in {', '.join(not_read)} (L-03)"
        yield Finding(Level.WARNING, "texts", said)


def _provider(site: Installation) -> Findings:
    if site.account is None:
        yield Finding(Level.WARNING, "provider", "TWILIO_ACCOUNT_SID is not set: nothing is sent")
        return
    kept = "texts are kept there for 400 days unless they are redacted or deleted (H-12); set a limit on spending, and an alert for it"
    yield Finding(Level.OK, "console", f"only its owner can look: {kept}")
    address = f"{site.settings.public_url}/sms"
    try:
        number = site.account.number(site.settings.number)
    except AccountError as error:
        yield Finding(Level.ERROR, "provider", str(error))
    else:
        places = {"webhook": (number.url, number.method), "fallback": (number.fallback_url, number.fallback_method)}
        for name, (url, method) in places.items():
            right = url.split("#")[0] == address and method == "POST"
            said = f"goes to {address}" if right else "goes elsewhere: run `flask --app app connect`"
            yield Finding(Level.OK if right else Level.ERROR, name, said)


def _signature(site: Installation) -> Findings:
    """The webhook must take what the provider signs for its public address, and nothing else (W-04 to W-08)."""
    if site.account is None:
        return
    address, form = f"{site.settings.public_url}/sms", {"AccountSid": site.settings.account_sid, "To": site.settings.number}
    try:
        signed, unsigned = knock(address, form, token=site.settings.auth_tokens[0]), knock(address, form, token=None)
    except AccountError as error:
        yield Finding(Level.ERROR, "signature", f"{address}: {error}: does it reach this server, with a valid certificate?")
        return
    if signed != 200:
        said = f"a signed request is answered by {signed}: does a proxy change the address, or is the token another one?"
        yield Finding(Level.ERROR, "signature", said)
    elif unsigned != 403:
        yield Finding(Level.ERROR, "signature", f"an unsigned request is answered by {unsigned} instead of 403: is this our server?")
    else:
        yield Finding(Level.OK, "signature", "signed requests are taken, others refused")


LOOKS: tuple[Callable[[Installation], Findings], ...] = (
    _database, _version, _keys, _clock, _settings, _queue, _alerts, _opt_out, _texts, _provider, _signature,
)  # fmt: skip
