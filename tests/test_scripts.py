"""What `scripts/audit` says of what it was told, and that CI takes no silence for a pass."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ROOT

PINNED = "flask==3.1.3\njinja2==3.1.6\n"
CLEAN = {"name": "flask", "version": "3.1.3", "vulns": []}
WEAK = {"name": "jinja2", "version": "3.1.6", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["3.1.7"], "aliases": []}]}
UNASKED = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited: jinja2 (3.1.6)"}


def program(path: Path, script: str) -> None:
    """Puts a shell script where a program would be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Our scripts as they stand, in a checkout whose packages are installed; pip-audit writes what `told` does."""
    for folder in ("scripts", ".ci"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text(PINNED)
    for name in ("chromium", "npm", "bin/pip"):
        program(tmp_path / ".venv" / name, "exit 0")
    program(tmp_path / ".venv-run" / "bin" / "pip", "cat requirements.txt")
    (tmp_path / ".venv-run" / "installed").write_text(PINNED)
    (tmp_path / ".venv" / "installed-requirements-dev.txt").write_text(PINNED * 2)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    program(tmp_path / ".venv" / "bin" / "cyclonedx-py", "exit 0")
    program(tmp_path / "scripts" / "test", "echo 12 passed")
    return tmp_path


def told(checkout: Path, dependencies: list[dict[str, Any]] | None) -> None:
    """What pip-audit writes and how it ends, as it does; None: it breaks for want of a network."""
    if dependencies is None:
        script = "echo Traceback >&2; exit 1"
    else:
        report, found = json.dumps({"dependencies": dependencies, "fixes": []}), any(each.get("vulns") for each in dependencies)
        script = f'while [ "$1" != --output ]; do shift; done; echo \'{report}\' > "$2"; exit {int(found)}'
    program(checkout / ".venv" / "bin" / "pip-audit", script)


def run(checkout: Path, name: str) -> tuple[int, str]:
    """(what it exits with, what it prints)."""
    path = f"{checkout / '.venv'}:/usr/bin:/bin"
    done = subprocess.run([checkout / name], env={"PATH": path}, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("dependencies", "exits", "says", "passes"),
    [
        ([CLEAN, {**WEAK, "vulns": []}], 0, "ASKED      about all 2 packages: 0 known weaknesses", True),
        ([CLEAN, WEAK], 1, "WEAKNESS   jinja2 3.1.6: PYSEC-2026-1, mended in 3.1.7", False),
        ([CLEAN, UNASKED], 3, "NOT ASKED  about 1 of 2 packages", True),
        ([WEAK, UNASKED], 1, "NOT ASKED  about 1 of 2 packages", False),
        ([], 3, "NOT ASKED  about 2 of 2 packages", True),
        (None, 3, "NOT ASKED  about 2 of 2 packages", True),
    ],
    ids=["clean", "weak", "partly", "weak and partly", "nothing", "no network"],
)
def test_what_could_not_be_asked_for_is_no_pass(
    dependencies: list[dict[str, Any]] | None, exits: int, says: str, passes: bool, checkout: Path
) -> None:
    """A weakness stops CI; that nobody could be asked does not, and is said by both."""
    told(checkout, dependencies)
    assert run(checkout, "scripts/audit")[0] == exits
    code, printed = run(checkout, ".ci/run")
    assert says in printed
    assert (code == 0) is passes
    assert ("12 passed" in printed) is passes
    assert ("NOT ASKED for here" in printed) is (exits == 3)
