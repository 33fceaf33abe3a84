"""Every sentence that the bot can send, and how it is written in a language (S-11: nothing else is ever sent).

`TEXTS` holds the English, which is the source that translators work from (`locales/*/LC_MESSAGES/messages.po`, msgctxt =
key, msgid = the English). A sentence never says more about a patient than H-02 allows, and never asks for a word that the
carriers own (O-04): choices are digits or words of our own.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.errors import DataError
from bot.rendering import Value, clean, compose, write
from bot.yamlfile import read_yaml

Reviews = Mapping[str, Mapping[str, Mapping[str, str]]]  # language → key → by, on, hash
SOURCE = "en"
SAFETY = "safety."  # how the keys of the texts begin that answer danger

TEXTS: dict[str, str] = {
    # ---- coming, not coming
    "confirmed": "Thank you. You are confirmed for {when}.",
    "confirmed_many": "Thank you. Confirmed: {whens}.",
    "kept": "Good. Your visit on {when} stays as it is.",
    "tentative": "OK. Your visit on {when} stays booked for now. We will ask you again.",
    "cancelled": "Your visit on {when} is called off. Reply UNDO to keep it or NEW for another time.",
    "declined": "We noted that you cannot come on {when}. A coordinator will call it off and tell you.",
    "ask_cancel": "Should we call off your visit on {when}? Reply 1 to call it off, 2 to keep it, 3 for another time.",
    "ask_confirm": "Are you coming on {when}? Reply 1 I am coming, 2 another time, 3 I cannot come.",
    "which_visit": "Which visit do you mean? {options}. Reply with the number, or 0 for all.",
    "mixed_visits": "Please tell us for each visit: {options}. For example: 1 coming, 2 not coming.",
    "moved_since": "That visit has changed since we wrote. It is now {when}. Reply 1 I am coming, 2 another time, 3 I cannot come.",
    "called_off_since": "That visit on {when} is no longer booked. Reply NEW for another time.",
    "passed": "That visit was on {when}. Reply NEW for another time.",
    "no_visit": "We see no visit booked for this phone.",
    # ---- another time
    "ask_when": "Your visit on {when} stays booked for now. What day or time would be better?",
    "ask_when_new": "What day or time would suit you?",
    "ask_when_again": "Which day or time? For example: Tuesday morning.",
    "find_time": "A coordinator will find a time with you.",
    "offer": "Free times: {options}. Reply with a number, or tell us another day or time.",
    "offer_other": "Nothing is free then. The nearest free times: {options}. Reply with a number, or tell us another day.",
    "slot_taken": "Sorry, that time was just taken.",
    "which_slot": "Which one do you want? {options}. Reply with the number.",
    "read_back_move": "Do you want {when}? Reply 1 to take it, 2 for another time.",
    "no_fit": "Nothing is free then. A coordinator will look for a time for you.",
    "no_fit_keeps": "Your visit on {when} stays booked until then.",
    "moved": "Done. Your visit is now on {when}. Reply UNDO to go back.",
    "booked": "Done. Your visit is booked for {when}. Reply UNDO to give it back.",
    "undone": "Taken back. Your visit is on {when}.",
    "undone_booking": "Taken back. The visit on {when} is not booked.",
    "undo_taken": "Sorry, your old time was taken by somebody else. Your booking stays as it is now.",
    "undo_gone": "That time was taken by somebody else. Reply NEW for another time.",
    "undo_nothing": "There is nothing to take back.",
    # ---- the waiting list
    "or_wait": "Should we text you when a time opens? Reply 0 for that.",
    "waitlist_offer": "A time has opened: {when}. Who answers first gets it. Reply 1 to take it, 2 if not, "
    "3 to leave the waiting list.",
    "waitlist_on": "We will text you when a time opens that fits.",
    "waitlist_off": "You are off the waiting list. We still text you about your visits.",
    # ---- what is booked
    "status": "Booked: {whens}.",
    "visit_when": "Your visit is on {when}.",
    "visits_when": "Your visits: {whens}.",
    "docs_missing": "For your visit on {when} we still need: {papers}.",
    "docs_complete": "For your visit on {when} no papers are missing.",
    "in_hand": "A coordinator is working on your request.",
    # ---- questions
    "answer": "{answer}",
    "duration": "Please plan {minutes} minutes.",
    "practitioner": "Your visit is with {practitioner}.",
    "video": "Join here: {link}",
    "ask_details": "Texts are not private: others may read them. Reply 1 if we may text you such details here, 2 for a call.",
    "details_no": "OK, we will not text details. A coordinator will call you.",
    "clinician": "Only your care team can answer that. We passed it on.",
    "no_answer": "We passed your question on.",
    # ---- what stands in the way
    "barrier.transport": "Thank you for telling us that getting here is hard.",
    "barrier.cost": "Thank you for telling us about the cost. Please do not let it keep you away.",
    "barrier.work": "Thank you for telling us. It is hard to get time away.",
    "barrier.childcare": "Thank you for telling us. Caring for others is a lot.",
    "barrier.language": "Thank you for telling us. Help in your language is free.",
    "barrier.understanding": "Thank you for telling us. We will explain it to you in plain words.",
    "barrier.fear": "Thank you for telling us. Many people feel that way.",
    "barrier.illness": "We are sorry that you are not well.",
    "barrier.mobility": "Thank you for telling us. We want to make it easier for you to come.",
    "barrier.housing_food": "We are sorry. Thank you for telling us.",
    "barrier.phone_tech": "Thank you for telling us about your phone.",
    "barrier.memory": "Thank you for telling us. We can help with remembering.",
    "barrier.side_effects": "We are sorry that you feel bad. We passed it on to your care team.",
    "barrier.other": "We are sorry. Thank you for telling us.",
    # ---- messages for people
    "handoff": "A coordinator will get back to you.",
    "handoff_closed": "Nobody reads this now. A coordinator will from {opens}. Emergency? Call 911.",
    "received": "Thank you, we got your message.",
    "human": "A coordinator will call you.",
    "late": "Thank you. We will tell the front desk.",
    "arrived": "Thank you. We will tell the front desk that you are here.",
    "update_info": "Thank you. A coordinator will update it with you.",
    "complaint": "We are sorry about that. Thank you for telling us.",
    "refill": "We passed your request for medicine on to your care team.",
    "taken": "Thank you, noted.",
    "not_taken": "Thank you for telling us. We passed it on to your care team.",
    "social": "Thank you. Text us any time.",
    "noise": "If you need us, text us what it is about.",
    # ---- not understood
    "clarify_visit": "Sorry, we did not understand. About your visit on {when}: reply 1 I am coming, 2 another time, "
    "3 I cannot come, 4 please call me.",
    "clarify_visits": "Sorry, we did not understand. Is it about a visit? Reply 1 I am coming, 2 another time, "
    "3 I cannot come, 4 please call me.",
    "clarify": "Sorry, we did not understand. Reply 1 for a visit, 2 for a question, 4 please call me.",
    "which_list": "What would you like? Reply 1 to end our texts, 2 to call off your visit, 3 for something else.",
    "ask_question": "What would you like to know?",
    # ---- the texts themselves
    "help": "This is the text line of {clinic}, phone {phone}. A computer reads first, people help where it cannot. "
    "Reply STOP to end texts. Emergency? Call 911.",
    "opted_out": "You will get no more texts from us. To get them again, text START.",
    "opted_in": "You will get our texts again. Help: {phone}. Text STOP to end them.",
    "fewer": "Noted: one reminder before each visit, nothing else. Text ALL TEXTS to get all again.",
    "visits_only": "Noted: only texts about your visits. Text ALL TEXTS to get all again.",
    "all_texts": "Noted: you get all our texts again.",
    "less": "Too many texts? Send FEWER or VISITS ONLY.",
    "wrong_number": "Sorry for the trouble. We will not text this number again.",
    "language_set": "We write in English from now on.",
    "language_offer": "Do you want our texts in English? Reply 1 for English.",
    "language_none": "We cannot write in that language yet. An interpreter is free. A coordinator will call you.",
    # ---- texts that the clinic starts
    "reminder": "You have a visit on {when}. Are you coming? You can answer in your own words. STOP ends texts.",
    "reminder_many": "You have visits: {options}. Are you coming? You can answer in your own words. STOP ends texts.",
    "see_you": "See you then. If something comes up, text us.",
    "prepare": "There is something to prepare. Ask us: how do I prepare?",
    "papers": "We still need papers for your visit. Reply DOCS to hear which.",
    "missed": "We missed you on {whens}. Reply NEW for another time, or tell us what stood in the way.",
    "clinic_booked": "We booked a visit for you on {when}. Are you coming? You can answer in your own words. STOP ends texts.",
    "clinic_moved": "Sorry, we had to move your visit. It is now on {when}. Are you coming? You can answer in your own words.",
    "clinic_called_off": "Sorry, we had to call off your visit on {when}. Reply NEW for another time.",
    "asked_booked": "As you asked, your visit is booked for {when}.",
    "asked_moved": "As you asked, your visit is now on {when}.",
    "asked_called_off": "As you asked, your visit on {when} is called off. Reply NEW for another time.",
    "medication": "Did you take your medicine today? You can answer in your own words.",
    "late_answer": "Sorry, we are late with our answer. We have not forgotten you.",
    "check_in.medicine": "Did you take your medicine today? Reply 1 taken, 2 not taken, 3 I feel bad from it, "
    "4 do not ask me any more.",
    "check_in.visit": "How are you after your visit? Can we help? Reply 1 all is well, 2 please call me, or write in your own words.",
    "asked_later": "Thank you for telling us. We will ask you once more later today.",
    "programme_left": "OK, we will not ask you that again. We still text you about your visits.",
    "helped": "You told us that it is hard for you to come. Is that solved now? Reply 1 solved, 2 not yet.",
    # ---- when something breaks, and when somebody is in danger
    "failed": "We got your message. A person will answer you.",
    "safety.medical": "CALL 911 NOW if you or somebody is in danger. Do not wait for our texts. We told our clinic.",
    "safety.self_harm": "Please call or text 988 now, day or night, free. In danger right now? Call 911. We told our clinic.",
}

# What a translator must know about a sentence beyond its English.
NOTES = {
    "cancelled": "UNDO and NEW are words that the patient sends back: use the ones in intents/<language>/keywords.yaml.",
    "fewer": "An answer to FEWER, and part of the answer to STATUS. ALL TEXTS: the first of `all_texts` in your keywords.yaml.",
    "visits_only": "As `fewer`: it must be right long after it was asked for, too.",
    "less": "The words are the first of `fewer` and of `visits_only` in your keywords.yaml.",
    "or_wait": "Follows a sentence that says that nothing, or nothing fitting, is free.",
    "waitlist_offer": "It may be followed by: your visit on ... stays booked until then.",
    "waitlist_on": "An answer to 0 (`or_wait`), to 2, and to who was too late (`waitlist_offer`); may follow `fewer` and `undone`.",
    "prepare": "It must not say for what: it may be read by somebody else (H-02). The question is one that the patient may send.",
    "papers": "It must not say which: others may read it (H-02). DOCS: the first of `docs` in your keywords.yaml.",
    "missed": "{whens} is one or several days and times. NEW: see `cancelled`. It must not sound like blame.",
    "clinic_moved": "The clinic caused it, not the patient: say so.",
    "clinic_called_off": "The clinic caused it, not the patient: say so.",
    "asked_moved": "The patient had asked for it, by phone or at the desk.",
    "handoff_closed": "{opens} is a day and time.",
    "safety.self_harm": "988 takes texts in English and Spanish only; elsewhere it must say: call (S-02).",
    "helped": "Sent after a coordinator has arranged help: a ride, an interpreter, a lower price. Do not name what it was.",
    "docs_missing": "{papers} is a list such as: your insurance card, the signed form. The patient sent DOCS.",
    "late_answer": "A person was to answer by a certain time and has not. It promises no new time, and does not name the matter.",
    "check_in.medicine": "Sent every day to patients who agreed to it. It must not say which medicine, nor what for (H-02).",
    "check_in.visit": "Sent some days after a visit. It must not say what the visit was for.",
    "programme_left": "The patient wants no more questions such as the daily one about medicine.",
    "which_visit": "Never name a person or a kind of visit: somebody else may hold the phone (N-04).",
    "language_set": "Write the name of YOUR language, not English.",
    "language_offer": "Write the name of YOUR language, not English.",
}


@dataclass(frozen=True)
class Texts:
    """The approved texts in every language that has a catalogue.

    catalogs: language → key → sentence. Keys that a language lacks are written in English. reviews: which a translator has read.
    """

    catalogs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reviews: Reviews = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the bot can answer in."""
        return (SOURCE, *(code for code in self.catalogs if code != SOURCE))

    def template(self, key: str, language: str | None) -> str:
        """The sentence with its gaps. Raises KeyError for a key that is not an approved text."""
        english = TEXTS[key]
        return self.catalogs.get(language or SOURCE, {}).get(key, english)

    def _written_in(self, key: str, language: str | None) -> str:
        """The language itself if it has the sentence, else English: dates are written like the sentence."""
        return language if language and key in self.catalogs.get(language, {}) else SOURCE

    def render(self, key: str, language: str | None, values: Iterable[tuple[str, Value]] = ()) -> str:
        """The sentence `key` in `language`, its gaps filled. Raises KeyError when a gap has no value."""
        language = self._written_in(key, language)
        written = {name: write(name, value, language) for name, value in values}
        return clean(self.template(key, language).format(**written))

    def reviewed(self, key: str, language: str | None) -> bool:
        """Whether a qualified translator has read the sentence as it is sent (L-03). English is what they translate from."""
        entry = self.reviews.get(language or SOURCE, {}).get(key, {})
        return self._written_in(key, language) == SOURCE or entry.get("hash") == fingerprint(self.template(key, language))

    def answer(self, clinic: str, said: Iterable[tuple[str, Iterable[tuple[str, Value]]]], language: str | None) -> list[str]:
        """The messages of an answer. said: keys of its sentences, with their values.

        They are one message; but a safety text that no qualified translator has read in this language goes together with the
        English one, in a second: silence would be worse than a bad sentence, and a bad sentence alone worse than two.
        """
        every = [(key, tuple(values)) for key, values in said]
        if not every:
            return []
        messages = [compose(clinic, [self.render(key, language, values) for key, values in every], language)]
        unread = [(key, values) for key, values in every if key.startswith(SAFETY) and not self.reviewed(key, language)]
        if unread:
            messages.append(compose(clinic, [self.render(key, SOURCE, values) for key, values in unread], SOURCE))
        return messages


