"""What stands beside an item, and what a person did, in words: both are stored as codes and moments."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from bot.care.life import HAPPENED
from bot.desk.explain import label_words
from bot.desk.meaning import ACTS, BARRIERS, TOPICS
from bot.desk.programmes import AGREED
from bot.desk.staff import CALLS
from bot.desk.words import Words
from bot.desk.work import OUTCOMES
from bot.dialogue.items import KINDS
from bot.errors import Said

DID = {
    "took_over": "took over: the bot is silent", "handed_back": "handed back to the bot", "released": "saw to it and released the hold",
    "assigned": "assigned it to", "unassigned": "gave it back to everybody", "snoozed": "snoozed it until", "woken": "woke it",
    "resolved": "closed it:", "reopened": "reopened it", "corrected": "corrected the reading:", "opted_in": "noted: wants texts again",
    "opted_out": "noted: wants no texts", "wants_all": "noted: wants all texts", "wants_visits": "noted: wants texts about visits only",
    "wants_fewer": "noted: wants one reminder before each visit", "acknowledged": "took it on", "note": "wrote a note",
    "verified": "asked: the number is theirs", "call": "phoned:",
    "helped": "arranged help", "asked": "asked the patient whether it worked", "booked": "booked a visit:",
    "enrolled": "put them into the programme", "ended": "ended the programme", "resumed": "resumed the programme",
    "moved": "moved the visit:", "called_off": "called off the visit:", "paper": "ticked:", "no_paper": "took the tick away:",
    "waits": "put on the waiting list:", "waits_no_more": "took off the waiting list:",
    "to_translate": "asked for a translation into", "translated": "translated this into",
    "person": "corrected the person:", "added": "added a person", "life": "noted what happened:",
    "withdrew": "took a planned reply back", "escalated": "Nobody acted in time, so it was handed on from",
}  # fmt: skip
# What of a person was corrected.
FIELDS = {
    "name": "name", "birth_year": "year of birth", "language": "language", "zone": "time zone", "phones": "phones",
    "do_not_text": "whether to text", "active": "whether a patient here",
}  # fmt: skip
CAUSES = {"patient": "the patient asked", "clinic": "the clinic's change"}
HOLDS = {
    "medical": "medical emergency", "self_harm": "self-harm", "abuse": "abuse", "wrong_number": "wrong number",
    "death": "a death was told of", **HAPPENED,
}  # fmt: skip
# What stands beside items of other kinds than those of `detail`.
BESIDE = {
    "booked": "booked", "moved": "moved", "called_off": "called off", "papers": "papers", "unknown": "unknown",
    "unreadable": "damaged in the database", "wrong_number?": "wrong number?", "opt_out?": "wants no texts?",
    "human?": "wants no call?", "not_planned": "its reminders fail: tell whoever runs the server", **HOLDS,
}  # fmt: skip
# Why a text does not go, why it waits, and why a programme stands still, as the schedule and the sender give it.
REASONS = (
    "opted out", "a coordinator has taken over", "asked not to be texted", "confidential, and the phone is somebody else's",
    "nobody has been heard from there for a year: ask whose number it is", "held until a person has seen to it", "no phone on record",
    "texts do not arrive at this number", "too long ago", "agreed on another phone", "a later text went",
    "wants texts about visits only", "wants the last reminder only", "its time has passed", "no lawful hour",
    "just booked, moved or answered", "a talk is going on", "quiet hours", "limit of texts", "no answer to the last ones: paused",
    "the visit has changed", "the programme has ended or is paused", "answered since", "the time is taken", "it has lost its use",
    "held up, and still true", "texts must not be sent there", "it was night by then", "the patient wrote first",
    "something has happened in their life", "withdrawn",
    "its time is over", "no answers", "left", "answered", "a number outside the US", "no paper is missing",
    "was told of the papers before", "too many texts in an hour", "The earliest time must be before the latest.",
    "No day fits: look at the days and weekdays.", "no visit to come",
)  # fmt: skip
# What texts that wait are, as `bot/delivery/catchup.py` sorts them.
WAITING = ("reminder", "news of a visit", "offer of a time", "a coordinator's words", "answer", "question")


def heading(kind: str, code: str, words: Words, *others: str) -> str:
    """What an item is about, in the fewest words: of what stands in the way it is what, not that. others: what does, too."""
    whats = [BARRIERS.get(each.replace(" ", "_")) for each in (code, *others)] if kind == "barrier" else []
    named = [words(what) for what in whats if what and what != BARRIERS["other"]]
    return words("In the way: %(what)s", what=", ".join(named)) if named else words(KINDS[kind].title)


def detail(kind: str, code: str, words: Words) -> str:
    """What stands beside the heading of an item of that kind; "" where the heading says it all."""
    code = code.replace(" ", "_")
    if kind == "barrier" and code in BARRIERS:
        return ""
    if kind == "mention":
        return words("by %(name)s", name=code.replace("_", " ").removeprefix("by "))
    if kind == "reply_held":
        return words(code.replace("_", " "))
    if kind in ("language", "unreviewed_text", "to_translate", "translated") and code:
        return words.language_name(code)
    table = {"question": TOPICS, "clinical_question": TOPICS}.get(kind, {})
    plain = table.get(code) or BESIDE.get(code) or (ACTS[code][1] if code in ACTS else None)
    return words(plain or code.replace("_", " "))


def did(kind: str, about: str, words: Words, zone: tzinfo) -> str:
    """What a person did, e.g. "moved the visit: Tue, Mar 10, 9:00 AM to Wed, Mar 11, 9:00 AM (the patient asked)"."""
    try:
        what = _about(kind, about, words, zone)
    except ValueError:  # an older entry, which holds words instead of moments
        what = about
    return f"{words(DID.get(kind, kind))} {what}".strip()


def _about(kind: str, about: str, words: Words, zone: tzinfo) -> str:
    if kind in ("booked", "moved", "called_off"):
        *moments, cause = about.split()
        when = [_moment(each, words, zone) for each in moments]
        told = {"before": when[0], "after": when[-1], "cause": words(CAUSES.get(cause, cause))}
        return words("%(before)s to %(after)s (%(cause)s)" if len(when) > 1 else "%(before)s (%(cause)s)", **told)
    if kind in ("to_translate", "translated"):
        return words.language_name(about)
    if kind == "person":
        return ", ".join(words(FIELDS.get(name, name)) for name in about.split() if not name.isdecimal())
    if kind == "life":
        event, _, until = about.partition(" ")
        if not event:
            return words("nothing stops texts any more")
        return (
            words("%(event)s, until %(day)s", event=Said(HAPPENED[event]), day=words.day(date.fromisoformat(until)))
            if until
            else words(HAPPENED[event])
        )
    if kind == "snoozed":
        return _moment(about, words, zone)
    if kind == "enrolled":
        how, _, title = about.partition(" ")
        return words("%(title)s (agreed %(how)s)", title=title, how=words(AGREED.get(how, how)))
    if kind == "escalated":
        before, _, to = about.partition(" → ")
        return words("%(before)s to %(to)s", before=before, to=to or words("everybody"))
    if kind == "corrected":
        return ", ".join(label_words(label, words) for label in about.split(", "))
    return words((CALLS if kind == "call" else {**OUTCOMES, **HOLDS}).get(about, about))


def _moment(text: str, words: Words, zone: tzinfo) -> str:
    return words.moment(datetime.fromisoformat(text).astimezone(zone))
