"""The sections of a clinic's settings: which keys of its file each holds, in which fields they are edited, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

from bot.care.schedule import SAYS, TO
from bot.clinic import DAYS, KEPT
from bot.desk.meaning import BARRIERS, TOPICS
from bot.desk.settings.fields import Checks, Choice, Field, Given, Group, Kind, Line, Named, Rows, Sentence, Span, Times, inside, typed
from bot.desk.settings.programmes import PROGRAMMES
from bot.desk.words import ENGLISH, Words
from bot.dialogue.questions import CLINICAL

YES = {"yes": "yes", "no": "no"}
GROUPS = {"silent": "has not answered", "maybe": "said maybe", "coming": "is coming", "missed": "missed the visit"}
SENTENCES = {
    "reminder": "the visit's time, and whether they come",
    "ask_confirm": "whether they come, with numbers to answer",
    "visit_when": "the visit's time",
    "see_you": "see you then",
    "prepare": "that there is something to prepare",
    "papers": "that papers are missing, if they are",
    "missed": "that they were missed",
}
TOLD = {
    "before": "%(span)s before the visit, to who %(to)s: %(says)s",
    "after": "%(span)s after the visit, to who %(to)s: %(says)s",
}
# Questions that the bot answers from the patient's own visit, as `bot/dialogue/questions.py` does.
OF_THE_VISIT = {
    "when": "told from the visit itself; written here: to a number that we do not know",
    "duration": "told from the visit itself; written here: to who has none",
    "provider": "told from the visit itself, to who has agreed to details by text; written here: to all others",
    "prep": "told by kind of visit: see “How to prepare” in the settings; written here: where that may not be told, or is not",
}
ZONES = ("America/", "Pacific/", "Asia/", "Europe/", "Africa/", "Australia/", "Atlantic/")


def _capital(words: Mapping[str, str]) -> dict[str, str]:
    return {name: said[0].upper() + said[1:] for name, said in words.items()}


class Step(Group):
    """A text of the schedule: so long before or after the visit. The file tells by the key which of both it is."""

    widget = "step"

    def show(self, raw: Any) -> dict[str, Any]:
        """With the side of the visit as a choice."""
        side = "after" if inside(raw, "after") else "before"
        return {**super().show(raw), "side": side, "span": Span().show(inside(raw, side))}

    def read(self, given: Given) -> dict[str, Any] | None:
        """None where the row is empty but for what is chosen by itself."""
        found = super().read(given) or {}
        if span := Span().read(inside(given, "span")):
            found[typed(inside(given, "side")) or "before"] = span
        return found or None

    def tell(self, raw: Any, words: Words) -> Any:
        """In one line."""
        to, says = (next((line for _, line in each.kind.tell(inside(raw, each.key), words)), "") for each in self.fields[1:])
        side = "after" if inside(raw, "after") else "before"
        when = next((line for _, line in Span().tell(inside(raw, side), words)), "")
        yield (inside(raw, "step") or "",), words(TOLD[side], span=when, to=to, says=says)


STEP = Step((
    Field("step", "Name", Line(longest=20)),
    Field("to", "To whoever", Checks({name: GROUPS[name] for name in TO})),
    Field("say", "It says", Checks({name: SENTENCES[name] for name in SAYS})),
))  # fmt: skip
LEADS = Group(tuple(Field(name, words, Span()) for name, words in _capital(BARRIERS).items()))


@dataclass(frozen=True)
class Section:
    """A part of the settings with a page of its own.

    paged: the key whose entries have a page each; names: those that it can have, none: any; noun: what an entry is; said: under
    which of its own keys an entry's sentences are, "": it is nothing but sentences.
    schedule: when the bot's texts go depends on it. unwritten: entry → what is told where nothing is written.
    """

    name: str
    title: str
    what: str
    fields: tuple[Field, ...] = ()
    paged: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    noun: str = ""
    said: str = ""
    schedule: bool = False
    unwritten: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the clinic's file that it holds."""
        return (self.paged,) if self.paged else tuple(each.key for each in self.fields)

    def kind(self, languages: tuple[str, ...], words: Words = ENGLISH) -> Kind:
        """In which fields it is edited: all of it, or one of its entries. languages: those that we write, English first."""
        if not self.paged:
            return Group(self.fields)
        sentences = Group(tuple(Field(code, words.language_name(code), Sentence(language=code)) for code in languages))
        return Group((*self.fields, Field(self.said, "What it is called", sentences))) if self.said else sentences

    def sentences(self, entry: Any) -> Mapping[str, str]:
        """language → sentence of an entry; {} where there is none."""
        found: Mapping[str, str] = (inside(entry, self.said) if self.said else entry) or {}
        return found

    def place(self, keys: tuple[str, ...], languages: tuple[str, ...], words: Words) -> str:
        """A place in the file, as the form calls it."""
        kind, said = self.kind(languages, words), [self.names.get(keys[1], keys[1])] if self.paged and len(keys) > 1 else []
        for key in keys[2 if self.paged else 0 :]:
            found = next((each for each in kind.fields if each.key == key), None) if isinstance(kind, Group) else None
            said.append(found.label if found else key)
            kind = found.kind if found else kind.kind if isinstance(kind, Named | Rows) else kind
        return ", ".join(words(each) for each in said) or words(self.title)

    def tell(self, data: Mapping[str, Any], languages: tuple[str, ...], words: Words) -> dict[tuple[str, ...], str]:
        """What it says, in words: labels → words."""
        if self.paged:
            return dict(Named(self.kind(languages, words), "", "", self.names).tell(data.get(self.paged), words))
        return dict(self.kind(languages, words).tell(data, words))


