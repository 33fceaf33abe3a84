"""Texts that the clinic starts: how they are written, what they ask. Who gets one when is the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.core import Bot, read_facts
from bot.dialogue.check_ins import ASKS
from bot.dialogue.types import Ask, Facts, Prompt, State, Visit, Waiting, Wants
from bot.rendering import Value, compose
from bot.store import asking, care, queries
from bot.store.models import CommunicationRow, PhoneRow, SlotRow
from bot.store.outgoing import queue

NOTHING = "no visit to come"  # why there is nothing to remind of
BY_HAND = "by hand"  # the step of a reminder that a coordinator sent; each is one of its own
Sentence = tuple[str, list[tuple[str, Value]]]  # the key of an approved text, and the values of its gaps


@dataclass(frozen=True)
class About:
    """A visit that a text is about. step: what the schedule calls the text; say: the sentences about this visit."""

    id: int
    start: datetime
    step: str
    say: tuple[str, ...]


# The order of the sentences of one text.
ORDER = (
    "reminder", "ask_confirm", "clinic_booked", "clinic_moved", "asked_booked", "asked_moved", "clinic_called_off",
    "asked_called_off", "visit_when", "missed", "prepare", "papers", "see_you",
)  # fmt: skip
ASKING = frozenset({"reminder", "ask_confirm", "clinic_booked", "clinic_moved"})  # several of them make one question
BARE = ("prepare", "papers", "see_you")  # they name no visit
OVER = frozenset({"missed", "clinic_called_off", "asked_called_off"})  # they are answered by a word


def to_remind(bot: Bot, session: Session, phone: PhoneRow) -> tuple[list[Visit], str]:
    """The phone's open visits that a reminder may be sent about now; if there are none, why."""
    now = bot.clock()
    number, _ = care.number(session, phone, now=now, zone=bot.clinic.zone)
    if number.stop:
        return [], number.stop
    facts, _ = read_facts(bot, session, phone, now)
    stops = {visit.id: visit.stop for visit in number.visits}
    visits = [visit for visit in facts.visits if not stops.get(visit.id, NOTHING)]
    return visits, "" if visits else next(filter(None, map(stops.get, (visit.id for visit in facts.visits))), NOTHING)


def remind(bot: Bot, session: Session, phone_id: int) -> CommunicationRow | None:
    """Queues a reminder of the phone's open visits at a coordinator's word; None when none may or need be sent.

    One that waits and says just that is not written twice.
    """
    phone = queries.locked_phone(session, phone_id)
    visits, _ = to_remind(bot, session, phone)
    if not visits:
        return None
    if waits := care.waiting_about(session, phone_id, step=BY_HAND, visits={(visit.id, visit.start) for visit in visits}):
        return session.get_one(CommunicationRow, waits)
    every = [About(id=visit.id, start=visit.start, step=BY_HAND, say=("reminder",)) for visit in visits]
    return tell(bot, session, phone, every, useless_at=max(visit.start + timedelta(minutes=visit.minutes) for visit in visits))


def ask_medicine(bot: Bot, session: Session, phone_id: int) -> CommunicationRow | None:
    """Queues the medicine question; None when none may be sent."""
    phone = queries.locked_phone(session, phone_id)
    facts, state = read_facts(bot, session, phone, bot.clock())
    if not facts.people or not _allowed(facts, state) or facts.wants is not Wants.ALL:
        return None
    prompt = Prompt(ask=Ask.MEDICATION, at=facts.now)
    return _ask(bot, session, phone, _language(facts, state), [("medication", [])], prompt, BY_HAND)


def ask_check_in(bot: Bot, session: Session, phone: PhoneRow, *, check_in: int, say: str, useless_at: datetime) -> CommunicationRow:
    """Queues a question of a programme."""
    facts, state = read_facts(bot, session, phone, bot.clock())
    prompt = Prompt(ask=ASKS[say], at=facts.now, check_in=check_in)
    return _ask(bot, session, phone, _language(facts, state), [(say, [])], prompt, "programme", useless_at)


def ask_helped(bot: Bot, session: Session, phone_id: int, *, barrier: str, visit_id: int | None) -> CommunicationRow | None:
    """Queues the question whether help has worked; None when none may be sent. barrier: several, by commas."""
    phone = queries.locked_phone(session, phone_id)
    facts, state = read_facts(bot, session, phone, bot.clock())
    if not facts.people or not _allowed(facts, state):
        return None
    if any(visit.id == visit_id for visit in facts.apart):
        return None
    visits = tuple(visit.id for visit in facts.visits if visit.id == visit_id)
    if facts.wants is not Wants.ALL and not visits:
        return None
    prompt = Prompt(ask=Ask.HELPED, at=facts.now, visits=visits, act=barrier)
    return _ask(bot, session, phone, _language(facts, state), [("helped", [])], prompt, BY_HAND)


