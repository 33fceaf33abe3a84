"""People who click through every page of staff, and patients who write meanwhile, at a rate of their own each."""

from __future__ import annotations

import html
import http.client
import random
import re
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import served
from rows import COMING, OPEN, Past, name_of
from timed import HEAD

PAUSE = 1.5, 4.5  # seconds between two clicks of one person, who reads what a page shows
POSTERS = 12
STILL = 0.5  # a wait of 20 ms that lasted so long: the machine stood still
AROUND = 1.0  # seconds before and after that, which do not count either
GONE = 599  # no status: the server did not answer
FREQUENT = 5  # times as often as any other page
# Every page that a person opens: endpoint → addresses. {…}: of a patient with an open item, a visit to come and a long conversation.
PAGES: dict[str, tuple[str, ...]] = {
    "inbox.index": (
        "/inbox", "/inbox?whose=mine", "/inbox?whose=unassigned&language=es", "/inbox?whose=snoozed", "/inbox?kind=barrier",
        "/inbox?page=4", "/inbox?whose=closed", "/inbox?whose=closed&page=10", "/inbox?whose=closed&kind=refill&language=pl",
    ),
    "inbox.bulk.index": ("/inbox/bulk?items={items}&since=999999999", "/inbox/bulk?items={items}&since=999999999&key=human"),
    "inbox.talk.conversation": ("/inbox/phone/{phone}", "/inbox/phone/{phone}?why={text}"),
    "inbox.pictures.day": ("/inbox/today",),
    "inbox.pictures.index": ("/inbox/pictures", "/inbox/pictures?days=7", "/inbox/pictures?days=365"),
    "inbox.pictures.svg": ("/inbox/pictures/promises.svg", "/inbox/pictures/understanding.svg?days=365"),
    "inbox.pictures.table": ("/inbox/pictures/confirmations.csv", "/inbox/pictures/rescheduling.csv?days=365"),
    "inbox.person.add": ("/inbox/person/new",),
    "inbox.person.correct": ("/inbox/person/{patient}",),
    "inbox.waitlist.index": ("/inbox/waiting",),
    "inbox.waitlist.add": ("/inbox/phone/{phone}/wait/{patient}",),
    "inbox.visits.book": ("/inbox/phone/{phone}/book/{patient}",),
    "inbox.visits.move": ("/inbox/phone/{phone}/move/{visit}",),
    "inbox.visits.call_off": ("/inbox/phone/{phone}/call-off/{visit}",),
    "inbox.learn.index": ("/inbox/learn",),
    "inbox.languages.index": ("/inbox/languages",),
    "inbox.languages.language": ("/inbox/languages/es",),
    "inbox.settings.index": ("/inbox/settings",),
    "inbox.settings.section": ("/inbox/settings/hours", "/inbox/settings/reminders"),
    "inbox.settings.file": ("/inbox/settings/file",),
    "inbox.catchup.index": ("/inbox/catch-up",),
    "inbox.closing.index": ("/inbox/closing", "/inbox/closing?day={day}"),
    "inbox.live.mark": ("/inbox/mark", "/inbox/mark?phone={phone}"),
    "account.own": ("/account",),
    "admin.index": ("/admin",),
}  # fmt: skip
NO_PAGE = {
    "inbox.live.events": "a stream of what /inbox/mark gives",
    "inbox.learn.file": "as long as what was ever accepted",
    "inbox.media.picture": "the provider's answer, which no bench has",
    "inbox.views.following": "leads to the next item's conversation",
}
# Forms: what they are called here → (address, fields).
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "search, a name": ("/inbox/search", {"asked": "{name}"}),
    "search, two common words": ("/inbox/search", {"asked": "friday clinic"}),
    "search, a word and a language": ("/inbox/search", {"asked": "friday", "language": "pl", "state": "open"}),
    "claim": ("/inbox/items", {"do": "claim:{phone}"}),
    "close": ("/inbox/items", {"do": "resolve", "outcome": "done", "item": "{item}"}),
    "reopen": ("/inbox/items", {"do": "reopen", "item": "{item}"}),
    "note": ("/inbox/phone/{phone}/note", {"words": "Called, comes with her daughter."}),
}


@dataclass(frozen=True)
class Click:
    """One request. page: as of `labels`; server: milliseconds in the server; since, until: when, by the clock of the clicker."""

    page: str
    server: float
    status: int
    since: float
    until: float


