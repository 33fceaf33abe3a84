"""Today and the pictures: the right people on the page, the right numbers in tables, drawings and files."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.clinic import load_clinic
from bot.demo.clock import DemoClock
from bot.desk import figures, tallies
from bot.desk.figures import Figure, Period, ninetieth
from bot.desk.further import FIGURES, costs
from bot.errors import DataError
from bot.segments import segments
from bot.settings import ROOT
from bot.store.models import AppointmentRow, CommunicationRow
from bot.store.today import Today, today
from bot.web.pictures import as_csv, draw, neutral
from tests.inbox.conftest import Desk, act, do, page

PRICE = Decimal("0.0113")  # of the demo's file


def the_day(desk: Desk) -> Today:
    """The day as it stands."""
    with desk.bot.store.session() as session:
        return today(session, 1, desk.bot.clock(), desk.bot.clinic.zone)


def arrived(desk: Desk, status: str = "delivered") -> None:
    """What became of the reminders."""
    with desk.bot.store.begin() as session:
        session.query(CommunicationRow).filter_by(direction="outbound").update({"status": status})


def numbers(desk: Desk, name: str, days: int = 30) -> dict[object, tuple[object, ...]]:
    """A figure's rows."""
    now = desk.bot.clock()
    make = next(make for make in FIGURES if make.__name__ == name)
    with desk.bot.store.session() as session:
        found = make(session, Period(1, now - timedelta(days=days), now, now + timedelta(days=90), desk.bot.clinic))
    return {row[0]: row[1:] for row in found.rows}


def count_days(desk: Desk) -> None:
    """What a worker does with the days that are over."""
    while tallies.keep(desk.bot) is not None:
        pass


def test_today_shows_the_next_days_visits_by_what_patients_said(desk: Desk) -> None:
    """Marcus and Rosa come on the first working day."""
    desk.text(2, "yes I will be there")
    shown = the_day(desk)
    assert [line.who for line in shown.visits["accepted"]] == ["Marcus Reed"]
    assert [line.who for line in shown.visits["needs-action"]] == ["Rosa Delgado"]
    assert "Rosa Delgado" in page(desk.ana, "/inbox/today")


def test_today_tells_what_the_bot_did_with_visits_and_why(desk: Desk) -> None:
    """The latest first; a visit that stays as it is, or is only asked about, is none of it; nor is one of another clinic (H-16)."""
    desk.text(2, "yes I will be there")
    desk.text(1, "I can't come, please cancel my visit")
    desk.text(1, "UNDO")
    desk.text(4, "no sé si voy")
    assert [(line.who, line.what) for line in the_day(desk).changed] == [("Dorothy Hale", "undone"), ("Dorothy Hale", "cancelled")]
    shown = page(desk.ana, "/inbox/today")
    assert "Dorothy Hale</a>: visit called off" in shown
    assert re.search(r'<a href="/inbox/phone/1\?why=(\d+)#text-\1">Why<', shown)
    with desk.bot.store.session() as session:
        later = desk.bot.clock() + timedelta(days=1, minutes=1)
        assert today(session, desk.bot.clinic_id, later, desk.bot.clinic.zone).changed == []
        assert today(session, desk.bot.clinic_id + 1, desk.bot.clock(), desk.bot.clinic.zone).changed == []


def test_today_shows_danger_what_is_due_and_what_is_promised(desk: Desk) -> None:
    """And not what can wait."""
    desk.text(3, "me duele el pecho y no puedo respirar")
    desk.text(9, "Tôi không có xe đi")
    desk.text(7, "please have somebody call me")
    shown = the_day(desk)
    assert [item.kind for item in shown.pressing] == ["urgent_medical"]
    assert {line.who for line in shown.promises} == {"Nguyễn Linh", "Owen Park"}
    assert [item.who for item in shown.barriers] == ["Nguyễn Linh"]
    act(desk.ana, 7, "call", outcome="reached")
    assert {line.who for line in the_day(desk).promises} == {"Nguyễn Linh"}


