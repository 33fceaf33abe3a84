"""Scripts that people write in several ways: forms of one letter become one, marks that are left out go."""

from __future__ import annotations

import re

ARABIC = re.compile(r"[\u0600-\u06ff]")
DEVANAGARI = re.compile(r"[\u0900-\u097f]")
INDIC_MARKS = r"\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"  # vowel signs, no word characters to Python
SIGNS = str.maketrans({"،": ",", "؛": ";", "؟": "?", "٫": ".", "٪": "%", "।": ".", "۔": "."})
UNSEEN = re.compile(r"[\u200d-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
LEFT_OUT = re.compile(r"[\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u0621]")  # vowels, the stretching line, the bare hamza
ONE_FORM = str.maketrans("أإآٱىیئؤةۀھہەك", "اااايييوهههههک")
EZAFE = re.compile(r"(?<=ه)[\u200c ]ي(?!\w)")  # "هفته‌ی بعد"


def fold_script(text: str) -> str:
    """Arabic, Persian and Hindi text (NFKC) in the one spelling in which words are compared; other text as it is."""
    text = UNSEEN.sub("", text).translate(SIGNS)
    if ARABIC.search(text):
        text = LEFT_OUT.sub("", text).translate(ONE_FORM)
        text = EZAFE.sub("", text).replace("\u200c", " ")
    if DEVANAGARI.search(text):
        text = text.replace("\u093c", "").replace("\u0901", "\u0902")
    return text.replace("\u200c", "")
