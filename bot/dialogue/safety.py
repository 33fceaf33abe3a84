"""Danger first, then everything that forbids automation: holds, opt-outs, a coordinator who has taken over."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.draft import Draft
from bot.dialogue.effects import CloseItems, OptIn, OptOut, Prefer
from bot.dialogue.questions import about_texts
from bot.dialogue.targets import about
from bot.dialogue.types import Ask, Hold, Wants
from bot.dialogue.visits import SILENCE
from bot.dialogue.waitlist import still_waits

OFF_LIST = "off_list"  # what is asked about, where that may mean the texts or the visit
REPEAT = timedelta(minutes=10)  # the same safety text goes out once in this time; every message alerts (S-14)


def opt_out_keyword(draft: Draft) -> str | None:
    """A carriers' word alone is an opt-out whatever it was meant to be (O-01); a coordinator asks about the visit (O-05)."""
    if draft.read.keyword not in ("opt_out", "opt_out_cancel"):
        return None
    if not draft.facts.opted_out:
        draft.do(OptOut(source=f"keyword:{draft.read.keyword}"))
        draft.say("opted_out")
    if draft.read.keyword == "opt_out_cancel":
        for visit in draft.facts.visits[:1]:
            draft.log("cancel_keyword", visit=visit)
    draft.remember(prompt=None)
    return "opt_out_keyword"


def danger(draft: Draft) -> str | None:
    """The one fixed answer to danger, an alert for people, and no automation until they say so (S-01, S-03, S-07, S-08)."""
    kind = draft.read.urgent
    if kind is None:
        return None
    draft.log(f"urgent_{kind}", visit=draft.only_visit)
    if draft.facts.opted_out:
        draft.log("urgent_opted_out")  # the carrier may block the answer, so somebody must phone (S-04)
    # Danger lifts neither what was held for abuse, since the phone may be watched, nor what is held since it is somebody else's.
    draft.remember(hold=draft.before.hold if draft.before.hold in (Hold.ABUSE, Hold.WRONG_NUMBER) else Hold(kind), prompt=None)
    if kind == "abuse":  # nothing that a watched phone could give away: what any text gets there, or nothing where none gets it (S-07)
        if not draft.before.paused and draft.before.hold is not Hold.WRONG_NUMBER:
            draft.say("received")
        return "danger_abuse"
    sent, now = draft.before.safety, draft.facts.now
    # The same text is not sent twice in a short time; who writes again of suicide is told to call 911, which they were not yet.
    fresh = next((each for each in (kind, "medical") if each not in sent or now - sent[each] >= REPEAT), None)
    if fresh:
        draft.say(f"safety.{fresh}")
        draft.remember(safety={**sent, fresh: now})
    else:
        draft.say("received")
    return f"danger_{kind}"


def opted_out(draft: Draft) -> str | None:
    """After an opt-out nothing is sent; only the word START or a plain wish for texts lifts it, a YES never does (O-02)."""
    if not draft.facts.opted_out:
        return None
    if back := _texts_again(draft):
        return back
    draft.log("opted_out_message", visit=draft.only_visit)
    return "opted_out_message"


def _texts_again(draft: Draft) -> str | None:
    """START, or a plain wish for texts. A phone that was a stranger's is a person's to check before anything is promised."""
    if draft.read.keyword != "opt_in" and draft.acts != {"opt_in"}:
        return None
    draft.do(OptIn(source=draft.read.keyword or "words"))
    if draft.before.hold is None:
        draft.say("opted_in", phone=draft.facts.clinic.phone)
    else:
        draft.log("held_message", detail=draft.before.hold)
        draft.say("received")
    return "opt_in"


def asked_help(draft: Draft) -> str | None:
    """HELP is answered whatever is held (O-15), so that it shows no hold (S-07); a stranger gets nothing more (N-01)."""
    alone = draft.before.paused or draft.before.hold not in (None, Hold.WRONG_NUMBER)
    return about_texts(draft) if alone and draft.read.keyword == "help" else None


def held(draft: Draft) -> str | None:
    """While a hold stands, people answer."""
    if draft.before.hold is None:
        return None
    if "opt_out" in draft.acts:
        return _opted_out(draft)
    if draft.before.hold is Hold.WRONG_NUMBER:
        draft.log("held_message", detail=draft.before.hold)
        if draft.read.keyword == "opt_in":
            draft.say("received")  # a person checks whose phone it is before anything is promised
        return "held"  # a stranger gets nothing more from us (N-01)
    for act in ("late", "arrived"):  # the front desk must know all the same
        if act in draft.acts:
            draft.log(act, visit=draft.only_visit)
    draft.log("held_message", detail=draft.before.hold)
    if not draft.before.paused:  # where a coordinator writes, the bot is as silent as before the hold
        draft.say("received")
    return "held"