def test_silent_patients_are_those_whose_text_arrived_and_who_said_nothing(desk: Desk) -> None:
    """Who wrote anything, or whose text never arrived, stands elsewhere."""
    arrived(desk)
    clock = desk.bot.clock
    assert isinstance(clock, DemoClock)
    first = the_day(desk)
    assert first.day is not None
    near = {line.who for line in first.silent}
    assert "Marcus Reed" in near or first.day - clock() > timedelta(days=3)
    desk.text(2, "ok let me see")
    assert "Marcus Reed" not in {line.who for line in the_day(desk).silent}


def test_texts_that_did_not_arrive_are_listed(desk: Desk) -> None:
    """With who should have got them."""
    arrived(desk, "undelivered")
    assert "Marcus Reed" in {line.who for line in the_day(desk).undelivered}
    assert "not delivered" in page(desk.ana, "/inbox/today")


def test_understanding_counts_what_came_of_texts_by_language(desk: Desk) -> None:
    """Settled by the bot, asked back, handed to a person, corrected."""
    desk.text(1, "yes I will be there")
    desk.text(2, "asdf qwer zxcv")
    desk.text(7, "please have somebody call me")
    desk.text(3, "sí ahí estaré")
    assert numbers(desk, "understanding") == {"English": (1, 1, 1, 0), "Spanish": (1, 0, 0, 0)}
    text = desk.rows(CommunicationRow, CommunicationRow.phone_id == 3)[-1]
    desk.ana.post(f"/inbox/text/{text.id}/correct", data={"means": ["cancel"]})
    assert numbers(desk, "understanding")["Spanish"] == (0, 0, 0, 1)


def test_promises_are_kept_late_or_open(desk: Desk) -> None:
    """The rate leaves out what is not due yet."""
    for phone in (1, 2, 7):
        desk.text(phone, "please have somebody call me")
    act(desk.ana, 1, "call", outcome="reached")
    (row,) = numbers(desk, "promises").values()
    assert row == (1, 0, 2)
    clock = desk.bot.clock
    assert isinstance(clock, DemoClock)
    clock.move(timedelta(days=6))
    act(desk.ana, 2, "call", outcome="reached")
    count_days(desk)
    (row,) = numbers(desk, "promises").values()
    assert row == (1, 2, 0)
    assert "33 % kept." in page(desk.ana, "/inbox/pictures")


def test_waiting_is_measured_in_hours_at_the_desk(desk: Desk) -> None:
    """Half of them, and nine of ten."""
    assert (ninetieth(range(1, 11)), ninetieth([5]), ninetieth([1, 2])) == (9, 5, 2)
    desk.text(7, "please have somebody call me")
    act(desk.ana, 7, "call", outcome="reached")
    assert list(numbers(desk, "response_times").values()) == [(0.0, 0.0)]


def test_barriers_opt_outs_and_moves_are_counted(desk: Desk) -> None:
    """By kind and language, by cause, by how it went on."""
    desk.text(2, "my car died and I have no way to get there")
    desk.text(3, "no tengo dinero para pagar la consulta")
    desk.text(6, "STOP")
    desk.text(1, "can I come another day")
    assert numbers(desk, "barriers") == {"transport": (1, 0), "cost": (0, 1)}
    assert numbers(desk, "opt_outs") == {"word STOP or CANCEL": (1,)}
    assert numbers(desk, "rescheduling")["asked when"] == (1,)


def test_every_picture_is_drawn_and_does_nothing(desk: Desk) -> None:
    """No script, no address of another site; its own policy forbids both."""
    desk.text(2, "my car died and I have no way to get there")
    for make in FIGURES:
        name = make.__name__.replace("_", "-")
        answer = desk.ana.get(f"/inbox/pictures/{name}.svg")
        drawn = answer.get_data(as_text=True)
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"
        assert not {"script", "image", "a"} & set(re.findall(r"<(\w+)", drawn))
        assert re.findall(r"https?://(?!www\.w3\.org|pygal\.org)[^\s\"'<]+", re.sub(r"<!--.*?-->", "", drawn, flags=re.S)) == []
    assert desk.ana.get("/inbox/pictures/nothing.svg").status_code == 404


