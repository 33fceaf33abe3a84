"""From scores to what the bot goes by: a threshold for each label by what a mistake would cost, and doubt as an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.understand.labels import ACTS, CHANGES
from bot.understand.types import Context

# From which score a label counts. A change needs more than a question; danger needs less (S-06: never lose to recall).
SURE = 0.5
CHANGE = 0.6
URGENT = 0.4
URGENT_WITH_FLOOR = 0.05
MAYBE = 0.2  # from here an act is worth asking about
DETAIL = 0.5  # topics and barriers, where the act is there
WEAK = frozenset({"social", "noise", "other"})  # say nothing beside other acts
BY_SCORE = {"act": CHANGE}


@dataclass(frozen=True)
class Judged:
    """The labels that hold, those in doubt, and why (label, score, source)."""

    acts: frozenset[str]
    doubtful: frozenset[str]
    topics: frozenset[str]
    barriers: frozenset[str]
    urgent: str | None
    language_to: str | None
    why: tuple[tuple[str, float, str], ...]
    runner_up: tuple[str, float] | None

    def wants_time(self, context: Context) -> bool:
        """Whether time words of the message are wanted."""
        return bool((self.acts | self.doubtful) & {"reschedule", "late"}) or context in (Context.SLOTS, Context.RESCHEDULE)

    def with_choice(self, choice: int | None, *, number: int | None) -> Judged:
        """The same after it was looked for which of the offered times is meant."""
        if choice is not None and number is not None:  # nothing but a number of the list
            return replace(self, acts=frozenset({"choose"}), doubtful=frozenset())
        if choice is not None and "confirm" in self.acts:  # "wednesday works": a yes to one of the times
            return replace(self, acts=self.acts - {"confirm"} | {"choose"}, doubtful=self.doubtful - {"confirm", "choose"})
        if choice is None and "choose" in self.acts:
            return replace(self, acts=self.acts - {"choose"}, doubtful=self.doubtful | {"choose"})
        return self


def judge(scores: dict[str, float], *, context: Context, danger: tuple[str, str] | None) -> Judged:
    """What holds, given the model's scores and the crisis floor's word."""
    urgent, why = _urgent(scores, danger)
    ranked = sorted(((score, label) for label, score in scores.items() if label in ACTS), reverse=True)
    acts = {label for score, label in ranked if score >= (CHANGE if label in CHANGES else SURE)}
    doubtful = {label for score, label in ranked if label in CHANGES and MAYBE <= score < CHANGE}
    if not acts and not urgent and ranked:
        best_score, best = ranked[0]
        if best not in CHANGES and best_score >= MAYBE:
            acts = {best}
    acts, doubtful = _agree(acts, doubtful, scores)
    if urgent:
        acts -= WEAK | {"human", "ask", "barrier", "help"}
        doubtful = set()
    why += [(label, scores[label], "model") for label in sorted(acts, key=lambda each: -scores[each])]
    runner_up = next(((label, round(score, 3)) for score, label in ranked if label not in acts), None)
    return Judged(
        acts=frozenset(acts),
        doubtful=frozenset(doubtful),
        topics=_details(scores, "ask") if "ask" in acts else frozenset(),
        barriers=_details(scores, "barrier") if "barrier" in acts else frozenset(),
        urgent=urgent,
        language_to=_best(scores, "language") if "language" in acts else None,
        why=tuple(why),
        runner_up=runner_up,
    )


def _urgent(scores: dict[str, float], danger: tuple[str, str] | None) -> tuple[str | None, list[tuple[str, float, str]]]:
    kinds = {label.split(".")[1]: score for label, score in scores.items() if label.startswith("urgent.")}
    best = max(kinds, key=lambda kind: kinds[kind], default=None)
    if danger and max(kinds.values(), default=0) >= URGENT_WITH_FLOOR:
        kind = best if best and kinds[best] >= URGENT else danger[0]
        return kind, [(f"urgent.{kind}", kinds.get(kind, 0.0), f"floor: {danger[1]}")]
    if best and kinds[best] >= URGENT:
        return best, [(f"urgent.{best}", kinds[best], "model")]
    return None, []


def _agree(acts: set[str], doubtful: set[str], scores: dict[str, float]) -> tuple[set[str], set[str]]:
    """Labels that exclude each other: the stronger stays; where they are close both become a doubt."""
    if "reschedule" in acts:
        acts.discard("cancel")
        doubtful.discard("cancel")
    for one, other in (("confirm", "cancel"), ("confirm", "reschedule"), ("taken", "not_taken"), ("confirm", "tentative")):
        if {one, other} <= acts:
            weaker = min(one, other, key=lambda label: scores[label])
            acts.discard(weaker)
            if abs(scores[one] - scores[other]) < 0.1:
                acts -= {one, other}
                doubtful |= {one, other}
    if acts - WEAK:
        acts -= WEAK
    if acts & CHANGES or acts == {"noise"}:
        doubtful = set()
    return acts, doubtful


def _details(scores: dict[str, float], act: str) -> frozenset[str]:
    found = {label.split(".")[1]: score for label, score in scores.items() if label.startswith(f"{act}.")}
    best = _best(scores, act)
    return frozenset(name for name, score in found.items() if score >= DETAIL or name == best)


def _best(scores: dict[str, float], act: str) -> str | None:
    found = {label.split(".")[1]: score for label, score in scores.items() if label.startswith(f"{act}.")}
    return max(found, key=lambda name: found[name], default=None)
