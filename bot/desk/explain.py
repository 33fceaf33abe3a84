"""Why the bot did what it did, in plain words: the rules of `bot/dialogue` and the labels of a reading."""

from __future__ import annotations

from collections.abc import Iterable

from bot.desk.meaning import ACTS, BARRIERS, DANGER, TOLD, TOPICS, URGENT
from bot.desk.words import ENGLISH, Words
from bot.understand.types import Understanding

RULES = {
    "opt_out_keyword": "A carriers' word alone ends texts, whatever was meant by it.",
    "danger": "Danger is answered with the one fixed text, people are alerted, and automation is held.",
    "danger_abuse": "Abuse is answered with nothing that a watched phone could give away; people are alerted.",
    "opted_out_message": "The phone has opted out: nothing is sent, a person phones.",
    "opt_in": "They asked for texts again.",
    "opt_out": "They asked in their own words not to be texted.",
    "life_event": "Something has happened in the life of who is reached there: a person answers, and the bot speaks of no visit.",
    "death": "They tell of a death or a lost pregnancy: nothing is changed or sent until a person has seen to it.",
    "hospital": "They tell that somebody is in hospital: nothing is changed, a person sees to it.",
    "custody": "They tell that somebody is in jail: nothing is changed, a person sees to it.",
    "held": "Automation is held until a person releases it.",
    "wants_fewer": "They asked for fewer texts: one reminder before each visit.",
    "wants_visits": "They asked for texts about visits only.",
    "wants_all": "They asked for all texts again.",
    "taken_over": "A coordinator has taken the conversation over: the bot is silent.",
    "which_list": "They want to be off a list: the bot asked whether they mean the texts or the visit.",
    "wrong_number": "They are not the patient: all texts to this number stop.",
    "doubtful_wrong_number": "It may be a wrong number, so a person looks before anything is changed.",
    "doubtful_opt_out": "They may want no more texts, so the bot told them how to end them.",
    "details": "They answered whether texts may name details.",
    "helped": "They say that the help has worked: the item was closed.",
    "not_helped": "They say that the help has not worked: a person looks again.",
    "language_taken": "They took the offer of another language.",
    "language_not": "They did not take the offer of another language.",
    "language": "They asked for another language.",
    "language_none": "The text is in a language that we do not write: an interpreter is offered.",
    "undo": "They took the last change back.",
    "undo_nothing": "They wanted to take a change back, and there was none.",
    "number": "They answered the open question with a number or a plain yes or no.",
    "which": "They told which visit they mean.",
    "answers": "They answered for several visits in one text.",
    "status": "They asked what is booked.",
    "waitlist_joined": "They wanted to be told when a time opens: they are on the waiting list.",
    "waitlist_not": "They did not want to wait for a time to open.",
    "waitlist_left": "They wanted to wait no longer: they are off the waiting list.",
    "docs": "They asked which papers are missing.",
    "help": "They asked what this is.",
    "new_visit": "They want a visit.",
    "booked": "They took a free time: the visit was booked.",
    "moved": "They took a free time: the visit was moved.",
    "offer": "They want another time: free times were offered.",
    "offer_other": "Nothing is free when they asked for: the nearest free times were offered.",
    "which_visit": "It was not clear which visit they mean, so the bot asked.",
    "no_fit": "The bot has no free time to offer that fits: a person looks for one.",
    "ask_when": "They want another time: the bot asked when.",
    "slot_taken": "The time they chose was gone.",
    "called_off_since": "The visit has been called off since it was asked about: they were told.",
    "which_slot": "It was not clear which of the offered times they mean.",
    "unclear_choose": "It was not clear which of the offered times they mean, so it is read back first.",
    "keep": "They keep the visit as it is.",
    "confirm": "They are coming: the visit was marked so.",
    "cancel": "They cannot come.",
    "after_all": "They want a visit as it was before they changed it, so the bot told how to take the change back.",
    "tentative": "They are not sure: the visit stays, and they are asked again.",
    "unclear": "What they want was not sure enough to change anything, so the bot asked first.",
    "unclear_visits": "It was not clear which visit they mean, so the bot asked.",
    "unclear_twice": "It stayed unclear after asking: a person looks.",
    "distress": "They are at the end of their strength: a person phones them today.",
    "late": "They are late: the front desk is told.",
    "arrived": "They are here: the front desk is told.",
    "taken": "They took the medicine.",
    "not_taken": "They did not take the medicine: the care team is told.",
    "checkin": "They answered the question of a programme: it was recorded, and what the clinic wants done about it was done.",
    "programme_left": "They want no more questions of this programme: it has ended, other texts go on.",
    "refill": "They ask for a refill: the care team is told.",
    "ask": "They asked a question: answered from the clinic's own sentences, or passed on.",
    "barrier": "Something stands in the way: heard, the clinic's own help named, and passed on.",
    "update_info": "They have new details: a person updates them.",
    "complaint": "They are upset: a person answers.",
    "human": "They want a person.",
    "call_time": "They say when to call: passed on to who will.",
    "other": "It is about care, and a person must read it.",
    "media": "They sent a picture or file, and no words that tell what they want: a person looks at it.",
    "social": "They greeted or thanked.",
    "noise": "It says nothing that the bot could act on.",
    "not_understood": "Not understood after asking back: a person reads it.",
    "clarify": "Not understood: the bot asked back once.",
    "unknown_sender": "The number is on no record: nothing is told, a person looks.",
    "loop": "The same exchange again and again: the bot is silent.",
    "failed": "The bot failed on this message: the patient was told that a person will answer.",
}
# What an approved text tells that was done.
DONE = {
    "cancelled": "The bot called the visit off, as this clinic lets it; the patient can take that back.",
    "declined": "This clinic has a person call visits off: it was passed on.",
    "moved": "The patient can take that back.",
    "booked": "The patient can take that back.",
}
# What an answer did or asked, for who reads a list: what was promised stands beside it, and what was only polite says nothing.
ANSWERED = {
    "cancelled": "called the visit off", "moved": "moved the visit", "booked": "booked a visit", "confirmed": "confirmed the visit",
    "confirmed_many": "confirmed the visits", "kept": "kept the visit", "tentative": "will ask again", "undone": "took the change back",
    "undone_booking": "took the booking back", "ask_cancel": "asked whether to call it off", "ask_confirm": "asked whether they come",
    "which_visit": "asked which visit", "mixed_visits": "asked about each visit", "ask_when": "asked when it suits",
    "ask_when_new": "asked when it suits", "ask_when_again": "asked when it suits", "offer": "offered times",
    "offer_other": "offered other times",
    "which_slot": "asked which time", "read_back_move": "asked whether to move it", "answer": "gave the clinic's answer",
    "ask_details": "asked whether texts may name details", "clarify": "asked back", "clarify_visit": "asked back",
    "clarify_visits": "asked back", "which_list": "asked whether texts or the visit are to end",
    "waitlist_on": "will write when a time opens", "opted_out": "ended texts",
    "language_offer": "offered texts in their language", "safety.medical": "told them to call 911",
    "safety.self_harm": "gave them 988 and 911", "failed": "said that a person will answer",
}  # fmt: skip
SOURCES = {
    "keyword": "the whole text is this word",
    "model": "what it learned from phrases",
    "danger": "words that mean danger",
    "floor": "words that mean danger",
    "told": "words that tell of it",
    "split": "read together with the texts just before it",
}


