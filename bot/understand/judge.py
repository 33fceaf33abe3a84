"""From scores to what the bot goes by: a threshold for each label by what a mistake would cost, and doubt as an answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.understand.choices import Pick
from bot.understand.labels import ACTS, CHANGES, DETAILS
from bot.understand.types import Context

# From which score a label counts. A change needs more than a question; danger needs less (S-06: never lose to recall).
SURE = 0.5
BARRIER = 0.4  # one that is heard where there is none costs little
CHANGE = {
    "confirm": 0.6, "tentative": 0.5, "cancel": 0.75, "reschedule": 0.55, "choose": 0.4, "taken": 0.6, "not_taken": 0.6,
    "opt_out": 0.5, "opt_in": 0.5, "wrong_number": 0.6,
}  # fmt: skip
RIVAL = 0.2  # a change that another one speaks against this loudly ...
AHEAD = 0.2  # ... holds only when it is so far ahead, ...
BOTH = 0.75  # ... or, of two that may be said at once, when both are as loud as this: "I'm not coming, and don't text me again"
TOGETHER = (frozenset({"opt_out", "cancel"}), frozenset({"opt_out", "update_info"}))
BESIDE_BARRIER = 0.75  # who only tells what stands in the way has not called the visit off yet
URGENT = 0.45
NAMED = 0.3  # a wish for another language must name it
LEAST_URGENT = 0.15  # a text that says nothing at all is no danger either, however little else it is
URGENT_LIKE = 0.85  # of what is danger seldom, however alike: "my husband", where more may follow; "in the ICU since monday"
URGENT_WITH_FLOOR = 0.01
CERTAIN = 0.95  # only what the text is so clearly speaks against words of danger
AGAINST = 0.8
WITH_WORDS = 0.012  # a wish that words tell, too: one that is lost costs more than an item that nobody needed
BESIDE_ANGER = 0.8  # who says angrily that they come, or complains, has not said yet that no more texts are wanted
MAYBE = 0.2  # from here a change is worth asking about ...
MAYBE_BESIDE = 0.5  # ... and from here beside something that is sure, ...
MAYBE_BARRED = 0.35  # ... unless that is what stands in the way: who tells it may not come
LIKELIEST = 0.2  # from here the likeliest act that changes nothing holds, where none is sure
DETAIL = 0.5  # topics and barriers, where the act is there
DETAILED = {"ask", "barrier"}  # acts that are as loud as the loudest of their details
RIVALS = (
    ("confirm", "cancel"),
    ("confirm", "reschedule"),
    ("taken", "not_taken"),
    ("confirm", "tentative"),
    ("cancel", "reschedule"),
    ("opt_in", "opt_out"),
    ("confirm", "noise"),  # "so", "well then"
    ("cancel", "noise"),
    ("taken", "noise"),
    ("not_taken", "noise"),
    ("opt_out", "noise"),
    ("tentative", "cancel"),
    ("opt_out", "update_info"),
    ("opt_out", "cancel"),  # "take me off the list": of whom the texts go to, or of who comes?
)
PICKED = frozenset({"confirm", "reschedule"})  # what picking one of the offered times may look like
CALLED_OFF = frozenset({"cancel", "reschedule", "confirm"})
DANGER = frozenset({"urgent", *(label for label, _ in DETAILS["urgent"])})
WEAK = frozenset({"social", "noise", "other"})  # say nothing beside other acts


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
    told: frozenset[str] = frozenset()

    def telling(self, told: Mapping[str, str], scores: Mapping[str, float]) -> Judged:
        """The same with what words tell (kind → words), apart from danger: a wish joins the others unless the model hears none."""
        if not told or self.urgent:
            return self
        wishes = {kind for kind in (ACTS - self.acts) & told.keys() if scores[kind] >= WITH_WORDS}
        beside = frozenset(told) - ACTS
        why = ((kind, 1.0, f"told: {told[kind]}") for kind in sorted(beside | wishes))
        return replace(self, acts=self.acts - WEAK | wishes if wishes else self.acts, told=beside, why=(*self.why, *why))

    def guarded(self, against: Mapping[str, str]) -> Judged:
        """The same, but a change that words of the text speak against (change → words) is a doubt, and "should I bring my son?" is no
        question of what to bring: a person answers it. Who comes, and tells who drives them, has a ride."""
        doubts = self.acts & set(against)
        if "bring" in self.topics & set(against):
            return replace(self, topics=self.topics - {"bring"} | {"other"}).guarded(against)
        if "confirm" in self.acts and "transport" in self.barriers & set(against):
            left = self.barriers - {"transport"}
            return replace(self, barriers=left, acts=self.acts - (set() if left else {"barrier"})).guarded(against)
        if not doubts:
            return self
        why = tuple(
            (label, score, f"{source}, but: {against[label]}" if label in doubts else source) for label, score, source in self.why
        )
        return replace(self, acts=self.acts - doubts, doubtful=self.doubtful | doubts, why=why)

    def heard(self, against: Mapping[str, str]) -> Judged:
        """The same without a refill that is not wanted. Where a text tells nothing but what it does not want, it is heard all the same:
        no call, which a person reads, or no refill, which changes nothing."""
        acts = self.acts - {"refill"} if "refill" in against else self.acts
        doubtful = self.doubtful if self.acts == acts else frozenset()  # "no refill needed" says no to nothing else
        if acts or doubtful or self.urgent or against.keys().isdisjoint({"human", "refill"}):
            return replace(self, acts=acts)
        kind = "human" if "human" in against else "refill"
        why = ((kind, 1.0, f"not: {against[kind]}"),)
        if kind == "human":
            return replace(self, acts=acts, doubtful=frozenset({"human"}), why=why)
        return replace(self, acts=frozenset({"social"}), why=why)

    def plainly(self, act: str | None, *, recorded: bool) -> Judged:
        """The same, but a text that is nothing but a word for `act`, and was taken for nothing else, is no doubt.

        recorded: it is one in the patient's language, so that it names no other ("hindi" is a no in Tagalog).
        """
        language = recorded and self.acts == {"language"}
        if act is None or not (language or (not self.acts and self.doubtful == {act})):
            return self
        return replace(self, acts=frozenset({act}), doubtful=frozenset(), language_to=None, why=((act, 1.0, "keyword"),))

    def unread(self) -> Judged:
        """Nothing but danger: the text is in a script that nothing was learned of (L-14)."""
        nothing: frozenset[str] = frozenset()
        return replace(self, acts=nothing, doubtful=nothing, topics=nothing, barriers=nothing, language_to=None)

    def wants_time(self, context: Context) -> bool:
        """Whether time words of the message are wanted."""
        return bool((self.acts | self.doubtful) & {"reschedule", "late", "confirm"}) or context in (Context.SLOTS, Context.RESCHEDULE)

    def with_choice(self, picked: Pick | None, *, number: int | None, elsewhere: bool, against: Mapping[str, str]) -> Judged:
        """The same after it was looked for which of the offered times is meant. A choice that only the times tell is a doubt.

        number: what the whole text is. elsewhere: it names times, and none that was offered. against: what speaks against a change.
        """
        if picked and number is not None:  # nothing but a number of the list
            return replace(self, acts=frozenset({"choose"}), doubtful=frozenset())
        said = self.acts | self.doubtful
        if "choose" in against and "reschedule" in self.acts:  # "none of the three, have you got a saturday"
            return replace(self, acts=self.acts - {"choose"}, doubtful=self.doubtful - {"choose"})
        if picked and "choose" in said:
            chosen = replace(self, acts=self.acts - PICKED | {"choose"}, doubtful=self.doubtful - PICKED - {"choose"})
            return chosen.guarded(against)
        if picked and said & PICKED and "cancel" not in self.acts:  # "wednesday works"
            return replace(self, acts=self.acts - PICKED, doubtful=self.doubtful - PICKED | {"choose"})
        if not picked and elsewhere and "choose" in (self.acts or self.doubtful):
            return replace(self, acts=self.acts - {"choose"} | {"reschedule"}, doubtful=self.doubtful - {"choose"})
        if not picked and "choose" in self.acts:
            return replace(self, acts=self.acts - {"choose"}, doubtful=self.doubtful | {"choose"})
        if picked and not self.acts & CHANGES:  # "the 2nd, but is it expensive?"
            return replace(self, doubtful=self.doubtful | {"choose"})
        return replace(self, doubtful=self.doubtful - {"choose"}) if self.acts else self


def judge(scores: dict[str, float], *, context: Context, danger: tuple[str, str] | None, seldom: bool = False) -> Judged:
    """What holds, given the model's scores and the crisis floor's word. seldom: such a text is danger seldom, however alike."""
    loudest = {act: _loudest(scores, act) for act in DETAILED}
    scores = scores | {act: max(scores[act], detail) for act, detail in loudest.items() if detail is not None}
    urgent, why = _urgent(scores, danger, URGENT_LIKE if seldom else LEAST_URGENT)
    ranked = sorted(((score, label) for label, score in scores.items() if label in ACTS), reverse=True)
    acts = {label for score, label in ranked if score >= CHANGE.get(label, BARRIER if label == "barrier" else SURE)}
    doubtful = {label for score, label in ranked if label in CHANGE and MAYBE <= score < CHANGE[label]}
    if acts - WEAK:
        least = MAYBE_BARRED if acts <= {"barrier"} else MAYBE_BESIDE
        doubtful = {label for label in doubtful if scores[label] >= least or label == "choose"}
    if not acts and not urgent and ranked:
        best_score, best = ranked[0]
        if best not in CHANGES and best_score >= LIKELIEST:
            acts = {best}
    if (_loudest(scores, "language") or 0.0) < NAMED:
        acts.discard("language")
    if "barrier" in acts:
        early = {label for label in acts & CALLED_OFF if scores[label] < BESIDE_BARRIER}
        acts, doubtful = acts - early, doubtful | early
    acts, doubtful = _agree(acts, doubtful, scores)
    if "opt_out" in acts and not acts.isdisjoint({"confirm", "complaint"}) and scores["opt_out"] < BESIDE_ANGER:
        acts, doubtful = acts - {"opt_out"}, doubtful | {"opt_out"}
    if urgent:
        acts -= WEAK | CHANGES | {"human", "ask", "barrier", "help"}  # nothing is changed while somebody is in danger
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


def _urgent(scores: dict[str, float], danger: tuple[str, str] | None, least: float) -> tuple[str | None, list[tuple[str, float, str]]]:
    kinds = _named(scores, "urgent")
    if not kinds:
        return (danger[0], [(f"urgent.{danger[0]}", 1.0, f"floor: {danger[1]}")]) if danger else (None, [])
    best = max(kinds, key=lambda kind: kinds[kind])
    loudest = max(score for label, score in scores.items() if label not in DANGER)
    if not danger and max(scores.get("urgent", 0.0), kinds[best]) < least:
        return None, []
    # What else the text clearly is speaks against danger: "my phone died, can I come friday" is a request.
    score = _sigmoid(_logit(max(scores.get("urgent", 0.0), kinds[best])) - AGAINST * _logit(loudest))
    if danger and (score >= URGENT_WITH_FLOOR or loudest < CERTAIN):
        kind = best if kinds[best] >= SURE else danger[0]
        return kind, [(f"urgent.{kind}", score, f"floor: {danger[1]}")]
    return (best, [(f"urgent.{best}", score, "model")]) if score >= URGENT else (None, [])


def _logit(score: float) -> float:
    return math.log((score + 1e-4) / (1 - score + 1e-4))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _agree(acts: set[str], doubtful: set[str], scores: dict[str, float]) -> tuple[set[str], set[str]]:
    """Labels that exclude each other: the stronger stays; where they are close both become a doubt."""
    if "reschedule" in acts:
        acts.discard("cancel")
        doubtful.discard("cancel")
    for pair in RIVALS:
        weaker, stronger = sorted(pair, key=lambda label: scores.get(label, 0.0))
        if not acts & set(pair) or scores.get(weaker, 0.0) < RIVAL:
            continue
        if set(pair) <= acts and set(pair) in TOGETHER and scores[weaker] >= BOTH:
            continue
        acts.discard(weaker)
        if stronger not in acts or scores[stronger] - scores[weaker] < AHEAD:  # one that needs more may be louder, and not enough
            acts.discard(stronger)
            doubtful |= {stronger, weaker}
    loudest = max(acts, key=lambda label: scores[label], default="")
    if loudest in WEAK and not acts & CHANGES:  # "sorry that i was rude, thank you" is no complaint
        acts &= WEAK
    elif acts - WEAK:
        acts -= WEAK
    if acts & CHANGES or acts == {"noise"}:
        doubtful = set()
    return acts, doubtful


def _named(scores: dict[str, float], act: str) -> dict[str, float]:
    """detail of an act → its score."""
    return {name: scores[label] for label, name in DETAILS[act] if label in scores}


def _details(scores: dict[str, float], act: str) -> frozenset[str]:
    best = _best(scores, act)
    return frozenset(name for name, score in _named(scores, act).items() if score >= DETAIL or name == best)


def _loudest(scores: dict[str, float], act: str) -> float | None:
    return max(_named(scores, act).values(), default=None)


def _best(scores: dict[str, float], act: str) -> str | None:
    found = _named(scores, act)
    return max(found, key=lambda name: found[name], default=None)
