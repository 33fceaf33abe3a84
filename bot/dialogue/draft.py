"""The decision while it is being made: what the steps read, and where they put what they decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.dialogue.effects import Decision, Effect, LogItem, Promise, Say
from bot.dialogue.items import KINDS
from bot.dialogue.types import Ask, Facts, Prompt, Spoken, State, Undo, Visit
from bot.understand.types import Understanding

A_TALK = timedelta(days=1)  # how long the language of a text holds for those after it that tell none
ENGLISH = "en"
Value = str | int | datetime | tuple[datetime, ...]


class Draft:
    """One turn's decision. Steps only ever add to it; `decision` freezes it."""

    def __init__(self, *, state: State, understanding: Understanding, facts: Facts) -> None:
        self.before = state
        self.state = replace(state, call=False)
        self.read = understanding
        self.facts = facts
        self.effects: list[Effect] = []
        self.undo: list[Undo] = []
        self.acts = set(understanding.acts)
        self.doubtful = set(understanding.doubtful)
        self.chosen: tuple[Visit, ...] = ()
        self.asked: Prompt | None = None
        self.settled = False  # what the message says about a visit's time has been dealt with
        self.language = _language(state, understanding, facts)

    @property
    def prompt(self) -> Prompt | None:
        """The question that was open when the message came."""
        return self.before.prompt

    def prompted(self, *asks: Ask) -> bool:
        """Whether one of `asks` was open when the message came."""
        return self.before.prompt is not None and self.before.prompt.ask in asks

    @property
    def plain(self) -> str | None:
        """ "yes" or "no", where the text says nothing else and answers the open question: nothing else was said since."""
        keyword = self.read.keyword if self.before.prompt and not self.before.prompt.aside else None
        return keyword if keyword in ("yes", "no") else None

    def say(self, key: str, **values: Value) -> None:
        """Adds a sentence, once."""
        said = Say(key=key, values=tuple(values.items()))
        if said not in self.effects:
            self.effects.append(said)

    def do(self, *effects: Effect) -> None:
        """Adds effects, each once."""
        self.effects += [effect for effect in effects if effect not in self.effects]

    def log(self, kind: str, *, detail: str = "", visit: Visit | None = None, shown_from: datetime | None = None) -> None:
        """Adds an item for the coordinators."""
        by = self.facts.answer_by if KINDS[kind].promised and shown_from is None else None
        lead = self.facts.clinic.lead_times.get(detail) if kind == "barrier" else None
        self.do(LogItem(kind=kind, detail=detail, visit=visit.id if visit else None, shown_from=shown_from, by=by, lead=lead))

    def remember(self, **changes: object) -> None:
        """Changes what is remembered."""
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]

    def ask(self, prompt: Prompt) -> None:
        """Opens a question; a message asks at most one."""
        self.asked = replace(prompt, aside=False)

    def can_undo(self, visit: Visit, act: str, *, to: datetime | None = None) -> None:
        """Keeps what `visit` is now, so that UNDO can bring it back. to: the time that it is moved to."""
        before = Undo(
            visit=visit.id,
            start=visit.start,
            participant=visit.participant,
            slot=visit.slot_id,
            act=act,
            patient=visit.patient_id,
            minutes=visit.minutes,
            practitioner=visit.practitioner,
            to=to,
            at=self.facts.now,
        )
        self.undo.append(before)

    @property
    def spoken(self) -> bool:
        """Whether the answer has a sentence yet."""
        return any(isinstance(effect, Say) for effect in self.effects)

    @property
    def only_visit(self) -> Visit | None:
        """The visit that the message must be about because there is no other."""
        return self.facts.visits[0] if len(self.facts.visits) == 1 else None

    @property
    def changes(self) -> tuple[Undo, ...]:
        """What the patient did last and may still take back: the visit is to come, and is as they left it."""
        return tuple(each for each in self.before.undo if each.start > self.facts.now and self._as_left(each))

    @property
    def called_off(self) -> tuple[Undo, ...]:
        """What the patient called off last and may still have back."""
        return tuple(each for each in self.changes if each.act == "cancel")

    def _as_left(self, change: Undo) -> bool:
        """Whether nobody else has made something else of a visit since, by whatever way (F-03)."""
        if change.act == "book":
            return any(visit.slot_id == change.slot for visit in self.facts.visits)
        visit = self.visit(change.visit)
        if visit is None and change.act == "cancel" and self.facts.clinic.may_cancel:
            visit = next((gone for gone in self.facts.gone if gone.id == change.visit and gone.status == "cancelled"), None)
        if visit is None or change.patient not in (None, visit.patient_id):
            return False
        return visit.start == (change.to or visit.start if change.act == "move" else change.start)

    def visit(self, number: int) -> Visit | None:
        """The open visit with that id."""
        return next((visit for visit in self.facts.visits if visit.id == number), None)

    @property
    def waits(self) -> bool:
        """Whether a person is to answer them already."""
        return any(KINDS[kind].promised for kind in self.facts.open_items if kind in KINDS)

    def promise_again(self) -> None:
        """Tells who waits for a person that one will answer, or when one is there again."""
        if self.facts.staffed or self.facts.opens is None:
            self.say("in_hand")
        else:
            self.say("handoff_closed", opens=self.facts.opens)

    def decision(self, rule: str) -> Decision:
        """What was decided. An open question stays open only if nothing replaced or answered it."""
        state = self.state
        if self.asked is not None:
            state = replace(state, prompt=self.asked)
        elif self.spoken and state.prompt is not None and state.prompt is self.before.prompt:
            state = replace(state, prompt=replace(state.prompt, aside=True))
        if self.undo:
            state = replace(state, undo=tuple(self.undo))
        state = replace(state, spoken=self._spoken(state))
        self._together()
        self._promise()
        return Decision(state=state, effects=tuple(self.effects), language=self.language, rule=rule)

    def _spoken(self, state: State) -> Spoken | None:
        """What is spoken from now on: the language that was asked for, else what this text tells, else as before."""
        if state.language != self.before.language:
            return None
        if not self.read.language_sure:
            return self.before.spoken
        record = state.language or _record(self.facts)
        told = self.language != record and (self.language != ENGLISH or self.read.sentence)
        return Spoken(self.language, self.facts.now) if told else None

    def _together(self) -> None:
        """Several confirmations are one sentence, and who is thanked for telling is not thanked for coming, too."""
        same = [effect for effect in self.effects if isinstance(effect, Say) and effect.key == "confirmed"]
        if not same:
            return
        thanked = Say(key="barrier.other") in self.effects
        one, several = ("visit_when", "visits_when") if thanked else ("confirmed", "confirmed_many")
        whens = tuple(value for say in same for _, value in say.values if isinstance(value, datetime))
        values = (("when", whens[0]),) if len(same) == 1 else (("whens", whens),)
        at = self.effects.index(same[0])
        self.effects = [effect for effect in self.effects if effect not in same]
        self.effects.insert(at, Say(key=one if len(same) == 1 else several, values=values))

    def _promise(self) -> None:
        """One sentence that tells who answers and when, however many items were logged (S-12)."""
        now = [effect for effect in self.effects if isinstance(effect, LogItem) and effect.shown_from is None]
        if not any(KINDS[item.kind].promised for item in now) or not self.spoken:
            return
        if self.facts.answer_by is not None and not self.facts.opted_out:  # who opted out does not hear it
            self.do(Promise(by=self.facts.answer_by))
        if self.facts.staffed or self.facts.opens is None:
            if not any(isinstance(effect, Say) and effect.key in PROMISES for effect in self.effects):
                self.say("handoff")
        else:
            self.say("handoff_closed", opens=self.facts.opens)


def _language(state: State, read: Understanding, facts: Facts) -> str:
    """What to answer in: the language of a message that tells it clearly, else of the last one that did, else that on record (L-11).

    Who says that they do not speak ours is answered in theirs, however few words tell it. English holds for a bare number and
    for what may be English as well, since words of it stand in texts of every other language, and never against one that was asked for.
    """
    record = state.language or _record(facts)
    sure = read.language_sure or record is None or "language" in read.barriers
    if read.language and read.language in facts.languages and sure:
        return read.language
    spoken = state.spoken.language if state.spoken is not None and facts.now - state.spoken.at < A_TALK else None
    alike = read.number is not None or read.language == ENGLISH
    holds = spoken != ENGLISH or (alike and state.language is None)
    if spoken in facts.languages and holds:
        return spoken
    return record if record in facts.languages else facts.languages[0]


def _record(facts: Facts) -> str | None:
    return next((person.language for person in facts.people), None)


# Sentences that already say that a person will answer.
PROMISES = frozenset({"human", "handoff", "declined", "no_fit", "find_time", "update_info", "details_no", "language_none", "failed"})
