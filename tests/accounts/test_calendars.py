"""A calendar program fetches the visits at a secret address, until its person stops it or is shut out."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from icalendar import Calendar, Event
from sqlalchemy import select, update
from structlog.testing import capture_logs

from bot.accounts import calendars, people
from bot.accounts.types import Accounts
from bot.channels.console import received
from bot.core import Bot
from bot.desk.calendar import AHEAD, BACK
from bot.ehr.ical import Entry, calendar
from bot.store.account_models import CalendarRow, UserRow
from bot.store.database import Store
from bot.store.models import AppointmentRow, AuditRow, ClinicRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.turn import take
from bot.web.roles import CARE
from tests.staff import HERE, Browser, Colleague, hire
from tests.world import NOW, NUMBERS, Clock

NewBrowser = Callable[[], Browser]


def made(page: Browser) -> str:
    """The path of a new address, as it is shown once."""
    said = page.post("/account/calendar")
    assert (said.status, said.headers["Cache-Control"]) == (200, "no-store")
    (link,) = re.findall(r'<code class="link">([^<]+)</code>', said.text)
    assert link.startswith(HERE)
    return html.unescape(link).removeprefix(HERE)


@pytest.fixture
def who(app: Flask) -> Colleague:
    """A coordinator."""
    return hire(app)


@pytest.fixture
def page(app: Flask, browser: NewBrowser, who: Colleague) -> Browser:
    """The coordinator's browser."""
    return browser().enter(app, who)


@pytest.fixture
def program(browser: NewBrowser) -> Browser:
    """A calendar program: it knows an address and nothing else."""
    return browser()


def visits(text: str) -> dict[str, Event]:
    """UID → visit, as a library reads them."""
    return {str(event["uid"]): event for event in Calendar.from_ical(text).walk("VEVENT")}


def bot_of(app: Flask) -> Bot:
    """The bot behind the pages."""
    return app.extensions["attend"].bot  # type: ignore[no-any-return]


def actions(app: Flask) -> list[tuple[str, str, str]]:
    """What the trail says of calendars: who, what, about whom."""
    with bot_of(app).store.session() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id))
        return [(row.actor, row.action, row.about) for row in rows if row.action.endswith("_calendar")]


@pytest.mark.slow
def test_a_calendar_program_reads_the_visits(app: Flask, who: Colleague, page: Browser, program: Browser) -> None:
    """F-14: UTC, a UID that stays, a link to the conversation; each reading stands in the trail (H-07)."""
    answer = program.get(made(page))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8; method=PUBLISH")
    assert all(len(line.encode()) <= 75 for line in answer.text.split("\r\n"))
    with bot_of(app).store.session() as session:
        rows = {f"visit-{row.id}@demo": row for row in session.scalars(select(AppointmentRow))}
        phones = dict(session.execute(select(PatientPhoneRow.patient_id, PatientPhoneRow.phone_id)).all())
    found = visits(answer.text)
    assert found.keys() == rows.keys()
    assert len(found) > 5
    for uid, event in found.items():
        row = rows[uid]
        assert (event["dtstart"].dt, event["dtend"].dt) == (row.start, row.start + timedelta(minutes=row.minutes))
        assert (event["dtstart"].dt.tzname(), event["sequence"], event["status"]) == ("UTC", row.version, "CONFIRMED")
        assert event["url"] == f"{HERE}/inbox/phone/{phones[row.patient_id]}"
    assert actions(app) == [(f"staff:{who.id}", action, f"user:{who.id}") for action in ("make_calendar", "read_calendar")]
    assert "Visits were last fetched there" in page.get("/account").text


def test_no_name_and_no_number_leaves(app: Flask, page: Browser, program: Browser) -> None:
    """H-02, H-15, H-16: whoever keeps calendars has no agreement with the clinic."""
    text = program.get(made(page)).text
    with bot_of(app).store.session() as session:
        names = {part for name in session.scalars(select(PatientRow.name)) for part in name.split()}
        clinicians = set(filter(None, session.scalars(select(AppointmentRow.practitioner))))
    assert names
    assert [word for word in (*names, *clinicians, *NUMBERS.values()) if word in text] == []


