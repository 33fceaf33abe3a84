"""What a page reads does not grow with what a clinic has behind it: counted in steps of SQLite, which are the same each time."""

from __future__ import annotations

import html
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select

from bot.channels.console import received
from bot.core import Bot
from bot.delivery.planner import plan_due
from bot.delivery.worker import Worker
from bot.desk.bulk import newest
from bot.settings import ROOT
from bot.store.models import AppointmentRow
from bot.store.waiting_models import WaitingRow
from bot.turn import take
from bot.web.roles import RULES
from bot.web.wiring import Wired
from tests.conftest import application_on, settings_in
from tests.staff import HERE
from tests.world import Clock, Parts

sys.path.insert(0, str(ROOT / "bench"))  # whose modules know each other by their names
import clicks
import history
import served

SHORT, LONG = 8_000, 24_000  # texts
MORE = 1.1  # times the steps; trees of rows become deeper
EVERY = 50  # steps between two looks at the counter
FEW = 1_500  # steps
A_DAY = (LONG - SHORT) // 365 * 250  # of the texts of today by which the longer history has more
LATEST = 2_000 * 40  # of the latest rows that are looked through, of which the short history has fewer
BOUNDED = {
    "/inbox/today": A_DAY, "/inbox/pictures": A_DAY, "/inbox/pictures?days=7": A_DAY, "/inbox/pictures?days=365": A_DAY,
    "/inbox/pictures/understanding.svg?days=365": A_DAY, "/inbox/pictures/rescheduling.csv?days=365": A_DAY,
    "/inbox?whose=closed&kind=refill&language=pl": LATEST, "search, two common words": LATEST, "search, a word and a language": LATEST,
}  # fmt: skip


@dataclass
class Clinic:
    """A clinic with a history, the browser of somebody who may open everything, and the steps that its database has made."""

    app: Flask
    browser: FlaskClient
    past: history.Past
    steps: int = 0
    form: str = ""

    def click(self, page: str, n: int) -> int:
        """The steps that a page or form takes."""
        address, fields = clicks.FORMS.get(page, (page, None))
        names, before = clicks.names(self.past, n), self.steps
        if fields is None:
            answer = self.browser.get(address.format(**names), headers={"Accept": "text/html"})
        else:
            form = {name: each.format(**names) for name, each in fields.items()}
            answer = self.browser.post(address.format(**names), data={**form, "form_token": self.form})
        assert answer.status_code in (200, 303), f"{page}: {answer.status}"
        if found := re.search(r'name="form_token" value="([^"]+)"', answer.text):
            self.form = html.unescape(found[1])
        return self.steps - before

    def count(self, connection: sqlite3.Connection, _record: object) -> None:
        """Counts the steps of a connection from now on."""

        def look() -> int:
            self.steps += EVERY
            return 0

        connection.set_progress_handler(look, EVERY)


@pytest.fixture(scope="module")
def clinics(bot_parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Clinic, Clinic]]:
    """One with a short history and one with a long one, and the same day's work."""
    with _clinic(tmp_path_factory.mktemp("short"), SHORT) as short, _clinic(tmp_path_factory.mktemp("long"), LONG) as long:
        yield short, long


@contextmanager
def _clinic(folder: Path, texts: int) -> Iterator[Clinic]:
    settings = replace(settings_in(folder), public_url=HERE)
    with application_on(settings, Clock()) as app:
        past, token = history.fill(wired_bot(app), texts, first=len(history.SAID)), history.hire(wired_bot(app))[0]
    with application_on(settings, Clock()) as app:  # whose connections are all counted
        found = Clinic(app, app.test_client(), past)
        found.browser.set_cookie(app.extensions["attend-gate"].cookie_name("attend"), token)
        wired_bot(app).store.engine.dispose()
        event.listen(wired_bot(app).store.engine, "connect", found.count)
        found.click("/inbox", 0)
        yield found


def wired_bot(app: Flask) -> Bot:
    """The parts of an application."""
    wired: Wired = app.extensions["attend"]
    return wired.bot


@pytest.mark.slow
@pytest.mark.parametrize("page", clicks.labels())
def test_a_page_reads_no_more_in_a_clinic_with_a_longer_history(page: str, clinics: tuple[Clinic, Clinic]) -> None:
    """Whatever it shows: what is closed, answered, promised and kept long ago is not gone through."""
    short, long = (clinic.click(page, 7) for clinic in clinics)
    assert short > 0
    assert long <= MORE * short + BOUNDED.get(page, FEW), f"{long} steps, {short} with the short history"


