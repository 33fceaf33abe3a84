"""Coming, not coming, maybe: what a patient says about a visit that is booked."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.draft import Draft
from bot.dialogue.effects import CancelAppointment, CloseItems, SetParticipant
from bot.dialogue.targets import about, by_number, meant, numbered, target, unchanged
from bot.dialogue.types import Ask, Participant, Visit

CONFIRMED = "confirmed"  # of an open question whether they come: they said so last
KEEP_SLOT = timedelta(minutes=30)  # how long a called-off visit's time is kept for UNDO
SILENCE = timedelta(hours=4)  # how long an answer is waited for before a person looks
# Items that are done with once the patient says what holds.
SETTLED = ("unclear_cancel", "tentative", "declined", "no_fit", "reschedule_unfinished")
# What a change that is only likely may stand beside and still be asked about.
BESIDE = frozenset({"ask", "barrier", "update_info", "refill"})
ASK_AGAIN = timedelta(days=2)  # how long before the visit a "maybe" is asked again


def attendance(draft: Draft) -> str | None:
    """confirm, cancel and tentative, when they are clear; a read-back first when they are not."""
    if draft.settled:
        return None
    if "cancel" in draft.acts and "fear" in draft.read.barriers:  # "I'm too scared, I can't come" is answered and asked first: `doubts`
        draft.acts.discard("cancel")
        draft.doubtful.add("cancel")
        return None
    if draft.prompted(Ask.SLOTS, Ask.WHEN):  # "let me ask my daughter" about another time leaves the visit as it is
        draft.acts.discard("tentative")
        draft.doubtful.discard("tentative")
    wanted = [act for act in ACTS if act in draft.acts]
    doubtful = [act for act in ACTS if act in draft.doubtful]
    if len(wanted) > 1 or _stray_no(draft):  # contradictory, or hardly about a visit, without saying which one
        return _unclear(draft, wanted[0])
    if wanted:
        _clear(draft, wanted[0])
        return wanted[0]
    if doubtful and not draft.acts and not draft.read.told:  # beside other acts it is asked last: `doubts`
        if doubtful == ["confirm"] and _to_a_person(draft):
            return _await(draft)
        alone = len(doubtful) == 1 and not _about_else(draft)
        return _unclear(draft, doubtful[0] if alone else "confirm")
    return None


def after_all(draft: Draft) -> str | None:
    """ "Keep it", "I still need that", of a visit that they have just called off or moved: how to have it back."""
    said = draft.acts | draft.doubtful
    wished = said & {"confirm", "cancel", "reschedule", "choose", "opt_out"}
    if not draft.read.stays or draft.settled or draft.prompt is not None or wished:
        return None
    for change in draft.changes:
        if change.act == "cancel":
            draft.say("cancelled", when=change.start)
        elif change.act == "move":
            draft.say("moved", when=change.to or change.start)
    return "after_all" if {change.act for change in draft.changes} & {"cancel", "move"} else None


def doubts(draft: Draft) -> str | None:
    """A change that may be meant beside what is sure ("not well today, maybe another day?"), asked after the rest is answered.

    Who tells what stands in the way is asked whether they come, not whether to call it off; who is angry or afraid is asked nothing,
    since a person answers them, unless they say that they do not come.
    """
    afraid = "fear" in draft.read.barriers and "cancel" not in draft.read.acts
    if afraid or draft.read.told:
        return None
    changes = draft.doubtful & {*ACTS, "reschedule"}
    if draft.settled or draft.asked or not changes or not draft.acts & BESIDE or draft.acts - BESIDE - {"social", "other"}:
        return None
    if draft.prompted(Ask.SLOTS, Ask.WHEN, Ask.READ_BACK) or not draft.facts.visits:  # that question is still open
        return None
    return _unclear(draft, "cancel" if changes == {"cancel"} and "barrier" not in draft.acts else "confirm")


def _clear(draft: Draft, act: str) -> None:
    """Does what was said, to the visit or visits that it was said of."""
    several = draft.chosen or tuple(visit for number in draft.read.about if (visit := by_number(draft, number)))
    if len(several) > 1:
        for visit in several:
            if unchanged(draft, visit, act):
                ACTS[act](draft, visit)
        return
    one = target(draft, act)
    if one is not None and draft.read.keyword in ("yes", "no") and _to_a_person(draft):
        if act == "cancel":  # a person looks at it, too, if nothing else is said
            draft.log("unclear_cancel", visit=one, shown_from=draft.facts.now + SILENCE)
        _await(draft)
    elif one is not None and act == "cancel" and (first := _ask_first(draft, one)):
        draft.doubtful.add("cancel")
        read_back(draft, one, first)
    elif one is not None and act == "confirm" and _which_time(draft, one):
        read_back(draft, one, "confirm")
    elif one is not None:
        ACTS[act](draft, one)
    elif not draft.spoken:
        no_visit(draft, act)


def _stray_no(draft: Draft) -> bool:
    """Whether a bare "no" follows an answer about something else, with several visits of which it may be said."""
    bare = draft.read.keyword == "no" and "cancel" in draft.acts and not draft.plain
    return bare and len(draft.facts.visits) > 1 and not _to_a_person(draft)


def _about_else(draft: Draft) -> bool:
    """Whether a short answer may be about something else than whether they come."""
    aside = draft.prompt.aside if draft.prompt else draft.read.keyword == "no"
    return aside or draft.prompted(Ask.SLOTS, Ask.WHEN)


def _ask_first(draft: Draft, visit: Visit) -> str:
    """What is asked before a visit is called off at words that may mean another thing: "forget it" while another time is looked
    for, or a bare "no" that does not answer whether they come. "" where the words are plain.
    """
    asked = draft.plain and draft.prompted(Ask.REMINDER, Ask.READ_BACK)
    if draft.read.keyword == "no" and not asked:
        return "confirm"
    confirmed = draft.read.keyword == "no" and draft.prompted(Ask.REMINDER) and visit.participant is Participant.ACCEPTED
    return "cancel" if confirmed or draft.prompted(Ask.SLOTS, Ask.WHEN) else ""


def _to_a_person(draft: Draft) -> bool:
    """Whether a short "ok" or "no" answers that a person will see to something, which was said after the question whether they come."""
    return draft.prompt is not None and draft.prompt.aside and draft.waits


def _await(draft: Draft) -> str:
    """Changes and asks nothing, since a person answers them."""
    draft.promise_again()
    return "social"


def _which_time(draft: Draft, visit: Visit) -> bool:
    """Whether it is asked if this visit is meant: at a bare "yes" that answers nothing, or at another day, unless a person answers."""
    nothing = draft.read.keyword == "yes" and draft.prompt is None and visit.participant is not Participant.ACCEPTED
    return nothing or (not draft.acts & {"complaint", "human"} and _another_day(draft, visit))


def _another_day(draft: Draft, visit: Visit) -> bool:
    """Whether the text names days and the visit's is none of them: who comes "on Monday" does not come on Tuesday."""
    when = draft.read.when
    days = {day for wish in when.wishes for day in wish.days or ()} if when is not None and not when.doubtful else set()
    return bool(days) and visit.start.date() not in days


