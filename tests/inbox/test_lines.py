"""Several things that stand in the way of one visit are one line of the list, and each has a life of its own."""

from __future__ import annotations

import html
import re

from bot.desk.meaning import beyond
from bot.store.models import CommunicationRow, TaskRow
from bot.store.today import today
from tests.inbox.conftest import BEN, Desk, do, page
from tests.inbox.test_pictures import numbers

BOTH = "I am scared of the visit and I have nobody to watch my kids"


def open_lines(desk: Desk, view: str = "") -> list[tuple[str, list[int]]]:
    """What a view of the list shows: the heading of each line and the items that it stands for."""
    shown = page(desk.ana, f"/inbox{view}")
    found = re.findall(r'<input type="checkbox" name="item" value="([\d ]+)">.*?<span class="what">([^<]+)', shown, re.DOTALL)
    return [(heading.strip(), [int(each) for each in ids.split()]) for ids, heading in found]


def barriers(desk: Desk) -> list[TaskRow]:
    """What stands in Marcus's way and is open."""
    return [item for item in desk.items(2) if item.kind == "barrier"]


def by_kind(desk: Desk) -> dict[str, TaskRow]:
    """What stands in Marcus's way, open or closed."""
    return {item.detail: item for item in desk.rows(TaskRow, TaskRow.phone_id == 2, TaskRow.kind == "barrier")}


def test_one_text_that_names_two_barriers_is_one_line_and_counts_as_one(desk: Desk) -> None:
    """A coordinator with 300 open items has one thing to do; the statistics know both."""
    desk.text(2, BOTH)
    items = by_kind(desk)
    assert set(items) == {"fear", "childcare"}
    ((heading, ids),) = open_lines(desk)
    assert (heading, sorted(ids)) == (
        "In the way: has to care for somebody, afraid or ashamed",
        sorted(item.id for item in items.values()),
    )
    shown = page(desk.ana, "/inbox")
    assert "<title>1 open" in shown
    assert 'value="barrier">Something stands in the way (1)' in shown
    assert 'value="en">English (1)' in shown
    assert page(desk.ana, "/inbox?kind=barrier").count("data-item=") == 1
    assert numbers(desk, "barriers") == {"caring for others": (1,), "fear": (1,)}


def test_what_is_done_with_a_line_is_done_with_all_of_it_and_taken_back_so(desk: Desk) -> None:
    """Closed, brought back, snoozed, given to a colleague."""
    desk.text(2, BOTH)
    ((_, ids),) = open_lines(desk)
    line = " ".join(map(str, ids))
    done = desk.ana.post("/inbox/items", data={"do": "resolve", "item": line, "outcome": "done"}, follow_redirects=True).get_data(
        as_text=True
    )
    assert barriers(desk) == []
    assert re.findall(r'name="item" value="(\d+)"', done.partition("</main>")[0])[:2] == [str(each) for each in ids]
    do(desk.ana, "reopen", *ids)
    for what, view, more in (("snooze", "?whose=snoozed", {"until": "3d"}), ("wake", "", {}), ("assign", "?whose=mine", {"to": "1"})):
        desk.ana.post("/inbox/items", data={"do": what, "item": line, **more})
        assert [each for _, each in open_lines(desk, view)] == [ids], what


def test_each_barrier_of_a_line_is_arranged_asked_about_and_closed_by_itself(desk: Desk) -> None:
    """“Solved” closes what was asked about, and nothing else."""
    desk.text(2, BOTH)
    items = by_kind(desk)
    do(desk.ana, f"arranged:{items['childcare'].id}", *(item.id for item in items.values()))
    assert {kind: item.stage for kind, item in by_kind(desk).items()} == {"childcare": "acted", "fear": ""}
    do(desk.ana, f"ask:{items['childcare'].id}", *(item.id for item in items.values()))
    assert open_lines(desk) == [("In the way: afraid or ashamed", [items["fear"].id])]
    assert open_lines(desk, "?whose=snoozed") == [("In the way: has to care for somebody", [items["childcare"].id])]
    desk.text(2, "1")
    assert {kind: item.status for kind, item in by_kind(desk).items()} == {"childcare": "completed", "fear": "requested"}
    assert numbers(desk, "helped") == {"caring for others": (1, 0, 0, 0, 0, 0), "fear": (0, 0, 0, 0, 0, 1)}
    do(desk.ana, f"resolve:{items['fear'].id}", outcome="called")
    assert barriers(desk) == []


def test_who_is_asked_about_two_barriers_gets_one_question_and_the_answer_holds_for_both(desk: Desk) -> None:
    """“Not yet” brings both back, “solved” closes both."""
    desk.text(2, BOTH)
    ids = [item.id for item in by_kind(desk).values()]

    def asked() -> int:
        return len([row for row in desk.rows(CommunicationRow, CommunicationRow.phone_id == 2) if "Is that solved now?" in row.body])

    do(desk.ana, "ask", *ids)
    assert "2 items waiting for the patient's answer." in html.unescape(do(desk.ana, "ask", *ids))  # a second click
    assert (asked(), open_lines(desk)) == (1, [])
    desk.text(2, "2")
    ((_, again),) = open_lines(desk)
    assert sorted(again) == sorted(ids)
    do(desk.ana, "ask", *ids)
    desk.text(2, "1")
    assert (asked(), barriers(desk)) == (2, [])


