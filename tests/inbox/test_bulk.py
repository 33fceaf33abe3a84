"""One approved sentence to many conversations: looked at first, sent once, and nobody gets it who must not."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from bot.actor import Actor
from bot.channels.console import Console, received
from bot.delivery.sender import send_waiting
from bot.demo.clock import DemoClock
from bot.desk import bulk, later, staff, work
from bot.desk.bulk import MOST, Chosen, Talk
from bot.store import queries
from bot.store.models import CommunicationRow, PatientPhoneRow, PatientRow, PhoneRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.store.work_models import ActionRow, ClaimRow, PromiseRow
from bot.turn import take
from tests.chromium import FITS, chromium, follow, new_page
from tests.inbox.conftest import Come, Desk, act, do, page
from tests.staff import Browser, hire
from tests.world import NUMBERS, World, make_world

BEN = Actor(id=2, name="Ben Carter", role="coordinator", clinic_id=1)
CALLED = "reply.called"


def say(world: World, who: str, words: str = "please have somebody call me") -> None:
    """A patient texts."""
    take(world.bot, received(sender=world.number(who), body=words))


def chosen(world: World, key: str = CALLED) -> Chosen:
    """Everything that is open, as somebody chooses it now."""
    with world.bot.store.session() as session:
        items = session.scalars(select(TaskRow.id).where(TaskRow.status == "requested").order_by(TaskRow.id)).all()
    return Chosen(tuple(items), bulk.newest(world.bot), key)


def talks(world: World, what: Chosen) -> dict[str, Talk]:
    """What would become of whom, by first name."""
    return {talk.who.split()[0]: talk for talk in bulk.look(world.bot, what, by=world.staff)}


def send(world: World, what: Chosen, *, close: bool = False, back: bool = False) -> int:
    """What was looked at is sent; gives how many are left."""
    seen = bulk.mark(bulk.look(world.bot, what, by=world.staff), world.bot, what.key)
    return bulk.send(world.bot, what, seen=seen, close=close, back=back, by=world.staff)


def sent(world: World) -> list[tuple[int | None, str]]:
    """(phone, words) of every text of a coordinator."""
    with world.bot.store.session() as session:
        rows = session.scalars(select(CommunicationRow).where(CommunicationRow.sender == "staff").order_by(CommunicationRow.id))
        return [(row.phone_id, row.body) for row in rows]


def rows(world: World, kind: Any, *where: Any) -> list[Any]:
    """Rows of a table."""
    with world.bot.store.session() as session:
        return list(session.scalars(select(kind).where(*where)))


# ---- on the pages


def choose(client: FlaskClient, *items: int) -> str:
    """Where "Reply to all" leads with these items."""
    answer = client.post("/inbox/items", data={"do": "reply", "item": [str(each) for each in items], "back": "/inbox"})
    assert answer.status_code == 303
    return answer.headers["Location"]


def press(client: FlaskClient, shown: str, **ticked: str) -> str:
    """Presses the one button of the page that was looked at, and gives the page that follows."""
    data = {name: value for name, value in re.findall(r'name="(items|since|key|seen)" value="([^"]*)"', shown)} | ticked
    return client.post("/inbox/bulk", data=data, follow_redirects=True).get_data(as_text=True)


def listed(shown: str) -> list[str]:
    """Lines of the page's lists, without their tags."""
    lines = re.findall(r"<li><span>(.*?)</span></li>", shown, re.DOTALL)
    return [re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", line))).strip() for line in lines]


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """By day: two items of Marcus, one each of others: an emergency, one who opted out, one whom Ben has."""
    clock, there = desk.bot.clock, later.there(desk.bot, [])
    if there.night:
        assert isinstance(clock, DemoClock)
        clock.move(there.suggested - clock())
    for phone, words in (
        (2, "can I come Thursday afternoon instead? I have no ride"), (3, "me duele el pecho y no puedo respirar"),
        (4, "quiero hablar con una persona"), (7, "please have somebody call me"), (9, "tôi muốn nói chuyện với người thật"),
        (1, "please have somebody call me"),
    ):  # fmt: skip
        desk.text(phone, words)
    act(desk.ana, 1, "opt-out")
    act(desk.ben, 7, "claim")
    return desk


def everything(desk: Desk) -> list[int]:
    """Every open item."""
    return [row.id for row in desk.rows(TaskRow, TaskRow.status == "requested")]


def test_before_anything_goes_a_page_shows_who_gets_what_and_who_gets_nothing(busy: Desk) -> None:
    """Two items of one conversation are one text; each language has its sentence; the others stand there by name, with why."""
    assert len(busy.items(2)) > 1
    where = choose(busy.ana, *everything(busy))
    first = page(busy.ana, where)
    assert "We tried to call you." in first and "Your visit is on" not in first and "Booked:" not in first
    shown = page(busy.ana, f"{where}&key={CALLED}")
    for language in ("en", "es", "vi"):
        assert html.escape(f"Sunrise Clinic: {busy.bot.clinic.replies['called'][language]}") in shown
    assert "3 conversations get it · 5 SMS" in shown and "Send to 3 conversations" in shown
    assert listed(shown) == [
        "Marcus Reed now", "Ernesto Fuentes now", "Nguyễn Linh now",
        "Lucía Ramírez an emergency is open there: it is answered by itself", "Owen Park Ben Carter is working on this conversation",
        "Dorothy Hale opted out",
    ]  # fmt: skip
    assert not busy.rows(CommunicationRow, CommunicationRow.sender == "staff")


def test_sent_once_however_often_it_is_pressed_and_told_by_name(busy: Desk) -> None:
    """In the language of each, by the outbox, in the trail; items are closed, promises kept; who got nothing stays open."""
    where = f"{choose(busy.ana, *everything(busy))}&key={CALLED}"
    shown = page(busy.ana, where)
    after = press(busy.ana, shown, close="on")
    assert "3 conversations are answered" in after and "Send to" not in after and "3 get nothing, and stay open" in after
    assert "Marcus Reed English waiting to be sent · closed" in listed(after)
    assert press(busy.ana, shown, close="on") == after == page(busy.ana, where)  # a double click, a reload, a page further back
    texts = busy.rows(CommunicationRow, CommunicationRow.sender == "staff")
    assert [(row.phone_id, row.texts) for row in texts] == [(2, CALLED), (4, CALLED), (9, CALLED)]
    assert [row.body.partition(": ")[2] for row in texts] == [busy.bot.clinic.replies["called"][code] for code in ("en", "es", "vi")]
    assert len(busy.rows(OutboxRow, OutboxRow.communication_id.in_([row.id for row in texts]))) == 3
    assert {row.phone_id for row in busy.rows(ActionRow, ActionRow.kind == "wrote", ActionRow.detail == CALLED)} == {2, 4, 9}
    assert [len(busy.items(phone)) for phone in (2, 4, 9)] == [0, 0, 0]
    assert all(busy.items(phone) for phone in (1, 3, 7))
    kept = {row.phone_id: row.kept_at is not None for row in busy.rows(PromiseRow)}
    assert kept[4] and kept[9] and not kept[7]
    assert "/inbox/next?after=" in after


def test_what_was_not_ticked_stays_open(busy: Desk) -> None:
    """And the page says so."""
    item = busy.items(4)[0].id
    after = press(busy.ana, page(busy.ana, f"{choose(busy.ana, item)}&key={CALLED}"))
    assert listed(after) == ["Ernesto Fuentes Spanish waiting to be sent · still open"]
    assert [each.id for each in busy.items(4)] == [item]


def test_nothing_is_sent_where_somebody_has_written_since_it_was_chosen(busy: Desk) -> None:
    """A patient's last words, or a colleague's answer, come first; on the page, and though the page was looked at before."""
    where = f"{choose(busy.ana, *(busy.items(phone)[0].id for phone in (2, 4)))}&key={CALLED}"
    shown = page(busy.ana, where)
    busy.text(4, "ya no hace falta, gracias")
    act(busy.ben, 2, "reply", text="Hello Marcus")
    act(busy.ben, 2, "let-go")
    after = press(busy.ana, shown)
    assert listed(after) == [
        f"{who} something was written there after you chose it: read it first" for who in ("Marcus Reed", "Ernesto Fuentes")
    ]
    assert [row.phone_id for row in busy.rows(CommunicationRow, CommunicationRow.texts == CALLED)] == []


def test_a_sentence_that_was_changed_meanwhile_is_looked_at_again(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes is what the page showed."""
    shown = page(busy.ana, f"{choose(busy.ana, busy.items(4)[0].id)}&key={CALLED}")
    form = dict(re.findall(r'name="(items|since|key|seen)" value="([^"]*)"', shown))
    after = busy.ana.post("/inbox/bulk", data={**form, "seen": "x"}, follow_redirects=True).get_data(as_text=True)
    assert "Nothing was sent: somebody has changed this sentence meanwhile." in after and "Send to 1 conversation" in after
    assert not busy.rows(CommunicationRow, CommunicationRow.sender == "staff")


def test_a_choice_of_nothing_or_of_what_is_none_is_refused(busy: Desk) -> None:
    """In words where a person may have done it; nobody waits for an answer to what is a translator's."""
    assert "Choose one or more items first." in do(busy.ana, "reply")
    for where in ("/inbox/bulk", "/inbox/bulk?items=99999"):
        assert "Choose one or more items first." in busy.ana.get(where, follow_redirects=True).get_data(as_text=True)
    theirs = next(item.id for item in busy.items(3) if item.kind == "unreviewed_text")
    busy.ana.post("/inbox/items", data={"do": "resolve", "outcome": "called", "item": [i.id for i in busy.items(3) if i.id != theirs]})
    act(busy.ana, 3, "release")
    assert listed(page(busy.ana, choose(busy.ana, theirs))) == ["Lucía Ramírez what you chose is closed, or a translator's"]
    assert busy.ana.get("/inbox/bulk?items=1.x").status_code == 404
    assert "Choose a sentence" in page(busy.ana, f"/inbox/bulk?items={busy.items(4)[0].id}&since=0&key=visit_when")


def test_who_may_not_act_for_patients_may_not_answer_many(come: Come, app: Any, live: int) -> None:
    """A translator; and a form without the token of its session."""
    translator = Browser(live).enter(app, hire(app, "translator"))
    assert translator.get("/inbox/bulk?items=1").status == 403
    ana = come("ana")
    assert ana.post("/inbox/bulk", form_token="", items="1", key=CALLED).status == 403


# ---- beneath them


def test_who_must_not_be_texted_gets_nothing_and_is_told_by_name(world: World) -> None:
    """Each for a reason of its own."""
    for who in ("dorothy", "marcus", "lucia", "ernesto", "nadia", "rosa", "owen", "linh", "jean"):
        say(world, who)
    say(world, "mei", "I cannot stop crying")
    say(world, "amina", "he hits me")
    say(world, "stranger")
    with world.bot.store.begin() as session:
        session.get_one(PhoneRow, world.phones["dorothy"]).opted_out_at = world.clock.now
        session.get_one(PhoneRow, world.phones["marcus"]).unusable_at = world.clock.now
        for who, values in (("lucia", {"do_not_text": True}), ("ernesto", {"life_event": "died"}), ("nadia", {"life_event": "loss"})):
            theirs = select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == world.phones[who]).limit(1)
            session.execute(update(PatientRow).where(PatientRow.id.in_(theirs)).values(**values))
    work.claim(world.bot, world.phones["rosa"], by=BEN)
    later.plan(world.bot, world.phones["owen"], "Hello", at=world.clock.now + timedelta(hours=2), by=world.staff)
    work.resolve(world.bot, [row.id for row in rows(world, TaskRow, TaskRow.phone_id == world.phones["linh"])], outcome="done", by=BEN)
    items = tuple(row.id for row in rows(world, TaskRow))
    what = Chosen(items, bulk.newest(world.bot), CALLED)
    found = talks(world, what)
    assert {who: talk.why_not for who, talk in found.items() if talk.why_not} == {
        "Dorothy": "opted out", "Marcus": "texts do not arrive at this number", "Lucía": "asked not to be texted",
        "Ernesto": "has died", "Nadia": found["Nadia"].why_not, "Rosa": "Ben Carter is working on this conversation",
        "Owen": "a reply waits to go there already", "Nguyễn": "what you chose is closed, or a translator's",
        "林美": "distress, a death, a hospital or a jail was told of: it is answered by itself",
        "أمينة": "an emergency is open there: it is answered by itself", "Unknown": "nobody is on record at this number",
    }  # fmt: skip
    assert found["Nadia"].why_not  # one of the two on that phone has lost somebody: it may be read by her
    assert [who for who, talk in found.items() if talk.text] == ["Jean"]
    send(world, what)
    assert [phone for phone, body in sent(world) if body != "Hello"] == [world.phones["jean"]]


WORDS = [
    "please call me", "I have no ride", "STOP", "START", "wrong number", "I have chest pain", "he hits me", "my mother died",
    "quiero hablar con una persona", "I can't stop crying", "what should I bring?", "thanks", "asdf qwer", "don't text me anymore",
    "I want to die",
]  # fmt: skip
TALK = st.lists(st.tuples(st.sampled_from([*NUMBERS, "stranger"]), st.sampled_from(WORDS)), min_size=1, max_size=14)


@pytest.mark.slow
@settings(max_examples=30)
@given(talk=TALK, claimed=st.sets(st.sampled_from(sorted(NUMBERS)), max_size=2))
def test_whatever_was_written_nobody_who_must_not_gets_it_and_nobody_gets_it_twice(
    talk: list[tuple[str, str]], claimed: set[str], bot_parts: Any
) -> None:
    """No number that opted out, is held, in danger or a colleague's; one text a number, in its language; all others are named."""
    world = make_world(bot_parts)
    for who, words in talk:
        say(world, who, words)
    for who in claimed:
        work.claim(world.bot, world.phones[who], by=BEN)
    what = chosen(world)
    never = {row.id for row in rows(world, PhoneRow) if row.opted_out_at or queries.state_of(row).hold}
    never |= {row.phone_id for row in rows(world, TaskRow, TaskRow.status == "requested", TaskRow.rank == 0)}
    never |= {world.phones[who] for who in claimed}
    languages = {talk.phone_id: talk.language for talk in bulk.look(world.bot, what, by=world.staff)}
    for _ in range(3):
        assert send(world, what, close=True) == 0
    got = sent(world)
    assert len({phone for phone, _ in got}) == len(got)
    assert not never & {phone for phone, _ in got}
    for phone, body in got:
        assert body.endswith(world.bot.clinic.replies["called"][languages[phone]])
    open_ = {row.phone_id for row in rows(world, TaskRow, TaskRow.id.in_(what.items), TaskRow.status == "requested")}
    assert open_ == {row.phone_id for row in rows(world, TaskRow, TaskRow.id.in_(what.items))} - {phone for phone, _ in got}


def test_at_night_it_goes_next_morning_by_the_clock_of_each(world: World) -> None:
    """The item may be closed at once; the promise is kept when it goes; a second choice finds that a reply waits."""
    say(world, "owen")
    say(world, "marcus")
    with world.bot.store.begin() as session:
        theirs = select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone_id == world.phones["owen"])
        session.execute(update(PatientRow).where(PatientRow.id.in_(theirs)).values(zone="Pacific/Honolulu"))
    what = chosen(world)
    found = talks(world, what)  # nine in the morning in New York, four in Honolulu
    assert found["Marcus"].at is None
    assert found["Owen"].at == datetime(2026, 3, 4, 9, tzinfo=ZoneInfo("Pacific/Honolulu"))
    assert send(world, what, close=True) == 0
    assert not rows(world, TaskRow, TaskRow.status == "requested")
    kept = {row.phone_id: row.kept_at for row in rows(world, PromiseRow)}
    assert kept == {world.phones["owen"]: None, world.phones["marcus"]: world.clock.now}
    found = talks(world, what)
    assert (found["Owen"].status, found["Owen"].at, found["Marcus"].at) == (
        "queued",
        datetime(2026, 3, 4, 9, tzinfo=ZoneInfo("Pacific/Honolulu")),
        None,
    )
    again = replace(what, since=bulk.newest(world.bot))
    work.reopen(world.bot, [row.id for row in rows(world, TaskRow, TaskRow.phone_id == world.phones["owen"])], by=world.staff)
    assert talks(world, again)["Owen"].why_not == "a reply waits to go there already"
    world.clock.now += timedelta(hours=6)
    send_waiting(world.bot, Console())
    later.settle(world.bot)
    assert all(row.kept_at for row in rows(world, PromiseRow))


