"""Reading one message: text and context in, Understanding out, with the reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path

from bot.understand import clauses, learned
from bot.understand.choices import fitting, lone_number, names_another, number_told, pick, spoken_of, uncompared, visits_named
from bot.understand.danger import Floor, Prepared, load_floor, load_guards, load_told, prepare
from bot.understand.judge import Judged, judge
from bot.understand.language import Detector
from bot.understand.lexicon import Lexicon, load_lexicon, squeeze
from bot.understand.model import Model
from bot.understand.normalise import chinese, clean, fold, tapped, words
from bot.understand.parts import answers, paired
from bot.understand.spelling import Speller
from bot.understand.times import Vocabulary, load_mixed, read_best
from bot.understand.times.same_day import same_day
from bot.understand.types import Answer, Context, Message, Reason, Understanding, When

# What a keyword means by itself. The other COMMANDS the dialogue carries out.
KEYWORD_ACTS = {"opt_out": "opt_out", "opt_out_cancel": "opt_out", "opt_in": "opt_in", "help": "help"}
SPOKEN = "en"  # words of it stand in texts of every other language
SENTENCE = 5  # words that nobody mixes into another language
FRAGMENT = 2  # words, and ...
FRAGMENT_LETTERS = 5  # ... in scripts whose signs are words
TURNS = re.compile(r"[,;.،、，]")
MIXED = frozenset({"confirm", "cancel"})
ANOTHERS = dict.fromkeys(("confirm", "cancel", "tentative"), "somebody without a visit")  # "cancel Sam's": the only one is his mother's
BARE = frozenset({"undo", "off_list"})  # commands that mean the same with a "please" beside them
PLAIN = {"yes": "confirm", "no": "cancel"}  # as an answer to a reminder
COMMANDS = frozenset({"undo", "status", "new", "docs", "fewer", "visits_only", "all_texts", *KEYWORD_ACTS})


@dataclass(frozen=True)
class Tongue:
    """All that is known of one language."""

    lexicon: Lexicon
    floor: Floor
    told: Mapping[str, Floor]
    guards: Floor
    speller: Speller


@dataclass(frozen=True, repr=False)  # as text it would be megabytes
class Reader:
    """Reads messages in every language that has a folder in `intents/`."""

    tongues: Mapping[str, Tongue]
    times: Mapping[str, Vocabulary]  # also of languages that have no phrases yet
    model: Model
    detector: Detector
    version: str

    def read(self, message: Message) -> Understanding:
        """What the message means. Never raises for any text; takes about a millisecond."""
        text = clean(message.text)
        found, sure = self.detector.detect(text)
        if found == "zh" and message.language == "ja":
            found = "ja"  # Chinese signs alone are Japanese too
        order = self._order(message.language, found)
        found = chinese(text, message.language) if found == "zh" else found
        keyword = self._keyword(text, order)
        if keyword and not sure and squeeze(text) in self.tongues[SPOKEN].lexicon.keywords:
            found = None  # our texts name the English word to everybody: it tells no language
        if keyword in COMMANDS:
            return self._command(text, keyword, found, sure)
        context = message.context
        repaired = self.tongues[order[0]].speller.repair(text)
        reasons = self.times[order[0]].reasons if order[0] in self.times else frozenset[str]()
        joints = self.tongues[order[0]].lexicon.turns, reasons
        scores = self._scores(text, repaired, context, joints)
        prepared = prepare(text)
        objections = self._against(prepared, order)
        against = objections | ({"cancel": "a reaction"} if tapped(message.text) else {})
        judged = self._judged(scores, text, prepared, message, order, sure, deaf="urgent" in against).heard(against).guarded(against)
        if found and found.startswith("und-"):
            judged = judged.unread()
        when = self._when(text, message, order) if judged.wants_time(context) else None
        choice, number = None, self._number(text, message, order)
        if context is Context.SLOTS:
            judged, choice = self._chosen(judged, text, message, order, when, against)
        elif len(message.visits) > 1 and lone_number(text) is not None:
            judged = replace(judged, acts=frozenset(), doubtful=frozenset())  # it names one of them, and says nothing of it
        about, about_day, said = self._visits(text, message, order)
        if said and paired(text, [self.tongues[code].lexicon for code in order]):
            judged = replace(judged, acts=frozenset(), doubtful=frozenset())  # it says nothing else
        judged, about = (judged, about) if said else _of_each(judged, about, about_day, turns=self._turns(text, order))
        judged = judged.guarded(ANOTHERS if (another := self._another(text, message, order)) else {})
        return Understanding(
            acts=judged.acts,
            doubtful=judged.doubtful,
            topics=judged.topics,
            barriers=judged.barriers,
            urgent=judged.urgent,
            told=judged.told,
            choice=choice if "choose" in judged.acts | judged.doubtful else None,
            number=number,
            answers=said,
            about=about,
            about_day=about_day,
            another=another,
            beside=len(message.visits) > 1 and uncompared(text, [self.tongues[code].lexicon for code in order])[1],
            stays="cancel" in objections,
            when=when,
            same_day=self._same_day(text, order) if judged.wants_time(context) else "",
            language=found,
            language_sure=sure and number is None,  # what stands beside it is too little to tell: "numero 2 por favor"
            sentence=sure and len(words(fold(text))) >= SENTENCE,
            language_to=chinese(text, None) if judged.language_to == "zh" else judged.language_to,
            keyword=keyword,
            reasons=self._reasons(repaired, judged),
            runner_up=judged.runner_up,
        )

    def least(self, message: Message) -> Understanding:
        """What is told with neither model nor detector, for when `read` breaks (S-05): a carriers' word, and danger by its patterns.

        The language is English where its patterns match several words, since others hold English words too, else that of the
        longest match.
        """
        text = clean(message.text)
        keyword = self._keyword(text, self._order(message.language, None))
        if keyword in KEYWORD_ACTS:
            return self._command(text, keyword, None, sure=False)
        prepared = prepare(text)
        hits = [(code, *hit) for code, tongue in self.tongues.items() if (hit := tongue.floor.find(prepared))]
        if not hits:
            return Understanding()
        code, kind, told = max(hits, key=lambda hit: (hit[0] == SPOKEN and " " in hit[2], len(hit[2])))
        why = Reason(label=f"urgent.{kind}", source=f"floor: {told}", words=(), score=1.0)
        language = chinese(text, message.language) if code == "zh" else code
        return Understanding(urgent=kind, language=language, reasons=(why,))

    def _order(self, record: str | None, found: str | None) -> list[str]:
        """Languages whose words count: the text's own when it tells, the recorded one, English."""
        codes = ((code or "").partition("-")[0] for code in (found, record, SPOKEN))
        return [code for code in dict.fromkeys(codes) if code in self.tongues]

    def _keyword(self, text: str, order: list[str]) -> str | None:
        squeezed = squeeze(text)
        for lexicon in (self.tongues[code].lexicon for code in order):
            bare = " ".join(word for word in squeezed.split() if word not in lexicon.beside)  # "UNDO please"
            group = lexicon.keywords.get(squeezed) or lexicon.keywords.get(bare)
            if group and (squeezed in lexicon.keywords or group in BARE):
                return group
        return None

    def _scores(self, text: str, repaired: str, context: Context, joints: tuple[Set[str], Set[str]]) -> dict[str, float]:
        """Of the repaired text and of the text as it is: what looks like a slip may be a form that nobody has written before."""
        scores = clauses.scores(self.model, repaired, context, *joints)
        if repaired == text:
            return scores
        written = clauses.scores(self.model, text, context, *joints)
        return {label: max(score, written[label]) for label, score in scores.items()}

    def _judged(
        self, scores: dict[str, float], text: str, prepared: Prepared, message: Message, order: list[str], sure: bool, *, deaf: bool
    ) -> Judged:
        """What holds; after a reminder a bare yes or no is an answer. deaf: a wish for no call is no danger then."""
        danger = self._danger(prepared, order if sure else self.tongues)
        told = dict(hit for code in order for floor in self.tongues[code].told.values() for hit in floor.found(prepared))
        seldom = _fragment(text) or deaf or not told.keys().isdisjoint({"hospital", "custody"})  # who is there is looked after
        judged = judge(scores, context=message.context, danger=danger, seldom=seldom).telling(told, scores)
        codes = order if sure or message.language else self.tongues
        plain = self._plain(text, codes) if message.context is Context.REMINDER else None
        return judged.plainly(plain, recorded=plain == self._plain(text, self._order(message.language, None)))

    def _chosen(
        self, judged: Judged, text: str, message: Message, order: list[str], when: When | None, against: dict[str, str]
    ) -> tuple[Judged, int | None]:
        """What holds after times were offered, and the number of the one that is picked."""
        lexicons = [self.tongues[code].lexicon for code in order]
        picked = pick(text, message.slots, lexicons, when, read=lambda part: self._when(part, message, order))
        if picked is not None and picked.said is not None:  # "not tuesday, the last one": its "not" is no doubt about the last
            against = self._against(prepare(picked.said), order)
        elsewhere = when is not None and not fitting(when, message.slots)
        chosen = judged.with_choice(picked, number=lone_number(text), elsewhere=elsewhere, against=against)
        return chosen, picked.number if picked else None

    def _plain(self, text: str, codes: Iterable[str]) -> str | None:
        """What a bare yes or no means after a reminder, where all languages agree that know it ("k" is both)."""
        squeezed = squeeze(text)
        found = {self.tongues[code].lexicon.keywords.get(squeezed) for code in codes} - {None}
        return PLAIN.get(found.pop() or "") if len(found) == 1 else None

    def _command(self, text: str, keyword: str, found: str | None, sure: bool) -> Understanding:
        act = KEYWORD_ACTS.get(keyword)
        acts = frozenset({act} if act else {"reschedule"} if keyword == "new" else {"ask"} if keyword == "status" else ())
        return Understanding(
            acts=acts,
            topics=frozenset({"when"}) if keyword == "status" else frozenset(),
            language=found,
            language_sure=sure,
            keyword=keyword,
            reasons=(Reason(label=act or keyword, source="keyword", words=(text[:40],), score=1.0),),
        )

    def _danger(self, text: Prepared, codes: Iterable[str]) -> tuple[str, str] | None:
        """The crisis floor: it needs no model (S-05)."""
        return next((hit for code in codes if (hit := self.tongues[code].floor.find(text))), None)

    def _against(self, text: Prepared, codes: Iterable[str]) -> dict[str, str]:
        """change → the words of the text that speak against it."""
        return dict(hit for code in codes for hit in self.tongues[code].guards.found(text))

    def _when(self, text: str, message: Message, order: list[str]) -> When | None:
        if message.now is None:
            return None
        alone = message.language or ""
        if alone in self.times and alone not in self.tongues:  # the detector does not know this language
            order = [alone]
        record = alone.partition("-")[0]
        own = sorted({*order} - {SPOKEN}, key=lambda code: (code != record, order.index(code)))  # a few words do not tell a language
        spoken = [SPOKEN] if order[0] == SPOKEN else []  # the others mix in the English that they allow: "mon fils" is no Monday
        return read_best(text, [self.times[code] for code in [*own, *spoken] if code in self.times], now=message.now)

    def _same_day(self, text: str, order: list[str]) -> str:
        return next((said for code in order if code in self.times and (said := same_day(text, self.times[code]))), "")

    def _number(self, text: str, message: Message, order: list[str]) -> int | None:
        """The number that answers a question with numbered choices; "a las 2" is an hour."""
        number = number_told(text, [self.tongues[code].lexicon for code in order])
        return number if number is None or lone_number(text) is not None or self._when(text, message, order) is None else None

    def _turns(self, text: str, order: list[str]) -> bool:
        """Whether a text may say one thing of one and another of somebody else: it has parts, or a bare "no" in it."""
        known = [self.tongues[code].lexicon.keywords for code in order]
        return bool(TURNS.search(text)) or any(words.get(word) == "no" for word in squeeze(text).split() for words in known)

    def _another(self, text: str, message: Message, order: list[str]) -> bool:
        return names_another(text, message.visits, message.others, [self.tongues[code].lexicon for code in order])

    def _visits(self, text: str, message: Message, order: list[str]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[Answer, ...]]:
        """(visits named by person, by day, what is said of each), by number."""
        if len(message.visits) < 2:
            return (), (), ()
        lexicons = [self.tongues[code].lexicon for code in order]
        speller = self.tongues[order[0]].speller

        def days_of(part: str) -> tuple[int, ...]:
            when = self._when(part, message, order)
            found = tuple(option.number for option in message.visits if when is not None and when.names(option.start))
            return found if len(found) < len(message.visits) else ()

        by_day = days_of(text)
        if not by_day and self._when(text, message, order) is not None:
            by_day = spoken_of(fold(text), message.visits, lambda part: self._when(part, message, order))
        about, about_day = visits_named(text, message.visits, lexicons, by_day)

        def acts_of(part: str) -> Judged:
            judged = judge(self.model.scores(speller.repair(part), Context.REMINDER), context=Context.REMINDER, danger=None)
            return judged.guarded(self._against(prepare(part), order))

        told = answers(text, message.visits, lexicons, acts_of, days_of)
        off = len(told) > 1 and all(each.act == "cancel" for each in told)
        return about, about_day, () if off and "cancel" in self._against(prepare(text), order) else told  # "he doesn't, but I come"

    def _reasons(self, text: str, judged: Judged) -> tuple[Reason, ...]:
        known = [label for label, _, _ in judged.why if label in self.model.labels]
        words = self.model.deciding(text, known) if known else {}
        return tuple(Reason(label, source, words.get(label, ()), round(score, 3)) for label, score, source in judged.why)