def load_texts(folder: Path) -> Texts:
    """Reads `folder`/LANG/LC_MESSAGES/messages.po for every language, and who has read them; raises DataError for other gaps."""
    catalogs = {}
    for path in sorted(folder.glob("*/LC_MESSAGES/messages.po")):
        with path.open("rb") as file:
            catalog = read_po(file, abort_invalid=True)
        catalogs[path.parts[-3]] = _sentences(catalog, path)
    return Texts(catalogs=catalogs, reviews=load_reviews(folder))


def load_reviews(folder: Path) -> Reviews:
    """Reads `folder`/reviews.yaml; where there is none, nobody has read anything."""
    path = folder / "reviews.yaml"
    return (read_yaml(path) if path.exists() else None) or {}


def fingerprint(sentence: str) -> str:
    """Under which a sentence counts as reviewed."""
    return hashlib.sha256(sentence.encode()).hexdigest()[:12]


def _sentences(catalog: Catalog, path: Path) -> dict[str, str]:
    found = {}
    for entry in catalog:
        if not entry.context or not entry.string or entry.fuzzy:
            continue
        key, sentence, where = entry.context, str(entry.string), f"{path}:{entry.lineno}"
        if key not in TEXTS:
            raise DataError(f"{where}: {key!r} is no text of bot/texts.py; run `flask --app app texts` to update the catalogue")
        if entry.id != TEXTS[key]:
            continue  # the English has changed since: an outdated sentence is not sent
        if gaps(sentence) != gaps(TEXTS[key]):
            raise DataError(f"{where}: {key!r} must have the gaps {sorted(gaps(TEXTS[key]))}, not {sorted(gaps(sentence))}")
        found[key] = sentence
    return found


def gaps(sentence: str) -> frozenset[str]:
    """The names of a sentence's gaps."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(sentence) if name)
