"""Words of another script that are typed in Latin letters: "v pyatnicu" is read as the words that sound so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

DOUBLED = re.compile(r"(.)\1+")


class Sounds:
    """Maps tokens in either script to how they sound, as a language's section `latin` tells it."""

    def __init__(self, content: Mapping[str, Any], tokens: Iterable[str] = ()) -> None:
        """content: what is compared → letters of the script and Latin spellings that sound so. tokens: the words known."""
        pairs = [(form.strip(), sound) for sound, forms in content.items() for form in str(forms).split(",")]
        self._sounds = dict(pairs)
        self._forms = (
            re.compile("|".join(re.escape(form) for form, _ in sorted(pairs, key=lambda pair: -len(pair[0])))) if pairs else None
        )
        self._known: dict[str, str] = {}
        for token in tokens if pairs else ():
            if not token.isascii():
                self._known.setdefault(self._heard(token), token)

    def read(self, token: str) -> str | None:
        """The word of the script that sounds like a Latin token; None where there is none."""
        return self._known.get(self._heard(token)) if self._forms and token.isascii() else None

    def _heard(self, token: str) -> str:
        heard = self._forms.sub(lambda match: self._sounds[match.group()], token) if self._forms else token
        return DOUBLED.sub(r"\1", heard)
