"""Patients from a clinic's file: who they are, and on which phones they are reached."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from bot.ehr.csv_in import Row, Value
from bot.records.batch import Batch, Came, news
from bot.store import care
from bot.store.models import ConsentRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.store.reach import silence, unlink

FIELDS = {
    "name": "name", "language": "language", "birth_year": "birth_year", "zone": "zone", "details": "details_ok",
    "do_not_text": "do_not_text", "active": "active",
}  # fmt: skip
SAID = (*FIELDS, "phone", "relation", "consent")
REACHING = {"phone", "relation", "zone", "do_not_text", "active"}  # with these changes whether and when somebody is texted
ENOUGH = {"name", "language"}  # what a new patient must have


class People:
    """The patients that a batch of rows speaks of, read and made in a few statements.

    column: where their identifier stands; a row without one, as the desk may write it, is about somebody new.
    """

    def __init__(self, batch: Batch, rows: list[Row], column: str) -> None:
        self._batch, self._column = batch, column
        self._keys = {row.line: batch.key("patient", row.says[column]) if column in row.says else f"line {row.line}" for row in rows}
        clinic, session = batch.records.clinic_id, batch.session
        mine = PatientRow.clinic_id == clinic
        patients = select(PatientRow).where(mine, PatientRow.identifier_key.in_(set(self._keys.values()))).with_for_update()
        self._patients = {str(patient.identifier_key): patient for patient in session.scalars(patients)}
        self._new = {key: row for row in rows if (key := self._keys[row.line]) not in self._patients and row.says.keys() >= ENOUGH}
        self._patients |= {key: self._made(row, key) for key, row in self._new.items()}
        numbers = {number for row in rows if self._keys[row.line] in self._patients for number in _numbers(row.says.get("phone"))}
        index = {batch.records.store.cipher.index(number): number for number in numbers}
        phones = session.scalars(select(PhoneRow).where(PhoneRow.clinic_id == clinic, PhoneRow.number_key.in_(index)))
        self._phones = {phone.number_key: phone for phone in phones}
        for key in index.keys() - self._phones.keys():
            self._phones[key] = PhoneRow(clinic_id=clinic, number=index[key], number_key=key, created_at=batch.now)
        session.add_all([*self._patients.values(), *self._phones.values()])
        session.flush()
        self._links: dict[int, dict[int, PatientPhoneRow]] = {}
        for link in session.scalars(select(PatientPhoneRow).where(PatientPhoneRow.patient_id.in_(self.ids()))):
            self._links.setdefault(link.patient_id, {})[link.phone_id] = link
        reached = {phone.id for phone in self._phones.values()} | {phone for links in self._links.values() for phone in links}
        self._asked = set(session.scalars(select(ConsentRow.phone_id).where(ConsentRow.phone_id.in_(reached))))

    def _made(self, row: Row, key: str) -> PatientRow:
        numbered = {"identifier": str(row.says[self._column]), "identifier_key": key} if self._column in row.says else {}
        return PatientRow(clinic_id=self._batch.records.clinic_id, **numbered, **{name: row.says[name] for name in ENOUGH})

    def take(self, row: Row) -> tuple[PatientRow | None, Came]:
        """Makes or changes the row's patient; None when there is none and the row does not tell enough to make one."""
        key = self._keys[row.line]
        patient = self._patients.get(key)
        if patient is None:
            what = "no such patient: import the patients first, or add the columns name, language and phone here"
            return None, self._batch.reject(row, self._column, what)
        changed, source = news(row, SAID, patient.source)
        if not changed:
            return patient, Came.SAME
        for name, field in FIELDS.items():
            if name in changed:
                setattr(patient, field, changed[name])
        self._reach(row, patient, changed, before=_numbers_of(patient.source))
        patient.source = source
        if changed.get("active") is False or changed.get("do_not_text") is True:
            self._batch.session.flush()
            silence(self._batch.session, patient.id, self._batch.now)
        if REACHING & changed.keys():
            self._batch.session.flush()
            care.look_again_for(self._batch.session, [patient.id], self._batch.now)
        return patient, Came.NEW if self._new.pop(key, None) else Came.CHANGED

    def ids(self) -> list[int]:
        """Our ids of the patients."""
        return [patient.id for patient in self._patients.values()]

    def reached(self, patient: PatientRow) -> bool:
        """Whether there is a phone to text this patient on."""
        return bool(self._links.get(patient.id))

    def _reach(self, row: Row, patient: PatientRow, changed: dict[str, Any], *, before: set[str]) -> None:
        """Links the patient with the row's phones, and no longer with those that the row named last time and now does not."""
        links, relation = self._links.setdefault(patient.id, {}), row.says.get("relation")
        if "phone" in changed:
            now_named = set(_numbers(changed["phone"]))
            for number in changed["phone"]:
                phone = self._phone(number)
                if phone.id not in links:
                    links[phone.id] = PatientPhoneRow(patient_id=patient.id, phone_id=phone.id, clinic_id=patient.clinic_id)
                    self._batch.session.add(links[phone.id])
                if phone.opted_out_at is not None:
                    self._batch.note(row, "phone", "has opted out of texts: nothing is sent there")
            self._batch.session.flush()
            for number in sorted(before - now_named):
                self._unlink(patient, number)
        for link in links.values():
            if relation is not None and {"phone", "relation"} & changed.keys():
                link.relation = str(relation).casefold()
            self._consent(link.phone_id, row.says.get("consent"))

    def _unlink(self, patient: PatientRow, number: str) -> None:
        phone = self._phone(number)
        link = self._links[patient.id].pop(phone.id, None)
        if link is not None:
            unlink(self._batch.session, link, self._batch.now)

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
        if given is None or phone_id in self._asked:
            return
        self._asked.add(phone_id)
        ids = {"clinic_id": self._batch.records.clinic_id, "phone_id": phone_id}
        self._batch.session.add(ConsentRow(**ids, decision="opt_in", source=f"import:{given}", at=self._batch.now))


def _numbers(given: Value | None) -> list[str]:
    return [each for each in given if isinstance(each, str)] if isinstance(given, list) else []


def _numbers_of(source: str | None) -> set[str]:
    return set(msgspec.json.decode(source).get("phone") or ()) if source else set()
