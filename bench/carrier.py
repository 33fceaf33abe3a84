"""The carrier beside bench/double.py: tells what became of each text by signed callbacks, some of them twice, disordered or never."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode, urlsplit

FILTERED = "30007"  # never tried again, so that no text goes twice with good reason
HANDS, LATE = 16, 0.5  # callbacks that are on the way at a time; seconds that one may take
SILENT, TWICE, DISORDERED, LOST = 0.1, 0.1, 0.2, 0.01  # shares of the texts


class Carrier:
    """Posts to a server on loopback what is signed for its public address. It tries a callback once, as the provider does."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token.encode()
        self._hands = ThreadPoolExecutor(HANDS)

    def tell(self, message: dict[str, Any], url: str) -> None:
        """Decides what becomes of a text, and tells it by and by."""
        if url and random.random() >= SILENT:
            self._hands.submit(self._tell, message, url, list(self._course()))

    def _course(self) -> Iterator[str]:
        course = ["sent", "undelivered" if random.random() < LOST else "delivered"]
        if random.random() < DISORDERED:
            course.reverse()
        for status in course:
            yield from [status] * (2 if random.random() < TWICE else 1)

    def _tell(self, message: dict[str, Any], url: str, course: list[str]) -> None:
        message["status"] = next(status for status in course if status != "sent")
        for status in course:
            time.sleep(random.random() * LATE / len(course))
            form = {"MessageSid": message["sid"], "MessageStatus": status, "To": message["to"], "From": message["from"]}
            form |= {"AccountSid": "AC" + "0" * 32, "ApiVersion": "2010-04-01"} | (
                {"ErrorCode": FILTERED} if status == "undelivered" else {}
            )
            if self._post(url, form) == 204 and status == message["status"]:
                message["told"] = status

    def _post(self, url: str, form: dict[str, str]) -> int:
        """The status of the answer, 0 without one."""
        text = url + "".join(name + form[name] for name in sorted(form))
        mark = base64.b64encode(hmac.new(self._token, text.encode(), hashlib.sha1).digest()).decode()
        head = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": mark}
        place = urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request("POST", f"{place.path}?{place.query}", urlencode(form).encode(), head)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
