"""The waiting list from a clinic's file: who waits keeps the place, and who has left or has a time is not put back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bot.dialogue.effects import JoinWaitlist, LeaveWaitlist
from bot.dialogue.wanted import Wanted
from bot.ehr.csv_in import Row
from bot.records.batch import Batch, Came, news
from bot.records.people import People
from bot.store import waiting
from bot.store.models import SlotRow
from bot.store.waiting_models import WaitingRow

SAID = ("service", "waiting_since", "first_day", "last_day", "weekdays", "earliest", "latest", "status")
SOURCE = "import"


class WaitingList:
    """Those of a batch of rows who wait, with their patients."""

    def __init__(self, batch: Batch, rows: list[Row]) -> None:
        self._batch, self._people = batch, People(batch, rows, "patient")
        mine = WaitingRow.clinic_id == batch.records.clinic_id
        query = select(WaitingRow).where(mine, WaitingRow.patient_id.in_(self._people.ids())).order_by(WaitingRow.id)
        every = batch.session.scalars(query.with_for_update()).all()
        self._said = {(row.patient_id, row.service): row.said for row in every if row.said}  # the newest of each
        slots = select(SlotRow.service).where(SlotRow.clinic_id == batch.records.clinic_id).distinct()
        self._services = set(batch.session.scalars(slots))

    def take(self, row: Row) -> Came:
        """Puts the row's patient on the list, changes what they wait for, or takes them off it."""
        patient, of_patient = self._people.take(row)
        if patient is None:
            return of_patient
        says: dict[str, Any] = row.says
        session, now, service = self._batch.session, self._batch.now, says["service"]
        said = self._said.get((patient.id, service))
        changed, told = news(row, SAID, said)
        if said is not None and not changed:
            return of_patient
        if says.get("status") == "off":
            waiting.leave(session, LeaveWaitlist(patient=patient.id, service=service, status="removed"), now)
            return self._keep(patient.id, service, told, Came.CALLED_OFF)
        try:
            wishes = _wanted(says).wishes(now.astimezone(self._batch.records.clinic.zone).date())
        except ValueError as error:
            return self._batch.reject(row, "", str(error))
        if service not in self._services:
            self._batch.note(row, "service", "there are no times of this kind: import them, or nobody is ever offered one")
        if not self._people.reached(patient):
            self._batch.note(row, "phone", "the patient has no phone: nobody can be offered a time")
        visit = waiting.coming(session, self._batch.records.clinic_id, patient.id, service, now)
        effect = JoinWaitlist(patient=patient.id, service=service, visit=visit, wishes=wishes, source=SOURCE)
        new = waiting.join(session, self._batch.records.clinic_id, effect, now, since=says["waiting_since"])
        return self._keep(patient.id, service, told, Came.NEW if new else Came.CHANGED)

    def _keep(self, patient_id: int, service: str, told: str, came: Came) -> Came:
        """Writes down what the file said, for the next time."""
        mine = WaitingRow.patient_id == patient_id, WaitingRow.service == service
        newest = self._batch.session.scalars(select(WaitingRow).where(*mine).order_by(WaitingRow.id.desc()).limit(1)).first()
        if newest is None:
            return Came.SAME  # was taken off and never on it
        newest.said = told
        return came


def _wanted(says: dict[str, Any]) -> Wanted:
    return Wanted(
        first=says.get("first_day"),
        last=says.get("last_day"),
        weekdays=frozenset(says.get("weekdays", ())),
        start=says.get("earliest"),
        end=says.get("latest"),
    )
