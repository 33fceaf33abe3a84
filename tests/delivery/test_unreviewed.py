"""A safety text that no qualified translator has read goes together with the English one: never alone, never silence (L-03)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import received
from bot.delivery import switch
from bot.delivery.callbacks import Callback, record
from bot.delivery.lookup import look
from bot.delivery.replies import watch
from bot.dialogue.types import State
from bot.settings import ROOT
from bot.store.models import BREAK, CommunicationRow, TaskRow
from bot.texts import SAFETY, TEXTS, Texts, fingerprint
from bot.turn import UNREVIEWED, floor, take
from bot.understand.phrases import load_phrases
from bot.understand.types import Message
from tests.delivery.conftest import Post
from tests.world import World, make_world

SPANISH = "me duele mucho el pecho y no puedo respirar"
KEYS = [key for key in TEXTS if key.startswith(SAFETY)]
LANGUAGES = sorted(path.parts[-3] for path in ROOT.glob("locales/*/LC_MESSAGES/messages.po"))


@pytest.fixture
def world(bot_parts: Any) -> World:
    """A clinic."""
    return make_world(bot_parts)


def say(world: World, words: str, who: str = "lucia", **how: Any) -> tuple[CommunicationRow, list[str]]:
    """A patient texts: the text as it is stored, and the messages of the answer."""
    inbound = received(sender=world.number(who), body=words)
    answer = take(world.bot, inbound, **how)
    return row(world, inbound.sid), answer.split(BREAK) if answer else []


def row(world: World, sid: str | None) -> CommunicationRow:
    """A text of a patient."""
    with world.bot.store.session() as session:
        return session.scalars(select(CommunicationRow).where(CommunicationRow.provider_sid == sid)).one()


def beside(world: World, answered: CommunicationRow) -> list[CommunicationRow]:
    """What goes out by itself in answer to that text."""
    with world.bot.store.session() as session:
        query = select(CommunicationRow).where(CommunicationRow.in_reply_to == answered.id).order_by(CommunicationRow.id)
        return list(session.scalars(query))


def told(world: World, **fields: str) -> None:
    """A callback."""
    record(world.bot, Callback(**{"sid": "SM1", "status": "sent", **fields}))  # type: ignore[arg-type]


def items(world: World, kind: str) -> list[str]:
    """The details of the items of a kind."""
    with world.bot.store.session() as session:
        return list(session.scalars(select(TaskRow.detail).where(TaskRow.kind == kind).order_by(TaskRow.id)))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unreviewed_safety_text_goes_with_the_english_one(language: str, key: str, world: World) -> None:
    """In every language: its own first, then the English, each a message that names the clinic; once it is reviewed, alone."""
    texts = world.bot.texts
    own, english = texts.answer("Lake", [(key, ())], language)
    assert texts.template(key, language) in own
    assert english == f"Lake: {TEXTS[key]}"
    read = {key: {"by": "A. Reader, certified", "on": "2026-11-25", "hash": fingerprint(texts.template(key, language))}}
    assert replace(texts, reviews={language: read}).answer("Lake", [(key, ())], language) == [own]
    assert len(replace(texts, reviews={language: {key: {**read[key], "hash": "of before"}}}).answer("Lake", [(key, ())], language)) == 2


@pytest.mark.parametrize("code", sorted({language.partition("-")[0] for language in LANGUAGES}))
def test_danger_in_any_language_is_answered_in_it_and_in_english(code: str, world: World) -> None:
    """S-01, S-10: from the patient's own words to both messages; a sentence of each language's tests."""
    sentences = [
        each.text for each in load_phrases(ROOT / "intents" / code / "tests.yaml", root=ROOT) if "urgent.medical" in each.labels
    ]
    words = next(each for each in sentences if world.bot.reader.read(Message(text=each)).urgent == "medical")
    answered, messages = say(world, words, "stranger")
    assert (len(messages), messages[1]) == (2, f"Sunrise Clinic: {TEXTS['safety.medical']}")
    assert answered.replies == messages


def test_english_and_what_is_written_in_english_go_alone(world: World) -> None:
    """The source needs no companion, nor does a language that lacks the sentence and so gets the English one."""
    assert len(say(world, "I have chest pain", "dorothy")[1]) == 1
    assert Texts().answer("Lake", [("safety.medical", ())], "it") == [f"Lake: {TEXTS['safety.medical']}"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_abuse_gets_no_companion_in_any_language(code: str, world: World) -> None:
    """S-07: its answer is one like any other; English beside it would tell it apart."""
    assert len(world.bot.texts.answer("Lake", [("received", ()), ("handoff", ())], code)) == 1


def test_both_messages_are_stored_and_a_copy_gets_neither(world: World) -> None:
    """W-19: one MessageSid is answered once; the provider's own retry gets both again."""
    inbound = received(sender=world.number("lucia"), body=SPANISH)
    answer = take(world.bot, inbound)
    assert take(world.bot, inbound) == ""
    assert take(world.bot, replace(inbound, retry=True)) == answer
    answered = row(world, inbound.sid)
    assert (answered.replies, answered.texts) == (answer.split(BREAK), "safety.medical")
    (english,) = beside(world, answered)
    assert (english.body, english.sender, english.status) == (answered.replies[1], "safety", "sending")