def _of_each(judged: Judged, about: tuple[int, ...], about_day: tuple[int, ...], *, turns: bool) -> tuple[Judged, tuple[int, ...]]:
    """ "Not him, but I can", "keep tomorrow's cancel the blood test": both are named, one thing is said of each. turns: as `_turns`."""
    apart = bool(about and about_day) and {*about}.isdisjoint(about_day)
    if not apart and not (turns and len(about) > 1):
        return judged, about
    mixed = judged.acts & MIXED
    unclear = mixed or (apart and judged.doubtful & MIXED)
    return replace(judged, acts=judged.acts - mixed, doubtful=judged.doubtful | mixed), () if unclear else about


def _fragment(text: str) -> bool:
    return len(parts := words(fold(text))) <= FRAGMENT or sum(map(len, parts)) <= FRAGMENT_LETTERS


def load_reader(folder: Path, *, cache: Path | None = None) -> Reader:
    """Reads `folder`/LANG for every language and learns what the cache does not hold. Raises DataError for broken files."""
    codes = sorted(path.parent.name for path in folder.glob("*/keywords.yaml"))
    found = learned.load(folder, codes, cache=cache)
    spoken = frozenset(found.words[SPOKEN])
    times = load_mixed(folder, sorted(path.parent.name for path in folder.glob("*/times.yaml")))
    lexicons = {code: load_lexicon(folder / code) for code in codes}
    tongues = {
        code: Tongue(
            lexicon=lexicon,
            floor=load_floor(folder / code / "danger.yaml"),
            told=load_told(folder / code / "told.yaml"),
            guards=load_guards(folder / code / "guards.yaml", people=lexicon.others),
            speller=Speller(found.words[code], also=spoken),
        )
        for code, lexicon in lexicons.items()
    }
    return Reader(tongues=tongues, times=times, model=found.model, detector=found.detector, version=found.digest)
