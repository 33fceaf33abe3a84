"""How well the reader reads sentences that it has not learned from (`intents/LANG/tests.yaml`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.understand.labels import CHANGES
from bot.understand.phrases import ANYWHERE, Phrase
from bot.understand.reader import Reader
from bot.understand.types import Context, Message, Option, Understanding

# What the test sentences of the context `slots` answer.
NOW = datetime.fromisoformat("2026-03-04T09:00:00-05:00")
SLOTS = tuple(
    Option(number, datetime.fromisoformat(start))
    for number, start in enumerate(("2026-03-10T09:00:00-04:00", "2026-03-11T14:00:00-04:00", "2026-03-13T10:30:00-04:00"), 1)
)
HARMLESS = frozenset({"social", "barrier"})  # may stand beside what was wanted
TO_A_PERSON = frozenset({"other", "human"})


@dataclass(frozen=True)
class Figures:
    """Shares of a set of sentences, in percent.

    exact: read as meant. wrong: a change would be made that nobody asked for. missed: emergencies not seen, of all
    emergencies; alarms: emergencies seen where none is, of all others. asked: doubtful, so the bot asks back.
    """

    sentences: int
    exact: float
    wrong: float
    missed: float
    alarms: float
    asked: float


def measure(reader: Reader, sentences: Iterable[Phrase]) -> Figures:
    """Reads every sentence, the language not being on record."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(verdicts(sentence, read(reader, sentence)))
    total, danger = counts["sentences"], counts["danger"]
    return Figures(
        sentences=total,
        exact=_percent(counts["exact"], total),
        wrong=_percent(counts["wrong"], total),
        missed=_percent(counts["missed"], danger),
        alarms=_percent(counts["alarm"], total - danger),
        asked=_percent(counts["asked"], total),
    )


def read(reader: Reader, sentence: Phrase) -> Understanding:
    """A test sentence as the bot would read it."""
    context = Context.REMINDER if sentence.contexts == ANYWHERE else min(sentence.contexts)
    slots = SLOTS if context is Context.SLOTS else ()
    return reader.read(Message(text=sentence.text, context=context, now=NOW, slots=slots))


def verdicts(sentence: Phrase, read: Understanding) -> set[str]:
    """What is counted of one reading."""
    wanted = {label.split(".")[0] for label in sentence.labels} - {"urgent"}
    also = {label.split(".")[0] for label in sentence.also} - {"confirm", "cancel"}
    danger = next((label.split(".")[1] for label in sentence.labels if label.startswith("urgent.")), None)
    found = {"sentences"} | ({"danger"} if danger else set()) | ({"asked"} if read.doubtful else set())
    wrong = bool((read.acts & CHANGES) - wanted - also) or ("choose" in read.acts and read.choice != sentence.choice)
    if danger and not read.urgent:
        found.add("missed")
    elif read.urgent and not danger:
        found.add("alarm")
    if wrong:
        found.add("wrong")
    elif bool(read.urgent) == bool(danger) and _as_meant(wanted, also, set(read.acts), bool(danger)):
        found.add("exact")
    return found


def _as_meant(wanted: set[str], also: set[str], got: set[str], danger: bool) -> bool:
    allowed = wanted | also | HARMLESS | (TO_A_PERSON if danger or wanted <= TO_A_PERSON else set())
    if wanted and wanted <= TO_A_PERSON:
        return bool(got & TO_A_PERSON) and got <= allowed
    required = wanted - {"barrier"} if "reschedule" in wanted else wanted
    return required <= got and got <= allowed


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
