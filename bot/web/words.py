"""How moments, people and readings are written on the staff's pages, in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import groupby

from flask import Blueprint, g

from bot.actor import Actor
from bot.desk import explain, told
from bot.desk import meaning as meanings
from bot.desk.barriers import STAGES
from bot.desk.settings.fields import length
from bot.desk.twin import twin
from bot.moments import RIGHT_TO_LEFT
from bot.store import worklist
from bot.store.inbox import Entry
from bot.store.lines import Item
from bot.store.worklist import UNKNOWN
from bot.understand.types import Understanding, Wish
from bot.web.tongue import say, words
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
VISITS = {"booked": "booked", "cancelled": "cancelled", "noshow": "no-show", "fulfilled": "took place", "arrived": "arrived"}
PARTICIPANTS = {"needs-action": "has not answered", "accepted": "is coming", "tentative": "is not sure", "declined": "cannot come"}
CHANGED = {
    "cancelled": "visit called off", "moved": "visit moved", "booked": "visit booked", "undone": "change of a visit taken back",
    "undone_booking": "booking taken back",
}  # fmt: skip
RELATIONS = ("self", "child", "parent", "mother", "father", "spouse", "partner", "caregiver", "guardian", "other")

blueprint.add_app_template_filter(say, "said")
blueprint.add_app_template_filter(meanings.beyond, "beyond")
blueprint.add_app_template_filter(lambda day: words().day(day), "short_day")
blueprint.add_app_template_filter(lambda day: words().full_day(day), "full_day")
blueprint.add_app_template_filter(lambda day: words().day_of_year(day), "day_of_year")


def _local(moment: datetime) -> datetime:
    return moment.astimezone(wired().bot.clinic.zone)


@blueprint.app_template_filter("local")
def local(moment: datetime | None) -> str:
    """A moment in the clinic's time, e.g. "Tue, Mar 10, 9:00 AM"."""
    return words().moment(_local(moment)) if moment is not None else ""


@blueprint.app_template_filter("hour")
def hour(moment: datetime) -> str:
    """The time of day at the clinic, e.g. "9:00 AM"."""
    return words().clock(_local(moment))


@blueprint.app_template_filter("there")
def there(moment: datetime | time) -> str:
    """The time of day as it is given, which is the patient's."""
    return words().clock(moment)


@blueprint.app_template_filter("there_on")
def there_on(moment: datetime) -> str:
    """A moment as it is given, which is by the patient's clock."""
    return words().moment(moment)


@blueprint.app_template_filter("clock")
def clock(moment: datetime) -> str:
    """A moment of today in the clinic's time, e.g. "9:00 AM"; of another day with the day."""
    today: date = _local(wired().bot.clock()).date()
    return hour(moment) if _local(moment).date() == today else local(moment)


@blueprint.app_template_filter("ago")
def ago(moment: datetime) -> str:
    """How long ago, in words."""
    passed = wired().bot.clock() - moment
    return say("just now") if passed < timedelta(minutes=1) else say("%(span)s ago", span=span(passed))


@blueprint.app_template_filter("left")
def left(moment: datetime) -> str:
    """How long until a moment, or how late it is."""
    until = moment - wired().bot.clock()
    return say("in %(span)s", span=span(until)) if until > timedelta() else say("%(span)s late", span=span(-until))


