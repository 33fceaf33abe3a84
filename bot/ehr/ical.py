"""Visits in iCalendar's words, for a calendar program to read (F-14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

AGAIN = timedelta(hours=1)  # after which a program that has subscribed is asked to look again
STATES = {"booked": "CONFIRMED", "cancelled": "CANCELLED", "entered-in-error": "CANCELLED"}


@dataclass(frozen=True)
class Entry:
    """A visit in a calendar. number: of its changes, so that calendars take the newest; summary: nobody's name stands in it.

    link: to more about it, for who may see that; "": none.
    """

    uid: str
    number: int
    start: datetime
    minutes: int
    summary: str
    status: str
    link: str = ""


def calendar(entries: Iterable[Entry], *, name: str, now: datetime) -> bytes:
    """The calendar: each visit under a UID that stays, its time in UTC, called-off ones as CANCELLED, long lines folded by octets."""
    from icalendar import Calendar, Event  # noqa: PLC0415 (it takes 10 MB, which few processes need)

    found = Calendar()
    for key, value in {"prodid": "-//Attend//EN", "version": "2.0", "method": "PUBLISH", "x-wr-calname": name}.items():
        found.add(key, value)
    found.add("refresh-interval", AGAIN, parameters={"VALUE": "DURATION"})
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("sequence", entry.number)
        event.add("dtstamp", now)
        event.add("dtstart", entry.start)
        event.add("dtend", entry.start + timedelta(minutes=entry.minutes))
        event.add("summary", entry.summary)
        event.add("status", STATES.get(entry.status, "CONFIRMED"))
        if entry.link:
            event.add("url", entry.link)
        found.add_component(event)
    return bytes(found.to_ical())
