"""A clinic's own file: what it tells about itself, when somebody is at the desk, and what the bot may do alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cadence import read_cadence
from bot.care.schedule import Cadence
from bot.dialogue.types import Clinic
from bot.errors import DataError
from bot.understand.labels import BARRIERS, TOPICS
from bot.yamlfile import read_yaml

KEPT = ("messages", "notes", "slots")  # what `flask purge` can take away
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class ClinicFile:
    """A clinic's file, checked. hours: weekday (0 = Monday) → (opens, closes), local time. cadence: what the bot starts by itself.

    retention: kind → days after which its words are purged; a kind that is not named is kept. answer_within: of the hours in which
    somebody is at the desk, how many may pass before a promised answer. alert_after: how long something urgent may wait until somebody
    outside the inbox is told, and from one to the next (S-13). replies: name → language → sentence, which coordinators
    send as it stands.
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
            raise DataError(f"{path}:1: {name} is missing")
    try:
        zone = ZoneInfo(data["zone"])
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DataError(f"{path}: zone {data['zone']!r} is no IANA time zone, such as America/New_York") from error
    if data.get("may_cancel", "yes") not in ("yes", "no"):
        raise DataError(f"{path}: may_cancel must be yes or no, not {data['may_cancel']!r}")
    holidays = frozenset(_date(each, path) for each in data.get("holidays", []))
    return ClinicFile(
        slug=data["slug"],
        clinic=Clinic(
            name=data["name"],
            phone=data["phone"],
            may_cancel=data.get("may_cancel", "yes") == "yes",
            open_services=tuple(data.get("open_services") or ()),
            answers=_sentences(data, "answers", path, known=TOPICS),
            resources=_sentences(data, "resources", path, known=BARRIERS),
            preparations=_sentences(data, "preparations", path),
        ),
        zone=zone,
        hours=_hours(data["hours"], path),
        holidays=holidays,
        cadence=read_cadence(data.get("reminders"), path, holidays),
        retention=_retention(data.get("retention") or {}, path),
        answer_within=timedelta(hours=_number(data, "answer_within_hours", "4", 80, path, "hours at the desk")),
        alert_after=timedelta(minutes=_number(data, "alert_after_minutes", "10", 120, path, "minutes")),
        replies=_sentences(data, "replies", path),
    )


def _sentences(data: dict[str, Any], section: str, path: Path, known: frozenset[str] | None = None) -> dict[str, dict[str, str]]:
    found = data.get(section) or {}
    for name, languages in found.items():
        if known is not None and name not in known:
            raise DataError(f"{path}: {section}: {name!r} is none of {', '.join(sorted(known))}")
        if not isinstance(languages, dict) or not languages.get("en"):
            raise DataError(f"{path}: {section}: {name}: needs at least `en: a sentence`")
    return dict(found)


def _retention(given: Any, path: Path) -> dict[str, int]:
    for kind, days in given.items():
        if kind not in KEPT:
            raise DataError(f"{path}: retention: {kind!r} is none of {', '.join(KEPT)}; consent and the audit trail are always kept")
        if not str(days).isdecimal() or int(days) < 1:
            raise DataError(f"{path}: retention: {kind}: {days!r} must be a number of days")
    return {kind: int(days) for kind, days in given.items()}


def _hours(given: Any, path: Path) -> dict[int, tuple[time, time]]:
    hours = {}
    for day, text in given.items():
        if day not in DAYS:
            raise DataError(f"{path}: hours: {day!r} is none of {', '.join(DAYS)}")
        try:
            start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
        except ValueError as error:
            raise DataError(f"{path}: hours: {day}: {text!r} must look like 08:00-17:00") from error
        hours[DAYS.index(day)] = (start, end)
    return hours


def _number(data: dict[str, Any], name: str, default: str, most: int, path: Path, what: str) -> int:
    text = data.get(name, default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= most:
        raise DataError(f"{path}: {name}: {text!r} must be a number of {what}, such as {default}")
    return int(text)


def _date(text: str, path: Path) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{path}: holidays: {text!r} must look like 2026-12-25") from error
