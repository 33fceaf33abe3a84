"""The worklist: order, views, claims, and what is done with many items at once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from bot.actor import Actor
from bot.channels.console import received
from bot.demo.clock import DemoClock
from bot.desk import staff, work
from bot.store import worklist
from bot.store.inbox import list_mark, phone_mark
from bot.store.models import TaskRow
from bot.store.work_models import ActionRow
from bot.store.worklist import View
from bot.turn import take
from tests.inbox.conftest import Desk, act, do, page
from tests.world import World

BEN = Actor(id=2, name="Ben Carter", role="coordinator", clinic_id=1)


def wait(world: World, **span: float) -> None:
    """Time passes."""
    world.clock.now += timedelta(**span)


def say(world: World, who: str, words: str) -> None:
    """A patient texts."""
    take(world.bot, received(sender=world.number(who), body=words))


def listed(world: World, **view: object) -> list[str]:
    """Who and what a view shows, in its order."""
    with world.bot.store.session() as session:
        items = worklist.page(session, 1, world.clock.now, View(**view))  # type: ignore[arg-type]
    return [f"{item.who.split()[0]} {item.kind}" for item in items]


def tasks(world: World) -> list[TaskRow]:
    """Every item."""
    with world.bot.store.session() as session:
        return list(session.query(TaskRow).order_by(TaskRow.id))


def test_items_stand_by_consequence_then_by_what_can_still_be_fixed_in_time(world: World) -> None:
    """Arrival does not count: danger first, then visits at risk by how soon they must be saved, then answers."""
    say(world, "owen", "please have somebody call me")
    say(world, "dorothy", "my car died and I have no way to get there")
    say(world, "ernesto", "no tengo dinero para pagar la consulta")
    say(world, "lucia", "me duele el pecho y no puedo respirar")
    assert listed(world) == ["Lucía urgent_medical", "Ernesto barrier", "Dorothy barrier", "Owen human", "Lucía unreviewed_text"]


def test_a_barrier_must_be_seen_to_two_days_before_the_visit(world: World) -> None:
    """Until when it can still be fixed: the visit less the lead of its kind."""
    say(world, "lucia", "no tengo dinero para pagar la consulta")
    (item,) = tasks(world)
    assert item.fix_by == datetime(2026, 3, 7, 19, 0, tzinfo=UTC)  # two days before Monday 9 March, 14:00 there (UTC-5 until the 8th)


def test_the_same_matter_again_keeps_its_clock(world: World) -> None:
    """A patient who writes twice waits no longer for it, and makes no second item."""
    say(world, "owen", "please have somebody call me")
    (before,) = tasks(world)
    wait(world, hours=2)
    say(world, "owen", "hello?? please call me")
    (after,) = tasks(world)
    assert after.due_at == before.due_at
    assert after.communication_id != before.communication_id


def test_thanks_neither_opens_nor_wakes_nor_restarts_anything(world: World) -> None:
    """Peers' users ask for this most: a "thank you" is not work."""
    say(world, "owen", "please have somebody call me")
    (item,) = tasks(world)
    staff.take_over(world.bot, world.phones["owen"], by=world.staff)
    work.snooze(world.bot, [item.id], until=world.clock.now + timedelta(hours=3), by=world.staff)
    wait(world, minutes=10)
    say(world, "owen", "thank you so much")
    (after,) = tasks(world)
    assert (after.due_at, after.snoozed_until is None) == (item.due_at, False)
    work.resolve(world.bot, [item.id], outcome="called", by=world.staff)
    say(world, "owen", "thanks!")
    assert [each.status for each in tasks(world)] == ["completed"]


def test_a_snoozed_item_is_away_until_its_time_or_until_the_patient_writes_of_it_again(world: World) -> None:
    """It is counted apart meanwhile."""
    say(world, "owen", "please have somebody call me")
    (item,) = tasks(world)
    work.snooze(world.bot, [item.id], until=world.clock.now + timedelta(hours=3), by=world.staff)
    assert (listed(world), listed(world, whose="snoozed")) == ([], ["Owen human"])
    wait(world, hours=3)
    assert listed(world) == ["Owen human"]
    work.snooze(world.bot, [item.id], until=world.clock.now + timedelta(hours=3), by=world.staff)
    say(world, "owen", "please call me now")
    assert listed(world) == ["Owen human"]


