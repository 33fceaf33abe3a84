"""A clinic's own file: what it tells about itself, when somebody is at the desk, and what the bot may do alone."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import is_currency

from bot.cadence import read_cadence, read_clock, read_programmes, read_span, read_waitlist
from bot.care.programmes import Programme
from bot.care.schedule import Cadence
from bot.care.waitlist import Terms
from bot.dialogue.types import Clinic, Paper
from bot.errors import DataError, Place, Said
from bot.understand.labels import BARRIERS, TOPICS
from bot.yamlfile import read_yaml

LONGEST_NAME = 60  # letters
LONGEST = 600  # characters of one sentence; a text has room for 1600
KEPT = ("messages", "notes", "slots")  # what `flask purge` can take away
KEYS = (  # the order in which a file is written
    "slug", "name", "phone", "zone", "may_cancel", "open_services", "segment_price", "answer_within_hours", "alert_after_minutes",
    "hours", "holidays", "retention", "lead_times", "reminders", "programmes", "waitlist", "answers", "replies", "resources",
    "preparations", "papers",
)  # fmt: skip
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Price:
    """What something costs. currency: its code of ISO 4217."""

    amount: Decimal
    currency: str


@dataclass(frozen=True)
class ClinicFile:
    """A clinic's file, checked. hours: weekday (0 = Monday) → (opens, closes), local time. cadence: what the bot starts by itself.

    retention: kind → days after which its words are purged; a kind that is not named is kept. answer_within: of the hours in which
    somebody is at the desk, how many may pass before a promised answer. alert_after: how long something urgent may wait until somebody
    outside the inbox is told, and from one to the next (S-13). replies: name → language → sentence, which coordinators
    send as it stands. programmes: name → what its patients are asked. waitlist: how times that open are offered; None: they are not.
    segment_price: of one SMS segment that we send; None: nobody has told.
    data: what the file holds, as it was read.
    """

    slug: str
    clinic: Clinic
    zone: ZoneInfo
    hours: dict[int, tuple[time, time]]
    holidays: frozenset[date]
    cadence: Cadence = field(default_factory=Cadence)
    retention: dict[str, int] = field(default_factory=dict)
    answer_within: timedelta = timedelta(hours=4)
    alert_after: timedelta = timedelta(minutes=10)
    replies: dict[str, dict[str, str]] = field(default_factory=dict)
    programmes: dict[str, Programme] = field(default_factory=dict)
    waitlist: Terms | None = None
    segment_price: Price | None = None
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def version(self) -> str:
        """Six characters that change with anything that the clinic tells, in its file or in the browser (S-17)."""
        return hashlib.sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()[:6]

    def staffed(self, moment: datetime) -> bool:
        """Whether somebody reads the inbox at `moment` (S-12)."""
        local = moment.astimezone(self.zone)
        hours = self.hours.get(local.weekday())
        return hours is not None and local.date() not in self.holidays and hours[0] <= local.time() < hours[1]

    def opens(self, moment: datetime) -> datetime | None:
        """When somebody is next at the desk after `moment`; None if the clinic never opens within two weeks."""
        local = moment.astimezone(self.zone)
        for days in range(15):
            day = local.date() + timedelta(days=days)
            hours = self.hours.get(day.weekday())
            if hours and day not in self.holidays and (start := datetime.combine(day, hours[0], self.zone)) > local:
                return start
        return None

    def shifts(self, moment: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """(opens, closes) of the hours at the desk, from the day of `moment` on for so many days."""
        first = moment.astimezone(self.zone).date()
        for day in (first + timedelta(days=each) for each in range(days)):
            if (hours := self.hours.get(day.weekday())) and day not in self.holidays:
                yield datetime.combine(day, hours[0], self.zone), datetime.combine(day, hours[1], self.zone)

    def answer_by(self, moment: datetime) -> datetime:
        """When `answer_within` of hours at the desk will have passed since `moment`; without hours, of all hours."""
        left = self.answer_within
        for start, end in self.shifts(moment, 15):
            begin = max(start, moment)
            if end > begin:
                if (worked := elapsed(begin, end)) >= left:
                    return begin.astimezone(UTC) + left
                left -= worked
        return moment + self.answer_within

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """How much of the time between two moments somebody was at the desk."""
        days = max(0, (until.astimezone(self.zone).date() - since.astimezone(self.zone).date()).days) + 1
        spans = ((max(start, since), min(end, until)) for start, end in self.shifts(since, days))
        return sum((elapsed(start, end) for start, end in spans if end > start), timedelta())


def elapsed(start: datetime, end: datetime) -> timedelta:
    """The time that passes between two moments, across a change of the clocks too."""
    return end.astimezone(UTC) - start.astimezone(UTC)


def load_clinic(path: Path) -> ClinicFile:
    """Reads a clinic's file; raises DataError that names the file and what is wrong in it."""
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise DataError(f"{path}:1: a clinic's file must be a mapping with name, phone, zone, hours")
    for name in ("slug", "name", "phone", "zone", "hours"):
        if not data.get(name):
            raise DataError(f"{path}:1: {name} is missing", keys=(name,), what="is missing")
    return read_clinic(data, Place(str(path)))


