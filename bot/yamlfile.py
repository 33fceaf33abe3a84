"""Reading YAML that people edit: every scalar a string, every error with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.errors import DataError

# `yes`, `no`, `on` and `12:30` stay the words they are.
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_yaml(path: Path) -> Any:
    """The file's content as dicts, lists and strings. Raises DataError with file and line when it is no YAML."""
    try:
        with path.open(encoding="utf-8") as file:
            return yaml.load(file, LOADER)  # noqa: S506 - the base loader makes strings, lists and dicts alone # nosec B506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataError(f"{path}:{line}: this is not YAML: {error.problem}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}:1: cannot be read: {error}") from error


def read_nodes(path: Path) -> yaml.Node:
    """The file's nodes, which know their lines. Raises DataError like `read_yaml`."""
    try:
        with path.open(encoding="utf-8") as file:
            node = yaml.compose(file, LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataError(f"{path}:{line}: this is not YAML: {error.problem}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}:1: cannot be read: {error}") from error
    if node is None:
        raise DataError(f"{path}:1: the file is empty")
    return node
