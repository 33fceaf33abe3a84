"""Every route, taken from the URL map: closed without a session, to the wrong role, and for another clinic's objects (H-09, H-16)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import AnyConverter, IntegerConverter, Map, Rule

from bot.accounts.types import ROLES
from bot.channels.console import Console
from bot.core import Bot
from bot.settings import Settings
from bot.store.account_models import SessionRow, UserRow
from bot.store.media_models import MediaRow
from bot.store.models import (
    AppointmentRow,
    Base,
    ClinicRow,
    CommunicationRow,
    PatientPhoneRow,
    PatientRow,
    PhoneRow,
    SlotRow,
    TaskRow,
)
from bot.store.programme_models import CarePlanRow
from bot.store.sending_models import PlannedReplyRow
from bot.store.setting_models import SettingChangeRow
from bot.store.waiting_models import WaitingRow
from bot.store.work_models import CandidateRow, SavedViewRow
from bot.web import inbox, talk
from bot.web.roles import ENTRANCE, OPEN, RULES
from tests.conftest import application_on, serving, settings_in
from tests.quick import quick
from tests.staff import Browser, hire
from tests.world import Clock

NewBrowser = Callable[[], Browser]
# What a form would hold that is meant seriously, so that nothing but the guard stands in its way.
FORM = {
    "outcome": "done",
    "text": "hello there",
    "note": "seen",
    "role": "nurse",
    "email": "new@clinic.example",
    "do": "resolve",
    "means": "confirm",
}
WORDS = {"action": "reply", "name": "promises", "code": "es"}  # values of arguments that are words
NAME = "Foreign Patient"
ELSEWHERE = ("https://evil.example/inbox", "//evil.example", "/inbox//evil.example", "/inbox\\evil.example", "/inbox\r\nX-Evil: 1")
NUMBERS = ("item", "to", "visit", "slot", "text", "phone", "view", "change", "newest", "version")  # fields of forms that hold one
SEVERAL = ("inbox.items", "inbox.views.change", "inbox.catchup.act")  # what a form says decides what they do


@dataclass(frozen=True)
class Door:
    """A route and method, with its URL for given objects."""

    endpoint: str
    method: str
    rule: Rule
    words: dict[str, str]

    def path(self, ids: Mapping[str, int]) -> str:
        """The URL. A new kind of object must be added to `foreign`, else this fails."""
        values: dict[str, object] = {**WORDS, **self.words}
        for name, converter in self.rule._converters.items():
            if isinstance(converter, IntegerConverter):
                values[name] = ids[name]
        values = {name: values[name] for name in self.rule.arguments}
        adapter = Map([self.rule.empty()]).bind("")
        return adapter.build(self.endpoint, values)

    def open(self, browser: Browser, ids: Mapping[str, int]) -> int:
        """Knocks; gives the status."""
        path = self.path(ids)
        return browser.get(path).status if self.method == "GET" else browser.post(path, **FORM, item=str(ids["item"])).status


def doors(app: Flask) -> list[Door]:
    """All that the application answers to, but what is open to everybody; each word that a route lists is a door of its own."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN | ENTRANCE:
            continue
        listed = {name: sorted(each.items) for name, each in rule._converters.items() if isinstance(each, AnyConverter)}
        for words in product(*listed.values()):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                found.append(Door(rule.endpoint, method, rule, dict(zip(listed, words, strict=True))))
    return found


@pytest.fixture(scope="module")
def every_door(bot_parts: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Door]]:
    """Taken once, from an application of its own."""
    with application_on(settings_in(tmp_path_factory.mktemp("map")), Clock()) as app:
        yield doors(app)


@pytest.fixture
def own(app: Flask) -> dict[str, int]:
    """Objects of this clinic."""
    return _objects(app, app.extensions["attend"].bot.clinic_id)


