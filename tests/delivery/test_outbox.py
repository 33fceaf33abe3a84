"""Who gets which text when: order, rate, leases, stops, and that none goes twice."""

from __future__ import annotations

import math
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from bot.channels.console import received
from bot.channels.twilio_sms import TwilioSms
from bot.channels.types import Sent
from bot.delivery import claims, codes, outbox, sender, switch
from bot.delivery.codes import CODES, Then
from bot.delivery.worker import Worker
from bot.desk import staff
from bot.store import queries
from bot.store.outgoing import Priority, queue
from bot.store.sending_models import OutboxRow
from bot.turn import take
from tests.delivery.conftest import Post
from tests.patience import until
from tests.quick import examples

REFUSALS = sorted(CODES)
PASSING = ["429", "503", "30003", "30008", "30027", "ok"]


def test_a_text_goes_out_with_its_mark_and_its_end(post: Post) -> None:
    """D-12, D-14: ValidityPeriod until the text is useless, ten hours at most; a callback address that names the text."""
    soon = post.text(body="soon", useless_at=post.world.clock.now + timedelta(minutes=40))
    late = post.text(body="late", useless_at=post.world.clock.now + timedelta(days=2))
    assert post.send() == 2
    sent = {form["Body"]: form for form in post.provider.requests}
    assert (sent["soon"]["ValidityPeriod"], sent["late"]["ValidityPeriod"]) == ("2400", "36000")
    assert sent["soon"]["StatusCallback"] == f"https://texts.example.org/sms/status?text={soon}"
    assert {post.row(text).status for text in (soon, late)} == {"queued"}
    assert post.row(soon).provider_sid == post.provider.messages[0]["sid"]


def test_urgent_texts_go_before_answers_and_these_before_all_others(post: Post) -> None:
    """Whatever was queued first."""
    first = take(post.world.bot, received(sender=post.world.number("dorothy"), body="where are you"), via="outbox")
    for number in range(3):
        post.text(body=f"bulk {number}")
    post.text(body="staff", sender="staff")
    post.text(body="911", sender="safety")
    post.send()
    assert post.bodies == ["911", first, "staff", "bulk 0", "bulk 1", "bulk 2"]


def test_a_text_waits_for_its_time_and_is_dropped_after_its_end(post: Post) -> None:
    """D-08: not before send_at, not after useless_at."""
    now = post.world.clock.now
    text = post.text(send_at=now + timedelta(hours=1), useless_at=now + timedelta(hours=2))
    gone = post.text(send_at=now + timedelta(hours=1), useless_at=now + timedelta(hours=1, minutes=1))
    assert post.send() == 0
    post.wait(minutes=65)
    assert post.send() == 1
    assert (post.outbox(text).status, post.outbox(gone).status, post.outbox(gone).reason) == ("sent", "dropped", "too_late")
    assert post.row(gone).status == "canceled"


def test_an_opt_out_cancels_what_waits(post: Post) -> None:
    """O-10, O-21: at once, in the outbox; but not a safety text, and nothing of others."""
    mine, safety, others = post.text(), post.text(sender="safety"), post.text("marcus")
    staff.consent(post.world.bot, post.world.phones["dorothy"], texts=False, by=post.world.staff)
    assert (post.outbox(mine).status, post.outbox(mine).reason, post.row(mine).status) == ("dropped", "opted out", "canceled")
    late = post.text()  # written by what did not know of it yet
    assert post.send() == 2
    assert (post.outbox(late).status, post.outbox(late).reason) == ("dropped", "opted out")
    assert {post.outbox(text).status for text in (safety, others)} == {"sent"}


def test_many_workers_send_every_text_once(post: Post) -> None:
    """W-34: eight at a time, on both databases."""
    for number in range(40):
        post.text(body=f"text {number}", sender="staff")
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: post.send(), range(8)))
    assert sum(counts) == 40
    assert Counter(post.bodies) == Counter(f"text {number}" for number in range(40))


