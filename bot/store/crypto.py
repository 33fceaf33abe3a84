"""Encryption of patients' words, names and numbers at rest, and keyed look-up of phones (H-10)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_SHOWN = ContextVar("shown", default=False)
ERASED = b""  # stands where words were that have been erased or whose time is over


class Cipher:
    """Encrypts with the newest key and decrypts with any. keys: Fernet keys, newest first."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._newest = Fernet(keys[0])
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        # What is looked up or sealed must stay the same when keys rotate: the database keeps this secret, encrypted like the rest.
        self.secret = hashlib.sha256(b"attend phone index" + keys[-1]).hexdigest()

    def encrypt(self, text: str) -> bytes:
        """The text, encrypted; lone surrogates are replaced, since they are no text."""
        return self._fernet.encrypt(text.encode("utf-8", "replace"))

    def decrypt(self, token: bytes) -> str:
        """The text again. Raises cryptography.fernet.InvalidToken when no key fits."""
        return self._fernet.decrypt(token).decode("utf-8")

    def opened(self, token: bytes | None) -> str | None:
        """The text again, "" where none stands; None when no key fits."""
        try:
            return self.decrypt(token) if token else ""
        except InvalidToken:
            return None

    def wrap(self, content: bytes) -> bytes:
        """A file that leaves the database, encrypted."""
        return self._fernet.encrypt(content)

    def unwrap(self, token: bytes) -> bytes:
        """The file again. Raises cryptography.fernet.InvalidToken when no key fits."""
        return self._fernet.decrypt(token)

    def index(self, value: str) -> str:
        """A keyed hash under which `value` can be looked up without being stored."""
        return hmac.new(bytes.fromhex(self.secret), value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def seal(self, entry: bytes) -> str:
        """A keyed hash that nobody can make who has the database alone (H-07)."""
        key = hashlib.sha256(b"attend audit" + bytes.fromhex(self.secret)).digest()
        return hmac.new(key, entry, hashlib.sha256).hexdigest()

    def renew(self, token: bytes) -> bytes | None:
        """The same text under the newest key, None when it is so already. Raises cryptography.fernet.InvalidToken."""
        try:
            self._newest.decrypt(token)
        except InvalidToken:
            return self._fernet.rotate(token)
        return None


class EncryptedText(TypeDecorator[str]):
    """A text column whose bytes in the database are ciphertext. The cipher is set once, by `use_cipher`."""

    impl = LargeBinary
    cache_ok = True
    cipher: Cipher | None = None

    def process_bind_param(self, value: str | bytes | None, dialect: Dialect) -> Any:
        """Text → ciphertext; bytes were encrypted before, by who did not want to do it while others wait for the transaction."""
        return current_cipher().encrypt(value) if isinstance(value, str) else value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Ciphertext → text; ERASED → "". Raises cryptography.fernet.InvalidToken where no key fits, unless it is only `shown`."""
        if value is None:
            return None
        try:
            return current_cipher().decrypt(value) if value else ""
        except InvalidToken:
            if not _SHOWN.get():
                raise
            return ""


@contextmanager
def shown() -> Iterator[None]:
    """For a page: what no key opens stands there like what was erased, so that a person sees all the rest."""
    before = _SHOWN.set(True)
    try:
        yield
    finally:
        _SHOWN.reset(before)


def use_cipher(cipher: Cipher) -> None:
    """Sets the cipher of this process; called when the store is opened."""
    EncryptedText.cipher = cipher


def current_cipher() -> Cipher:
    """The cipher of this process."""
    if EncryptedText.cipher is None:
        raise RuntimeError("the store must be opened before patients' words can be read")
    return EncryptedText.cipher
