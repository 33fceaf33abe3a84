"""W-28, H-05: whatever patients and staff write, every page shows it as text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from bot.delivery.worker import index_words
from bot.store.models import CommunicationRow, PatientRow
from bot.store.work_models import CandidateRow
from tests.inbox.conftest import Desk, act, do, page

CORPUS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<details open ontoggle=alert(1)>",
    "{{ 7*7 }}{% raw %}<b onclick=alert(1)>",
    "javascript:alert(1)//<iframe src=javascript:alert(1)>",
    "<a href='javascript:alert(1)' onmouseover=alert(1)>please have somebody call me</a>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "&lt;script&gt;<style>*{background:url(//evil.example)}</style>",
]
OURS = {"attend.js"}


class Page(HTMLParser):
    """Everything in a page that could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Scripts and pictures of ours, links within, and no attribute that is code."""
        given = {name: value or "" for name, value in attrs}
        source = given.get("src", "")
        if tag == "script" and source.rpartition("/")[2] not in OURS:
            self.wrong.append(f"script {source}")
        if tag in ("iframe", "object", "embed", "style", "base", "svg") or (tag == "img" and not source.startswith("/inbox/pictures/")):
            self.wrong.append(tag)
        for name, value in given.items():
            address = name in ("href", "src", "action", "formaction") and not value.startswith(("/", "#"))
            if name.startswith("on") or name == "style" or address:
                self.wrong.append(f"{tag} {name}={value}")


def check(shown: str) -> None:
    """Fails for a page on which something of the corpus could run."""
    parsed = Page()
    parsed.feed(shown)
    assert parsed.wrong == []
    assert "49{" not in shown  # {{ 7*7 }} was not worked out


@pytest.mark.parametrize("words", CORPUS)
def test_nothing_that_anybody_writes_runs_on_any_page(desk: Desk, words: str) -> None:
    """Through a text, a name, a note, a call, a reply, an outcome's note, a correction, a phrase and a search."""
    with desk.bot.store.begin() as session:
        session.get_one(PatientRow, 7).name = words
    desk.text(8, words)  # the demo's eighth phone
    desk.text(7, f"please have somebody call me {words}")
    phone = 7
    act(desk.ana, phone, "note", words=words)
    act(desk.ana, phone, "call", outcome="reached", words=words)
    act(desk.ana, phone, "reply", text=words)
    text = desk.rows(CommunicationRow, CommunicationRow.direction == "inbound", CommunicationRow.phone_id == phone)[-1]
    desk.ana.post(f"/inbox/text/{text.id}/correct", data={"means": ["human", "other"]})
    (candidate,) = desk.rows(CandidateRow)
    index_words(desk.bot)
    pages = [page(desk.ana, address) for address in ("/inbox", "/inbox/today", "/inbox/learn", "/inbox/phone/7", "/inbox/phone/8")]
    pages += [page(desk.ana, f"/demo?phone={number}") for number in (7, 8)]
    pages += [act(desk.ana, phone, "check", text=words), page(desk.ana, "/inbox/pictures")]
    pages += [desk.ana.post("/inbox/search", data={"asked": asked}).get_data(as_text=True) for asked in (words, "call")]
    pages.append(do(desk.ana, "resolve", *(item.id for item in desk.items(phone)), outcome="done", note=words))
    desk.ben.post(f"/inbox/learn/{candidate.id}", data={"do": "accept", "phrase": f"{words} x"})
    pages += [page(desk.ana, "/inbox?whose=closed"), page(desk.ana, "/inbox/phone/7"), page(desk.ana, "/demo/7/thread")]
    for shown in pages:
        check(shown)
    assert sum("alert(1)" in shown or "evil.example" in shown or "onclick" in shown for shown in pages) > 5  # it is there, as text


def test_pages_have_a_policy_that_would_stop_what_got_through(desk: Desk) -> None:
    """Scripts and styles from our own files alone, and no page in another site's frame."""
    for address in ("/inbox", "/inbox/today", "/inbox/phone/7", "/inbox/learn", "/inbox/pictures", "/demo"):
        answer = desk.ana.get(address)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; frame-ancestors 'self'")
        assert answer.headers["Cache-Control"] == "no-store"


def test_another_site_can_do_nothing_here(desk: Desk) -> None:
    """Every action that changes something refuses a foreign origin."""
    rules = [rule for rule in desk.app.url_map.iter_rules() if rule.rule.startswith("/inbox") and "POST" in (rule.methods or ())]
    assert len(rules) > 6
    for rule in rules:
        address = rule.rule.replace("<int:phone_id>", "1").replace("<int:text_id>", "1").replace("<int:candidate_id>", "1")
        answer = desk.ana.post(address.replace("<action>", "note"), headers={"Origin": "https://elsewhere.example"})
        assert answer.status_code == 403, rule.rule
