"""What a page offers may be done: no link, form or picture of a page answers 403 to the person who looks at it (H-16)."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask

from bot.accounts.types import ROLES
from bot.channels.console import received
from bot.store.models import PhoneRow, TaskRow
from bot.turn import take
from bot.web.roles import RULES
from tests.accounts.test_routes import NewBrowser, own  # noqa: F401 - a fixture
from tests.quick import quick
from tests.staff import Browser, hire
from tests.world import NUMBERS

TEXTS = (
    ("lucia", "me duele el pecho y no puedo respirar"), ("dorothy", "I have no ride"), ("ernesto", "STOP"),
    ("marcus", "please have somebody call me"), ("nadia", "wrong number"), ("rosa", "I need a refill"),
)  # fmt: skip
# What is offered only after something was sent: a choice, something to undo, a calendar, an accepted phrase, held texts, an invitation.
AFTERWARDS = {
    "inbox.bulk.index", "inbox.bulk.send", "inbox.catchup.act", "inbox.closing.close", "inbox.learn.file", "inbox.person.undo",
    "calendar.stop", "admin.withdraw",
}  # fmt: skip
LISTS = tuple(f"/inbox?whose={whose}" for whose in ("all", "mine", "snoozed", "closed"))


class Offers(HTMLParser):
    """The addresses of ours that a page offers, each with the method by which it would be asked."""

    def __init__(self, page: str, where: str) -> None:
        super().__init__()
        self.where, self.found = where, set()  # type: str, set[tuple[str, str]]
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Where links lead, pictures come from, forms and their buttons go, and what is checked while one types."""
        given = {name: value for name, value in attrs if value}
        asks, posts = [given.get("href"), given.get("src")], [given.get("formaction"), given.get("data-check")]
        if tag == "form":
            (posts if given.get("method") == "post" else asks).append(given.get("action", self.where))
        for method, addresses in (("GET", asks), ("POST", posts)):
            self.found |= {(method, urljoin(self.where, each)) for each in addresses if each and "//" not in each}


@pytest.fixture
def busy(app: Flask, browser: NewBrowser, own: dict[str, int]) -> list[str]:  # noqa: F811
    """Something of every kind to look at; gives where to begin."""
    bot, ana = app.extensions["attend"].bot, browser().enter(app, hire(app, "coordinator", email="ana@clinic.example"))
    for who, words in TEXTS:
        take(bot, received(sender=NUMBERS[who], body=words))
    with bot.store.session() as session:
        phones = [row.id for row in session.query(PhoneRow)]
        of = {row.kind: row for row in session.query(TaskRow)}
    lucia, marcus = f"/inbox/phone/{of['urgent_medical'].phone_id}", f"/inbox/phone/{of['human'].phone_id}"
    for words in ("first", "second"):
        ana.post(f"{lucia}/to-translate", text=words)
    with bot.store.session() as session:
        asked = session.query(TaskRow).filter_by(kind="to_translate").first().id
    ana.post(f"{lucia}/translated", item=str(asked), translation="primero")
    ana.post(f"{marcus}/take-over")
    for do, kind in (("resolve", "wrong_number"), ("snooze", "refill"), ("assign", "human")):
        ana.post("/inbox/items", do=do, item=str(of[kind].id), outcome="done", until="3d", to="nobody")
    return ["/inbox", *LISTS, "/inbox?kind=barrier", *(f"/inbox/phone/{each}" for each in phones)]


def offered(app: Flask, page: Browser, begin: list[str]) -> Iterator[tuple[str, str, str]]:
    """What all pages offer that can be reached from there: the page, the method, the route. Nothing is posted."""
    adapter = app.url_map.bind("127.0.0.1")
    to_do, seen = list(begin), set()
    while to_do:
        where = to_do.pop()
        answer = page.get(where)
        for method, address in Offers(answer.text, where).found if answer.headers["Content-Type"].startswith("text/html") else ():
            parts = urlsplit(address)
            endpoint, values = adapter.match(parts.path, method)
            yield where, method, endpoint
            alike = (endpoint, *values.items(), *(each.split("=")[0] for each in parts.query.split("&")))
            if method == "GET" and endpoint in RULES and alike not in seen:
                seen.add(alike)
                to_do.append(address)


@pytest.mark.parametrize("role", quick("translator", of=ROLES))
def test_what_is_offered_may_be_done(app: Flask, browser: NewBrowser, busy: list[str], role: str) -> None:
    """Whoever may not act for patients sees no button that does; and all that a role may do, it finds."""
    page = browser().enter(app, hire(app, role))
    found = set(offered(app, page, busy))
    routes = {endpoint for _, _, endpoint in found}
    assert {each for each in found if each[2] in RULES and role not in RULES[each[2]].roles} == set()
    theirs = {endpoint for endpoint, rule in RULES.items() if role in rule.roles and not rule.passive}
    assert theirs - routes <= AFTERWARDS
