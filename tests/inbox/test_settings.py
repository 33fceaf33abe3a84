"""The clinic's settings in the browser: edited without YAML, previewed, taken back, and what the next patient gets by them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from bot.clinic import KEYS, load_clinic
from bot.desk.settings.fields import length
from bot.desk.settings.sections import FIXED, SECTIONS
from bot.desk.words import load_words
from bot.settings import ROOT
from bot.store import queries
from bot.store.models import LOOK_NOW, AppointmentRow, AuditRow, CommunicationRow, PatientRow, TaskRow
from bot.store.setting_models import SettingChangeRow
from tests.inbox.conftest import Desk, page
from tests.quick import quick
from tests.world import STRANGER

Form = dict[str, list[str]]
PARKING = "answers?entry=parking"


class _Inputs(HTMLParser):
    """What a browser would send of the page's editor."""

    def __init__(self) -> None:
        super().__init__()
        self.form: Form = {}
        self._inside, self._area, self._select = False, "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inputs, ticked boxes, chosen options."""
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("class") == "setting"
        name = given.get("name") or ""
        if not self._inside or (tag == "button"):
            return
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.form.setdefault(name, []).append(given.get("value") or "")
        elif tag == "textarea":
            self._area = name
            self.form[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.form):
            self.form[self._select] = [given.get("value") or ""]

    def handle_data(self, data: str) -> None:
        """What stands in a textarea."""
        if self._area:
            self.form[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        """The end of one."""
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._inside = False


def form(client: FlaskClient, where: str) -> Form:
    """The editor's fields, filled as the page fills them."""
    parser = _Inputs()
    parser.feed(page(client, f"/inbox/settings/{where}"))
    return parser.form


def send(client: FlaskClient, where: str, given: Form, do: str = "save") -> Any:
    """Presses a button of the editor."""
    return client.post(f"/inbox/settings/{where.partition('?')[0]}", data={**given, "do": do}, follow_redirects=True)


def edit(client: FlaskClient, where: str, **fields: str) -> str:
    """Changes fields and saves; gives the page that follows."""
    answer = send(client, where, {**form(client, where), **{f"field.{name}": [value] for name, value in fields.items()}})
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def says(desk: Desk, phone: int, words: str) -> str:
    """What a patient gets who texts that."""
    desk.text(phone, words)
    return desk.rows(CommunicationRow, CommunicationRow.phone_id == phone, CommunicationRow.direction == "inbound")[-1].reply or ""


def everything() -> Iterator[str]:
    """Every editor of the demo clinic."""
    data = load_clinic(Path("clinics/demo.yaml")).data
    for section in SECTIONS.values():
        yield from (f"{section.name}?entry={name}" for name in data[section.paged]) if section.paged else (section.name,)


def test_a_form_sends_back_exactly_what_the_file_holds(desk: Desk) -> None:
    """Whoever opens a page and saves it changes nothing: no key of the file is lost on the way through the fields."""
    for where in everything():
        answer = send(desk.ana, where, form(desk.ana, where), "preview")
        assert answer.status_code == 200, where
        assert "No difference." in answer.get_data(as_text=True), where


def test_every_key_of_the_file_can_be_edited() -> None:
    """Whoever adds a key to the clinic's file decides in which section staff edit it, or that it stays in the file."""
    edited = [key for section in SECTIONS.values() for key in section.keys]
    assert sorted(edited) == sorted(load_clinic(Path("clinics/demo.yaml")).data.keys() - {*FIXED})
    assert {*edited, *FIXED} == set(KEYS)


def test_an_answer_is_seen_in_every_language_before_it_is_saved_and_is_what_the_next_patient_gets(desk: Desk) -> None:
    """Rendered as a patient gets it, with its segments and what speaks against it; nothing changes before it is saved."""
    before = says(desk, 7, "where can I park?")
    given = {**form(desk.ana, PARKING), "field.en": ["Park on  Pine\r\nStreet."], "field.es": ["Estacione en Pine Street, CANCEL."]}
    given["field.vi"] = [""]
    seen = send(desk.ana, PARKING, given, "preview").get_data(as_text=True)
    assert "Sunrise Clinic: Park on Pine Street." in seen
    assert "Sunrise Clinic: Estacione en Pine Street, CANCEL." in seen
    assert "English · 1 segment" in seen
    assert "CANCEL: carriers act on this word" in seen
    assert "Nothing is written in Vietnamese" in seen
    assert desk.bot.texts.render("no_answer", "vi") in seen
    assert "German ·" not in seen  # what stays as it is need not be read again
    assert says(desk, 7, "where can I park?") == before
    assert "Saved." in send(desk.ana, PARKING, given).get_data(as_text=True)
    assert says(desk, 7, "where can I park?") == "Sunrise Clinic: Park on Pine Street."


def test_what_the_bot_tells_from_the_visit_is_not_said_to_go_to_a_person(desk: Desk) -> None:
    """It answers when the visit is, how long it takes, who they will see and how to prepare, although nothing is written here."""
    shown = page(desk.ana, "/inbox/settings/answers")
    assert shown.count("told from the visit itself") == 3 and shown.count("told by kind of visit") == 1
    assert shown.count("nothing written: it is passed on to a person") == 1  # something else
    assert "told by kind of visit" in page(desk.ana, "/inbox/settings/answers?entry=prep")


@pytest.mark.parametrize(
    ("entry", "phone", "asks"),
    [
        ("provider", 2, "who will I see?"),
        ("prep", 2, "how do I prepare for it?"),
        ("duration", 7, "how long will it take?"),
        ("when", 0, "when is my appointment?"),
    ],
)
def test_what_is_written_is_told_where_the_visit_does_not_tell_it(desk: Desk, entry: str, phone: int, asks: str) -> None:
    """Nobody has agreed to details, has no visit, or is known; what the page shows before is what they get, and nobody is asked."""
    with desk.bot.store.begin() as session:
        for person in session.query(PatientRow):
            person.details_ok = False
        of = {"clinic_id": desk.bot.clinic_id, "number": STRANGER, "now": desk.bot.clock()}
        phone = phone or queries.phone(session, desk.bot.store.cipher, **of).id
    assert desk.bot.texts.render("no_answer", "en") in says(desk, phone, asks)
    where, given = f"answers?entry={entry}", {**form(desk.ana, f"answers?entry={entry}"), "field.en": ["Ask at the desk."]}
    assert "Sunrise Clinic: Ask at the desk." in send(desk.ana, where, given, "preview").get_data(as_text=True)
    send(desk.ana, where, given)
    assert says(desk, phone, asks) == "Sunrise Clinic: Ask at the desk."


def test_every_section_tells_what_a_patient_would_get(desk: Desk) -> None:
    """HELP after a new name, the promise outside new hours, help with a hindrance, preparation, a reply, a reminder."""
    for where, field, value, shows in (
        ("clinic", "name", "Lake Clinic", "This is the text line of Lake Clinic"),
        ("clinic", "may_cancel", "no", desk.bot.texts.template("declined", "en").split("{")[0]),
        ("hours", "hours.saturday.from", "09:00", ""),
        ("resources?entry=fear", "en", "You may bring a friend.", "Many people feel that way. You may bring a friend."),
        ("preparations?entry=lab", "en", "Drink water.", "Sunrise Clinic: Drink water."),
        ("papers?entry=referral", "say.en", "the yellow letter", "we still need: your insurance card, the yellow letter"),
        ("replies?entry=nurse", "en", "A nurse calls at noon.", "Sunrise Clinic: A nurse calls at noon."),
    ):
        given = {**form(desk.ana, where), f"field.{field}": [value]}
        if where == "hours":
            given |= {"field.hours.saturday.to": ["12:00"], "field.holidays.3": ["2027-01-02"]}
            given |= {f"field.hours.{day}.{end}": [""] for day in ("monday", "friday") for end in ("from", "to")}
        seen = send(desk.ana, where, given, "preview").get_data(as_text=True)
        assert shows in seen, where
        assert "What patients will get" in seen, where
    given = {**form(desk.ana, "reminders"), "field.reminders.kinds.0.value.0.say": ["reminder", "prepare"]}
    given["field.reminders.kinds.0.value.0.span.n"] = ["6"]
    seen = send(desk.ana, "reminders", given, "preview").get_data(as_text=True)
    assert "default: week" in seen
    assert desk.bot.texts.render("prepare", "ko") in seen
    assert "Reminders of the next seven days" in seen


def test_hours_and_holidays_are_fields(desk: Desk) -> None:
    """A row more, a row less, and no word of YAML."""
    given = {**form(desk.ana, "hours"), "field.hours.saturday.from": ["09:00"], "field.hours.saturday.to": ["12:30"]}
    given["field.holidays.3"] = ["2027-07-05"]
    more = send(desk.ana, "hours", given, "add").get_data(as_text=True)
    assert 'name="field.holidays.4"' in more
    assert 'value="2027-07-05"' in more
    less = _fed(send(desk.ana, "hours", given, "remove:field.holidays.0").get_data(as_text=True))
    assert [less[f"field.holidays.{n}"] for n in range(3)] == [["2026-12-25"], ["2027-01-01"], ["2027-07-05"]]
    assert "Saved." in send(desk.ana, "hours", less).get_data(as_text=True)
    assert desk.bot.clinic.hours[5] == (time(9), time(12, 30))
    assert desk.bot.clinic.holidays == {date(2026, 12, 25), date(2027, 1, 1), date(2027, 7, 5)}
    assert date(2027, 7, 5) in desk.bot.clinic.cadence.hours.holidays


def _fed(text: str) -> Form:
    parser = _Inputs()
    parser.feed(text)
    return parser.form


MISTAKES = [
    ("hours", "hours.monday.from", "18:00", "must end after it begins"),
    ("hours", "hours.monday.to", "", "must look like 08:00-17:00"),
    ("hours", "answer_within_hours", "soon", "must be a number of hours at the desk"),
    ("hours", "holidays.0", "Christmas", "must look like 2026-12-25"),
    ("clinic", "name", "", "is missing"),
    ("clinic", "name", "x" * 61, "at most 60 letters"),
    ("clinic", "zone", "Mars/Olympus", "is no IANA time zone"),
    ("clinic", "may_cancel", "perhaps", "must be yes or no"),
    ("clinic", "segment_price", "1 cent", "must be a price and its currency, such as 0.0083 USD"),
    (PARKING, "en", "", "needs at least"),
    (PARKING, "es", "x" * 601, "at most 600 characters"),
    ("papers?entry=forms", "before.n", "", "must look like 7 d"),
    ("lead_times", "lead_times.transport.n", "two", "must look like 7 d"),
    ("reminders", "reminders.per_day", "0", "must be a whole number from 1"),
    ("reminders", "reminders.between.to", "23:00", "must lie within 08:00-21:00"),
    ("reminders", "reminders.kinds.0.value.1.step", "week", "two steps are called"),
    ("reminders", "reminders.kinds.0.value.1.span.n", "", "needs either"),
    ("reminders", "reminders.kinds.0.name", "other", "needs `default"),
    ("retention", "retention.messages", "9" * 5000, "must be a number of days"),
]


def test_a_mistake_stands_beside_its_field_and_nothing_typed_is_lost(desk: Desk) -> None:
    """Judged by the code that reads the file, in its words; nothing is saved."""
    for where, field, value, wrong in MISTAKES:
        given = {**form(desk.ana, where), f"field.{field}": [value]}
        answer = send(desk.ana, where, given)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 422, field
        assert len(re.findall(re.escape(wrong), text)) >= 2, field  # above the form, and beside the field
        assert _fed(text)[f"field.{field}"] == [value], field
    assert desk.rows(SettingChangeRow) == []


def test_two_kinds_of_visits_with_one_name_are_both_kept(desk: Desk) -> None:
    """The second gets another name, so that its texts are not lost unseen."""
    edit(desk.ana, "reminders", **{"reminders.kinds.1.name": "default"})
    assert desk.bot.clinic.cadence.kinds.keys() == {"default", "default (2)"}


def test_two_people_edit_the_same_and_the_second_is_told(desk: Desk) -> None:
    """Nothing of either is lost: the second sees who was first and what would be overwritten, and may still save."""
    anas, bens = form(desk.ana, PARKING), form(desk.ben, PARKING)
    anas["field.en"], bens["field.en"] = ["Ana's words."], ["Ben's words."]
    send(desk.ana, PARKING, anas)
    for do in ("preview", "save"):
        answer = send(desk.ben, PARKING, bens, do)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert "<b>Ana Torres changed this while you were editing it.</b>" in text
        assert "Ana&#39;s words." in text
        assert _fed(text)["field.en"] == ["Ben's words."]
    assert desk.bot.clinic.clinic.answers["parking"]["en"] == "Ana's words."
    assert send(desk.ben, PARKING, _fed(text)).status_code == 200
    assert desk.bot.clinic.clinic.answers["parking"]["en"] == "Ben's words."


def test_two_people_edit_different_answers(desk: Desk) -> None:
    """They are of one section, and neither disturbs the other."""
    anas, bens = form(desk.ana, PARKING), form(desk.ben, "answers?entry=bring")
    anas["field.en"], bens["field.en"] = ["Here."], ["A hat."]
    assert send(desk.ana, PARKING, anas).status_code == send(desk.ben, "answers?entry=bring", bens).status_code == 200
    answers = desk.bot.clinic.clinic.answers
    assert (answers["parking"]["en"], answers["bring"]["en"]) == ("Here.", "A hat.")


def test_history_tells_who_changed_what_and_takes_it_back(desk: Desk) -> None:
    """One click for the newest; further back; and the clinic's file again. All of it can be undone in turn."""
    first = desk.bot.clinic
    edit(desk.ana, "clinic", phone="(716) 555-0111")
    text = edit(desk.ben, "clinic", phone="(716) 555-0122")
    for shown in ("Ana Torres", "Ben Carter", "(716) 555-0111", "(716) 555-0122", "(716) 555-0100"):
        assert shown in text
    anas, bens = desk.rows(SettingChangeRow)
    _back(desk.ana, bens.id, bens.id)
    assert desk.bot.clinic.clinic.phone == "(716) 555-0111"
    undone = desk.rows(SettingChangeRow)[-1]
    assert "has changed this section meanwhile" in _back(desk.ben, anas.id, bens.id)
    assert desk.bot.clinic.clinic.phone == "(716) 555-0111"
    _back(desk.ben, anas.id, undone.id)
    assert desk.bot.clinic == first
    last = desk.rows(SettingChangeRow)[-1]
    _back(desk.ben, last.id, last.id)
    assert desk.bot.clinic.clinic.phone == "(716) 555-0111"
    newest = desk.rows(SettingChangeRow)[-1].id
    text = desk.ana.post("/inbox/settings/clinic/default", data={"newest": newest}, follow_redirects=True).get_data(as_text=True)
    assert "As in the clinic’s file again." in text
    assert desk.bot.clinic == first


def _back(client: FlaskClient, change: int, newest: int) -> str:
    data = {"change": change, "newest": newest}
    return str(client.post("/inbox/settings/clinic/back", data=data, follow_redirects=True).get_data(as_text=True))


@pytest.mark.parametrize("data", [{}, {"change": "x", "newest": "y"}, {"change": "99", "newest": "0"}, {"change": "-1", "newest": "٣"}])
def test_what_was_never_changed_cannot_be_taken_back(desk: Desk, data: dict[str, str]) -> None:
    """Whatever a form says."""
    for what in ("back", "default"):
        answer = desk.ana.post(f"/inbox/settings/clinic/{what}", data=data, follow_redirects=True)
        assert answer.status_code == 200
    assert desk.bot.clinic == desk.bot.current.file


def test_every_change_stands_in_the_audit_trail(desk: Desk) -> None:
    """H-07: who did what to which section, without the words."""
    edit(desk.ana, PARKING, en="Behind the house.")
    newest = desk.rows(SettingChangeRow)[-1].id
    desk.ben.post("/inbox/settings/answers/back", data={"change": newest, "newest": newest})
    found = [(row.actor, row.action) for row in desk.rows(AuditRow, AuditRow.about == "settings:answers")]
    assert found == [("staff:1", "setting_saved"), ("staff:2", "setting_undone")]


def test_what_holds_is_a_file_again(desk: Desk, tmp_path: Path) -> None:
    """Edited, exported, and loaded as CLINIC_FILE: the same clinic, to the last sentence."""
    edit(desk.ana, PARKING, en='She said: "no" # really', ar="خلف المبنى: 12", es="")
    edit(desk.ana, "clinic", name="Lake Clinic", may_cancel="no")
    edit(desk.ana, "retention", **{"retention.notes": ""})
    edit(desk.ana, "lead_times", **{"lead_times.transport.n": "3"})
    edit(desk.ana, "preparations?entry=yes", en="on")
    edit(desk.ana, "papers?entry=forms", **{"say.es": "el formulario", "visits.0": ""})
    assert desk.bot.clinic.alert_after == desk.bot.current.file.alert_after
    answer = desk.ana.get("/inbox/settings/file")
    assert answer.headers["Content-Disposition"] == "attachment; filename=demo.yaml"
    file = tmp_path / "clinic.yaml"
    file.write_bytes(answer.data)
    assert load_clinic(file) == desk.bot.clinic
    assert load_clinic(file) != desk.bot.current.file


def test_the_command_writes_the_same_file(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a shell, where nobody has a browser."""
    edit(desk.ana, PARKING, en="Behind the house.")
    url = str(desk.bot.store.engine.url)
    for name, value in {"DATABASE_URL": url, "STAFF_PAGES": "off"}.items():
        monkeypatch.setenv(name, value)
    done = desk.app.test_cli_runner().invoke(args=["settings", "export", "--to", str(tmp_path / "mine.yaml")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "mine.yaml").read_bytes() == desk.ana.get("/inbox/settings/file").data
    assert load_clinic(tmp_path / "mine.yaml") == desk.bot.clinic


def test_a_new_schedule_has_every_visit_looked_at_again(desk: Desk) -> None:
    """Else a visit would wait for the moment that the old schedule gave it."""
    later = desk.bot.clock() + timedelta(days=30)
    with desk.bot.store.begin() as session:
        session.execute(update(AppointmentRow).values(next_text_at=later))
    edit(desk.ana, PARKING, en="Here.")
    assert {row.next_text_at for row in desk.rows(AppointmentRow)} == {later}
    edit(desk.ana, "reminders", **{"reminders.per_week": "2"})
    to_come = AppointmentRow.start > desk.bot.clock(), AppointmentRow.status == "booked"
    assert {row.next_text_at for row in desk.rows(AppointmentRow, *to_come)} == {LOOK_NOW}


def test_a_lead_time_sets_by_when_help_must_be_arranged(desk: Desk) -> None:
    """A ride that must be booked four days ahead is due four days ahead."""
    edit(desk.ana, "lead_times", **{"lead_times.transport.n": "4", "lead_times.transport.unit": "d"})
    desk.text(7, "I have no ride")
    desk.text(1, "I have no ride")
    barriers = desk.rows(TaskRow, TaskRow.kind == "barrier", TaskRow.appointment_id.is_not(None), TaskRow.phone_id.in_([1, 7]))
    assert barriers
    for item in barriers:
        visit = desk.rows(AppointmentRow, AppointmentRow.id == item.appointment_id)[0]
        assert visit.start - item.fix_by == timedelta(days=4)


def test_replies_and_preparations_have_names_of_their_own(desk: Desk) -> None:
    """Added, sent by coordinators, and taken out by emptying them."""
    assert "Write it" in page(desk.ana, "/inbox/settings/replies")
    edit(desk.ana, "replies?entry=parking is full", en="The lot is full today.")
    assert "The lot is full today." in page(desk.ben, "/inbox/phone/7")
    where = "replies?entry=parking is full"
    send(desk.ana, where, {name: values if not name.startswith("field.") else [""] for name, values in form(desk.ana, where).items()})
    assert "parking is full" not in desk.bot.clinic.replies


def test_a_sentence_in_a_language_that_we_do_not_write_yet_is_kept(desk: Desk) -> None:
    """It stands in the clinic's file for later, and has no field."""
    answers = desk.bot.current.file.data["answers"]
    answers["parking"] = {**answers["parking"], "so": "Baabuurku waa bilaash."}
    edit(desk.ana, PARKING, en="Here.")
    assert desk.bot.clinic.clinic.answers["parking"]["so"] == "Baabuurku waa bilaash."


NASTY = ["<script>alert(1)</script>", "\x00\x01\x1b", "\ud800", "{0} {clinic} %s", "a" * 300, "٣", "\u202eabc", "=1+1", "\u200fشكر"]


@pytest.mark.slow
def test_no_words_bring_a_page_down_or_into_it(desk: Desk) -> None:
    """In every text field of every kind, saved and shown, in the history too; what is texted is what was typed."""
    fields = (("clinic", "phone"), (PARKING, "es"), ("replies?entry=nurse", "vi"), ("hours", "holidays.0"))
    for (where, field), words in product(fields, NASTY):
        given = {**form(desk.ana, where), f"field.{field}": [words.encode("utf-8", "surrogatepass").decode("utf-8", "replace")]}
        assert send(desk.ana, where, given, "preview").status_code in (200, 422)
        assert send(desk.ana, where, given).status_code in (200, 422)
        for address in (where, where.partition("?")[0]):
            assert "<script>alert" not in page(desk.ana, f"/inbox/settings/{address}")
    assert page(desk.ana, "/inbox/settings/file")
    says(desk, 7, "where can I park?")


BY_HAND: list[dict[str, str]] = [
    {},
    {"field": "x"},
    {"field.hours": "x", "field.hours.monday.from.deeper": "x"},
    {"field." + "a." * 3000 + "b": "x"},
    {"field.reminders.kinds.0": "x", "field.reminders.kinds.x.name": "y"},
    {f"field.holidays.{n}": "2027-01-01" for n in range(500)},
    {"do": "remove:", "field.holidays.0": "x"},
    {"do": "nonsense:x"},
]


@pytest.mark.slow
def test_no_form_brings_it_down(desk: Desk) -> None:
    """Made by hand, with parts missing or where none belong."""
    for name, given, entry in product(SECTIONS, BY_HAND, ("", "parking")):
        answer = desk.ana.post(f"/inbox/settings/{name}", data={"entry": entry, **given})
        assert answer.status_code in (200, 303, 404, 409, 422)
    assert desk.bot.clinic == desk.bot.current.file


def test_there_is_no_such_page(desk: Desk) -> None:
    """A section or entry that there cannot be."""
    for address in ("nothing", "answers?entry=nothing", "hours?entry=monday", "answers?entry=results"):
        assert desk.ana.get(f"/inbox/settings/{address}").status_code == 404


def test_a_section_that_this_version_no_longer_takes_is_as_in_the_file(desk: Desk) -> None:
    """An upgrade that is stricter must not keep the clinic from answering; the other sections hold."""
    edit(desk.ana, PARKING, en="Here.")
    edit(desk.ana, "hours", answer_within_hours="5")
    with desk.bot.store.begin() as session:
        session.execute(update(SettingChangeRow).where(SettingChangeRow.section == "hours").values(data='{"hours": {"noday": "x"}}'))
        newest = session.scalars(select(SettingChangeRow.id).order_by(SettingChangeRow.id.desc())).first()
    desk.bot.current._seen = (0, desk.bot.current.file, ())
    desk.bot.current.look()
    assert newest
    assert desk.bot.clinic.hours == desk.bot.current.file.hours
    assert desk.bot.clinic.clinic.answers["parking"]["en"] == "Here."
    assert page(desk.ana, "/inbox/settings/hours")
    assert "This version of Attend does not take what was saved here" in page(desk.ana, "/inbox/settings")
    desk.ana.post("/inbox/settings/hours/default", data={"newest": newest})
    assert "does not take" not in page(desk.ana, "/inbox/settings")


SHAPES = [7, "twice", {"x": "y"}, [["x"]], {"x": {"y": [7]}}, [{"x": {}}], {"x": [None]}]


@pytest.mark.parametrize("shape", quick(7, of=SHAPES), ids=str)
def test_whatever_another_version_saved_no_page_breaks_on_it(desk: Desk, shape: Any) -> None:
    """Each section can be looked at, with its history, and be as in the file again."""
    for name, section in SECTIONS.items():
        values = {"clinic_id": 1, "section": name, "follows": 0, "actor": "Ana Torres", "at": desk.bot.clock()}
        with desk.bot.store.begin() as session:
            session.execute(insert(SettingChangeRow).values({**values, "data": json.dumps(dict.fromkeys(section.keys, shape))}))
    desk.bot.current.look()
    assert {each.change.section for each in desk.bot.current.refused} == set(SECTIONS)
    assert desk.bot.clinic == desk.bot.current.file
    for change in desk.rows(SettingChangeRow):
        assert page(desk.ana, f"/inbox/settings/{change.section}")
        desk.ana.post(f"/inbox/settings/{change.section}/default", data={"newest": change.id})
    assert desk.bot.current.refused == ()


def test_one_day_is_one_day_where_a_reminder_is_folded(desk: Desk) -> None:
    """In the staff's languages; what is no number is shown as it was typed."""
    shown = page(desk.ana, "/inbox/settings/reminders")
    assert "<small>1 day before the visit</small>" in shown
    assert "<small>2 hours before the visit</small>" in shown
    assert "<small>1 day after the visit</small>" in shown
    spanish = load_words(ROOT / "locales")["es"]
    assert length({"n": "1", "unit": "d"}, spanish) == "1 día"
    assert length({"n": "soon", "unit": "h"}, spanish) == "soon horas"
