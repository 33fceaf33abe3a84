"""Passwords: hashed by argon2id, and long and unlikely enough to be worth it."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import Said

LEAST, MOST = 12, 128
READ = 72  # characters that the guesser is shown: it grows slow, and refuses more
GUESSES = 10**10  # what a good guesser must need at least
_hasher = PasswordHasher()


def weakness(password: str, *, about: tuple[str, ...]) -> Said | None:
    """Why a password will not do, in plain words; None when it will. about: the person's name, email, clinic: no part of a secret."""
    if len(password) < LEAST:
        return Said(
            "The password has %(count)s characters; it needs %(least)s or more. Several words are easy to remember.",
            count=len(password),
            least=LEAST,
        )
    if len(password) > MOST:
        return Said("The password has %(count)s characters; %(most)s fit.", count=len(password), most=MOST)
    from zxcvbn import zxcvbn  # noqa: PLC0415 (its word lists take 14 MB, and a worker imports this module, too)

    parts = [part for text in about for part in (text, *text.replace("@", " ").replace(".", " ").split())]
    if zxcvbn(password[:READ], user_inputs=parts)["guesses"] < GUESSES:
        return Said("That password is easy to guess: it is common, repeats itself, or holds your name. Take several unrelated words.")
    return None


def hashed(password: str) -> str:
    """The argon2id hash to keep, salt and cost in it."""
    return _hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether the password is the one whose hash is kept. None takes as long as a wrong one: it tells nobody who has an account."""
    try:
        return _hasher.verify(kept or _nobodys(), password[:MOST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether the hash was made at a lower cost than today's."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return hashed("nobody's password")