def test_what_a_program_has_is_not_sent_again(app: Flask, clock: Clock, page: Browser, program: Browser) -> None:
    """If-None-Match, until a visit is called off, which it learns with the next number of its changes; or another day begins."""
    bot, path = bot_of(app), made(page)
    first = program.get(path)
    same = program.get(path, **{"If-None-Match": f'"older", {first.headers["ETag"]}'})
    assert (same.status, same.text, same.headers["ETag"]) == (304, "", first.headers["ETag"])
    assert [action for _, action, _ in actions(app)].count("read_calendar") == 1
    take(bot, received(sender=NUMBERS["dorothy"], body="I need to cancel my visit"))
    then = program.get(path, **{"If-None-Match": first.headers["ETag"]})
    before, after = visits(first.text), visits(then.text)
    (changed,) = [uid for uid, event in after.items() if event["status"] == "CANCELLED"]
    assert before.keys() == after.keys()
    assert after[changed]["sequence"] > before[changed]["sequence"]
    clock.now += timedelta(days=1)
    assert program.get(path, **{"If-None-Match": then.headers["ETag"]}).status == 200


def test_what_is_given_out_has_bounds(app: Flask, clock: Clock, page: Browser, program: Browser) -> None:
    """However long a clinic's history: from two weeks back to three months ahead."""
    bot = bot_of(app)
    today = clock().astimezone(bot.clinic.zone).replace(hour=0, minute=0)
    edges = [today - BACK - timedelta(minutes=1), today - BACK, today + AHEAD - timedelta(minutes=1), today + AHEAD]
    with bot.store.begin() as session:
        patient = session.scalars(select(PatientRow.id)).first()
        rows = [
            AppointmentRow(clinic_id=bot.clinic_id, patient_id=patient, start=edge, minutes=20, service="lab", status="fulfilled")
            for edge in edges
        ]
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    found = {int(re.findall(r"\d+", uid)[0]) for uid in visits(program.get(made(page)).text)}
    assert [id_ in found for id_ in ids] == [False, True, True, False]


def test_a_confidential_visit_links_to_the_patients_own_phone_alone(app: Flask, page: Browser, program: Browser) -> None:
    """N-07: a child's visit is not to be spoken of on the mother's."""
    bot = bot_of(app)
    with bot.store.begin() as session:
        mothers = session.scalars(select(PhoneRow).where(PhoneRow.number_key == bot.store.cipher.index(NUMBERS["nadia"]))).one()
        link = PatientPhoneRow
        child = session.scalars(select(link.patient_id).where(link.phone_id == mothers.id, link.relation == "child")).one()
        visit = session.scalars(select(AppointmentRow).where(AppointmentRow.patient_id == child)).one()
        uid = f"visit-{visit.id}@{bot.clinic.slug}"
        visit.confidential = True
    assert "url" not in visits(program.get(made(page)).text)[uid]


def stop(app: Flask, who: Colleague, page: Browser, clock: Clock) -> None:
    assert page.post("/account/calendar/stop").status == 303
    assert "gives nothing out any more" in page.get("/account").text
    assert actions(app)[-1][1] == "stop_calendar"


def make_anew(app: Flask, who: Colleague, page: Browser, clock: Clock) -> None:
    made(page)


def shut_out(app: Flask, who: Colleague, page: Browser, clock: Clock) -> None:
    people.change(accounts_of(app), who.id, by=None, address="", active=False)
    people.change(accounts_of(app), who.id, by=None, address="", active=True)


def sign_out(app: Flask, who: Colleague, page: Browser, clock: Clock) -> None:
    people.end_sessions(accounts_of(app), who.id, by=None, address="")


