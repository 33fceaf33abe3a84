"""What is done two hundred times a day: an item is understood from its line, closed with what came of it, and the next one is there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.desk.explain import ANSWERED, answered
from bot.store.account_models import UserRow
from bot.store.models import CommunicationRow, TaskRow
from bot.store.setting_models import SettingChangeRow
from bot.texts import TEXTS
from tests.inbox.conftest import ANA, BEN, Desk, act, do, page


def close(desk: Desk, *ids: int, outcome: str = "done") -> str:
    """Ana closes these and goes on; gives the path on which she is then."""
    data = {"do": "resolve:next", "item": [str(each) for each in ids], "outcome": outcome, "back": "/inbox"}
    return desk.ana.post("/inbox/items", data=data, follow_redirects=True).request.path


def ids(desk: Desk, phone: int) -> list[int]:
    """The open items of a phone."""
    return [item.id for item in desk.items(phone)]


def test_closing_leads_through_the_list_in_its_order(desk: Desk) -> None:
    """The gravest first, then what is due; after the last one the list is there again."""
    desk.text(7, "please have somebody call me")
    desk.text(3, "me duele el pecho y no puedo respirar")
    desk.text(9, "Tôi không có xe đi")
    urgent = next(item.id for item in desk.items(3) if item.kind == "urgent_medical")
    assert close(desk, urgent) == "/inbox/phone/9"
    assert close(desk, *ids(desk, 9)) == "/inbox/phone/7"
    assert close(desk, *ids(desk, 7)) == "/inbox/phone/3"  # its text is yet to be read by a translator
    assert close(desk, *ids(desk, 3)) == "/inbox"
    assert desk.rows(TaskRow, TaskRow.status == "requested") == []


def test_closing_without_an_outcome_goes_nowhere(desk: Desk) -> None:
    """What came of it must be said."""
    desk.text(7, "please have somebody call me")
    assert close(desk, *ids(desk, 7), outcome="") == "/inbox"
    assert len(ids(desk, 7)) == 1


def test_what_colleagues_have_in_hand_is_passed_over(desk: Desk) -> None:
    """By their lock, or because it is theirs."""
    for phone in (1, 2, 7, 9):
        desk.text(phone, "please have somebody call me")
    act(desk.ben, 2, "claim")
    do(desk.ana, "assign", *ids(desk, 7), to=str(BEN))
    assert desk.ana.get(f"/inbox/next?after={ids(desk, 1)[0]}", follow_redirects=True).request.path == "/inbox/phone/9"
    do(desk.ana, "assign", *ids(desk, 9), to=str(ANA))
    assert desk.ana.get(f"/inbox/next?after={ids(desk, 1)[0]}", follow_redirects=True).request.path == "/inbox/phone/9"


def test_the_way_back_and_on_is_that_of_the_list_that_was_looked_at(desk: Desk) -> None:
    """Whoever works through the texts in Vietnamese stays among them."""
    for phone in (1, 7, 9):  # Owen has no visit, which would bring him forward before a weekend
        desk.text(phone, "please have somebody call me")
    page(desk.ana, "/inbox?language=en")
    assert desk.ana.get(f"/inbox/next?after={ids(desk, 1)[0]}", follow_redirects=True).request.path == "/inbox/phone/7"
    assert '<a href="/inbox?language=en" data-up>' in page(desk.ana, "/inbox/phone/7")
    assert "That was the last one of this list." in page_after(desk, ids(desk, 7)[0])
    page(desk.ana, "/inbox?whose=closed")  # which nobody works through
    assert desk.ana.get(f"/inbox/next?after={ids(desk, 7)[0]}", follow_redirects=True).request.path == "/inbox/phone/9"
    assert '<a href="/inbox" data-up>' in page(desk.ben, "/inbox/phone/7")


def page_after(desk: Desk, item: int) -> str:
    """What follows an item."""
    return desk.ana.get(f"/inbox/next?after={item}", follow_redirects=True).get_data(as_text=True)


@pytest.mark.parametrize("after", ["", "x", "999999", "-1"])
def test_what_is_no_item_leads_back_to_the_list(desk: Desk, after: str) -> None:
    """And to no error."""
    assert "last one of this list" in page_after(desk, after)  # type: ignore[arg-type]


def test_the_form_begins_with_what_was_done(desk: Desk) -> None:
    """A reply, a call, a booking since the item arose; what was done before it says nothing about it."""
    act(desk.ana, 7, "call", outcome="reached")
    desk.text(7, "please have somebody call me")
    assert " selected>" not in outcomes(desk)
    act(desk.ana, 7, "call", outcome="voicemail")
    assert 'value="not_reached" selected' in outcomes(desk)
    act(desk.ana, 7, "reply", text="We could not reach you.")
    assert 'value="answered" selected' in outcomes(desk)
    act(desk.ana, 7, "call", outcome="reached")
    assert 'value="called" selected' in outcomes(desk)


def outcomes(desk: Desk) -> str:
    """The choices of what came of Owen's item."""
    return page(desk.ana, "/inbox/phone/7").split(" data-outcome>", 1)[1].split("</select>", 1)[0]


