"""Folding what phones do to words: case, accents, widths, quotes, stretched letters, tap-backs."""

from __future__ import annotations

import re
import unicodedata

QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "«": '"', "»": '"', "…": "...", "—": "-", "–": "-"})
# What a phone sends when somebody taps a reaction on a text: the word before the quote, in its languages.
TAPBACKS = {
    "liked": "👍",
    "loved": "❤️",
    "disliked": "👎",
    "laughed at": "😂",
    "emphasized": "‼️",
    "questioned": "❓",
    "le gusto": "👍",
    "le encanto": "❤️",
    "no le gusto": "👎",
    "se rio de": "😂",
    "enfatizo": "‼️",
    "pregunto por": "❓",
}
_TAPBACK = re.compile(r"^\W*(?:reacted\s+(\S+)\s+to|(" + "|".join(TAPBACKS) + r'))\s*[:]?\s*".*"?\s*$', re.S)
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+(?:[:.,/]\d+)*|[^\w\s]", re.U)
_STRETCH = re.compile(r"(.)\1{2,}")
_KEEP_MARKS = re.compile(r"[\u0900-\u0dff\u0600-\u06ff\u3040-\u30ff]")  # scripts whose combining marks are letters


def clean(text: str) -> str:
    """The text without control characters, in one Unicode form, a tap-back reduced to its emoji (the quote is ours)."""
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "ignore").decode()).translate(QUOTES)
    text = "".join(c if c.isprintable() or c in "\n\u200c\u200d\ufe0f" else " " for c in text).strip()
    reaction = _TAPBACK.match(fold(text)) if '"' in text else None
    if reaction:
        return reaction.group(1) or TAPBACKS[reaction.group(2)]
    return text


def tapped(text: str) -> bool:
    """Whether a text is nothing but a reaction that was tapped on an earlier text."""
    plain = unicodedata.normalize("NFKC", text.encode("utf-8", "ignore").decode()).translate(QUOTES).strip()
    return '"' in plain and _TAPBACK.match(fold(plain)) is not None


def fold(text: str) -> str:
    """Lower case, no accents where an accent is not a letter of its own, stretched letters (noooo) cut to two."""
    text = text.casefold()
    if not text.isascii() and not _KEEP_MARKS.search(text):
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return _STRETCH.sub(r"\1\1", text)


def tokens(text: str) -> list[str]:
    """Words, numbers and single signs (emoji, punctuation) of a folded text, in order."""
    return _TOKEN.findall(text)


def words(text: str) -> list[str]:
    """The words and numbers alone."""
    return [token for token in tokens(text) if token[0].isalnum()]
