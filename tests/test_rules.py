"""The rules that code and tests cite by number: each says what it is, and has a living test that names it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from datetime import date
from functools import cache
from typing import Any

import pytest
import yaml

from bot.settings import ROOT

BOOK: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "rules.yaml").read_text(encoding="utf-8"))
RULES: dict[str, Any] = BOOK["rules"]
LETTERS = {"W": 34, "D": 16, "O": 22, "P": 13}
CITED = re.compile(rf"\b[{''.join(LETTERS)}]-[0-9]{{2}}\b")
ELSEWHERE = {"P-11", "P-12"}  # of FHIR servers: nothing here speaks FHIR over the network


@cache
def named() -> dict[str, list[str]]:
    """rule → tests that name it in their docstring and would run."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                skipped = any("skip" in ast.unparse(mark) for mark in node.decorator_list)
                for rule in () if skipped else CITED.findall(ast.get_docstring(node) or ""):
                    found[rule].append(f"{path.name}::{node.name}")
    return found


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_what_it_is_and_has_a_test_that_names_it(rule: str) -> None:
    """Whoever takes the last test of a rule away, or renames it, hears of it here."""
    says = RULES[rule] if isinstance(RULES[rule], str) else RULES[rule]["says"]
    assert says
    assert named()[rule], f"no test names {rule}: {says}"


def test_no_rule_is_missing_and_none_is_made_up() -> None:
    """All numbers of these letters; whatever code and tests cite is one of them."""
    every = {f"{letter}-{number:02}" for letter, most in LETTERS.items() for number in range(1, most + 1)}
    assert every - RULES.keys() == ELSEWHERE
    files = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "docs").glob("*.md")]
    cited = {rule for path in files for rule in CITED.findall(path.read_text(encoding="utf-8"))}
    assert cited <= every


def test_what_moves_has_a_day_to_look_again() -> None:
    """O-22: courts and agencies change these; the day is later than the one on which they were read."""
    dated = {rule: what["look_again"] for rule, what in RULES.items() if isinstance(what, dict) and "look_again" in what}
    assert {"O-09", "O-18", "O-19", "O-22"} <= dated.keys()
    assert all(isinstance(day, date) and day > BOOK["checked"] for day in dated.values())
