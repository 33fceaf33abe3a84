"""Encryption of patients' words, names and numbers at rest, and keyed look-up of phones (H-10)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Cipher:
    """Encrypts with the newest key and decrypts with any. keys: Fernet keys, newest first."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        # The index must stay the same when keys rotate, so it hangs on the oldest key.
        self._index_key = hashlib.sha256(b"attend phone index" + keys[-1]).digest()

    def encrypt(self, text: str) -> bytes:
        """The text, encrypted; lone surrogates are replaced, since they are no text."""
        return self._fernet.encrypt(text.encode("utf-8", "replace"))

    def decrypt(self, token: bytes) -> str:
        """The text again. Raises cryptography.fernet.InvalidToken when no key fits."""
        return self._fernet.decrypt(token).decode("utf-8")

    def index(self, value: str) -> str:
        """A keyed hash under which `value` can be looked up without being stored."""
        return hmac.new(self._index_key, value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


class EncryptedText(TypeDecorator[str]):
    """A text column whose bytes in the database are ciphertext. The cipher is set once, by `use_cipher`."""

    impl = LargeBinary
    cache_ok = True
    cipher: Cipher | None = None

    def process_bind_param(self, value: str | bytes | None, dialect: Dialect) -> Any:
        """Text → ciphertext; bytes were encrypted before, by who did not want to do it while others wait for the transaction."""
        return _cipher().encrypt(value) if isinstance(value, str) else value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Ciphertext → text."""
        return None if value is None else _cipher().decrypt(value)


def use_cipher(cipher: Cipher) -> None:
    """Sets the cipher of this process; called when the store is opened."""
    EncryptedText.cipher = cipher


def _cipher() -> Cipher:
    if EncryptedText.cipher is None:
        raise RuntimeError("the store must be opened before patients' words can be read")
    return EncryptedText.cipher
