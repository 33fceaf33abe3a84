"""What stands ahead of a negation or an approval, and the kinds of marks that decide what they reach."""

from __future__ import annotations

from bot.understand.times.data import Days, Mark, Signed, Window
from bot.understand.times.scan import Element

NEGATIONS = frozenset({"neg", "neg_near", "neg_after", "nor"})
GOOD = frozenset({"good_before", "good_after"})
ENDS = frozenset({"break", "clause", "reason", "but"})


def next_element(elements: list[Element], at: int) -> Element | None:
    """The next element behind a position that is more than a word."""
    return next((each for each in elements[at + 1 :] if not (isinstance(each, Mark) and each.kinds == {"word"})), None)


def atom_ahead(elements: list[Element], at: int) -> bool:
    """Whether the clause still names days or windows from a position on."""
    for element in elements[at:]:
        if isinstance(element, Mark):
            if element.kinds & (ENDS | GOOD | {"comma"}):
                return False
        else:
            return True
    return False


def list_goes_on(elements: list[Element], at: int, kind: type[Days] | type[Window]) -> bool:
    """Whether at least two more days, or windows, follow: "not monday, tuesday or friday"."""
    count = 0
    for element in elements[at + 1 :]:
        if not isinstance(element, Mark):
            count += isinstance(element, kind)
        elif "nor" in element.kinds:
            return True
        elif element.kinds & (ENDS | NEGATIONS | GOOD):
            break
    return count > 1


def corrects(elements: list[Element], at: int) -> bool:
    """Whether another day or window stands behind a position, and nothing but approval between."""
    for element in elements[at + 1 :]:
        if not isinstance(element, Mark):
            return True
        if element.kinds & NEGATIONS and "correction" not in element.kinds:
            return False
    return False


def asked(elements: list[Element], at: int, found: list[Signed]) -> bool:
    """Whether a negation ends its clause behind days or windows that were approved of: "có thể thứ tư không" asks for Wednesday."""
    after = elements[at + 1] if at + 1 < len(elements) else None
    ends = after is None or (isinstance(after, Mark) and bool(after.kinds & {"comma", "break"}))
    return ends and bool(found) and all(not each.no and (each is found[0] or each.sep in ("", "or")) for each in found)


def both_ends(found: list[Signed], after: Element | None) -> bool:
    """Whether days or windows that are open to one side stand on both sides. found: the last one before, if any."""
    before = found[-1].atom if found else None
    if isinstance(before, Window) and isinstance(after, Window) and before.end is None and after.start is None:
        return (before.start or 0) < (after.end or 0)
    return all(isinstance(each, Days) and each.flipped is not None for each in (before, after))


def swallows(elements: list[Element], at: int, kinds: frozenset[str], denial: frozenset[str]) -> bool:
    """Whether an approval is what is denied ("not good", "don't want"), unlike "no, better tuesday"."""
    if "verb" in kinds and "neg" in denial:
        return True
    if "good_before" not in kinds:
        return True
    ahead = elements[at + 1] if at + 1 < len(elements) else None
    return "good_after" in kinds and not isinstance(ahead, Days | Window)


def wide(days: Days) -> bool:
    """Whether days are more than a patient would list."""
    return days.kind in ("any", "stretch") or len(days.days) > 4


def single(atom: Days | Window) -> bool:
    """Whether it is a window, or a day or two."""
    return isinstance(atom, Window) or not wide(atom)


def one_sided(atom: Days | Window) -> bool:
    """Whether it is a window that is open to one side."""
    return isinstance(atom, Window) and (atom.start is None) is not (atom.end is None)


def apart(one: Element, other: Element) -> bool:
    """Whether both are weeks, months or the like, and share no day."""
    return isinstance(one, Days) and isinstance(other, Days) and one.kind == other.kind == "stretch" and not one.days & other.days


def alike(one: Element, other: Element) -> bool:
    """Whether both are single days."""
    return all(isinstance(each, Days) and each.kind in ("weekday", "date") for each in (one, other))
