"""What callbacks tell: in any order, of texts and of replies, and what follows when a text did not arrive."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.console import received
from bot.delivery.callbacks import Callback, record
from bot.delivery.replies import watch
from bot.store.models import CommunicationRow
from bot.store.sending_models import OutboxRow
from bot.turn import take
from tests.delivery.conftest import Post


@pytest.fixture
def sent(post: Post) -> int:
    """A text that the provider has."""
    text = post.text(useless_at=post.world.clock.now + timedelta(days=3))
    post.send()
    return text


def test_what_was_sent_is_not_what_was_delivered(post: Post, sent: int) -> None:
    """W-32, D-14: sent, unknown and delivered are kept apart, and a text that nobody confirms becomes an item."""
    post.told(sent, "sent")
    assert post.row(sent).status == "sent"
    post.wait(hours=3)
    post.look()
    assert (post.row(sent).status, post.items()) == ("sent", ["unconfirmed"])


def test_a_text_without_a_callback_is_looked_up(post: Post, sent: int) -> None:
    """W-31: the callback was lost, the provider knows that it was delivered; nobody is bothered."""
    post.provider.messages[0]["status"] = "delivered"
    post.wait(hours=3)
    post.look()
    assert (post.row(sent).status, post.outbox(sent).look_at, post.items()) == ("delivered", None, [])


def test_a_text_of_which_the_provider_knows_a_failure_is_treated_like_one_it_told(post: Post, sent: int) -> None:
    """W-31, D-02: polled instead of called back."""
    post.provider.messages[0] |= {"status": "undelivered", "error_code": 30006}
    post.wait(hours=3)
    post.look()
    assert (post.row(sent).status, post.row(sent).error, post.items()) == ("undelivered", 30006, ["bad_number 30006"])


@pytest.mark.parametrize(("code", "item"), [(30006, "bad_number 30006"), (30005, "bad_number 30005"), (30004, "not_delivered 30004")])
def test_a_text_that_did_not_arrive_becomes_an_item(code: int, item: str, post: Post, sent: int) -> None:
    """D-02, D-03: whoever told how often, one item; and it is not held to be unanswered by the patient (D-15)."""
    for _ in range(3):
        post.told(sent, "undelivered", code)
    assert (post.row(sent).status, post.row(sent).error, post.items()) == ("undelivered", code, [item])
    post.wait(days=1)
    assert post.send() == 0


def test_a_phone_that_was_off_gets_the_text_later(post: Post, sent: int) -> None:
    """D-04: 30003 is tried again under a new id; a late word about the first try does not count for the second."""
    first = post.row(sent).provider_sid
    post.told(sent, "undelivered", 30003)
    assert post.outbox(sent).status == "waiting"
    assert post.send() == 0
    post.wait(hours=1)
    assert post.send() == 1
    assert post.row(sent).status == "queued"
    post.told(sent, "undelivered", 30003, sid=first)
    assert post.row(sent).status == "queued"
    post.told(sent, "delivered")
    assert (post.row(sent).status, post.items(), len(post.provider.messages)) == ("delivered", [], 2)


def test_a_text_that_arrived_after_all_is_not_sent_again(post: Post, sent: int) -> None:
    """W-31, D-04: undelivered, and delivered before the next try."""
    post.told(sent, "undelivered", 30003)
    post.told(sent, "delivered")
    post.wait(hours=1)
    assert (post.send(), post.outbox(sent).status, post.row(sent).status) == (0, "sent", "delivered")


def test_a_text_that_was_never_given_away_has_no_callbacks(post: Post) -> None:
    """W-29: whatever names it."""
    text = post.text()
    post.told(text, "delivered")
    assert (post.row(text).status, post.send()) == ("queued", 1)


def test_a_callback_under_the_id_of_another_text_tells_nothing(post: Post, sent: int) -> None:
    """Found by fuzzing: the database refused a second text of that id, and the provider was told to come again."""
    inbound = received(sender=post.world.number("owen"), body="thanks")
    take(post.world.bot, inbound)
    with post.world.bot.store.begin() as session:
        waits = session.scalars(select(OutboxRow).where(OutboxRow.communication_id == sent)).one()
        waits.status, session.get_one(CommunicationRow, sent).provider_sid = "sending", None
    post.told(sent, "delivered", sid=inbound.sid)
    assert (post.row(sent).status, post.row(sent).provider_sid) == ("queued", None)


def test_a_carrier_that_refuses_the_number_stops_everything(post: Post, sent: int) -> None:
    """D-05: 30034 comes by callback, when the next texts are already waiting: none of them is tried."""
    for _ in range(3):
        post.text()
    post.told(sent, "undelivered", 30034)
    assert post.sender().stopped_code == 30034
    assert (post.send(), len(post.provider.requests)) == (0, 1)


@pytest.mark.parametrize(
    "statuses",
    [
        ("queued", "sending", "sent", "delivered"),
        ("sent", "undelivered"),
        ("sent", "delivered", "read"),
        ("accepted", "failed", "sent"),
    ],
    ids=" ".join,
)
def test_any_order_of_callbacks_ends_in_the_same_state(statuses: tuple[str, ...], post: Post) -> None:
    """W-31: each twice, of a text that was sent and of a reply that rode in TwiML."""
    ends, replies = set(), set()
    for number, order in enumerate(itertools.permutations(statuses)):
        post.wait(hours=1)  # more in an hour would be held back as a mistake (W-25)
        text = post.text("marcus")
        post.send()
        inbound = received(sender=post.world.number("dorothy"), body=f"where are you {number}")
        take(post.world.bot, inbound)
        for status in [each for each in order for _ in range(2)]:
            post.told(text, status, 30004 if status in ("failed", "undelivered") else 0)
            record(post.world.bot, Callback(sid=f"SMr{number}", status=status, reply=inbound.sid))
        ends.add((post.row(text).status, post.outbox(text).status))
        (row,) = post.rows(CommunicationRow, CommunicationRow.provider_sid == inbound.sid)
        replies.add(row.reply_status)
    assert len(ends) == len(replies) == 1


# ---- replies


def reply(post: Post, body: str = "where are you") -> CommunicationRow:
    """A text that was answered in TwiML."""
    inbound = received(sender=post.world.number("dorothy"), body=body)
    assert take(post.world.bot, inbound)
    return again(post, inbound.sid)


def again(post: Post, sid: str | None) -> CommunicationRow:
    """That text as it is now."""
    (row,) = post.rows(CommunicationRow, CommunicationRow.provider_sid == sid)
    return row  # type: ignore[no-any-return]


def test_a_reply_that_was_confirmed_is_left_alone(post: Post) -> None:
    """No lookup, no second answer."""
    row = reply(post)
    record(post.world.bot, Callback(sid="SMr", status="sent", reply=row.provider_sid or ""))
    post.provider.blocked = True
    post.wait(minutes=10)
    watch(post.world.bot, post.channel)
    assert (again(post, row.provider_sid).reply_status, post.send()) == ("sent", 0)


def test_a_reply_without_a_callback_is_found_at_the_provider(post: Post) -> None:
    """Taken, only the callback was lost: its status is known from then on, and nothing is sent."""
    row = reply(post)
    post.provider.accept({"To": post.world.number("dorothy"), "From": "+17165550100", "Body": row.reply or ""})
    watch(post.world.bot, post.channel)
    assert again(post, row.provider_sid).reply_status is None  # it is too early to ask
    post.wait(minutes=4)
    watch(post.world.bot, post.channel)
    found = again(post, row.provider_sid)
    assert (found.reply_status, found.reply_sid) == ("queued", post.provider.messages[0]["sid"])
    assert post.send() == 0


def test_a_reply_that_never_reached_the_provider_is_sent_once(post: Post) -> None:
    """The webhook's answer was lost on the way: it goes by the outbox, and a late retry of the provider gets no second one."""
    row = reply(post)
    post.wait(minutes=4)
    for _ in range(2):
        watch(post.world.bot, post.channel)
    assert post.send() == 1
    assert post.bodies == [row.reply]
    inbound = received(sender=post.world.number("dorothy"), body="where are you")
    retry = type(inbound)(sid=row.provider_sid or "", sender=inbound.sender, receiver="", body=inbound.body, retry=True)
    assert take(post.world.bot, retry) == ""