def span(passed: timedelta) -> str:
    """A length of time in its largest unit."""
    minutes = max(1, int(passed.total_seconds() // 60))
    if minutes < 60:
        return say("%(number)s min", number=minutes)
    if minutes < 48 * 60:
        return say("%(number)s h", number=minutes // 60)
    return words().many("%(num)s day", "%(num)s days", minutes // 1440)


@blueprint.app_template_filter("length_of_time")
def length_of_time(shown: Mapping[str, str]) -> str:
    """A number and its unit, as a form shows them."""
    return length(shown, words())


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


@blueprint.app_template_filter("with_load")
def with_load(person: Actor) -> str:
    """A colleague's name with how much is on their list now, for whoever hands something on."""
    if "loads" not in g:
        with wired().bot.store.session() as session:
            g.loads = worklist.loads(session, wired().bot.clinic_id, wired().bot.clock())
    return f"{person.name} ({g.loads.get(person.id, 0)})"


@blueprint.app_template_filter("percent")
def percent(score: float) -> str:
    """0.934 → 93 %."""
    return f"{round(100 * score)} %"


@blueprint.app_template_filter("who")
def who(names: str) -> str:
    """Who is reached on a phone: names, or that nobody is known there."""
    return say(names) if names == UNKNOWN else names


@blueprint.app_template_filter("meaning")
def meaning(read: Understanding) -> str:
    """What a text means, in one line."""
    return meanings.meaning(read, words())


@blueprint.app_template_filter("heading")
def heading(item: Item | Entry) -> str:
    """What an item is about."""
    if isinstance(item, Entry):
        return told.heading(item.item, item.detail, words())
    return told.heading(item.kind, item.detail, words(), *(other.detail for other in item.beside))


@blueprint.app_template_filter("hindrance")
def hindrance(code: str) -> str:
    """What stands in the way, by itself."""
    return capital(say(meanings.BARRIERS.get(code.replace(" ", "_"), code)))


@blueprint.app_template_filter("answered")
def answered(item: Item) -> str:
    """What the bot did at the text that an item is about."""
    return explain.answered(item.texts, words())


@blueprint.app_template_filter("detail")
def detail(item: Item | Entry) -> str:
    """What stands beside that."""
    return told.detail(item.kind if isinstance(item, Item) else item.item, item.detail, words())


@blueprint.app_template_filter("cost")
def cost(segments: int) -> str:
    """What so many segments cost; "" where the clinic has not told."""
    price = wired().bot.clinic.segment_price
    return words().money(price.amount * segments, price.currency, exact=True) if price else ""


@blueprint.app_template_filter("stage")
def stage(code: str) -> str:
    """How far a barrier has come."""
    return capital(say(STAGES.get(code, code)))


def capital(said: str) -> str:
    """With a capital letter."""
    return said[:1].upper() + said[1:]


@blueprint.app_template_filter("sections")
def sections(items: list[Item]) -> list[tuple[str, list[Item]]]:
    """Items under the headings of their consequence, in the order in which they come."""
    return [(heading, list(rows)) for heading, rows in groupby(items, key=lambda item: SECTIONS[item.rank])]


@blueprint.app_template_filter("status")
def status(code: str) -> str:
    """A delivery status in plain words."""
    return say(STATUS.get(code, code))


@blueprint.app_template_filter("visit_status")
def visit_status(code: str) -> str:
    """How a visit stands, in plain words."""
    return say(VISITS.get(code, code))


@blueprint.app_template_filter("participant")
def participant(code: str) -> str:
    """What the patient has said about a visit, in plain words."""
    return say(PARTICIPANTS.get(code, code))


@blueprint.app_template_filter("held")
def held(code: str) -> str:
    """Why automation is held, in plain words."""
    return say(told.HOLDS.get(code, code))


@blueprint.app_template_filter("wishes")
def wishes(wanted: tuple[Wish, ...]) -> str:
    """What somebody who waits would take, e.g. "Tue, Mar 10, noon to 5 PM"."""
    return meanings.wished(wanted, words()) if wanted else say("any time, the sooner the better")


@blueprint.app_template_filter("did")
def did(entry: Entry) -> str:
    """What a person did, in plain words."""
    return told.did(entry.what, entry.detail, words(), wired().bot.clinic.zone)


@blueprint.app_template_filter("twin")
def twin_of(entry: Entry, language: str) -> str:
    """What a text of ours says to a patient of that language; "" where its words need no help."""
    if language == words().language:
        return ""
    return twin(wired().bot, keys=entry.texts, words=entry.words, language=language, reader=words())


@blueprint.app_template_filter("changed")
def changed(key: str) -> str:
    """What the bot did with a visit, in plain words."""
    return say(CHANGED[key])


@blueprint.app_template_filter("direction")
def direction(language: str) -> str:
    """The direction of a language's script, for the dir attribute."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


@blueprint.app_template_filter("language_name")
def language_name(code: str) -> str:
    """The name of a language."""
    return words().language_name(code)


@blueprint.app_template_filter("why")
def why(rule: str | None, texts: Iterable[str] = ()) -> list[str]:
    """Why the bot did what it did."""
    return explain.why(rule, texts, words())


@blueprint.app_template_filter("label_words")
def label_words(label: str) -> str:
    """A label of a reading in plain words."""
    return explain.label_words(label, words())


@blueprint.app_template_filter("source_words")
def source_words(source: str) -> str:
    """Where a label comes from, in plain words."""
    return explain.source_words(source, words())