def test_views_tell_mine_from_nobodys_and_filters_narrow_them(world: World) -> None:
    """By kind and by the language on record; counts follow."""
    say(world, "owen", "please have somebody call me")
    say(world, "lucia", "quiero hablar con una persona")
    say(world, "ernesto", "no tengo dinero para pagar la consulta")
    owen = tasks(world)[0]
    work.assign(world.bot, [owen.id], to=world.staff, by=BEN)
    assert listed(world, whose="mine", me=1) == ["Owen human"]
    assert listed(world, whose="mine", me=2) == []
    assert listed(world, whose="unassigned") == ["Ernesto barrier", "Lucía human"]
    assert listed(world, language="es", kind="human") == ["Lucía human"]
    with world.bot.store.session() as session:
        counts = worklist.counts(session, 1, world.clock.now, 1)
    assert (counts.all, counts.mine, counts.unassigned, counts.snoozed) == (3, 1, 2, 0)
    assert (counts.kinds, counts.languages) == ({"barrier": 1, "human": 2}, {"en": 1, "es": 2})


def test_what_is_late_is_a_view_of_its_own_and_is_counted(world: World) -> None:
    """Danger stands on top of every view and is none of it, nor is what is put off."""
    say(world, "owen", "please have somebody call me")
    say(world, "ernesto", "please have somebody call me")
    wait(world, days=3)
    say(world, "dorothy", "please have somebody call me")
    say(world, "lucia", "me duele el pecho y no puedo respirar")
    assert listed(world, whose="late") == ["Owen human", "Ernesto human"]
    work.snooze(world.bot, [tasks(world)[1].id], until=world.clock.now + timedelta(days=1), by=BEN)
    assert listed(world, whose="late") == ["Owen human"]
    with world.bot.store.session() as session:
        assert worklist.counts(session, 1, world.clock.now, 1).late == 1


def test_the_head_of_the_list_leads_to_what_is_late_and_on_through_it(desk: Desk) -> None:
    """One after the other, and back to that list."""
    for phone in (1, 7):
        desk.text(phone, "please have somebody call me")
    clock = desk.bot.clock
    assert isinstance(clock, DemoClock)
    clock.move(timedelta(days=6))
    desk.text(2, "please have somebody call me")
    assert re.search(r'<a class="over" href="/inbox\?whose=late"><b>2 late</b></a>', page(desk.ana, "/inbox"))
    assert page(desk.ana, "/inbox?whose=late").count("data-item=") == 2
    first = desk.items(1)[0].id
    assert desk.ana.get(f"/inbox/next?after={first}").headers["Location"] == "/inbox/phone/7"
    assert desk.ana.get(f"/inbox/next?after={desk.items(7)[0].id}").headers["Location"] == "/inbox?whose=late"


def test_pages_follow_each_other_without_gap_or_repeat(world: World) -> None:
    """Fifty items a page; the page after the last is empty."""
    with world.bot.store.begin() as session:
        for number in range(120):
            due = world.clock.now + timedelta(minutes=number % 7)
            row = TaskRow(clinic_id=1, phone_id=1, kind="human", detail=str(number), created_at=world.clock.now, due_at=due, rank=5)
            session.add(row)
    seen: list[int] = []
    with world.bot.store.session() as session:
        for number in (1, 2, 3, 4):
            seen += [item.id for item in worklist.page(session, 1, world.clock.now, View(page=number))[: worklist.PAGE]]
    assert sorted(seen) == [each.id for each in tasks(world)]


def test_a_lock_keeps_colleagues_out_until_it_lapses_by_itself(world: World) -> None:
    """The refusal names who has it and for how long; nothing is half done."""
    say(world, "owen", "please have somebody call me")
    phone, (item,) = world.phones["owen"], tasks(world)
    work.claim(world.bot, phone, by=world.staff)
    for attempt in (
        lambda: work.claim(world.bot, phone, by=BEN),
        lambda: staff.reply(world.bot, phone, "hello", by=BEN),
        lambda: staff.take_over(world.bot, phone, by=BEN),
        lambda: work.resolve(world.bot, [item.id], outcome="done", by=BEN),
    ):
        with pytest.raises(work.Refused, match="Ana Torres is working on this conversation for another 5 min"):
            attempt()
    assert tasks(world)[0].status == "requested"
    wait(world, minutes=5)
    work.resolve(world.bot, [item.id], outcome="done", by=BEN)
    assert tasks(world)[0].status == "completed"


