"""What planning a due text costs in a clinic with few visits and in one with many, measured by turns in one run.

    .venv/bin/python bench/planning.py [--quick]

Fails when a text costs over a fifth more in the large clinic, or when a text was planned that was not due, or not that was.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from cryptography.fernet import Fernet
from sqlalchemy import func, insert, select

import app  # noqa: F401 - it keeps numpy to one thread, as a server does
from bot.clinic import load_clinic
from bot.core import Bot
from bot.delivery.planner import plan_due
from bot.owned.current import Current
from bot.settings import ROOT
from bot.store.database import Store
from bot.store.models import AppointmentRow, ClinicRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.store.sending_models import CommunicationRequestRow, OutboxRow
from bot.texts import load_texts
from bot.understand.reader import load_reader

MOST = 1.2  # how much more a text may cost among many visits
VISITS_EACH = 20  # of a patient: all but one of them past, as in a clinic's records
NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)  # Wednesday, ten in the morning at the clinic
WEEK = timedelta(days=7)
IN_A_WEEK = datetime(2026, 3, 11, 14, 0, tzinfo=UTC)  # ten in the morning as well: the clocks go forward before
CHUNK = 20_000


@dataclass(frozen=True)
class Clinic:
    """A clinic with so many visits, of which `due` are to be texted about now."""

    bot: Bot
    visits: int
    due: int


def main() -> int:
    """Prints what it measures and the verdict; gives the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="2,000 and 50,000 visits instead of 10,000 and 1,000,000")
    quick = options.parse_args().quick
    sizes, rounds, batch = ((2_000, 50_000), 9, 9) if quick else ((10_000, 1_000_000), 10, 40)
    reader = load_reader(ROOT / "intents", cache=ROOT / "instance" / "cache")
    texts, costs = load_texts(ROOT / "locales"), {size: list[float]() for size in sizes}
    clinics, keys = [], (Fernet.generate_key(),)  # one process has one key
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            store = Store(url=f"sqlite:///{folder}/{size}.db", keys=keys)
            store.migrate()
            clinic_id = _fill(store, size, due=(rounds + 1) * batch)
            clinic = load_clinic(ROOT / "clinics" / "demo.yaml")
            bot = Bot(
                store=store,
                reader=reader,
                texts=texts,
                current=Current(clinic, store, clinic_id),
                clinic_id=clinic_id,
                clock=lambda: NOW,
            )
            clinics.append(Clinic(bot, size, (rounds + 1) * batch))
        for each in clinics:
            plan_due(each.bot, limit=batch)  # the first one fills the caches
        for _ in range(rounds):
            for each in clinics:
                began = time.process_time()  # what others do on the machine meanwhile does not count
                plan_due(each.bot, limit=batch)
                costs[each.visits].append(1000 * (time.process_time() - began) / batch)
        exact = all(_planned(each) for each in clinics)
    few, many = (statistics.median(costs[size]) for size in sizes)
    for size, cost in zip(sizes, (few, many), strict=True):
        print(f"{size:>9,} visits: {cost:.2f} ms of processor time a due text")
    good = exact and many / few <= MOST
    print(f"each due text once and no other: {'yes' if exact else 'NO'}")
    print(f"{'PASS' if good else 'FAIL'}: a due text costs {many / few:.2f} times as much among many visits, at most {MOST}")
    return 0 if good else 1


def _fill(store: Store, size: int, *, due: int) -> int:
    """Patients with a phone each and a past; the last visit of `due` of them is a week ahead, of the others later."""
    people = size // VISITS_EACH
    with store.begin() as session:
        clinic = ClinicRow(slug="bench")
        session.add(clinic)
        session.flush()
        ids = {"clinic_id": clinic.id}
        numbers = [f"+1716555{n:07}" for n in range(people)]
        _insert(
            session, PatientRow, [{**ids, "id": n + 1, "name": "Ann Example", "language": "en", "active": True} for n in range(people)]
        )
        phones = [{**ids, "id": n + 1, "number": numbers[n], "number_key": str(n), "state": "{}"} for n in range(people)]
        _insert(session, PhoneRow, [{**each, "created_at": NOW, "version": 1} for each in phones])
        reached = [{**ids, "patient_id": n + 1, "phone_id": n + 1, "relation": "self"} for n in range(people)]
        _insert(session, PatientPhoneRow, reached)
        _insert(session, AppointmentRow, [{**ids, **_visit(n, people, due)} for n in range(size)])
        return clinic.id


def _visit(n: int, people: int, due: int) -> dict[str, object]:
    """The nth visit: the first one of each patient is to come, all others have passed."""
    patient, back = n % people, n // people
    if back:
        start, look_at = NOW - back * WEEK * 4 - timedelta(minutes=patient % 400), None
    elif patient < due:
        start, look_at = IN_A_WEEK, NOW
    else:
        start, look_at = NOW + 3 * WEEK, NOW + 2 * WEEK
    values = {"patient_id": patient + 1, "service": "primary", "start": start, "minutes": 30, "next_text_at": look_at}
    return {**values, "status": "booked" if not back else "fulfilled", "participant": "needs-action", "version": 1}


def _insert(session, row, values) -> None:  # type: ignore[no-untyped-def]
    for begin in range(0, len(values), CHUNK):
        session.execute(insert(row), values[begin : begin + CHUNK])


def _planned(clinic: Clinic) -> bool:
    """Whether each due text was written once, and no other."""
    with clinic.bot.store.session() as session:
        asked = session.scalar(select(func.count()).select_from(CommunicationRequestRow))
        texts = session.scalar(select(func.count()).select_from(OutboxRow))
        visits = session.scalar(select(func.count(CommunicationRequestRow.appointment_id.distinct())))
    clinic.bot.store.engine.dispose()
    return asked == texts == visits == clinic.due


if __name__ == "__main__":
    sys.exit(main())
