"""`flask --app app scaffold LANGUAGE`: the files of a new language, empty, with the English beside each gap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bot.editing.catalog import update_catalog
from bot.errors import DataError
from bot.moments import in_cldr, language_name
from bot.texts import SOURCE
from bot.understand.phrases import ANYWHERE, Phrase, load_phrases
from bot.understand.times.vocabulary import SETTINGS
from bot.understand.types import Context
from bot.yamlfile import read_yaml

CODE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")  # BCP 47: a language, and a script where it has several
WORD_LISTS = ("keywords", "choices", "people", "danger", "told", "guards", "times")
LEAST = 8  # English phrases of a kind from which on a language should have its own
EXAMPLES = 6  # of them beside a gap
LINE = re.compile(r"(?P<indent> *)(?P<key>[^#\s][^:]*):(?: +(?P<value>[^\s#].*?))?(?P<comment>\s+#.*)?$")

Kind = tuple[tuple[str, ...], tuple[str, ...], frozenset[Context]]  # what a group means, what else one may read in it, after which text


def scaffold(root: Path, language: str) -> list[str]:
    """Writes what is missing of intents/LANGUAGE and locales/LANGUAGE; what is there stays as it is.

    Gives a line for each file. Raises DataError for what is no language code. A language without names of days and months in CLDR
    gets no times.yaml, for the reader of times begins with these.
    """
    if not CODE.fullmatch(language):
        raise DataError(f"{language}: a language is named like am, hmn or zh-Hant: by ISO 639, and a script where it has several")
    english, own = root / "intents" / SOURCE, root / "intents" / language.partition("-")[0]
    lists = [name for name in WORD_LISTS if name != "times" or in_cldr(language)]
    files = {own / f"{name}.yaml": emptied((english / f"{name}.yaml").read_text(encoding="utf-8")) for name in lists}
    told = meanings(root)
    acts = [label for label in told if "." not in label]
    phrases, sentences = load_phrases(english / "phrases"), load_phrases(english / "tests.yaml")
    for act in acts:
        files[own / "phrases" / f"{act}.yaml"] = "".join(_groups(phrases, act, told))
    tests = "".join(group for act in acts for group in _groups(sentences, act, told, single=True))
    files[own / "tests.yaml"] = "# Sentences that test the reader. It never learns from them, so none may be a phrase too.\n" + tests
    written = [line for path, text in files.items() if (line := _write(path, text, root, language))]
    return [*written, update_catalog(root / "locales", language)]


def meanings(root: Path) -> dict[str, str]:
    """Every label that a phrase may have, with what it means in English; labels with a detail behind their act."""
    data = read_yaml(root / "intents" / "meaning.yaml")
    details = {"ask": data["topics"], "barrier": data["barriers"], "urgent": data["urgent"]}
    found = {}
    for act, about in {**data["acts"], "urgent": "danger to life"}.items():
        found[act] = about
        found |= {f"{act}.{name}": meant for name, meant in details.get(act, {}).items()}
    return found


def emptied(yaml: str) -> str:
    """A word list without its words: they stand as comments behind or above the place for the translation."""
    return "\n".join(_emptied(yaml.splitlines())) + "\n"


def _emptied(lines: Iterable[str]) -> Iterator[str]:
    block, commented = "", False  # the `key: |` that waits for its English to end; whether a section stands as comments
    for line in lines:
        if block and (line.startswith(" ") or not line.strip()):
            if line.strip():
                yield f"#   {line.strip()}"
            continue
        if block:
            yield from (block, "")
            block = ""
        found = None if line.lstrip().startswith("#") else LINE.fullmatch(line)
        if not found:
            yield line
            continue
        indent, key, value = found["indent"], found["key"], found["value"] or ""
        commented = key in SETTINGS if not indent else commented  # what another language has set is not ours
        if value == "|":
            block = line
        elif commented:
            yield f"# {line}"
        else:
            yield f"{indent}{key}:{'  # en: ' + value if value else ''}{found['comment'] or ''}"
    if block:
        yield block


def kinds(phrases: Iterable[Phrase]) -> dict[Kind, list[str]]:
    """What can be said, with its sentences. A group that means two things is a kind of its own."""
    found: dict[Kind, list[str]] = {}
    for phrase in phrases:
        found.setdefault((tuple(sorted(phrase.labels)), tuple(sorted(phrase.also)), phrase.contexts), []).append(phrase.text)
    return found


def _groups(phrases: Iterable[Phrase], act: str, told: Mapping[str, str], *, single: bool = False) -> Iterator[str]:
    """A group for each kind whose first label is of the act. single: of those that mean one thing, however few."""
    for (labels, also, contexts), texts in sorted(kinds(phrases).items(), key=lambda kind: (len(kind[0][0]), kind[0][:2])):
        rare = len(labels) > 1 if single else len(texts) < LEAST
        if rare or labels[0].partition(".")[0] != act or len(contexts) not in (1, len(ANYWHERE)):
            continue
        about = "".join(f"# {label}: {told[label]}\n" for label in labels if label in told)
        context = "" if contexts == ANYWHERE else f"  context: {next(iter(contexts))}\n"
        beside = f"  also: {', '.join(also)}\n" if also else ""
        english = "".join(f"  #   {text}\n" for text in texts[:EXAMPLES])
        yield f"\n{about}- means: {' + '.join(labels)}\n{context}{beside}  # en:\n{english}  phrases: |\n"


def _write(path: Path, text: str, root: Path, language: str) -> str:
    """Writes a file that is not there yet."""
    if path.exists():
        return ""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"# {language_name(language)}: begun from the English, which stands in the comments; CONTRIBUTING.md tells how to go on.\n"
    path.write_text(head + text, encoding="utf-8")
    return f"{path.relative_to(root)}: begun"
