"""The command that writes what a clinic's settings hold now to a file."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click

from bot.owned.export import as_yaml
from bot.records.opened import open_records
from bot.settings import read_settings

Clear = Callable[[], AbstractContextManager[None]]


def register(cli: click.Group, clear_errors: Clear) -> None:
    """Adds the command. clear_errors: turns data and settings errors into messages."""

    @cli.group("settings")
    def settings() -> None:
        """What staff have edited of the clinic's settings."""

    @settings.command("export")
    @click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="A file; else standard output.")
    def export(to: Path | None) -> None:
        """All that holds now, the clinic's file with what staff have edited over it, as a file for CLINIC_FILE."""
        with clear_errors():
            text = as_yaml(open_records(read_settings(), actor=f"command:{getpass.getuser()}").clinic.data)
        if to is None:
            print(text, end="")
        else:
            to.write_text(text, encoding="utf-8")