def test_a_worker_keeps_several_texts_on_the_way_and_ends_cleanly(post: Post) -> None:
    """One slow text does not hold back the others, and what is on the way is waited for."""
    post.provider.pause = 0.05
    for number in range(30):
        post.text(body=f"text {number}", sender="staff")
    worker = Worker(post.world.bot, post.channel, None, rate=math.inf, every=0.05)
    worker.start()
    until(lambda: len(post.provider.requests) >= 20)
    worker.stop()
    sent = post.rows(OutboxRow, OutboxRow.status == "sent")
    assert len(sent) == len(post.provider.messages) >= 20
    assert post.rows(OutboxRow, OutboxRow.status == "sending") == []


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_the_rate_is_kept_by_segments_and_used_up(count: int, post: Post) -> None:
    """D-11: 500 texts of two segments at one a second take 1000 seconds, and not more."""
    for _ in range(count):
        post.text(body="x" * 200, sender="staff")
    began = post.world.clock.now
    batches = []
    while (batch := claims.claim(post.world.bot, rate=1.0, limit=20)).texts or batch.wait:
        batches.append(len(batch.texts))
        post.world.clock.now += batch.wait
    assert (sum(batches), max(batches)) == (count, 1)
    assert post.world.clock.now - began == timedelta(seconds=2 * count)


def test_a_late_worker_catches_up_but_a_second_of_its_rate(post: Post) -> None:
    """D-11: who comes late may use what was left of the last second, and no more."""
    for _ in range(30):
        post.text(sender="staff")
    assert len(claims.claim(post.world.bot, rate=10.0, limit=1).texts) == 1
    post.wait(seconds=60)
    assert len(claims.claim(post.world.bot, rate=10.0, limit=30).texts) == 11


def test_a_claim_asks_the_database_as_much_for_many_texts_as_for_one(post: Post) -> None:
    """D-11: a hundred a second go by one process only if each does not cost a dozen questions by itself."""
    people, asked = ("dorothy", "olga", "mei"), Counter[int]()
    for who in people:
        post.world.remind(who, goes=False)
    engine = post.world.bot.store.engine
    for limit in (1, 2):

        def count(_: object, __: object, statement: str, *___: object, limit: int = limit) -> None:
            asked[limit] += statement.startswith("SELECT")

        event.listen(engine, "before_cursor_execute", count)
        assert len(claims.claim(post.world.bot, rate=math.inf, limit=limit).texts) == limit
        event.remove(engine, "before_cursor_execute", count)
    assert asked[2] == asked[1] > 0


def test_texts_that_must_not_go_are_dropped_in_steps(post: Post) -> None:
    """D-08: whoever else wants to write waits for one step of it, not for a whole night's texts."""
    now = post.world.clock.now
    texts = [post.text(body=f"text {number}", sender="staff", useless_at=now) for number in range(5)]
    batch = claims.claim(post.world.bot, rate=math.inf, limit=2)
    assert (batch.texts, batch.due) == ((), 2)
    assert [post.outbox(text).status for text in texts].count("dropped") == 2
    assert post.send() == 0
    assert {post.outbox(text).status for text in texts} == {"dropped"}


def test_the_kill_switch_stops_all_but_safety_texts(post: Post) -> None:
    """S-18: by the outbox and in TwiML; what was wished for is done all the same, and a person sees who got no answer."""
    bot = post.world.bot
    post.world.remind("dorothy")
    switch.pause(bot.store, bot.clinic_id, bot.clock())
    post.text("marcus")
    post.text(sender="safety", body="911")
    assert (post.send(), post.bodies) == (1, ["911"])
    assert take(bot, received(sender=post.world.number("dorothy"), body="yes")) == ""
    assert "silenced" in post.items()
    assert "911" in take(bot, received(sender=post.world.number("dorothy"), body="I have chest pain"))
    switch.resume(bot.store, bot.clinic_id)
    assert post.send() == 1  # the other phone's; the reminder has lost its sense: the patient has said yes, and is in danger
    assert take(bot, received(sender=post.world.number("dorothy"), body="where are you")) != ""


# ---- what a refusal leads to


@pytest.mark.parametrize("code", [code for code in REFUSALS if CODES[code].then is Then.STOP])
def test_a_mistake_of_configuration_stops_everything(code: int, post: Post) -> None:
    """D-05: the first text fails, no other is tried, all are kept; after `resume` all go."""
    texts = [post.text(body=f"text {number}") for number in range(3)]
    post.provider.plan = [str(code)]
    assert post.send() == 0
    post.wait(hours=1)
    assert post.send() == 0
    assert len(post.provider.requests) == 1
    assert (post.sender().stopped_code, {post.outbox(text).status for text in texts}) == (code, {"waiting"})
    with post.world.bot.store.session() as session:
        assert f"stopped by code {code}" in outbox.sender_words(session, post.world.bot.clinic_id)[0]
    switch.resume(post.world.bot.store, post.world.bot.clinic_id)
    assert post.send() == 3


