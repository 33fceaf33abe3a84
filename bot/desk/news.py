"""What a patient is told when staff book, move or call off a visit, and whether it can be told by text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.core import Bot
from bot.rendering import compose
from bot.store import care, queries
from bot.store.models import PatientRow, PhoneRow
from bot.store.news import BOOKED, CALLED_OFF, MOVED
from bot.texts import SOURCE

# (what was done, whether the patient had asked for it) → the sentence that tells of it.
SENTENCES = {
    (BOOKED, False): "clinic_booked",
    (BOOKED, True): "asked_booked",
    (MOVED, False): "clinic_moved",
    (MOVED, True): "asked_moved",
    (CALLED_OFF, False): "clinic_called_off",
    (CALLED_OFF, True): "asked_called_off",
}


@dataclass(frozen=True)
class Reach:
    """Where a patient hears of a visit, and in which language. phone_id: None without a phone; why_not: why no text goes, or ""."""

    phone_id: int | None
    language: str
    why_not: str = ""


@dataclass(frozen=True)
class News:
    """A text as it would go out. twin: the same in the language of who sends it."""

    language: str
    words: str
    twin: str


def reach(bot: Bot, session: Session, patient_id: int, *, visit_id: int | None = None) -> Reach:
    """How a patient can be told of a visit. visit_id: None for one that is not booked yet."""
    patient = session.get_one(PatientRow, patient_id)
    link = care.reached_on(session, [patient_id]).get(patient_id)
    if link is None:
        return Reach(None, patient.language, "no phone on record")
    phone = session.get_one(PhoneRow, link.phone_id)
    language = queries.state_of(phone).language or next(iter(queries.people(session, phone.id).values()))[0].language
    number, _ = care.number(session, phone, now=bot.clock(), zone=bot.clinic.zone)
    if number.stop not in ("", care.TAKEN_OVER):
        return Reach(phone.id, language, number.stop)
    if phone.unusable_at is not None and not queries.wrote_since(session, phone.id, phone.unusable_at):
        return Reach(phone.id, language, "texts do not arrive at this number")
    if visit_id is None:
        return Reach(phone.id, language, care.stop_of(patient))
    stop = next((each.stop for each in number.visits if each.id == visit_id), "too long ago")
    return Reach(phone.id, language, stop)


def news(bot: Bot, *, what: str, asked: bool, start: datetime, language: str, reader: str = SOURCE) -> News:
    """The text that tells what was done with the visit at `start`. reader: the language of who sends it."""
    values = [("when", start.astimezone(bot.clinic.zone))]

    def written(code: str) -> str:
        return compose(bot.clinic.clinic.name, [bot.texts.render(SENTENCES[what, asked], code, values)], code)

    return News(language=language, words=written(language), twin=written(reader))