def test_what_its_owner_does_makes_a_lock_last_longer_and_letting_go_ends_it(world: World) -> None:
    """Five minutes from the last action."""
    phone = world.phones["owen"]
    work.claim(world.bot, phone, by=world.staff)
    wait(world, minutes=4)
    staff.reply(world.bot, phone, "hello", by=world.staff)
    wait(world, minutes=4)
    with pytest.raises(work.Refused):
        work.claim(world.bot, phone, by=BEN)
    work.let_go(world.bot, phone, by=BEN)  # not hers to give up
    with pytest.raises(work.Refused):
        work.claim(world.bot, phone, by=BEN)
    work.let_go(world.bot, phone, by=world.staff)
    work.claim(world.bot, phone, by=BEN)


def test_many_items_are_closed_at_once_or_where_one_is_locked_none(world: World) -> None:
    """And each tells in its conversation's timeline who closed it."""
    for who in ("owen", "dorothy"):
        say(world, who, "please have somebody call me")
    ids = [row.id for row in tasks(world)]
    work.claim(world.bot, world.phones["dorothy"], by=BEN)
    with pytest.raises(work.Refused, match="Ben Carter"):
        work.resolve(world.bot, ids, outcome="called", by=world.staff)
    assert {row.status for row in tasks(world)} == {"requested"}
    work.let_go(world.bot, world.phones["dorothy"], by=BEN)
    assert work.resolve(world.bot, ids, outcome="called", by=world.staff) == ids
    with world.bot.store.session() as session:
        told = [(row.actor, row.kind, row.detail) for row in session.query(ActionRow)]
    assert told == [("Ana Torres", "resolved", "called")] * 2
    assert work.resolve(world.bot, ids, outcome="called", by=world.staff) == []  # a second press does nothing


def test_a_reopened_item_has_the_deadline_that_it_had(world: World) -> None:
    """Opening again is no new start."""
    say(world, "owen", "please have somebody call me")
    (item,) = tasks(world)
    work.resolve(world.bot, [item.id], outcome="done", by=world.staff)
    wait(world, days=1)
    assert work.reopen(world.bot, [item.id], by=world.staff) == [item.id]
    (after,) = tasks(world)
    assert (after.status, after.outcome, after.closed_at, after.due_at) == ("requested", None, None, item.due_at)


def test_items_of_another_clinic_are_nobodys_here(world: World) -> None:
    """H-16: their numbers do nothing."""
    say(world, "owen", "please have somebody call me")
    stranger = Actor(id=7, name="Elsewhere", role="coordinator", clinic_id=2)
    assert work.resolve(world.bot, [tasks(world)[0].id], outcome="done", by=stranger) == []


def test_the_marks_change_with_everything_that_pages_show(world: World) -> None:
    """A text, an item, a lock that is taken and one that lapses, an assignment."""
    phone = world.phones["owen"]

    def marks() -> tuple[str, str]:
        with world.bot.store.session() as session:
            return list_mark(session, 1, world.clock.now), phone_mark(session, 1, phone, world.clock.now)

    seen = [marks()]
    for step in (
        lambda: say(world, "owen", "please have somebody call me"),
        lambda: work.claim(world.bot, phone, by=world.staff),
        lambda: wait(world, minutes=6),
        lambda: work.assign(world.bot, [tasks(world)[0].id], to=BEN, by=world.staff),
        lambda: work.resolve(world.bot, [tasks(world)[0].id], outcome="called", by=world.staff),
    ):
        step()
        seen.append(marks())
        assert seen[-1][0] != seen[-2][0]
        assert seen[-1][1] != seen[-2][1]


# ---- on the pages


def test_the_list_shows_what_a_text_means_beside_the_patients_words(desk: Desk) -> None:
    """In the staff's language, built from the reading."""
    desk.text(3, "no puedo ir, no tengo dinero")
    shown = page(desk.ana, "/inbox")
    assert "In the way: money or no insurance" in shown
    assert 'class="means">Cannot come<' in shown  # and not again what the heading says
    assert "no puedo ir, no tengo dinero" in shown


def test_claiming_leads_to_the_conversation_and_shows_colleagues_a_countdown(desk: Desk) -> None:
    """Both in the list and in the conversation."""
    desk.text(7, "please have somebody call me")
    assert "You have this conversation" in do(desk.ana, "claim:7")
    shown = page(desk.ben, "/inbox")
    assert re.search(r'Ana Torres has it <time data-left="\d+">[45]:\d\d', shown)
    assert "Ana Torres</b> is working on this conversation" in page(desk.ben, "/inbox/phone/7")
    assert "for another 5 min" in do(desk.ben, "claim:7")


