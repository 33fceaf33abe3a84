"""W-28, H-05: whatever patients and staff write, every page shows it as text."""

from __future__ import annotations

import json
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from bot.delivery.worker import index_words
from bot.store.models import AppointmentRow, CommunicationRow, PatientPhoneRow, PatientRow, SlotRow
from bot.store.outgoing import queue
from bot.store.setting_models import SettingChangeRow
from bot.store.waiting_models import WaitingRow
from bot.store.work_models import CandidateRow, SavedViewRow
from tests.inbox.conftest import Desk, act, do, page
from tests.quick import quick

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
# A stream, a picture, and three files, which no browser takes for a page.
APART = {
    "inbox.learn.file",
    "inbox.media.picture",
    "inbox.views.following",
    "inbox.live.events",
    "inbox.pictures.svg",
    "inbox.pictures.table",
    "inbox.settings.file",
}
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


@pytest.mark.parametrize("words", quick(CORPUS[0], of=CORPUS))
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


@pytest.mark.slow
@pytest.mark.parametrize("words", quick(CORPUS[0], of=CORPUS))
def test_nothing_runs_on_any_page_that_has_an_address(desk: Desk, words: str) -> None:
    """Through names of patients, kinds of visits, clinicians, papers, replies, saved views, the waiting list and what is held up."""
    with desk.bot.store.begin() as session:
        whose = select(AppointmentRow, PatientPhoneRow.phone_id).join(
            PatientPhoneRow, PatientPhoneRow.patient_id == AppointmentRow.patient_id
        )
        booked = whose.where(AppointmentRow.status == "booked", AppointmentRow.start > desk.bot.clock() + timedelta(days=1))
        visit, phone = session.execute(booked).first() or (AppointmentRow(), 0)
        for patient in session.scalars(select(PatientRow)):
            patient.name = words
        for row in [*session.scalars(select(AppointmentRow)), *session.scalars(select(SlotRow))]:
            row.service, row.practitioner = words[:40], words
        session.add(SavedViewRow(clinic_id=1, actor_id=1, name=words, whose="all", kind="", language=""))
        session.add(WaitingRow(clinic_id=1, patient_id=visit.patient_id, service=words[:40], since=desk.bot.clock(), source="patient"))
        names = {"papers": {words[:30]: {"before": "7 d", "say": {"en": words}}}, "replies": {words[:40]: {"en": words}}}
        names |= {"answers": {"parking": {"en": words}}, "preparations": {words[:40]: {"en": words}}}
        for name, data in names.items():
            change = {"clinic_id": 1, "section": name, "follows": 0, "actor": words[:80], "at": desk.bot.clock()}
            session.add(SettingChangeRow(**change, data=json.dumps({name: data})))
        late = desk.bot.clock() - timedelta(hours=8)
        queue(session, clinic_id=1, phone_id=phone, body=words, now=late, sender="bot", useless_at=late + timedelta(days=2))
    desk.bot.current.look()
    assert desk.bot.current.refused == ()
    desk.text(phone, f"please have somebody call me {words}")
    ids = {"phone_id": phone, "patient_id": visit.patient_id, "visit_id": visit.id, "code": "es"}
    shown = {}
    for rule in desk.app.url_map.iter_rules():
        if rule.rule.startswith("/inbox") and "GET" in (rule.methods or ()) and rule.endpoint not in APART:
            listed = getattr(rule._converters.get("name"), "items", [""])
            for name in sorted(listed):
                _, address = rule.build({key: each for key, each in {**ids, "name": name}.items() if key in rule.arguments}) or ("", "")
                items = ".".join(str(item.id) for item in desk.items(phone))
                shown[address] = desk.ana.get(address, query_string={"day": str(visit.start.date()), "items": items})
    many = {"items": items, "since": "999999999"}
    shown["to many"] = desk.ana.get("/inbox/bulk", query_string={**many, "key": "answer.parking"})
    assert "Send to 1 conversation" in shown["to many"].get_data(as_text=True)
    for name, data in names.items():
        for entry in data:
            shown[f"{name}: {entry}"] = desk.ana.get(f"/inbox/settings/{name}", query_string={"entry": entry})
    for address, answer in shown.items():
        assert answer.status_code == 200, address
        check(answer.get_data(as_text=True))
    assert len(shown) > 20


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