def _unclear(draft: Draft, act: str) -> str | None:
    """Asks what is meant before anything is changed; silence puts it before a person."""
    if draft.prompted(Ask.READ_BACK) and draft.prompt and draft.prompt.times > 1:
        draft.log("not_understood", detail=act, visit=draft.only_visit)
        draft.say("received")
        draft.remember(prompt=None)
        return "unclear_twice"
    one_person = len({visit.patient_id for visit in draft.facts.visits}) == 1
    both = {"confirm", "cancel"} <= draft.acts | draft.doubtful
    of_each = both and (one_person or draft.read.stays)  # "keep tomorrow's, cancel the blood test"
    if len(draft.facts.visits) > 1 and (of_each or len(draft.read.about) != 1):  # or several are named: "he can't, but I will"
        draft.say("mixed_visits", options=tuple(visit.start for visit in numbered(draft)))
        draft.ask(about(draft, Ask.REMINDER, numbered(draft)))
        return "unclear_visits"
    visit = target(draft, act)
    if visit is None:
        return f"unclear_{act}" if draft.spoken else None
    held = visit.participant is Participant.ACCEPTED and not draft.prompted(Ask.WHEN, Ask.SLOTS)  # then an "ok" keeps nothing
    if act == "confirm" and held and not draft.doubtful & {"cancel", "tentative"}:
        if not draft.acts:
            confirm(draft, visit)
        return act
    times = draft.prompt.times + 1 if draft.prompted(Ask.READ_BACK) and draft.prompt else 1
    read_back(draft, visit, act, times=times)
    return f"unclear_{act}"