@pytest.mark.parametrize("code", [code for code in REFUSALS if CODES[code].then is Then.NUMBER])
def test_a_number_that_cannot_get_texts_gets_none(code: int, post: Post) -> None:
    """D-02: never again, until something has come from there; a person looks for another way."""
    text = post.text()
    post.provider.plan = [str(code)]
    post.send()
    assert (post.outbox(text).status, post.items()) == ("failed", [f"bad_number {code}"])
    later = post.text()
    post.wait(days=1)
    assert post.send() == 0
    assert (post.outbox(later).status, post.outbox(later).reason) == ("dropped", "unusable_number")
    assert len(post.provider.requests) == 1
    take(post.world.bot, received(sender=post.world.number("dorothy"), body="hello"))
    again = post.text()
    assert (post.send(), post.outbox(again).status) == (1, "sent")


def test_a_phone_that_the_carrier_blocks_is_opted_out(post: Post) -> None:
    """D-03, O-12: 21610 goes into our own list, is never tried again, and a person reaches the patient otherwise."""
    text, next_one = post.text(), post.text()
    post.provider.plan = ["21610"]
    post.send()
    assert post.phone().opted_out_at is not None
    assert (post.outbox(text).status, post.outbox(next_one).status) == ("failed", "dropped")
    assert post.items() == ["not_delivered 21610"]


@pytest.mark.parametrize("code", [30007, 30004, 12345, 21617])
def test_an_error_that_is_not_known_as_passing_is_a_persons(code: int, post: Post) -> None:
    """D-01, D-03, D-06: one try, one item."""
    text = post.text()
    post.provider.plan = [str(code)]
    post.send()
    post.wait(days=1)
    assert post.send() == 0
    assert (post.outbox(text).status, post.items(), len(post.provider.requests)) == ("failed", [f"not_delivered {code}"], 1)


@pytest.mark.parametrize("code", [code for code in REFUSALS if CODES[code].then in (Then.RETRY, Then.TOMORROW)])
def test_a_passing_error_is_tried_again_with_growing_waits_and_not_for_ever(code: int, post: Post) -> None:
    """D-04, D-07, D-09: at most as often as the table says, each wait at least as long as the one before."""
    text = post.text(useless_at=post.world.clock.now + timedelta(days=10))
    given = CODES[code]
    post.provider.plan = [str(code)] * 9
    waits = []
    for _ in range(9):
        post.send()
        row = post.outbox(text)
        if row.status != "waiting":
            break
        waits.append(row.send_at - post.world.clock.now)
        post.world.clock.now = row.send_at
    assert len(post.provider.requests) == given.tries == len(waits) + 1
    assert waits == sorted(waits) or given.then is Then.TOMORROW
    assert min(waits) > timedelta(0)
    assert (post.outbox(text).status, post.items()) == ("failed", [f"not_delivered {code}"])


def test_too_many_requests_slow_all_workers_down(post: Post) -> None:
    """D-09: the whole sender waits, since the next text would be refused like this one."""
    for _ in range(5):
        post.text()
    post.provider.plan = ["20429"] * 2
    post.send()
    assert len(post.provider.requests) == 1
    post.wait(seconds=30)
    post.send()
    assert len(post.provider.requests) == 2
    post.wait(seconds=30)
    assert post.send() == 5


@pytest.mark.parametrize(("code", "whole"), [("429", True), ("503", False)])
def test_a_provider_that_names_a_time_is_left_alone_until_then(code: str, whole: bool, post: Post) -> None:
    """D-09: Retry-After, which the SDK tells nobody; too many requests hold the whole sender, a provider that is down that text."""
    first, other = post.text(), post.text("marcus")
    post.provider.plan, post.provider.retry_after = [code], 300
    assert post.send() == (0 if whole else 1)
    assert post.outbox(first).send_at >= post.world.clock.now + timedelta(seconds=300)
    post.wait(seconds=299)
    assert (post.send(), post.outbox(first).status) == (0, "waiting")
    post.wait(seconds=1)
    assert post.send() == (2 if whole else 1)
    assert {post.outbox(text).status for text in (first, other)} == {"sent"}