def test_closing_several_can_be_undone_instead_of_being_asked_are_you_sure(desk: Desk) -> None:
    """The message after it has the way back."""
    for phone in (1, 7):
        desk.text(phone, "please have somebody call me")
    ids = [item.id for phone in (1, 7) for item in desk.items(phone)]
    shown = do(desk.ana, "resolve", *ids, outcome="called")
    assert "2 items closed." in shown
    assert shown.count('value="reopen">Undo') == 1
    assert "2 items open again." in do(desk.ana, "reopen", *ids)


def test_a_lock_is_shown_to_its_owner_with_ways_to_keep_it_and_let_it_go(desk: Desk) -> None:
    """And what a colleague may not do is disabled with the reason beside it."""
    act(desk.ana, 7, "claim")
    assert "Let go" in page(desk.ana, "/inbox/phone/7")
    shown = page(desk.ben, "/inbox/phone/7")
    assert "Ana Torres has this conversation." in shown
    assert "Let go" not in shown


def test_an_address_with_nonsense_shows_the_whole_list(desk: Desk) -> None:
    """What a view does not know counts as not asked for."""
    desk.text(7, "please have somebody call me")
    for query in ("whose=x&page=-3", "page=0", "page=²", "kind=<script>", "page=99999999", "page=99999999999999999999"):
        shown = page(desk.ana, f"/inbox?{query}")
        assert "<script>" not in shown
        assert ("Owen Park" in shown) == (query != "page=99999999")


def test_forms_lead_back_to_our_own_pages_alone(desk: Desk) -> None:
    """No open redirect."""
    for back in ("https://evil.example/inbox", "//evil.example", "/inbox//evil.example", "/inbox\\evil.example", "javascript:1"):
        answer = desk.ana.post("/inbox/me", data={"actor": "1", "back": back})
        assert answer.headers["Location"] == "/inbox"


def test_to_undo_a_large_close_reads_those_items_alone(world: World) -> None:
    """Whatever else a clinic has closed: SQLite looks each up instead of going through all of it, while texts wait to be written."""
    say(world, "dorothy", "please have somebody call me")
    asked: list[tuple[str, tuple[object, ...]]] = []
    event.listen(world.bot.store.engine, "before_cursor_execute", lambda _c, _u, said, given, *_: asked.append((said, given)))
    assert len(work.resolve(world.bot, range(1, 60), outcome="done", by=BEN)) == 1
    assert len(work.reopen(world.bot, range(1, 60), by=BEN)) == 1
    looks = [(said, given) for said, given in asked if said.startswith("SELECT") and "FROM task" in said and " IN (" in said]
    assert len(looks) == 2
    with world.bot.store.engine.connect() as connection:
        for said, given in looks:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", given).all()
            assert [step.detail for step in plan] == ["SEARCH task USING INTEGER PRIMARY KEY (rowid=?)"]


def test_an_undo_opens_nothing_that_a_colleague_had_closed(desk: Desk) -> None:
    """Both had chosen the same lines: who was second takes back what they did alone."""
    for phone in (1, 7):
        desk.text(phone, "please have somebody call me")
    first, second = desk.items(1)[-1].id, desk.items(7)[-1].id
    do(desk.ben, "resolve", first, outcome="called")
    said = do(desk.ana, "resolve", first, second, outcome="not_needed")
    undo = said[said.index('class="flash"') : said.index('value="reopen">Undo')]
    assert re.findall(r'name="item" value="(\d+)"', undo) == [str(second)]
    assert 'value="reopen">Undo' not in do(desk.ana, "resolve", first, second, outcome="not_needed")  # nothing was done


def test_an_emergency_is_neither_closed_nor_put_off_as_one_of_many(desk: Desk) -> None:
    """ "All of this page" may hold one; by itself, or with the others of its conversation, it goes."""
    desk.text(1, "please have somebody call me")
    desk.text(7, "I have chest pain and cannot breathe")
    danger, other = [each.id for each in desk.items(7)], desk.items(1)[-1].id
    for form in ({"what": "resolve", "outcome": "not_needed"}, {"what": "snooze", "until": "7d"}):
        assert "somebody may be in danger" in do(desk.ana, form.pop("what"), other, *danger, **form)
    assert len(desk.items(7)) == len(danger) and all(each.snoozed_until is None for each in (*desk.items(1), *desk.items(7)))
    do(desk.ana, "resolve", *danger, outcome="called")
    assert desk.items(7) == []