@pytest.fixture
def foreign(app: Flask) -> dict[str, int]:
    """The same kinds of objects, of another clinic in the same database."""
    bot: Bot = app.extensions["attend"].bot
    with bot.store.begin() as session:
        clinic = ClinicRow(slug="elsewhere")
        session.add(clinic)
        session.flush()
    return _objects(app, clinic.id)


def _objects(app: Flask, clinic_id: int) -> dict[str, int]:
    app.extensions["attend"] = replace(app.extensions["attend"], channel=Console())  # nothing is fetched from the provider
    bot: Bot = app.extensions["attend"].bot
    now = bot.clock()
    with bot.store.begin() as session:
        patient = PatientRow(clinic_id=clinic_id, name=NAME, language="en")
        phone = PhoneRow(clinic_id=clinic_id, number="+17165550177", number_key=f"key {clinic_id}", created_at=now)
        session.add_all([patient, phone])
        session.flush()
        session.add(PatientPhoneRow(patient_id=patient.id, phone_id=phone.id, clinic_id=clinic_id))
        start = now + timedelta(days=1)
        visit = AppointmentRow(clinic_id=clinic_id, patient_id=patient.id, service="checkup", start=start, minutes=30)
        session.add(visit)
        task = TaskRow(clinic_id=clinic_id, phone_id=phone.id, kind="human", created_at=now, rank=3, due_at=now)
        text = CommunicationRow(clinic_id=clinic_id, phone_id=phone.id, direction="inbound", body="hello", at=now, status="answered")
        text.media = 2
        session.add_all([task, text])
        session.flush()
        how = {"language": "en", "context": "none", "read_as": "", "means": "confirm", "proposed_by": "Somebody", "at": now}
        of = {"clinic_id": clinic_id, "phone_id": phone.id, "communication_id": text.id}
        session.add_all([MediaRow(**of, number=0, status="here", data="aGVsbG8="), MediaRow(**of, number=1, status="failed")])
        candidate = CandidateRow(clinic_id=clinic_id, communication_id=text.id, words="hello", **how)
        session.add(candidate)
        session.flush()
        plan = CarePlanRow(clinic_id=clinic_id, patient_id=patient.id, phone_id=phone.id, programme="medicine", start=now, since=now)
        session.add(plan)
        session.flush()
        line = WaitingRow(clinic_id=clinic_id, patient_id=patient.id, service="checkup", since=now, source="patient")
        session.add(line)
        slot = SlotRow(clinic_id=clinic_id, service="checkup", start=start, minutes=30)
        planned = CommunicationRow(clinic_id=clinic_id, phone_id=phone.id, direction="outbound", body="later", at=now, status="queued")
        session.add_all([slot, planned])
        session.flush()
        session.add(PlannedReplyRow(communication_id=planned.id, clinic_id=clinic_id, phone_id=phone.id, actor="Somebody", made_at=now))
        change = SettingChangeRow(clinic_id=clinic_id, section="hours", follows=0, data="{}", actor="Somebody", at=now)
        session.add(change)
        session.flush()
    user = hire(app, "nurse", email=f"somebody@{clinic_id}.example", clinic_id=clinic_id)
    with bot.store.begin() as session:
        view = SavedViewRow(clinic_id=clinic_id, actor_id=user.id, name="mine", whose="all", kind="", language="")
        session.add(view)
        session.flush()
    form = {"slot": slot.id, "planned": planned.id, "change": change.id, "view": view.id}  # what forms name
    people = {"patient_id": patient.id, "visit_id": visit.id, "plan_id": plan.id, "waiting_id": line.id}
    return people | form | {"phone_id": phone.id, "item": task.id, "text_id": text.id, "candidate_id": candidate.id, "user_id": user.id}


def test_every_route_has_its_line_and_every_line_its_route(app: Flask) -> None:
    """A new route is closed until somebody decides who may open it; a line that opens nothing is no promise."""
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == OPEN | ENTRANCE | set(RULES)