def test_a_text_that_has_no_time_to_wait_holds_the_others_all_the_same(post: Post) -> None:
    """D-08, D-09: it is given up, and the provider is left alone for as long as it said."""
    text = post.text(useless_at=post.world.clock.now + timedelta(minutes=1))
    post.text("marcus")
    post.provider.plan, post.provider.retry_after = ["429"], 600
    assert (post.send(), post.outbox(text).status, post.items()) == (0, "failed", ["not_delivered 429"])
    post.wait(seconds=599)
    assert post.send() == 0
    post.wait(seconds=1)
    assert post.send() == 1


@pytest.mark.parametrize("code", [21408, 21612])
def test_a_number_abroad_stops_no_other_text(code: int, post: Post) -> None:
    """D-16: whoever writes from abroad is answered, and if our number does not reach them, that is theirs alone (D-05)."""
    with post.world.bot.store.begin() as session:
        canada = queries.phone(
            session, post.world.bot.store.cipher, clinic_id=post.world.bot.clinic_id, number="+16135550155", now=post.world.clock.now
        )
        queue(session, clinic_id=canada.clinic_id, phone_id=canada.id, body="hello", now=post.world.clock.now, sender="staff")
    post.provider.plan = [str(code)]
    assert post.send() == 0
    assert (post.items(), post.sender().stopped_at) == ([f"not_delivered {code}"], None)
    post.text()
    assert post.send() == 1


def test_whatever_makes_too_many_texts_a_phone_gets_a_few_of_them_and_a_person_looks(post: Post) -> None:
    """W-25: a mistake somewhere writes a text again and again; what coordinators write and safety texts are not held back."""
    texts = [post.text(body=f"text {number}") for number in range(40)]
    others = post.text("marcus"), post.text(sender="staff"), post.text(sender="safety")
    assert post.send() == claims.MOST + len(others)
    assert post.items() == ["loop"]
    assert {post.outbox(text).status for text in others} == {"sent"}
    post.wait(minutes=59)
    assert post.send() == 0
    post.wait(minutes=2)
    assert post.send() == claims.MOST
    assert [post.outbox(text).reason for text in texts if post.outbox(text).status == "waiting"] == [claims.FLOOD] * 10


@examples(25)
@given(
    useful=st.integers(1, 200), plan=st.lists(st.sampled_from(["429", "503", "30003", "30008", "30027", "ok"]), min_size=6, max_size=6)
)
def test_no_try_comes_after_the_text_has_lost_its_use(useful: int, plan: list[str], post: Post) -> None:
    """D-08: whatever fails in whatever order."""
    began = post.world.clock.now
    text = post.text(useless_at=began + timedelta(minutes=useful))
    post.provider.plan, post.provider.requests[:] = list(plan), []
    times = []
    for _ in range(40):
        before = len(post.provider.requests)
        post.send()
        if len(post.provider.requests) > before:
            times.append(post.world.clock.now)
        post.wait(minutes=7)
    assert all(at < began + timedelta(minutes=useful) for at in times)
    assert post.outbox(text).status in ("sent", "failed", "dropped")
    assert len(times) <= codes.BUSY.tries


# ---- when nobody knows


@pytest.mark.parametrize("way", ["accept_drop", "accept_hang", "accept_502"])
def test_a_text_that_the_provider_took_without_an_answer_is_found_there(way: str, post: Post) -> None:
    """W-34, D-10: looked up before any resend, sent once, and known by the provider's id."""
    text = post.text()
    post.meet(way)
    assert (post.row(text).status, post.outbox(text).status) == ("unknown", "sending")
    post.look()  # the provider may still be at it
    assert post.outbox(text).status == "sending"
    post.wait(minutes=2)
    post.look()
    assert (post.row(text).status, post.outbox(text).status) == ("queued", "sent")
    assert post.row(text).provider_sid == post.provider.messages[0]["sid"]
    assert (post.send(), len(post.provider.messages), post.items()) == (0, 1, [])


