"""A promise that is late is apologised for, once, in the patient's language; keeping it stays a person's work."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core import Bot, read_facts
from bot.desk.work import claimed
from bot.rendering import compose
from bot.store import care, queries
from bot.store.models import PhoneRow
from bot.store.outgoing import queue
from bot.store.sending_models import PlannedReplyRow
from bot.store.work_models import PromiseRow

OLDEST = timedelta(days=1)  # an apology that comes later only reminds of what was forgotten
USEFUL = timedelta(hours=1)


def apologise(bot: Bot) -> None:
    """Apologises for promises that are late, to whoever the bot may text now; the others are tried again for a day."""
    now = bot.clock()
    late = (
        select(PromiseRow.id)
        .where(PromiseRow.clinic_id == bot.clinic_id, PromiseRow.kept_at.is_(None), PromiseRow.apologised_at.is_(None))
        .where(PromiseRow.due_at < now, PromiseRow.due_at > now - OLDEST)
    )
    with bot.store.session() as session:
        ids = session.scalars(late).all()
    for promise_id in ids:
        bot.store.run(partial(_apologise, bot, promise_id))


def _apologise(bot: Bot, promise_id: int, session: Session) -> None:
    promise, now = session.get_one(PromiseRow, promise_id), bot.clock()
    phone = queries.locked_phone(session, promise.phone_id)
    session.refresh(promise)  # a colleague may have answered, or another worker apologised, while the phone was waited for
    if promise.kept_at is not None or promise.apologised_at is not None or not _may(bot, session, phone):
        return
    facts, state = read_facts(bot, session, phone, now)
    language = state.language or next((person.language for person in facts.people), None)
    body = compose(bot.clinic.clinic.name, [bot.texts.render("late_answer", language)], language)
    queue(
        session,
        clinic_id=bot.clinic_id,
        phone_id=phone.id,
        body=body,
        now=now,
        sender="bot",
        useless_at=now + USEFUL,
        rule="start.late_answer",
        texts="late_answer",
        reader=bot.decides,
    )
    promise.apologised_at = now


def _may(bot: Bot, session: Session, phone: PhoneRow) -> bool:
    """Not in the night, nor to whom no automatic text goes, nor while a person is answering or has put an answer by."""
    number, _ = care.number(session, phone, now=bot.clock(), zone=bot.clinic.zone)
    planned = select(PlannedReplyRow.communication_id).where(PlannedReplyRow.phone_id == phone.id, PlannedReplyRow.done_at.is_(None))
    happened = any(patient.life_event for patient, _ in queries.people(session, phone.id).values())  # it may be about them
    if number.stop or happened or phone.unusable_at is not None or session.scalar(planned.limit(1)) is not None:
        return False
    by_day = bot.clinic.cadence.hours.lawful(bot.clock(), number.zones)
    return by_day and claimed(session, phone.id, bot.clock()) is None
