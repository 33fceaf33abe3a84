"""A clinic's settings as the file that it can be started from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from bot.clinic import KEYS

HEAD = "# All that holds now: the clinic's file, and over it what staff have edited. Name this file in CLINIC_FILE to start from it.\n"


def as_yaml(data: Mapping[str, Any]) -> str:
    """The text of the file."""
    ordered = {key: data[key] for key in sorted(data, key=lambda key: KEYS.index(key) if key in KEYS else len(KEYS))}
    return HEAD + yaml.safe_dump(ordered, allow_unicode=True, sort_keys=False, width=120)
