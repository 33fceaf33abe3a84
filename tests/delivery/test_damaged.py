"""What no key opens stops nothing but itself: a person sees it, and all others are sent, looked up and found, on either database."""

from __future__ import annotations

import pytest
from sqlalchemy import LargeBinary, select, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from bot.care.due import Number
from bot.channels.console import received
from bot.core import Bot
from bot.delivery import planner
from bot.delivery.planner import plan_due
from bot.delivery.replies import watch
from bot.delivery.worker import index_words
from bot.store import words, worklist
from bot.store.database import Conflict
from bot.store.models import AppointmentRow, CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow
from bot.store.programmes import Look
from bot.store.turns import TEXTS, table
from bot.turn import take
from tests.delivery.conftest import Post

DAMAGED = type_coerce(b"no token of any key", LargeBinary)


def damage(post: Post, text: int, **columns: bool) -> None:
    """Leaves what no key opens in a text: its words, or those columns."""
    with post.world.bot.store.begin() as session:
        session.execute(update(TEXTS).where(TEXTS.c.id == text).values(dict.fromkeys(columns or ["body"], DAMAGED)))


def listed(post: Post) -> list[str]:
    """What the coordinators' list shows, read as they read it."""
    bot = post.world.bot
    with bot.store.session() as session:
        found = worklist.page(session, bot.clinic_id, bot.clock(), worklist.View())
        return sorted(f"{item.who}: {item.kind} {item.detail}".strip() for item in found)


def test_a_text_that_no_key_opens_keeps_no_other_from_going(post: Post) -> None:
    """It is a person's, with its phone's other texts on their way; asked again, nothing more happens."""
    texts = [post.text(who, body=f"to {who}") for who in ("dorothy", "marcus", "dorothy", "lucia")]
    damage(post, texts[0])
    assert post.send() == 3
    assert post.bodies == ["to marcus", "to dorothy", "to lucia"]
    assert (post.outbox(texts[0]).status, post.outbox(texts[0]).reason) == ("failed", "unreadable")
    assert listed(post) == ["Dorothy Hale: not_delivered unreadable"]
    assert post.send() == 0


@pytest.mark.parametrize("row", [PhoneRow, PatientRow])
def test_nor_does_a_number_or_a_name(row: type[PhoneRow | PatientRow], post: Post) -> None:
    """Whatever of a text's is damaged: the text is not sent, others are."""
    ours, others = post.text("marcus"), post.text()
    with post.world.bot.store.begin() as session:
        phone = post.world.phones["marcus"]
        people = select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == phone)
        column, which = ("number", PhoneRow.id == phone) if row is PhoneRow else ("name", PatientRow.id.in_(people))
        session.execute(update(table(row)).where(which).values({column: DAMAGED}))
    assert post.send() == 1
    assert (post.outbox(others).status, post.outbox(ours).status, post.items()) == ("sent", "failed", ["not_delivered unreadable"])


def test_nor_is_a_phone_whose_number_is_damaged_looked_at_every_minute(post: Post) -> None:
    """A person hears of it once, and others are reminded; once somebody has added the key, so is this one."""
    bot, dorothy = post.world.bot, PhoneRow.id == post.world.phones["dorothy"]
    with bot.store.begin() as session:
        token = session.scalar(select(type_coerce(table(PhoneRow).c.number, LargeBinary)).where(dorothy))
        session.execute(update(table(PhoneRow)).where(dorothy).values(number=DAMAGED))
    with capture_logs() as said:
        for _ in range(30):
            plan_due(bot)
            post.wait(minutes=1)
    assert [each["event"] for each in said] == ["unreadable"]
    assert listed(post) == ["Dorothy Hale: not_delivered unreadable"]
    reminded = {text.phone_id for text in post.rows(CommunicationRow)}
    assert post.world.phones["ernesto"] in reminded and post.world.phones["dorothy"] not in reminded
    with bot.store.begin() as session:
        session.execute(update(table(PhoneRow)).where(dorothy).values(number=type_coerce(token, LargeBinary)))
    post.wait(days=1)
    plan_due(bot)
    assert post.world.phones["dorothy"] in {text.phone_id for text in post.rows(CommunicationRow)}


