"""Counts of days that are over are kept, so that a picture of a year costs what its days do, not what its texts do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from bot.core import Bot
from bot.desk.counts import COUNTS, Days, Span, count, ours
from bot.segments import segments
from bot.store.models import BREAK, AppointmentRow, CommunicationRow
from bot.store.tally_models import TallyRow
from bot.store.turns import TEXT, TEXTS, table

REACH = timedelta(days=1100)  # so far back days are counted ahead of being asked for
SETTLED = timedelta(days=35)  # after these what is kept of a day holds: a promise is kept or late, a text corrected or not
AGAIN = timedelta(hours=1)  # how old what is kept of a day may be before
FRESH = timedelta(days=1)  # what a page counts itself: today and so far back, which a worker may not have come to yet
MOST = 10  # days that are counted at once, so that others are not kept waiting
TALLIES = table(TallyRow)
_COUNTS = msgspec.json.Decoder(dict[str, int])


def counted(session: Session, name: str, span: Span) -> Days:
    """What happened on each day of a span on which something did: as kept, or counted now. name: of COUNTS.

    Days before yesterday that are not kept are left out (`missing`): a page costs the same however many of them there are.
    """
    kept = _kept(session, name, span)
    found = dict(kept)
    for part in _rest(span, {*kept, *_over(span)}):
        for day, what in count(session, name, part).items():
            found[day] = found.get(day, Counter()) + what
    return {day: what for day, what in found.items() if what}


def missing(session: Session, span: Span) -> dict[str, int]:
    """How many days of a span a worker has still to count, by picture."""
    first, row = _first(session, span.clinic_id), TallyRow
    days = [day for day in _over(span) if first is not None and day >= span.day(first)]
    if not days:
        return dict.fromkeys(COUNTS, 0)
    which = row.clinic_id == span.clinic_id, row.picture.in_(COUNTS), row.day >= days[0], row.day <= days[-1]
    kept = {name: number for name, number in session.execute(select(row.picture, func.count()).where(*which).group_by(row.picture))}
    return {name: len(days) - kept.get(name, 0) for name in COUNTS}


def _whole(span: Span) -> list[date]:
    """The days of which all belongs to a span."""
    return [day for day in span.days() if span.since <= span.begin(day) and span.begin(day + timedelta(days=1)) <= span.until]


def _over(span: Span) -> list[date]:
    """The days of a span that a worker counts and no page does."""
    before = span.day(span.now) - FRESH
    return [day for day in _whole(span) if day < before]


def _kept(session: Session, name: str, span: Span) -> Days:
    days = _whole(span)
    if not days:
        return {}
    row = TallyRow
    which = row.clinic_id == span.clinic_id, row.picture == name, row.day >= days[0], row.day <= days[-1]
    rows = session.execute(select(row.day, row.counts).where(*which))
    return {day: Counter(_COUNTS.decode(counts)) for day, counts in rows}


def _rest(span: Span, known: set[date]) -> Iterator[Span]:
    """The stretches of a span beside those days."""
    since: datetime | None = None
    for day in span.days():
        if day not in known:
            since = since or max(span.since, span.begin(day))
        elif since is not None:
            yield replace(span, since=since, until=span.begin(day))
            since = None
    if since is not None:
        yield replace(span, since=since)


def keep(bot: Bot) -> float | None:
    """Counts some days that are over and not kept, or kept long ago, the newest first; at once again while there are more."""
    todo = _todo(bot)
    for day in todo[:MOST]:
        _measure(bot, day)
        bot.store.write(partial(_write, bot, day, _count(bot, day)))
    return 0 if len(todo) > MOST else None


def _measure(bot: Bot, day: date) -> None:
    """Counts the segments of a day's texts that were written before that was done at once; words that were taken away are not there."""
    row = CommunicationRow
    with bot.store.session() as session:
        old = select(row.id, row.direction, row.body, row.reply).where(*ours(_day(bot, day)), row.segments.is_(None))
        rows = session.execute(old.where(func.length(row.body) > 0)).all()
    said = [(id_, body if direction == "outbound" else (reply or "").partition(BREAK)[0]) for id_, direction, body, reply in rows]
    if said:
        found = [{"text_id": id_, "took": segments(words)} for id_, words in said]
        change = update(TEXTS).where(TEXT.id == bindparam("text_id")).values(segments=bindparam("took"))
        bot.store.write(lambda connection: connection.execute(change, found))


def _count(bot: Bot, day: date) -> list[dict[str, object]]:
    """The rows of a day, counted while others write."""
    span, rows = _day(bot, day), []
    with bot.store.session() as session:
        for name in COUNTS:
            counts = dict(sum(count(session, name, span).values(), Counter[str]()))
            found = {"picture": name, "day": day, "counts": msgspec.json.encode(counts).decode()}
            rows.append({"clinic_id": bot.clinic_id, "at": span.now, **found})
    return rows


def _write(bot: Bot, day: date, rows: list[dict[str, object]], connection: Connection) -> None:
    mine = (TALLIES.c.clinic_id == bot.clinic_id) & (TALLIES.c.day == day)
    connection.execute(delete(TALLIES).where(mine))
    connection.execute(insert(TALLIES), rows)


def _day(bot: Bot, day: date) -> Span:
    now = bot.clock()
    whole = Span(bot.clinic_id, now, now, now, bot.clinic)
    return replace(whole, since=whole.begin(day), until=whole.begin(day + timedelta(days=1)))


def _todo(bot: Bot) -> list[date]:
    """The days that are to be counted: those from the first visit or text on that are not kept, or may have changed since."""
    now, row = bot.clock(), TallyRow
    today = now.astimezone(bot.clinic.zone).date()
    with bot.store.session() as session:
        first = (_first(session, bot.clinic_id) or now).astimezone(bot.clinic.zone).date()
        which = row.clinic_id == bot.clinic_id, row.picture.in_(COUNTS), row.day >= today - REACH
        whole = select(row.day, func.min(row.at)).where(*which).group_by(row.day).having(func.count() == len(COUNTS))
        kept = {day: at for day, at in session.execute(whole)}  # a picture that is new is counted of every day
    days = [today - timedelta(days=back) for back in range(1, min((today - first).days, REACH.days) + 1)]
    return [day for day in days if day not in kept or (today - day <= SETTLED and kept[day] < now - AGAIN)]


def _first(session: Session, clinic_id: int) -> datetime | None:
    """When a clinic's first visit was or its first text came."""
    visit, text = AppointmentRow, CommunicationRow
    moments = (
        session.scalar(select(visit.start).where(visit.clinic_id == clinic_id).order_by(visit.start).limit(1)),
        session.scalar(select(text.at).where(text.clinic_id == clinic_id).order_by(text.id).limit(1)),
    )
    return min((moment for moment in moments if moment is not None), default=None)
