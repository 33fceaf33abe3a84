"""Languages whose words run together: numbers in letters, letters that stand for weekdays, days of the month by their mark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.understand.times.data import Item

COUNTERS = frozenset(("oclock", "date_mark", "unit", "minute"))
JOINERS = frozenset(("or", "and", "range"))
AHEAD = frozenset(("ahead", "within"))


def settle(items: list[Item]) -> list[Item]:
    """The items with their letters read as what they are beside the others; those of a language without such stay."""
    return _marked(_numbered(_weekdays(items)))


def without_strays(items: list[Item], starts: list[int], heads: list[bool]) -> list[Item]:
    """Korean: one syllable in the middle of an unknown word means nothing, unless it counts a number.

    starts: the token with which each item begins; heads: whether each token begins a word.
    """
    result = list(items)
    for at, item in enumerate(items):
        if len(item.text) != 1 or not "\uac00" <= item.text <= "\ud7a3" or _has(items, at - 1, "number", "numeral"):
            continue
        inside = not heads[starts[at]]
        follows = at + 1 < len(items) and not heads[starts[at + 1]] and _syllable(items[at + 1])
        if (inside and not items[at - 1].senses) or (follows and not items[at + 1].senses):
            result[at] = Item(item.text)
    return result


def _syllable(item: Item) -> bool:
    return "\uac00" <= item.text[0] <= "\ud7a3"


def _has(items: list[Item], at: int, *kinds: str) -> bool:
    return 0 <= at < len(items) and not items[at].senses.keys().isdisjoint(kinds)


def _joins(items: list[Item], at: int) -> bool:
    return 0 <= at < len(items) and (bool(items[at].senses.keys() & JOINERS) or items[at].senses.get("sign") in (",", "、", "/", "-"))


def _weekdays(items: list[Item]) -> list[Item]:
    """The letters in "周一三五", "月水金", "월, 수": weekdays beside another one, never before what counts."""
    result = list(items)
    short = [at for at, item in enumerate(items) if "weekday_letter" in item.senses and not _counts(items, at)]
    for at in short:
        near = [at - 1, at - 2] if _joins(items, at - 1) else [at - 1]
        alone = _has(items, at, "numeral", "number")  # what is a number as well needs a weekday before it
        if _has(items, at, "number") and not _joins(items, at - 1):
            continue  # "thứ 6 3 giờ"
        if not alone:
            near += [at + 1, at + 2] if _joins(items, at + 1) else [at + 1]
        bracketed = 0 < at < len(items) - 1 and (items[at - 1].text, items[at + 1].text) == ("(", ")")
        beside = [each for each in near if _has(result, each, "weekday") or (not alone and each in short)]
        parted = _has(items, at + 1, "part") or (_has(items, at + 1, "of") and _has(items, at + 2, "part"))
        weekly = _has(items, at - 1, "unit", "week") and (at + 1 == len(items) or bool(items[at + 1].senses))  # "다음 주 수"
        if beside or bracketed or ((parted or weekly) and not alone):
            result[at] = Item(items[at].text, {"weekday": (items[at].senses["weekday_letter"][0], False)})
    return result


def _counts(items: list[Item], at: int) -> bool:
    """Whether what stands behind counts a number, so that the item is one, or belongs to one."""
    return _has(items, at + 1, *COUNTERS) or (_has(items, at - 1, "number") and _has(items, at, *COUNTERS))


def _numbered(items: list[Item]) -> list[Item]:
    """Numbers in letters, from the last to the first, for what stands behind tells whether they are any."""
    result: list[Item] = []  # from the last to the first
    at = len(items) - 1
    while at >= 0:
        start = at
        while start >= 0 and "numeral" in items[start].senses:
            start -= 1
        if start == at:
            result.append(items[at])
            at -= 1
            continue
        behind = list(reversed(result[-2:]))
        result += reversed(_run(items[start + 1 : at + 1], behind, counted=start >= 0 and _has(items, start, "number")))
        at = start
    return result[::-1]


def _run(run: list[Item], behind: list[Item], *, counted: bool) -> list[Item]:
    """A run of letters for numbers, cut into numbers and marks. counted: a number in digits stands before it."""
    if counted and "date_mark" in run[0].senses:  # the 일 of "15일"
        return [_plain(run[0]), *(_run(run[1:], behind, counted=False) if len(run) > 1 else [])]
    marked = _has(behind, 0, *COUNTERS)
    if not marked and len(run) > 1 and "date_mark" in run[-1].senses:  # the 일 of "이십일"
        return [*_run(run[:-1], [_plain(run[-1]), *behind], counted=False), _plain(run[-1])]
    cut = next((at for at in range(1, len(run) - 1) if "date_mark" in run[at].senses and _digits(run, at - 1, at)), None)
    if cut is not None:  # "십오일일곱시"
        return _run(run[: cut + 1], [], counted=False) + _run(run[cut + 1 :], behind, counted=False)
    values = _values([item.senses["numeral"] for item in run])
    joined = _joins(behind, 0) and _has(behind, 1, "number", "ordinal")
    text = "".join(item.text for item in run)
    if len(values) == 1 and (marked or joined or len(run) > 1):
        return [Item(text, {"number": values[0]})]
    if len(values) == 2 and values[1] == values[0] + 1 and _has(behind, 0, "unit"):  # "两三天"
        return [Item(text, {"few": True})]
    if len(values) == 2 and values[1] == values[0] + 1 and marked:  # "三四点"
        return [Item(text, {"number": values[0]}), Item("", {"range": True}), Item(text, {"number": values[1]})]
    return [_plain(item) for item in run]


def _digits(run: list[Item], *at: int) -> bool:
    return all(run[each].senses["numeral"] < 10 for each in at)


def _plain(item: Item) -> Item:
    senses: Mapping[str, Any] = {kind: value for kind, value in item.senses.items() if kind != "numeral"}
    return Item(item.text, senses)


def _values(parts: list[int]) -> list[int]:
    """2, 10, 3 → 23; 20, 1 → 21; 3, 4 → 3 and 4."""
    found: list[int] = []
    last = 0
    for value in parts:
        if value == 10 and 0 < last < 10:
            found[-1] *= 10
            last = 10
        elif value < 10 and last >= 10:
            found[-1] += value
            last = value
        else:
            found.append(value)
            last = value
    return found


def _marked(items: list[Item]) -> list[Item]:
    """The "号" of "15号" makes it a day of the month, and so the 14 of "14或15号"."""
    result: list[Item] = []
    for at in range(len(items) - 1, -1, -1):
        item = items[at]
        number = item.senses.get("number")
        behind = result[-1] if result else None
        if number and number <= 31 and behind and "date_mark" in behind.senses and not _distance(behind, result[-2:-1]):
            result[-1] = Item(f"{number}{behind.text}", {"ordinal": number, "dated": True})
        elif number and number <= 31 and _listed(result) and number < result[-2].senses["ordinal"]:
            result.append(Item(f"{number}", {"ordinal": number, "dated": True}))
        else:
            result.append(item)
    return result[::-1]


def _distance(mark: Item, behind: list[Item]) -> bool:
    """Whether "3日" is a distance, for "later" or "within" stands behind."""
    if "unit" not in mark.senses or not behind:
        return False
    return "ahead" in behind[0].senses or behind[0].senses.get("span") == "within"


def _listed(result: list[Item]) -> bool:
    """Whether a joiner and a day of the month stand behind."""
    return len(result) > 1 and _joins([result[-1]], 0) and "dated" in result[-2].senses
