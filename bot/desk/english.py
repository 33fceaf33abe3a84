"""What a text of ours says, in English, for staff who do not read the patient's language: its approved sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.core import Bot
from bot.desk.replies import of_clinic
from bot.rendering import clean
from bot.texts import SOURCE, TEXTS

GAP = re.compile(r"\{(\w+)\}")
ANSWER = "answer"  # the approved text that is nothing but a sentence of the clinic's own


def english(bot: Bot, *, keys: Iterable[str], words: str, language: str) -> str:
    """The English of the approved sentences of a text, with [when] where the text itself tells it; "" for one's own words.

    keys: of the sentences; words: the text as it went out, in which the clinic's own sentences are found.
    """
    return " ".join(sentence for key in dict.fromkeys(keys) for sentence in _sentence(bot, key, words, language))


def _sentence(bot: Bot, key: str, words: str, language: str) -> Iterator[str]:
    if key in TEXTS and key != ANSWER:
        yield GAP.sub(r"[\1]", TEXTS[key])
        return
    for name, said in of_clinic(bot):
        if name == key or (key == ANSWER and clean(said.get(language, "")) in words and language in said):
            yield said[SOURCE]
