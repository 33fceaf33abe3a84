"""Another time, wholly inside the texts: ask when, offer what really fits, book what is picked."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bot.dialogue.draft import Draft
from bot.dialogue.effects import BookAppointment, CloseItems, MoveAppointment
from bot.dialogue.slots import nearest, spread, suitable
from bot.dialogue.targets import about, by_number, called_off_since, target
from bot.dialogue.types import Ask, Participant, Prompt, Slot, Undo, Visit
from bot.dialogue.visits import SETTLED, SILENCE, confirm, read_back, unknown
from bot.dialogue.waitlist import or_wait
from bot.dialogue.wishes import narrowed, wished
from bot.understand.types import When, Wish

AGREES = frozenset({"confirm", "choose"})
ANSWERING = frozenset({"reschedule", "choose", "ask", "barrier", "social", "confirm", "cancel", "other"})  # may stand beside a wish


def choose(draft: Draft) -> str | None:
    """Picks one of the offered times."""
    prompt = draft.prompt
    agreed = not draft.acts - {"confirm", "social"} and bool((draft.acts | draft.doubtful) & AGREES)  # "sounds good": which one?
    if prompt is None or prompt.ask is not Ask.SLOTS or not ("choose" in draft.acts or agreed) or _stays(draft):
        return None
    if rule := called_off_since(draft, prompt):
        return rule
    draft.settled = True
    number = draft.read.choice
    if number is None or not 0 < number <= len(prompt.slots):
        when = draft.read.when
        if when and not when.doubtful and not any(when.fits(start) for start in prompt.slot_starts):
            draft.acts.add("reschedule")  # "thursday then": a day that was not offered
        if "reschedule" in draft.acts:
            draft.settled = False
            return None
        return _which_slot(draft, prompt)
    slot = next((slot for slot in draft.facts.slots if slot.id == prompt.slots[number - 1]), None)
    if slot is None or slot.start != prompt.slot_starts[number - 1]:
        draft.say("slot_taken")
        visit = _visit_of(draft, prompt)
        offer(draft, visit=visit, patient=prompt.patient, wishes=prompt.wishes, times=prompt.times, service=prompt.service)
        return "slot_taken"
    if "choose" not in draft.acts:
        draft.say("read_back_move", when=slot.start)
        draft.ask(replace(prompt, slots=(slot.id,), slot_starts=(slot.start,), at=draft.facts.now, act="sure"))
        return "unclear_choose"
    return take(draft, slot, visit=_visit_of(draft, prompt), patient=prompt.patient or _new_for(draft))


def take(draft: Draft, slot: Slot, *, visit: Visit | None, patient: int | None) -> str:
    """Moves the visit to `slot`, or books a new one there."""
    draft.do(CloseItems(kinds=(*SETTLED, "booking"), visit=visit.id if visit else None))
    draft.remember(prompt=None, asked_back=False)
    if visit is not None:
        draft.can_undo(visit, "move", to=slot.start)
        draft.do(MoveAppointment(visit=visit.id, slot=slot.id))
        draft.say("moved", when=slot.start)
        return "moved"
    if patient is None:
        return _unknown(draft)
    as_before, now = Participant.NEEDS_ACTION, draft.facts.now
    draft.undo.append(Undo(visit=0, start=slot.start, participant=as_before, slot=slot.id, act="book", patient=patient, at=now))
    draft.do(BookAppointment(patient=patient, slot=slot.id))
    draft.say("booked", when=slot.start)
    return "booked"


def reschedule(draft: Draft) -> str | None:
    """Wants another time, or a first one: asks when, or offers up to three that fit. A doubt does: asking changes nothing.

    Beside other acts it does only where the text tells a time; else it is asked about last (`visits.doubts`).
    """
    if draft.settled or _stays(draft):
        return None
    prompt = draft.prompt
    if prompt is not None and prompt.ask is Ask.WHEN and draft.acts | draft.doubtful == {"tentative"}:  # "I don't know": any of these?
        draft.settled = True
        visit = _visit_of(draft, prompt)
        nothing = called_off_since(draft, prompt)
        return nothing or offer(draft, visit=visit, patient=prompt.patient, wishes=(), times=prompt.times, service=prompt.service)
    searching = prompt is not None and prompt.ask in (Ask.WHEN, Ask.SLOTS)
    beside = draft.acts - {"social", "other"}
    timed = draft.read.when is not None and not draft.read.when.doubtful and beside <= {"barrier", "ask"}
    against = {"confirm"} if timed and _elsewhere(draft) else {"confirm", "cancel"}  # "can't tomorrow, is friday ok?"
    if "reschedule" in draft.doubtful and (not beside or timed) and not draft.doubtful & against:
        draft.acts.add("reschedule")
    timely = draft.read.when is not None or bool(draft.read.same_day)
    answering = searching and timely and draft.acts <= ANSWERING
    angry = "complaint" in draft.acts and not timely  # "the third time that you move it": a person answers
    if ("reschedule" not in draft.acts or angry) and not answering:
        return None
    draft.acts -= {"cancel", "confirm"} if answering else {"cancel"}
    draft.settled = True
    if prompt is not None and searching:
        if rule := called_off_since(draft, prompt):
            return rule
        visit = _visit_of(draft, prompt)
        if other := _of_another(draft, visit):  # "and mine?": what was asked about the first one stays with a person
            return begin(draft, other)
        return begin(draft, visit, patient=prompt.patient, times=prompt.times + 1, wishes=(), service=prompt.service)
    if draft.read.another and draft.facts.visits:  # a time for somebody who has no visit: it moves nobody else's
        return _to_a_person(draft, None, "find_time")
    if draft.facts.visits:
        wishes = prompt.wishes if prompt is not None and prompt.ask is Ask.WHICH else ()
        visit = target(draft, "reschedule")
        return begin(draft, visit, wishes=wishes) if visit else "which_visit"
    return _anew(draft) if draft.facts.people else _unknown(draft)


def _elsewhere(draft: Draft) -> bool:
    """Whether the text names days, and none of them is a visit's own or one that is ruled out."""
    when, own = draft.read.when, {visit.start.date() for visit in draft.facts.visits}
    wishes = when.wishes if when is not None else ()
    return all(wish.days and not wish.rules_out and own.isdisjoint(wish.days) for wish in wishes)


