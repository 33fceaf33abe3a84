"""The section `reminders` of a clinic's file: read with defaults, and every mistake named with what to do."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cadence import read_cadence, read_programmes
from bot.care.hours import Hours
from bot.care.schedule import CADENCE, Cadence
from bot.clinic import load_clinic
from bot.errors import DataError, Place
from bot.settings import ROOT
from bot.yamlfile import read_yaml

STEP: dict[str, Any] = {"step": "week", "before": "7 d", "to": ["silent"], "say": ["reminder"]}


def test_the_demos_file_spells_out_what_holds_by_itself() -> None:
    """What is written in the example is what a clinic without the section gets."""
    written = load_clinic(ROOT / "clinics" / "demo.yaml").cadence
    assert written.kinds["default"] == CADENCE
    usual = Cadence()
    assert (written.per_day, written.per_week, written.settle, written.latest) == (1, 3, usual.settle, usual.latest)
    assert (written.hours.opens, written.hours.closes) == (time(9), time(20))


def test_holidays_are_days_without_texts_unless_the_clinic_says_so() -> None:
    """Nobody is there to help on a holiday."""
    holidays = frozenset({date(2026, 12, 25)})
    assert read_cadence(None, Place("c.yaml"), holidays).hours.holidays == holidays
    assert read_cadence({"on_holidays": "yes"}, Place("c.yaml"), holidays).hours.holidays == frozenset()


def test_spans_are_read_in_days_hours_and_minutes() -> None:
    """7 d, 2 h, 30 min; after a missed visit they count the other way."""
    missed = {"step": "missed", "after": "1 d", "to": ["missed"], "say": ["missed"]}
    found = read_cadence({"settle": "90 min", "kinds": {"default": [STEP, missed]}}, Place("c.yaml"), frozenset())
    assert found.settle == timedelta(minutes=90)
    assert [step.ahead for step in found.steps("any")] == [timedelta(days=7), -timedelta(days=1)]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("reminder", "must be a mapping"),
        ({"per_dya": "1"}, "'per_dya' is none of"),
        ({"between": "9-20"}, "between: '9-20' must look like 09:00-20:00"),
        ({"between": "09:00Z-20:00"}, "between: '09:00Z-20:00' must look like 09:00-20:00"),
        ({"between": "07:00-20:00"}, "must lie within 08:00-21:00"),
        ({"between": "20:00-09:00"}, "must lie within 08:00-21:00"),
        ({"on_holidays": "maybe"}, "on_holidays: must be yes or no"),
        ({"per_day": "0"}, "per_day: '0' must be a whole number from 1 up"),
        ({"per_week": "many"}, "per_week: 'many' must be a whole number"),
        ({"settle": "soon"}, "settle: 'soon' must look like 7 d, 2 h or 30 min"),
        ({"kinds": {"lab": [STEP]}}, "needs `default: [steps]`"),
        ({"kinds": {"default": STEP}}, "must be a list of steps"),
        ({"kinds": {"default": [STEP, STEP]}}, "two steps are called 'week'"),
        ({"kinds": {"default": [{**STEP, "step": ""}]}}, "step 1: needs a name"),
        ({"kinds": {"default": [{**STEP, "after": "1 d"}]}}, "either `before: 7 d` or `after: 1 d`"),
        ({"kinds": {"default": [{**STEP, "to": ["everybody"]}]}}, "to: 'everybody' is none of silent, maybe, coming, missed"),
        ({"kinds": {"default": [{**STEP, "say": ["buy now"]}]}}, "say: 'buy now' is none of reminder"),
        ({"kinds": {"default": [{**STEP, "say": "reminder"}]}}, "say: needs a list `say: [reminder]`"),
        ({"kinds": {"default": [{**STEP, "to": ["missed"]}]}}, "who missed a visit is written to as"),
        ({"kinds": {"default": [{**STEP, "say": ["missed"]}]}}, "who missed a visit is written to as"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_to_do(given: Any, says: str, tmp_path: Path) -> None:
    """The start stops with words that a clinic can act on."""
    data = read_yaml(ROOT / "clinics" / "demo.yaml")
    path = tmp_path / "clinic.yaml"
    path.write_text(json.dumps({**data, "may_cancel": "yes", "holidays": [], "reminders": given}))  # JSON is YAML, and quickly written
    with pytest.raises(DataError) as caught:
        load_clinic(path)
    assert str(caught.value).startswith(f"{path}: reminders")
    assert says in str(caught.value)


HERE = Place("clinic.yaml") / "programmes"
ANSWERS = {"well": ["end"], "help": ["log human"]}
FIRST: dict[str, Any] = {"step": "first", "after": "1 d", "say": "check_in.visit", "answers": ANSWERS}
DAILY: dict[str, Any] = {"step": "daily", "at": ["09:00"], "days": ["monday"], "say": "check_in.visit", "answers": ANSWERS}
NONE: dict[str, list[str]] = {"taken": [], "not_taken": [], "side_effects": [], "leave": []}
MEDICINE: dict[str, Any] = {"step": "daily", "at": ["09:00"], "say": "check_in.medicine", "answers": NONE}
WEEK: dict[str, Any] = {"title": "A week", "lasts": "7 d", "steps": [FIRST]}


def test_a_programme_is_read_with_what_is_usual() -> None:
    """What is left out: enrolled by staff, every day, its own limit of one text a day, silent after three."""
    (found,) = read_programmes({"week": {**WEEK, "steps": [FIRST, DAILY], "missed": "never"}}, HERE, Hours()).values()
    assert (found.starts, found.per_day, found.silent, found.missed) == ("enrolled", 1, 3, None)
    assert [each.after for each in found.questions] == [timedelta(days=1), None]
    assert (found.questions[1].clocks, found.questions[1].days) == ((time(9),), frozenset({0}))
    assert found.questions[0].answers == {"well": ("end",), "help": ("log human",)}
    assert read_programmes(None, HERE, Hours()) == {}


def test_the_example_of_the_document_is_read() -> None:
    """What stands there can be copied."""
    document = (ROOT / "docs" / "clinic.md").read_text()
    example = document[document.index("```yaml\nprogrammes:") + 8 :].split("```")[0]
    given = yaml.load(example, yaml.BaseLoader)["programmes"]  # noqa: S506 - strings alone, as clinics' files are read
    (found,) = read_programmes(given, HERE, Hours()).values()
    assert found.questions == load_clinic(ROOT / "clinics" / "demo.yaml").programmes["medicine"].questions


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("programme", "must be a mapping of names"),
        ({"a name that is far too long": WEEK}, "a name of at most 20 letters"),
        ({"all": WEEK}, "not `all`"),
        ({"week": {**WEEK, "tittle": "A week"}}, "week: 'tittle' is none of"),
        ({"week": {**WEEK, "title": ""}}, "week: title: is missing"),
        ({"week": {**WEEK, "lasts": "soon"}}, "lasts: 'soon' must look like"),
        ({"week": {**WEEK, "lasts": "2 h"}}, "lasts: '2 h' must be between 1 d and 400 d"),
        ({"week": {**WEEK, "lasts": "1 d"}}, "ends before the step 'first'"),
        ({"week": {**WEEK, "starts": "whenever"}}, "starts: 'whenever' is neither enrolled (by staff) nor fulfilled"),
        ({"week": {**WEEK, "services": ["lab"]}}, "only where `starts: fulfilled`"),
        ({"week": {**WEEK, "texts": "0"}}, "texts: '0' must be a whole number"),
        ({"week": {**WEEK, "silent": "maybe"}}, "silent: 'maybe' must be a whole number"),
        ({"week": {**WEEK, "steps": FIRST}}, "must be a list of steps"),
        ({"week": {**WEEK, "steps": [FIRST, FIRST]}}, "two steps are called 'first'"),
        ({"week": {**WEEK, "steps": [{**FIRST, "step": ""}]}}, "step 1: needs a name"),
        ({"week": {**WEEK, "steps": [{**FIRST, "at": ["09:00"]}]}}, "either `after: 1 d` or `at:"),
        ({"week": {**WEEK, "steps": [{**FIRST, "days": ["monday"]}]}}, "days: belongs to a step with `at`"),
        ({"week": {**WEEK, "steps": [{**DAILY, "days": ["mon"]}]}}, "days: 'mon' is none of monday"),
        ({"week": {**WEEK, "steps": [{**DAILY, "at": "09:00"}]}}, "at: must be a list in [ ]"),
        ({"week": {**WEEK, "steps": [{**DAILY, "at": ["nine"]}]}}, "at: 'nine' must look like"),
        ({"week": {**WEEK, "steps": [{**DAILY, "at": ["21:00"]}]}}, "at: '21:00' must lie within 09:00-20:00"),
        ({"week": {**WEEK, "steps": [{**FIRST, "say": "take your pills"}]}}, "say: 'take your pills' is none of check_in.medicine"),
        ({"week": {**WEEK, "steps": [{**FIRST, "answers": {"well": ["end"]}}]}}, "must tell what each of well, help does"),
        ({"week": {**WEEK, "steps": [{**FIRST, "answers": {**ANSWERS, "help": "log human"}}]}}, "help: must be a list in [ ]"),
        ({"week": {**WEEK, "steps": [{**FIRST, "answers": {**ANSWERS, "help": ["call"]}}]}}, "help: 'call' is none of record taken"),
        ({"week": {**WEEK, "steps": [MEDICINE]}}, "leave: must `end` the programme"),
    ],
)
def test_a_mistake_in_a_programme_is_named_with_key_and_what_to_do(given: Any, says: str) -> None:
    """The start stops with words that a clinic can act on."""
    with pytest.raises(DataError) as caught:
        read_programmes(given, HERE, Hours())
    assert str(caught.value).startswith("clinic.yaml: programmes")
    assert says in str(caught.value)
