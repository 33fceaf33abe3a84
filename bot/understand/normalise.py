"""Folding what phones do to words: case, accents, widths, quotes, stretched letters, tap-backs."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from opencc import OpenCC

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
# Letters whose twins on another keyboard or in another country's spelling count as the same, and signs that count for nothing.
TWINS = str.maketrans({
    "ł": "l", "đ": "d", "ı": "i", "ø": "o", "œ": "oe", "æ": "ae",
    "ى": "ی", "ي": "ی", "ك": "ک", "ة": "ه", "ہ": "ه", "ھ": "ه", "ٱ": "ا",
    "ँ": "ं", "़": None, "ـ": None, "\u200c": None, "\u200d": None, "\u0654": None, "\u0655": None,
})  # fmt: skip
_ACCENTS = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u0653\u0670]")  # of Latin, Greek, Cyrillic; Arabic's vowel signs
_MARKS = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"  # Devanagari's vowel signs are parts of words
_SIGNS = "\u3400-\u4dbf\u4e00-\u9fff\u3005\u3007"  # Chinese signs: each is a word, since nobody writes spaces between them
_KANA = "\u3041-\u309f\u30a0-\u30ff"
_LETTER = rf"[^\W\d_{_SIGNS}{_KANA}]"
_TOKEN = re.compile(rf"[{_SIGNS}{_KANA}]|{_LETTER}(?:{_LETTER}|[{_MARKS}])*(?:'{_LETTER}+)?|\d+(?:[:.,/]\d+)*|[^\w\s{_MARKS}]", re.U)
WORD = re.compile(rf"{_LETTER}(?:{_LETTER}|[{_MARKS}])*(?:'{_LETTER}+)?")  # a word in a script that has spaces
_HAN = re.compile(f"[{_SIGNS}]")
_SIGN = re.compile(f"[{_SIGNS}{_KANA}]")
_STRETCH = re.compile(r"(.)\1{2,}")
KEPT = 64  # texts that are remembered folded: reading one asks for the same again and again


@cache
def _signs(conversion: str) -> OpenCC:
    """OpenCC's tables, which take up to 26 MB, for a process that meets Chinese signs."""
    return OpenCC(conversion)


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


@lru_cache(KEPT)
def fold(text: str) -> str:
    """What different phones and hands make of one word, made one: lower case, no accents, one kind of digits, Chinese signs in their
    simplified form, stretched letters (noooo) cut to two."""
    text = text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)).translate(TWINS))
        text = "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)
        if _HAN.search(text):
            text = _signs("t2s").convert(text)
    return _STRETCH.sub(r"\1\1", text)


@lru_cache(KEPT)
def tokens(text: str) -> tuple[str, ...]:
    """Words, numbers and single signs (emoji, punctuation) of a folded text, in order."""
    return tuple(_TOKEN.findall(text))


def words(text: str) -> list[str]:
    """The words and numbers alone."""
    return [token for token in tokens(text) if token[0].isalnum()]


def is_sign(token: str) -> bool:
    """Whether a token is a sign of Chinese or Japanese, written without spaces."""
    return _SIGN.match(token) is not None


def is_syllable(letter: str) -> bool:
    """Whether a letter is a whole syllable of Korean."""
    return "\uac00" <= letter <= "\ud7a3"


def chinese(text: str, record: str | None) -> str:
    """zh-Hant or zh-Hans: how a Chinese text is written; as on record where its signs do not tell."""
    if _signs("t2s").convert(text) != text:
        return "zh-Hant"
    return record if record in ("zh-Hant", "zh-Hans") and _signs("s2t").convert(text) == text else "zh-Hans"
