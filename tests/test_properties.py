"""What must never happen, whatever is written in whatever order."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.channels.console import received
from bot.channels.types import Inbound
from bot.store import queries
from bot.store.models import BREAK, AppointmentRow, CommunicationRow, SlotRow
from bot.store.readings import reading_of
from bot.texts import TEXTS, gaps
from bot.turn import take
from tests.quick import examples
from tests.world import NUMBERS, World, make_world

WORDS = [
    "yes", "no", "1", "2", "3", "4", "0", "yes I will be there", "I can't make it", "cancel my appointment please", "UNDO", "NEW",
    "STATUS", "can we do another day", "tuesday afternoon", "any day but friday", "the 2nd one", "1 yes 2 no", "my son yes, me no",
    "where are you", "do I need to fast", "I have no ride", "STOP", "START", "CANCEL", "HELP", "call me", "wrong number",
    "I have chest pain", "I want to die", "he hits me", "sí voy", "no puedo ir", "otro día por favor", "en español por favor",
    "thanks", "🙏", "asdf", "", "Liked “You have a visit”", "wait no", "maybe", "running late", "I'm here", "DESHACER",
]  # fmt: skip
PEOPLE = st.sampled_from([*NUMBERS, "stranger"])
TALK = st.lists(st.tuples(PEOPLE, st.one_of(st.sampled_from(WORDS), st.text(max_size=60))), min_size=1, max_size=12)
SETTINGS = examples(40)
# Acts or commands without which a visit must not change.
ASKED = {"confirm", "cancel", "tentative", "reschedule", "choose"}


@SETTINGS
@given(talk=TALK)
def test_every_message_is_stored_and_answered_once(talk: list[tuple[str, str]], bot_parts: Any) -> None:
    """No sequence loses a message, answers one twice, or makes a turn fail."""
    world = make_world(bot_parts)
    for who, words in talk:
        inbound = received(sender=world.number(who), body=words)
        first = take(world.bot, inbound)
        assert take(world.bot, inbound) == ""  # a copy of the same message is silent
        assert take(world.bot, Inbound(**{**_fields(inbound), "retry": True})) == first  # the provider's retry gets the same
    with world.bot.store.session() as session:
        rows = session.scalars(select(CommunicationRow).where(CommunicationRow.direction == "inbound")).all()
        assert len(rows) == len(talk)
        assert {row.status for row in rows} == {"answered"}


@SETTINGS
@given(talk=TALK)
def test_a_visit_changes_only_when_somebody_asked(talk: list[tuple[str, str]], bot_parts: Any) -> None:
    """No visit of a phone changes in a turn whose message asked for no change; no other phone's visit ever does (N-04)."""
    world = make_world(bot_parts)
    for who in ("dorothy", "nadia", "rosa"):
        world.remind(who)
    for who, words in talk:
        before = _visits(world)
        inbound = received(sender=world.number(who), body=words)
        take(world.bot, inbound)
        changed = {key for key, value in _visits(world).items() if before.get(key) != value}
        if not changed:
            continue
        with world.bot.store.session() as session:
            row = session.scalars(select(CommunicationRow).where(CommunicationRow.provider_sid == inbound.sid)).one()
        read = reading_of(row.reading)
        assert read is not None
        acts = {*read.acts, *(answer.act for answer in read.answers)}
        asked = acts & ASKED or read.number is not None or read.keyword is not None
        assert asked, (words, row.rule, changed)
        own = set(_people_of(world, who))
        assert {patient for _, patient in changed} <= own


@SETTINGS
@given(talk=TALK)
def test_two_never_have_one_slot(talk: list[tuple[str, str]], bot_parts: Any) -> None:
    """However texts interleave, a time is booked once, and a booked time is not free (F-07)."""
    world = make_world(bot_parts)
    for who, words in talk:
        take(world.bot, received(sender=world.number(who), body=words))
    with world.bot.store.session() as session:
        booked = session.scalars(select(AppointmentRow.slot_id).where(AppointmentRow.status == "booked")).all()
        slots = [slot for slot in booked if slot is not None]
        assert len(slots) == len(set(slots))
        assert {session.get_one(SlotRow, slot).status for slot in slots} <= {"busy"}


@SETTINGS
@given(talk=TALK)
def test_nothing_is_sent_but_approved_texts(talk: list[tuple[str, str]], bot_parts: Any) -> None:
    """Every answer is made of approved texts of one language and the clinic's own sentences, gaps filled by type (S-11, H-05)."""
    world = make_world(bot_parts)
    patterns = {code: _pattern(world, code) for code in world.bot.texts.languages}
    for who, words in talk:
        answer = take(world.bot, received(sender=world.number(who), body=words))
        for message in filter(None, answer.split(BREAK)):
            plain = message.translate({0x200E: None, 0x200F: None})  # marks of direction
            assert any(pattern.fullmatch(plain) for pattern in patterns.values()), answer


def _pattern(world: World, code: str) -> re.Pattern[str]:
    """Everything that may be said in a language."""
    moment = r"[^;?]{2,40}?\d{1,2}:\d\d[^;()?\d]{0,8}?"
    clinic = world.bot.clinic.clinic
    sentences = [s[code] for part in (clinic.answers, clinic.resources, clinic.preparations) for s in part.values() if code in s]
    papers = "|".join(re.escape(paper.say[code]) for paper in clinic.papers if code in paper.say) or "(?!)"
    own = "|".join(re.escape(sentence) for sentence in sentences)
    gap = {
        "when": moment, "opens": moment, "whens": f"{moment}(?:; {moment})*", "options": rf"(?:\d\) {moment} ?)+",
        "answer": f"(?:{own})", "minutes": r"\d+", "practitioner": r"(?:Dr\.|Ms\.) \w+", "link": r"https://\S+",
        "papers": rf"(?:{papers})(?:, (?:{papers}))*", "clinic": re.escape(clinic.name), "phone": re.escape(clinic.phone),
    }  # fmt: skip
    said = []
    for key in TEXTS:
        source = re.escape(world.bot.texts.template(key, code))
        for name in gaps(TEXTS[key]):
            source = source.replace(re.escape("{" + name + "}"), gap[name])
        said.append(source.replace(r"\.", r"\.?"))
    return re.compile(rf"{re.escape(clinic.name)}: (?:(?:{'|'.join(said)}) ?)+")


def _visits(world: World) -> dict[tuple[int, int], tuple[Any, ...]]:
    with world.bot.store.session() as session:
        rows = session.scalars(select(AppointmentRow)).all()
        return {(row.id, row.patient_id): (row.start, row.status, row.participant) for row in rows}


def _people_of(world: World, who: str) -> list[int]:
    with world.bot.store.session() as session:
        return list(queries.people(session, world.phone_id(who)))


def _fields(inbound: Inbound) -> dict[str, Any]:
    return {name: getattr(inbound, name) for name in inbound.__dataclass_fields__}