def test_a_route_without_a_line_is_closed_to_everybody(settings: Settings, clock: Clock) -> None:
    """Forgetting is safe, inside our blueprints and outside."""
    with application_on(settings, clock) as app:
        for endpoint in ("inbox.forgotten", "forgotten"):
            app.add_url_rule(f"/{endpoint}", endpoint, lambda: "words of patients")
        with serving(app) as port:
            for path in ("/inbox.forgotten", "/forgotten"):
                assert Browser(port).get(path).status == 303
                assert [Browser(port).enter(app, hire(app, role, email=role + path)).get(path).status for role in ROLES] == [403] * 5


def test_nothing_opens_without_a_session(app: Flask, browser: NewBrowser, own: dict[str, int], every_door: list[Door]) -> None:
    """A page leads to the sign-in, a form gets 401; neither shows or changes anything."""
    before = _everything(app)
    for cookie in ("", "invented"):
        page = browser()
        for door in every_door:
            page.cookies = {"attend": cookie} if cookie else {}
            assert door.open(page, own) == (303 if door.method == "GET" and not RULES[door.endpoint].passive else 401), door
            assert page.get("/account/login").status == 200
    assert _everything(app) == before


@pytest.mark.slow
def test_half_a_session_opens_nothing(app: Flask, browser: NewBrowser, own: dict[str, int], every_door: list[Door]) -> None:
    """Whoever gave the password alone, or has no second factor yet, is not in."""
    bot: Bot = app.extensions["attend"].bot
    who = hire(app, "admin")
    for stage in ("code", "enrol"):
        page = browser().enter(app, who)
        with bot.store.begin() as session:
            for row in session.scalars(select(SessionRow)):
                row.stage = stage
        for door in every_door:
            assert door.open(page, own) in (303, 401), door
            assert door.open(page, own) != 200


@pytest.mark.parametrize("role", quick("coordinator", of=ROLES))
def test_a_role_opens_what_its_line_says_and_nothing_else(
    app: Flask, browser: NewBrowser, own: dict[str, int], every_door: list[Door], role: str
) -> None:
    """H-16: 403 for every other door, by whatever method."""
    for number, door in enumerate(every_door):
        who = hire(app, role, email=f"{number}@clinic.example")
        page = browser().enter(app, who)
        status = door.open(page, own)
        assert (status == 403) == (role not in RULES[door.endpoint].roles), f"{door.method} {door.endpoint} as {role}: {status}"


def test_no_form_is_taken_without_its_token(app: Flask, browser: NewBrowser, own: dict[str, int], every_door: list[Door]) -> None:
    """CSRF, for every form that there is."""
    page = browser().enter(app, hire(app, "admin"))
    before = _everything(app)
    for door in every_door:
        if door.method != "GET":
            assert page.post(door.path(own), **FORM, form_token="").status == 403, door
    assert _everything(app) == before


def test_every_form_on_every_page_has_a_token(app: Flask, browser: NewBrowser, own: dict[str, int], every_door: list[Door]) -> None:
    """Without a word in the templates."""
    page = browser().enter(app, hire(app, "admin"))
    seen = 0
    for door in every_door:
        if door.method == "GET":
            text = page.get(door.path(own)).text
            seen += text.count("<form")
            assert text.count('method="post"') == text.count('name="form_token"'), door
    assert seen > 5


@pytest.mark.parametrize("role", quick("coordinator", of=ROLES))
def test_another_clinics_objects_are_not_there(
    app: Flask, browser: NewBrowser, foreign: dict[str, int], every_door: list[Door], role: str
) -> None:
    """H-16: 404 for whoever may open the door, for every kind of object, and nothing of theirs changes."""
    before, tried = _everything(app, clinic=foreign), 0
    who = hire(app, role)
    page = browser().enter(app, who)
    for door in every_door:
        if role in RULES[door.endpoint].roles and (door.rule.arguments & foreign.keys() or door.method == "POST"):
            tried += 1
            status = door.open(page, foreign)
            named = door.rule.arguments & foreign.keys()
            assert status == 404 or not named, f"{door.method} {door.endpoint} as {role}: {status}"
            page.enter(app, who)
    assert tried
    assert _everything(app, clinic=foreign) == before


