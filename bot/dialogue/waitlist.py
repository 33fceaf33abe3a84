"""The waiting list as patients speak of it: joining where nothing fits, and leaving."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.effects import CloseItems, JoinWaitlist, LeaveWaitlist
from bot.dialogue.targets import called_off_since
from bot.dialogue.types import Ask, Visit
from bot.understand.types import Wish


def or_wait(draft: Draft, *, visit: Visit | None, patient: int | None, service: str, wishes: tuple[Wish, ...]) -> bool:
    """Asks whether to write when a time opens, of who can be told of one and does not wait for it already.

    Whatever else they want no texts about: what is asked for is no nudge.
    """
    who, what = visit.patient_id if visit else patient, _service(draft, visit, service)
    if not draft.facts.clinic.waitlist or who is None or not what:
        return False
    if any((each.patient, each.service, each.wishes) == (who, what, wishes) for each in draft.facts.waiting):
        return False
    draft.say("or_wait")
    return True


def _service(draft: Draft, visit: Visit | None, service: str) -> str:
    """What is waited for; "" where it cannot be told."""
    opened = draft.facts.clinic.open_services
    return visit.service if visit else service or (opened[0] if len(opened) == 1 else "")


def join(draft: Draft) -> str | None:
    """0, where it was offered, puts on the waiting list."""
    prompt = draft.prompt
    if prompt is None or not prompt.or_wait:
        return None
    alone = prompt.ask is Ask.WAIT  # there were no times to choose from, so a yes can only mean this
    if alone and (draft.plain == "no" or draft.read.number == 2):
        draft.acts.clear()
        draft.doubtful.clear()
        draft.say("social")
        draft.remember(prompt=None, asked_back=False)
        return "waitlist_not"
    if draft.read.number != 0 and not (alone and (draft.plain == "yes" or draft.read.number == 1)):
        return None
    if rule := called_off_since(draft, prompt):
        draft.acts.clear()
        return rule
    visit = draft.visit(prompt.visits[0]) if prompt.visits else None
    patient, service = visit.patient_id if visit else prompt.patient, _service(draft, visit, prompt.service)
    if patient is None or not service:
        return None
    draft.do(JoinWaitlist(patient=patient, service=service, visit=visit.id if visit else None, wishes=prompt.wishes))
    draft.do(CloseItems(kinds=("reschedule_unfinished",), visit=visit.id if visit else None))
    waits_on(draft, visit)
    return "waitlist_joined"


def waits_on(draft: Draft, visit: Visit | None) -> None:
    """Says what holds for who waits, and has no question open."""
    draft.say("waitlist_on")
    if visit is not None:
        draft.say("no_fit_keeps", when=visit.start)
    draft.acts.clear()
    draft.doubtful.clear()
    draft.remember(prompt=None, asked_back=False)


def still_waits(draft: Draft) -> None:
    """Says beside what is texted from now on that a time which they wait for is, too."""
    written_to = {person.id for person in draft.facts.people if not person.life_event}
    if draft.facts.clinic.waitlist and any(each.patient in written_to for each in draft.facts.waiting):
        draft.say("waitlist_on")


def off(draft: Draft) -> str | None:
    """ "Take me off the list", from who is on the waiting list, ends that and not all texts."""
    if draft.read.keyword != "off_list" or not draft.facts.waiting:
        return None
    prompt = draft.prompt
    offered = {(prompt.patient, prompt.service)} if prompt and prompt.ask is Ask.OFFER else set()
    mine = [each for each in draft.facts.waiting if not offered or (each.patient, each.service) in offered]
    leave(draft, *((each.patient, each.service) for each in mine or draft.facts.waiting))
    return "waitlist_left"


def leave(draft: Draft, *which: tuple[int, str]) -> None:
    """Takes patients off the waiting list of a service, each."""
    draft.do(*(LeaveWaitlist(patient=patient, service=service) for patient, service in which))
    draft.say("waitlist_off")
    if draft.prompted(Ask.OFFER, Ask.WAIT):
        draft.remember(prompt=None)
