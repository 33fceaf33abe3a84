"""Another time, wholly inside the texts: ask when, offer what really fits, book what is picked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.dialogue.draft import Draft
from bot.dialogue.effects import BookAppointment, CloseItems, MoveAppointment
from bot.dialogue.targets import about, target
from bot.dialogue.types import Ask, Participant, Prompt, Slot, State, Undo, Visit
from bot.dialogue.visits import SILENCE, confirm, unknown
from bot.understand.types import Understanding, When, Wish

NOTICE = timedelta(hours=2)  # no slot is offered that begins sooner
OFFERED = 3


def wants_slots(read: Understanding, state: State) -> bool:
    """Whether deciding may need the free slots, so that they are read only then."""
    if read.acts & {"reschedule", "choose"} or read.doubtful & {"choose", "reschedule"} or read.keyword in ("new", "undo"):
        return True
    asking = state.prompt.ask if state.prompt else None
    return asking in (Ask.SLOTS, Ask.WHEN) or (read.number is not None and asking in (Ask.READ_BACK, Ask.CLARIFY, Ask.WHICH))


def choose(draft: Draft) -> str | None:
    """Picks one of the offered times."""
    prompt = draft.prompt
    wanted = "choose" in draft.acts or (draft.doubtful == {"choose"} and not draft.acts - {"social"})
    if prompt is None or prompt.ask is not Ask.SLOTS or not wanted:
        return None
    draft.settled = True
    number = draft.read.choice
    if number is None or not 0 < number <= len(prompt.slots):
        if "reschedule" in draft.acts:
            draft.settled = False
            return None
        return _which_slot(draft, prompt)
    slot = next((slot for slot in draft.facts.slots if slot.id == prompt.slots[number - 1]), None)
    if slot is None or slot.start != prompt.slot_starts[number - 1]:
        draft.say("slot_taken")
        offer(draft, visit=_visit_of(draft, prompt), patient=prompt.patient, wishes=prompt.wishes, times=prompt.times)
        return "slot_taken"
    if "choose" not in draft.acts:
        draft.say("read_back_move", when=slot.start)
        draft.ask(replace(prompt, slots=(slot.id,), slot_starts=(slot.start,), at=draft.facts.now, act="sure"))
        return "unclear_choose"
    return take(draft, slot, visit=_visit_of(draft, prompt), patient=prompt.patient)


def take(draft: Draft, slot: Slot, *, visit: Visit | None, patient: int | None) -> str:
    """Moves the visit to `slot`, or books a new one there."""
    draft.do(CloseItems(kinds=("reschedule_unfinished", "unclear_cancel", "no_fit", "tentative")))
    draft.remember(prompt=None, asked_back=False)
    if visit is not None:
        draft.can_undo(visit, "move")
        draft.do(MoveAppointment(visit=visit.id, slot=slot.id))
        draft.say("moved", when=slot.start)
        return "moved"
    if patient is None:
        unknown(draft)
        return "unknown_sender"
    draft.undo.append(Undo(visit=0, start=slot.start, participant=Participant.NEEDS_ACTION, slot=slot.id, act="book"))
    draft.do(BookAppointment(patient=patient, slot=slot.id))
    draft.say("booked", when=slot.start)
    return "booked"


def reschedule(draft: Draft) -> str | None:
    """Wants another time, or a first one: asks when, or offers up to three that fit. A doubt does: asking changes nothing."""
    if draft.settled:
        return None
    prompt = draft.prompt
    if "reschedule" in draft.doubtful and not draft.acts - {"social", "other"} and not draft.doubtful & {"confirm", "cancel"}:
        draft.acts.add("reschedule")
    answering = prompt is not None and prompt.ask in (Ask.WHEN, Ask.SLOTS) and draft.read.when is not None
    if "reschedule" not in draft.acts and not answering:
        return None
    if answering and not draft.acts <= {"reschedule", "choose", "ask", "barrier", "social", "confirm", "cancel", "other"}:
        return None
    draft.acts -= {"cancel", "confirm"} if answering else {"cancel"}
    if prompt is not None and prompt.ask in (Ask.WHEN, Ask.SLOTS):
        return begin(draft, _visit_of(draft, prompt), patient=prompt.patient, times=prompt.times + 1, wishes=prompt.wishes)
    if draft.facts.visits:
        visit = target(draft, "reschedule")
        return begin(draft, visit) if visit else "which_visit"
    return begin(draft, None, patient=_new_for(draft)) if draft.facts.people else _unknown(draft)


def begin(draft: Draft, visit: Visit | None, *, patient: int | None = None, times: int = 1, wishes: tuple[Wish, ...] = ()) -> str:
    """Offers times for what the message wishes for, else asks for the wish."""
    if visit is None and patient is None:
        patient = _new_for(draft)
    when = draft.read.when
    if when is not None and not when.doubtful:
        return offer(draft, visit=visit, patient=patient, wishes=when.wishes, times=times)
    if times > 2 or (times > 1 and draft.prompted(Ask.WHEN)):
        return _to_a_person(draft, visit)
    _silence(draft, visit)
    if visit is None and not _suitable(draft, None, patient):
        return _to_a_person(draft, None)
    prompt_about = about(draft, Ask.WHEN, (visit,) if visit else (), patient=patient, times=times, wishes=wishes)
    if visit is None:
        draft.say("ask_when_new")
    else:
        draft.say("ask_when", when=visit.start)
    draft.ask(prompt_about)
    return "ask_when"


def offer(draft: Draft, *, visit: Visit | None, patient: int | None, wishes: tuple[Wish, ...], times: int) -> str:
    """Up to three free times that fit; if none does, the nearest ones once, then a person."""
    suitable = _suitable(draft, visit, patient)
    when = When(wishes=wishes or (Wish(),))
    fitting = [slot for slot in suitable if when.fits(slot.start)]
    if not fitting and (times > 2 or not suitable):
        return _to_a_person(draft, visit)
    picked = _spread(fitting) if fitting else _nearest(suitable, wishes)
    draft.say("offer" if fitting else "offer_other", options=tuple(slot.start for slot in picked))
    _silence(draft, visit)
    slots = {"slots": tuple(slot.id for slot in picked), "slot_starts": tuple(slot.start for slot in picked)}
    draft.ask(about(draft, Ask.SLOTS, (visit,) if visit else (), patient=patient, wishes=wishes, times=times, **slots))
    draft.remember(asked_back=False)
    return "offer" if fitting else "offer_other"


def new_visit(draft: Draft) -> str | None:
    """NEW: another time for the visit that is booked, or a visit for who has none."""
    if draft.read.keyword != "new":
        return None
    draft.acts.discard("reschedule")
    if not draft.facts.people:
        return _unknown(draft)
    if draft.facts.visits and not draft.before.undo:
        visit = target(draft, "reschedule")
        return begin(draft, visit) if visit else "which_visit"
    cancelled = [undo.visit for undo in draft.before.undo if undo.act == "cancel"]
    owner = next((visit.patient_id for visit in draft.facts.gone if visit.id in cancelled), None)
    if owner is None and (visit := draft.only_visit):
        return begin(draft, visit)
    return begin(draft, None, patient=owner or _new_for(draft))


def _visit_of(draft: Draft, prompt: Prompt) -> Visit | None:
    return draft.visit(prompt.visits[0]) if prompt.visits else None


def _new_for(draft: Draft) -> int | None:
    return draft.facts.people[0].id if len(draft.facts.people) == 1 else None


def _unknown(draft: Draft) -> str:
    unknown(draft)
    return "unknown_sender"


def _silence(draft: Draft, visit: Visit | None) -> None:
    draft.do(CloseItems(kinds=("reschedule_unfinished",)))
    draft.log("reschedule_unfinished", visit=visit, shown_from=draft.facts.now + SILENCE)


def _to_a_person(draft: Draft, visit: Visit | None) -> str:
    draft.do(CloseItems(kinds=("reschedule_unfinished",)))
    draft.log("no_fit" if visit else "booking", visit=visit)
    draft.say("no_fit")
    if visit:
        draft.say("no_fit_keeps", when=visit.start)
    draft.remember(prompt=None, asked_back=False)
    return "no_fit"


def _which_slot(draft: Draft, prompt: Prompt) -> str:
    if prompt.act == "asked":
        return _to_a_person(draft, _visit_of(draft, prompt))
    draft.say("which_slot", options=prompt.slot_starts)
    draft.ask(replace(prompt, at=draft.facts.now, act="asked"))
    return "which_slot"


def _suitable(draft: Draft, visit: Visit | None, patient: int | None) -> list[Slot]:
    """Free slots for the visit's service; for a new visit, for the services that its person has had or the clinic opened."""
    earliest = draft.facts.now + NOTICE
    had = {each.service for each in (*draft.facts.visits, *draft.facts.gone) if patient in (None, each.patient_id)}
    services = {visit.service} if visit else had
    return [slot for slot in draft.facts.slots if slot.start >= earliest and (not services or slot.service in services)]


def _spread(slots: list[Slot]) -> list[Slot]:
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


def _nearest(slots: list[Slot], wishes: tuple[Wish, ...]) -> list[Slot]:
    """The ones that miss the wishes least: right day first, then right time of day, then soon."""

    def distance(slot: Slot) -> tuple[int, datetime]:
        best = 2
        for wish in wishes:
            day = wish.days is None or slot.start.date() in wish.days
            time = Wish(start=wish.start, end=wish.end).fits(slot.start)
            best = min(best, (not day) + (not time))
        return best, slot.start

    return _spread(sorted(sorted(slots, key=distance)[: 3 * OFFERED], key=lambda slot: distance(slot)))


def keep(draft: Draft) -> str | None:
    """ "Leave it as it is" while another time is being looked for."""
    if not draft.prompted(Ask.WHEN, Ask.SLOTS) or draft.acts & {"reschedule", "choose", "cancel"} or "confirm" not in draft.acts:
        return None
    prompt = draft.prompt
    visit = _visit_of(draft, prompt) if prompt else None
    if visit is None:
        return None
    draft.do(CloseItems(kinds=("reschedule_unfinished",)))
    confirm(draft, visit)
    draft.acts.discard("confirm")
    return "keep"
