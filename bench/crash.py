"""Nothing lost, nothing done twice, when the whole server is killed again and again in the middle of a rush.

    .venv/bin/python bench/crash.py [--quick]

On SQLite and on PostgreSQL in turn: clients post signed texts, each from a patient of its own who was asked about a visit. The
server's processes are all killed with SIGKILL several times and started again. What got no answer is posted once more, marked as the
provider marks a retry. In the end the database must hold every text once, each answered exactly once, and every visit changed at most
once, as its text asked. Then, without --quick, the account of what goes out, of 10,000 due texts: see bench/delivery.py.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import delivery
import served
from databases import databases
from served import Server
from sqlalchemy import func, select

from bot.core import Bot
from bot.delivery.worker import UNANSWERED
from bot.store.models import AppointmentRow, CommunicationRow, PatientRow
from bot.store.sending_models import OutboxRow

CLIENTS = 6
GIVEN_UP = 180  # seconds after which a text that still has no answer counts as unanswered
AWAY = UNANSWERED.total_seconds()  # the provider has hung up by then: what lay unanswered so long goes as a text of its own
WORDS = ("yes", "what should I bring?", "yes!", "where are you?", "no")  # posted in peace first, to see what each of them does


@dataclass
class Text:
    """A text to be posted, and the answers that arrived for it."""

    sid: str
    patient: int
    body: str
    answers: list[str] = field(default_factory=list)
    posts: int = 0
    seconds: float = 0.0  # from the first post to the answer


class Rush:
    """Clients that post until every text has an answer, while the server dies and comes back."""

    def __init__(self, server: Server, texts: list[Text]) -> None:
        self._port, self._texts, self._lock = server.port, texts, threading.Lock()
        self.done = 0
        self.clients = [threading.Thread(target=self._post, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self) -> Rush:
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.join()

    def _post(self, client: int) -> None:
        """Posts a share of the texts, one after the other; one that got no answer again, marked as a retry."""
        for text in self._texts[client::CLIENTS]:
            began = time.monotonic()
            while not text.answers and time.monotonic() - began < GIVEN_UP:
                marks = {"I-Twilio-Idempotency-Token": uuid.uuid4().hex} if text.posts else {}
                text.posts += 1
                reply = served.post(self._port, served.inbound(text.sid, text.patient, text.body), **marks)
                if reply.error:
                    time.sleep(0.1)
                else:
                    text.answers.append(reply.text)
                    text.seconds = time.monotonic() - began
            with self._lock:
                self.done += 1


def under_fire(server: Server, texts: list[Text], kills: int) -> int:
    """Posts the texts and kills the server in between; gives how often it was killed while clients were waiting for it."""
    killed = 0
    with Rush(server, texts) as rush:
        for kill in range(1, kills + 1):
            while rush.done < len(texts) * kill // (2 * kills + 1):  # the second half is left for a busy machine, which may kill late
                time.sleep(0.002)
            time.sleep(random.random() * 0.02)  # anywhere in a request
            killed += rush.done < len(texts)
            server.kill()
            server.start()
    return killed


def account(bot: Bot, texts: list[Text], calm: dict[str, Text]) -> int:
    """Prints what became of the texts, and gives how many faults there are. calm: for each wording a text posted in peace."""
    with bot.store.session() as session:
        stored = Counter(session.scalars(select(CommunicationRow.provider_sid).where(CommunicationRow.direction == "inbound")))
        rows = {row.provider_sid: row for row in session.scalars(select(CommunicationRow))}
        sent = select(func.count()).select_from(OutboxRow).join(CommunicationRow, OutboxRow.communication_id == CommunicationRow.id)
        outbox = session.scalar(sent.where(CommunicationRow.in_reply_to.is_not(None))) or 0  # the others are reminders
        query = select(PatientRow, AppointmentRow).join(AppointmentRow, AppointmentRow.patient_id == PatientRow.id)
        visits = {person.name: (visit.status, visit.participant, visit.version) for person, visit in session.execute(query)}
    late = {text.sid for text in texts if text.answers == [""] and text.seconds > AWAY and rows[text.sid].answered_via == "outbox"}
    prompt = [text for text in texts if text.sid not in late]
    faults = {
        "not stored": [text for text in texts if not stored[text.sid]],
        "stored more than once": [text for text in texts if stored[text.sid] > 1],
        "not answered": [text for text in prompt if text.answers in ([], [""])],
        "answered otherwise than recorded": [text for text in prompt if text.sid in rows and text.answers != [rows[text.sid].reply]],
        "marked as failed": [text for text in texts if text.sid in rows and rows[text.sid].status != "answered"],
        "visit not as the text asked": [text for text in texts if visits[name(text)] != visits[name(calm[text.body])]],
        "visit changed twice": [text for text in texts if visits[name(text)][2] > 2],
        "answered once more by the outbox": [None] * (outbox - len(late)),
        "stored without being posted": [None] * (len(stored) - len({*texts_of(texts), *texts_of(calm.values())} & {*stored})),
    }
    changed = sum(visits[name(text)][2] == 2 for text in texts)
    asked = sum(visits[name(calm[text.body])][2] == 2 for text in texts)
    print(f"stored {sum(stored[text.sid] for text in texts)}   answered {sum(map(bool, (text.answers for text in texts)))}")
    print(f"answered by a text of its own, since no server was there for over {AWAY:.0f} s: {len(late)}")
    print(f"posted again {sum(text.posts > 1 for text in texts)}   visits changed {changed} of {asked} that asked for it")
    for fault, those in faults.items():
        print(f"{fault:<34} {len(those)}")
    return sum(map(len, faults.values()))


def name(text: Text) -> str:
    """The patient that a text comes from."""
    return f"Patient {text.patient}"


def texts_of(texts: Iterable[Text]) -> set[str]:
    """The ids of texts."""
    return {text.sid for text in texts}


def main() -> int:
    """Runs, prints the account, and gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer texts and kills, within 45 seconds")
    quick = parser.parse_args().quick
    count, kills = (100, 2) if quick else (500, 6)
    faults, killed = 0, 0
    with databases() as kinds:
        for kind, make in kinds.items():
            print(f"{kind}:")
            more_faults, more_kills = rush(make(), count, kills)
            faults, killed = faults + more_faults, killed + more_kills
            faults += 0 if quick else delivery.under_fire(make(), delivery.TEXTS, delivery.KILLS)
    good = not faults and killed == 2 * kills
    texts, due = 2 * count, 0 if quick else 2 * delivery.TEXTS
    print(f"{'PASS' if good else 'FAIL'}: {faults} faults in {texts} texts and {due} due ones, killed {killed} times (of {2 * kills})")
    return 0 if good else 1


def rush(url: str, count: int, kills: int) -> tuple[int, int]:
    """One rush on a new database; gives the faults that its account shows, and how often the server was killed in the middle."""
    every = [Text(sid=f"SM{uuid.uuid4().hex}", patient=n, body=WORDS[n % len(WORDS)]) for n in range(count + len(WORDS))]
    texts, calm = every[:count], every[count:]
    with tempfile.TemporaryDirectory() as folder:
        bot = served.fill(Path(folder), ["en"] * len(every), url)
        server = Server("app:serve()", served.environment(Path(folder), url))
        with served.running(server):
            with Rush(server, calm):
                pass
            killed = under_fire(server, texts, kills)
        print(f"{count} texts from {CLIENTS} clients, every process of the server killed {killed} times")
        faults = account(bot, texts, {text.body: text for text in calm})
        bot.store.engine.dispose()
    return faults, killed


if __name__ == "__main__":
    sys.exit(main())
