"""Which of the free times are offered, and whether they need be known."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.dialogue.types import Ask, Facts, Slot, State, Visit
from bot.understand.types import Understanding, Wish

NOTICE = timedelta(hours=2)  # no slot is offered that begins sooner
OFFERED = 3
ABOUT_SLOTS = frozenset({"new", "undo", "off_list", "status", "fewer", "visits_only"})  # commands


def wants_slots(read: Understanding, state: State) -> bool:
    """Whether deciding may need the free slots, or who waits for one, so that they are read only then."""
    if read.acts & {"reschedule", "choose"} or read.doubtful & {"choose", "reschedule"} or read.keyword in ABOUT_SLOTS:
        return True
    if "confirm" in read.acts and any(each.act == "cancel" for each in state.undo):
        return True
    asking = state.prompt.ask if state.prompt else None
    return asking in (Ask.SLOTS, Ask.WHEN, Ask.OFFER) or (read.number is not None and asking in (Ask.READ_BACK, Ask.CLARIFY, Ask.WHICH))


def suitable(facts: Facts, visit: Visit | None, service: str, patient: int | None = None) -> list[Slot]:
    """Free slots of the visit's service; for a new visit of the one called off, else of those that the clinic opened.

    Not those during another visit of the same patient.
    """
    services = {visit.service} if visit else {service} if service else set(facts.clinic.open_services)
    who = visit.patient_id if visit else patient
    others = [each for each in facts.visits if each.patient_id == who and each is not visit]
    free = (slot for slot in facts.slots if slot.start >= facts.now + NOTICE and slot.service in services)
    return [slot for slot in free if not any(slot.start < _end(each) and each.start < _end(slot) for each in others)]


def _end(each: Slot | Visit) -> datetime:
    return each.start + timedelta(minutes=each.minutes)


def spread(slots: list[Slot]) -> list[Slot]:
    """The first ones, at most two on a day while other days are free."""
    picked: list[Slot] = []
    for slot in slots:
        same_day = sum(slot.start.date() == other.start.date() for other in picked)
        if len(picked) < OFFERED and same_day < 2:
            picked.append(slot)
    for slot in slots:
        if len(picked) < OFFERED and slot not in picked:
            picked.append(slot)
    return sorted(picked, key=lambda slot: slot.start)


def nearest(slots: list[Slot], wishes: tuple[Wish, ...]) -> list[Slot]:
    """The ones that miss the wishes least: right day first, then right time of day, then soon."""

    def distance(slot: Slot) -> tuple[int, datetime]:
        best = 2
        for wish in wishes:
            day = wish.days is None or slot.start.date() in wish.days
            time = Wish(start=wish.start, end=wish.end).fits(slot.start)
            best = min(best, (not day) + (not time))
        return best, slot.start

    return spread(sorted(slots, key=distance)[: 3 * OFFERED])
