"""How moments, people and readings are written on the staff's pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby

from flask import Blueprint

from bot.desk import explain
from bot.desk import meaning as meanings
from bot.desk.barriers import STAGES
from bot.desk.english import english
from bot.moments import RIGHT_TO_LEFT, language_name
from bot.store.inbox import Entry
from bot.store.worklist import Item
from bot.understand.types import Understanding, Wish
from bot.web.wiring import wired

blueprint = Blueprint("words", __name__)
SECTIONS = {0: "Somebody may be in danger", 1: "Before anything else", 2: "Before anything else"}
SECTIONS |= {
    3: "A visit or a treatment is at risk",
    4: "A visit or a treatment is at risk",
    5: "Waiting for an answer",
    6: "When there is time",
    7: "For whoever has the texts translated",
}
STATUS = {
    "queued": "waiting to be sent", "sending": "being sent", "sent": "sent, not yet confirmed", "delivered": "delivered",
    "undelivered": "not delivered", "failed": "could not be sent", "canceled": "not sent", "unknown": "may not have arrived",
    "answered": "answered", "read": "read",
}  # fmt: skip
DID = {
    "took_over": "took over: the bot is silent", "handed_back": "handed back to the bot", "released": "saw to it and released the hold",
    "assigned": "assigned it to", "unassigned": "gave it back to everybody", "snoozed": "snoozed it until", "woken": "woke it",
    "resolved": "closed it:", "reopened": "reopened it", "corrected": "corrected the reading:", "opted_in": "noted: wants texts again",
    "opted_out": "noted: wants no texts", "wants_all": "noted: wants all texts", "wants_visits": "noted: wants texts about visits only",
    "wants_fewer": "noted: wants one reminder before each visit", "acknowledged": "took it on", "note": "wrote a note",
    "verified": "asked: the number is theirs", "call": "phoned:",
    "helped": "arranged help", "asked": "asked whether it worked", "booked": "booked a visit:",
    "enrolled": "put them into the programme", "ended": "ended the programme", "resumed": "resumed the programme",
    "moved": "moved the visit:", "called_off": "called off the visit:", "paper": "ticked:", "no_paper": "took the tick away:",
    "waits": "put on the waiting list:", "waits_no_more": "took off the waiting list:",
    "withdrew": "took a planned reply back", "escalated": "Nobody acted in time, so it was handed on from",
}  # fmt: skip

CHANGED = {
    "cancelled": "visit called off", "moved": "visit moved", "booked": "visit booked", "undone": "change of a visit taken back",
    "undone_booking": "booking taken back",
}  # fmt: skip


@blueprint.app_template_filter("local")
def local(moment: datetime | None) -> str:
    """A moment in the clinic's time, e.g. "Tue Mar 10, 9:00 AM"."""
    if moment is None:
        return ""
    return moment.astimezone(wired().bot.clinic.zone).strftime("%a %b %-d, %-I:%M %p")


@blueprint.app_template_filter("hour")
def hour(moment: datetime) -> str:
    """The time of day at the clinic, e.g. "9:00 AM"."""
    return moment.astimezone(wired().bot.clinic.zone).strftime("%-I:%M %p")


@blueprint.app_template_filter("clock")
def clock(moment: datetime) -> str:
    """A moment of today in the clinic's time, e.g. "9:00 AM"; of another day with the day."""
    zone = wired().bot.clinic.zone
    there, today = moment.astimezone(zone), wired().bot.clock().astimezone(zone).date()
    return there.strftime("%-I:%M %p") if there.date() == today else local(moment)


@blueprint.app_template_filter("ago")
def ago(moment: datetime) -> str:
    """How long ago, in words."""
    passed = wired().bot.clock() - moment
    return "just now" if passed < timedelta(minutes=1) else f"{span(passed)} ago"


@blueprint.app_template_filter("left")
def left(moment: datetime) -> str:
    """How long until a moment, or how late it is."""
    until = moment - wired().bot.clock()
    return f"in {span(until)}" if until > timedelta() else f"{span(-until)} late"


def span(passed: timedelta) -> str:
    """A length of time in its largest unit."""
    minutes = max(1, int(passed.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


@blueprint.app_template_filter("seconds_left")
def seconds_left(moment: datetime) -> int:
    """Seconds until a moment, for a countdown."""
    return max(0, int((moment - wired().bot.clock()).total_seconds()))


@blueprint.app_template_filter("countdown")
def countdown(moment: datetime) -> str:
    """Minutes and seconds until a moment, e.g. "4:05"."""
    return "{}:{:02}".format(*divmod(seconds_left(moment), 60))


@blueprint.app_template_filter("initials")
def initials(name: str) -> str:
    """Ana Torres → AT."""
    return "".join(part[0] for part in name.split()[:2]).upper()


@blueprint.app_template_filter("percent")
def percent(score: float) -> str:
    """0.934 → 93 %."""
    return f"{round(100 * score)} %"


@blueprint.app_template_filter("meaning")
def meaning(read: Understanding) -> str:
    """What a text means, in one line of English."""
    return meanings.meaning(read)


@blueprint.app_template_filter("barrier")
def barrier(kind: str) -> str:
    """A kind of barrier in plain words."""
    return meanings.BARRIERS.get(kind.replace(" ", "_"), kind)


@blueprint.app_template_filter("stage")
def stage(code: str) -> str:
    """How far a barrier has come."""
    return STAGES.get(code, code)


@blueprint.app_template_filter("sections")
def sections(items: list[Item]) -> list[tuple[str, list[Item]]]:
    """Items under the headings of their consequence, in the order in which they come."""
    return [(heading, list(rows)) for heading, rows in groupby(items, key=lambda item: SECTIONS[item.rank])]


@blueprint.app_template_filter("status")
def status(code: str) -> str:
    """A delivery status in plain words."""
    return STATUS.get(code, code)


@blueprint.app_template_filter("wishes")
def wishes(wanted: tuple[Wish, ...]) -> str:
    """What somebody who waits would take, e.g. "Tue Mar 10, noon to 5 PM"."""
    return meanings.wished(wanted) if wanted else "any time, the sooner the better"


@blueprint.app_template_filter("did")
def did(kind: str) -> str:
    """What a person did, in plain words."""
    return DID.get(kind, kind)


@blueprint.app_template_filter("in_english")
def in_english(entry: Entry, language: str) -> str:
    """What a text of ours says to a patient of that language; "" where its words need no help."""
    return "" if language == "en" else english(wired().bot, keys=entry.texts, words=entry.words, language=language)


@blueprint.app_template_filter("changed")
def changed(key: str) -> str:
    """What the bot did with a visit, in plain words."""
    return CHANGED[key]


@blueprint.app_template_filter("direction")
def direction(language: str) -> str:
    """The direction of a language's script, for the dir attribute."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


for name in (language_name, explain.why, explain.label_words, explain.source_words):
    blueprint.add_app_template_filter(name, name.__name__)
