"""What a text of ours says, in the language of staff who do not read the patient's: its approved sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.core import Bot
from bot.desk.replies import of_clinic
from bot.desk.words import Words
from bot.rendering import clean
from bot.texts import SOURCE, TEXTS

GAP = re.compile(r"\{(\w+)\}")
# What stands in a gap, since the sentence is kept without its values.
GAPS = {
    "when": "when", "whens": "when", "options": "choices", "phone": "telephone", "papers": "papers", "answer": "answer",
    "minutes": "minutes", "practitioner": "clinician", "link": "link", "opens": "opening time", "clinic": "clinic",
}  # fmt: skip
ANSWER = "answer"  # the approved text that is nothing but a sentence of the clinic's own


def twin(bot: Bot, *, keys: Iterable[str], words: str, language: str, reader: Words) -> str:
    """The reader's wording of a text's approved sentences, with [when] where the text itself tells it; "" for one's own words.

    keys: of the sentences; words: the text as it went out, in which the clinic's own sentences are found.
    """
    return " ".join(sentence for key in dict.fromkeys(keys) for sentence in _sentence(bot, key, words, language, reader))


def _sentence(bot: Bot, key: str, words: str, language: str, reader: Words) -> Iterator[str]:
    if key in TEXTS and key != ANSWER:
        yield GAP.sub(lambda gap: f"[{reader(GAPS[gap[1]])}]", bot.texts.template(key, reader.language))
        return
    for name, said in of_clinic(bot):
        if name == key or (key == ANSWER and clean(said.get(language, "")) in words and language in said):
            yield said.get(reader.language, said[SOURCE])
