"""Scores of a text as a whole, raised where one of its clauses says something louder by itself."""

from __future__ import annotations

import math
import re

from bot.understand.model import Model
from bot.understand.types import Context

BETWEEN = re.compile(r"[.!?;,\n…。！？、，؟،؛।]+")
SHORTEST = 10  # characters; what is shorter tells too little by itself
MOST = 6  # clauses that are read by themselves: of a long story the first ones
RAISED = 0.35  # how far towards a clause's own score, in log odds


def scores(model: Model, text: str, context: Context) -> dict[str, float]:
    """label → probability (0-1), each by itself.

    The longer a text, the less each word of it counts; so "yes I'll come, is there parking" is read in its parts too.
    """
    whole = model.scores(text, context)
    clauses = [clause for clause in BETWEEN.split(text) if len(clause.strip()) >= SHORTEST][:MOST]
    if len(clauses) < 2:
        return whole
    loudest = map(max, zip(*(model.scores(clause, context).values() for clause in clauses), strict=True))
    return {label: _raised(score, louder) for (label, score), louder in zip(whole.items(), loudest, strict=True)}


def _raised(score: float, louder: float) -> float:
    return score if louder <= score else 1 / (1 + math.exp(-(_odds(score) + RAISED * (_odds(louder) - _odds(score)))))


def _odds(score: float) -> float:
    score = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(score / (1 - score))
