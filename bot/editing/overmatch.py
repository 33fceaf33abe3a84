"""Words of a language that match more than they should: they count before the reader's own judgement, so nothing outweighs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.understand.danger import Floor, prepare
from bot.understand.lexicon import Lexicon, squeeze
from bot.understand.phrases import Phrase
from bot.understand.reader import KEYWORD_ACTS

EXAMPLES = 5


def keywords(lexicon: Lexicon, phrases: Iterable[Phrase]) -> list[str]:
    """Phrases that mean one thing and are, word for word, a keyword that means another: the phrase would never be heard.

    A bare CANCEL is meant to be heard as both (O-05)."""
    found = []
    for phrase in phrases:
        group = lexicon.keywords.get(squeeze(phrase.text), "")
        act = KEYWORD_ACTS.get(group)
        if act and group != "opt_out_cancel" and act not in phrase.labels | phrase.also:
            means = " + ".join(sorted(phrase.labels))
            found.append(f"{phrase.file}:{phrase.line}: {phrase.text!r} means {means}, but keywords.yaml takes the whole text as {act}")
    return found


def alarms(floor: Floor, sentences: Mapping[str, Iterable[Phrase]]) -> list[str]:
    """Harmless sentences in which danger.yaml sees danger. sentences: by whose they are: a text's language is not always known."""
    found = []
    for whose, phrases in sentences.items():
        hits = [
            (phrase, hit)
            for phrase in phrases
            if not any(label.startswith("urgent.") for label in phrase.labels | phrase.also)
            and (hit := floor.find(prepare(phrase.text)))
        ]
        found += [
            f"danger.yaml ({hit[0]}: {hit[1]!r}) in {phrase.text!r}, {phrase.file}:{phrase.line}" for phrase, hit in hits[:EXAMPLES]
        ]
        found += [f"danger.yaml in {len(hits) - EXAMPLES} more sentences of {whose}"] if len(hits) > EXAMPLES else []
    return found


def objections(guards: Floor, phrases: Iterable[Phrase]) -> list[str]:
    """Phrases against whose very meaning guards.yaml speaks, so that the bot asks back for nothing."""
    hits = [
        (phrase, kind, words) for phrase in phrases for kind, words in guards.found(prepare(phrase.text)) if phrase.labels == {kind}
    ]
    found = [
        f"guards.yaml ({kind}: {words!r}) in {phrase.text!r}, {phrase.file}:{phrase.line}" for phrase, kind, words in hits[:EXAMPLES]
    ]
    return [*found, f"guards.yaml in {len(hits) - EXAMPLES} more sentences"] if len(hits) > EXAMPLES else found
