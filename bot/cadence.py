"""The section `reminders` of a clinic's file: which texts the bot starts by itself, when, and how many at most."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

from bot.care.hours import Hours
from bot.care.schedule import DAY, DEFAULT, HOUR, SAYS, TO, Cadence, Step
from bot.errors import Place

UNITS = {"d": DAY, "h": HOUR, "min": HOUR / 60}
KNOWN = ("between", "on_holidays", "per_day", "per_week", "settle", "latest", "kinds")
LAWFUL = (time(8), time(21))  # no text may be started outside (O-19)


def read_cadence(given: Any, where: Place, holidays: frozenset[date]) -> Cadence:
    """The schedule that the section describes; what it leaves out is as usual. Raises DataError with file, key and what to do."""
    if given in (None, ""):
        return Cadence(hours=Hours(holidays=holidays))
    _only(given, KNOWN, where)
    usual = Cadence()
    opens, closes = _between(given.get("between", "09:00-20:00"), where / "between")
    texts_then = given.get("on_holidays", "no")
    if texts_then not in ("yes", "no"):
        raise (where / "on_holidays").wrong(f"must be yes or no, not {texts_then!r}")
    return Cadence(
        kinds=_kinds(given["kinds"], where / "kinds") if "kinds" in given else usual.kinds,
        hours=Hours(opens=opens, closes=closes, holidays=frozenset() if texts_then == "yes" else holidays),
        per_day=_count(given.get("per_day", str(usual.per_day)), where / "per_day"),
        per_week=_count(given.get("per_week", str(usual.per_week)), where / "per_week"),
        settle=read_span(given["settle"], where / "settle") if "settle" in given else usual.settle,
        latest=read_span(given["latest"], where / "latest") if "latest" in given else usual.latest,
    )


def _only(given: Any, known: tuple[str, ...], where: Place) -> None:
    if not isinstance(given, dict):
        raise where.wrong(f"must be a mapping with {', '.join(known)}")
    for name in given:
        if name not in known:
            raise where.wrong(f"{name!r} is none of {', '.join(known)}")


def _between(text: str, where: Place) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except (AttributeError, ValueError) as error:
        raise where.wrong(f"{text!r} must look like 09:00-20:00") from error
    if not LAWFUL[0] <= opens < closes <= LAWFUL[1]:
        raise where.wrong(f"{text!r} must lie within 08:00-21:00, since texts must not start outside these hours")
    return opens, closes


def _count(text: str, where: Place) -> int:
    if not re.fullmatch("[0-9]{1,3}", str(text)) or int(text) < 1:
        raise where.wrong(f"{text!r} must be a whole number from 1 up to 999")
    return int(text)


def read_span(text: str, where: Place) -> timedelta:
    """A length of time, such as `7 d`."""
    found = re.fullmatch(r"(\d{1,3}) ?(d|h|min)", text) if isinstance(text, str) else None
    if found is None:
        raise where.wrong(f"{text!r} must look like 7 d, 2 h or 30 min")
    return int(found[1]) * UNITS[found[2]]


def _kinds(given: Any, where: Place) -> dict[str, tuple[Step, ...]]:
    if not isinstance(given, dict) or DEFAULT not in given:
        raise where.wrong("needs `default: [steps]`, which serves the kinds of visits that are not named")
    return {kind: _steps(steps, where / kind) for kind, steps in given.items()}


def _steps(given: Any, where: Place) -> tuple[Step, ...]:
    if not isinstance(given, list):
        raise where.wrong("must be a list of steps such as {step: week, before: 7 d, to: [silent], say: [reminder]}")
    steps = tuple(_step(each, where / f"step {number}") for number, each in enumerate(given, 1))
    names = [step.name for step in steps]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise where.wrong(f"two steps are called {double!r}; give each a name of its own")
    return steps


def _step(given: Any, where: Place) -> Step:
    _only(given, ("step", "before", "after", "to", "say"), where)
    if not given.get("step") or len(given["step"]) > 20:
        raise where.wrong("needs a name of at most 20 letters, such as `step: week`")
    if ("before" in given) == ("after" in given):
        raise where.wrong("needs either `before: 7 d` or `after: 1 d`")
    to, say = _words(given, "to", TO, where), _words(given, "say", SAYS, where)
    if not ("after" in given) == (to == ["missed"]) == (say == ["missed"]) or ("missed" in to + say and to != say):
        raise where.wrong("who missed a visit is written to as `after: 1 d, to: [missed], say: [missed]`, and nobody else")
    ahead = read_span(given["before"], where / "before") if "before" in given else -read_span(given["after"], where / "after")
    return Step(name=given["step"], ahead=ahead, to=frozenset(to), say=tuple(say))


def _words(given: dict[str, Any], name: str, known: tuple[str, ...], where: Place) -> list[str]:
    words = given.get(name)
    if not isinstance(words, list) or not words:
        raise (where / name).wrong(f"needs a list `{name}: [{known[0]}]` of one or more of {', '.join(known)}")
    for word in words:
        if word not in known:
            raise (where / name).wrong(f"{word!r} is none of {', '.join(known)}")
    return words
