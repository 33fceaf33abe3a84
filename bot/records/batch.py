"""What the rows of an import have in common: what came of each, and what a row says that it did not say last time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from bot.ehr.csv_in import Problem, Row, Value
from bot.records.opened import Records


class Came(StrEnum):
    """What came of a row."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    CALLED_OFF = "called off"
    SAME = "as before"
    REJECTED = "rejected"


@dataclass
class Report:
    """What came of a file. kind: patients, visits, slots or waiting list; notes: about the file as a whole."""

    kind: str
    notes: list[str]
    counts: Counter[Came] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """Rows that are written in one transaction."""

    records: Records
    session: Session
    now: datetime
    report: Report

    def key(self, kind: str, identifier: Value) -> str:
        """Under which a clinic's own number is looked up."""
        return self.records.store.cipher.index(f"{kind} {identifier}")

    def note(self, row: Row, column: str, what: str) -> None:
        """Something to know about a row that was taken all the same."""
        self.report.problems.append(Problem(row.line, column, what, note=True))

    def reject(self, row: Row, column: str, what: str) -> Came:
        """Leaves a row out."""
        self.report.problems.append(Problem(row.line, column, what))
        return Came.REJECTED


def news(row: Row, names: Iterable[str], source: str | None) -> tuple[dict[str, Any], str]:
    """(what the row says that it did not say when it was last imported, what to keep of it for the next time).

    What patients have changed by text since then stays, unless the clinic's own file has changed too.
    """
    says = {name: row.says[name] for name in names if name in row.says}
    last: dict[str, Any] = msgspec.json.decode(source) if source else {}
    plain: dict[str, Any] = msgspec.to_builtins(says)
    return {name: value for name, value in says.items() if last.get(name) != plain[name]}, msgspec.json.encode(last | plain).decode()
