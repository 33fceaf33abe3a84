"""The sentences of the staff's pages: found in templates and code, kept in `locales/*/LC_MESSAGES/staff.po`, and checked."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract
from werkzeug.exceptions import Forbidden, NotFound

from bot.accounts import people, signing_in
from bot.accounts.types import ROLES
from bot.care import life, schedule
from bot.desk import barriers, explain, figures, further, meaning, newcomer, programmes, staff, summary, told, twin, work
from bot.desk.settings import fields, sections
from bot.desk.settings.fields import Checks, Choice, Group, Line, Named, Rows
from bot.desk.words import CATALOG
from bot.dialogue.items import KINDS
from bot.editing.catalog import renewed, save
from bot.ehr import cells
from bot.store import worklist
from bot.web import catchup, inbox, languages, person, pictures, search, single, visits, waitlist, words
from bot.web import programmes as programme_pages

# function → which of its arguments are sentences: those that translate at once, and those that keep a sentence for the page.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "say": None, "words": None, "many": (1, 2), "Said": None, "Refused": None, "Already": None, "TooMany": None, "Stale": None,
    "wrong": None, "abort": (2,), "Collision": None,
}  # fmt: skip
PATIENTS = ("dialogue", "understand")  # here `say` says something to a patient
JINJA = {"newstyle_gettext": "true", "extensions": "jinja2.ext.i18n"}
GAP = re.compile(r"%\((\w+)\)[sr]|%%")
# Tables from codes to what people read, and lists of it, which are translated where they are shown.
TABLES: tuple[Mapping[Any, str], ...] = (
    work.OUTCOMES, barriers.STAGES, staff.CALLS, programmes.AGREED, explain.RULES, explain.DONE, explain.SOURCES, search.STATES,
    explain.ANSWERED, further.CAME, further.SOLVED,
    meaning.URGENT, meaning.KEYWORDS, twin.GAPS,
    meaning.TOPICS, meaning.BARRIERS, meaning.TOLD, figures.STATES, figures.MOVES, figures.CAUSES, figures.KINDS,
    told.DID, told.CAUSES, told.HOLDS,
    told.BESIDE, summary.DID, sections.TOLD, sections.GROUPS, sections.SENTENCES, fields.Span.units, words.SECTIONS, words.STATUS,
    words.VISITS, words.CHANGED, words.PARTICIPANTS, inbox.SNOOZES, languages.SHOWN, pictures.PERIODS, pictures.SAID, visits.DONE,
    programme_pages.ANSWERS, programme_pages.STATUS, schedule.GROUPS,
    sections.OF_THE_VISIT, life.HAPPENED, told.FIELDS, newcomer.HOW, newcomer.WRONG, cells.NUMBERS, person.EVENTS,
)  # fmt: skip
LISTS: tuple[Iterable[str], ...] = (
    told.REASONS, told.WAITING, meaning.EVERY, waitlist.WEEKDAYS, words.RELATIONS, ROLES,
    (meaning.DANGER, single.FAILED, schedule.MISSED, signing_in.WRONG, signing_in.UNKNOWN, people.USED_UP, worklist.UNKNOWN),
    (further.OPEN, str(NotFound.description), str(Forbidden.description)),
)  # fmt: skip
Found = tuple[str, ...]  # a sentence; or one for a single thing and one for several


def sentences(root: Path) -> dict[Found, list[str]]:
    """Every sentence, with the files that it stands in."""
    found: dict[Found, list[str]] = {}
    for path in sorted((root / "bot").rglob("*")):
        if path.relative_to(root).parts[1] in PATIENTS:
            continue
        for sentence in _in_file(path):
            found.setdefault(sentence, []).append(str(path.relative_to(root)))
    for sentence in _in_tables():
        found.setdefault(sentence, [])
    return {sentence: sorted(set(files)) for sentence, files in found.items()}


def _in_file(path: Path) -> Iterator[Found]:
    ways: dict[str, tuple[Any, Any, Any]] = {".py": (calls, KEYWORDS, {}), ".html": (babel_extract, DEFAULT_KEYWORDS, JINJA)}
    if path.suffix in ways:
        method, keywords, options = ways[path.suffix]
        with path.open("rb") as file:
            for _, message, *_ in extract(method, file, keywords=keywords, options=options):
                yield (message,) if isinstance(message, str) else tuple(message)


def calls(file: IO[bytes], keywords: Iterable[str], comment_tags: Iterable[str], options: Mapping[str, Any]) -> Iterator[Any]:
    """A method of extraction for Babel that finds calls within calls and within f-strings, too."""
    for node in ast.walk(ast.parse(file.read())):
        if not isinstance(node, ast.Call) or _name(node) not in keywords:
            continue
        several = [_texts(each) for each in node.args]
        if len(several) > 1:
            yield node.lineno, _name(node), tuple(next(iter(each), None) for each in several), []
        for text in several[0] if len(several) == 1 else ():
            yield node.lineno, _name(node), text, []


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "id", None) or getattr(call.func, "attr", ""))


def _texts(node: ast.expr) -> list[str]:
    """The sentences that an argument may be."""
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _in_tables() -> Iterator[Found]:
    """The words of tables, from codes to what people read, and of the fields of the settings."""
    for table in TABLES:
        yield from _each(table.values())
    for several in LISTS:
        yield from _each(several)
    yield from _each(word for pair in meaning.ACTS.values() for word in pair)
    yield from _each(kind.title for kind in KINDS.values())
    for section in sections.SECTIONS.values():
        yield from _each((section.title, section.what, section.noun, *section.names.values()))
        yield from _each(_of_fields(section.kind(())))
    for pairs in (inbox.SAID, catchup.SAID):
        yield from pairs.values()


def _each(words: Iterable[str]) -> Iterator[Found]:
    return ((word,) for word in words if word)


def _of_fields(kind: fields.Kind) -> Iterator[str]:
    if isinstance(kind, Group):
        for each in kind.fields:
            yield from (each.label, each.hint)
            yield from _of_fields(each.kind)
    elif isinstance(kind, Rows | Named):
        yield from (kind.noun, kind.label if isinstance(kind, Named) else "")
        yield from _of_fields(kind.kind)
    elif isinstance(kind, Choice | Checks):
        yield from () if kind is sections.ZONE else kind.options.values()
    elif isinstance(kind, Line):
        yield kind.unit


def update_staff_catalog(root: Path, language: str) -> str:
    """Brings the staff's catalogue of a language up to date: new sentences empty, old ones gone; gives how many are left."""
    path = path_of(root, language)
    catalog, old = renewed(path, language)
    for sentence, files in sentences(root).items():
        known = old.get(sentence[0])
        catalog.add(
            sentence if len(sentence) > 1 else sentence[0],
            known.string if known is not None and known.id == (sentence if len(sentence) > 1 else sentence[0]) else None,
            locations=[(file, 1) for file in files],
            flags=known.flags if known is not None else (),
        )
    save(catalog, path)
    left = sum(1 for message in catalog if message.id and not _done(message))
    return f"{path}: {len(catalog) - left} of {len(catalog)} translated"


