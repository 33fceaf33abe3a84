"""Consent and opt-out, rule by rule (O-01 … O-16): what ends texts, what brings them back, and who answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.console import Console, received
from bot.delivery.sender import send_waiting
from bot.editing.checks import carriers_words
from bot.errors import SettingsError
from bot.settings import ROOT, read_settings
from bot.store.models import AppointmentRow, CommunicationRow, ConsentRow, PhoneRow, TaskRow
from bot.store.outgoing import queue
from bot.texts import TEXTS, Texts
from bot.turn import take
from bot.understand.types import Context, Message
from bot.yamlfile import read_yaml
from tests.world import NOW, Parts, World, make_world

OUT = [
    "STOP",
    "stop.",
    " Stop  all ",
    "STOPALL",
    "Unsubscribe",
    "CANCEL",
    "end!",
    "QUIT",
    "optout",
    "OPT OUT",
    "opt-out",
    "Revoke",
    "ＳＴＯＰ",
]
TESTS = sorted((ROOT / "intents").glob("*/tests.yaml"))
FIRST = ("reminder", "reminder_many", "clinic_booked")  # what may be the first text that somebody gets from us


@pytest.fixture
def world(bot_parts: Parts) -> Iterator[World]:
    """A clinic of its own, where we answer the carrier's words."""
    made = make_world(bot_parts)
    yield made
    made.bot.store.engine.dispose()


def texts(world: World, words: str, who: str = "dorothy") -> str:
    """Somebody texts; the answer."""
    return take(world.bot, received(sender=world.number(who), body=words))


def phone(world: World) -> PhoneRow:
    """Dorothy's phone."""
    with world.bot.store.session() as session:
        return session.get_one(PhoneRow, world.phones["dorothy"])


def items(world: World) -> list[str]:
    """The kinds of open items."""
    with world.bot.store.session() as session:
        return list(session.scalars(select(TaskRow.kind).where(TaskRow.status == "requested")))


@pytest.mark.parametrize("words", OUT)
def test_every_word_of_the_law_ends_texts_however_it_is_written(words: str, world: World) -> None:
    """O-01, O-09: at once and on our own list, in any case, width, with any blanks and full stops; one answer, and no other text."""
    with world.bot.store.begin() as session:
        queue(session, clinic_id=world.bot.clinic_id, phone_id=world.phones["dorothy"], body="hello", now=NOW, sender="bot")
    assert texts(world, words)
    assert phone(world).opted_out_at == NOW
    assert send_waiting(world.bot, Console()) == 0
    with world.bot.store.session() as session:
        *_, last = session.scalars(select(ConsentRow).where(ConsentRow.phone_id == world.phones["dorothy"]).order_by(ConsentRow.id))
    assert (last.decision, last.category) == ("opt_out", "all")


@pytest.mark.parametrize(
    ("words", "back"), [("START", True), ("unstop", True), ("YES", False), ("yes, I will be there", False), ("HELP", False)]
)
def test_only_the_words_for_it_bring_texts_back(words: str, back: bool, world: World) -> None:
    """O-02: YES is an answer to an old reminder; it lifts nothing here, whatever the carrier makes of it, and a person sees it."""
    texts(world, "STOP")
    before = items(world)
    texts(world, words)
    assert (phone(world).opted_out_at is None) == back
    assert len(items(world)) > len(before) or not words.lower().startswith("yes")


@pytest.mark.parametrize(
    ("words", "ours"), [("STOP", False), ("help", False), ("START", False), ("stop please", True), ("help me please", True)]
)
@pytest.mark.parametrize("carrier", [True, False])
def test_a_word_that_the_carrier_answers_is_answered_once(words: str, ours: bool, carrier: bool, bot_parts: Parts) -> None:
    """O-03: it takes the whole message alone; what it passes over is ours, and where its handling is off, all is."""
    world = make_world(bot_parts, carrier_answers=carrier)
    assert bool(texts(world, words)) == (ours or not carrier)
    assert (phone(world).opted_out_at is not None) == words.lower().startswith("stop")
    world.bot.store.engine.dispose()


