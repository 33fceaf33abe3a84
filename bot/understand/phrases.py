"""Reading the phrases that the reader learns from (`intents/LANG/phrases/*.yaml`) and the sentences that test it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bot.errors import DataError
from bot.understand.labels import known
from bot.understand.normalise import fold
from bot.understand.types import Context
from bot.yamlfile import read_nodes

KEYS = {"means", "context", "also", "phrases", "choice"}
ANYWHERE = frozenset(Context)


@dataclass(frozen=True)
class Phrase:
    """One message with what it means. labels: acts, with details as act.detail; also: labels that a careful reader would accept.

    contexts: what the bot may have sent before; choice: the option picked, in test sentences.
    """

    text: str
    labels: frozenset[str]
    also: frozenset[str]
    contexts: frozenset[Context]
    choice: int | None
    file: str
    line: int


def load_phrases(folder: Path, *, root: Path | None = None) -> list[Phrase]:
    """Every phrase of a folder's files (or of one file). Raises DataError with file and line: unknown label, a phrase in two
    intents, anything that is not in the format."""
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else [folder]
    found: list[Phrase] = []
    for path in files:
        shown = str(path.relative_to(root)) if root else str(path)
        node = read_nodes(path)
        if not isinstance(node, yaml.SequenceNode):
            raise DataError(f"{shown}:1: a phrase file is a list of groups, each beginning with `- means:`")
        for group in node.value:
            found += _group(group, shown)
    found = _narrowed(found)
    _no_contradiction(found)
    return found


def _narrowed(phrases: list[Phrase]) -> list[Phrase]:
    """A phrase that means the same anywhere gives way where another group says what it means in a context."""
    said: dict[str, set[Context]] = {}
    for phrase in phrases:
        if phrase.contexts != ANYWHERE:
            said.setdefault(fold(phrase.text), set()).update(phrase.contexts)
    narrowed = []
    for phrase in phrases:
        left = phrase.contexts - said.get(fold(phrase.text), set()) if phrase.contexts == ANYWHERE else phrase.contexts
        narrowed.append(replace(phrase, contexts=left) if left != phrase.contexts else phrase)
    return narrowed


def _group(node: yaml.Node, file: str) -> list[Phrase]:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise DataError(f"{file}:{line}: a group needs `means:` and `phrases:`")
    parts = {key.value: value for key, value in node.value}
    if unknown := set(parts) - KEYS:
        raise DataError(f"{file}:{line}: unknown key {', '.join(sorted(unknown))}; known are {', '.join(sorted(KEYS))}")
    for name in ("means", "phrases"):
        if name not in parts:
            raise DataError(f"{file}:{line}: the group has no `{name}:`")
    labels = frozenset(part.strip() for part in parts["means"].value.split("+"))
    also = _list(parts.get("also"))
    for label in labels:
        if not known(label):
            raise DataError(f"{file}:{line}: {label!r} is no label of intents/meaning.yaml")
    contexts = _list(parts.get("context"))
    if wrong := contexts - {context.value for context in Context}:
        raise DataError(f"{file}:{line}: {', '.join(wrong)!r} is no context; known are {', '.join(Context)}")
    choice = parts["choice"].value if "choice" in parts else None
    first = parts["phrases"].start_mark.line + 2
    return [
        Phrase(
            text=text.strip(),
            labels=labels,
            also=also,
            contexts=frozenset(Context(context) for context in contexts) or ANYWHERE,
            choice=int(choice) if choice else None,
            file=file,
            line=first + number,
        )
        for number, text in enumerate(parts["phrases"].value.split("\n"))
        if text.strip()
    ]


def _list(node: yaml.Node | None) -> frozenset[str]:
    return frozenset(part.strip() for part in node.value.split(",") if part.strip()) if node is not None else frozenset()


def _no_contradiction(phrases: list[Phrase]) -> None:
    seen: dict[tuple[str, Context], Phrase] = {}
    for phrase in phrases:
        for context in phrase.contexts:
            other = seen.setdefault((fold(phrase.text), context), phrase)
            if other is not phrase and other.labels != phrase.labels:
                raise DataError(
                    f"{phrase.file}:{phrase.line}: {phrase.text!r} means {' + '.join(sorted(phrase.labels))} here, but "
                    f"{' + '.join(sorted(other.labels))} in {other.file}:{other.line} (context {context})"
                )
