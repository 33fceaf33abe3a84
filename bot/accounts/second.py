"""The second factor: time-based codes (RFC 6238) from an app on the person's phone, and recovery codes for when it is lost."""

from __future__ import annotations

import secrets
from datetime import datetime
from hmac import compare_digest

import pyotp
import segno

STEP = 30  # seconds
DRIFT = (0, -1, 1)  # steps by which the phone's clock may differ
CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


def new_secret() -> str:
    """A secret for a person's app, in base 32."""
    return pyotp.random_base32()


def accepted_step(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The time step whose code this is, later than the last accepted one; None when the code is wrong or was used."""
    given, current = "".join(code.split()), int(now.timestamp()) // STEP
    for drift in DRIFT:
        step = current + drift
        if step > after and compare_digest(pyotp.TOTP(secret).generate_otp(step).encode(), given.encode()):
            return step
    return None


def picture(secret: str, *, email: str, issuer: str, title: str) -> str:
    """The QR code that the app reads, as SVG for inside a page; it names clinic and person. title: for who does not see it."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)
    return str(segno.make(uri, error="m").svg_inline(border=3, light="#fff", omitsize=True, title=title))


def new_codes() -> tuple[str, ...]:
    """Recovery codes to print, e.g. "k7mp2-xw9rd": 49 bits each."""
    return tuple("-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(CODES))


def normal(code: str) -> str:
    """A recovery code as it is compared: without dashes, spaces and capitals."""
    return "".join(letter for letter in code.casefold() if letter in LETTERS)
