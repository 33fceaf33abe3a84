"""Editing a clinic's settings: what holds now, whether a change may be, saving it, taking it back, and who changed what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.clinic import ClinicFile, over
from bot.core import Bot
from bot.desk.settings.fields import inside
from bot.desk.settings.sections import Section
from bot.desk.words import ENGLISH, Words
from bot.errors import DataError, Place, Said, Told
from bot.owned import changes
from bot.owned.changes import Change, Data
from bot.owned.current import edited
from bot.store import audit, care

FORM = Place("settings")
Problems = dict[tuple[str, ...], str]  # where in the file → what is wrong and what to do


class Stale(Told):
    """Somebody else has saved the same thing meanwhile: the message says who."""


@dataclass(frozen=True)
class Target:
    """What a form edits: a section, or one entry of it."""

    section: Section
    entry: str = ""

    def part(self, data: Mapping[str, Any]) -> Any:
        """What the form is about, of what the file holds."""
        if self.entry:
            return inside(data.get(self.section.paged), self.entry)
        return {key: data.get(key) for key in self.section.keys}

    def put(self, data: Mapping[str, Any], part: Any) -> dict[str, Any]:
        """The section's keys with that part changed; an entry without a sentence is gone."""
        if not self.entry:
            return {key: inside(part, key) for key in self.section.keys}
        entries = {**(data.get(self.section.paged) or {}), self.entry: part}
        return {self.section.paged: {name: each for name, each in entries.items() if each}}


@dataclass(frozen=True)
class Line:
    """One difference, in words. was, now: "" for nothing."""

    where: str
    was: str
    now: str


@dataclass(frozen=True)
class Past:
    """A change with what it changed. words: None where that can no longer be said. undo: it is the newest one."""

    change: Change
    lines: tuple[Line, ...]
    undo: bool


def holds(bot: Bot) -> ClinicFile:
    """What holds now, whichever process saved it."""
    with bot.store.session() as session:
        return edited(bot.current.file, changes.held(session, bot.clinic_id).values())[0]


def mark(part: Any) -> str:
    """Tells one state of a part from another."""
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()[:16]


def problems(clinic: ClinicFile, data: Data) -> Problems:
    """What is wrong with these keys, as who reads the file says it: the first mistake of each."""
    found: Problems = {}
    for key, raw in data.items():
        try:
            over(clinic, {key: raw}, FORM)
        except DataError as error:
            found[error.keys] = error.what
    return found


def save(bot: Bot, target: Target, part: Any, *, seen: str, by: Actor) -> None:
    """Saves a part. seen: the mark of what the form was filled with. Raises Stale, and DataError for what may not be."""

    def data(clinic: ClinicFile, last: Change | None) -> Data:
        if mark(target.part(clinic.data)) != seen:
            raise Stale("%(name)s has changed this meanwhile.", name=last.actor if last else Said("The clinic’s file"))
        return target.put(clinic.data, part)

    _write(bot, target.section, data, action="setting_saved", by=by)


def take_back(bot: Bot, section: Section, change_id: int, *, newest: int, by: Actor) -> None:
    """Lets hold again what held before a change. newest: the newest one that was shown. Raises Stale, and DataError."""

    def data(_: ClinicFile, last: Change | None) -> Data | None:
        _still(last, newest)
        with bot.store.session() as session:
            known = {change.id: change for change in changes.history(session, bot.clinic_id, section.name)}
        if change_id not in known:
            raise Stale("That change is not there.")
        before = known.get(known[change_id].follows)
        return before.data if before else None

    _write(bot, section, data, action="setting_undone", by=by)


def reset(bot: Bot, section: Section, *, newest: int, by: Actor) -> None:
    """Lets the clinic's file hold again. Raises Stale."""

    def data(_: ClinicFile, last: Change | None) -> None:
        _still(last, newest)

    _write(bot, section, data, action="setting_reset", by=by)


def _still(last: Change | None, newest: int) -> None:
    if (last.id if last else 0) != newest:
        raise Stale("%(name)s has changed this section meanwhile.", name=last.actor if last else Said("Somebody"))


Choose = Callable[[ClinicFile, Change | None], Data | None]


def _write(bot: Bot, section: Section, choose: Choose, *, action: str, by: Actor) -> None:
    """Adds a change in one transaction with its entry in the audit trail; anew when another one came between."""

    def work(session: Session) -> None:
        held, now = changes.held(session, by.clinic_id), bot.clock()
        (clinic, _), last = edited(bot.current.file, held.values()), held.get(section.name)
        data = choose(clinic, last)
        if data is not None:
            over(clinic, data, FORM)
        changes.add(session, section.name, data, follows=last.id if last else 0, by=by, now=now)
        if section.schedule:
            care.look_at_all(session, by.clinic_id, now)
        audit.record(
            session.connection(),
            clinic_id=by.clinic_id,
            actor=f"staff:{by.id}",
            role=by.role,
            action=action,
            about=f"settings:{section.name}",
            now=now,
        )

    bot.store.run(work)
    bot.current.look()


def difference(section: Section, was: Data, now: Data, languages: tuple[str, ...], words: Words = ENGLISH) -> tuple[Line, ...]:
    """What is not the same, in words."""
    before, after = section.tell(was, languages, words), section.tell(now, languages, words)
    places = [*before, *(each for each in after if each not in before)]
    lines = (Line(": ".join(place), before.get(place, ""), after.get(place, "")) for place in places)
    return tuple(line for line in lines if line.was != line.now)


def history(bot: Bot, section: Section, words: Words = ENGLISH) -> list[Past]:
    """Who changed the section when, and what, newest first."""
    with bot.store.session() as session:
        found = changes.history(session, bot.clinic_id, section.name)
    known, file = {change.id: change for change in found}, bot.current.file.data

    def data(change: Change | None) -> Data:
        return file if change is None or change.data is None else change.data

    told = []
    for change in found:
        before = known.get(change.follows)
        lines = difference(section, data(before), data(change), bot.texts.languages, words) if before or not change.follows else ()
        told.append(Past(change, lines, undo=change is found[0]))
    return told


def changed_at(bot: Bot) -> dict[str, tuple[str, datetime]]:
    """section → who edited it last, and when; those that the file holds are not in it."""
    with bot.store.session() as session:
        held = changes.held(session, bot.clinic_id)
    return {name: (change.actor, change.at) for name, change in held.items() if change.data is not None}
