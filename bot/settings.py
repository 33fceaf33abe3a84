"""All settings, read from the environment once, each with a default that serves the demo."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from bot.errors import SettingsError
from bot.production import from_files, lacks

ROOT = Path(__file__).resolve().parent.parent

# name → (default, what it is). The README's table is checked against this.
NAMES: dict[str, tuple[str, str]] = {
    "DATABASE_URL": ("sqlite:///instance/attend.db", "the database: sqlite:///… on one machine, postgresql+psycopg://… for several"),
    "ATTEND_KEY": (
        "",
        "key for patients' words, names and numbers at rest: `flask --app app key` makes one; several, newest first, "
        "joined by commas. Empty: a key file beside the SQLite database",
    ),
    "CLINIC_FILE": ("clinics/demo.yaml", "what the clinic tells about itself"),
    "PUBLIC_URL": ("", "address under which the provider reaches this server, e.g. https://texts.example.org"),
    "TWILIO_ACCOUNT_SID": ("", "Twilio account, AC…"),
    "TWILIO_AUTH_TOKEN": ("", "Twilio auth token; during a rotation the old one after a comma"),
    "TWILIO_NUMBER": ("", "the number that texts are sent from, E.164"),
    "SENDER_TYPE": ("long-code", "what that number is: long-code (1 segment a second), toll-free (3) or short-code (100)"),
    "SEGMENTS_PER_SECOND": ("", "the number's rate, where the provider grants another"),
    "WORKERS": ("inside", "who sends: inside (the web process) or apart (processes of `flask --app app worker`)"),
    "OPT_OUT_HANDLED_BY": ("carrier", "who answers STOP, START and HELP: carrier (Twilio's default) or us"),
    "STAFF_PAGES": ("on", "the inbox and its accounts: on, or off for a server that takes messages alone"),
    "PROXY_HOPS": ("0", "how many proxies of yours stand before this server; only their X-Forwarded headers are believed"),
    "BAA_ON_FILE": ("", "yes, when the provider's business associate agreement is signed and the account flagged for HIPAA"),
    "OIDC_ISSUER": ("", "single sign-on: the address of your organisation's OpenID Connect issuer, e.g. https://login.example.org"),
    "OIDC_CLIENT_ID": ("", "single sign-on: what the issuer calls this server"),
    "OIDC_CLIENT_SECRET": ("", "single sign-on: the issuer's secret for this server"),
    "ALERT_WEBHOOK": ("", "https addresses that are told of emergencies which nobody takes on, one after the other, joined by commas"),
    "ALERT_EMAIL": ("", "e-mail addresses that are told next, one after the other, joined by commas; needs SMTP_URL and ALERT_FROM"),
    "ALERT_FROM": ("", "the address that these e-mails come from"),
    "SMTP_URL": ("", "the mail server: smtps://user:password@host:465, or smtp://…:587 (with STARTTLS, unless it is this machine)"),
    "METRICS_TOKEN": ("", "who asks for /metrics must bring it (Authorization: Bearer …). Empty: this machine alone may ask"),
    "SPOOL_DIR": ("instance/spool", "where messages wait while the database is down"),
    "CACHE_DIR": ("instance/cache", "where the trained reader is kept between starts"),
}
SINGLE = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
SAFE_TO_SIGN_IN = r"https://|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/|$)"

ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")

RATES = {"long-code": 1.0, "toll-free": 3.0, "short-code": 100.0}  # segments a second (D-11)
CHOICES = {"OPT_OUT_HANDLED_BY": ("carrier", "us"), "SENDER_TYPE": tuple(RATES), "WORKERS": ("inside", "apart")}
WHO_MUST = {"toll-free": "carrier", "short-code": "us"}  # of some numbers it is no choice who answers STOP (O-14)
WHY = {"carrier": "its carrier answers STOP and START whatever you set", "us": "nobody else answers STOP, START and HELP there"}
DATABASES = ("sqlite:", "postgresql+psycopg:")


@dataclass(frozen=True)
class Settings:
    """The settings of one process. keys: Fernet keys, newest first. auth_tokens: accepted ones, newest first.

    rate: segments a second of the number. sends: whether web processes send, too.
    """

    database_url: str
    keys: tuple[bytes, ...]
    clinic_file: Path
    public_url: str
    account_sid: str
    auth_tokens: tuple[str, ...]
    number: str
    rate: float
    sends: bool
    carrier_answers: bool
    spool_dir: Path
    cache_dir: Path
    staff_pages: bool
    proxy_hops: int
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    alert_webhooks: tuple[str, ...] = ()
    alert_emails: tuple[str, ...] = ()
    alert_from: str = ""
    smtp_url: str = ""
    metrics_token: str = ""
    demo: bool = False

    @property
    def secure(self) -> bool:
        """Whether people reach the pages by https."""
        return self.public_url.startswith("https://")


def read_settings(environ: Mapping[str, str] = os.environ, *, demo: bool = False) -> Settings:
    """Settings from `environ`; raises SettingsError that names every missing or wrong one at once."""
    wrong: list[str] = []
    environ = from_files(environ, NAMES, wrong)
    given = {name: environ.get(name, "").strip() or default for name, (default, _) in NAMES.items()}
    url = re.sub("^postgres(ql)?:", "postgresql+psycopg:", _absolute_sqlite(given["DATABASE_URL"]))  # as hosts write it
    public = given["PUBLIC_URL"].split("#")[0].rstrip("/")  # the fragment is never signed (W-07)
    if public and not public.startswith(("http://", "https://")):
        wrong.append(f"PUBLIC_URL is {public!r}: it must begin with https://")
    if not url.startswith(DATABASES):
        wrong.append(f"DATABASE_URL begins with {url.split(':')[0]!r}: it must begin with one of {', '.join(DATABASES)}")
    if re.match(r"https?://[^/]*@[^/]*:\d+(/|$)", public):
        wrong.append("PUBLIC_URL has a password and a port: requests signed for such an address cannot be checked (W-08)")
    _choices(given, wrong)
    if not re.fullmatch(r"|0*[1-9][0-9]*(\.[0-9]+)?|0?\.0*[1-9][0-9]*", given["SEGMENTS_PER_SECOND"]):
        wrong.append(f"SEGMENTS_PER_SECOND is {given['SEGMENTS_PER_SECOND']!r}: it must be a number above 0, e.g. 3")
    if not demo and environ.get("TWILIO_ACCOUNT_SID"):
        wrong += lacks(given, public)
    _pages(given, public, wrong, demo=demo)
    _alerts(given, wrong)
    clinic_file = _path(given["CLINIC_FILE"])
    if not clinic_file.is_file():
        wrong.append(f"CLINIC_FILE is {str(clinic_file)!r}: there is no such file")
    keys = _keys(given["ATTEND_KEY"], url, wrong)
    if wrong:
        raise SettingsError("Settings:\n  " + "\n  ".join(wrong))
    return Settings(
        database_url=url,
        keys=keys,
        clinic_file=clinic_file,
        public_url=public,
        account_sid=given["TWILIO_ACCOUNT_SID"],
        auth_tokens=_listed(given["TWILIO_AUTH_TOKEN"]),
        number=given["TWILIO_NUMBER"],
        rate=float(given["SEGMENTS_PER_SECOND"] or RATES[given["SENDER_TYPE"]]),
        sends=given["WORKERS"] == "inside",
        carrier_answers=given["OPT_OUT_HANDLED_BY"] == "carrier",
        spool_dir=_path(given["SPOOL_DIR"]),
        cache_dir=_path(given["CACHE_DIR"]),
        staff_pages=given["STAFF_PAGES"] == "on",
        proxy_hops=int(given["PROXY_HOPS"]),
        oidc_issuer=given["OIDC_ISSUER"].rstrip("/"),
        oidc_client_id=given["OIDC_CLIENT_ID"],
        oidc_client_secret=given["OIDC_CLIENT_SECRET"],
        alert_webhooks=_listed(given["ALERT_WEBHOOK"]),
        alert_emails=_listed(given["ALERT_EMAIL"]),
        alert_from=given["ALERT_FROM"],
        smtp_url=given["SMTP_URL"],
        metrics_token=given["METRICS_TOKEN"],
        demo=demo,
    )


def _pages(given: Mapping[str, str], public: str, wrong: list[str], *, demo: bool) -> None:
    """What is wrong with the settings of the staff's pages."""
    if given["STAFF_PAGES"] not in ("on", "off"):
        wrong.append(f"STAFF_PAGES is {given['STAFF_PAGES']!r}: it must be on or off")
    elif given["STAFF_PAGES"] == "on" and not demo and not re.match(SAFE_TO_SIGN_IN, public):
        wrong.append(
            f"PUBLIC_URL is {public!r}, but STAFF_PAGES is on, and people sign in by https alone (or on this machine, e.g. "
            "http://127.0.0.1:8000): set PUBLIC_URL to the https:// address, or STAFF_PAGES=off"
        )
    single = [given[name] for name in SINGLE]
    if any(single) and not all(single):
        wrong.append(f"{', '.join(SINGLE)}: all of them, or none")
    if given["OIDC_ISSUER"] and not re.match(SAFE_TO_SIGN_IN, given["OIDC_ISSUER"]):
        wrong.append(f"OIDC_ISSUER is {given['OIDC_ISSUER']!r}: it must begin with https://")
    if not given["PROXY_HOPS"].isdecimal() or int(given["PROXY_HOPS"]) > 9:
        wrong.append(f"PROXY_HOPS is {given['PROXY_HOPS']!r}: it must be a small number, e.g. 1 behind one proxy")


