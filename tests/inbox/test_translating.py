"""A coordinator's words go to a patient by way of a translator (L-04): asked for, written, back in the coordinator's list, sent."""

from __future__ import annotations

from flask import Flask

from bot.channels.console import received
from bot.store.models import CommunicationRow, TaskRow
from bot.store.work_models import AlertRow
from bot.turn import take
from tests.inbox.conftest import ANA, Desk, act, page
from tests.staff import Browser, hire
from tests.world import NUMBERS

LINH = 9
WORDS, VIETNAMESE = "Please bring the letter that came on Monday.", "Vui lòng mang theo lá thư đến hôm thứ Hai."


def item(desk: Desk, kind: str) -> TaskRow:
    """Linh's item of that kind."""
    (found,) = [each for each in desk.items(LINH) if each.kind == kind]
    return found


def test_words_go_by_way_of_a_translator(desk: Desk) -> None:
    """Nothing is sent before it is translated; then it is a click for who asked, whose list it is in."""
    act(desk.ana, LINH, "to-translate", text=WORDS)
    assert desk.rows(CommunicationRow, CommunicationRow.sender == "staff") == []
    act(desk.ana, LINH, "let-go")
    assert "Words to translate" in page(desk.ben, "/inbox") and WORDS in page(desk.ben, f"/inbox/phone/{LINH}")
    act(desk.ben, LINH, "translated", item=str(item(desk, "to_translate").id), translation=VIETNAMESE)
    ready = item(desk, "translated")
    assert (ready.owner_id, ready.detail) == (ANA, "vi")
    assert "Translated: send it" in page(desk.ana, "/inbox?whose=mine")
    assert "translated this into Vietnamese" in act(desk.ana, LINH, "send-translation", item=str(ready.id))
    (text,) = desk.rows(CommunicationRow, CommunicationRow.sender == "staff")
    assert (text.body, text.texts) == (VIETNAMESE, "translated")
    assert [each for each in desk.items(LINH) if each.kind in ("to_translate", "translated")] == []
    assert "free text, not reviewed" not in page(desk.ana, f"/inbox/phone/{LINH}")


def test_each_step_is_done_once_and_in_its_conversation(desk: Desk) -> None:
    """Two translators, a second click, another patient's page, no words: told, and nothing happens."""
    act(desk.ana, LINH, "to-translate", text=WORDS)
    act(desk.ana, LINH, "let-go")
    wanted = str(item(desk, "to_translate").id)
    assert "Somebody was faster" in act(desk.ben, 2, "translated", item=wanted, translation=VIETNAMESE)
    assert "The message is empty." in act(desk.ben, LINH, "translated", item=wanted, translation=" ")
    assert "Somebody was faster" in act(desk.ana, LINH, "send-translation", item=wanted)
    act(desk.ben, LINH, "translated", item=wanted, translation=VIETNAMESE)
    assert "Somebody was faster" in act(desk.ben, LINH, "translated", item=wanted, translation="khác")
    for _ in range(2):
        act(desk.ana, LINH, "send-translation", item=wanted)
    assert [row.body for row in desk.rows(CommunicationRow, CommunicationRow.sender == "staff")] == [VIETNAMESE]


def test_words_that_may_not_be_sent_are_not_translated_either(desk: Desk) -> None:
    """O-05: whoever has opted out is phoned."""
    desk.text(LINH, "STOP")
    assert "opted out" in act(desk.ana, LINH, "to-translate", text=WORDS)
    assert [each.kind for each in desk.items(LINH) if each.kind == "to_translate"] == []


def test_a_translator_writes_but_neither_asks_nor_sends_nor_takes_on_danger(app: Flask, live: int) -> None:
    """H-16, S-13: the role opens that one door, and an emergency in the conversation still waits for somebody who acts."""
    bot = app.extensions["attend"].bot
    take(bot, received(sender=NUMBERS["lucia"], body="me duele el pecho y no puedo respirar"))
    with bot.store.session() as session:
        phone = session.query(TaskRow).filter_by(kind="urgent_medical").one().phone_id
    ana, rosa = (Browser(live).enter(app, hire(app, role)) for role in ("coordinator", "translator"))
    ana.post(f"/inbox/phone/{phone}/to-translate", text="Call 911 now.")
    with bot.store.begin() as session:
        wanted = session.query(TaskRow).filter_by(kind="to_translate").one().id
        session.query(AlertRow).update({"actor": None, "actor_id": None, "acknowledged_at": None})
    rosa.get(f"/inbox/phone/{phone}")
    assert rosa.post(f"/inbox/phone/{phone}/to-translate", text="x").status == 403
    assert rosa.post(f"/inbox/phone/{phone}/translated", item=str(wanted), translation="Llame al 911 ahora.").status == 303
    assert rosa.post(f"/inbox/phone/{phone}/send-translation", item=str(wanted)).status == 403
    with bot.store.session() as session:
        assert session.get_one(TaskRow, wanted).kind == "translated"
        assert session.query(AlertRow).one().actor is None


def test_words_that_come_twice_are_translated_once(desk: Desk) -> None:
    """A second click; other words are another item."""
    for words in (WORDS, WORDS, "Something else"):
        said = act(desk.ana, LINH, "to-translate", text=words)
        assert f"{words}</textarea>" not in said
    assert [each.kind for each in desk.items(LINH)] == ["to_translate"] * 2
