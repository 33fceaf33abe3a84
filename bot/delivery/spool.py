"""Where messages wait while the database is down: one encrypted file each, on disk before the provider hears 200."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog
from cryptography.fernet import InvalidToken

from bot.channels.types import Inbound
from bot.store.crypto import Cipher

log = structlog.get_logger()
_INBOUND = msgspec.json.Decoder(Inbound)


class Spool:
    """A folder of waiting messages."""

    def __init__(self, folder: Path, cipher: Cipher) -> None:
        self._folder, self._cipher = folder, cipher

    def put(self, inbound: Inbound) -> None:
        """Writes the message and waits until it is on disk. Raises OSError when it cannot be."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = self._cipher.index(inbound.sid)[:32]
        new = self._folder / f"{name}.{uuid.uuid4().hex}.new"
        try:
            with new.open("wb") as file:
                file.write(self._cipher.encrypt(msgspec.json.encode(inbound).decode()))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._folder / f"{name}.msg")  # the same message twice is one file
        except OSError:
            new.unlink(missing_ok=True)  # on a full disk every retry would leave another half
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def count(self) -> int:
        """How many messages wait."""
        return sum(1 for _ in self._folder.glob("*.msg"))

    def waiting(self) -> Iterator[tuple[Path, Inbound]]:
        """The messages, oldest first, with the file to remove when each is taken in. One that no key opens stays where it is."""
        files = sorted(self._folder.glob("*.msg"), key=lambda path: path.stat().st_mtime) if self._folder.is_dir() else []
        for path in files:
            try:
                inbound = _INBOUND.decode(self._cipher.decrypt(path.read_bytes()))
            except (InvalidToken, msgspec.DecodeError) as error:
                log.error("spool_unreadable", file=path.name, error=type(error).__name__)
                continue
            yield path, inbound