@pytest.mark.parametrize("cell", ["=1+1", "+17165550122", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_of_a_file_is_a_formula(cell: str) -> None:
    """F-13: spreadsheets run what begins so."""
    written = as_csv(Figure("x", "x", ("a", cell), ((cell, 1),)))
    assert neutral(cell) == f"'{cell}"
    assert written.count(f"'{cell}") == 2


def test_files_hold_what_the_tables_show(desk: Desk) -> None:
    """A cell is a cell."""
    desk.text(2, "my car died and I have no way to get there")
    answer = desk.ana.get("/inbox/pictures/barriers.csv")
    assert answer.get_data(as_text=True).splitlines() == ["what,English", "transport,1"]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_an_empty_clinic_has_empty_pictures_and_no_errors() -> None:
    """Nothing to draw is no mistake."""
    for lying in ("week of", "what"):
        assert "<svg" in draw(Figure("x", "x", (lying, "n"), ()))


def test_many_languages_are_gathered_so_that_a_picture_stays_readable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The most frequent stand alone, the rest together; nothing is lost."""
    monkeypatch.setattr(figures, "MOST", 1)
    desk.text(2, "my car died and I have no way to get there")
    desk.text(1, "my car died and I have no way to get there")
    desk.text(3, "no tengo dinero para pagar la consulta")
    assert numbers(desk, "barriers") == {"transport": (2, 0), "cost": (0, 1)}


def test_who_came_is_told_week_by_week(desk: Desk) -> None:
    """Only visits of the past, and the share that did not come of those that took place or not."""
    now = desk.bot.clock()
    with desk.bot.store.begin() as session:
        for status in ("fulfilled", "fulfilled", "fulfilled", "noshow", "cancelled"):
            start = now - timedelta(days=9)
            session.add(AppointmentRow(clinic_id=1, patient_id=1, service="lab", start=start, minutes=30, status=status))
    assert numbers(desk, "attendance") == {}
    assert "8 days of this period are not counted yet" in page(desk.ana, "/inbox/pictures")
    assert "8 days of this period are not counted yet" in page(desk.ana, "/inbox/pictures/attendance.csv").splitlines()[-1]
    count_days(desk)
    assert "not counted yet" not in page(desk.ana, "/inbox/pictures") + page(desk.ana, "/inbox/pictures/attendance.csv")
    (row,) = numbers(desk, "attendance").values()
    assert row == (3, 1, 1, 0)
    assert "25 % did not come." in page(desk.ana, "/inbox/pictures")


def test_what_came_of_what_stood_in_the_way(desk: Desk) -> None:
    """By what staff said when they closed it."""
    desk.text(2, "my car died and I have no way to get there")
    desk.text(1, "my car died and I have no way to get there")
    (item,) = [each.id for each in desk.items(2) if each.kind == "barrier"]
    do(desk.ana, "resolve", item, outcome="not_reached")
    assert numbers(desk, "helped") == {"transport": (0, 0, 0, 1, 0, 1)}


def test_what_texts_cost_is_told_by_language(desk: Desk) -> None:
    """Segments of what was sent and of answers that rode in the webhook's (E-01); what waits or never went costs nothing."""
    desk.text(9, "Tôi không có xe đi")
    arrived(desk)
    found = numbers(desk, "costs")
    sent = [row for row in desk.rows(CommunicationRow) if row.phone_id == 9]
    said = [row.body for row in sent if row.direction == "outbound"] + [row.replies[0] for row in sent if row.reply]
    took = sum(map(segments, said))
    assert took > len(said) > 1
    assert found["Vietnamese"] == (len(said), took, (PRICE * took).quantize(Decimal("0.01")))
    arrived(desk, "canceled")
    took = segments(sent[-1].replies[0])
    assert numbers(desk, "costs") == {"Vietnamese": (1, took, (PRICE * took).quantize(Decimal("0.01")))}


def test_who_gets_no_answer_by_text_costs_nothing(desk: Desk) -> None:
    """The carrier answers STOP itself (O-03), and a copy of nothing was sent."""
    arrived(desk, "canceled")
    desk.text(2, "yes I will be there")
    before = numbers(desk, "costs")
    act(desk.ana, 2, "take-over")
    desk.text(2, "when do you open")
    assert not desk.rows(CommunicationRow, CommunicationRow.phone_id == 2)[-1].reply
    assert numbers(desk, "costs") == before


def test_the_cost_is_drawn_and_told_in_all_where_the_clinic_has_told_a_price(desk: Desk) -> None:
    """Money and texts are not drawn side by side; without a price there are segments, and how to see the cost."""
    desk.text(1, "yes I will be there")
    shown, file = page(desk.ana, "/inbox/pictures"), page(desk.ana, "/inbox/pictures/costs.csv").splitlines()
    took = sum(row.segments or 0 for row in desk.rows(CommunicationRow) if row.status != "queued")
    assert f"${PRICE * took:.2f} in all, at $0.0113 a segment." in shown
    assert file[0] == "language,texts,segments,cost in USD"
    assert file[1].endswith(f",{PRICE * int(file[1].split(',')[2]):.2f}")
    assert "segments" not in page(desk.ana, "/inbox/pictures/costs.svg")
    with desk.bot.store.session() as session:
        now, clinic = desk.bot.clock(), replace(desk.bot.clinic, segment_price=None)
        plain = costs(session, Period(1, now - timedelta(days=30), now, now, clinic))
    assert plain.columns == ("language", "texts", "segments")
    assert "with its price in the settings" in plain.note
    assert "segments" in draw(plain)


def test_any_period_is_shown_in_pictures_tables_and_files(desk: Desk) -> None:
    """From a day to a day, both of them whole; what is no period is the last thirty days."""
    now = desk.bot.clock()
    for days in (5, 6, 40):
        with desk.bot.store.begin() as session:
            start = now - timedelta(days=days)
            session.add(AppointmentRow(clinic_id=1, patient_id=1, service="primary", start=start, minutes=30, status="noshow"))
    count_days(desk)
    first, last = ((now - timedelta(days=days)).astimezone(desk.bot.clinic.zone).date() for days in (41, 6))
    shown = page(desk.ana, f"/inbox/pictures?first={first}&last={last}")
    assert f'value="{first}"' in shown
    assert f"attendance.csv?first={first}&amp;last={last}" in shown
    rows = list(csv.reader(page(desk.ana, f"/inbox/pictures/attendance.csv?first={first}&last={last}").splitlines()))
    assert sum(int(row[2]) for row in rows[1:]) == 2
    assert page(desk.ana, f"/inbox/pictures/attendance.svg?first={first}&last={last}").startswith("<svg")
    for nonsense in (f"first={last}&last={first}", "first=x&last=2026-01-01", "first=0001-01-01&last=9999-12-31", f"first={first}"):
        assert "The last 30 days" in page(desk.ana, f"/inbox/pictures?{nonsense}")


@pytest.mark.parametrize("price", ["0.0083", "USD 0.0083", "-1 USD", "0 USD", "0.0083 XXY", "0,0083 USD", "$0.0083", "[0.0083, USD]"])
def test_a_wrong_price_names_file_and_key_and_what_to_write(tmp_path: Path, price: str) -> None:
    """The clinic's file is edited by people."""
    file = tmp_path / "clinic.yaml"
    plain = (ROOT / "clinics" / "demo.yaml").read_text()
    assert str(load_clinic(ROOT / "clinics" / "demo.yaml").segment_price) == f"Price(amount={PRICE!r}, currency='USD')"
    file.write_text(plain.replace("segment_price: 0.0113 USD", f"segment_price: {price}"))
    with pytest.raises(DataError, match=r"clinic\.yaml: segment_price: .* must be a price and its currency, such as 0\.0083 USD"):
        load_clinic(file)