def test_the_conversation_shows_one_form_with_a_stage_for_each(desk: Desk) -> None:
    """And closes both with one click, or one alone."""
    desk.text(2, BOTH)
    shown = page(desk.ana, "/inbox/phone/2")
    assert shown.count('id="item-') == 1
    assert "Close all" not in shown
    for kind in ("Has to care for somebody", "Afraid or ashamed"):
        assert f"<b>{kind}</b> Reported" in shown
        assert f'Close this alone<span class="hidden"> {kind}</span>' in shown


def test_a_line_ends_where_another_person_visit_or_patient_begins(desk: Desk) -> None:
    """Who has one of them does not see what a colleague has; another's barrier is another's."""
    desk.text(2, BOTH)
    desk.text(1, "my car died and I have no way to get there")
    fear = by_kind(desk)["fear"].id
    do(desk.ana, "assign", fear, to=str(BEN))
    assert len(open_lines(desk)) == 3
    assert "<title>3 open" in page(desk.ana, "/inbox")


def test_todays_page_shows_it_as_one_line(desk: Desk) -> None:
    """Can still be fixed, and the handover on paper."""
    desk.text(2, BOTH)
    now = desk.bot.clock()
    with desk.bot.store.session() as session:
        shown = today(session, 1, now, desk.bot.clinic.zone)
    assert [len(item.all) for item in shown.barriers] == [2]
    assert "In the way: has to care for somebody, afraid or ashamed" in page(desk.ana, "/inbox/today")


def test_barriers_are_marked_and_asked_about_several_at_a_time(desk: Desk) -> None:
    """In the list of what stands in the way: each patient is asked once."""
    desk.text(2, BOTH)
    desk.text(1, "my car died and I have no way to get there")
    shown = page(desk.ana, "/inbox?kind=barrier")
    assert 'value="ask">Ask whether it worked' in shown
    assert 'value="ask">' not in page(desk.ana, "/inbox")
    do(desk.ana, "ask", *(int(each) for _, ids in open_lines(desk) for each in ids))
    asked = [row.phone_id for row in desk.rows(CommunicationRow) if "Is that solved now?" in row.body]
    assert sorted(asked) == [1, 2]


def test_whoever_hands_something_on_sees_how_much_each_has(desk: Desk) -> None:
    """A line counts once, what is put off does not, and nothing of what is closed."""
    desk.text(2, BOTH)
    desk.text(7, "please have somebody call me")
    desk.text(1, "please have somebody call me")
    do(desk.ana, "assign", *(item.id for phone in (1, 2, 7) for item in desk.items(phone)), to=str(BEN))
    assert "Ben Carter (3)" in page(desk.ana, "/inbox/phone/7")
    do(desk.ana, "resolve", desk.items(7)[0].id, outcome="done")
    do(desk.ana, "snooze", desk.items(1)[0].id, until="3d")
    assert "Ben Carter (1)" in page(desk.ana, "/inbox")


def test_what_was_closed_is_opened_again_from_its_conversation(desk: Desk) -> None:
    """Where it is seen that it was closed too early."""
    desk.text(7, "please have somebody call me")
    (item,) = desk.items(7)
    assert "Reopen" not in page(desk.ana, "/inbox/phone/7")
    do(desk.ana, "resolve", item.id, outcome="done")
    shown = page(desk.ana, "/inbox/phone/7")
    assert re.search(rf'name="item" value="{item.id}"><button name="do" value="reopen"', shown)
    do(desk.ana, "reopen", item.id)
    assert [each.id for each in desk.items(7)] == [item.id]


def test_the_reply_box_tells_what_a_text_costs(desk: Desk) -> None:
    """Segments, and money where the clinic has told the price of one."""
    for words, cost in (("See you on Friday.", ") · $0.0113"), ("Nos vemos el viernes, señor Núñez, " * 3, ") · $0.0226")):
        form = {"text": words}
        answer = desk.ana.post("/inbox/phone/1/check", data=form, headers={"X-Requested-With": "attend"})
        assert cost in answer.get_data(as_text=True)


def test_a_line_does_not_say_twice_what_its_heading_says(desk: Desk) -> None:
    """What else the text means stays."""
    assert (
        beyond("Has to care for somebody; afraid or ashamed; no ride", "In the way: afraid or ashamed, has to care for somebody")
        == "No ride"
    )
    assert beyond("Wants another time", "Wants a call") == "Wants another time"
    desk.text(2, "my car died and I have no way to get there")
    shown = page(desk.ana, "/inbox")
    assert ("In the way: no ride" in shown, 'class="means">No ride' in shown) == (True, False)


def test_one_kind_of_hindrance_is_a_view_of_its_own(desk: Desk) -> None:
    """Whoever arranges rides sees who needs one, whatever else stands in their way; it can be kept under a name."""
    desk.text(2, BOTH)
    desk.text(1, "my car died and I have no way to get there")
    desk.text(9, "Tôi không có xe đi")
    shown = page(desk.ana, "/inbox?kind=barrier.transport")
    assert '<option value="barrier.transport" selected>· No ride (2)</option>' in shown
    assert {heading for heading, _ in open_lines(desk, "?kind=barrier.transport")} == {"In the way: no ride"}
    for kind, heading in (("fear", "afraid or ashamed"), ("childcare", "has to care for somebody")):
        assert open_lines(desk, f"?kind=barrier.{kind}") == [(f"In the way: {heading}", [by_kind(desk)[kind].id])]
    assert len(open_lines(desk, "?kind=barrier.nonsense")) == 3
    kept = {"do": "save", "name": "Rides", "whose": "all", "kind": "barrier.transport"}
    assert 'kind=barrier.transport" data-key="6" aria-current="page">Rides' in desk.ana.post(
        "/inbox/views", data=kept, follow_redirects=True
    ).get_data(as_text=True)
