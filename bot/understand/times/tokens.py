"""A text folded and cut into tokens, in the form in which words are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from bot.understand.times.scripts import INDIC_MARKS, fold_script

QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "–": "-", "—": "-", "‑": "-", "…": "."})
TWINS = str.maketrans("łđıø", "ldio")  # letters with strokes, which phones leave out
LETTERS = r"\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"  # written without dependable spaces: every letter is a token
TOKEN = re.compile(
    r"(?P<none>\+?\(?\d{3}\)?[-. ]{0,2}\d{3}[-. ]\d{4}(?!\d)|\d{3}-\d{4}(?!\d)|[$€£#]\s?\d[\d.,]*"  # phones, prices
    r"|\d{5,}|\d+,\d{3}(?!\d))"
    r"|(?P<date>\d{4}-\d{1,2}-\d{1,2}(?!\d)|\d{1,2}/\d{1,2}(?:/\d{2,4})?(?![\d/])|\d{1,2}[-.]\d{1,2}[-.]\d{2,4}(?!\d)"
    r"|\d{1,2}\.\s?(?:0?[1-9]|1[0-2])\.(?!\d))"
    r"|(?P<clock>\d{1,2}[:.h]\d{2}(?!\d)(?:\s?[ap]\.?\s?m\b|[ap]\b)?"
    r"|\d{1,4}\s?[ap]\.?\s?m\b|\d{1,4}[ap]\b|\d{1,2}(?:h|hs|hrs)\b)"
    r"|(?P<ordinal>\d{1,2}\s?(?:st|nd|rd|th)\b)"
    r"|(?P<number>\d+)"
    rf"|(?P<head>(?<![{LETTERS}])[\uac00-\ud7a3])|(?P<letter>[{LETTERS}])"  # head: the first syllable of a Korean word
    rf"|(?P<word>[^\W\d_{LETTERS}](?:\.\s?[^\W\d_]\b)+|[^\W\d_{LETTERS}](?:[^\W\d_{LETTERS}]|[{INDIC_MARKS}])*(?:'[^\W\d_]+)*'?)"
    r"|(?P<sign>[^\w\s]|\n)"
)
MARKED = re.compile(r"[\u0900-\u0dff\u0600-\u06ff\u3040-\u30ff]")  # scripts whose combining marks are letters
BESIDE_LATIN = re.compile(rf"(?<=[{LETTERS}])(?=[a-z0-9])|(?<=[a-z0-9])(?=[{LETTERS}])")
GLUED = re.compile(r"(?<![a-z\d])(?=[a-z']*\d)(?=\d*[a-z])[a-z\d']+")  # Arabic in Latin letters: "ba3d", "7ad"
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")


def fold(text: str, *, toned: bool = False) -> str:
    """Lower case without accents (toned: with them), quotes straight, digits of every script as 0-9, never shortened."""
    text = text.translate(QUOTES).casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = fold_script(text)
        text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
        if not toned and not MARKED.search(text):
            plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
            text = unicodedata.normalize("NFC", plain).translate(TWINS)  # syllables of Korean are one letter again
        text = BESIDE_LATIN.sub(" ", text)
    return STRETCHED.sub(r"\1\1", text)


def is_toned(text: str) -> bool:
    """Whether somebody wrote accents, so that words differ by them."""
    text = unicodedata.normalize("NFKC", text.translate(QUOTES).casefold())
    return fold(text) != fold(text, toned=True)


def split(text: str, spelling: Mapping[str, str], *, toned: bool = False) -> tuple[str, ...]:
    """The tokens of a text or of an entry of times.yaml, in the form in which they are compared."""
    return tuple(token for _, token, _ in tokens(text, spelling, toned=toned))


def tokens(text: str, spelling: Mapping[str, str], *, toned: bool = False) -> list[tuple[str, str, str]]:
    """Kind, form in which it is compared, and form as written of each token; "del" is read as "de el".

    spelling: short form → what it stands for; a form that ends in an apostrophe stands before another word.
    """
    found = []
    folded = fold(text, toned=toned)
    for match in TOKEN.finditer(GLUED.sub(lambda mixed: spelling.get(mixed.group(), mixed.group()), folded)):
        kind, raw = match.lastgroup or "", match.group()
        head, apostrophe, tail = raw.partition("'")
        if apostrophe and (full := spelling.get(head + apostrophe)):  # "l'apres", "d'avril", "l'11"
            found += [(kind, part, part) for part in full.split(" ")]
            raw = tail
        if raw in ("", "'"):
            continue
        plain = _plain(raw)
        if kind in ("word", "letter") and plain in spelling:
            found += [(kind, part, part) for part in spelling[plain].split()]
        else:
            found.append((kind, plain, raw))
    return found


def _plain(token: str) -> str:
    return token.replace("'", "").replace(".", "").replace(" ", "") if len(token) > 1 and not token[0].isdigit() else token
