"""The fields that programmes are edited in: what patients are asked for a while, when, and what each answer does."""

from __future__ import annotations

from typing import Any

from bot.care.programmes import ENROLLED, FULFILLED
from bot.clinic import DAYS
from bot.desk.settings.fields import Checks, Choice, Field, Given, Group, Line, Named, Rows, Span
from bot.dialogue.check_ins import DOES, END, NUMBERS

STARTS = {ENROLLED: "when staff put in who has agreed", FULFILLED: "by itself, after a visit"}
ASKS = {"check_in.medicine": "whether they took their medicine", "check_in.visit": "how they are after the visit"}
ANSWERS = {
    "taken": "“1”, has taken the medicine",
    "not_taken": "“2”, has not taken it",
    "side_effects": "“3”, feels bad from it",
    "leave": "“4”, wants no more questions",
    "well": "“1”, is well after the visit",
    "help": "“2”, needs help after the visit",
}
DO = {
    "record taken": "record that it was taken",
    "record not-taken": "record that it was not",
    "log side_effects": "tell the nurse of side effects",
    "log not_taken": "tell the nurse that it was not taken",
    "log human": "somebody phones",
    "log clinical_question": "a question for the nurse",
    "ask again": "ask once more later",
    "end": "end the programme",
}
NEVER = "A number, or the word never."


class Question(Group):
    """A step of a programme. What is asked decides which answers there are; the file names each, even if it does nothing."""

    def show(self, raw: Any) -> dict[str, Any]:
        """A new one with what must be so: whoever wants no more questions is asked none."""
        return super().show(raw if raw is not None else {"answers": {"leave": [END]}})

    def read(self, given: Given) -> dict[str, Any] | None:
        """None where the row is empty but for what is chosen by itself."""
        found = super().read(given) or {}
        if not {"step", "after", "at"} & found.keys():
            return None
        ticked = found.get("answers") or {}
        return {**found, "answers": {answer: ticked.get(answer, []) for answer in NUMBERS.get(found.get("say", ""), {}).values()}}


QUESTION = Question((
    Field("step", "Name", Line(longest=20)),
    Field("after", "So long after the start", Span(), "Or, instead, at these times:"),
    Field("at", "Times of the day", Rows(Line("time"), "time"), "By the patient's own clock, within the hours of the reminders."),
    Field("days", "On", Checks({day: day.capitalize() for day in DAYS}), "None ticked: every day."),
    Field("say", "It asks", Choice(ASKS)),
    Field("answers", "What each answer does", Group(tuple(
        Field(answer, words, Checks({name: DO[name] for name in DOES})) for answer, words in ANSWERS.items()
    )), "Only the answers to what it asks count."),
))  # fmt: skip
PROGRAMMES = Named(Group((
    Field("title", "Title", Line(longest=60), "For staff; no patient sees it."),
    Field("starts", "It starts", Choice(STARTS)),
    Field("services", "After these kinds of visits", Rows(Line(longest=40), "kind of visit"), "None: after any."),
    Field("lasts", "It lasts", Span()),
    Field("texts", "Questions at most", Line("number", 3), "Empty: as many as fit."),
    Field("per_day", "Questions a day at most", Line("number", 3)),
    Field("per_week", "Questions a week at most", Line("number", 3)),
    Field("silent", "It pauses, and somebody phones, after so many questions without an answer", Line(longest=5), NEVER),
    Field("missed", "The nurse is told after so many times “not taken” in a row", Line(longest=5), NEVER),
    Field("again", "“Ask once more” asks after", Span()),
    Field("steps", "Questions", Rows(QUESTION, "question")),
)), "Name", "programme")  # fmt: skip