@pytest.mark.slow
def test_one_foreign_object_among_our_own_is_not_there(
    app: Flask, browser: NewBrowser, own: dict[str, int], foreign: dict[str, int], every_door: list[Door]
) -> None:
    """H-16: a phone of ours with a visit or a person of theirs, and the other way round; with our own alone every page opens."""
    before, tried = _everything(app, clinic=foreign), set()
    who = hire(app, "admin")
    page = browser().enter(app, who)
    for door in every_door:
        if "admin" in RULES[door.endpoint].roles:
            for name in sorted(door.rule.arguments & foreign.keys()):
                if door.method == "GET":
                    assert door.open(page, own) == 200, door
                assert door.open(page, {**own, name: foreign[name]}) == 404, f"{door.method} {door.endpoint} with their {name}"
                tried.add((door.endpoint, name))
                page.enter(app, who)
    assert {("inbox.visits.move", "phone_id"), ("inbox.visits.move", "visit_id"), ("inbox.visits.book", "patient_id")} <= tried
    assert _everything(app, clinic=foreign) == before


@pytest.mark.slow
def test_what_a_form_names_of_another_clinic_is_not_there(
    app: Flask, browser: NewBrowser, own: dict[str, int], foreign: dict[str, int], every_door: list[Door]
) -> None:
    """H-16: items, colleagues, visits, times, texts, views, changes; nothing of theirs changes, and nothing of ours refers to it."""
    before, tried = _everything(app, clinic=foreign), 0
    who = hire(app, "admin")
    page = browser().enter(app, who)
    named = {"item": foreign["item"], "to": foreign["user_id"], "visit": foreign["visit_id"], "slot": foreign["slot"]}
    named |= {"phone": foreign["phone_id"], "view": foreign["view"], "change": foreign["change"], "newest": foreign["change"]}
    named |= {"patient": foreign["patient_id"], "version": 1}
    words = {
        "cause": "clinic",
        "paper": "id",
        "to": str(foreign["user_id"]),
        "until": "tomorrow",
        "outcome": "reached",
        "words": "seen",
    }
    does = [*inbox.ACTIONS, f"claim:{foreign['phone_id']}", "save", "forget", "send", "drop", "remove", "add"]
    for door in every_door:
        if door.method != "POST" or "admin" not in RULES[door.endpoint].roles:
            continue
        for action in talk.ACTIONS if "action" in door.rule.arguments else [""]:
            path = replace(door, words={**door.words, "action": action} if action else door.words).path(own)
            for text, do in product((foreign["text_id"], foreign["planned"]), does if door.endpoint in SEVERAL else ["x"]):
                form = {**{name: str(number) for name, number in named.items()}, **words, "text": str(text), "do": do}
                assert page.post(path, **form).status < 500, f"{path} {do}"
                page.enter(app, who)
                tried += 1
    assert tried > 60
    assert _everything(app, clinic=foreign) == before
    assert _strays(app) == []


def _strays(app: Flask) -> list[str]:
    """Rows that refer to another clinic's row."""
    found = []
    with app.extensions["attend"].bot.store.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for key in table.foreign_keys if "clinic_id" in table.columns else ():
                there = key.column.table.alias()
                if "clinic_id" in there.columns:
                    query = select(table.c.clinic_id).join(there, key.parent == there.c[key.column.name])
                    if connection.execute(query.where(table.c.clinic_id != there.c.clinic_id)).all():
                        found.append(f"{table.name}.{key.parent.name}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", quick("x", of=["-1", "x", "9" * 25, "9" * 5000, "٣"]), ids=lambda number: ascii(number)[:9])