def test_all_items_of_a_conversation_are_closed_at_once(desk: Desk) -> None:
    """One outcome for what one text or one call has brought."""
    desk.text(7, "please have somebody call me")
    assert "Close all" not in page(desk.ana, "/inbox/phone/7")
    desk.text(7, "I need a refill of my pills")
    act(desk.ben, 7, "note", words="@Ben his pharmacy has changed")
    act(desk.ben, 7, "let-go")
    assert "Close all 2, then the next" in page(desk.ana, "/inbox/phone/7")  # what Ben is to look at is his
    act(desk.ana, 7, "let-go")
    told = page(desk.ana, "/inbox/phone/7").split('<form class="all"', 1)[1].split("</form>", 1)[0]
    assert close(desk, *map(int, re.findall(r'name="item" value="([0-9]+)"', told)), outcome="called") == "/inbox"
    assert [item.kind for item in desk.items(7)] == ["mention"]


def test_a_line_tells_what_is_in_the_way_and_what_the_bot_did(desk: Desk) -> None:
    """The patient's words first where the reader knows their language, else what they mean."""
    desk.text(2, "can I come Thursday afternoon instead? I have no ride")
    desk.text(9, "Tôi không có xe đi, cho tôi dời sang thứ năm tuần sau được không?")
    shown = page(desk.ana, "/inbox")
    assert shown.count("In the way: no ride") == 4  # each once to read and once beside its box
    assert "Bot: asked when it suits, told of the clinic&#39;s help" in shown
    assert shown.index("can I come Thursday") < shown.index("Wants another time")
    line = shown[shown.index('href="/inbox/phone/9#') :]
    assert line.index("Wants another time") < line.index("Tôi không có xe đi")


def test_what_the_bot_did_is_told_of_approved_texts() -> None:
    """Each is one that the bot can send; what is only polite says nothing."""
    assert set(ANSWERED) <= set(TEXTS)
    assert answered(("social", "handoff")) == ""
    assert answered(("barrier.transport", "answer", "handoff")) == "told of the clinic's help"
    assert answered(("answer",)) == "gave the clinic's answer"


def test_an_old_conversation_is_folded_but_for_what_is_open(desk: Desk) -> None:
    """The last entries, whatever is open, and the text whose reason is asked for are there at once."""
    for number in range(6):
        desk.text(7, f"thank you {number}")
    assert desk.items(7) == []
    first = desk.rows(CommunicationRow, CommunicationRow.phone_id == 7, CommunicationRow.direction == "inbound")[0].id
    folded = page(desk.ana, "/inbox/phone/7").split('<details class="earlier">')[1].split("</details>\n<ol")[0]
    assert "thank you 0" in folded and "thank you 5" not in folded
    assert '<details class="earlier">' not in page(desk.ana, f"/inbox/phone/7?why={first}")


def test_today_counts_what_the_bot_did_and_shows_the_last(desk: Desk) -> None:
    """A busy night is a line, not a page; the others are a click away."""
    now = desk.bot.clock()
    with desk.bot.store.begin() as session:
        for number in range(30):
            at = now - timedelta(minutes=number)
            text = CommunicationRow(clinic_id=1, phone_id=1, direction="inbound", body="no", at=at, status="answered")
            text.texts = "cancelled,handoff" if number % 3 else "moved"
            session.add(text)
    shown = page(desk.ana, "/inbox/today").split("What the bot did with visits since yesterday", 1)[1].split("</section>", 1)[0]
    assert 'visit called off <span class="count">20</span>' in shown
    assert 'visit moved <span class="count">10</span>' in shown
    assert shown.split("<details", 1)[0].count(">Why<") == 3
    assert "9 more" in shown


def test_a_section_that_is_refused_says_why_in_the_readers_language(desk: Desk) -> None:
    """An upgrade is stricter: what is wrong, where, and what to do."""
    with desk.bot.store.begin() as session:
        values = {"clinic_id": 1, "section": "hours", "follows": 0, "actor": "Ana Torres", "at": desk.bot.clock()}
        session.add(SettingChangeRow(**values, data='{"hours": {"noday": "x"}}'))
        session.execute(update(UserRow).where(UserRow.id == ANA).values(language="es"))
    desk.bot.current.look()
    mine, theirs = page(desk.ana, "/inbox/settings"), page(desk.ben, "/inbox/settings")
    assert "hours: &#39;noday&#39; is none of" in theirs
    assert "is none of" not in mine and "hours: &#39;noday&#39;" in mine