def test_nor_is_a_visit_that_the_schedule_cannot_read(post: Post) -> None:
    """Such as one in a state that a newer version wrote: one item and one line, however long it lasts, and others are reminded."""
    bot, dorothy = post.world.bot, post.world.phones["dorothy"]
    with bot.store.begin() as session:
        hers = select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == dorothy).scalar_subquery()
        visits = table(AppointmentRow)
        session.execute(update(visits).where(visits.c.patient_id == hers).values(participant="perhaps"))
    with capture_logs() as said:
        for _ in range(30):
            plan_due(bot)
            post.wait(minutes=1)
        post.wait(days=1)
        plan_due(bot)
    (line,) = said
    assert (line["event"], line["phone"], line["error"], line["at"][:8]) == ("not_planned", dorothy, "ValueError", "care.py:")
    assert "perhaps" not in str(line)
    assert post.items() == ["not_delivered not_planned"]
    reminded = {text.phone_id for text in post.rows(CommunicationRow)}
    assert post.world.phones["ernesto"] in reminded and dorothy not in reminded
    with bot.store.begin() as session:
        session.execute(update(visits).where(visits.c.patient_id == hers).values(participant="needs-action"))
    post.wait(days=1)
    plan_due(bot)
    assert dorothy in {text.phone_id for text in post.rows(CommunicationRow)}


@pytest.mark.parametrize("meets", [Conflict("others"), IntegrityError("INSERT", None, Exception())])
def test_what_only_another_worker_was_in_the_way_of_is_no_item(post: Post, meets: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is planned at once, or a minute later."""
    bot, ernesto, plan, left = post.world.bot, post.world.phones["ernesto"], planner._plan_phone, [meets]

    def met(bot: Bot, session: Session, phone: PhoneRow, looked: list[Look]) -> Number:
        if phone.id == ernesto and left:
            raise left.pop()
        return plan(bot, session, phone, looked)

    monkeypatch.setattr(planner, "_plan_phone", met)
    plan_due(bot)
    post.wait(minutes=1)
    plan_due(bot)
    assert post.items() == []
    assert ernesto in {text.phone_id for text in post.rows(CommunicationRow)}


def test_nor_does_it_keep_others_from_being_looked_up(post: Post) -> None:
    """One whose fate nobody knows, and one that nobody has confirmed."""
    lost = post.text("marcus")
    post.meet("hang")
    sent, mine = post.text("lucia"), post.text()
    assert post.send() == 2
    post.wait(hours=3)
    damage(post, lost)
    damage(post, sent)
    post.look()
    assert (post.outbox(lost).status, post.outbox(sent).status) == ("failed", "sent")
    assert [post.outbox(text).look_at for text in (lost, sent, mine)] == [None] * 3
    assert listed(post) == [
        "Dorothy Hale: unconfirmed", "Lucía Ramírez: unconfirmed unreadable", "Marcus Reed: not_delivered unreadable",
    ]  # fmt: skip


def test_nor_the_answers_that_nobody_confirmed(post: Post) -> None:
    """One of two that rode in TwiML."""
    world = post.world
    for who in ("marcus", "dorothy"):
        assert take(world.bot, received(sender=world.number(who), body="where are you"))
    first, second = (text.id for text in post.rows(CommunicationRow, CommunicationRow.direction == "inbound"))
    damage(post, first, reply=True)
    post.wait(minutes=10)
    watch(world.bot, post.channel)
    assert (post.row(second).answered_via, post.items()) == ("outbox", ["unconfirmed unreadable"])
    post.wait(minutes=10)
    watch(world.bot, post.channel)  # nothing is left


def test_nor_those_that_are_found_by_their_words(post: Post) -> None:
    """The words of a conversation that can be read are found, also after some of it was taken away; it is an item that some cannot."""
    bot, phone = post.world.bot, post.world.phones["dorothy"]
    damage(post, post.text(body="zanahoria"))
    post.text(body="calabaza")
    index_words(bot)

    def found(asked: str) -> list[int]:
        with bot.store.session() as session:
            return words.search(session, bot.store.cipher, bot.clinic_id, asked, words.Only(), now=bot.clock())

    assert (found("calabaza"), found("zanahoria"), found("dorothy")) == ([phone], [], [phone])
    assert listed(post) == ["Dorothy Hale: unreadable"]
    with bot.store.begin() as session:
        words.rewrite(session.connection(), bot.store.cipher, [phone])
    assert found("calabaza") == [phone]
