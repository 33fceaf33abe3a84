"""Deciding: the order in which a message is looked at, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.dialogue import answers, calls, check_ins, life, offers, prompts, questions, rescheduling, safety, visits, waitlist
from bot.dialogue.draft import Draft
from bot.dialogue.effects import Decision
from bot.dialogue.targets import about
from bot.dialogue.types import Ask, Facts, Prompt, State
from bot.dialogue.visits import CONFIRMED
from bot.understand.types import Context, Understanding

# The first of these that applies ends the turn. The order is O-07's: carriers' word, danger, then the rest.
GATES = (
    safety.opt_out_keyword,
    safety.danger,
    safety.opted_out,
    safety.asked_help,
    safety.wants,
    safety.held,
    waitlist.off,
    safety.taken_over,
    life.told,
    check_ins.left,
    safety.which_list,
    safety.consent,
    life.held,
)
# Of these the first that applies answers the open question; what else the message says is still looked at.
ANSWERS = (
    check_ins.answered,
    prompts.helped,
    prompts.details,
    prompts.language,
    prompts.undo,
    waitlist.join,
    offers.answer,
    prompts.numbers,
    answers.answers,
)
# All of these look at the message, in the order in which a coordinator would answer.
STEPS = (
    questions.language,
    questions.distress,
    questions.status,
    questions.papers,
    questions.about_texts,
    calls.call_time,
    rescheduling.new_visit,
    rescheduling.choose,
    rescheduling.reschedule,
    rescheduling.keep,
    visits.attendance,
    visits.after_all,
    visits.today,
    questions.medicine,
    questions.questions,
    questions.barriers,
    questions.passed_on,
    visits.doubts,
)
# How long an open question still gives a meaning to a short answer.
LASTS = {
    Ask.SLOTS: timedelta(days=3),
    Ask.WHEN: timedelta(days=3),
    Ask.REMINDER: timedelta(days=14),
    Ask.HELPED: timedelta(days=3),
    Ask.FOLLOW_UP: timedelta(days=3),
}
CONTEXTS = {
    Ask.SLOTS: Context.SLOTS,
    Ask.OFFER: Context.SLOTS,
    Ask.WAIT: Context.NONE,
    Ask.WHEN: Context.RESCHEDULE,
    Ask.MEDICATION: Context.MEDICATION,
    Ask.FOLLOW_UP: Context.NONE,
    Ask.HELPED: Context.NONE,
    Ask.DETAILS: Context.NONE,
    Ask.LANGUAGE: Context.NONE,
}


def open_prompt(state: State, facts: Facts) -> Prompt | None:
    """The question that is still open at `facts.now`."""
    prompt = state.prompt
    if prompt is None or facts.now - prompt.at > LASTS.get(prompt.ask, timedelta(days=1)):
        return None
    return prompt


def context_of(state: State, facts: Facts) -> Context:
    """What a short answer would answer."""
    prompt = open_prompt(state, facts)
    return CONTEXTS.get(prompt.ask, Context.REMINDER) if prompt else Context.NONE


def decide(*, state: State, understanding: Understanding, facts: Facts) -> Decision:
    """What to remember, do and answer after one message. Pure: the same input gives the same decision."""
    state = replace(state, prompt=open_prompt(state, facts))
    draft = Draft(state=state, understanding=understanding, facts=facts)
    for gate in GATES:
        if rule := gate(draft):
            return draft.decision(rule)
    rules = []
    for answer in ANSWERS:
        if rule := answer(draft):
            rules.append(rule)
            break
    rules += [rule for step in STEPS if (rule := step(draft))]
    if not draft.spoken:
        rules.append(_last_resort(draft))
    elif "not_understood" not in rules:
        draft.remember(asked_back=False)
    _offer_language(draft)
    return draft.decision("+".join(rules))


def _last_resort(draft: Draft) -> str:
    read = draft.read
    if read.language_sure and read.language not in draft.facts.languages:
        draft.log("language", detail=read.language or "", visit=draft.only_visit)
        draft.say("language_none")
        return "language_none"
    if draft.facts.pictures and draft.acts != {"social"}:  # a person looks at it: what it is about need not be asked
        draft.log("media")
        draft.say("received")
        return "media"
    if draft.waits and (draft.acts == {"social"} or (draft.acts == {"noise"} and draft.prompted(Ask.REMINDER))):  # "hello??"
        draft.promise_again()
        return "social"
    if draft.acts == {"social"}:
        draft.say("social")
        return "social"
    if draft.acts == {"noise"} and draft.prompt is None:
        draft.say("noise")
        return "noise"
    return prompts.clarify(draft)


def _offer_language(draft: Draft) -> None:
    """Answers in the language of the message, and asks before the one on record is changed (L-11)."""
    record = draft.before.language or next((person.language for person in draft.facts.people), None)
    if draft.language == record or draft.asked or record is None or not draft.read.language_sure:
        return
    if "language" in draft.acts or draft.prompted(Ask.LANGUAGE) or draft.state.language == draft.language:
        return
    prompt = draft.state.prompt
    if prompt is None or (prompt.ask is Ask.REMINDER and prompt.act == CONFIRMED):  # nothing is open any more
        draft.say("language_offer")
        draft.ask(about(draft, Ask.LANGUAGE, (), act=draft.language))
