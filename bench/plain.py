"""Attend as it would be without encryption and audit, to be measured beside Attend: no setting of the product does this."""

from __future__ import annotations

from flask import Flask

from bot.store import audit
from bot.store.crypto import Cipher

ENCRYPTED = b"gAAAA"  # how all that was encrypted before begins
_decrypt = Cipher.decrypt


def serve() -> Flask:
    """The application; it still reads what was encrypted before."""
    Cipher.encrypt = lambda _self, text: text.encode("utf-8", "replace")  # type: ignore[method-assign]
    Cipher.decrypt = lambda self, token: _decrypt(self, token) if token.startswith(ENCRYPTED) else token.decode()  # type: ignore[method-assign]
    audit.record = lambda *_args, **_named: None
    import app  # noqa: PLC0415 - what it imports must find these in their places

    return app.serve()