def test_the_bot_is_paused_unless_it_is_handed_back_and_no_lock_is_left(world: World) -> None:
    """As after a single reply; where somebody had taken over, the bot stays silent; whose lock it was before keeps it."""
    for who in ("owen", "marcus"):
        say(world, who)
    staff.take_over(world.bot, world.phones["marcus"], by=world.staff)

    def paused() -> list[bool]:
        return [queries.state_of(rows(world, PhoneRow, PhoneRow.id == world.phones[who])[0]).paused for who in ("owen", "marcus")]

    send(world, chosen(world), back=True)
    assert paused() == [False, True]
    assert [row.phone_id for row in rows(world, ClaimRow)] == [world.phones["marcus"]]
    send(world, chosen(world))
    assert paused() == [True, True]


def test_who_is_there_at_the_same_moment_is_named_and_stays_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ben claims Marcus's conversation and Lucía writes after it was looked at: the others get theirs, these two nothing."""
    for who in ("owen", "marcus", "ernesto", "lucia"):
        say(world, who)
    real = staff.reply

    def slow(bot: Any, phone_id: int, *given: Any, **more: Any) -> None:
        if phone_id == world.phones["owen"]:
            work.claim(bot, world.phones["marcus"], by=BEN)
            say(world, "lucia", "ya no hace falta")
        real(bot, phone_id, *given, **more)

    monkeypatch.setattr(staff, "reply", slow)
    what = chosen(world)
    assert send(world, what, close=True) == 2
    assert [phone for phone, _ in sent(world)] == [world.phones["owen"], world.phones["ernesto"]]
    found = talks(world, what)
    assert found["Marcus"].why_not == "Ben Carter is working on this conversation"
    assert found["Lucía"].why_not == "something was written there after you chose it: read it first"
    assert {row.phone_id for row in rows(world, TaskRow, TaskRow.status == "requested")} == {
        world.phones[who] for who in ("marcus", "lucia")
    }