def offer_time(bot: Bot, session: Session, phone: PhoneRow, *, waiting: Waiting, slot: SlotRow, until: datetime) -> CommunicationRow:
    """Queues the offer of a free time to somebody who waits."""
    facts, state = read_facts(bot, session, phone, bot.clock())
    start = slot.start.astimezone(bot.clinic.zone)
    said: list[Sentence] = [("waitlist_offer", [("when", start)])]
    visit = next((visit for visit in facts.visits if visit.id == waiting.visit), None)
    if visit is not None:
        said.append(("no_fit_keeps", [("when", visit.start)]))
    prompt = Prompt(
        ask=Ask.OFFER,
        at=facts.now,
        visits=(visit.id,) if visit else (),
        starts=(visit.start,) if visit else (),
        slots=(slot.id,),
        slot_starts=(start,),
        patient=waiting.patient,
        service=waiting.service,
    )
    return _ask(bot, session, phone, _language(facts, state), said, prompt, "waiting list", until)


def tell(
    bot: Bot, session: Session, phone: PhoneRow, every: Iterable[About], *, useless_at: datetime | None = None
) -> CommunicationRow:
    """Queues one text about these visits and notes what it is about.

    Raises sqlalchemy.exc.IntegrityError when one of the visits has got this text before.
    """
    visits = [replace(each, start=each.start.astimezone(bot.clinic.zone)) for each in every]
    now = bot.clock()
    facts, state = read_facts(bot, session, phone, now)
    said, prompt = list(sentences(visits)), _prompt(visits, facts.now)
    steps = ", ".join(dict.fromkeys(each.step for each in visits))
    row = _ask(bot, session, phone, _language(facts, state), said, prompt, steps, useless_at)
    for each in visits:
        step = f"{BY_HAND} {row.id}" if each.step == BY_HAND else each.step
        care.request(session, phone=phone, communication_id=row.id, step=step, visit=each.id, start=each.start, now=now)
    return row


def sentences(visits: list[About]) -> Iterator[Sentence]:
    """The sentences of one text: questions about several visits are one question, with numbers."""
    asked = _asked(visits)
    if len(asked) > 1:
        yield "reminder_many", [("options", tuple(each.start for each in asked))]
    for say in ORDER:
        starts = tuple(each.start for each in visits if say in each.say)
        if not starts or (say in ASKING and len(asked) > 1):
            continue
        if say in BARE:
            yield say, []
        elif say == "missed":
            yield say, [("whens", starts)]
        elif say == "visit_when" and len(starts) > 1:
            yield "visits_when", [("whens", starts)]
        else:
            for start in starts:
                yield say, [("when", start)]


def _asked(visits: list[About]) -> list[About]:
    return [each for each in visits if not ASKING.isdisjoint(each.say)]


def _prompt(visits: list[About], now: datetime) -> Prompt | None:
    """The question in the text; an answer to a text that asks nothing is about the visits in it all the same."""
    asked = _asked(visits) or [each for each in visits if OVER.isdisjoint(each.say)]
    if not asked:
        return None
    sure = len(asked) == 1 and "ask_confirm" in asked[0].say  # the one text with numbers to choose from
    return Prompt(
        ask=Ask.READ_BACK if sure else Ask.REMINDER,
        at=now,
        visits=tuple(each.id for each in asked),
        starts=tuple(each.start for each in asked),
        act="confirm" if sure else "",
    )


def _allowed(facts: Facts, state: State) -> bool:
    """Nothing automatic to who opted out, is held, or is in a coordinator's hands, nor where nobody is left to be texted."""
    return not (facts.opted_out or state.hold or state.paused or all(person.life_event for person in facts.people))


def _language(facts: Facts, state: State) -> str:
    return state.language or facts.people[0].language


def _ask(
    bot: Bot,
    session: Session,
    phone: PhoneRow,
    language: str,
    said: list[Sentence],
    prompt: Prompt | None,
    why: str,
    useless_at: datetime | None = None,
) -> CommunicationRow:
    """Queues the text with what it asks (see `asking`), keeps why, of which approved sentences and by which version (S-17)."""
    body = compose(bot.clinic.clinic.name, [" ".join(bot.texts.render(key, language, values) for key, values in said)], language)
    return queue(
        session,
        clinic_id=bot.clinic_id,
        phone_id=phone.id,
        body=body,
        now=bot.clock(),
        sender="bot",
        useless_at=useless_at,
        rule=f"start.{why}",
        texts=",".join(dict.fromkeys(key for key, _ in said)),
        reader=bot.decides,
        asks=asking.kept(prompt),
    )