def test_a_form_that_names_nothing_that_can_be_breaks_nothing(
    number: str, app: Flask, browser: NewBrowser, own: dict[str, int], every_door: list[Door]
) -> None:
    """Whatever stands where a form holds a number."""
    who = hire(app, "admin")
    page = browser().enter(app, who)
    for door in every_door:
        if door.method == "POST" and "admin" in RULES[door.endpoint].roles and door.endpoint not in ("account.end_others",):
            for action in talk.ACTIONS if "action" in door.rule.arguments else [""]:
                path = replace(door, words={**door.words, "action": action} if action else door.words).path(own)
                for do in ("resolve", "forget", f"claim:{number}") if door.endpoint in SEVERAL else ["x"]:
                    form = dict.fromkeys(
                        ("item", "to", "visit", "slot", "text", "phone", "view", "change", "newest", "version"), number
                    )
                    assert page.post(path, **form, do=do, cause="clinic", words="seen", paper="id").status < 500, f"{path} {do}"
                    page.enter(app, who)


@pytest.mark.slow
@pytest.mark.parametrize("target", quick(ELSEWHERE[0], of=ELSEWHERE))
def test_no_form_leads_to_another_site(
    target: str, app: Flask, browser: NewBrowser, own: dict[str, int], every_door: list[Door]
) -> None:
    """Open redirects: whatever a form says about where it came from or where one wants to go."""
    who, led = hire(app, "admin"), 0
    page = browser().enter(app, who)
    for door in every_door:
        if door.method == "POST" and "admin" in RULES[door.endpoint].roles:
            answer = page.post(door.path(own), **{**FORM, "item": str(own["item"]), "back": target, "next": target, "from": target})
            if answer.status == 303:
                led += 1
                assert answer.location.startswith("/"), door
                assert "//" not in answer.location + answer.headers.get("X-Evil", ""), door
            page.enter(app, who)
    assert led > 10


def test_nothing_of_another_clinic_stands_on_a_page(
    app: Flask, browser: NewBrowser, foreign: dict[str, int], every_door: list[Door]
) -> None:
    """H-16: neither a patient nor a colleague, in any list."""
    page = browser().enter(app, hire(app, "admin"))
    for door in every_door:
        if door.method == "GET" and not door.rule.arguments:
            text = page.get(door.path({})).text
            assert NAME not in text
            assert "somebody@" not in text


def test_another_clinics_colleague_cannot_come_in(app: Flask, browser: NewBrowser, foreign: dict[str, int], clock: Clock) -> None:
    """Neither with their session nor with their password."""
    bot: Bot = app.extensions["attend"].bot
    with bot.store.session() as session:
        clinic_id = session.get_one(UserRow, foreign["user_id"]).clinic_id
    who = hire(app, "admin", email="admin@elsewhere.example", clinic_id=clinic_id)
    assert browser().enter(app, who).get("/inbox").status == 303
    assert browser().sign_in(who, clock).status == 422


def test_without_staff_pages_there_are_none(settings: Settings, clock: Clock) -> None:
    """STAFF_PAGES=off: a server that takes messages alone."""
    with application_on(replace(settings, staff_pages=False), clock) as app:
        assert {rule.endpoint for rule in app.url_map.iter_rules()} == OPEN - {"calendar.index"}
        assert app.test_client().get("/inbox").status_code == 404


def _everything(app: Flask, *, clinic: Mapping[str, int] | None = None) -> str:
    """All rows of all tables but the audit trail, which notes what was refused too; or of that clinic's alone."""
    store = app.extensions["attend"].bot.store
    found = []
    with store.engine.connect() as connection:
        wanted = None
        if clinic is not None:
            wanted = connection.scalar(select(UserRow.clinic_id).where(UserRow.id == clinic["user_id"]))
        for table in Base.metadata.sorted_tables:
            if table.name == "audit":
                continue
            query = table.select()
            if wanted is not None:
                if "clinic_id" not in table.columns:
                    continue
                query = query.where(table.c.clinic_id == wanted)
            found += [f"{table.name} {row}" for row in connection.execute(query)]
    return "\n".join(found)
