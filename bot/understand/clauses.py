"""Scores of a text as a whole, raised where one of its clauses says something louder by itself."""

from __future__ import annotations

import re

import numpy as np

from bot.understand.model import Model
from bot.understand.types import Context

BETWEEN = re.compile(r"[.!?;,\n…。！？、，؟،؛।]+")
SHORTEST = 10  # characters; what is shorter tells too little by itself
MOST = 6  # clauses that are read by themselves: of a long story the first ones
RAISED = 0.35  # how far towards a clause's own score, in log odds, ...
CERTAIN = 9.2  # ... of which more than this counts as no more


def scores(model: Model, text: str, context: Context) -> dict[str, float]:
    """label → probability (0-1), each by itself.

    The longer a text, the less each word of it counts; so "yes I'll come, is there parking" is read in its parts too.
    """
    clauses = [clause for clause in BETWEEN.split(text) if len(clause.strip()) >= SHORTEST][:MOST]
    if len(clauses) < 2:
        return model.scores(text, context)
    whole, *each = model.odds([text, *clauses], context).clip(-CERTAIN, CERTAIN)
    return model.named(whole + RAISED * np.maximum(np.max(each, axis=0) - whole, 0))
