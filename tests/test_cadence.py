"""The section `reminders` of a clinic's file: read with defaults, and every mistake named with what to do."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cadence import read_cadence
from bot.care.schedule import CADENCE, Cadence
from bot.clinic import load_clinic
from bot.errors import DataError, Place
from bot.settings import ROOT

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
    data = yaml.safe_load((ROOT / "clinics" / "demo.yaml").read_text())
    path = tmp_path / "clinic.yaml"
    path.write_text(yaml.safe_dump({**data, "may_cancel": "yes", "holidays": [], "reminders": given}))
    with pytest.raises(DataError) as caught:
        load_clinic(path)
    assert str(caught.value).startswith(f"{path}: reminders")
    assert says in str(caught.value)
