"""Fetching a file that the provider keeps for us: with our credentials from its API alone, and from where that leads without them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import requests

TIMEOUT = 10.0  # seconds
LARGEST = 5 * 1024 * 1024  # bytes; the provider takes no larger ones
STORES = re.compile(r"(.+\.)?(twilio\.com|twiliocdn\.com|amazonaws\.com)")  # where the API's redirects lead


class NotFetched(Exception):
    """The file did not come; the message tells no address, which holds ids and a signature."""


class TooLarge(NotFetched):
    """It would not come another time either."""


def download(url: str, *, auth: tuple[str, str]) -> bytes:
    """The file at that address of the API. Raises NotFetched, and requests.RequestException."""
    with requests.Session() as session:
        with session.get(url, auth=auth, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            if not answer.is_redirect:
                return _read(answer)
            there = answer.headers["Location"]
        parts = urlsplit(there)
        if parts.scheme != "https" or not STORES.fullmatch(parts.hostname or ""):
            raise NotFetched("the provider leads to a place that is none of its own")
        with session.get(there, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            return _read(answer)


def _read(answer: requests.Response) -> bytes:
    if answer.status_code != requests.codes.ok:
        raise NotFetched(f"status {answer.status_code}")
    found = b""
    for part in answer.iter_content(64 * 1024):
        found += part
        if len(found) > LARGEST:
            raise TooLarge("too large")
    return found
