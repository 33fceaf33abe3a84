"""What the worklist costs as history grows: the page's time with few closed items beside its time with many, in one run.

    .venv/bin/python bench/inbox.py [--quick]

Each clinic has OPEN open items. Fails when the page takes more than LIMIT times as long with the long history, or when SQLite
would read the items otherwise than through the index of the worklist.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cryptography.fernet import Fernet  # noqa: E402
from flask.testing import FlaskClient  # noqa: E402
from sqlalchemy import insert, text  # noqa: E402

from app import create_app, wire  # noqa: E402
from bot import demo  # noqa: E402
from bot.core import Bot  # noqa: E402
from bot.dialogue.items import KINDS  # noqa: E402
from bot.store.models import CommunicationRow, TaskRow  # noqa: E402

LIMIT = 2.0
OPEN = 300
SHORT, LONG, QUICK = 500, 200_000, 20_000
PAGES = ("/inbox", "/inbox?whose=unassigned&language=es", "/inbox?page=4", "/inbox/today", "/inbox/mark")
BATCH = 5_000
KEY = Fernet.generate_key()  # one for both, since a process has one


def main() -> int:
    """Measures, prints, and gives the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    many, rounds = (QUICK, 15) if quick else (LONG, 40)
    with tempfile.TemporaryDirectory() as name:
        clients = [clinic(Path(name) / f"{closed}.db", closed) for closed in (SHORT, many)]
        worst = 0.0
        for page in PAGES:
            short, long = measure([client for client, _ in clients], page, rounds)
            worst = max(worst, long / short)
            print(f"{page:38} {1000 * short:7.1f} ms with {SHORT} closed, {1000 * long:7.1f} ms with {many}: {long / short:.2f} times")
        indexed = through_index(clients[1][1])
        for _, bot in clients:
            bot.store.engine.dispose()
    passed = worst <= LIMIT and indexed
    how = "through" if indexed else "WITHOUT"
    print(f"{'PASS' if passed else 'FAIL'}: at most {worst:.2f} times, {LIMIT} are allowed; items read {how} the index")
    return 0 if passed else 1


def clinic(path: Path, closed: int) -> tuple[FlaskClient, Bot]:
    """The demo with OPEN open items and that many closed ones, each with a text of its own."""
    path.with_suffix(".key").write_bytes(KEY)
    app = create_app()
    bot = demo.make(app, wire, demo.demo_settings(path)).bot
    now, kinds = datetime.now(UTC), [kind for kind in KINDS if not kind.startswith("urgent")]
    body = bot.store.cipher.encrypt("please have somebody call me")
    for first in range(0, OPEN + closed, BATCH):
        texts, tasks = [], []
        for number in range(first, min(first + BATCH, OPEN + closed)):
            phone, at = 1 + number % 12, now - timedelta(minutes=number)
            texts.append({"id": 1000 + number, "phone_id": phone, "at": at, "body": body, "direction": "inbound", "status": "answered"})
            kind, done = kinds[number % len(kinds)], number >= OPEN
            task = {"phone_id": phone, "kind": kind, "rank": KINDS[kind].rank, "communication_id": 1000 + number, "created_at": at}
            state = {"status": "completed" if done else "requested", "closed_at": at if done else None}
            tasks.append({**task, **state, "due_at": at + timedelta(hours=4), "outcome": "done" if done else None})
        with bot.store.begin() as session:
            session.execute(insert(CommunicationRow), [{"clinic_id": 1, **row} for row in texts])
            session.execute(insert(TaskRow), [{"clinic_id": 1, **row} for row in tasks])
    return app.test_client(), bot


def measure(clients: list[FlaskClient], page: str, rounds: int) -> list[float]:
    """The median seconds of a page for each, taken in turn so that a busy moment of the machine meets all."""
    taken: list[list[float]] = [[] for _ in clients]
    for turn in range(rounds + 2):
        for number, client in enumerate(clients):
            began = time.perf_counter()
            assert client.get(page).status_code == 200
            if turn > 1:
                taken[number].append(time.perf_counter() - began)
    return [median(each) for each in taken]


def through_index(bot: Bot) -> bool:
    """Whether the worklist's rows come from its index in their order, with nothing to sort."""
    query = "select id from task where clinic_id = 1 and status = 'requested' order by rank, due_at, id limit 50"
    with bot.store.reading() as connection:
        plan = " ".join(row[3] for row in connection.execute(text(f"explain query plan {query}")))
    return "task_worklist" in plan and "TEMP B-TREE" not in plan


if __name__ == "__main__":
    sys.exit(main())
