"""Answers to what the bot asked last, by number or by a plain yes or no: they become the act that the number stood for."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.draft import Draft
from bot.dialogue.effects import CloseItems, RestoreAppointment, SetDetails, SetLanguage, SetParticipant
from bot.dialogue.questions import tell
from bot.dialogue.targets import about, by_number
from bot.dialogue.types import Ask, Participant, Prompt, Undo
from bot.dialogue.visits import SETTLED, confirm, read_back

# What the numbers of a question stand for. The texts of bot/texts.py list them in this order.
MEANS: dict[tuple[Ask, str], dict[int, str]] = {
    (Ask.READ_BACK, "cancel"): {1: "cancel", 2: "confirm", 3: "reschedule"},
    (Ask.READ_BACK, "confirm"): {1: "confirm", 2: "reschedule", 3: "cancel"},
    (Ask.READ_BACK, "tentative"): {1: "confirm", 2: "reschedule", 3: "cancel"},
    (Ask.CLARIFY, "visit"): {1: "confirm", 2: "reschedule", 3: "cancel", 4: "human"},
    (Ask.CLARIFY, "off_list"): {2: "cancel", 3: "human"},  # 1 ends all texts: `safety.which_list`
    (Ask.CLARIFY, ""): {1: "reschedule", 2: "ask_question", 4: "human"},
}
YES_NO: dict[str, dict[str, str]] = {
    "cancel": {"yes": "cancel", "no": "confirm"},
    "confirm": {"yes": "confirm", "no": "cancel"},
    "tentative": {"yes": "confirm", "no": "cancel"},
}


def numbers(draft: Draft) -> str | None:
    """Turns "1" or "yes" into the act that it stands for in the open question."""
    prompt, number = draft.prompt, draft.read.number
    if prompt is None:
        return None
    if prompt.ask is Ask.WHICH:
        when = draft.read.when
        wish = "reschedule" in draft.acts and (prompt.act != "reschedule" or (when is not None and not when.exact))
        named = draft.read.about or (() if wish else draft.read.about_day)  # "next week after 3" is when they wish for
        if number is None and prompt.act == "cancel" and "confirm" in draft.acts:
            return _other_stays(draft, prompt)
        if number is None and named:
            number = named[0] if len(named) == 1 else 0 if len(named) == len(prompt.visits) else None
        return _which(draft, prompt, number) if number is not None else None
    act = None
    if number is not None:
        act = MEANS.get((prompt.ask, prompt.act), {}).get(number)
    elif prompt.ask is Ask.READ_BACK and draft.plain:
        act = YES_NO.get(prompt.act, {}).get(draft.plain)
    if act is None:
        return None
    draft.doubtful.clear()
    draft.acts = {act} if act != "ask_question" else set()
    if act == "ask_question":
        draft.say("ask_question")
        draft.remember(prompt=None)
    return f"number_{act}"


def _other_stays(draft: Draft, prompt: Prompt) -> str | None:
    """ "I do come on Thursday", when it was asked which visit to call off: of two it must be the other, and that is asked."""
    named = [visit for number in draft.read.about or draft.read.about_day if (visit := by_number(draft, number))]
    left = [visit for each in prompt.visits if (visit := draft.visit(each)) and visit not in named]
    if len(named) != 1 or len(left) != 1:
        return None
    draft.acts.discard("confirm")
    confirm(draft, named[0])
    read_back(draft, left[0], "cancel")
    return "which"


def _which(draft: Draft, prompt: Prompt, number: int) -> str | None:
    """The visit that was meant, or all of them."""
    if number == 0:
        draft.chosen = tuple(visit for each in prompt.visits if (visit := draft.visit(each)))
    elif visit := by_number(draft, number):
        draft.chosen = (visit,)
    if not draft.chosen:
        return None
    if "reschedule" not in draft.acts or prompt.act == "reschedule":
        draft.acts, draft.doubtful = {prompt.act}, set()
    return "which"


def details(draft: Draft) -> str | None:
    """The recorded choice of H-04, and the answer that waited for it."""
    prompt = draft.prompt
    if prompt is None or prompt.ask is not Ask.DETAILS:
        return None
    yes = draft.read.number == 1 or draft.plain == "yes"
    no = draft.read.number == 2 or draft.plain == "no"
    if not yes and not no:
        return None
    draft.do(SetDetails(allowed=yes))
    draft.remember(prompt=None, asked_back=False)
    draft.acts.clear()
    draft.doubtful.clear()
    topics, visit = tuple(prompt.act.split(",")), draft.visit(prompt.visits[0]) if prompt.visits else None
    draft.do(CloseItems(kinds=("question",), visit=prompt.visits[0] if prompt.visits else None, details=topics))
    if yes:
        tell(draft, topics, visit)
    else:
        draft.log("human", detail=prompt.act, visit=draft.only_visit)
        draft.say("details_no")
    return "details"


def helped(draft: Draft) -> str | None:
    """Whether the help that was arranged has worked: solved closes the barrier, not yet brings it back to people."""
    prompt = draft.prompt
    if prompt is None or prompt.ask is not Ask.HELPED:
        return None
    yes = draft.read.number == 1 or draft.plain == "yes"
    no = draft.read.number == 2 or draft.plain == "no"
    if not yes and not no:
        return None
    draft.remember(prompt=None, asked_back=False)
    draft.acts.clear()
    draft.doubtful.clear()
    visit, barriers = draft.visit(prompt.visits[0]) if prompt.visits else None, tuple(prompt.act.split(","))
    if yes:
        draft.do(CloseItems(kinds=("barrier",), visit=visit.id if visit else None, details=barriers))
        draft.say("taken")
        return "helped"
    for barrier in barriers:
        draft.log("barrier", detail=barrier, visit=visit)
    draft.say("received")
    return "not_helped"


def language(draft: Draft) -> str | None:
    """ "1" to the offer of a language; a bare "no" is about nothing else."""
    prompt = draft.prompt
    if prompt is None or prompt.ask is not Ask.LANGUAGE:
        return None
    if draft.plain == "no":
        draft.acts, draft.doubtful = {"social"}, set()
        draft.remember(prompt=None)
        return "language_not"
    if draft.read.number != 1 and draft.plain != "yes":
        return None
    draft.do(SetLanguage(language=prompt.act))
    draft.language = prompt.act
    draft.remember(language=prompt.act, prompt=None, asked_back=False)
    draft.acts.clear()
    draft.doubtful.clear()
    draft.say("language_set")
    return "language_taken"


def undo(draft: Draft) -> str | None:
    """UNDO: the last change is taken back until the slot is taken or the visit begins. So is a visit that they come to after all."""
    comes = "confirm" in draft.acts and draft.read.keyword != "yes" and not draft.facts.visits and bool(draft.called_off)
    if draft.read.keyword != "undo" and not comes:
        return None
    draft.acts -= {"confirm"} if comes else draft.acts
    draft.doubtful.clear()
    draft.settled = True
    changes = draft.changes
    if not changes:
        draft.say("undo_nothing")
        return "undo_nothing"
    free = {slot.id for slot in draft.facts.slots}
    for change in changes:
        if change.act in ("confirm", "tentative"):
            _take_back_words(draft, change)
        elif change.act == "cancel" and change.slot is not None and change.slot not in free and draft.visit(change.visit) is None:
            draft.say("undo_gone")
        elif change.act == "move" and change.slot is not None and change.slot not in free:
            draft.say("undo_taken")
        else:
            draft.do(RestoreAppointment(undo=replace(change, participant=Participant.ACCEPTED) if comes else change))
            draft.say("undone_booking" if change.act == "book" else "undone", when=change.start)
            if change.waited:
                draft.say("waitlist_on")
    draft.do(*(CloseItems(kinds=SETTLED, visit=change.visit or None) for change in changes))
    draft.remember(undo=(), prompt=None, asked_back=False)
    return "undo"


def _take_back_words(draft: Draft, change: Undo) -> None:
    """What was said of a visit is taken back and asked again."""
    if visit := draft.visit(change.visit):
        draft.do(SetParticipant(visit=visit.id, participant=change.participant))
        if draft.asked is None:
            read_back(draft, replace(visit, participant=Participant.NEEDS_ACTION), "confirm")


def clarify(draft: Draft) -> str:
    """Not understood: asks back once with concrete choices; then a person (never guess where it can hurt)."""
    if draft.before.asked_back:
        draft.log("not_understood", visit=draft.only_visit)
        draft.say("received")
        draft.remember(asked_back=False)
        return "not_understood"
    draft.remember(asked_back=True)
    visits, prompt = draft.facts.visits, draft.prompt
    if prompt and prompt.ask is Ask.SLOTS:
        draft.say("which_slot", options=prompt.slot_starts)
    elif len(visits) == 1:
        draft.say("clarify_visit", when=visits[0].start)
        draft.ask(about(draft, Ask.CLARIFY, visits, act="visit"))
    elif visits:
        draft.say("clarify_visits")
        draft.ask(about(draft, Ask.CLARIFY, visits, act="visit"))
    elif draft.called_off:  # most likely it is about that: how to have it back
        draft.say("cancelled", when=draft.called_off[0].start)
    else:
        draft.say("clarify")
        draft.ask(about(draft, Ask.CLARIFY, ()))
    return "clarify"
