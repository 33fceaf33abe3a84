"""On which phones a person is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from bot.store import news, queries
from bot.store.models import AppointmentRow, PatientPhoneRow
from bot.store.outgoing import drop_waiting


def links(session: Session, patient_id: int) -> list[PatientPhoneRow]:
    """A patient's phones, the oldest first."""
    query = select(PatientPhoneRow).where(PatientPhoneRow.patient_id == patient_id)
    return list(session.scalars(query.order_by(PatientPhoneRow.phone_id)))


def unlink(session: Session, link: PatientPhoneRow, now: datetime) -> None:
    """The patient is not reached there any more: what waits to be sent there about them does not go, what was asked is forgotten.

    News of a visit that did not arrive so are told by a person: link the patient's other phones first.
    """
    untold = drop_waiting(session, link.patient_id, phone_id=link.phone_id)
    forget(session, link.patient_id, [link.phone_id])
    session.delete(link)
    session.flush()
    news.by_phone(session, untold, now)


def silence(session: Session, patient_id: int, now: datetime) -> None:
    """Nothing is started about the patient any more: what waits does not go, what was asked is forgotten.

    News of a visit that did not arrive so are told by a person.
    """
    untold = drop_waiting(session, patient_id)
    forget(session, patient_id, [link.phone_id for link in links(session, patient_id)])
    news.by_phone(session, untold, now)


def forget(session: Session, patient_id: int, phones: list[int]) -> None:
    """What was asked on these phones about the patient's visits is no longer asked, and cannot be taken back by text.

    A text that is being answered at this moment is decided anew, since its conversation has moved on.
    """
    theirs = set(session.scalars(select(AppointmentRow.id).where(AppointmentRow.patient_id == patient_id)))
    for phone_id in sorted(phones):
        phone = queries.locked_phone(session, phone_id)
        state = queries.state_of(phone)
        prompt = state.prompt
        if prompt is not None and (prompt.patient == patient_id or not theirs.isdisjoint(prompt.visits)):
            state = replace(state, prompt=None)
        queries.keep_state(phone, replace(state, undo=tuple(each for each in state.undo if each.visit not in theirs)))
        flag_modified(phone, "state")
    session.flush()


def keep_off(session: Session, visits: Mapping[int, int]) -> None:
    """These visits, visit → patient, were called off by text or otherwise; no text brings them back any more."""
    query = select(PatientPhoneRow.phone_id).where(PatientPhoneRow.patient_id.in_(set(visits.values())))
    for phone_id in sorted(set(session.scalars(query))):
        phone = queries.locked_phone(session, phone_id)
        state = queries.state_of(phone)
        left = tuple(each for each in state.undo if each.visit not in visits)
        if left != state.undo:
            queries.keep_state(phone, replace(state, undo=left))
    session.flush()
