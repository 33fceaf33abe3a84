"""Brings a translation up to date with the English of `bot/texts.py`."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bot.moments import in_cldr, locale_of
from bot.texts import NOTES, TEXTS


def update_catalog(folder: Path, language: str) -> str:
    """Brings `folder`/LANGUAGE/LC_MESSAGES/messages.po up to date: new sentences empty, changed ones fuzzy, old ones gone.

    Gives a line that says what is left to translate.
    """
    path = folder / language / "LC_MESSAGES" / "messages.po"
    catalog, old = renewed(path, language)
    before = {entry.context: entry for entry in old if entry.context}
    for key, english in TEXTS.items():
        known = before.get(key)
        changed = known is not None and known.id != english
        catalog.add(
            english,
            str(known.string) if known else "",
            context=key,
            flags={"fuzzy"} if known and (changed or known.fuzzy) else set(),
            auto_comments=[NOTES[key]] if key in NOTES else [],
        )
    save(catalog, path)
    left = [entry.context for entry in catalog if entry.context and (not entry.string or entry.fuzzy)]
    return f"{path}: {len(TEXTS) - len(left)} of {len(TEXTS)} translated" + (f"; left: {', '.join(map(str, left))}" if left else "")


def renewed(path: Path, language: str) -> tuple[Catalog, Catalog]:
    """An empty catalogue with the head of the one that is there, and that one."""
    old = Catalog()
    if path.exists():
        with path.open("rb") as file:
            old = read_po(file)
    catalog = Catalog(locale=locale_of(language) if in_cldr(language) else language, project="Attend", fuzzy=False, charset="utf-8")
    if path.exists():  # who translated and reviewed it
        for name in ("header_comment", "version", "msgid_bugs_address", "last_translator", "language_team", "creation_date"):
            setattr(catalog, name, getattr(old, name))
    return catalog, old


def save(catalog: Catalog, path: Path) -> None:
    """Writes a catalogue; where a sentence stands is told by its file alone, so that a new line elsewhere changes nothing here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=120, omit_header=False, include_lineno=False)