@dataclass
class Person:
    """Somebody who is signed in. token: of the session, for the cookie; form: what a form of theirs must carry."""

    port: int
    token: str
    past: Past
    form: str = ""

    def click(self, page: str, n: int) -> Click:
        """Opens a page or sends a form. n: whose, of the patients with open items."""
        address, fields = FORMS.get(page, (page, None))
        filled = names(self.past, n)
        body = None
        if fields is not None:
            body = urlencode({"form_token": self.form, **{name: each.format(**filled) for name, each in fields.items()}})
        since = time.monotonic()
        status, text, server = self._ask(address.format(**filled), body)
        if found := re.search(r'name="form_token" value="([^"]+)"', text):
            self.form = html.unescape(found[1])
        return Click(page, server, status, since, time.monotonic())

    def _ask(self, path: str, body: str | None) -> tuple[int, str, float]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        heads = {"Accept": "text/html", "Cookie": f"__Host-attend={self.token}", "Connection": "close"}
        try:
            if body is None:
                connection.request("GET", path, headers=heads)
            else:
                connection.request("POST", path, body, {**heads, "Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), float(answer.headers[HEAD].partition("dur=")[2])
        except (OSError, http.client.HTTPException):
            return GONE, "", 0.0
        finally:
            connection.close()


def names(past: Past, n: int) -> dict[str, object]:
    """What stands in the gaps of addresses and forms, for the nth patient."""
    return {
        "name": name_of(n), "phone": past.phone + n, "patient": past.patient + n, "visit": past.visit + 4 * past.people + n,
        "text": past.communication + past.texts - past.people + n, "item": past.task + n, "day": past.tomorrow,
        "items": ".".join(str(past.task + n + each) for each in range(50)),
    }  # fmt: skip


def labels() -> list[str]:
    """Every page and form."""
    return [*(path for paths in PAGES.values() for path in paths), *FORMS]


@dataclass
class Traffic:
    """What a stretch of traffic gave."""

    clicks: list[Click] = field(default_factory=list)
    texts: list[served.Reply] = field(default_factory=list)
    left_out: int = 0


def traffic(people: list[Person], *, seconds: float, rate: float, seed: str, senders: int, pages: Sequence[str] = ()) -> Traffic:
    """All of them click while `rate` texts a second arrive from patients 0 to `senders`. The same seed gives the same clicks.

    pages: those that are looked at, by default every one of them and the list and the conversations most.
    """
    often = ["/inbox", "/inbox/phone/{phone}"] * (FREQUENT - 1)
    found, until = Traffic(), time.monotonic() + seconds
    with standstills() as still, ThreadPoolExecutor(len(people) + 1 + POSTERS) as pool:
        work = [pool.submit(_clicks, person, f"{seed} {n}", until, pages or [*labels(), *often]) for n, person in enumerate(people)]
        arriving = pool.submit(_texts, people[0].port, rate, seed, senders, until, pool)
        for each in work:
            found.clicks += each.result()
        found.texts = [text.result() for text in arriving.result()]
    kept = [click for click in found.clicks if not any(click.since < end and click.until > begin for begin, end in still)]
    return Traffic(kept, found.texts, len(found.clicks) - len(kept))


def _clicks(person: Person, seed: str, until: float, pages: Sequence[str]) -> list[Click]:
    choose, found = random.Random(seed), list[Click]()
    person.click("/inbox", 0)  # a form's token is on every page
    time.sleep(choose.uniform(0, PAUSE[1]))
    while time.monotonic() < until:
        found.append(person.click(choose.choice(pages), choose.randrange(min(OPEN, COMING))))
        time.sleep(choose.uniform(*PAUSE))
    return found


def _texts(port: int, rate: float, seed: str, senders: int, until: float, pool: ThreadPoolExecutor):  # type: ignore[no-untyped-def]
    """A text every so often, whether or not the ones before were answered."""
    choose, sent, next_at = random.Random(seed), [], time.monotonic()
    said = ("yes", "si, ahí estaré", "what should I bring?", "no puedo ir", "thank you", "where do I park?", "please call me")
    while time.monotonic() < until:
        form = served.inbound(f"SM{uuid.uuid4().hex}", choose.randrange(senders), choose.choice(said))
        sent.append(pool.submit(served.post, port, form))
        next_at = max(next_at + 1 / rate, time.monotonic() - 1)
        time.sleep(max(0.0, next_at - time.monotonic()))
    return sent


@contextmanager
def standstills() -> Iterator[list[tuple[float, float]]]:
    """Stretches of time in which nothing of ours ran, as far as is known by then."""
    found: list[tuple[float, float]] = []
    done = threading.Event()

    def watch() -> None:
        before = time.monotonic()
        while not done.wait(0.02):
            now = time.monotonic()
            if now - before > STILL:
                found.append((before - AROUND, now + AROUND))
            before = now

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield found
    finally:
        done.set()
        watching.join()
