"""Patients from a clinic's file: who they are, and on which phones they are reached."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from bot.ehr.csv_in import Row, Value
from bot.records.batch import Batch, Came, news
from bot.store.models import ConsentRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.store.outgoing import drop_waiting

FIELDS = {"name": "name", "language": "language", "birth_year": "birth_year", "details": "details_ok", "active": "active"}
SAID = (*FIELDS, "phone", "relation", "consent")


class People:
    """The patients that a batch of rows speaks of, read in four queries. column: where their identifier stands."""

    def __init__(self, batch: Batch, rows: list[Row], column: str) -> None:
        self._batch, self._column = batch, column
        keys = {batch.key("patient", row.says[column]) for row in rows}
        numbers = {batch.records.store.cipher.index(number) for row in rows for number in _numbers(row.says.get("phone"))}
        clinic, session = batch.records.clinic_id, batch.session
        patients = select(PatientRow).where(PatientRow.clinic_id == clinic, PatientRow.identifier_key.in_(keys)).with_for_update()
        self._patients = {patient.identifier_key: patient for patient in session.scalars(patients)}
        phones = select(PhoneRow).where(PhoneRow.clinic_id == clinic, PhoneRow.number_key.in_(numbers))
        self._phones = {phone.number_key: phone for phone in session.scalars(phones)}
        ids = [patient.id for patient in self._patients.values()]
        self._links: dict[int, dict[int, PatientPhoneRow]] = {}
        for link in session.scalars(select(PatientPhoneRow).where(PatientPhoneRow.patient_id.in_(ids))):
            self._links.setdefault(link.patient_id, {})[link.phone_id] = link

    def take(self, row: Row) -> tuple[PatientRow | None, Came]:
        """Makes or changes the row's patient; None when there is none and the row does not tell enough to make one."""
        identifier = row.says[self._column]
        key = self._batch.key("patient", identifier)
        patient = self._patients.get(key)
        if patient is None and not {"name", "language"} <= row.says.keys():
            what = "no such patient: import the patients first, or add the columns name, language and phone here"
            return None, self._batch.reject(row, self._column, what)
        changed, source = news(row, SAID, patient.source if patient else None)
        if patient is not None and not changed:
            return patient, Came.SAME
        came = Came.CHANGED if patient else Came.NEW
        if patient is None:
            patient = PatientRow(clinic_id=self._batch.records.clinic_id, identifier=str(identifier), identifier_key=key)
            self._patients[key] = patient
        for name, field in FIELDS.items():
            if name in changed:
                setattr(patient, field, changed[name])
        self._batch.session.add(patient)
        self._batch.session.flush()
        self._reach(row, patient, changed, before=_numbers_of(patient.source))
        patient.source = source
        if changed.get("active") is False:
            drop_waiting(self._batch.session, patient.id)
        return patient, came

    def reached(self, patient: PatientRow) -> bool:
        """Whether there is a phone to text this patient on."""
        return bool(self._links.get(patient.id))

    def _reach(self, row: Row, patient: PatientRow, changed: dict[str, Any], *, before: set[str]) -> None:
        """Links the patient with the row's phones, and no longer with those that the row named last time and now does not."""
        links, relation = self._links.setdefault(patient.id, {}), row.says.get("relation")
        if "phone" in changed:
            now_named = set(_numbers(changed["phone"]))
            for number in sorted(before - now_named):
                self._unlink(patient, number)
            for number in changed["phone"]:
                phone = self._phone(number)
                if phone.id not in links:
                    links[phone.id] = PatientPhoneRow(patient_id=patient.id, phone_id=phone.id, clinic_id=patient.clinic_id)
                    self._batch.session.add(links[phone.id])
                if phone.opted_out_at is not None:
                    self._batch.note(row, "phone", "has opted out of texts: nothing is sent there")
        for link in links.values():
            if relation is not None and {"phone", "relation"} & changed.keys():
                link.relation = str(relation).casefold()
            self._consent(link.phone_id, row.says.get("consent"))

    def _unlink(self, patient: PatientRow, number: str) -> None:
        phone = self._phone(number)
        link = self._links[patient.id].pop(phone.id, None)
        if link is not None:
            drop_waiting(self._batch.session, patient.id, phone_id=phone.id)
            self._batch.session.delete(link)
            self._batch.session.flush()

    def _phone(self, number: str) -> PhoneRow:
        records = self._batch.records
        key = records.store.cipher.index(number)
        if key not in self._phones:
            phone = self._batch.session.scalar(
                select(PhoneRow).where(PhoneRow.clinic_id == records.clinic_id, PhoneRow.number_key == key)
            ) or PhoneRow(clinic_id=records.clinic_id, number=number, number_key=key, created_at=self._batch.now)
            self._batch.session.add(phone)
            self._batch.session.flush()
            self._phones[key] = phone
        return self._phones[key]

    def _consent(self, phone_id: int, given: Value | None) -> None:
        """Writes down the consent that the clinic holds, once a phone; it never lifts an opt-out (O-17)."""
        session = self._batch.session
        if given is None or session.scalar(select(ConsentRow.id).where(ConsentRow.phone_id == phone_id).limit(1)):
            return
        ids = {"clinic_id": self._batch.records.clinic_id, "phone_id": phone_id}
        session.add(ConsentRow(**ids, decision="opt_in", source=f"import:{given}", at=self._batch.now))


def _numbers(given: Value | None) -> list[str]:
    return given if isinstance(given, list) else []


def _numbers_of(source: str | None) -> set[str]:
    return set(msgspec.json.decode(source).get("phone") or ()) if source else set()