def come_back_after_a_loss(app: Flask, who: Colleague, page: Browser, clock: Clock) -> None:
    code = people.invite(accounts_of(app), email=who.email, role="coordinator", by=None)
    people.accept(accounts_of(app), code=code, name="Ana", password="quiet harbour seven lamps", address="", clinic="Sunrise")


def translate(app: Flask, who: Colleague, page: Browser, clock: Clock) -> None:
    with bot_of(app).store.begin() as session:
        session.get_one(UserRow, who.id).role = "translator"


def stay_away(app: Flask, who: Colleague, page: Browser, clock: Clock) -> None:
    clock.now += calendars.LASTS + timedelta(seconds=1)


def accounts_of(app: Flask) -> Accounts:
    """The accounts of the clinic."""
    bot = bot_of(app)
    return Accounts(store=bot.store, clinic_id=bot.clinic_id, clock=bot.clock)


@pytest.mark.parametrize("does", [stop, make_anew, shut_out, sign_out, come_back_after_a_loss, translate, stay_away])
def test_an_address_stops(does: Callable[..., None], app: Flask, clock: Clock, who: Colleague, page: Browser, program: Browser) -> None:
    """By its person, by who looks after accounts, and by itself when nobody is there any more; and it does not come back."""
    path = made(page)
    assert program.get(path).status == 200
    does(app, who, page, clock)
    assert program.get(path).status == 404


def test_another_clinics_address_gives_nothing(app: Flask, page: Browser, program: Browser) -> None:
    """H-16."""
    path = made(page)
    with bot_of(app).store.begin() as session:
        row = ClinicRow(slug="elsewhere")
        session.add(row)
        session.flush()
        session.execute(update(UserRow).values(clinic_id=row.id))
    assert program.get(path).status == 404


@pytest.mark.parametrize("path", ["/calendar/.ics", "/calendar/x.ics", "/calendar/%00%ff.ics", "/calendar/" + "a" * 3000 + ".ics"])
def test_a_guessed_address_gives_nothing(program: Browser, path: str) -> None:
    """404, whatever it is."""
    assert program.get(path).status == 404


def test_who_may_not_see_visits_gets_no_address(app: Flask, browser: NewBrowser) -> None:
    """A translator."""
    page = browser().enter(app, hire(app, "translator"))
    assert "calendar" not in page.get("/account").text.casefold()
    assert page.post("/account/calendar").status == 403
    assert "translator" not in CARE


def test_the_secret_is_kept_nowhere(
    app: Flask, page: Browser, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H-17: a hash in the database; no word of it in what this server logs, though something breaks."""
    path = made(page)
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    assert len(secret) >= 43  # 256 bits
    with bot_of(app).store.session() as session:
        (row,) = session.scalars(select(CalendarRow))
        assert secret not in str(vars(row))
    monkeypatch.setattr(Store, "session", lambda _: 1 / 0)
    with app.test_client() as client, capture_logs() as logged:
        broken = client.get(path)
    assert (broken.status_code, broken.headers["Retry-After"]) == (503, "300")
    assert [line["event"] for line in logged] == ["calendar_failed"]
    assert secret not in str(logged)
    assert secret not in caplog.text


def test_the_address_is_shown_once(page: Browser) -> None:
    """The account's page tells since when there is one, not which."""
    path = made(page)
    own = page.get("/account").text
    assert "You have an address since" in own
    assert path.removeprefix("/calendar/") not in own


def test_folding_keeps_letters_whole() -> None:
    """RFC 5545: lines of at most 75 octets, and no letter is cut in two."""
    name = "Клиника " * 20
    content = calendar([Entry(uid="visit-1@x", number=1, start=NOW, minutes=20, summary=name, status="booked")], name=name, now=NOW)
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all("\ufffd" not in line.decode("utf-8", "replace") for line in lines)
    read = Calendar.from_ical(content)
    assert (read["x-wr-calname"], read.walk("VEVENT")[0]["summary"]) == (name, name)
    assert read["refresh-interval"].dt == timedelta(hours=1)
