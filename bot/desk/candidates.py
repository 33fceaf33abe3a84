"""What coordinators corrected, reviewed, and exported as phrases and test sentences for `intents/`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk.work import Refused
from bot.store.models import CommunicationRow
from bot.store.work_models import CandidateRow
from bot.understand.normalise import fold

SHOWN = 100


def waiting(session: Session, clinic_id: int) -> list[tuple[CandidateRow, int]]:
    """(candidate, phone id) of those that nobody has reviewed, oldest first."""
    proposed = CandidateRow.clinic_id == clinic_id, CandidateRow.status == "proposed"
    query = select(CandidateRow, CommunicationRow.phone_id).join(CommunicationRow, CandidateRow.communication_id == CommunicationRow.id)
    return [(row, phone_id or 0) for row, phone_id in session.execute(query.where(*proposed).order_by(CandidateRow.id).limit(SHOWN))]


def review(bot: Bot, candidate_id: int, *, accept: bool, phrase: str, by: Actor) -> None:
    """Accepts a candidate, with a wording to learn beside the text as it was, or rejects it. Raises Refused.

    The wording must be another one: a sentence that is learned cannot test what was learned.
    """
    phrase = " ".join(phrase.split())
    with bot.store.begin() as session:
        row = session.scalars(select(CandidateRow).where(CandidateRow.id == candidate_id, CandidateRow.clinic_id == by.clinic_id)).one()
        if accept and _letters(phrase) == _letters(row.words):
            raise Refused("Word the phrase to learn differently: the text as it was becomes the test of it.")
        row.status, row.phrase = ("accepted", phrase[:400] or None) if accept else ("rejected", None)
        row.reviewed_by = by.name


def _letters(text: str) -> str:
    return "".join(letter for letter in fold(text) if letter.isalnum())


def accepted(session: Session, clinic_id: int) -> bool:
    """Whether one has been accepted."""
    query = select(CandidateRow.id).where(CandidateRow.clinic_id == clinic_id, CandidateRow.status == "accepted")
    return session.scalar(query.limit(1)) is not None


def export(session: Session, clinic_id: int) -> str:
    """Every accepted candidate as YAML: for each language the phrases to learn and the sentences to test, as `intents/` has them."""
    accepted = CandidateRow.clinic_id == clinic_id, CandidateRow.status == "accepted"
    rows = session.scalars(select(CandidateRow).where(*accepted).order_by(CandidateRow.language, CandidateRow.id)).all()
    found: dict[str, Any] = {}
    for language in dict.fromkeys(row.language for row in rows):
        mine = [row for row in rows if row.language == language]
        found[language] = {
            "phrases": _groups((row, row.phrase) for row in mine if row.phrase),
            "tests": _groups((row, " ".join(row.words.split())) for row in mine),
        }
    return yaml.dump(found, Dumper=_Blocks, allow_unicode=True, sort_keys=False, width=1000)


def _groups(rows: Iterable[tuple[CandidateRow, str]]) -> list[dict[str, str]]:
    """One group a meaning and context, its sentences a line each."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row, sentence in rows:
        groups.setdefault((row.means.replace(",", " + "), row.context), []).append(sentence)
    return [{"means": means, "context": context, "phrases": "\n".join(said) + "\n"} for (means, context), said in groups.items()]


class _Blocks(yaml.SafeDumper):
    """Sentences stand in blocks, a line each, as in the phrase files."""


def _text(dumper: _Blocks, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _text)