def check(root: Path) -> list[str]:
    """What is wrong with the staff's catalogues."""
    said = sentences(root)
    return [fault for path in sorted((root / "locales").glob(f"*/LC_MESSAGES/{CATALOG}")) for fault in faults(path, said)]


def faults(path: Path, said: Collection[Found]) -> list[str]:
    """Sentences that a catalogue lacks, that nobody says any more, or that would break a page."""
    where = "/".join(path.parts[-4:])
    with path.open("rb") as file:
        known = {_key(message): message for message in read_po(file) if message.id}
    found = [f"{where}: {key[0]!r} is not there; run `flask --app app texts {path.parts[-3]}`" for key in said if key not in known]
    for key, message in known.items():
        here = f"{where}:{message.lineno}: {key[0]!r}"
        found += [f"{here} is said nowhere"] if key not in said else [f"{here} {what}" for what in _wrong(key, message)]
    return found


def _key(message: Message) -> Found:
    return tuple(message.id) if isinstance(message.id, tuple | list) else (str(message.id),)


def _done(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(strings) and not message.fuzzy


def _wrong(key: Found, message: Message) -> Iterator[str]:
    if not _done(message):
        yield "is not translated"
        return
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    for string in map(str, strings):
        gaps = {name for each in key for name in GAP.findall(each)}
        if not set(GAP.findall(string)) <= gaps or set(GAP.findall(key[-1])) - {*GAP.findall(string), "num"}:
            yield f"must have the gaps {sorted(gaps - {''})}"
        if "%" in GAP.sub("", string):
            yield "holds a % that is no gap: write %%"
        if marks(string) != marks(key[0]):
            yield 'must have the same tags as the English, and no " or < besides: it stands in a page as it is'


def marks(text: str) -> list[str]:
    """The tags of a sentence, and every other sign by which it could break the page that it stands in."""
    return sorted(re.findall(r'<[^<>]*>|[<>"]', text))


def path_of(root: Path, language: str) -> Path:
    """Where the words of the staff's pages stand in a language."""
    return root / "locales" / language / "LC_MESSAGES" / CATALOG