def test_two_equal_replies_are_told_apart(post: Post) -> None:
    """The provider has one of two: the other one is sent."""
    rows = [reply(post) for _ in range(2)]
    post.provider.accept({"To": post.world.number("dorothy"), "From": "+17165550100", "Body": rows[0].reply or ""})
    post.wait(minutes=4)
    watch(post.world.bot, post.channel)
    assert post.send() == 1
    assert len(post.provider.messages) == 2


def test_a_reply_that_comes_too_late_to_be_of_use_is_a_persons(post: Post) -> None:
    """The provider could not be asked for hours."""
    row = reply(post)
    post.provider.blocked = True
    post.wait(minutes=10)
    watch(post.world.bot, post.channel)
    assert again(post, row.provider_sid).reply_status is None
    post.provider.blocked = False
    post.wait(hours=3)
    watch(post.world.bot, post.channel)
    assert (again(post, row.provider_sid).reply_status, post.items(), post.send()) == ("unknown", ["not_delivered unknown"], 0)


def test_a_reply_that_the_carrier_blocked_opts_the_phone_out(post: Post) -> None:
    """O-12: 21610 on the answer of a webhook."""
    row = reply(post)
    record(post.world.bot, Callback(sid="SMr", status="failed", code=21610, reply=row.provider_sid or ""))
    assert post.phone().opted_out_at is not None
    assert post.items() == ["not_delivered 21610"]
