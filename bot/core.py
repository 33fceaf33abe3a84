"""The bot as it is wired, and what its decisions about a conversation rest on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from bot.clinic import ClinicFile
from bot.dialogue.types import Facts, State, Visit, Waiting, Wants
from bot.moments import ALIASES
from bot.owned.current import Current
from bot.reads import Reads
from bot.store import programmes, queries, turns, waiting
from bot.store.database import Store
from bot.store.models import PhoneRow
from bot.store.turns import Line
from bot.texts import Texts


@dataclass(frozen=True)
class Bot:
    """Everything a turn needs, wired once at the start.

    clock: the current moment, aware. current: what the clinic tells now. version: of the program. alone: held by who reads.
    """

    store: Store
    reader: Reads
    texts: Texts
    current: Current
    clinic_id: int
    clock: Callable[[], datetime]
    carrier_answers: bool = True
    version: str = ""
    alone: threading.Lock = field(default_factory=threading.Lock)

    @property
    def clinic(self) -> ClinicFile:
        """What the clinic tells now."""
        return self.current.clinic

    @property
    def decides(self) -> str:
        """The versions of all that decides now, the program's and the clinic's own, as they stand beside each decision (S-17)."""
        return f"{self.version}-{self.clinic.version}"


def read_facts(bot: Bot, source: Connection | Session, phone: Line | PhoneRow, now: datetime) -> tuple[Facts, State]:
    """What decisions about a conversation rest on, without the slots."""
    people, open_, gone = turns.around(source, phone.id, now=now, zone=bot.clinic.zone)
    apart = {person.id for person in people if person.life_event}
    facts = Facts(
        now=now.astimezone(bot.clinic.zone),
        clinic=bot.clinic.clinic,
        people=tuple(replace(person, language=ALIASES.get(person.language, person.language)) for person in people),
        visits=tuple(visit for visit in open_ if visit.patient_id not in apart),
        gone=tuple(visit for visit in gone if visit.patient_id not in apart),
        apart=tuple(visit for visit in open_ if visit.patient_id in apart),
        languages=bot.texts.languages,
        staffed=bot.clinic.staffed(now),
        opens=bot.clinic.opens(now),
        answer_by=bot.clinic.answer_by(now),
        opted_out=phone.opted_out_at is not None,
        wants=Wants(phone.wants),
    )
    state = queries.state_of(phone)
    if state.prompt is not None and state.prompt.check_in is not None:
        facts = replace(facts, check_in=programmes.check_in(source, state.prompt.check_in, bot.clinic.programmes, bot.clinic.cadence))
    return facts, state


def with_slots(bot: Bot, source: Connection | Session, phone_id: int, facts: Facts) -> Facts:
    """The facts with the free times for the services of this phone's visits, and who of its people waits for one."""
    waits = waiting.of_phone(source, phone_id, zone=bot.clinic.zone)
    every: tuple[Visit | Waiting, ...] = (*facts.visits, *facts.gone, *waits)
    services = {each.service for each in every} | set(facts.clinic.open_services)
    who = {"clinic_id": bot.clinic_id, "phone_id": phone_id}
    slots = queries.free_slots(source, **who, services=services, now=facts.now, zone=bot.clinic.zone)
    return replace(facts, slots=slots, waiting=waits)
