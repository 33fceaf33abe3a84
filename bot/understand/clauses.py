"""Scores of a text as a whole, raised where one of its clauses says something louder by itself."""

from __future__ import annotations

import re
from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from bot.understand.lexicon import squeeze
from bot.understand.model import Model
from bot.understand.types import Context

BETWEEN = re.compile(r"[.!?;,\n…。！？、，؟،؛।]+")
SHORTEST, SHORTEST_WISH = 10, 5  # characters of a clause, and of a wish ("приду"); what is shorter tells too little by itself
A_WORD = 8  # characters of a wish that are too few to tell danger
MOST = 6  # clauses that are read by themselves, and wishes: of a long story the first ones
RAISED, RAISED_WISH = 0.35, 0.5  # how far towards the own score of a clause, or a wish, in log odds, ...
CERTAIN = 9.2  # ... of which more than this counts as no more
ALARMING = -1.0  # log odds from which a whole text may well be danger (S-06)
WHOLE = frozenset({"arrived", "cancel", "opt_out", "opt_in", "wrong_number"})  # no mere part tells it: "I would have come"
Odds = NDArray[np.float32]


def scores(
    model: Model, text: str, context: Context, turns: Set[str] = frozenset(), reasons: Set[str] = frozenset()
) -> dict[str, float]:
    """label → probability (0-1), each by itself.

    The longer a text, the less each word of it counts; so "yes I'll come, is there parking" is read in its parts too. turns: words
    with which another wish may begin ("confirm friday and refill my pills"), since many write without signs. reasons: words with which
    is told why: what stands before them may be the wish for another time ("need to move it cuz I have no ride").
    """
    clauses = BETWEEN.split(text)
    wishes = [wish for clause in clauses if len(parts := turned(clause, turns | reasons)) > 1 for wish in parts]
    clauses = [clause for clause in clauses if len(clause.strip()) >= SHORTEST][:MOST]
    wishes = [wish for wish in wishes if len(wish) >= SHORTEST_WISH][:MOST]
    if len(clauses) < 2:
        clauses = []
    if not clauses and not wishes:
        return model.scores(text, context)
    odds: Odds = model.odds([text, *clauses, *wishes], context).clip(-CERTAIN, CERTAIN)
    whole, of_clauses, of_wishes = odds[0], odds[1 : len(clauses) + 1], odds[len(clauses) + 1 :]
    unheard = WHOLE if len(turned(text, reasons)) > 1 else WHOLE | {"reschedule"}
    brief = np.array([len(wish) < A_WORD for wish in wishes], dtype=bool)
    danger = np.array([label.partition(".")[0] == "urgent" for label in model.labels])
    alarming = whole[danger].max() > ALARMING  # what a part of it says beside would talk the danger down
    of_wishes[:, [label in unheard for label in model.labels] | (alarming & ~danger)] = -CERTAIN
    of_wishes[np.ix_(brief, danger)] = -CERTAIN
    return model.named(whole + np.maximum(RAISED * _louder(of_clauses, whole), RAISED_WISH * _louder(of_wishes, whole)))


def turned(text: str, turns: Set[str]) -> list[str]:
    """The parts of a text between the words `turns`, which are left out."""
    parts: list[list[str]] = [[]]
    for word in text.split():
        if squeeze(word) in turns:
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(part) for part in parts if part]


def _louder(odds: Odds, whole: Odds) -> Odds:
    """How much louder the loudest of them says each label."""
    louder: Odds = np.maximum(odds.max(axis=0, initial=-CERTAIN) - whole, 0)
    return louder
