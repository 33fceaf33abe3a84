"""Questions, barriers and everything else a patient says beside their visit's time."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.effects import SetLanguage
from bot.dialogue.targets import about, meant
from bot.dialogue.types import Ask, Visit, Wants
from bot.dialogue.visits import SILENCE, unknown
from bot.dialogue.waitlist import still_waits

CLINICAL = frozenset({"results", "medication", "procedure"})  # only a person of the care team may answer (S-11)
GUESS = 0.4  # what is read with less is answered by a person alone
PRIVATE = ("provider", "prep")  # named only with the patient's recorded choice (H-04)


def questions(draft: Draft) -> str | None:
    """Answers from the clinic's own facts; what it has not told, or may not be told by text, goes to a person."""
    if "ask" not in draft.acts:
        return None
    topics = draft.read.topics or frozenset({"other"})
    if _guessed(draft, "ask"):
        topics = topics & {"when"} or frozenset({"other"})
    if "barrier" in draft.acts:
        topics -= draft.read.barriers  # no ride, no money: what helps is told once, with the barrier
    if len(topics) > 1 and not draft.facts.visits:
        topics -= {"when"}  # there is no visit to tell of
    for topic in sorted(topics - set(PRIVATE)):
        _answer(draft, topic)
    private(draft, tuple(topic for topic in PRIVATE if topic in topics))
    return "ask"


def _guessed(draft: Draft, act: str) -> bool:
    """Whether an act was read only since nothing else was likelier: what it is about is then wrong two times of three."""
    return any(reason.label == act and reason.score < GUESS for reason in draft.read.reasons)


def _answer(draft: Draft, topic: str) -> None:
    if topic in CLINICAL:
        draft.log("clinical_question", detail=topic, visit=meant(draft))
        draft.say("clinician")
    elif topic == "when" and draft.facts.people:
        when(draft)
    elif topic == "duration" and (visit := meant(draft)):
        draft.say("duration", minutes=visit.minutes)
    elif topic == "telehealth" and (visit := _with_link(draft)):
        draft.say("video", link=visit.video_link)
    elif _in_general(draft, topic) and topic == "interpreter":  # the answer promises one, so somebody must see to it
        draft.log("language", visit=meant(draft))


def when(draft: Draft) -> None:
    """When the visits are."""
    starts = tuple(visit.start for visit in draft.facts.visits)
    if len(starts) == 1:
        draft.say("visit_when", when=starts[0])
    elif starts:
        draft.say("visits_when", whens=starts)
    else:
        draft.say("no_visit")


def private(draft: Draft, topics: tuple[str, ...]) -> None:
    """Clinician and preparation: answered if every person of the phone agreed to details in texts, asked first if none was.

    Else what the clinic says to all is told, which names nobody's.
    """
    if not topics:
        return
    choices = {person.details_ok for person in draft.facts.people}
    visit = meant(draft)
    known = visit is not None and any(_private_answer(draft, topic, visit) for topic in topics)
    busy = draft.prompted(Ask.SLOTS, Ask.WHEN, Ask.READ_BACK) or draft.asked is not None  # one question at a time
    if not known or False in choices or not choices or (None in choices and busy):
        for topic in topics:
            _in_general(draft, topic)
    elif None in choices:
        for topic in topics:  # who does not answer that is still owed the other answer
            draft.log("question", detail=topic, visit=visit, shown_from=draft.facts.now + SILENCE)
        draft.say("ask_details")
        draft.ask(about(draft, Ask.DETAILS, (visit,) if visit else (), act=",".join(topics)))
    else:
        tell(draft, topics, visit)


def tell(draft: Draft, topics: tuple[str, ...], visit: Visit | None) -> None:
    """The private answers themselves."""
    for topic in topics:
        answer = _private_answer(draft, topic, visit) if visit else None
        if answer is None:
            _in_general(draft, topic)
        elif topic == "provider":
            draft.say("practitioner", practitioner=answer)
        else:
            draft.say("answer", answer=answer)


def _private_answer(draft: Draft, topic: str, visit: Visit) -> str | None:
    if topic == "provider":
        return visit.practitioner or None
    return _in_language(draft, draft.facts.clinic.preparations.get(visit.service))


def _with_link(draft: Draft) -> Visit | None:
    return next((visit for visit in draft.facts.visits if visit.video_link), None)


def _in_general(draft: Draft, topic: str) -> bool:
    """What the clinic has written for all who ask; what it has not is passed on to a person. Whether it has."""
    answer = _in_language(draft, draft.facts.clinic.answers.get(topic))
    if answer:
        draft.say("answer", answer=answer)
    else:
        draft.log("question", detail=topic, visit=meant(draft))
        draft.say("no_answer")
    return bool(answer)


def _in_language(draft: Draft, sentences: dict[str, str] | None) -> str | None:
    return (sentences or {}).get(draft.language)


def barriers(draft: Draft) -> str | None:
    """What stands in the way: heard, the clinic's own resource named, logged while it can still be fixed."""
    if "barrier" not in draft.acts:
        return None
    guessed = _guessed(draft, "barrier")
    kinds = ["other"] if guessed else sorted(draft.read.barriers) or ["other"]
    if guessed:
        draft.say("received")
    elif not draft.acts & {"taken", "not_taken"}:
        draft.say(f"barrier.{kinds[0]}")
    for kind in kinds:
        resource = _in_language(draft, draft.facts.clinic.resources.get(kind))
        if resource:
            draft.say("answer", answer=resource)
        if not (kind == "fear" and "distress" in draft.read.told):  # who is to phone them asks
            draft.log("barrier", detail=kind, visit=meant(draft))
    return "barrier"


