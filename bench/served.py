"""What the benches of the webhook share: gunicorn on a database of its own, patients with visits, signed posts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from bot.core import Bot  # noqa: E402
from bot.demo.seed import seed  # noqa: E402
from bot.dialogue.types import Ask, Prompt, State  # noqa: E402
from bot.settings import read_settings  # noqa: E402
from bot.store import queries  # noqa: E402
from bot.store.models import AppointmentRow, PatientPhoneRow, PatientRow  # noqa: E402

PUBLIC, TOKEN = "https://texts.example.org", "bench-token"  # signs on loopback only
KEY = Fernet.generate_key().decode()  # of this run
WORKERS, THREADS = 2, 4
DEMO = 716  # area code


def use_key(folder: Path) -> None:
    """The key of what is kept in a folder: an earlier run's, or this one's from now on."""
    global KEY
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "key"
    if not place.exists():
        place.write_text(KEY, encoding="ascii")
    KEY = place.read_text(encoding="ascii")


def environment(folder: Path, database: str = "clinic.db") -> dict[str, str]:
    """The environment of a server whose files stand in `folder`. database: a file in it, or an address elsewhere.

    Without an account no text can leave the machine.
    """
    url = database if "://" in database else f"sqlite:///{folder / database}"
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), str(ROOT / "bench"), os.environ.get("PYTHONPATH", "")])),
        "DATABASE_URL": url, "SPOOL_DIR": str(folder / "spool"), "PUBLIC_URL": PUBLIC,
        "ATTEND_KEY": KEY, "TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": TOKEN, "OPT_OUT_HANDLED_BY": "us",
    }  # fmt: skip


def number(patient: int) -> str:
    """A telephone number of nobody: 555-01xx in one area code after the other, but for that of the demo's people."""
    area = 201 + patient // 100
    return f"+1{area + (area >= DEMO)}55501{patient % 100:02}"


def open_bot(folder: Path, database: str = "clinic.db") -> Bot:
    """A bot on a database that is there, or is made."""
    bot: Bot = create_app(read_settings(environment(folder, database))).extensions["attend"].bot
    return bot


def fill(folder: Path, languages: Sequence[str], database: str = "clinic.db") -> Bot:
    """A clinic with one patient for each of `languages`, each asked about one visit; gives a bot that reads its database."""
    bot = open_bot(folder, database)
    seed(bot, ROOT / "clinics" / "demo_people.yaml")
    now = datetime.now(UTC)
    with bot.store.begin() as session:
        for patient, language in enumerate(languages):
            _patient(session, bot, patient, language, now)
    return bot


def _patient(session: Session, bot: Bot, patient: int, language: str, now: datetime) -> None:
    person = PatientRow(clinic_id=bot.clinic_id, name=f"Patient {patient}", birth_year=1970, language=language)
    phone = queries.phone(session, bot.store.cipher, clinic_id=bot.clinic_id, number=number(patient), now=now)
    session.add(person)
    session.flush()
    session.add(PatientPhoneRow(patient_id=person.id, phone_id=phone.id, clinic_id=bot.clinic_id))
    start = (now + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    visit = AppointmentRow(clinic_id=bot.clinic_id, patient_id=person.id, service="primary", start=start, minutes=30)
    session.add(visit)
    session.flush()
    prompt = Prompt(ask=Ask.REMINDER, at=now, visits=(visit.id,), starts=(start,))
    queries.keep_state(phone, State(prompt=prompt))


@dataclass
class Server:
    """gunicorn with an application on a port of loopback."""

    application: str
    env: dict[str, str]
    port: int = 0
    threads: int = THREADS
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it in a process group of its own and waits until a worker answers; each takes requests only when it is ready."""
        self.port = self.port or free_port()
        command = [
            sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread",
            "--workers", str(WORKERS), "--threads", str(self.threads), "--log-level", "error", "--timeout", "60",
            self.application,
        ]  # fmt: skip
        log = Path(self.env["SPOOL_DIR"]).with_name(f"{self.port}.log").open("ab")
        self.process = subprocess.Popen(command, env=self.env, cwd=ROOT, stderr=log, start_new_session=True)
        log.close()
        deadline = time.monotonic() + 300
        while not self._answering():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"{self.application} did not start")
            time.sleep(0.05)

    def _answering(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    @property
    def pid(self) -> int:
        """Of the master process."""
        if self.process is None:
            raise RuntimeError("it has not been started")
        return self.process.pid

    def kill(self, how: int = signal.SIGKILL) -> None:
        """Ends master and workers at once."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait()

    def kill_one(self) -> None:
        """Ends one of the workers at once; the master starts another."""
        with suppress(ProcessLookupError):
            os.kill(int(random.choice(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())), signal.SIGKILL)


def free_port() -> int:
    """A port below those that the system gives to connections, so that none of them takes it while its server is down."""
    while True:
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return int(listener.getsockname()[1])


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """Starts servers and ends them whatever happens."""
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.kill()


@dataclass(frozen=True)
class Reply:
    """What one post got. text: the message in the TwiML, "" for silence; error: what went wrong instead."""

    seconds: float
    text: str = ""
    error: str = ""


def post(port: int, form: dict[str, str], **headers: str) -> Reply:
    """Posts a signed inbound text over a connection of its own, as the proxy does that stands between the provider and gunicorn.

    Kept open, a few connections fall to the workers by chance, six to one and two to the other.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body, head = signed(form)
    began = time.perf_counter()
    try:
        connection.request("POST", "/sms", body, {**head, **headers, "Connection": "close"})
        response = connection.getresponse()
        answer = response.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return Reply(time.perf_counter() - began, error=type(error).__name__)
    finally:
        connection.close()
    seconds = time.perf_counter() - began
    if response.status != 200:
        return Reply(seconds, error=f"HTTP {response.status}")
    return Reply(seconds, text=unescape("".join(re.findall("<Message[^>]*>(.*?)</Message>", answer, re.DOTALL))))


def signed(form: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """Body and head of a request as the provider signs it."""
    text = f"{PUBLIC}/sms" + "".join(name + form[name] for name in sorted(form))
    mark = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()
    return urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": mark}


def inbound(sid: str, patient: int, body: str) -> dict[str, str]:
    """The form of an inbound text, with the fields that the provider sends."""
    return {
        "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": "AC" + "0" * 32, "From": number(patient),
        "To": "+17165550100", "Body": body, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received",
        "ApiVersion": "2010-04-01", "FromCountry": "US", "FromState": "NY", "FromCity": "BUFFALO", "FromZip": "14201",
    }  # fmt: skip