def test_a_database_that_is_away_halfway_leaves_the_others_to_be_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has it is told, and the rest goes when it is pressed again; if nobody has it, the page of a busy database says so."""
    for who in ("owen", "marcus", "ernesto"):
        say(world, who)
    what, real, away = chosen(world), staff.reply, {world.phones["marcus"]}

    def failing(bot: Any, phone_id: int, *given: Any, **more: Any) -> None:
        if phone_id in away:
            raise OperationalError("", {}, Exception())
        real(bot, phone_id, *given, **more)

    monkeypatch.setattr(staff, "reply", failing)
    assert send(world, what) == 2
    assert [who for who, talk in talks(world, what).items() if talk.text] == ["Marcus", "Ernesto"]
    with pytest.raises(OperationalError):
        send(world, what)
    away.clear()
    assert send(world, what) == 0
    assert [phone for phone, _ in sent(world)] == [world.phones[who] for who in ("owen", "marcus", "ernesto")]


def test_more_than_a_page_of_conversations_is_refused_in_words(world: World) -> None:
    """Nothing is cut off silently."""
    with world.bot.store.begin() as session:
        for number in range(MOST + 1):
            phone = PhoneRow(clinic_id=1, number=f"x{number}", number_key=f"x{number}", created_at=world.clock.now)
            session.add(phone)
            session.flush()
            session.add(
                TaskRow(clinic_id=1, phone_id=phone.id, kind="human", created_at=world.clock.now, due_at=world.clock.now, rank=5)
            )
    what = chosen(world)
    with pytest.raises(work.Refused, match="At most 50 conversations can be answered at once"):
        bulk.look(world.bot, what, by=world.staff)
    assert len(bulk.look(world.bot, replace(what, items=what.items[:MOST]), by=world.staff)) == MOST


def test_items_of_another_clinic_are_none(world: World) -> None:
    """Whoever asks."""
    say(world, "owen")
    assert bulk.look(world.bot, chosen(world), by=replace(world.staff, clinic_id=2)) == []


def test_a_sentence_that_is_not_there_in_a_language_goes_to_nobody_who_speaks_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not sent in English instead."""
    say(world, "owen")
    say(world, "lucia", "quiero hablar con una persona")
    monkeypatch.delitem(world.bot.clinic.replies["called"], "es")
    found = talks(world, chosen(world))
    assert found["Lucía"].why_not == "this sentence is not there in their language"
    assert send(world, chosen(world)) == 0
    assert [phone for phone, _ in sent(world)] == [world.phones["owen"]]


