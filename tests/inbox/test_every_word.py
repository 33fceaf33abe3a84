"""No word of the staff's pages stands outside the catalogue: every page in a language that puts each sentence into brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any
from zoneinfo import available_timezones

import pytest
import yaml
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import AnyConverter, IntegerConverter

from bot.accounts import people
from bot.accounts.types import Accounts
from bot.desk.words import Words
from bot.editing.staff_texts import sentences
from bot.settings import ROOT
from bot.store.account_models import UserRow
from bot.store.models import AppointmentRow, CommunicationRow, PatientPhoneRow, PatientRow
from bot.texts import TEXTS
from tests.inbox.conftest import Desk, act, do
from tests.staff import Browser, hire

OPEN, CLOSE = "⟦⟧"
GAP = re.compile(r"(%\(\w+\)[sr])")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
NOT_WORDS = {"script", "style", "code", "kbd", "textarea"}
SHOWN = ("aria-label", "title", "placeholder", "alt")
PLAIN = {"Attend", "CSV", "AT", "BC", "IA", "Pygal", "USD"}
# A stream, files, and what is data alone.
NEVER = {"inbox.live.events", "static", "inbox.settings.file", "inbox.learn.file", "inbox.media.picture"}


class Brackets(NullTranslations):
    """Every sentence of the catalogue in brackets, but for its gaps; another one is left bare, and found, as is what fills a gap."""

    def __init__(self) -> None:
        super().__init__()
        self.known = {each for sentence in sentences(ROOT) for each in sentence}

    def gettext(self, message: str) -> str:
        """One sentence."""
        if message not in self.known:
            return message
        return "".join(each if GAP.fullmatch(each) else f"{OPEN}{each}{CLOSE}" for each in GAP.split(message) if each)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """A sentence with a number."""
        return self.gettext(msgid1 if n == 1 else msgid2)


@dataclass(frozen=True)
class Bracketed(Words):
    """Moments and names of languages stand in brackets, too: none is written without the page's language."""

    def moment(self, value: datetime) -> str:
        """A day and time."""
        return f"{OPEN}{super().moment(value)}{CLOSE}"

    def day(self, value: date) -> str:
        """A day."""
        return f"{OPEN}{super().day(value)}{CLOSE}"

    def full_day(self, value: date) -> str:
        """A day in whole words."""
        return f"{OPEN}{super().full_day(value)}{CLOSE}"

    def day_of_month(self, value: date) -> str:
        """A day without its weekday."""
        return f"{OPEN}{super().day_of_month(value)}{CLOSE}"

    def clock(self, value: datetime | time) -> str:
        """A time of the day."""
        return f"{OPEN}{super().clock(value)}{CLOSE}"

    def language_name(self, code: str) -> str:
        """The name of a language."""
        return f"{OPEN}{super().language_name(code)}{CLOSE}"


@dataclass
class Page(HTMLParser):
    """The words of a page that people read. Patients' words, which say in which direction they run, are none of ours."""

    found: list[str] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes what an element tells about itself, and whether what is in it counts."""
        given = dict(attrs)
        self.found += [given[name] or "" for name in SHOWN if name in given]
        theirs = "dir" in given or ("lang" in given and tag != "html")
        if tag not in VOID:
            self.hidden.append(theirs or tag in NOT_WORDS or (bool(self.hidden) and self.hidden[-1]))

    def handle_endtag(self, tag: str) -> None:
        """The end of an element."""
        if tag not in VOID:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        """Words between elements."""
        if not (self.hidden and self.hidden[-1]):
            self.found.append(data)


def bare(text: str) -> Iterator[str]:
    """What stands outside of all brackets."""
    depth, run = 0, ""
    for letter in text:
        if letter in (OPEN, CLOSE):
            yield run if depth == 0 else ""
            depth, run = depth + (1 if letter == OPEN else -1), ""
        else:
            run += letter
    yield run if depth == 0 else ""


def english(page: str, data: set[str]) -> set[str]:
    """Words of a page that are neither in the catalogue nor anybody's data."""
    parser = Page()
    parser.feed(page)
    said = pieces(bare("\n".join(parser.found)))
    return {each for each in said if re.search("[A-Za-z]{2}", each) and each not in data and not PLAIN.issuperset(each.split())}