def begin(
    draft: Draft,
    visit: Visit | None,
    *,
    patient: int | None = None,
    times: int = 1,
    wishes: tuple[Wish, ...] = (),
    service: str = "",
) -> str:
    """Offers times for what the message (or an earlier one: `wishes`) wishes for, else asks for the wish."""
    patient = patient or _new_for(draft)
    if visit is None and patient is None:  # a new visit, for one of several people
        return _to_a_person(draft, None, "find_time")
    wishes = wished(draft, visit) or wishes
    if wishes:
        return offer(draft, visit=visit, patient=patient, wishes=wishes, times=times, service=service)
    if times > 2 or (visit is None and not suitable(draft.facts, None, service)):
        return _to_a_person(draft, visit, "find_time")
    _silence(draft, visit)
    if times > 1:
        draft.say("ask_when_again")
    elif visit is None:
        draft.say("ask_when_new")
    else:
        draft.say("ask_when", when=visit.start)
    before = draft.prompt if draft.prompt is not None and draft.prompted(Ask.SLOTS, Ask.WHEN) else None
    wished_for = {"wishes": before.wishes, "slots": before.slots} if before else {}  # "none of these": not offered again
    draft.ask(about(draft, Ask.WHEN, (visit,) if visit else (), patient=patient, times=times, service=service, **wished_for))
    return "ask_when"


def _hours_alone(draft: Draft, when: When) -> bool:
    """Whether hours are wished for, and nothing tells that the day of the visit will not do."""
    against = draft.prompted(Ask.SLOTS, Ask.WHEN, Ask.READ_BACK) or "barrier" in draft.acts or "cancel" in draft.doubtful
    return not against and all(wish.days is None for wish in when.wishes)


def offer(draft: Draft, *, visit: Visit | None, patient: int | None, wishes: tuple[Wish, ...], times: int, service: str = "") -> str:
    """Up to three free times that fit; if none does, the nearest ones once, then a person."""
    free = suitable(draft.facts, visit, service, patient)
    when = When(wishes=wishes or (Wish(),))
    fitting = [slot for slot in free if when.fits(slot.start)]
    refused = draft.prompt.slots if draft.prompt is not None and draft.prompted(Ask.WHEN) else ()
    fitting = [slot for slot in fitting if slot.id not in refused] or fitting
    anyhow = all(wish == Wish() or wish.rules_out for wish in when.wishes)
    own = {each.start.date() for each in ([visit] if visit else _lost(draft))}
    if anyhow:  # "another day", "any but Monday": that of the visit only where there is no other
        fitting = [slot for slot in fitting if slot.start.date() not in own] or fitting
    elif visit is not None and _hours_alone(draft, when):  # "can I come at three instead": that day first
        fitting.sort(key=lambda slot: slot.start.date() != visit.start.date())
    waits = partial(or_wait, draft, visit=visit, patient=patient, service=service, wishes=wishes)
    if not fitting and (times > 2 or not free):
        _to_a_person(draft, visit, "no_fit")
        if waits():
            asked = {"patient": patient, "wishes": wishes, "service": service, "or_wait": True}
            draft.ask(about(draft, Ask.WAIT, (visit,) if visit else (), **asked))
        return "no_fit"
    picked = spread(fitting) if fitting else nearest(free, wishes)
    draft.say("offer" if fitting else "offer_other", options=tuple(slot.start for slot in picked))
    also = not fitting and waits()
    _silence(draft, visit)
    slots = {"slots": tuple(slot.id for slot in picked), "slot_starts": tuple(slot.start for slot in picked)}
    more = {"patient": patient, "wishes": wishes, "times": times, "service": service, "or_wait": also}
    draft.ask(about(draft, Ask.SLOTS, (visit,) if visit else (), **slots, **more))
    draft.remember(asked_back=False)
    return "offer" if fitting else "offer_other"