@pytest.mark.slow
@pytest.mark.parametrize("script", [True, False])
def test_many_are_answered_on_a_phone_in_spanish(busy: Desk, served: str, script: bool) -> None:
    """With and without JavaScript, by keyboard where there is one; every page fits."""
    errors: list[str] = []
    with chromium() as browser:
        ana = new_page(browser, errors, viewport={"width": 390, "height": 844}, locale="es-US", java_script_enabled=script)
        ana.goto(f"{served}/inbox")
        for box in ana.locator("[name=item]").all():
            box.check()
        if script:
            ana.keyboard.press("r")
            expect(ana.locator("[data-reply]")).to_be_focused()
        follow(ana.get_by_role("button", name="Responder a todos"))
        follow(ana.get_by_role("button", name="Elegir Le llamamos"))
        ana.get_by_text("hay una emergencia pendiente").wait_for()
        assert ana.evaluate(FITS) if script else True
        ana.get_by_label("Cerrar lo que eligió").check()
        follow(ana.get_by_role("button", name="Enviar a 3 conversaciones"))
        ana.get_by_text("3 conversaciones respondidas").wait_for()
        assert ana.evaluate(FITS) if script else True
        follow(ana.get_by_role("link", name="Siguiente"))
    assert errors == []
    assert len(busy.rows(CommunicationRow, CommunicationRow.texts == CALLED)) == 3