# Commands about how many texts to get → (what is wanted, the sentence that says what holds from now on).
WANTS = {
    "fewer": (Wants.FEWER, "fewer"),
    "visits_only": (Wants.VISITS, "visits_only"),
    "all_texts": (Wants.ALL, "all_texts"),
}


def wants(draft: Draft) -> str | None:
    """FEWER, VISITS ONLY, ALL TEXTS: less than an opt-out, and whatever was asked last stays open, as the waiting list does."""
    if draft.read.keyword not in WANTS or draft.before.hold is Hold.WRONG_NUMBER:
        return None
    wanted, sentence = WANTS[draft.read.keyword]
    draft.do(Prefer(wants=wanted, source=f"keyword:{draft.read.keyword}"))
    draft.say(sentence)
    if wanted is not Wants.ALL:
        still_waits(draft)
    return f"wants_{wanted}"


def taken_over(draft: Draft) -> str | None:
    """A coordinator writes with this patient: the bot is silent, except where consent is withdrawn."""
    if not draft.before.paused:
        return None
    if "opt_out" in draft.acts:
        return None
    if draft.acts != {"social"} or draft.doubtful:  # a "thank you" needs nobody
        draft.log("paused_message")
    return "taken_over"


def which_list(draft: Draft) -> str | None:
    """ "Take me off the list" tells not of which: the texts, or who comes. Asked, since either would be wrong for the other."""
    asked = draft.prompt if draft.prompted(Ask.CLARIFY) and draft.prompt and draft.prompt.act == OFF_LIST else None
    if asked:
        draft.do(CloseItems(kinds=("unclear_cancel",), visit=draft.only_visit.id if draft.only_visit else None))
        if draft.read.number == 1:
            return _opted_out(draft)
    if draft.read.keyword == "off_list" and "opt_out" not in draft.acts:
        draft.acts, draft.doubtful = set(), {"opt_out", "cancel"}
    if draft.acts or draft.read.told or not {"opt_out", "cancel"} <= draft.doubtful or not draft.facts.visits:
        return None
    if asked:
        draft.log("other", detail="opt_out?", visit=draft.only_visit)
        draft.say("received")
        draft.remember(prompt=None)
        return "which_list"
    draft.log("unclear_cancel", detail="opt_out?", visit=draft.only_visit, shown_from=draft.facts.now + SILENCE)
    draft.say("which_list")
    draft.ask(about(draft, Ask.CLARIFY, draft.facts.visits, act=OFF_LIST))
    draft.remember(asked_back=True)
    return "which_list"


def consent(draft: Draft) -> str | None:
    """Plain-language opt-out (O-06), wrong numbers (N-01), and the texts about the texts."""
    if "wrong_number" in draft.acts:
        if "opt_out" in draft.acts:
            draft.do(OptOut(source="words"))
        draft.log("wrong_number")
        draft.remember(hold=Hold.WRONG_NUMBER, prompt=None)
        draft.say("wrong_number")
        return "wrong_number"
    if "opt_out" in draft.acts:
        return _opted_out(draft)
    if back := _texts_again(draft):
        return back
    if "wrong_number" in draft.doubtful and not draft.acts:
        draft.log("other", detail="wrong_number?")
        draft.say("received")
        return "doubtful_wrong_number"
    which = draft.prompted(Ask.WHICH) and draft.read.about  # "no, both please": it answers which visit is meant
    if "opt_out" in draft.doubtful and not draft.acts and not draft.read.told and not which:
        draft.log("other", detail="opt_out?")
        draft.say("help", clinic=draft.facts.clinic.name, phone=draft.facts.clinic.phone)
        draft.say("less")
        return "doubtful_opt_out"
    return None


def _opted_out(draft: Draft) -> str:
    """Texts end at once. Whoever says so in words mostly tells why, a death even, and may still be waited for: a person reads it."""
    draft.do(OptOut(source="words"))
    draft.say("opted_out")
    called_off = "cancel" in draft.acts | draft.doubtful and draft.facts.visits
    draft.log("cancel_keyword" if called_off else "opt_out_words", visit=next(iter(draft.facts.visits), None))
    draft.remember(prompt=None)
    return "opt_out"
