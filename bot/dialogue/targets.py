"""Which visit a message speaks of, and asking when it cannot be told (N-04, F-03)."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.types import Ask, Facts, Prompt, State, Visit
from bot.dialogue.wishes import narrowed
from bot.understand.types import Wish

CHANGES = frozenset({"choose", "reschedule", "confirm", "cancel", "tentative"})  # what is said of a visit


def listed(state: State, facts: Facts) -> list[tuple[int, Visit]]:
    """The open visits with the numbers that the patient last saw (of the list by start, if none was shown)."""
    order = state.prompt.visits if state.prompt and len(state.prompt.visits) > 1 else tuple(visit.id for visit in facts.visits)
    by_id = {visit.id: visit for visit in facts.visits}
    return [(number, by_id[each]) for number, each in enumerate(order, 1) if each in by_id]


def numbered(draft: Draft) -> tuple[Visit, ...]:
    """The open visits in the order of their numbers."""
    return tuple(visit for _, visit in listed(draft.before, draft.facts))


def by_number(draft: Draft, number: int) -> Visit | None:
    """The visit that has that number in the last list; None when it is no longer open."""
    return dict(listed(draft.before, draft.facts)).get(number)


def target(draft: Draft, act: str) -> Visit | None:
    """The one visit that `act` is about, or None after what there was to say or ask has been said."""
    if len(draft.chosen) == 1:
        return draft.chosen[0]
    named = draft.read.about or (draft.read.about_day if act != "reschedule" or _moved_from(draft) else ())
    if len(named) == 1 and (visit := by_number(draft, named[0])):
        return visit if unchanged(draft, visit, act) else None
    prompt = draft.prompt
    if prompt and len(prompt.visits) == 1 and prompt.ask is not Ask.WHICH:
        visit = draft.visit(prompt.visits[0])
        if visit is None and act != "reschedule":
            _gone(draft, prompt.visits[0], act)
            return None
        if visit is not None:
            return visit if unchanged(draft, visit, act) else None
    if len(draft.facts.visits) > 1:
        which(draft, act, draft.facts.visits)
        return None
    if draft.facts.visits:
        visit = draft.facts.visits[0]
        return visit if unchanged(draft, visit, act) else None
    return None


def _moved_from(draft: Draft) -> bool:
    """Whether a visit's day that is named is not when they wish to come: "not tomorrow", "move tomorrow's", "tomorrow's to friday"."""
    own = {visit.start.date() for number in draft.read.about_day if (visit := by_number(draft, number))}
    wishes = draft.read.when.wishes if draft.read.when else ()
    return all(wish.days is None or own.isdisjoint(wish.days) or wish == Wish(days=tuple(own)) for wish in wishes)


def meant(draft: Draft) -> Visit | None:
    """The visit that a message is about beside any change of it: the one it names, that was asked about, or the only one."""
    named = draft.read.about or draft.read.about_day
    if len(named) == 1 and (visit := by_number(draft, named[0])):
        return visit
    prompt = draft.prompt
    asked = draft.visit(prompt.visits[0]) if prompt and len(prompt.visits) == 1 else None
    return draft.only_visit or asked


def which(draft: Draft, act: str, visits: tuple[Visit, ...]) -> None:
    """Asks which visit is meant: by time only, never by name or kind (N-04)."""
    prompt = draft.prompt if draft.prompted(Ask.WHICH) else None
    wishes = narrowed(draft.read.when, prompt.wishes if prompt else ()) if draft.read.when and not draft.read.when.doubtful else ()
    if prompt and (not wishes or prompt.times > 1):  # asked once already, and nothing new is told: a person
        draft.log("not_understood", detail=act)
        draft.say("received")
        draft.remember(prompt=None)
        return
    draft.say("which_visit", options=tuple(visit.start for visit in visits))
    draft.ask(about(draft, Ask.WHICH, visits, act=act, wishes=wishes, times=prompt.times + 1 if prompt else 1))


def about(draft: Draft, ask: Ask, visits: tuple[Visit, ...], **more: object) -> Prompt:
    """A question about `visits` as they are now."""
    return Prompt(
        ask=ask,
        at=draft.facts.now,
        visits=tuple(visit.id for visit in visits),
        starts=tuple(visit.start for visit in visits),
        **more,  # type: ignore[arg-type]
    )


def unchanged(draft: Draft, visit: Visit, act: str) -> bool:
    """Whether the visit is still what it was when we wrote of it; if not, says what it is now and asks (F-03)."""
    prompt = draft.prompt
    if prompt is None or visit.id not in prompt.visits or act not in ("confirm", "cancel", "tentative"):
        return True
    if prompt.starts[prompt.visits.index(visit.id)] == visit.start:
        return True
    draft.say("moved_since", when=visit.start)
    draft.ask(about(draft, Ask.READ_BACK, (visit,), act="confirm"))
    return False


def called_off_since(draft: Draft, prompt: Prompt) -> str | None:
    """Whether the visit for which a time is looked for has been called off since (F-03): no other is booked in its place unasked."""
    gone = (visit for visit in draft.facts.gone if visit.id in prompt.visits and visit.status == "cancelled")
    visit = next(gone, None) if len(prompt.visits) == 1 else None
    if visit is None:
        return None
    draft.settled = True
    draft.acts -= CHANGES
    draft.doubtful -= CHANGES
    draft.say("called_off_since", when=visit.start)
    return "called_off_since"


def _gone(draft: Draft, number: int, act: str) -> None:
    """An answer about a visit that has passed or been called off since."""
    visit = next((visit for visit in draft.facts.gone if visit.id == number), None)
    if visit is not None:
        cancelled = visit.status == "cancelled"
        if cancelled and act == "cancel":
            draft.say("called_off_since", when=visit.start)
            return
        draft.say("called_off_since" if cancelled else "passed", when=visit.start)
        draft.log("changed_visit", detail=act, visit=visit)