def test_no_text_asks_for_a_word_that_carriers_own(bot_parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-04: in no language; and the check that says so finds one that does."""
    assert carriers_words(bot_parts.texts) == []
    template = Texts.template
    monkeypatch.setattr(
        Texts, "template", lambda self, key, code: "Reply CANCEL to cancel." if key == "confirmed" else template(self, key, code)
    )
    assert len(carriers_words(bot_parts.texts)) == len(bot_parts.texts.languages)


def test_cancel_alone_ends_texts_and_asks_a_person_about_the_visit(world: World) -> None:
    """O-05: the visit stays as it is."""
    texts(world, "CANCEL")
    assert phone(world).opted_out_at is not None
    assert "cancel_keyword" in items(world)
    with world.bot.store.session() as session:
        assert set(session.scalars(select(AppointmentRow.status))) == {"booked"}


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.parent.name)
def test_plain_words_end_texts_in_every_language(path: Path, bot_parts: Parts) -> None:
    """O-06: learned from hundreds of sentences a language, tried on others: at most one in five is not seen as a wish to end texts."""
    learned = read_yaml(path.parent / "phrases" / "opt_out.yaml")
    assert sum(len(each["phrases"].split("\n")) for each in learned) > 20
    tried: list[bool] = []
    for group in read_yaml(path):
        if group["means"] == "opt_out":
            for sentence in group["phrases"].strip().splitlines():
                read = bot_parts.reader.read(
                    Message(text=sentence.strip(), now=NOW, language=path.parent.name, context=_context(group))
                )
                tried.append(read.keyword == "opt_out" or "opt_out" in read.acts | read.doubtful)
    assert len(tried) >= 8
    assert sum(tried) >= 0.8 * len(tried)


def _context(group: dict[str, str]) -> Context:
    return Context(group.get("context", "none").split(",")[0].strip())


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("I want to end it all", "danger"),
        ("can't stop crying", ""),
        ("cancel my Tuesday, book Friday", ""),
        ("STOP", "opt_out"),
        ("please don't text me anymore", "opt_out"),
    ],
)
def test_what_only_sounds_like_an_opt_out_is_none(words: str, rule: str, world: World) -> None:
    """O-07: exact words, then danger, then plain words; which rule fired stands with the text."""
    inbound = received(sender=world.number("dorothy"), body=words)
    take(world.bot, inbound)
    with world.bot.store.session() as session:
        fired = session.scalars(select(CommunicationRow.rule).where(CommunicationRow.provider_sid == inbound.sid)).one()
    assert fired and fired.startswith(rule)
    assert (phone(world).opted_out_at is not None) == (rule == "opt_out")


def test_after_an_opt_out_comes_one_confirmation_and_nothing_more(world: World) -> None:
    """O-08: it is a text that is fixed, it asks for nothing, and the same word again gets no second one."""
    first = texts(world, "STOP")
    assert first == f"Sunrise Clinic: {world.bot.texts.render('opted_out', 'en', (('phone', world.bot.clinic.clinic.phone),))}"
    assert [texts(world, words) for words in ("STOP", "thanks", "ok", "where are you?")] == [""] * 4
    assert send_waiting(world.bot, Console()) == 0


@pytest.mark.parametrize(("sender", "handled", "says"), [("toll-free", "us", "carrier"), ("short-code", "carrier", "us")])
def test_who_answers_stop_fits_the_kind_of_number(sender: str, handled: str, says: str, tmp_path: Path) -> None:
    """O-13, O-14: a toll-free number's carrier always does, a short code's never; the start is refused, and says what to set."""
    environ: dict[str, Any] = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'clinic.db'}",
        "SENDER_TYPE": sender,
        "PUBLIC_URL": "https://texts.example.org",
    }
    with pytest.raises(SettingsError, match=f"OPT_OUT_HANDLED_BY.*{says}"):
        read_settings({**environ, "OPT_OUT_HANDLED_BY": handled})
    assert read_settings({**environ, "OPT_OUT_HANDLED_BY": says}).carrier_answers == (says == "carrier")


def test_help_tells_who_this_is_and_911_in_every_language(bot_parts: Parts, world: World) -> None:
    """O-15: whoever is in distress may text HELP."""
    clinic = world.bot.clinic.clinic
    for language in bot_parts.texts.languages:
        said = bot_parts.texts.render("help", language, (("clinic", clinic.name), ("phone", clinic.phone)))
        assert [word for word in (clinic.name, clinic.phone, "STOP", "911") if word not in said] == []


def test_every_text_names_the_clinic_and_the_first_one_how_to_end_them(bot_parts: Parts) -> None:
    """O-16: whatever is said, in every language; of the three texts that a conversation may begin with, each tells STOP."""
    for language in bot_parts.texts.languages:
        for key in TEXTS:
            (text, *_) = (
                bot_parts.texts.answer("Sunrise Clinic", [(key, ())], language) if "{" not in TEXTS[key] else ["Sunrise Clinic"]
            )
            assert text.lstrip("\u200f").startswith("Sunrise Clinic")
        assert [key for key in FIRST if "STOP" not in bot_parts.texts.template(key, language)] == []