@pytest.mark.parametrize("before", ["accept_drop", "ok"])
def test_a_text_that_did_not_arrive_is_a_persons_though_the_provider_tells_no_code(before: str, post: Post) -> None:
    """D-01, D-14: it is found among those that it took, and its callbacks never came."""
    text = post.text()
    post.provider.plan = [before]
    post.send()
    post.provider.messages[0]["status"] = "undelivered"
    post.wait(hours=3)
    post.look()
    assert (post.row(text).status, post.outbox(text).status, post.items()) == ("undelivered", "failed", ["not_delivered unknown"])


@pytest.mark.parametrize("way", ["drop", "hang", *(str(code) for code in REFUSALS if CODES[code].then is Then.LOOK)])
def test_a_text_that_is_not_at_the_provider_is_sent_again(way: str, post: Post) -> None:
    """D-04, D-10: not found, so it was not taken; an error of the provider's own does not tell whether it was."""
    text = post.text()
    post.meet(way)
    post.wait(minutes=2)
    post.look()
    assert (post.outbox(text).status, post.outbox(text).reason) == ("waiting", "not_at_provider")
    assert (post.send(), len(post.provider.messages), post.row(text).status) == (1, 1, "queued")


def test_a_text_whose_worker_died_is_looked_up(post: Post) -> None:
    """W-34: killed before or after the provider had it; either way it arrives once."""
    texts = [post.text(body=f"text {number}") for number in range(2)]
    first, second = claims.claim(post.world.bot, rate=math.inf, limit=2).texts
    post.channel.send(second.text)  # and then the worker was killed, the other one before it sent
    assert post.send() == 0
    post.wait(minutes=3)
    assert not sender.send(post.world.bot, post.channel, first)  # it only stood still, and comes too late
    post.look()
    assert post.send() == 1
    assert Counter(post.bodies) == Counter(["text 0", "text 1"])
    assert {post.outbox(text).status for text in texts} == {"sent"}


def test_a_text_is_never_posted_so_late_that_looking_it_up_would_come_too_early(post: Post) -> None:
    """W-34: a worker that stood still gives it back untouched; between a post and the look-up that decides lies a minute."""
    text = post.text()
    (claimed,) = claims.claim(post.world.bot, rate=math.inf, limit=1).texts
    post.wait(seconds=61)
    assert not sender.send(post.world.bot, post.channel, claimed)
    assert (post.provider.requests, post.outbox(text).status, post.outbox(text).attempts) == ([], "waiting", 0)
    assert (post.send(), post.outbox(text).attempts) == (1, 1)


@pytest.mark.parametrize("seconds", [59, 60])
def test_what_is_posted_at_the_last_moment_is_looked_up_a_minute_later(seconds: int, post: Post) -> None:
    """W-34: the provider may take it until then, and it arrives once."""
    text = post.text()
    (claimed,) = claims.claim(post.world.bot, rate=math.inf, limit=1).texts
    posted = post.wait(seconds=seconds)
    post.provider.plan = ["drop"]  # the worker is killed while the provider is at it
    sender.send(post.world.bot, post.channel, replace(claimed, attempt=0))  # so it writes nothing down
    post.world.clock.now = posted + claims.UNDER_WAY - timedelta(seconds=1)
    post.look()
    assert post.outbox(text).status == "sending"
    post.provider.accept(post.provider.requests[0])
    post.wait(seconds=5)
    post.look()
    assert (post.outbox(text).status, post.send(), len(post.provider.messages)) == ("sent", 0, 1)


def test_what_the_provider_takes_after_it_was_looked_up_but_before_it_goes_again_goes_once(post: Post) -> None:
    """W-34: a callback tells of it, or the answer to a worker that stood still; either way it waits no longer."""
    by_callback, by_answer = post.text("dorothy", body="one"), post.text("olga", body="two")
    _, stood = claims.claim(post.world.bot, rate=math.inf, limit=2).texts
    post.wait(minutes=3)
    post.look()
    assert [post.outbox(text).status for text in (by_callback, by_answer)] == ["waiting", "waiting"]
    post.told(by_callback, "sent", sid="SM" + "1" * 32)
    outbox.sent(post.world.bot, stood, Sent(sid="SM" + "2" * 32, status="queued"))
    assert [post.outbox(text).status for text in (by_callback, by_answer)] == ["sent", "sent"]
    assert (post.send(), post.provider.requests) == (0, [])