def read_back(draft: Draft, visit: Visit, act: str, *, times: int = 1) -> None:
    """Asks whether `act` is what was meant."""
    if act == "cancel" or "cancel" in draft.doubtful:
        draft.log("unclear_cancel", visit=visit, shown_from=draft.facts.now + SILENCE)
    draft.say("ask_cancel" if act == "cancel" else "ask_confirm", when=visit.start)
    draft.ask(about(draft, Ask.READ_BACK, (visit,), act=act, times=times))


def confirm(draft: Draft, visit: Visit) -> None:
    """The patient will come. Saying it twice changes nothing (W-22)."""
    if visit.participant is not Participant.ACCEPTED:
        draft.can_undo(visit, "confirm")
    draft.do(SetParticipant(visit=visit.id, participant=Participant.ACCEPTED), CloseItems(kinds=SETTLED, visit=visit.id))
    if draft.prompted(Ask.REMINDER) and draft.prompt and draft.prompt.act == CONFIRMED and draft.read.keyword == "yes":
        draft.say("see_you")  # "ok"
    else:
        draft.say("kept" if draft.prompted(Ask.READ_BACK, Ask.WHEN, Ask.SLOTS) else "confirmed", when=visit.start)
    draft.remember(prompt=about(draft, Ask.REMINDER, (visit,), act=CONFIRMED), asked_back=False)  # "wait, no" is still about it


def cancel(draft: Draft, visit: Visit) -> None:
    """The patient will not come. Whether the bot may call the visit off by itself is the clinic's choice (F-02)."""
    draft.can_undo(visit, "cancel")
    draft.do(CloseItems(kinds=SETTLED, visit=visit.id))
    if draft.facts.clinic.may_cancel:
        draft.do(CancelAppointment(visit=visit.id, keep_until=draft.facts.now + KEEP_SLOT))
        draft.say("cancelled", when=visit.start)
    else:
        draft.do(SetParticipant(visit=visit.id, participant=Participant.DECLINED))
        draft.log("declined", visit=visit)
        draft.say("declined", when=visit.start)
    draft.remember(prompt=None, asked_back=False)


def tentative(draft: Draft, visit: Visit) -> None:
    """The patient may come; somebody asks again before the visit."""
    if visit.participant is not Participant.TENTATIVE:
        draft.can_undo(visit, "tentative")
    draft.do(SetParticipant(visit=visit.id, participant=Participant.TENTATIVE))
    draft.log("tentative", visit=visit, shown_from=max(draft.facts.now, visit.start - ASK_AGAIN) + timedelta(seconds=1))
    draft.say("tentative", when=visit.start)
    draft.remember(prompt=about(draft, Ask.REMINDER, (visit,)), asked_back=False)


ACTS = {"cancel": cancel, "confirm": confirm, "tentative": tentative}


def no_visit(draft: Draft, act: str) -> None:
    """Something about a visit from a phone that has none."""
    if act in ("cancel", "tentative") and draft.called_off:
        for each in draft.called_off:
            draft.say("called_off_since" if act == "cancel" else "cancelled", when=each.start)
    elif draft.facts.people:
        draft.say("no_visit")
        if act == "cancel":
            draft.log("other", detail="cancel")
    else:
        unknown(draft)


def unknown(draft: Draft) -> None:
    """The same answer to every unknown phone, whatever name it gives (N-09)."""
    draft.log("unknown_sender")
    draft.say("received")


def today(draft: Draft) -> str | None:
    """Running late, or here: the front desk must know now."""
    done = None
    for act in ("late", "arrived"):
        if act in draft.acts:
            today = [visit for visit in draft.facts.visits if visit.start.date() == draft.facts.now.date()]
            draft.log(act, visit=today[0] if len(today) == 1 else meant(draft) or next(iter(today), None))
            draft.say(act)
            done = act
    return done
