"""Plain data as it is stored: without what stands at its default, which is most of it. Whoever reads it gets the defaults again."""

from __future__ import annotations

from dataclasses import MISSING, fields
from datetime import date, datetime
from functools import cache
from typing import Any

AS_IT_IS = frozenset({str, int, float, bool, date, datetime})  # looked for first: nearly everything is one of these


def lean(value: Any) -> Any:
    """A dataclass as a dict of what is not at its default, all the way down, sets sorted; anything else as it is."""
    if isinstance(value, tuple):
        return value if not value or type(value[0]) in AS_IT_IS else [lean(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(value)
    defaults, found = _defaults(value.__class__), {}
    if not defaults:
        return value
    for name, each in vars(value).items():
        default = defaults[name]
        if each is not default and each != default:
            found[name] = each if type(each) in AS_IT_IS else lean(each)
    return found


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    """The default of each field of a class; of one that has none MISSING, which nothing equals. Empty for what is no dataclass."""
    if not hasattr(kind, "__dataclass_fields__"):
        return {}
    return {each.name: each.default if each.default_factory is MISSING else each.default_factory() for each in fields(kind)}
