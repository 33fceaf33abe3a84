"""The names of what can be understood; `intents/meaning.yaml` tells what each means."""

from __future__ import annotations

ACTS = frozenset(
    [
        "confirm",
        "tentative",
        "cancel",
        "reschedule",
        "late",
        "arrived",
        "ask",
        "barrier",
        "choose",
        "taken",
        "not_taken",
        "refill",
        "human",
        "opt_out",
        "opt_in",
        "help",
        "language",
        "wrong_number",
        "update_info",
        "complaint",
        "social",
        "other",
        "noise",
    ]
)
TOPICS = frozenset(
    [
        "when",
        "location",
        "parking",
        "hours",
        "prep",
        "bring",
        "cost",
        "insurance",
        "duration",
        "provider",
        "telehealth",
        "companion",
        "results",
        "medication",
        "procedure",
        "interpreter",
        "transport",
        "other",
    ]
)
BARRIERS = frozenset(
    [
        "transport",
        "cost",
        "work",
        "childcare",
        "language",
        "understanding",
        "fear",
        "illness",
        "mobility",
        "housing_food",
        "phone_tech",
        "memory",
        "side_effects",
        "other",
    ]
)
URGENT = frozenset({"medical", "self_harm", "abuse"})
TOLD = frozenset({"custody", "death", "distress", "hospital", "refill"})  # beside whatever else is wished; the last is a wish, too
LANGUAGES = ("en", "es", "zh", "vi", "ko", "tl", "ru", "ar", "fr", "pt", "ht", "pl", "hi", "fa", "it", "de", "ja")
WITH_DETAIL = {"ask": TOPICS, "barrier": BARRIERS, "urgent": URGENT, "language": frozenset(LANGUAGES)}
# act → each of its labels, and what of it the label names.
DETAILS = {act: tuple((f"{act}.{name}", name) for name in sorted(names)) for act, names in WITH_DETAIL.items()}

# Acts on which the bot changes something: a false one does harm, so each has its own threshold.
CHANGES = frozenset(
    {"confirm", "tentative", "cancel", "reschedule", "choose", "opt_out", "opt_in", "wrong_number", "taken", "not_taken"}
)
# What words of the text may speak against: whoever cannot hear is not phoned, who is to be brought is none of the papers,
# and who tells who drives them has a ride.
GUARDED = CHANGES | {"human", "refill", "urgent", "bring", "transport"}


def known(label: str) -> bool:
    """Whether a phrase file may use the label: an act, or act.detail."""
    head, _, tail = label.partition(".")
    return tail in WITH_DETAIL[head] if head in WITH_DETAIL else head in ACTS and not tail