def flat(data: Any) -> Iterator[str]:
    """Every text of a data file."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from flat(value)
    elif isinstance(data, list):
        for each in data:
            yield from flat(each)
    elif isinstance(data, str):
        yield data


def pieces(texts: Iterable[str]) -> set[str]:
    """Texts, taken apart at their stops."""
    split = (piece for text in texts for piece in re.split(r"[·,:;/()+“”\n]| - | → ", text))
    return {piece.strip(" .…←→?!–−-#@%&»«✓○0123456789") for piece in split}


def known(desk: Desk) -> set[str]:
    """What is data: people, texts, the clinic's own sentences, names of zones."""
    texts = (
        list(TEXTS)
        + [text for row in desk.rows(CommunicationRow) for text in (row.body, *row.replies)]
        + [row.name for row in desk.rows(PatientRow)]
    )
    texts += ["Ana Torres", "Ben Carter", "Rides", "new", "Xiomara", "Reed", "me duele el pecho"]
    for file in ("demo.yaml", "demo_people.yaml"):
        texts += flat(yaml.safe_load((ROOT / "clinics" / file).read_text()))
    texts += [*desk.bot.texts.languages, *available_timezones()]
    plain = [text.replace("_", " ") for text in texts]
    return pieces([*texts, *plain, *(text.capitalize() for text in plain)])


def bracketed(app: Flask) -> None:
    """From now on the application's pages speak in brackets."""
    app.extensions["attend-words"] = {"en": Bracketed("en", Brackets())}


def addresses(app: Flask, values: dict[str, list[Any]]) -> Iterator[str]:
    """Every address that can be opened. A new kind of argument must be added to `values`, else this fails."""
    adapter = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        if (
            "GET" not in (rule.methods or ())
            or rule.endpoint in NEVER
            or rule.endpoint.split(".")[0] in ("webhook", "metrics", "calendar")
        ):
            continue
        several: list[dict[str, Any]] = [{}]
        for name, converter in rule._converters.items():
            options = sorted(converter.items) if isinstance(converter, AnyConverter) else values[name]
            several = [{**one, name: option} for one in several for option in options]
            assert isinstance(converter, AnyConverter | IntegerConverter) or name in values
        yield from (adapter.build(rule.endpoint, each) for each in several)


def values_of(desk: Desk) -> dict[str, list[Any]]:
    """What stands in addresses."""
    with desk.bot.store.session() as session:
        phones = set(session.scalars(select(PatientPhoneRow.phone_id)))
    visits = [row for row in desk.rows(AppointmentRow) if row.status == "booked"]
    return {
        "phone_id": sorted(phones), "visit_id": [visits[3].id], "patient_id": [2, 7], "code": ["es"], "what": [],
        "name": ["promises", "barriers", "understanding", "confirmations", "response-times", "rescheduling", "opt-outs", "attendance",
                 "helped", "costs"],
    }  # fmt: skip


def a_day(desk: Desk) -> list[str]:
    """Texts and deeds of every kind; gives the pages on which deeds are answered."""
    for phone, words in (
        (2, "can I come Thursday afternoon instead? I have no ride"), (3, "me duele el pecho y no puedo respirar"),
        (5, "1 yes 2 no, please call me"), (7, "please have somebody call me"), (9, "Tôi không có xe đi"), (1, "STOP"),
        (4, "¿cuánto cuesta? y no sé si puedo ir"), (6, "quiero otra hora el martes en la mañana o el jueves"), (8, "qwerty zzz"),
    ):  # fmt: skip
        desk.text(phone, words)
    ben, ana, noon = desk.ben, desk.ana, f"{desk.bot.clock():%Y-%m-%d}T12:00"
    first = desk.items(7)[0].id
    said = [do(ana, each, first, to="2", until="3d", outcome="done") for each in ("assign", "snooze", "wake", "resolve", "reopen")]
    said += [
        do(ana, "resolve"),
        do(ana, "reply"),
        do(ana, "reply", first),
        do(ana, "resolve", first),
        do(ana, "assign", first),
        do(ana, "snooze", first),
    ]
    barrier = next(item.id for item in desk.items(2) if item.kind == "barrier")
    said += [do(ana, each, barrier) for each in ("arranged", "ask")]
    said += [act(ana, 2, "note", words="@Ben and @Xiomara, look"), act(ana, 2, "note"), act(ana, 2, "call", outcome="reached")]
    said += [act(ana, 2, "call"), act(ana, 2, "reply"), act(ana, 2, "reply", text="Hello"), act(ana, 2, "reply", text="Hi", at=noon)]
    said += [act(ben, 2, "reply", text="Hello"), act(ana, 2, "reply", text="x", at="never"), act(ana, 2, "wants", wants="fewer")]
    said += [act(ana, 2, each) for each in ("hand-back", "take-over", "let-go", "claim", "remind", "opt-out", "opt-in", "release")]
    said.append(act(ana, 3, "release"))
    text = next(row for row in desk.rows(CommunicationRow) if row.phone_id == 9 and row.direction == "inbound")
    answer = ana.post(f"/inbox/text/{text.id}/correct", data={"means": ["barrier.transport", "ask.cost"]}, follow_redirects=True)
    said.append(answer.get_data(as_text=True))
    visit = next(row for row in desk.rows(AppointmentRow, AppointmentRow.patient_id == 1))
    slot = re.search(r"slot=(\d+)", ana.get(f"/inbox/phone/1/move/{visit.id}").get_data(as_text=True))
    assert slot is not None
    form = {"cause": "patient", "slot": slot[1], "version": str(visit.version)}
    for _ in range(2):  # the second time somebody was first
        answer = ana.post(f"/inbox/phone/1/move/{visit.id}", data=form, follow_redirects=True)
        said.append(answer.get_data(as_text=True))
    for where, given in (
        ("/inbox/views", {"do": "save", "name": "Rides", "kind": "barrier"}), ("/inbox/views", {"do": "save"}),
        ("/inbox/phone/1/wait/1", {"service": "primary"}), ("/inbox/phone/1/wait/1", {"service": "primary", "start": "9"}),
        ("/inbox/closing", {"day": "2020-01-01"}), ("/inbox/catch-up", {"do": "drop"}), ("/inbox/search", {"asked": "Reed"}),
        ("/inbox/settings/hours", {"do": "preview", "field.answer_within_hours": "900", "field.hours.monday.from": "18:00"}),
        ("/inbox/settings/hours", {"do": "preview", "seen": "x", "field.hours.monday.from": "10:00", "field.hours.monday.to": "12:00"}),
    ):  # fmt: skip
        said.append(ana.post(where, data=given, follow_redirects=True).get_data(as_text=True))
    return said