def new_visit(draft: Draft) -> str | None:
    """NEW: another time for the visit that was just called off, else for one that is booked, else a first visit."""
    if draft.read.keyword != "new":
        return None
    draft.acts.discard("reschedule")
    draft.settled = True
    if not draft.facts.people:
        return _unknown(draft)
    if draft.facts.visits and not _lost(draft):
        visit = target(draft, "reschedule")
        return begin(draft, visit) if visit else "which_visit"
    return _anew(draft)


def _lost(draft: Draft) -> list[Visit]:
    """The visits that they have just called off; else those that were missed, or that the clinic called off, since we asked."""
    off = [undo.visit for undo in draft.before.undo if undo.act == "cancel"]
    asked = draft.prompt.visits if draft.prompt else ()
    called_off = [visit for visit in draft.facts.gone if visit.status == "cancelled"]
    missed = [visit for visit in draft.facts.gone if visit.id in asked and visit.status in ("booked", "noshow", "cancelled")]
    return [visit for visit in called_off if visit.id in off] or missed


def _anew(draft: Draft) -> str:
    """A visit in the place of one that is lost; else a first one."""
    lost = _lost(draft)
    if len(lost) > 1:  # which of them is for a person to ask
        return _to_a_person(draft, None, "find_time")
    if lost:
        return begin(draft, None, patient=lost[0].patient_id, service=lost[0].service)
    return begin(draft, None, patient=_new_for(draft))


def _of_another(draft: Draft, visit: Visit | None) -> Visit | None:
    """The one visit that the text names by its person, where that is not the one whose time is being looked for."""
    named = by_number(draft, draft.read.about[0]) if len(draft.read.about) == 1 else None
    return named if named is not None and visit is not None and named.id != visit.id else None


def _visit_of(draft: Draft, prompt: Prompt) -> Visit | None:
    return draft.visit(prompt.visits[0]) if prompt.visits else None


def _new_for(draft: Draft) -> int | None:
    return draft.facts.people[0].id if len(draft.facts.people) == 1 else None


def _unknown(draft: Draft) -> str:
    unknown(draft)
    return "unknown_sender"


def _silence(draft: Draft, visit: Visit | None) -> None:
    draft.do(CloseItems(kinds=("reschedule_unfinished",), visit=visit.id if visit else None))
    draft.log("reschedule_unfinished", visit=visit, shown_from=draft.facts.now + SILENCE)


def _to_a_person(draft: Draft, visit: Visit | None, sentence: str) -> str:
    draft.do(CloseItems(kinds=("reschedule_unfinished",), visit=visit.id if visit else None))
    draft.log("no_fit" if visit else "booking", visit=visit)
    draft.say(sentence)
    if visit:
        draft.say("no_fit_keeps", when=visit.start)
    draft.remember(prompt=None, asked_back=False)
    return "no_fit"


def _which_slot(draft: Draft, prompt: Prompt) -> str:
    if prompt.act == "asked":
        return _to_a_person(draft, _visit_of(draft, prompt), "find_time")
    when = draft.read.when
    fit = [n for n, start in enumerate(prompt.slot_starts) if when is None or when.doubtful or when.fits(start)]
    fit = fit if len(fit) > 1 else list(range(len(prompt.slots)))  # "tuesday": those of that day
    starts = tuple(prompt.slot_starts[n] for n in fit)
    draft.say("which_slot", options=starts)
    wishes = narrowed(when, prompt.wishes) if when is not None and not when.doubtful else prompt.wishes
    slots = tuple(prompt.slots[n] for n in fit)
    draft.ask(replace(prompt, at=draft.facts.now, act="asked", slots=slots, slot_starts=starts, wishes=wishes))
    return "which_slot"


def _stays(draft: Draft) -> bool:
    """Whether a text says that the visit which was to be moved stays: in words, or by its day, which was not offered.

    After times were offered a bare "sounds good" is no such word: it may be said of one of them.
    """
    prompt = draft.prompt
    visit = _visit_of(draft, prompt) if prompt and prompt.ask in (Ask.WHEN, Ask.SLOTS) else None
    comes = "confirm" in draft.acts | draft.doubtful or draft.read.stays
    if prompt is None or visit is None or draft.acts & {"choose", "cancel"} or not comes:
        return False
    when = draft.read.when
    if when is not None and (not when.fits(visit.start) or any(when.fits(start) for start in prompt.slot_starts)):
        return False
    if "reschedule" in draft.acts:
        return when is not None and draft.read.stays  # "leave it, I do come on Friday"
    return when is not None or draft.read.stays or (prompt.ask is Ask.WHEN and "confirm" in draft.acts)


def keep(draft: Draft) -> str | None:
    """ "Leave it as it is" while another time is being looked for."""
    visit = _visit_of(draft, draft.prompt) if draft.prompt and _stays(draft) else None
    if visit is None:
        return None
    draft.settled = True
    if "confirm" not in draft.acts or "reschedule" in draft.acts:
        read_back(draft, visit, "confirm")
        return "unclear_confirm"
    draft.do(CloseItems(kinds=("reschedule_unfinished",), visit=visit.id))
    confirm(draft, visit)
    draft.acts.discard("confirm")
    return "keep"