def why(rule: str | None, texts: Iterable[str] = (), words: Words = ENGLISH) -> list[str]:
    """A stored rule, e.g. "reschedule+barrier", as sentences; what is new and has none is shown as it is. texts: of the answer."""
    found = []
    for name in filter(None, (rule or "").split("+")):
        found.append(words(RULES.get(name) or RULES.get(name.split("_")[0]) or name.replace("_", " ")))
    found += [words(DONE[key]) for key in texts if key in DONE]
    return list(dict.fromkeys(found))


def answered(texts: Iterable[str], words: Words = ENGLISH) -> str:
    """What the bot did in an answer of these approved texts; "" for nothing of note."""
    keys = list(texts)
    helped = any(key.startswith("barrier.") for key in keys)
    told = (
        words("told of the clinic's help") if helped and key == "answer" else words(ANSWERED[key]) for key in keys if key in ANSWERED
    )
    return ", ".join(dict.fromkeys(told))


def label_words(label: str, words: Words = ENGLISH) -> str:
    """A label of a reading, such as "ask.cost" or "cancel", in plain words."""
    head, _, detail = label.partition(".")
    if head == "urgent":
        danger = words(URGENT.get(detail, DANGER))
        return danger[0].lower() + danger[1:]
    if head in TOLD:
        return words(TOLD[head])
    if head == "ask":
        return words("asks %(what)s", what=words(TOPICS[detail]) if detail in TOPICS else words("a question"))
    if head == "barrier":
        return words("in the way: %(what)s", what=words(BARRIERS[detail]) if detail in BARRIERS else words("something"))
    return words(ACTS[head][1] if head in ACTS else label.replace("_", " "))


def source_words(source: str, words: Words = ENGLISH) -> str:
    """Where a label comes from, in plain words."""
    kind, _, found = source.partition(": ")
    told = words(SOURCES.get(kind, kind))
    return f"{told}: {found}" if found else told


def labels_of(read: Understanding) -> tuple[str, ...]:
    """The labels of a reading as `intents/` names them: acts, with topics and barriers as act.detail."""
    plain = [act for act in read.acts if act not in ("ask", "barrier")]
    asks = [f"ask.{topic}" for topic in read.topics] or (["ask.other"] if "ask" in read.acts else [])
    bars = [f"barrier.{kind}" for kind in read.barriers] or (["barrier.other"] if "barrier" in read.acts else [])
    urgent = [f"urgent.{read.urgent}"] if read.urgent else []
    return tuple(sorted([*urgent, *plain, *asks, *bars]))