def distress(draft: Draft) -> str | None:
    """Who is at the end of their strength hears that they were heard, whatever else they say, and a person phones them first."""
    if "distress" not in draft.read.told or "death" in draft.read.told:  # of a death a person reads anyway: `life.told`
        return None
    draft.log("distress", visit=draft.only_visit)
    if "barrier" not in draft.acts:  # that has a sentence of its own
        draft.say("barrier.other")
    return "distress"


def medicine(draft: Draft) -> str | None:
    """Answers to the medicine question, and refills. No advice (S-11)."""
    done: str | None = None
    for act in ("not_taken", "taken"):
        if act in draft.acts and draft.prompted(Ask.MEDICATION) and draft.facts.check_in is None:
            if act == "not_taken":
                draft.log("not_taken")
            draft.say(act)
            draft.remember(prompt=None)
            done = act
            break
    if draft.prompt is None and {"social"} < (draft.acts | draft.doubtful | {"social"}) <= {"taken", "not_taken", "social"}:
        draft.acts.add("other")  # "took it now", when nothing is asked any more
    if "refill" in draft.acts:
        draft.log("refill")
        draft.say("refill")
        done = "refill"
    return done


# act → item for the coordinators, sentence for the patient
PASSED_ON = {
    "update_info": ("update_info", "update_info"),
    "complaint": ("complaint", "complaint"),
    "human": ("human", "human"),
    "other": ("other", "received"),
}


def passed_on(draft: Draft) -> str | None:
    """What goes to a person as it is."""
    done = _spoken_against(draft)
    for act, (kind, sentence) in PASSED_ON.items():
        if act in draft.acts and not (act == "other" and draft.spoken):
            if not draft.facts.people and act in ("update_info", "other"):
                unknown(draft)  # the same answer whether we know the name or not (N-09)
            else:
                draft.log(kind, visit=meant(draft))
                draft.say(sentence)
                draft.remember(call=draft.state.call or act == "human")
            done = act
    return done


def _spoken_against(draft: Draft) -> str | None:
    """ "Do not call, I am deaf": what sounds like a wish for a call, or for no more texts, and is none; so a person reads it.

    Of a text that says nothing but "stop sending it twice", `safety.consent` has logged that.
    """
    known = draft.facts.people and not draft.read.told  # of what is told, a person reads anyway
    doubts = draft.doubtful & {"human", "opt_out"} if known else set()
    for act in sorted(doubts):
        draft.log("other", detail=f"{act}?", visit=meant(draft))
        if not draft.spoken:
            draft.say("received")
    return "other" if doubts else None


def about_texts(draft: Draft) -> str | None:
    """HELP and "who is this"."""
    if draft.read.keyword == "help" or "help" in draft.acts:
        draft.say("help", clinic=draft.facts.clinic.name, phone=draft.facts.clinic.phone)
        if draft.read.keyword == "help" and draft.facts.wants is Wants.ALL:
            draft.say("less")
        return "help"
    return None


LIMITED = {Wants.FEWER: "fewer", Wants.VISITS: "visits_only"}


def status(draft: Draft) -> str | None:
    """STATUS: what is booked, what a coordinator has in hand, and what they will be texted."""
    if draft.read.keyword != "status":
        return None
    draft.acts.discard("ask")
    if draft.facts.visits:
        draft.say("status", whens=tuple(visit.start for visit in draft.facts.visits))
    elif draft.facts.people:
        draft.say("no_visit")
    if draft.facts.open_items:
        draft.say("in_hand")
    if not draft.spoken:
        unknown(draft)
    if sentence := LIMITED.get(draft.facts.wants):
        draft.say(sentence)
    still_waits(draft)
    return "status"


def papers(draft: Draft) -> str | None:
    """DOCS: which papers are missing, visit by visit; a paper without a name in the language is a person's to tell."""
    if draft.read.keyword != "docs":
        return None
    for visit in draft.facts.visits:
        missing = [paper for paper in draft.facts.clinic.needs(visit.service) if (visit.id, paper.name) not in draft.facts.there]
        names = [name for paper in missing if (name := _in_language(draft, paper.say))]
        if len(names) < len(missing):
            draft.log("question", detail="papers", visit=visit)
            draft.say("no_answer")
        elif missing:
            draft.say("docs_missing", when=visit.start, papers=", ".join(names))
        else:
            draft.say("docs_complete", when=visit.start)
    if not draft.facts.visits and draft.facts.people:
        draft.say("no_visit")
    if not draft.spoken:
        unknown(draft)
    return "docs"


def language(draft: Draft) -> str | None:
    """A wish for another language: taken at once if we write it, else an interpreter and a person (L-02, L-14)."""
    wanted = draft.read.language_to
    if "language" not in draft.acts or wanted is None:
        return None
    if wanted in draft.facts.languages:
        draft.do(SetLanguage(language=wanted))
        draft.remember(language=wanted)
        draft.language = wanted
        draft.say("language_set")
        return "language"
    draft.log("language", detail=wanted, visit=meant(draft))
    draft.say("language_none")
    return "language"
