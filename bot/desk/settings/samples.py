"""What patients get by a clinic's settings, in every language: the very texts, decided and written as for a patient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot.clinic import ClinicFile
from bot.core import Bot
from bot.desk.replies import OWNED
from bot.desk.settings.edit import Target
from bot.dialogue.decide import decide
from bot.dialogue.effects import Say
from bot.dialogue.types import Facts, Person, State, Visit
from bot.editing.lint import Lint, private_words, reveals
from bot.errors import Said
from bot.remind import About, sentences
from bot.rendering import clean, compose
from bot.segments import segments
from bot.understand.types import Understanding

LONG = 3  # segments from which on a text is expensive
HELP = Understanding(keyword="help")
CANNOT = Understanding(acts=frozenset({"cancel"}))
DOCS = Understanding(keyword="docs")
CALL = Understanding(acts=frozenset({"human"}))


@dataclass(frozen=True)
class Sample:
    """A text as a patient gets it. about: what they asked or said; warnings: what speaks against it."""

    about: Said
    language: str
    text: str
    segments: int
    warnings: tuple[Said, ...]


# (what the patient said, how it is read, the service of their visit: "" without one, None: nobody knows the number)
Situation = tuple[Said, Understanding, str | None]


@dataclass(frozen=True)
class _Patient:
    """Somebody who writes in a language, at a moment; what they get depends on the clinic."""

    bot: Bot
    clinic: ClinicFile
    language: str
    at: datetime

    def gets(self, read: Understanding, service: str | None) -> str:
        """The answer, decided as every answer is."""
        zone = self.clinic.zone
        start = datetime.combine(self.at.astimezone(zone).date() + timedelta(days=7), time(9), zone)
        facts = Facts(
            now=self.at.astimezone(zone),
            clinic=self.clinic.clinic,
            people=() if service is None else (Person(id=0, language=self.language, details_ok=True),),
            visits=(Visit(id=0, patient_id=0, start=start, minutes=30, service=service),) if service else (),
            languages=self.bot.texts.languages,
            staffed=self.clinic.staffed(self.at),
            opens=self.clinic.opens(self.at),
        )
        read = replace(read, language=self.language, language_sure=True)
        decision = decide(state=State(language=self.language), understanding=read, facts=facts)
        said = [effect for effect in decision.effects if isinstance(effect, Say)]
        return self._written([self.bot.texts.render(say.key, decision.language, say.values) for say in said])

    def reminded(self, say: tuple[str, ...]) -> str:
        """A text of the schedule about one visit."""
        start = datetime.combine(self.at.date() + timedelta(days=7), time(9), self.clinic.zone)
        every = sentences([About(id=0, start=start, step="", say=say)])
        return self._written([self.bot.texts.render(key, self.language, values) for key, values in every])

    def asked(self, say: str) -> str:
        """A question of a programme."""
        return self._written([self.bot.texts.render(say, self.language)])

    def told(self, words: str) -> str:
        """A sentence that a coordinator sends."""
        return self._written([clean(words)])

    def _written(self, parts: list[str]) -> str:
        return compose(self.clinic.clinic.name, parts, self.language)


def affected(bot: Bot, target: Target, *, was: ClinicFile, now: ClinicFile, at: datetime, lint: Lint) -> list[Sample]:
    """The texts that are no longer what they were."""
    if target.section.name == "hours":
        at = next((moment for hours in range(24 * 8) if not now.staffed(moment := at + timedelta(hours=hours))), at)
    found = []
    for language in bot.texts.languages:
        before = dict(_texts(_Patient(bot, was, language, at), target))
        for about, text in _texts(_Patient(bot, now, language, at), target):
            if before.get(about) != text:
                found.append(Sample(about, language, text, segments(text), tuple(_warnings(now, target, about, language, text, lint))))
    return sorted(found, key=lambda each: each.about)  # languages stay in their order


def _texts(patient: _Patient, target: Target) -> Iterator[tuple[Said, str]]:
    """(what the patient said, what they get) of all that the section can change."""
    name, clinic = target.section.name, patient.clinic
    if name == "replies" and (words := clinic.replies.get(target.entry, {}).get(patient.language)):
        yield Said("%(reply)s", reply=target.entry), patient.told(words)
    if name == "reminders":
        for kind, steps in clinic.cadence.kinds.items():
            for step in steps:
                yield Said("%(kind)s: %(step)s", kind=kind, step=step.name), patient.reminded(step.say)
    if name == "programmes":
        for programme in clinic.programmes.values():
            for question in programme.questions:
                about = Said("%(programme)s: %(question)s", programme=programme.title, question=question.name)
                yield about, patient.asked(question.say)
    for about, read, service in _situations(target, clinic):
        yield about, patient.gets(read, service)


def _situations(target: Target, clinic: ClinicFile) -> Iterator[Situation]:
    name, entry = target.section.name, target.entry
    if name == "clinic":
        yield Said("HELP"), HELP, ""
        yield Said("I cannot come"), CANNOT, "checkup"
    elif name == "hours":
        yield Said("Please call me (when nobody is there)"), CALL, ""
    elif name == "answers":
        asks = Said("Asks: %(what)s", what=Said(target.section.names[entry]))
        yield asks, Understanding(acts=frozenset({"ask"}), topics=frozenset({entry})), None if entry == "when" else ""
    elif name == "resources":
        says = Said("Says: %(what)s", what=Said(target.section.names[entry]))
        yield says, Understanding(acts=frozenset({"barrier"}), barriers=frozenset({entry})), ""
    elif name == "preparations":
        asks = Said("Asks: How do I prepare? (%(service)s)", service=entry)
        yield asks, Understanding(acts=frozenset({"ask"}), topics=frozenset({"prep"})), entry
    elif name == "papers":
        for paper in clinic.clinic.papers:
            if paper.name == entry:
                yield Said("DOCS"), DOCS, (*paper.services, "checkup")[0]


def _warnings(clinic: ClinicFile, target: Target, about: str, language: str, text: str, lint: Lint) -> Iterator[Said]:
    sentence = target.section.sentences(target.part(clinic.data)).get(language, "") if target.entry else ""
    if owned := sorted({word for word in re.findall(r"\b[A-Z]{3,}\b", sentence) if word in OWNED}):
        yield Said("%(words)s: carriers act on this word; who sends it back may be opted out.", words=", ".join(owned))
    if said := private_words(sentence, language, lint):
        yield Said("“%(word)s” tells others what somebody is treated for.", word=said[0])
    if target.section.name == "clinic" and about == "HELP" and (told := reveals(clinic.clinic.name, lint)):
        yield Said("The name says “%(word)s”: it tells others what people are treated for.", word=told[0])
    if segments(text) >= LONG:
        yield Said("Long: it costs as much as that many texts.")