def test_what_nobody_could_know_is_counted(post: Post) -> None:
    """W-34: taken after the look-up and after it went again: that is written down, whether a callback tells it or an answer."""
    texts = [post.text(who, body="hello") for who in ("dorothy", "olga", "mei")]
    stood = claims.claim(post.world.bot, rate=math.inf, limit=3).texts
    post.wait(minutes=3)
    post.look()
    assert post.send() == 3
    sids = [post.row(text).provider_sid for text in texts]
    late = [f"SM{number}" + "1" * 31 for number in range(3)]
    post.told(texts[0], "delivered", sid=late[0])
    post.told(texts[1], "sent", sid=late[1])  # it may not arrive
    outbox.sent(post.world.bot, stood[2], Sent(sid=late[2], status="queued"))
    assert [post.outbox(text).twin_sid for text in texts] == [late[0], None, late[2]]
    assert [(post.outbox(text).status, post.row(text).provider_sid) for text in texts] == [("sent", sid) for sid in sids]


def test_the_late_copy_of_a_text_that_is_being_sent_again_is_counted(post: Post) -> None:
    """W-34: its callback comes while the other one is under way."""
    text = post.text()
    claims.claim(post.world.bot, rate=math.inf, limit=1)
    post.wait(minutes=3)
    post.look()
    (again,) = claims.claim(post.world.bot, rate=math.inf, limit=1).texts
    post.told(text, "sent", sid="SM" + "1" * 32)
    assert sender.send(post.world.bot, post.channel, again)
    assert (post.outbox(text).twin_sid, post.row(text).provider_sid) == ("SM" + "1" * 32, post.provider.messages[0]["sid"])


def test_a_text_whose_workers_all_died_before_it_was_posted_is_a_persons_and_known_as_not_sent(post: Post) -> None:
    """W-32: that it is not at the provider is no "unknown"."""
    text = post.text()
    for _ in range(codes.DOWN.tries):
        claims.claim(post.world.bot, rate=math.inf, limit=1)
        post.wait(minutes=3)
        post.look()
    assert (post.outbox(text).status, post.outbox(text).reason, post.row(text).status) == ("failed", "not_at_provider", "failed")
    assert (post.items(), post.provider.requests) == (["not_delivered unknown"], [])


def test_a_text_to_the_same_phone_with_the_same_words_is_not_taken_for_the_lost_one(post: Post) -> None:
    """W-34: what belongs to another text of ours, or is older than the send, is not what was lost."""
    post.text(body="same")
    post.send()
    post.provider.plan = ["drop"]
    lost = post.text(body="same")
    post.send()
    post.wait(minutes=2)
    post.look()
    assert (post.outbox(lost).status, post.send(), len(post.provider.messages)) == ("waiting", 1, 2)


def test_texts_to_several_phones_are_looked_up_at_a_time(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """D-10: after an outage there are many, and the provider takes its time for each."""
    people = ("dorothy", "olga", "mei", "owen")
    post.provider.plan = ["accept_drop"] * len(people)
    texts = [post.text(who, body=f"text to {who}") for who in people]
    post.send()
    post.wait(minutes=2)
    together, find = threading.Barrier(len(people), timeout=60), TwilioSms.find
    monkeypatch.setattr(TwilioSms, "find", lambda *given, **how: (together.wait(), find(*given, **how))[1])
    post.look()
    assert [post.outbox(text).status for text in texts] == ["sent"] * len(people)
    assert len(post.provider.messages) == len(people)


def test_while_the_provider_cannot_be_asked_nothing_is_sent_again(post: Post) -> None:
    """D-10: looked up later; after hours a person decides."""
    post.provider.plan = ["accept_drop"]
    text = post.text()
    post.send()
    post.provider.blocked = True
    post.wait(minutes=5)
    post.look()
    assert post.outbox(text).status == "sending"
    post.wait(hours=7)
    post.look()
    assert (post.outbox(text).status, post.row(text).status, post.items()) == ("failed", "unknown", ["not_delivered unknown"])
    assert len(post.provider.messages) == 1


def test_priorities_are_the_three_that_the_query_walks() -> None:
    """A text of another priority would never be sent."""
    assert sorted(Priority) == [Priority.URGENT, Priority.REPLY, Priority.BULK]
