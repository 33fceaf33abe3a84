"""Visits from a clinic's file: a moved or called-off one takes its waiting texts with it, and a missing one stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bot.ehr.csv_in import Row
from bot.records.batch import Batch, Came, news
from bot.records.people import People
from bot.store import tasks
from bot.store.life import see_to_visits
from bot.store.models import AppointmentRow, PatientRow, SlotRow
from bot.store.outgoing import drop_waiting

MINUTES = 30
SAID = ("patient", "service", "start", "minutes", "practitioner", "video_link", "confidential", "status")
PLAIN = ("service", "minutes", "practitioner", "video_link", "confidential")
OFF = ("cancelled", "entered-in-error")


class Visits:
    """The visits that a batch of rows speaks of, with their patients."""

    def __init__(self, batch: Batch, rows: list[Row]) -> None:
        self._batch, self._people = batch, People(batch, rows, "patient")
        keys = {batch.key("visit", row.says["identifier"]) for row in rows}
        mine = AppointmentRow.clinic_id == batch.records.clinic_id
        found = batch.session.scalars(select(AppointmentRow).where(mine, AppointmentRow.identifier_key.in_(keys)).with_for_update())
        self._visits = {visit.identifier_key: visit for visit in found}
        booked = (AppointmentRow.identifier_key.is_(None), AppointmentRow.status == "booked")
        theirs = select(AppointmentRow).where(mine, *booked, AppointmentRow.patient_id.in_(self._people.ids()))
        self._unnumbered: dict[tuple[Any, ...], AppointmentRow] = {
            (visit.patient_id, visit.service, visit.start): visit for visit in batch.session.scalars(theirs)
        }

    def take(self, row: Row) -> Came:
        """Makes, changes, moves or calls off the row's visit."""
        patient, of_patient = self._people.take(row)
        if patient is None:
            return of_patient
        key = self._batch.key("visit", row.says["identifier"])
        visit = self._visits.get(key)
        changed, source = news(row, SAID, visit.source if visit else None)
        if visit is not None and not changed:
            return of_patient
        if not self._people.reached(patient):
            self._batch.note(row, "phone", "the patient has no phone: nobody can be texted about this visit")
        if visit is None and (visit := self._booked_by_text(row, patient)) is None:
            self._visits[key] = self._new(row, patient, key, source)
            self._seen_to(patient)
            return Came.NEW
        visit.identifier, visit.identifier_key, visit.source = str(row.says["identifier"]), key, source
        came = self._change(row, visit, patient, changed)
        self._seen_to(patient)
        return came

    def _seen_to(self, patient: PatientRow) -> None:
        """Who has died, or is in hospital, may still be waited for."""
        if patient.life_event:
            self._batch.session.flush()
            see_to_visits(self._batch.session, patient, self._batch.now)

    def _booked_by_text(self, row: Row, patient: PatientRow) -> AppointmentRow | None:
        """A visit that the patient booked here by text, and that now has come back with the clinic's own number."""
        return self._unnumbered.pop((patient.id, row.says["service"], row.says["start"]), None)

    def _new(self, row: Row, patient: PatientRow, key: str, source: str) -> AppointmentRow:
        values: dict[str, Any] = {name: row.says[name] for name in (*PLAIN, "start", "status") if name in row.says}
        visit = AppointmentRow(
            clinic_id=self._batch.records.clinic_id,
            patient_id=patient.id,
            identifier=str(row.says["identifier"]),
            identifier_key=key,
            source=source,
            **{"minutes": MINUTES, **values},
        )
        self._batch.session.add(visit)
        return visit

    def _change(self, row: Row, visit: AppointmentRow, patient: PatientRow, changed: dict[str, Any]) -> Came:
        for name in PLAIN:
            if name in changed:
                setattr(visit, name, changed[name])
        moved = visit.start != changed.get("start", visit.start)
        status = changed.get("status", visit.status)
        other = visit.patient_id != patient.id
        if moved and status in OFF and "status" not in changed:
            self._batch.note(row, "start", "was called off by text and stays so: write a status to book it again")
        came = Came.CALLED_OFF if status in OFF and visit.status not in OFF else Came.MOVED if moved else Came.CHANGED
        if moved or other or status != visit.status:
            drop_waiting(self._batch.session, visit.patient_id, visit_id=visit.id)
            # What the patient said was about the visit as it was (F-03); its old time is the clinic's to give away.
            visit.start, visit.slot_id, visit.changed_at = changed.get("start", visit.start), None, self._batch.now
            visit.participant = "needs-action" if moved or other else visit.participant
            visit.status, visit.patient_id = status, patient.id
            if moved or other or status == "booked":
                visit.told_at = self._batch.now  # who has just been told is not reminded at once
            if status in OFF:
                tasks.called_off(self._batch.session.connection(), visit.id, now=self._batch.now)
        return came


class Slots:
    """Free times from a clinic's file. A time that a visit or a patient's choice holds here stays taken whatever the file says.

    One that was closed here, with its day or with a visit that the clinic moved away, is not opened by a file that calls it free.
    """

    def __init__(self, batch: Batch, rows: list[Row]) -> None:
        self._batch = batch
        identifiers = {str(row.says["identifier"]) for row in rows}
        mine = SlotRow.clinic_id == batch.records.clinic_id
        found = batch.session.scalars(select(SlotRow).where(mine, SlotRow.identifier.in_(identifiers)).with_for_update()).all()
        self._slots = {slot.identifier: slot for slot in found}
        held = select(AppointmentRow.slot_id).where(AppointmentRow.slot_id.in_([slot.id for slot in found]))
        self._held = set(batch.session.scalars(held.where(AppointmentRow.status == "booked")))

    def take(self, row: Row) -> Came:
        """Makes or changes the row's free time."""
        says: dict[str, Any] = {"minutes": MINUTES, "practitioner": "", "status": "free", **row.says}
        slot = self._slots.get(says["identifier"])
        if slot is None:
            self._batch.session.add(SlotRow(clinic_id=self._batch.records.clinic_id, **says))
            return Came.NEW
        if slot.id in self._held or (slot.status == "busy-tentative" and slot.held_until and slot.held_until > self._batch.now):
            del says["status"]
            if says["start"] != slot.start:
                self._batch.note(row, "start", "a patient has taken this time here: it stays as it is")
                return Came.SAME
        closed = slot.status == "busy-unavailable" and (says.get("status"), says["start"]) == ("free", slot.start)
        if closed:  # the file said so before, too: it knows nothing of that yet
            del says["status"]
            self._batch.note(row, "status", "was closed here and stays so: to open it, let the file say busy first, or another time")
        changed = {name: value for name, value in says.items() if getattr(slot, name) != value}
        for name, value in changed.items():
            setattr(slot, name, value)
        return Came.CHANGED if changed else Came.SAME