def read_clinic(data: Mapping[str, Any], file: Place) -> ClinicFile:
    """A clinic of what its file holds, with what staff have edited over it. Raises DataError that begins with `file`."""
    for name in ("slug", "name", "phone", "zone"):
        if not isinstance(data.get(name), str) or not data[name].strip():
            raise (file / name).wrong("is missing")
    if len(data["name"]) > LONGEST_NAME:
        raise (file / "name").wrong("must have at most %(most)s letters, since each text begins with it", most=LONGEST_NAME)
    try:
        zone = ZoneInfo(data["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise (file / "zone").wrong("%(value)r is no IANA time zone, such as America/New_York", value=data["zone"]) from error
    if data.get("may_cancel", "yes") not in ("yes", "no"):
        raise (file / "may_cancel").wrong("must be yes or no, not %(value)r", value=data["may_cancel"])
    holidays = frozenset(_date(each, file / "holidays") for each in _list(data, "holidays", file))
    cadence = read_cadence(data.get("reminders"), file / "reminders", holidays)
    waitlist = read_waitlist(data.get("waitlist"), file / "waitlist")
    return ClinicFile(
        slug=data["slug"],
        clinic=Clinic(
            name=data["name"],
            phone=data["phone"],
            may_cancel=data.get("may_cancel", "yes") == "yes",
            waitlist=waitlist is not None,
            open_services=tuple(_list(data, "open_services", file)),
            answers=_sentences(data, "answers", file, known=TOPICS),
            resources=_sentences(data, "resources", file, known=BARRIERS),
            preparations=_sentences(data, "preparations", file),
            papers=tuple(_papers(_mapping(data, "papers", file), file / "papers")),
            lead_times=_lead_times(_mapping(data, "lead_times", file), file / "lead_times"),
        ),
        zone=zone,
        hours=_hours(_mapping(data, "hours", file), file / "hours"),
        holidays=holidays,
        cadence=cadence,
        retention=_retention(_mapping(data, "retention", file), file / "retention"),
        answer_within=_hours_long(data.get("answer_within_hours", "4"), file / "answer_within_hours"),
        alert_after=_minutes(data.get("alert_after_minutes", "10"), file / "alert_after_minutes"),
        replies=_sentences(data, "replies", file),
        programmes=read_programmes(data.get("programmes"), file / "programmes", cadence.hours),
        waitlist=waitlist,
        segment_price=_price(data.get("segment_price"), file / "segment_price"),
        data=data,
    )


def over(clinic: ClinicFile, edited: Mapping[str, Any], file: Place) -> ClinicFile:
    """The clinic with these keys of its file changed; a key whose value is None is left out. Raises DataError."""
    data = {**clinic.data, **edited}
    return read_clinic({key: value for key, value in data.items() if value is not None}, file)


def _mapping(data: Mapping[str, Any], key: str, file: Place) -> dict[str, Any]:
    found = data.get(key) or {}
    if not isinstance(found, dict):
        raise (file / key).wrong("must be a mapping, not %(found)r", found=found)
    return found


def _list(data: Mapping[str, Any], key: str, file: Place) -> list[str]:
    found = data.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise (file / key).wrong("must be a list such as [%(key)s, %(key)s], not %(found)r", key=key, found=found)
    return found


def _sentences(data: Mapping[str, Any], key: str, file: Place, known: frozenset[str] | None = None) -> dict[str, dict[str, str]]:
    found = _mapping(data, key, file)
    for name, languages in found.items():
        if known is not None and name not in known:
            raise (file / key).wrong("%(value)r is none of %(known)s", value=name, known=", ".join(sorted(known)))
        if not isinstance(languages, dict) or not languages.get("en"):
            raise (file / key / name / "en").wrong("needs at least `en: a sentence`")
        for language, sentence in languages.items():
            if not isinstance(sentence, str) or len(sentence) > LONGEST:
                raise (file / key / name / language).wrong(
                    "must be a sentence of at most %(most)s characters, as it is texted", most=LONGEST
                )
    return dict(found)


def _papers(given: dict[str, Any], where: Place) -> Iterator[Paper]:
    for name, paper in given.items():
        here = where / name
        if len(name) > 30 or not isinstance(paper, dict) or not isinstance(paper.get("say"), dict) or not paper["say"].get("en"):
            raise here.wrong("needs a name of at most 30 letters and `say: {en: your insurance card}`")
        for key in paper:
            if key not in ("before", "visits", "say"):
                raise here.wrong("%(value)r is none of before, visits, say", value=key)
        services = paper.get("visits") or []
        if not isinstance(services, list):
            raise (here / "visits").wrong("must be a list of kinds of visits, such as [lab]; left out: all kinds")
        yield Paper(name=name, ahead=read_span(paper.get("before", ""), here / "before"), services=tuple(services), say=paper["say"])


def _lead_times(given: dict[str, Any], where: Place) -> dict[str, timedelta]:
    for kind in given:
        if kind not in BARRIERS:
            raise where.wrong("%(value)r is none of %(known)s", value=kind, known=", ".join(sorted(BARRIERS)))
    return {kind: read_span(span, where / kind) for kind, span in given.items()}


def _retention(given: dict[str, Any], where: Place) -> dict[str, int]:
    for kind, days in given.items():
        if kind not in KEPT:
            raise where.wrong(
                "%(value)r is none of %(known)s; consent and the audit trail are always kept", value=kind, known=", ".join(KEPT)
            )
        if not re.fullmatch("[0-9]{1,5}", str(days)) or int(days) < 1:
            raise (where / kind).wrong("%(value)r must be a number of days", value=days)
    return {kind: int(days) for kind, days in given.items()}


def _hours(given: dict[str, Any], where: Place) -> dict[int, tuple[time, time]]:
    hours = {}
    for day, text in given.items():
        if day not in DAYS:
            raise where.wrong("%(value)r is none of %(known)s", value=day, known=", ".join(DAYS))
        try:
            start, end = (read_clock(part.strip()) for part in str(text).split("-"))
        except ValueError as error:
            raise (where / day).wrong("%(value)r must look like 08:00-17:00", value=text) from error
        if start >= end:
            raise (where / day).wrong("%(value)r must end after it begins, such as 08:00-17:00", value=text)
        hours[DAYS.index(day)] = (start, end)
    if not hours:
        raise where.wrong("needs one day or more on which somebody is at the desk")
    return hours


def _hours_long(text: Any, where: Place) -> timedelta:
    return timedelta(hours=_number(text, where, 80, Said("hours at the desk from 1 to 80, such as 4")))


def _minutes(text: Any, where: Place) -> timedelta:
    return timedelta(minutes=_number(text, where, 120, Said("minutes from 1 to 120, such as 10")))


def _number(text: Any, where: Place, most: int, what: Said) -> int:
    if not re.fullmatch("[0-9]{1,3}", str(text)) or not 0 < int(text) <= most:
        raise where.wrong("%(value)r must be a number of %(what)s", value=text, what=what)
    return int(text)


def _price(text: Any, where: Place) -> Price | None:
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,6})?) ([A-Z]{3})", str(text))
    if found is None or not Decimal(found[1]) or not is_currency(found[2]):
        raise where.wrong("%(value)r must be a price and its currency, such as 0.0083 USD", value=text)
    return Price(Decimal(found[1]), found[2])


def _date(text: str, where: Place) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise where.wrong("%(value)r must look like 2026-12-25", value=text) from error
