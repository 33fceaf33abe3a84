"""The sections `reminders`, `programmes` and `waitlist` of a clinic's file: what the bot starts by itself, when, how often at most."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from typing import Any

from bot.care.hours import Hours
from bot.care.programmes import ENROLLED, EVERY_DAY, FULFILLED, Programme, Question
from bot.care.schedule import DAY, DEFAULT, HOUR, SAYS, TO, Cadence, Step
from bot.care.waitlist import Terms
from bot.dialogue.check_ins import DOES, END, NUMBERS
from bot.errors import Place

UNITS = {"d": DAY, "h": HOUR, "min": HOUR / 60}
KNOWN = ("between", "on_holidays", "per_day", "per_week", "settle", "latest", "kinds")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEVER = "never"
LONGEST = 400 * DAY  # how long a programme may last
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
        raise (where / "on_holidays").wrong("must be yes or no, not %(value)r", value=texts_then)
    return Cadence(
        kinds=_kinds(given["kinds"], where / "kinds") if "kinds" in given else usual.kinds,
        hours=Hours(opens=opens, closes=closes, holidays=frozenset() if texts_then == "yes" else holidays),
        per_day=_count(given.get("per_day", str(usual.per_day)), where / "per_day"),
        per_week=_count(given.get("per_week", str(usual.per_week)), where / "per_week"),
        settle=read_span(given["settle"], where / "settle") if "settle" in given else usual.settle,
        latest=read_span(given["latest"], where / "latest") if "latest" in given else usual.latest,
    )


def read_waitlist(given: Any, where: Place) -> Terms | None:
    """The section `waitlist`; None without one: then nobody is offered anything. Raises DataError with file, key and what to do."""
    if given in (None, ""):
        return None
    _only(given, ("at_once", "minutes", "notice"), where)
    usual = Terms()
    return Terms(
        at_once=_count(given.get("at_once", str(usual.at_once)), where / "at_once"),
        answer=timedelta(minutes=_count(given["minutes"], where / "minutes")) if "minutes" in given else usual.answer,
        notice=read_span(given["notice"], where / "notice") if "notice" in given else usual.notice,
    )


def _only(given: Any, known: tuple[str, ...], where: Place) -> None:
    if not isinstance(given, dict):
        raise where.wrong("must be a mapping with %(known)s", known=", ".join(known))
    for name in given:
        if name not in known:
            raise where.wrong("%(value)r is none of %(known)s", value=name, known=", ".join(known))


def _between(text: str, where: Place) -> tuple[time, time]:
    try:
        opens, closes = (read_clock(part.strip()) for part in text.split("-"))
    except (AttributeError, ValueError) as error:
        raise where.wrong("%(value)r must look like 09:00-20:00", value=text) from error
    if not LAWFUL[0] <= opens < closes <= LAWFUL[1]:
        raise where.wrong("%(value)r must lie within 08:00-21:00, since texts must not start outside these hours", value=text)
    return opens, closes


def _count(text: str, where: Place) -> int:
    if not re.fullmatch("[0-9]{1,3}", str(text)) or int(text) < 1:
        raise where.wrong("%(value)r must be a whole number from 1 up to 999", value=text)
    return int(text)


def read_clock(text: str) -> time:
    """A time of the day where the clinic is. Raises ValueError, of one with a zone of its own, too."""
    clock = time.fromisoformat(text)
    if clock.tzinfo is not None:
        raise ValueError("a zone of its own")
    return clock


def read_span(text: str, where: Place) -> timedelta:
    """A length of time, such as `7 d`."""
    found = re.fullmatch(r"(\d{1,3}) ?(d|h|min)", text) if isinstance(text, str) else None
    if found is None:
        raise where.wrong("%(value)r must look like 7 d, 2 h or 30 min", value=text)
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
        raise where.wrong("two steps are called %(double)r; give each a name of its own", double=double)
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
        raise (where / name).wrong(
            "needs a list `%(name)s: [%(first)s]` of one or more of %(known)s", name=name, first=known[0], known=", ".join(known)
        )
    for word in words:
        if word not in known:
            raise (where / name).wrong("%(value)r is none of %(known)s", value=word, known=", ".join(known))
    return words


PROGRAMME = ("title", "starts", "services", "lasts", "texts", "per_day", "per_week", "silent", "missed", "again", "steps")


def read_programmes(given: Any, where: Place, hours: Hours) -> dict[str, Programme]:
    """The programmes that the section describes, by name. Raises DataError with file, key and what to do."""
    if given in (None, ""):
        return {}
    if not isinstance(given, dict):
        raise where.wrong("must be a mapping of names to programmes")
    return {name: _programme(name, each, where / name, hours) for name, each in given.items()}


def _programme(name: str, given: Any, where: Place, hours: Hours) -> Programme:
    if len(name) > 20 or name == "all":
        raise where.wrong("a programme needs a name of at most 20 letters, and not `all`")
    _only(given, PROGRAMME, where)
    for key in ("title", "lasts", "steps"):
        if not given.get(key):
            raise (where / key).wrong("is missing")
    starts = given.get("starts", ENROLLED)
    if starts not in (ENROLLED, FULFILLED):
        raise (where / "starts").wrong(
            "%(starts)r is neither %(enrolled)s (by staff) nor %(fulfilled)s (after a visit)",
            starts=starts,
            enrolled=ENROLLED,
            fulfilled=FULFILLED,
        )
    services = given.get("services", [])
    if not isinstance(services, list) or (services and starts != FULFILLED):
        raise (where / "services").wrong(
            "must be a list of kinds of visits, and only where `starts: %(fulfilled)s`", fulfilled=FULFILLED
        )
    lasts = read_span(given["lasts"], where / "lasts")
    if not DAY <= lasts <= LONGEST:
        raise (where / "lasts").wrong("%(value)r must be between 1 d and %(days)s d", value=given["lasts"], days=LONGEST.days)
    questions = _questions(given["steps"], where / "steps", hours)
    if late := next((each.name for each in questions if each.after is not None and each.after >= lasts), None):
        raise (where / "lasts").wrong("%(value)r ends before the step %(late)r; make it longer", value=given["lasts"], late=late)
    usual = Programme(name=name, title="", questions=(), lasts=lasts)
    return Programme(
        name=name,
        title=str(given["title"])[:60],
        questions=questions,
        lasts=lasts,
        starts=starts,
        services=frozenset(services),
        texts=_count(given["texts"], where / "texts") if "texts" in given else None,
        silent=_or_never(given, "silent", usual.silent, where),
        missed=_or_never(given, "missed", usual.missed, where),
        again=read_span(given["again"], where / "again") if "again" in given else usual.again,
        per_day=_count(given.get("per_day", str(usual.per_day)), where / "per_day"),
        per_week=_count(given.get("per_week", str(usual.per_week)), where / "per_week"),
    )


def _or_never(given: dict[str, Any], name: str, usual: int | None, where: Place) -> int | None:
    if name not in given:
        return usual
    return None if given[name] == NEVER else _count(given[name], where / name)


def _questions(given: Any, where: Place, hours: Hours) -> tuple[Question, ...]:
    if not isinstance(given, list):
        raise where.wrong('must be a list of steps such as {step: daily, at: ["09:00"], say: check_in.medicine, answers: …}')
    found = tuple(_question(each, where / f"step {number}", hours) for number, each in enumerate(given, 1))
    names = [each.name for each in found]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise where.wrong("two steps are called %(double)r; give each a name of its own", double=double)
    return found


def _question(given: Any, where: Place, hours: Hours) -> Question:
    _only(given, ("step", "after", "at", "days", "say", "answers"), where)
    if not given.get("step") or len(given["step"]) > 20:
        raise where.wrong("needs a name of at most 20 letters, such as `step: daily`")
    if ("after" in given) == ("at" in given):
        raise where.wrong('needs either `after: 1 d` or `at: ["09:00"]`')
    if given.get("say") not in NUMBERS:
        raise (where / "say").wrong("%(value)r is none of %(known)s", value=given.get("say"), known=", ".join(NUMBERS))
    if "days" in given and "at" not in given:
        raise (where / "days").wrong("belongs to a step with `at`")
    return Question(
        name=given["step"],
        say=given["say"],
        answers=_answers(given.get("answers"), NUMBERS[given["say"]].values(), where / "answers"),
        after=read_span(given["after"], where / "after") if "after" in given else None,
        clocks=tuple(_clock(each, where / "at", hours) for each in _list(given["at"], where / "at")) if "at" in given else (),
        days=frozenset(_days(given["days"], where / "days")) if "days" in given else EVERY_DAY,
    )


def _answers(given: Any, expected: Iterable[str], where: Place) -> dict[str, tuple[str, ...]]:
    """What each answer that the text offers does."""
    if not isinstance(given, dict) or set(given) != set(expected):
        raise where.wrong(
            "must tell what each of %(answers)s does, as a list; an empty one does nothing but record it", answers=", ".join(expected)
        )
    for answer, does in given.items():
        for each in _list(does, where / answer):
            if each not in DOES:
                raise (where / answer).wrong("%(value)r is none of %(known)s", value=each, known=", ".join(DOES))
    if END not in given.get("leave", [END]):
        raise (where / "leave").wrong("must `%(end)s` the programme, since the patient has said so", end=END)
    return {answer: tuple(does) for answer, does in given.items()}


def _clock(text: Any, where: Place, hours: Hours) -> time:
    try:
        clock = read_clock(text)
    except (TypeError, ValueError) as error:
        raise where.wrong('%(value)r must look like "09:00"', value=text) from error
    if not hours.opens <= clock < hours.closes:
        raise where.wrong(
            "%(value)r must lie within %(opens)s-%(closes)s, when texts may start (`reminders: between`)",
            value=text,
            opens=f"{hours.opens:%H:%M}",
            closes=f"{hours.closes:%H:%M}",
        )
    return clock


def _days(given: Any, where: Place) -> Iterator[int]:
    for day in _list(given, where):
        if day not in DAYS:
            raise where.wrong("%(value)r is none of %(known)s", value=day, known=", ".join(DAYS))
        yield DAYS.index(day)


def _list(given: Any, where: Place) -> list[Any]:
    if not isinstance(given, list):
        raise where.wrong("must be a list in [ ]")
    return given
