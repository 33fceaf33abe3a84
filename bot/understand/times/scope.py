"""What each negation and each approval reaches: days and windows with whether they are ruled out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.understand.times.ahead import (
    ENDS,
    GOOD,
    NEGATIONS,
    alike,
    apart,
    asked,
    atom_ahead,
    both_ends,
    corrects,
    list_goes_on,
    next_element,
    one_sided,
    single,
    swallows,
    wide,
)
from bot.understand.times.data import Days, Mark, Signed, Window
from bot.understand.times.scan import Element


@dataclass
class Scope:
    """Walks over elements from left to right. pending: the negation that still reaches forward, "" for none."""

    elements: list[Element]
    follows: bool  # the language puts its negation behind what it denies
    listing: bool = False  # and so behind a whole list: "周三，周四没空"
    asks: bool = False  # a negation that ends a clause makes a question of it
    found: list[Signed] = field(default_factory=list)
    doubtful: bool = False
    pending: str = ""
    favoured: int = 99  # what was found before the last approval; what follows it is wanted
    reason: bool = False  # what follows tells why, not when
    lost: bool = False  # an exception and a denial of which nobody can tell what they leave
    denial: int | None = None  # position of a denial that has found nothing to deny
    excepted: int | None = None  # where what is excepted begins in what was found
    caught: bool = False  # the pending negation has found what it denies
    sep: str = ""

    def read(self) -> tuple[list[Signed], bool]:
        """The days and windows with their signs, and whether a negation could not be placed for sure."""
        at = 0
        while at < len(self.elements):
            element = self.elements[at]
            if isinstance(element, Mark):
                at = self._mark(at, element)
            else:
                self._atom(element)
                at += 1
        return ([] if self.lost else self.found), self.doubtful

    def _atom(self, atom: Days | Window) -> None:
        if self.reason and any(not each.no for each in self.found):
            return
        self.doubtful = self.doubtful or (isinstance(atom, Days) and atom.doubtful)
        last = self.found[-1] if self.found and not self.sep else None
        if self.pending and isinstance(atom, Days) and last and last.no and one_sided(last.atom):
            self.pending = ""  # "not before 10 on monday": a Monday, from 10
        if self.pending == "neg" and self.caught and last and apart(last.atom, atom):
            self.pending, self.sep = "", "break"  # "not this week next week"
        if self.pending == "instead" and self.caught and last and isinstance(atom, Days):
            self.pending, self.sep = "", "break"  # "instead of tuesday thursday"
        if self.pending == "except" and self.caught and isinstance(atom, Days) and atom.kind == "any":
            self.pending = ""  # "next week, except monday, any morning"
            return
        part = isinstance(atom, Window) and None not in (atom.start, atom.end) and atom.start != atom.end
        clock_after_days = self.pending == "except" and self.caught and isinstance(atom, Window) and not part
        if clock_after_days:  # "any day but friday after 3"
            self.pending, self.doubtful = "", True
        self.found.append(Signed(atom, no=bool(self.pending), sep=self.sep if self.found else ""))
        self.caught, self.sep = self.caught or bool(self.pending), ""

    def _mark(self, at: int, mark: Mark) -> int:
        kinds = mark.kinds
        if ("correction" in kinds and self._corrected(at)) or ("than" in kinds and self._rather(at)):
            return at + 1
        self.reason = "reason" in kinds or (self.reason and not kinds & (GOOD | ENDS))
        if kinds & GOOD and (self._denied_behind(at) or not self._good(at, kinds)):  # "शुक्रवार ठीक नहीं"
            return at + 1
        if self._exception(at, kinds):
            return at + 1
        if "nor" in kinds and isinstance(next_element(self.elements, at), Days | Window):
            self.pending, self.caught, self.sep = self.pending or "neg", self.caught and bool(self.pending), "or"
        elif kinds & NEGATIONS and not self._denies_nothing(at):
            return self._negation(at, kinds)
        elif (
            kinds & {"but", "and"}
            and "or" not in kinds
            and not self.pending
            and both_ends(self.found[-1:], next_element(self.elements, at))
        ):
            self.sep = ""  # "after the 15th but before the 20th"
        elif kinds & ENDS:
            self.pending, self.sep, self.denial, self.excepted = "", "break", None, None
        elif "comma" in kinds:
            self._comma(at)
        elif kinds & {"or", "and"}:
            self.sep = "or" if self.sep != "break" else self.sep
        return at + 1

    def _rather(self, at: int) -> bool:
        """ "better tuesday than monday"."""
        approved = any(isinstance(each, Mark) and each.kinds & GOOD for each in self.elements[:at])
        following = self.elements[at + 1] if at + 1 < len(self.elements) else None
        if not approved or not self.found or self.found[-1].no or self.sep or not isinstance(following, Days | Window):
            return False
        self.pending, self.caught, self.sep = "neg", False, "break"
        return True

    def _corrected(self, at: int) -> bool:
        """ "Tuesday, no wait, Wednesday": takes back what was found; True when the mark does. Of more than one it is not sure which."""
        if not self.found or not corrects(self.elements, at):
            return False
        self.doubtful = self.doubtful or len(self.found) > 1 or self.found[0].no or not single(self.found[0].atom)
        self.found, self.pending, self.sep, self.denial, self.excepted = [], "", "", None, None
        return True

    def _exception(self, at: int, kinds: frozenset[str]) -> bool:
        """Applies a word that takes out what follows or what stands before it; True when the mark is one."""
        if "except" in kinds and self._only_these(at):
            self.pending, self.sep = "", "break"
        elif "except_after" in kinds and self.found and self.sep != "break":
            self._mark_back(no=True, framed=True, single="instead" in kinds)
            self.excepted = next((at for at in range(len(self.found)) if all(each.no for each in self.found[at:])), None)
            self.pending, self.sep = "", "break"
        elif "instead" in kinds:
            self.pending, self.caught, self.sep = "instead", False, "break"
        elif "except" in kinds or ("but" in kinds and self._excepts(at)):
            self.pending, self.caught, self.sep = "except", False, "break"
            self.excepted = len(self.found) if "except" in kinds else None
        else:
            return False
        return True

    def _only_these(self, at: int) -> bool:
        """ "I can't, except friday", "no day except friday": what follows is wanted, not ruled out."""
        if self.found:
            last = self.found[-1]
            if last.no and self.pending == "neg" and not self.sep:
                kind = last.atom.kind if isinstance(last.atom, Days) else ""
                self.lost = self.lost or kind not in ("any", "stretch")
                self.found[-1:] = [replace(last, no=False)] if kind == "stretch" else []
                return True
            return False
        if self.denial is None:
            return False
        between = [each for each in self.elements[self.denial : at] if isinstance(each, Mark) and each.kinds == {"word"}]
        self.lost = self.lost or bool(between)
        return True

    def _denied_behind(self, at: int) -> bool:
        """Whether the language puts its negation behind, and one follows an approval at once."""
        following = self.elements[at + 1] if self.follows and at + 1 < len(self.elements) else None
        return isinstance(following, Mark) and bool(following.kinds & {"neg", "neg_after"}) and not following.kinds & GOOD

    def _excepts(self, at: int) -> bool:
        """ "any day but friday", unlike "friday but not at 3"."""
        following = next_element(self.elements, at)
        if not isinstance(following, Days) or following.flipped is not None or self.sep:
            return False
        if not self.found:  # "... but wednesday": what it is taken from was not understood
            approved = any(isinstance(each, Mark) and each.kinds & (GOOD | NEGATIONS) for each in self.elements)
            self.doubtful = True
            return not approved
        days = [each.atom for each in self.found if isinstance(each.atom, Days)]
        return not days or any(wide(each) and (following.every or following.days) & each.days for each in days)

    def _comma(self, at: int) -> None:
        if self.sep not in ("or", "break"):
            self.sep = "comma"
        if not self.pending:
            return
        if not self.caught:  # "no, monday": an answer to us; "i can't, monday"
            self.doubtful = self.doubtful or self.pending == "neg"
            self.pending = ""
            return
        following = next_element(self.elements, at)
        if isinstance(following, Window) and isinstance(self.found[-1].atom, Days):
            self.pending, self.sep = "", "break"
        elif isinstance(following, Days | Window):
            self.doubtful = True
            if self.pending != "except" and not list_goes_on(self.elements, at, type(self.found[-1].atom)):
                self.pending, self.sep = "", "break"  # "not monday, tuesday"

    def _negation(self, at: int, kinds: frozenset[str]) -> int:
        end = at + 1
        while end < len(self.elements) and isinstance(each := self.elements[end], Mark) and each.kinds & (NEGATIONS | GOOD | {"word"}):
            if each.kinds & (NEGATIONS | GOOD) and end > at + 2:
                break
            if each.kinds & GOOD and not each.kinds & NEGATIONS and not swallows(self.elements, end, each.kinds, kinds):
                break
            kinds, end = kinds | (each.kinds & NEGATIONS), end + 1
        if not self.found and kinds & {"neg", "neg_after"}:
            self.denial = at
        if self._denies_all_others(end):
            self.pending, self.sep = "", "break"
            return end
        if self.follows and not self.found and "neg_after" in kinds and not kinds & {"neg", "neg_near"} and end == at + 1:
            self.lost = end < len(self.elements) and isinstance(self.elements[end], Days | Window)  # "नहीं सोमवार को"
        before = bool(self.found) and self.sep in ("", "or") and not self.found[-1].sealed and not (self.pending and self.caught)
        after = self.elements[end] if end < len(self.elements) else None
        ahead = isinstance(after, Days | Window)
        if before and self.sep == "" and (not ahead or self._denies_before(end, kinds)):
            self._mark_back(no=True)
            self.pending, self.sep = "", "break"
        elif ahead or atom_ahead(self.elements, end):
            self.pending = "neg_near" if "neg_near" in kinds and not kinds & {"neg", "neg_after"} else "neg"
            self.caught, self.sep = False, self.sep or "break"
        elif self.found:  # nothing beside it: "monday, i can't"; or why: "i can't monday, i work, wednesday?"
            self.doubtful, self.pending = self.doubtful or not self.found[-1].no, ""
            self._mark_back(no=True)
        return end

    def _denies_nothing(self, at: int) -> bool:
        """Whether a negation tells why what was wished for is ("after 3 because i work"), or asks for it."""
        tells_why = self.reason and not all(each.no for each in self.found)
        return tells_why or (self.asks and asked(self.elements, at, self.found[self.favoured :]))

    def _denies_all_others(self, at: int) -> bool:
        """ "금요일 빼고는 안 돼요", "शुक्रवार के अलावा किसी दिन नहीं": a denial behind an exception leaves that alone."""
        if self.found and self.sep == "or" and not self.listing and at == len(self.elements):
            return True  # "saturday or nothing"
        if self.excepted is None or atom_ahead(self.elements, at):
            return False
        before, these = self.found[: self.excepted], self.found[self.excepted :]
        wanted = [each for each in these if not (isinstance(each.atom, Days) and each.atom.kind == "any")]
        if not wanted or not all(each.no for each in wanted):
            return False
        self.lost = self.lost or any(not isinstance(each.atom, Days) or each.atom.kind == "any" for each in before)
        self.found = [*before, *(replace(each, no=False) for each in wanted)]
        return True

    def _denies_before(self, at: int, kinds: frozenset[str]) -> bool:
        """Between two of a kind: which one is denied?"""
        last, following = self.found[-1].atom, self.elements[at]
        if isinstance(following, Window) and isinstance(last, Days) and ("neg_after" not in kinds or "neg" in kinds):
            return False  # "monday not before 3"
        for element in self.elements[at:]:
            if isinstance(element, Mark) and element.kinds & (GOOD | NEGATIONS | ENDS | {"comma"}):
                if element.kinds & GOOD:
                    return True  # "tuesday i can't thursday works"
                break
        if isinstance(last, Days) and wide(last) and "neg_after" not in kinds and not apart(last, following):
            return False  # "weekdays no fridays"
        if "neg_after" in kinds or self.follows or ("neg" not in kinds and isinstance(following, Days)):
            self.doubtful = self.doubtful or not self.follows
            return True
        return False

    def _good(self, at: int, kinds: frozenset[str]) -> bool:
        """Applies an approval; True when the mark means something else as well."""
        following = next_element(self.elements, at)
        ahead = isinstance(following, Days | Window) or "good_after" not in kinds
        behind = bool(self.found) and self.sep in ("", "comma") and "good_after" in kinds
        if behind and not (ahead and self.found[-1].no and "good_before" in kinds):
            if self.found[-1].no and (self.pending or self.sep == ""):
                self._approve_last()
            self.found = [replace(each, sealed=True) for each in self.found]
        self.favoured = len(self.found) if "good_before" in kinds and ahead else self.favoured
        self.pending, self.sep, self.denial, self.excepted = "", "break", None, None
        return bool(kinds & NEGATIONS)

    def _approve_last(self) -> None:
        """ "not monday tuesday is better": the last days are wanted after all."""
        index = max((at for at, each in enumerate(self.found) if isinstance(each.atom, Days)), default=0)
        single = index == 0 or not self.found[index - 1].no
        if single and self.pending == "except":
            return
        self.doubtful = self.doubtful or (single and self.pending == "neg")
        changed = [replace(each, no=False) for each in self.found[index:]]
        self.found[index:] = [replace(changed[0], sep="break" if index else ""), *changed[1:]]

    def _mark_back(self, *, no: bool, framed: bool = False, single: bool = False) -> None:
        """Marks the last list: what is joined by "or"; over commas only where an "or" shows that it is a list.

        framed: a week or month before the list is what it is taken from. single: what stands before it unjoined is not meant.
        """
        joined, last = False, len(self.found) - 1
        for index in range(len(self.found) - 1, -1, -1):
            each = self.found[index]
            frames = framed and index < last and isinstance(each.atom, Days) and each.atom.kind == "stretch"
            if each.sealed or ((frames or (single and index < last)) and not self.found[index + 1].sep):
                return
            self.found[index] = replace(each, no=no)
            joined = joined or each.sep == "or"
            listed = each.sep == "comma" and self.listing and 0 < index <= self.favoured
            if listed and not joined and alike(self.found[index - 1].atom, each.atom):
                self.doubtful = True
            elif each.sep == "break" or (each.sep == "comma" and not joined):
                return
