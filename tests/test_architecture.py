"""Who may import whom, how large things may grow, and what may stand in the repository."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from bot.dialogue.items import KINDS
from bot.settings import NAMES, ROOT
from bot.texts import TEXTS
from bot.understand.labels import URGENT

# part → what of ours it may import. `understand`, `dialogue` and `care` are pure: plain data in, plain data out.
MAY = {
    "understand": {"understand", "errors", "yamlfile"},
    "dialogue": {"dialogue", "understand"},
    "reads": {"understand"},
    "moments": set(),
    "segments": set(),
    "rendering": {"moments"},
    "texts": {"rendering", "errors", "moments", "yamlfile"},
    "care": {"care", "dialogue"},
    "cadence": {"care", "dialogue", "errors"},
    "clinic": {"cadence", "care", "dialogue", "understand", "errors", "yamlfile"},
    "store": {"store", "care", "dialogue", "errors", "segments", "understand"},
    "accounts": {"accounts", "actor", "errors", "store"},
    "actor": set(),
    "channels": {"channels"},
    "apply": {"apply", "dialogue", "store"},
    "owned": {"owned", "actor", "clinic", "errors", "store"},
    "core": {"clinic", "dialogue", "moments", "owned", "reads", "store", "texts"},
    "turn": {"apply", "channels", "core", "dialogue", "reads", "segments", "store", "texts", "understand"},
    "remind": {"core", "rendering", "dialogue", "store", "texts"},
    "desk": {
        "rendering",
        "desk",
        "actor",
        "apply",
        "care",
        "channels",
        "clinic",
        "core",
        "dialogue",
        "editing",
        "ehr",
        "errors",
        "moments",
        "owned",
        "records",
        "remind",
        "segments",
        "store",
        "texts",
        "understand",
    },
    "metrics": {"delivery", "desk", "store"},
    "delivery": {
        "delivery",
        "actor",
        "apply",
        "care",
        "channels",
        "core",
        "desk",
        "dialogue",
        "errors",
        "remind",
        "segments",
        "store",
        "texts",
        "turn",
    },
    "preview": {"care", "core", "errors", "store"},
    "settings": {"errors", "production"},
    "production": set(),
    "ehr": {"ehr", "errors"},
    "operate": {"channels", "clinic", "dialogue", "editing", "operate", "owned", "reads", "settings", "store", "texts", "understand"},
    "records": {"records", "clinic", "dialogue", "ehr", "errors", "owned", "settings", "store"},
}
PURE = {"understand", "dialogue", "care"}
IMPURE = {"flask", "sqlalchemy", "babel", "requests", "twilio", "socket", "time", "random"}
FILES = sorted((ROOT / "bot").rglob("*.py"))


def part(path: Path) -> str:
    """The part of bot/ that a file belongs to."""
    return path.relative_to(ROOT / "bot").parts[0].removesuffix(".py")


@cache
def parsed(path: Path) -> ast.Module:
    """A file as Python reads it."""
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> frozenset[str]:
    """Full names of the modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@pytest.mark.parametrize("path", [path for path in FILES if part(path) in MAY], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_part_imports_only_what_it_may(path: Path) -> None:
    """The direction of dependencies is the one that docs and architecture promise."""
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("bot.")}
    assert ours <= MAY[part(path)], f"{part(path)} must not import {sorted(ours - MAY[part(path)])}"


@pytest.mark.parametrize("path", [path for path in FILES if part(path) in PURE], ids=lambda path: str(path.relative_to(ROOT)))
def test_understanding_and_deciding_are_pure(path: Path) -> None:
    """No Flask, no database, no gettext, no network, no clock."""
    allowed = {"babel"} if "times" in path.parts else set()  # CLDR names of days and months, read once
    assert not {name.split(".")[0] for name in imports(path)} & (IMPURE - allowed)
    assert "datetime.now" not in path.read_text()


def test_nobody_imports_the_application() -> None:
    """app.py wires; nothing reaches back to it."""
    assert not [path for path in FILES if "app" in imports(path)]


def test_flask_is_known_to_web_and_commands_alone() -> None:
    """Rules know nothing of the web."""
    outside = [path for path in FILES if part(path) not in {"web", "commands", "demo"} and "flask" in imports(path)]
    assert outside == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_taken_in_at_one_sitting(path: Path) -> None:
    """At most 300 lines a file, 60 a function."""
    if "migrations" in path.parts:
        return
    assert len(path.read_text().splitlines()) <= 300
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is too long"


def test_every_public_function_says_what_it_does() -> None:
    """A docstring on every module, and on every public function and class."""
    bare = []
    for path in FILES:
        if "migrations" in path.parts or path.name == "__init__.py":
            continue
        tree = ast.parse(path.read_text())
        nodes = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")]
        bare += [
            f"{path.relative_to(ROOT)}: {getattr(node, 'name', 'module')}" for node in [tree, *nodes] if not ast.get_docstring(node)
        ]
    assert bare == []


def test_fixtures_use_numbers_that_are_nobodys() -> None:
    """Every phone number in the repository is one of 555-01xx (H-17)."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    wrong = []
    for name in filter(None, tracked):
        path = ROOT / name
        if path.suffix in {".png", ".po"} or not path.is_file():
            continue
        for number in re.findall(r"\+1\d{10}\b", path.read_text(encoding="utf-8", errors="replace")):
            if number[5:10] != "55501" and number not in PUBLISHED:
                wrong.append(f"{name}: {number}")
    assert wrong == []


PUBLISHED = {"+14158675309", "+18005551212"}  # the provider's own published signature example (W-04)


def test_every_setting_stands_in_the_readme() -> None:
    """The README's table of settings is the one the code reads."""
    readme = (ROOT / "README.md").read_text()
    assert [name for name in NAMES if f"`{name}`" not in readme] == []


def test_every_approved_text_is_said_somewhere() -> None:
    """A sentence that nothing says is not kept for translators to work on."""
    code = "".join(path.read_text() for path in FILES if path.name not in {"texts.py", "checks.py", "lint.py"})
    prefixes = ("barrier.", "safety.")
    assert [key for key in TEXTS if f'"{key}"' not in code and not key.startswith(prefixes)] == []


def test_every_kind_of_item_is_logged_somewhere() -> None:
    """A kind that nothing logs would be a promise of the inbox that is not kept."""
    code = "".join(path.read_text() for path in FILES if path.name != "items.py")
    made = {f"urgent_{kind}" for kind in URGENT}
    assert [kind for kind in KINDS if f'"{kind}"' not in code and kind not in made] == []
