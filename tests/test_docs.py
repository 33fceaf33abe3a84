"""What the documents tell people to type exists; the backups that they tell of can be restored."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cryptography.fernet import Fernet
from flask import Flask

import app as application
from bot.settings import NAMES, ROOT
from bot.store import audit
from bot.store.database import Store
from bot.store.models import PatientRow
from tests.conftest import KEY
from tests.postgres import Databases
from tests.world import NOW

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```sh\n(.*?)^ *```", OPERATIONS, re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"flask --app app ([^`#\n;|&<>']+)")


def named() -> list[tuple[str, str]]:
    """(document, what stands behind `flask --app app`), in blocks and in sentences."""
    return sorted({
        (path.name, " ".join(found.split()))
        for path in DOCUMENTS
        for found in COMMAND.findall(path.read_text(encoding="utf-8").replace(r"\|", "/"))
        if not found.startswith("…")
    })  # fmt: skip


@pytest.fixture(scope="module")
def cli() -> click.Group:
    """The commands as Flask has them."""
    return application.create_app().cli


def test_there_are_commands_to_look_at() -> None:
    """In each of the three places."""
    assert {"README.md", "CONTRIBUTING.md", "operations.md"} <= {document for document, _ in named()}
    assert len(named()) > 40


@pytest.mark.parametrize(("document", "words"), named())
def test_a_command_that_a_document_names_exists_with_its_options(cli: click.Group, document: str, words: str) -> None:
    """Brackets are for people; a group's subcommand is looked for in the group."""
    tokens = shlex.split(words.replace("[", " ").replace("]", " "))
    command: click.Command = cli
    while isinstance(command, click.Group) and tokens and not tokens[0].startswith("-") and tokens[0] in command.commands:
        command = command.commands[tokens.pop(0)]
    assert command is not cli, f"{document}: there is no `flask --app app {words}`"
    assert not isinstance(command, click.Group) or command.invoke_without_command, f"{document}: {words} lacks its subcommand"
    options = {name for each in command.params for name in each.opts}
    assert [token for token in tokens if token.startswith("--") and token.partition("=")[0] not in options] == [], document
    positional = [each for each in command.params if isinstance(each, click.Argument)]
    assert tokens == [] or command.params, f"{document}: {words} takes nothing"
    assert not positional or tokens, f"{document}: {words} lacks {positional[0].name}"


def test_every_metric_is_explained_and_every_one_explained_is_there(app: Flask) -> None:
    """An operator at night looks it up."""
    told = app.test_client().get("/metrics").get_data(as_text=True)
    assert set(re.findall(r"`(attend_[a-z0-9_]+)`", OPERATIONS)) == set(re.findall(r"^# HELP (\S+)", told, re.MULTILINE))


def test_the_settings_in_it_are_read_by_the_program() -> None:
    """A setting that is misspelt would be passed over in silence."""
    given = re.findall(r"^([A-Z_]+)=", "".join(BLOCKS), re.MULTILINE) + re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", OPERATIONS)
    assert {name.removesuffix("_FILE") if name not in NAMES else name for name in given} - {"PG_URL"} <= set(NAMES)


def block(first: str) -> str:
    """The one block of shell that begins so."""
    (found,) = [each for each in BLOCKS if each.startswith(first)]
    return found


def run(script: str, folder: Path, **environ: str) -> None:
    """Runs a block as it stands, with this Python and the server's own tools first on the path."""
    script = script.replace(".venv/bin/python", shlex.quote(sys.executable))
    subprocess.run(["sh", "-ec", script], cwd=folder, env={**os.environ, **environ}, check=True, capture_output=True, timeout=120)


def act(url: str) -> None:
    """Somebody does something, which leaves an entry in the trail."""
    store = Store(url=url, keys=(KEY.encode(),))
    store.migrate()
    with store.begin() as session:
        audit.record(session.connection(), clinic_id=1, actor="Ana Torres", action="view", about="phone:1", now=NOW)
    store.engine.dispose()


def look(url: str) -> tuple[int, str]:
    """How many patients a database tells of, and the last seal of its trail, which must be whole."""
    store = Store(url=url, keys=(KEY.encode(),))
    store.migrate()
    with store.session() as session:
        whole = audit.verify(session)
        assert whole.broken is None
        names = [row.name for row in session.query(PatientRow)]
    store.engine.dispose()
    assert "Dorothy Hale" in names
    assert whole.entries
    return len(names), whole.last


def test_a_copy_of_sqlite_made_while_texts_come_in_is_restored(seeded_file: Path, tmp_path: Path) -> None:
    """H-13: the blocks of docs/operations.md as they stand; the damaged database leaves nothing behind."""
    for name in ("instance", "backup"):
        (tmp_path / name).mkdir()
    live = tmp_path / "instance" / "attend.db"
    shutil.copy(seeded_file, live)
    act(f"sqlite:///{live}")
    before = look(f"sqlite:///{live}")
    writing = Store(url=f"sqlite:///{live}", keys=(KEY.encode(),))
    writing.migrate()
    with writing.begin() as session:
        session.query(PatientRow).first()
        run(block(".venv/bin/python -c"), tmp_path)
    writing.engine.dispose()
    live.write_bytes(b"damaged")
    (tmp_path / "instance" / "attend.db-wal").write_bytes(b"of another database")
    run(block("rm -f instance"), tmp_path)
    assert look(f"sqlite:///{live}") == before
    with pytest.raises(Exception, match="ATTEND_KEY holds none of the keys"):
        Store(url=f"sqlite:///{live}", keys=(Fernet.generate_key(),)).migrate()


@pytest.mark.slow
def test_a_dump_of_postgresql_is_restored_over_the_old_and_into_a_new_database(
    seeded_database: str, databases: Databases, tmp_path: Path
) -> None:
    """H-13: on PostgreSQL, whose trail defends itself by triggers."""
    (tmp_path / "backup").mkdir()
    path = f"{databases.tools}{os.pathsep}{os.environ['PATH']}"
    with databases.copy(seeded_database) as url, databases.copy() as new:
        act(url)
        before = look(url)
        run(block("pg_dump"), tmp_path, PATH=path, PG_URL=url.replace("+psycopg", ""))
        for target in (url, new):
            run(block("pg_restore"), tmp_path, PATH=path, PG_URL=target.replace("+psycopg", ""))
            assert look(target) == before
