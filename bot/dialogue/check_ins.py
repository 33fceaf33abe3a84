"""Answers to the questions of a programme: recorded, and what the clinic wants done about each."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.draft import Draft
from bot.dialogue.effects import AskAgain, EndProgramme, RecordAnswer
from bot.dialogue.types import Ask, CheckIn, Visit

# The questions that a programme may ask, as keys of bot/texts.py, and what the numbers in them stand for.
NUMBERS = {
    "check_in.medicine": {1: "taken", 2: "not_taken", 3: "side_effects", 4: "leave"},
    "check_in.visit": {1: "well", 2: "help"},
}
ASKS = {"check_in.medicine": Ask.MEDICATION, "check_in.visit": Ask.FOLLOW_UP}
# What an answer may do: record it as FHIR MedicationStatement, put an item before people, ask once more, end the programme.
RECORDS, LOGS = ("record taken", "record not-taken"), ("log side_effects", "log not_taken", "log human", "log clinical_question")
AGAIN, END = "ask again", "end"
DOES = (*RECORDS, *LOGS, AGAIN, END)
PLAIN = 0.95  # from here an opt-out means all texts, even where it answers a question
OWN_WORDS = "own_words"  # answered, but by none of the answers that are expected
SAID = {"taken": "taken", "side_effects": "barrier.side_effects", "well": "social", "help": "human", "leave": "programme_left"}


def left(draft: Draft) -> str | None:
    """ "Stop asking me this" of an open question ends its programme; a plain opt-out still ends all texts (O-06).

    Where all texts may have been meant, a person sees to it.
    """
    check = _open(draft)
    heard = [why.score for why in draft.read.reasons if why.label == "opt_out"]
    said = draft.acts == {"opt_out"} and max(heard, default=0.0) < PLAIN
    if check is None or not (said or ("opt_out" in draft.doubtful and not draft.acts)):
        return None
    _take(draft, check, ["leave"])
    if heard:
        draft.log("other", detail="opt_out?")
    return "programme_left"


def answered(draft: Draft) -> str | None:
    """By number, or in words that say one of the answers that are expected. Beside them the message may say other things."""
    check = _open(draft)
    if check is None:
        return None
    said = _medicine(draft, check) if check.say == "check_in.medicine" else _visit(draft, check)
    if said:
        _take(draft, check, said)
        return f"checkin_{said[0]}"
    # Nothing is understood, or not whether it was taken: it is told the person who asks.
    nothing = not draft.acts and draft.doubtful <= {"taken", "not_taken"}
    if draft.read.number is not None or (check.say == "check_in.medicine" and not nothing):
        return None
    _in_own_words(draft, check)
    return "checkin_own_words"


def _open(draft: Draft) -> CheckIn | None:
    return draft.facts.check_in if draft.prompted(Ask.MEDICATION, Ask.FOLLOW_UP) else None


def _number(draft: Draft, check: CheckIn) -> list[str]:
    answer = NUMBERS[check.say].get(draft.read.number or 0)
    if answer:
        draft.acts.clear()
        draft.doubtful.clear()
    return [answer] if answer else []


def _medicine(draft: Draft, check: CheckIn) -> list[str]:
    """What is said of the medicine; feeling bad from it is a matter of its own, whether it was taken or not."""
    if said := _number(draft, check):
        return said
    answer = next((act for act in ("not_taken", "taken") if act in draft.acts), None)
    said = [answer] if answer else []
    if "side_effects" in draft.read.barriers:
        said.append("side_effects")
    told = {"side_effects", "memory"} if answer == "not_taken" else {"side_effects"}  # "no, I forgot" is one thing
    draft.read = replace(draft.read, barriers=draft.read.barriers - told)
    if not draft.read.barriers:
        draft.acts.discard("barrier")
    return said


def _visit(draft: Draft, check: CheckIn) -> list[str]:
    """ "Can we help?": yes and no answer that, and never whether the patient comes to another visit."""
    if said := _number(draft, check):
        return said
    short = {"yes": "help", "no": "well"}.get(draft.plain or "")
    if short or (draft.read.number is None and draft.acts and draft.acts <= {"social", "noise"}):
        draft.acts.clear()
        draft.doubtful.clear()
        return [short or "well"]
    if "human" in draft.acts:
        draft.acts.discard("human")
        return ["help"]
    return []


def _in_own_words(draft: Draft, check: CheckIn) -> None:
    """Answered all the same: what else it says is looked at as always, and what nobody understands goes to a person at once."""
    draft.do(RecordAnswer(check_in=check.id, answer=OWN_WORDS))
    draft.remember(prompt=None)
    if draft.read.when is None and not draft.read.about_day:  # it need not be about the next visit: asked before anything changes
        unsure = draft.acts & {"confirm", "cancel", "tentative"}
        draft.acts -= unsure
        draft.doubtful |= unsure
    if not draft.acts and draft.doubtful <= {"taken", "not_taken"}:
        draft.acts.add("other")


def _take(draft: Draft, check: CheckIn, said: list[str]) -> None:
    """Records the answers, does what the clinic wants done about each, and says so."""
    does = [each for answer in said for each in check.does.get(answer, ())]
    statement = next((each.removeprefix("record ") for each in does if each in RECORDS), "")
    draft.do(RecordAnswer(check_in=check.id, answer="+".join(said), statement=statement))
    visit = _about(draft, check)
    logged = [each.removeprefix("log ") for each in does if each in LOGS]
    if statement == "not-taken" and check.limit is not None and check.missed + 1 >= check.limit:
        logged.append("missed_doses")
    for kind in logged:
        draft.log(kind, detail=check.programme, visit=visit)
    repeated = AGAIN in does and not logged and _again(draft, check)  # not where people have been told of it
    draft.say(SAID.get(said[-1]) or ("asked_later" if repeated else "not_taken" if logged else "taken"))
    if END in does:
        draft.do(EndProgramme(plan=check.plan, programme=check.programme, left="leave" in said))
    draft.remember(prompt=None, asked_back=False)


def _again(draft: Draft, check: CheckIn) -> bool:
    """Asks once more later on the same day, if that can be."""
    if check.again is None:
        return False
    at = draft.facts.now + check.again
    if at.date() != draft.facts.now.date() or at.time() >= check.closes:
        return False
    draft.do(AskAgain(plan=check.plan, step=check.step, at=at))
    return True


def _about(draft: Draft, check: CheckIn) -> Visit | None:
    """The visit that people should think of: the one that is followed up, or the patient's next one."""
    every = (*draft.facts.visits, *draft.facts.gone)
    followed = next((visit for visit in every if visit.id == check.visit), None)
    return followed or next((visit for visit in draft.facts.visits if visit.patient_id == check.patient), None)
