"""Word lists of one language that are matched exactly, folded: commands, picks, people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.errors import DataError
from bot.understand.normalise import fold, tokens, words
from bot.yamlfile import read_yaml

KEYWORDS = (
    "opt_out", "opt_out_cancel", "opt_in", "help", "undo", "status", "docs", "new",
    "fewer", "visits_only", "all_texts", "off_list", "yes", "no",
)  # fmt: skip
TURN = "turn"  # words of people.yaml with which what is said of the next one begins: "but", "and"
COMPARED = "compared"  # words of people.yaml by which another visit is only compared with one's own: "the same time as mine"
OWNER = "owner"  # words of people.yaml that mean "my" behind somebody else: "anak ko"
# Of people.yaml: tells of nobody but whoever writes, or of all.
NOT_OTHERS = frozenset({"self", "self_among_others", "all", TURN, COMPARED})
KIND = "visit."  # of choices.yaml: before the name of a service, whose words tell that kind of visit: "the blood test"
PICKS = ("1", "2", "3", "last", "earliest", "latest", "left", "beside")


@dataclass(frozen=True)
class Lexicon:
    """keywords: folded text → group; picks: folded words → which option; left: words for the one that is left, long ones first;
    beside: words that change nothing; kinds: folded words → service; people: folded words → relation;
    owners: words for "my" that stand behind a person."""

    keywords: dict[str, str]
    picks: dict[str, str]
    left: tuple[str, ...]
    beside: frozenset[str]
    kinds: dict[str, str]
    people: dict[str, str]
    owners: tuple[str, ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        """The words for somebody else than whoever writes."""
        return tuple(word for word, relation in self.people.items() if relation not in NOT_OTHERS)

    @cached_property
    def turns(self) -> frozenset[str]:
        """The words with which something else begins."""
        return frozenset(word for word, relation in self.people.items() if relation == TURN)

    @cached_property
    def owned(self) -> re.Pattern[str] | None:
        """Finds the word for somebody else before a word for "my", where the language puts that behind."""
        owners = "|".join(map(re.escape, self.owners))
        others = "|".join(map(re.escape, sorted(self.others, key=len, reverse=True)))
        return re.compile(f"(?<= )({others}) (?:{owners})(?= )") if owners else None

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """The words by which one's own visit is only compared, long ones first."""
        return tuple(sorted((word for word, relation in self.people.items() if relation == COMPARED), key=len, reverse=True))


def load_lexicon(folder: Path) -> Lexicon:
    """Reads keywords.yaml, choices.yaml and people.yaml of a language's folder; raises DataError."""
    picks = _table(folder / "choices.yaml", PICKS)
    apart = {group: [word for word, which in picks.items() if which == group] for group in ("left", "beside")}
    return Lexicon(
        keywords=_keywords(folder / "keywords.yaml"),
        picks={word: which for word, which in picks.items() if which not in apart and not which.startswith(KIND)},
        left=tuple(sorted(apart["left"], key=len, reverse=True)),
        beside=frozenset(apart["beside"]),
        kinds={word: which.removeprefix(KIND) for word, which in picks.items() if which.startswith(KIND)},
        people=_table(folder / "people.yaml", None),
        owners=tuple(filter(None, map(squeeze, (read_yaml(folder / "people.yaml") or {}).get(OWNER, "").split(",")))),
    )


def squeeze(text: str) -> str:
    """A text without case, accents, spaces doubled and punctuation: how keywords are compared."""
    folded = fold(text)
    return " ".join(words(folded)) or "".join(token for token in tokens(folded) if not token.isascii())[:2].rstrip("\ufe0f")


def _keywords(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for group, block in (read_yaml(path) or {}).items():
        if group not in KEYWORDS:
            raise DataError(f"{path}:1: {group!r} is none of {', '.join(KEYWORDS)}")
        for line in block.split("\n"):
            if not line.strip():
                continue
            word = squeeze(line)
            if found.setdefault(word, group) != group:
                raise DataError(f"{path}:1: {line.strip()!r} stands in {group} and in {found[word]}")
    return found


def _table(path: Path, known: tuple[str, ...] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, listed in (read_yaml(path) or {}).items():
        if name == OWNER:
            continue  # they tell of whoever writes as well
        if known is not None and name not in known and not name.startswith(KIND):
            raise DataError(f"{path}:1: {name!r} is none of {', '.join(known)}")
        for word in listed.split(","):
            folded = squeeze(word)
            if folded and found.setdefault(folded, name) != name and name != "beside" and found[folded] != "beside":
                raise DataError(f"{path}:1: {word.strip()!r} stands in {name} and in {found[folded]}")
    return found
