"""Processor time of a server and of its database, whatever else runs on the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

PROCESSES = Path("/proc")
AGAIN = 5.0  # seconds between two looks at which processes there are; those of a server come and go rarely


def meter(pid: int, url: str) -> Callable[[], float]:
    """What gives the seconds that a server and its processes, and PostgreSQL's for its database, have worked so far.

    SQLite works in the server itself.
    """
    name, master = make_url(url).database, _postmaster(url)
    family, looked = set[int](), -AGAIN

    def spent() -> float:
        nonlocal family, looked
        if time.monotonic() - looked > AGAIN:
            family, looked = below(pid), time.monotonic()
            if master is not None:
                titles = {each: _title(each) for each in below(master)}
                family |= {each for each, title in titles.items() if f" {name} " in f"{title} " and "autovacuum" not in title}
        return sum(map(_seconds, family))

    return spent


def _postmaster(url: str) -> int | None:
    if url.startswith("sqlite"):
        return None
    engine = create_engine(url)
    with engine.connect() as connection:
        backend = int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)
        parent = _parents([backend])[backend]
    engine.dispose()
    return parent


def below(pid: int) -> set[int]:
    """A process and all that it has started."""
    parents = _parents(int(path.name) for path in PROCESSES.iterdir() if path.name.isdigit())
    found, new = {pid}, {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new}
        found |= new
    return found


def _parents(pids: Iterable[int]) -> dict[int, int]:
    found = {}
    for pid in pids:
        with suppress(OSError):
            found[pid] = int((PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def _title(pid: int) -> str:
    try:
        return (PROCESSES / str(pid) / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _seconds(pid: int) -> float:
    """By the scheduler, to the nanosecond."""
    total = 0
    with suppress(OSError):
        for task in (PROCESSES / str(pid) / "task").iterdir():
            with suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9