@pytest.mark.slow
def test_an_answer_to_many_costs_no_more_in_a_clinic_with_a_longer_history(clinics: tuple[Clinic, Clinic]) -> None:
    """Each of a page of conversations is answered, closed and handed back."""

    def steps(clinic: Clinic) -> int:
        items = clicks.names(clinic.past, 100)["items"]
        shown = clinic.browser.get(f"/inbox/bulk?items={items}&since={newest(wired_bot(clinic.app))}&key=human").text
        form = dict(re.findall(r'name="(items|since|key|seen|form_token)" value="([^"]*)"', shown))
        before = clinic.steps
        answer = clinic.browser.post("/inbox/bulk", data={**form, "close": "on", "back": "on"})
        many = re.search(r"Send to (\d+) conversations", shown)
        assert answer.status_code == 303 and many is not None
        return (clinic.steps - before) // int(many[1])  # for each: the others are in danger, or wrote in another test

    short, long = map(steps, clinics)
    assert short > 0
    assert long <= MORE * short + FEW // 5


@pytest.mark.slow
def test_the_waiting_list_costs_what_those_do_who_wait(clinics: tuple[Clinic, Clinic]) -> None:
    """Whoever waited once is not gone through."""
    short, store = clinics[0], wired_bot(clinics[0].app).store
    before = min(short.click("/inbox/waiting", 0) for _ in range(3))
    with store.begin() as session:
        once = {"clinic_id": short.past.clinic_id, "patient_id": short.past.patient, "since": short.past.now, "source": "patient"}
        session.execute(insert(WaitingRow), [{**once, "service": "lab", "status": "over", "closed_at": short.past.now}] * 3_000)
    assert min(short.click("/inbox/waiting", 0) for _ in range(3)) <= before + FEW


@pytest.mark.slow
@pytest.mark.parametrize("body", ["yes I will be there", "what should I bring?", "please have somebody call me", "no puedo ir", "STOP"])
def test_a_text_reads_no_more_in_a_clinic_with_a_longer_history(body: str, clinics: tuple[Clinic, Clinic]) -> None:
    """Storing, deciding and answering it."""

    def steps(clinic: Clinic) -> int:
        before = clinic.steps
        take(wired_bot(clinic.app), received(sender=served.number(len(history.SAID) + 20), body=body))
        return clinic.steps - before

    short, long = map(steps, clinics)
    assert short > 0
    assert long <= MORE * short + FEW


def _jobs(clinic: Clinic) -> dict[str, Callable[[], object]]:
    """What a worker does again and again."""
    wired: Wired = clinic.app.extensions["attend"]
    worker = Worker(wired.bot, wired.channel, wired.spool, rate=1.0, alarm=wired.alarm)
    return {loop.name: loop._job for loop in worker._loops}


@pytest.mark.slow
def test_the_jobs_of_a_worker_read_no_more_in_a_clinic_with_a_longer_history(clinics: tuple[Clinic, Clinic]) -> None:
    """Each looks for what is to be done through an index, once a second or every ten."""
    steps: list[dict[str, int]] = []
    for clinic in clinics:
        taken = {}
        for name, job in _jobs(clinic).items():
            job()  # what there is to do is done
            before = clinic.steps
            job()
            taken[name] = clinic.steps - before
        steps.append(taken)
    grown = {name: (steps[0][name], long) for name, long in steps[1].items() if long > MORE * steps[0][name] + FEW}
    assert grown == {}


@pytest.mark.slow
def test_an_old_visit_that_changes_costs_what_is_to_be_looked_at(clinics: tuple[Clinic, Clinic]) -> None:
    """A file that closes visits of months ago: those are put aside, and all others that are over are not gone through."""

    def steps(clinic: Clinic) -> int:
        bot = wired_bot(clinic.app)
        while plan_due(bot):  # what there is to do is done
            pass
        with bot.store.begin() as session:
            old = select(AppointmentRow).where(AppointmentRow.start < clinic.past.now - timedelta(days=30))
            session.scalars(old.order_by(AppointmentRow.id).limit(1)).one().status = "noshow"
        before = clinic.steps
        assert plan_due(bot) == 1
        return clinic.steps - before

    short, long = map(steps, clinics)
    assert long <= MORE * short + FEW


def test_every_page_of_staff_is_measured(app: Flask) -> None:
    """A page that is added must be clicked in `bench/inbox.py`, too."""
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    assert pages & RULES.keys() - clicks.NO_PAGE.keys() == clicks.PAGES.keys()