def _zones() -> dict[str, str]:
    return {name: name.replace("_", " ") for name in sorted(available_timezones()) if name.startswith(ZONES)}


ZONE = Choice(_zones())  # by the names of the database, in every language
FIXED = ("slug",)  # what is changed in the file alone: the name for good
SECTIONS = {each.name: each for each in (
    Section("clinic", "The clinic", "Its name begins each text; its phone number stands in the answer to HELP.", (
        Field("name", "Name", Line(longest=60), "Neutral: it must not tell what people are treated for."),
        Field("phone", "Phone", Line("tel", 40)),
        Field("zone", "Time zone", ZONE),
        Field("may_cancel", "The bot calls visits off by itself", Choice(YES), "No: it notes who cannot come, and a coordinator does."),
        Field("segment_price", "What a segment of a text costs", Line(longest=20),
              "Such as 0.0083 USD, with the carriers' fees. Empty: the pictures tell segments and no cost."),
        Field("open_services", "What a patient may book without having a visit", Rows(Line(longest=40), "kind of visit")),
    ), schedule=True),
    Section("hours", "Hours and holidays", "When somebody reads the inbox. Patients are promised an answer by these hours.", (
        Field("hours", "Hours", Group(tuple(Field(day, day.capitalize(), Times()) for day in DAYS)), "Empty: nobody is there."),
        Field("holidays", "Holidays", Rows(Line("date"), "holiday"), "Days on which nobody is there."),
        Field("answer_within_hours", "A promised answer is late after", Line("number", 3, unit="hours at the desk")),
        Field("alert_after_minutes", "Others are told of an emergency after", Line("number", 3, unit="minutes"),
              "By day and night, until somebody has taken it on."),
    ), schedule=True),
    Section("answers", "Answers to questions", "What the bot answers by itself. Where nothing is written, it passes it on.",
            paged="answers", names=_capital({name: words for name, words in TOPICS.items() if name not in CLINICAL}), noun="question",
            unwritten=OF_THE_VISIT),
    Section("resources", "Help with what stands in the way", "What is told at once to who says that something stands in the way.",
            paged="resources", names=_capital(BARRIERS), noun="hindrance"),
    Section("lead_times", "Lead times", "How long before a visit help must be arranged. It sets by when an item must be seen to.", (
        Field("lead_times", "What takes how long", LEADS, "Empty: two days."),
    )),
    Section("preparations", "How to prepare", "Told to whoever asks and has agreed to details by text, by kind of visit.",
            paged="preparations", noun="kind of visit"),
    Section("papers", "Papers", "What a visit needs. Staff tick what is there; who texts DOCS hears what is missing.", (
        Field("before", "So long before the visit it must be there", Span()),
        Field("visits", "Kinds of visits that need it", Rows(Line(longest=40), "kind of visit"), "None: all of them."),
    ), paged="papers", noun="paper", said="say", schedule=True),
    Section("reminders", "Reminders", "Which texts the bot starts by itself, when, and how many at most.", (
        Field("reminders", "When, and how many", Group((
            Field("between", "Texts may start between", Times(), "In the patient's own time, within 8 AM and 9 PM."),
            Field("on_holidays", "On holidays too", Choice({"no": "no", "yes": "yes"})),
            Field("per_day", "Texts a day at most", Line("number", 3), "To one number that did not ask for them."),
            Field("per_week", "Texts a week at most", Line("number", 3)),
            Field("settle", "None so soon after a visit was booked, moved or answered about", Span()),
            Field("latest", "None so shortly before a visit", Span()),
            Field("kinds", "Texts", Named(Rows(STEP, "text"), "Kind of visit", "kind of visit"),
                  "By kind of visit; “default” serves those that are not named."),
        ))),
    ), schedule=True),
    Section("programmes", "Programmes", "What some patients are asked for a while, and what their answers do.", (
        Field("programmes", "Programmes", PROGRAMMES, "Who is in one that is taken away is asked nothing more."),
    ), schedule=True),
    Section("waitlist", "Waiting list", "Who waits for a time is offered one that opens; who answers first has it.", (
        Field("waitlist", "How it is offered", Group((
            Field("at_once", "So many are asked at once", Line("number", 3)),
            Field("minutes", "The next ones are asked after", Line("number", 4, unit="minutes")),
            Field("notice", "None so shortly before it", Span()),
        )), "Empty: nobody is put on the waiting list by text."),
    )),
    Section("replies", "Ready replies", "Sentences that coordinators send as they stand, with the English beside them.",
            paged="replies", noun="reply"),
    Section("retention", "How long words are kept", "After so many days they are taken away; that there was a text stays.", (
        Field("retention", "Days", Group(tuple(Field(kind, words, Line("number", 5, unit="days"))
                                               for kind, words in zip(KEPT, ("Texts", "Notes of staff", "Free times"), strict=True))),
              "Empty: kept for ever. The daily purge takes away what is older."),
    )),
)}  # fmt: skip
