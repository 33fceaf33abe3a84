"""The hazard log: every hazard has controls, and every control names tests that live (S-16)."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.editing.coverage import WORST_READING
from bot.settings import ROOT

LOG: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "safety" / "hazards.yaml").read_text(encoding="utf-8"))
HAZARDS: list[dict[str, Any]] = LOG["hazards"]
TOLERABLE = 10  # severity times likelihood; what is above must say what stays open


@cache
def living(path: Path) -> frozenset[str]:
    """The tests of a file that would run: functions that are not skipped, or the names of conversations."""
    if path.suffix == ".yaml":
        return frozenset(talk["name"] for talk in yaml.safe_load(path.read_text(encoding="utf-8")))
    functions = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    return frozenset(each.name for each in functions if not any("skip" in ast.unparse(mark) for mark in each.decorator_list))


def risk(score: dict[str, int]) -> int:
    """Severity times likelihood."""
    return score["severity"] * score["likelihood"]


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard["id"])
def test_every_hazard_has_controls_with_living_tests(hazard: dict[str, Any]) -> None:
    """A test that was renamed or taken away takes its control with it."""
    assert hazard["controls"]
    for control in hazard["controls"]:
        assert control["tests"], control["what"]
        for name in control["tests"]:
            file, _, test = name.partition("::")
            assert (ROOT / file).is_file(), name
            assert test in living(ROOT / file), name


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard["id"])
def test_every_hazard_is_whole(hazard: dict[str, Any]) -> None:
    """Cause, harm, risk before and after; what stays grave says what is open."""
    assert all(hazard[name] for name in ("id", "hazard", "cause", "harm"))
    for score in (hazard["before"], hazard["after"]):
        assert all(1 <= score[name] <= 5 for name in ("severity", "likelihood"))
    assert risk(hazard["after"]) < risk(hazard["before"])
    assert risk(hazard["after"]) < TOLERABLE or hazard.get("open")


def test_every_hazard_has_its_own_number() -> None:
    """Incidents and reviews refer to them."""
    ids = [hazard["id"] for hazard in HAZARDS]
    assert sorted(set(ids)) == ids


def test_the_check_measures_missed_emergencies() -> None:
    """`flask check`, which runs with the tests, fails when a language misses more emergencies or changes more visits wrongly."""
    assert {"missed", "wrong"} <= WORST_READING.keys()
    assert WORST_READING["missed"] <= 16
    assert "flask --app app check" in (ROOT / "scripts" / "test").read_text()
