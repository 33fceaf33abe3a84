"""What a coordinator may send as it stands: in the patient's language, its twin in their own; and what to know before sending."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.channels.types import CARRIER_WORDS
from bot.core import Bot
from bot.desk.later import There
from bot.errors import Said
from bot.rendering import Value, clean, compose
from bot.segments import GSM, TWO, segments
from bot.texts import SOURCE, gaps

APPROVED = ("human", "find_time", "ask_when_new", "in_hand", "clinician", "refill", "language_none", "visit_when", "status")
OWNED = CARRIER_WORDS | {"YES"}  # a number may be opted out, or in, by any of them (O-01, O-02)


@dataclass(frozen=True)
class Canned:
    """An approved sentence. words: in the patient's language, None where it has not been translated; twin: in the reader's."""

    key: str
    words: str | None
    twin: str
    fits: bool = False


@dataclass(frozen=True)
class Checked:
    """What a text costs, and what speaks against sending it now."""

    characters: int
    segments: int
    unicode: str
    warnings: tuple[Said, ...]


def canned(bot: Bot, language: str, *, reader: str = SOURCE, matters: frozenset[str], visit: datetime | None) -> list[Canned]:
    """Every sentence that may be sent; those about the open matters (topics, barriers) first. visit: the next one's start.

    reader: the language of who chooses among them.
    """
    values: list[tuple[str, Value]] = [("when", visit.astimezone(bot.clinic.zone))] if visit else []
    values += [("whens", (visit.astimezone(bot.clinic.zone),))] if visit else []
    found = []
    for key in APPROVED:
        if gaps(bot.texts.template(key, SOURCE)) <= {name for name, _ in values}:
            has = language == SOURCE or key in bot.texts.catalogs.get(language, {})
            words = bot.texts.render(key, language, values) if has else None
            found.append(Canned(key, words, bot.texts.render(key, reader, values)))
    found += [
        Canned(key, said.get(language), said.get(reader, said[SOURCE]), fits=key.partition(".")[2] in matters)
        for key, said in of_clinic(bot)
    ]
    order = {"reply": 0}
    return sorted(found, key=lambda each: (not each.fits, order.get(each.key.partition(".")[0], 1 if "." not in each.key else 2)))


def of_clinic(bot: Bot) -> Iterator[tuple[str, dict[str, str]]]:
    """Key and languages of every sentence of the clinic's own."""
    for name, said in bot.clinic.replies.items():
        yield f"reply.{name}", said
    for section in (bot.clinic.clinic.resources, bot.clinic.clinic.answers):
        for name, said in section.items():
            yield f"{'resource' if section is bot.clinic.clinic.resources else 'answer'}.{name}", said


def as_sent(bot: Bot, words: str, language: str) -> str:
    """A canned sentence as it goes out: with the clinic's name before it (O-16)."""
    return compose(bot.clinic.clinic.name, [clean(words)], language)


def check(text: str, there: There, *, names: tuple[str, ...] = ()) -> Checked:
    """Counts a text and looks for what to know before sending it. names: of the people, where several share the phone."""
    body = clean(text).strip()
    warnings: list[Said] = []
    if owned := sorted({word for word in re.findall(r"\b[A-Z]{3,}\b", body) if word in OWNED}):
        warnings.append(
            Said(
                "%(words)s: carriers act on this word. A patient who sends it back may be opted out. Ask for a number instead.",
                words=", ".join(owned),
            )
        )
    if used := [name for name in names if re.search(rf"\b{re.escape(name.split()[0])}\b", body, re.IGNORECASE)]:
        named = ", ".join(name.split()[0] for name in used)
        warnings.append(Said("Several people share this phone, and the text names %(names)s.", names=named))
    if body and there.night:
        there_now = there.now.timetz()
        warnings.append(Said("It is %(time)s where the patient is: a text may wake somebody. It can go later.", time=there_now))
    strange = "".join(dict.fromkeys(letter for letter in body if letter not in GSM and letter not in TWO))
    return Checked(len(body), segments(body), strange[:8], tuple(warnings))
