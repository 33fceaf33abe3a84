"""The spool on a disk that is really full: nothing by halves, and what was there before stays."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.channels.console import received
from bot.delivery.spool import Spool
from bot.store.crypto import Cipher

ROOM = 64  # bytes; an encrypted message takes more


@contextmanager
def full() -> Iterator[None]:
    """No file of this process grows beyond ROOM: the system refuses the rest of a write, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_takes_nothing_by_halves_and_keeps_what_it_has(tmp_path: Path) -> None:
    """W-20: the caller is told; no half of a file stays; with room again the same message is taken."""
    spool = Spool(tmp_path / "spool", Cipher((Fernet.generate_key(),)))
    first, second = received(sender="+17165550101", body="yes"), received(sender="+17165550102", body="see you on friday")
    spool.put(first)
    with full(), pytest.raises(OSError, match="too large"):
        spool.put(second)
    assert [inbound for _, inbound in spool.waiting()] == [first]
    assert [path.suffix for path in (tmp_path / "spool").iterdir()] == [".msg"]
    spool.put(second)
    assert {inbound.sid for _, inbound in spool.waiting()} == {first.sid, second.sid}