def test_each_message_has_a_status_of_its_own(world: World) -> None:
    """Callbacks name the part; one that was delivered does not hide that the other was not."""
    answered, _ = say(world, SPANISH)
    sid = answered.provider_sid or ""
    told(world, sid="SMa", status="delivered", reply=sid)
    told(world, sid="SMb", status="sent", reply=sid, part="2")
    told(world, sid="SMb", status="undelivered", reply=sid, part="2", code=30008)  # type: ignore[arg-type]
    (english,) = beside(world, answered)
    assert (row(world, sid).reply_sid, row(world, sid).reply_status) == ("SMa", "delivered")
    assert (english.provider_sid, english.status) == ("SMb", "undelivered")
    told(world, sid="SMc", status="delivered", reply=sid, part="7")
    told(world, sid="SMc", status="delivered", reply=sid, part="x")
    told(world, sid="SMc", status="delivered", reply="SM-of-nobody", part="2")
    assert len(beside(world, answered)) == 1


def test_a_companion_that_the_provider_has_is_not_sent_again(post: Post) -> None:
    """On either database: its callback got lost."""
    answered, messages = say(post.world, SPANISH)
    for body in messages:
        post.provider.accept({"To": post.world.number("lucia"), "From": "+17165550100", "Body": body})
    post.wait(minutes=4)
    watch(post.world.bot, post.channel)
    look(post.world.bot, post.channel)
    assert post.send() == 0
    assert len(post.provider.messages) == 2
    assert {each.provider_sid for each in beside(post.world, answered)} < {each["sid"] for each in post.provider.messages}


def test_an_answer_that_never_reached_the_provider_is_sent_once_with_both_messages(post: Post) -> None:
    """On either database: the TwiML was lost on its way."""
    _, messages = say(post.world, SPANISH)
    post.wait(minutes=4)
    for _ in range(2):
        watch(post.world.bot, post.channel)
        look(post.world.bot, post.channel)
    assert post.send() == 2
    assert sorted(post.bodies) == sorted(messages)


def test_what_a_crash_left_unanswered_is_answered_with_both_even_while_texts_are_paused(post: Post) -> None:
    """S-18: safety texts go whatever is switched off, by the outbox too, in their order."""
    world = post.world
    switch.pause(world.bot.store, world.bot.clinic_id, world.clock.now)
    answered, _ = say(world, SPANISH, via="outbox")
    assert post.send() == 2
    assert post.bodies == answered.replies


def test_without_a_database_both_are_said(world: World) -> None:
    """S-05: the floor needs the texts alone."""
    decision, answer = floor(world.bot, SPANISH, State())
    assert decision is not None
    assert len(answer.split(BREAK)) == 2


def test_a_turn_that_breaks_says_both(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The companion is a text of its own there, too."""
    monkeypatch.setattr("bot.turn._plan", lambda *_: 1 / 0)
    answered, messages = say(world, SPANISH)
    assert (answered.status, len(messages)) == ("failed", 2)
    assert [each.body for each in beside(world, answered)] == messages[1:]


def test_whoever_has_texts_translated_is_told_once_a_language(world: World) -> None:
    """However often it happens, to whomever, and although the item is closed: one for Spanish, one for Russian."""
    for who, words in (("lucia", SPANISH), ("rosa", SPANISH), ("stranger", "у меня сильно болит грудь, не могу дышать")):
        say(world, words, who)
    assert items(world, UNREVIEWED) == ["es", "ru"]
    with world.bot.store.begin() as session:
        session.query(TaskRow).update({"status": "completed"})
    world.clock.now = world.clock.now.replace(hour=18)
    say(world, SPANISH)
    assert items(world, UNREVIEWED) == ["es", "ru"]
