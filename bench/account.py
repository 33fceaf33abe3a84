"""What became of each text of bench/delivery.py: by the database, by what the provider took, and by what happened meanwhile."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from due import MOVED, Person
from sqlalchemy import func, select

from bot.core import Bot
from bot.delivery.recheck import CHANGED
from bot.store.care import OPTED_OUT
from bot.store.models import CommunicationRow, PhoneRow, TaskRow
from bot.store.sending_models import OutboxRow

NIGHT = "quiet hours"
TOO_LATE = timedelta(seconds=8)  # so long after it was posted nobody counts on the provider taking a text (bench/sending.py)


@dataclass(frozen=True)
class Told:
    """One text that the provider took. at: when it was posted; late: how long after that it was taken.

    claimed: when a worker got it last; None for one that the database has under no such id.
    """

    sid: str
    to: str
    body: str
    at: datetime
    late: timedelta
    claimed: datetime | None
    status: str | None

    def after(self, moment: datetime | None) -> bool:
        """Whether it went after that, to the knowledge of the worker that sent it."""
        return moment is not None and self.at > moment and (self.claimed is None or self.claimed > moment)


@dataclass
class Account:
    """people: those with a text each; stopped, moved: number → when the phone had opted out, its visit had moved."""

    bot: Bot
    people: list[Person]
    stopped: dict[str, datetime] = field(default_factory=dict)
    moved: dict[str, datetime] = field(default_factory=dict)

    def faults(self, messages: list[dict[str, Any]]) -> int:
        """Prints the account and gives how many faults there are. messages: what the provider took."""
        with self.bot.store.session() as session:
            query = select(OutboxRow, CommunicationRow, PhoneRow.number).join_from(OutboxRow, CommunicationRow).join(PhoneRow)
            every = session.execute(query).all()
            items = session.scalar(select(func.count()).where(TaskRow.kind == "not_delivered")) or 0
        rows = [row for row in every if row[1].in_reply_to is None]  # the others are what STOP is answered with (O-08)
        known = {text.provider_sid: text for _, text, _ in every}
        taken = [_told(each, known.get(each["sid"])) for each in messages]
        told = {message["sid"]: message["told"] for message in messages if "told" in message}
        self._print(rows, taken, told)
        faults = {**self._of_rows(rows, taken, items), **self._of_texts(taken, rows, told)}
        faults["that nobody wrote"] = len({(each.to, each.body) for each in taken} - {(number, text.body) for _, text, number in every})
        for fault, count in faults.items():
            print(f"  {fault:<40}{count}")
        return sum(faults.values())

    def _print(self, rows: list[Any], taken: list[Told], told: dict[str, str]) -> None:
        """What went as it should: how the texts ended, and why those that did not go did not."""
        ends = Counter(outbox.status if outbox.status == "sent" else f"{outbox.status}: {outbox.reason}" for outbox, _, _ in rows)
        times = Counter((each.to, each.body) for each in taken)
        unknown = sum(text.status == "unknown" and times[number, text.body] > 0 for _, text, number in rows)
        print(f"  the provider took {len(taken)}; callbacks told what became of {len(told)}")
        print("  " + "   ".join(f"{end} {count}" for end, count in sorted(ends.items())))
        print(f"  truly unknowable (taken, but the provider could not be asked in time; a person was told): {unknown}")
        known = sum(outbox.twin_sid is not None for outbox, _, _ in rows)
        print(
            f"  truly unknowable (taken over {TOO_LATE.seconds} s after it was given up, when it had been looked up and was not there):"
            f" {_unknowable(taken)} went twice, and callbacks told us of {known}"
        )

    def _of_rows(self, rows: list[Any], taken: list[Told], items: int) -> dict[str, int]:
        """Faults in what the database says."""
        day = {each.number for each in self.people if each.may_be_texted(datetime.now(each.zone))}
        sids, times = {each.sid for each in taken}, Counter((each.to, each.body) for each in taken)
        causes = {OPTED_OUT: self.stopped, CHANGED: self.moved}
        about = Counter(number for _, _, number in rows)
        dropped = [row for row in rows if row[0].status == "dropped"]
        waits = [row for row in rows if row[0].status in ("waiting", "sending")]
        return {
            "texts that are missing": sum(about[each.number] < 1 + (each.number in self.moved) for each in self.people),
            "without an end, though it is day": sum(outbox.reason != NIGHT or number in day for outbox, _, number in waits),
            "sent, but not at the provider": sum(row[0].status == "sent" and row[1].provider_sid not in sids for row in rows),
            "dropped, but sent": sum(times[number, text.body] > 0 for _, text, number in dropped),
            "given up, and no item tells it": max(0, sum(row[0].status == "failed" for row in rows) - items),
            "dropped without cause": sum(
                number not in causes.get(outbox.reason, self.stopped | self.moved) for outbox, _, number in dropped
            ),
        }

    def _of_texts(self, taken: list[Told], rows: list[Any], told: dict[str, str]) -> dict[str, int]:
        """Faults in what reached the provider."""
        people = {each.number: each for each in self.people}
        ours = {(number, text.body) for _, text, number in rows}
        due = [each for each in taken if (each.to, each.body) in ours]
        return {
            "sent more than once": _twice(due) - _unknowable(due),
            "sent after an opt-out": sum(each.after(self.stopped.get(each.to)) for each in due),
            "sent in quiet hours": sum(not people[each.to].may_be_texted(each.at) for each in due),
            "sent about a time that was moved": sum(
                each.after(self.moved.get(each.to)) and f":{MOVED}" not in each.body for each in due
            ),
            "not known as the carrier told it": sum(
                each.status is not None and told.get(each.sid, each.status) != each.status for each in due
            ),
        }


def _twice(taken: list[Told]) -> int:
    """How many were one too many."""
    return len(taken) - len({(each.to, each.body) for each in taken})


def _unknowable(taken: list[Told]) -> int:
    """How many of these were taken so late that nobody could know of them."""
    late = Counter((each.to, each.body) for each in taken if each.late > TOO_LATE)
    times = Counter((each.to, each.body) for each in taken)
    return sum(min(count, times[text] - 1) for text, count in late.items())


def _told(message: dict[str, Any], text: CommunicationRow | None) -> Told:
    known = (text.at, text.status) if text is not None else (None, None)
    asked, taken = (datetime.fromisoformat(message[name]) for name in ("asked", "taken"))
    return Told(message["sid"], message["to"], message["body"], asked, taken - asked, *known)