@pytest.mark.slow
def test_every_word_of_every_page_can_be_translated(desk: Desk) -> None:
    """Each page that can be opened after a busy day, and the answers to what was done; pictures and tables too."""
    bracketed(desk.app)
    said = a_day(desk)
    values = values_of(desk)
    data, ana = known(desk), desk.ana
    bad = {left: f"answer {number}" for number, page in enumerate(said) for left in english(page, data)}
    for address in [*addresses(desk.app, values), *MORE]:
        answer = ana.get(address)
        if answer.status_code == 200 and answer.mimetype != "text/plain":
            bad |= dict.fromkeys(english(answer.get_data(as_text=True), data), address)
    assert bad == {}


MORE = (
    "/inbox?whose=closed", "/inbox?whose=snoozed", "/inbox?kind=barrier&language=vi", "/inbox?page=9", "/inbox/phone/2?again=1",
    "/inbox/settings/answers?entry=parking", "/inbox/settings/papers?entry=forms", "/inbox/settings/replies?entry=new",
    "/inbox/languages/es?show=missing", "/inbox/pictures?days=365", "/inbox/closing?day=2099-01-05",
    *(f"/inbox/bulk?items={'.'.join(map(str, range(1, 40)))}{more}" for more in ("", "&since=0&key=human", "&since=99999&key=human")),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", ["login", "code", "second-factor", "invitation", "", "../admin"])
def test_every_word_on_the_way_in_can_be_translated(app: Flask, live: int, path: str) -> None:
    """Signing in, the first day, one's own account and the administrators' page, with what they answer to a mistake."""
    bracketed(app)
    admin, bot = hire(app, "admin"), app.extensions["attend"].bot
    accounts = Accounts(store=bot.store, clinic_id=bot.clinic_id, clock=bot.clock)
    people.invite(accounts, email="new@clinic.example", role="nurse", by=None)
    browser = Browser(live)
    if path == "second-factor":
        with bot.store.begin() as session:
            session.get_one(UserRow, admin.id).totp_secret = None
    if path in ("", "../admin"):
        browser.enter(app, admin)
    elif path in ("code", "second-factor"):
        browser.sign_in(admin, bot.clock, code="000000")
    pages = [browser.get(f"/account/{path}".rstrip("/").replace("/account/..", ""))]
    assert pages[0].status == 200
    if path in ("login", "invitation", "code", "second-factor"):
        pages.append(browser.post(f"/account/{path}", email="x", code="1", name="N", password="short"))
    if path == "":
        pages += [browser.post("/account/password", old="x", new="y"), browser.post("/account/end-others"), browser.get("/account")]
    if path == "../admin":
        pages += [browser.get("/inbox/phone/99999"), browser.post("/admin/invite", email="x"), browser.post("/inbox/me", actor="1")]
    data = pieces(["Invented admin", "admin@clinic.example", "new@clinic.example", bot.clinic.clinic.name, "English", "N", "x"])
    assert [left for page in pages if page.status != 303 and (left := english(page.text, data))] == []