def _choices(given: dict[str, str], wrong: list[str]) -> None:
    for name, allowed in CHOICES.items():
        if given[name] not in allowed:
            wrong.append(f"{name} is {given[name]!r}: it must be {' or '.join(allowed)}")
    needed = WHO_MUST.get(given["SENDER_TYPE"], given["OPT_OUT_HANDLED_BY"])
    if given["OPT_OUT_HANDLED_BY"] != needed:
        wrong.append(f"OPT_OUT_HANDLED_BY must be {needed} for a {given['SENDER_TYPE']} number: {WHY[needed]}")


def _alerts(given: Mapping[str, str], wrong: list[str]) -> None:
    """What is wrong with whom to tell of emergencies (S-13). The addresses may hold secrets, so none of them is repeated."""
    if not all(re.match(SAFE_TO_SIGN_IN, url) for url in _listed(given["ALERT_WEBHOOK"])):
        wrong.append("ALERT_WEBHOOK: each address must begin with https:// (or be on this machine, e.g. http://127.0.0.1:9000/alert)")
    if not all(ADDRESS.fullmatch(each) for each in (*_listed(given["ALERT_EMAIL"]), *_listed(given["ALERT_FROM"]))):
        wrong.append("ALERT_EMAIL, ALERT_FROM: each must be an address such as oncall@clinic.example, several joined by commas")
    if given["SMTP_URL"] and not re.fullmatch(r"smtps?://([^@/]+@)?(\[[0-9a-f:]+\]|[^@/:\[]+)(:\d{1,5})?/?", given["SMTP_URL"]):
        wrong.append("SMTP_URL must look like smtps://user:password@mail.example.org:465 (other signs in the password as %XX)")
    if given["ALERT_EMAIL"] and not (given["SMTP_URL"] and given["ALERT_FROM"]):
        wrong.append("ALERT_EMAIL is set, but SMTP_URL or ALERT_FROM is missing: who sends these e-mails, and by which server?")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _path(text: str) -> Path:
    return Path(text) if Path(text).is_absolute() else ROOT / text


def _absolute_sqlite(url: str) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and url != "sqlite:///:memory:":
        path = _path(url.removeprefix(prefix))
        path.parent.mkdir(parents=True, exist_ok=True)
        return f"{prefix}{path}"
    return url


def _keys(text: str, url: str, wrong: list[str]) -> tuple[bytes, ...]:
    """The keys given, or one in a file of its own beside the SQLite database, made at the first start."""
    if not text and url.startswith("sqlite:///"):
        file = Path(url.removeprefix("sqlite:///")).with_suffix(".key")
        if not file.exists():
            file.touch(mode=0o600)
            file.write_bytes(Fernet.generate_key())
        text = file.read_text().strip()
    keys = tuple(key.strip().encode() for key in text.split(",") if key.strip())
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        wrong.append("ATTEND_KEY is no Fernet key (32 bytes in URL-safe base64): `flask --app app key` makes one")
    if not keys:
        wrong.append(f"ATTEND_KEY is missing: {NAMES['ATTEND_KEY'][1]}")
    return keys
