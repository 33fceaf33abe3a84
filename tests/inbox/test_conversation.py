"""The conversation: what texts mean, why the bot did what it did, correcting it, replies, notes and calls."""

from __future__ import annotations

import ast
import re
from datetime import date, timedelta

import pytest
from click.testing import Result

import app as application
from bot.desk import explain, replies, staff, work
from bot.desk.meaning import meaning
from bot.desk.twin import GAPS, twin
from bot.desk.words import ENGLISH
from bot.dialogue.items import KINDS
from bot.rendering import clean
from bot.settings import ROOT
from bot.store.audit import AuditRow
from bot.store.inbox import phones
from bot.store.models import AppointmentRow, CommunicationRow, ConsentRow
from bot.store.work_models import ActionRow, CandidateRow, PromiseRow
from bot.texts import TEXTS, gaps
from bot.understand.labels import ACTS, BARRIERS, TOPICS
from bot.understand.phrases import load_phrases
from bot.understand.types import Answer, Understanding, When, Wish
from tests.inbox.conftest import ANA, BEN, Desk, act, do, page

THURSDAY = date(2026, 3, 5)


def read(*acts: str, **more: object) -> Understanding:
    """A reading."""
    return Understanding(acts=frozenset(acts), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reading", "says"),
    [
        (
            read("reschedule", "barrier", barriers=frozenset(["transport"]), when=When((Wish((THURSDAY,), 720, 1020),))),
            "Wants another time: Thu, Mar 5, noon to 5:00 PM; no ride",
        ),
        (read("confirm", "ask", topics=frozenset(["parking"])), "Is coming; asks where to park"),
        (read(urgent="self_harm"), "May be in danger: thoughts of suicide or self-harm"),
        (read("opt_out", keyword="opt_out_cancel"), "Sent CANCEL, the carriers' word for no more texts: may have meant the visit"),
        (read(doubtful=frozenset(["cancel", "reschedule"])), "Perhaps cannot come or wants another time"),
        (read(answers=(Answer(1, "confirm"), Answer(2, "cancel"))), "Visit 1: is coming; visit 2: cannot come"),
        (read("language", language_to="ht"), "Wants Haitian Creole"),
        (read("choose", choice=2), "Takes the offered time number 2"),
        (read(number=7), "Answers “7”"),
        (read(), "Not understood"),
        (read("reschedule", when=When((Wish(None, 870, 870),), doubtful=True)), "Wants another time: any day, at 2:30 PM (unsure)"),
        (
            read("reschedule", when=When((Wish(tuple(THURSDAY + timedelta(days=n) for n in range(4, 11)), 900, None),))),
            "Wants another time: Mon, Mar 9 to Sun, Mar 15, from 3:00 PM",
        ),
        (
            read("reschedule", when=When((Wish(tuple(THURSDAY + timedelta(days=7 * n) for n in range(9))),))),
            "Wants another time: Thursdays",
        ),
    ],
)
def test_a_reading_is_told_in_plain_english(reading: Understanding, says: str) -> None:
    """Acts, topics, barriers and times, the most consequential first."""
    assert meaning(reading) == says


def test_every_label_has_plain_words() -> None:
    """A new act, topic or barrier without words for staff fails here."""
    for act_ in ACTS - {"ask", "barrier"}:
        assert meaning(read(act_)) != "Not understood", act_
    assert all(meaning(read("ask", topics=frozenset([topic]))) != f"Asks {topic}" for topic in TOPICS)
    assert all(meaning(read("barrier", barriers=frozenset([kind]))).casefold() != kind for kind in BARRIERS - {"cost"})


def test_every_rule_of_the_dialogue_is_explained() -> None:
    """Each name that a step of bot/dialogue returns has a sentence for staff."""
    found = set()
    for path in (ROOT / "bot" / "dialogue").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.returns and ast.unparse(node.returns) in ("str", "str | None"):
                found |= {
                    each.value.value for each in ast.walk(node) if isinstance(each, ast.Return) and isinstance(each.value, ast.Constant)
                }
    rules = {rule for rule in found if isinstance(rule, str)}
    assert len(rules) > 30
    assert [rule for rule in sorted(rules) if explain.why(rule) == [rule.replace("_", " ")]] == []


def test_the_timeline_tells_the_whole_story_in_one_order(desk: Desk) -> None:
    """Texts, what the bot made of them, items, notes, calls and who took over."""
    desk.text(2, "can I come Thursday afternoon instead? I have no ride")
    act(desk.ana, 2, "take-over")
    act(desk.ana, 2, "note", words="Cousin may drive.")
    act(desk.ana, 2, "call", outcome="voicemail", words="Left our number.")
    shown = page(desk.ana, "/inbox/phone/2").split('<ol class="timeline">', 1)[1]
    told = ["can I come Thursday afternoon", "no ride", "They want another time", "Into the inbox: <b>In the way: no ride",
            "took over: the bot is silent", "Cousin may drive.", "Left a message", "Left our number."]  # fmt: skip
    places = [shown.index(part) for part in told]
    assert places == sorted(places)


def test_notes_and_calls_are_encrypted(desk: Desk) -> None:
    """H-10: the database's bytes do not show them."""
    act(desk.ana, 2, "note", words="zanahoria azul")
    act(desk.ana, 2, "call", outcome="reached", words="zanahoria roja")
    with desk.bot.store.engine.connect() as connection:
        stored = [row[0] for row in connection.exec_driver_sql("select words from staff_action")]
    assert all(stored)
    assert not [words for words in stored if b"zanahoria" in words]


def test_a_correction_puts_the_right_item_in_place_of_the_wrong_one(desk: Desk) -> None:
    """And marks the visit as the patient meant it."""
    desk.text(3, "no tengo dinero")
    (wrong,) = desk.items(3)
    assert (wrong.kind, wrong.detail) == ("barrier", "cost")
    desk.ana.post(f"/inbox/text/{wrong.communication_id}/correct", data={"means": ["cancel", "barrier.transport"], "phone": "3"})
    assert sorted((item.kind, item.detail) for item in desk.items(3)) == [("barrier", "transport"), ("declined", "")]
    patient = desk.rows(AppointmentRow)[2]
    assert patient.participant == "declined"
    shown = page(desk.ana, "/inbox/phone/3")
    assert "corrected: in the way: no ride, cannot come" in shown


def test_a_correction_that_confirms_the_reading_keeps_the_item(desk: Desk) -> None:
    """What was right stays open with its clock."""
    desk.text(7, "please have somebody call me")
    (item,) = desk.items(7)
    desk.ana.post(f"/inbox/text/{item.communication_id}/correct", data={"means": ["human"]})
    assert [each.id for each in desk.items(7)] == [item.id]


def test_a_missed_opt_out_is_honoured_when_it_is_corrected(desk: Desk) -> None:
    """O-06, O-11: however it reached us."""
    desk.text(7, "what do I bring")
    text = desk.rows(CommunicationRow, CommunicationRow.phone_id == 7)[-1]
    desk.ana.post(f"/inbox/text/{text.id}/correct", data={"means": ["opt_out"]})
    assert desk.rows(ConsentRow, ConsentRow.phone_id == 7)[-1].decision == "opt_out"


def test_an_emergency_that_was_overlooked_goes_to_the_top(desk: Desk) -> None:
    """S-03: a person saw what the bot did not."""
    desk.text(7, "what do I bring")
    text = desk.rows(CommunicationRow, CommunicationRow.phone_id == 7)[-1]
    desk.ana.post(f"/inbox/text/{text.id}/correct", data={"means": ["urgent.medical"]})
    assert "Medical emergency" in page(desk.ana, "/inbox")


@pytest.mark.parametrize("means", [[], ["nonsense"], ["ask.nonsense"], ["<script>"]])
def test_a_correction_without_a_known_meaning_changes_nothing(desk: Desk, means: list[str]) -> None:
    """Nor does one about a text of ours."""
    desk.text(7, "please have somebody call me")
    (item,) = desk.items(7)
    answer = desk.ana.post(f"/inbox/text/{item.communication_id}/correct", data={"means": means, "phone": "7"}, follow_redirects=True)
    assert "Choose what the text means." in answer.get_data(as_text=True)
    ours = desk.rows(CommunicationRow, CommunicationRow.direction == "outbound")[0]
    desk.ana.post(f"/inbox/text/{ours.id}/correct", data={"means": ["human"], "phone": "7"})
    assert desk.rows(CandidateRow) == []


def export(desk: Desk) -> Result:
    """What the command prints, run as by another process."""
    environ = {"DATABASE_URL": str(desk.bot.store.engine.url), "STAFF_PAGES": "off"}
    return application.create_app().test_cli_runner().invoke(args=["candidates"], env=environ)


def test_what_was_reviewed_is_exported_as_phrase_files_have_it(desk: Desk, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Phrase and test sentence are different sentences, and both can be read as `intents/` is."""
    desk.text(3, "que me marque alguien porfa")
    text = desk.rows(CommunicationRow, CommunicationRow.phone_id == 3)[-1]
    desk.ana.post(f"/inbox/text/{text.id}/correct", data={"means": ["human", "ask.cost"]})
    shown = page(desk.ben, "/inbox/learn")
    assert "que me marque alguien porfa" in shown
    (candidate,) = desk.rows(CandidateRow)
    form = {"do": "accept", "phrase": "Que me marque alguien, porfa!"}
    refused = desk.ben.post(f"/inbox/learn/{candidate.id}", data=form, follow_redirects=True)
    assert "Word the phrase to learn differently" in refused.get_data(as_text=True)
    desk.ben.post(f"/inbox/learn/{candidate.id}", data={"do": "accept", "phrase": "que alguien me marque"})
    exported = export(desk)
    assert exported.exit_code == 0, exported.output
    assert 'href="/inbox/learn/file">Download what was accepted as a file' in page(desk.ben, "/inbox/learn")
    file = desk.ben.get("/inbox/learn/file")
    assert file.get_data(as_text=True) == exported.output
    assert (file.mimetype, file.headers["Content-Disposition"]) == ("text/yaml", "attachment; filename=candidates.yaml")
    assert desk.rows(AuditRow)[-1].about == "page:inbox.learn.file"
    parts = re.findall(r"  (phrases|tests):\n((?:  - .*\n|    .*\n)+)", exported.output)
    sentences = {}
    for name, part in parts:
        (tmp_path / f"{name}.yaml").write_text(re.sub(r"(?m)^  ", "", part))
        (phrase,) = load_phrases(tmp_path / f"{name}.yaml")
        assert phrase.labels == {"human", "ask.cost"}
        sentences[name] = phrase.text
    assert sentences == {"phrases": "que alguien me marque", "tests": "que me marque alguien porfa"}


def test_what_was_rejected_is_not_exported(desk: Desk) -> None:
    """Nor what nobody has reviewed."""
    desk.text(3, "que me marque alguien porfa")
    text = desk.rows(CommunicationRow, CommunicationRow.phone_id == 3)[-1]
    desk.ana.post(f"/inbox/text/{text.id}/correct", data={"means": ["human"]})
    (candidate,) = desk.rows(CandidateRow)
    for _ in range(2):
        exported = export(desk)
        assert "marque" not in exported.output
        assert "marque" not in page(desk.ben, "/inbox/learn/file")
        assert "/inbox/learn/file" not in page(desk.ben, "/inbox/learn")
        desk.ben.post(f"/inbox/learn/{candidate.id}", data={"do": "reject"})


# ---- the reply box


def test_reviewed_sentences_stand_in_the_patients_language_with_the_english_beside(desk: Desk) -> None:
    """Those about what is open stand first; sending one tells in the timeline that it was reviewed."""
    desk.text(9, "Tôi không có xe đi")
    assert [item.detail for item in desk.items(9)] == ["transport"]
    shown = page(desk.ana, "/inbox/phone/10")
    shown = page(desk.ana, "/inbox/phone/9")
    first = shown[shown.index('<li class="fits">') :][:900]
    assert "Bus 14 stops at our door" in first
    assert "Xe buýt 14" in first
    act(desk.ana, 9, "reply", key="reply.ride")
    sent = desk.rows(CommunicationRow, CommunicationRow.phone_id == 9)[-1]
    assert sent.body == "Sunrise Clinic: " + desk.bot.clinic.replies["ride"]["vi"]
    assert sent.texts == "reply.ride"
    assert "free text, not reviewed" not in page(desk.ana, "/inbox/phone/9")


def test_own_words_are_marked_as_unreviewed(desk: Desk) -> None:
    """L-04: everybody who reads the conversation sees it."""
    act(desk.ana, 9, "reply", text="Chào chị")
    assert "free text, not reviewed" in page(desk.ana, "/inbox/phone/9")


def test_only_sentences_that_exist_in_the_patients_language_are_sent(desk: Desk) -> None:
    """A key that is not offered, or a template with gaps, sends nothing."""
    before = len(desk.rows(CommunicationRow))
    for key in ("offer", "reply.nothing", "../../x", "safety.medical"):
        assert "not there in the patient" in act(desk.ana, 9, "reply", key=key)
    assert len(desk.rows(CommunicationRow)) == before


def test_the_demos_replies_are_in_every_language(desk: Desk) -> None:
    """Approved sentences that a coordinator sees for English are there for all."""
    for language in desk.bot.texts.languages:
        offered = replies.canned(desk.bot, language, matters=frozenset(), visit=desk.bot.clock())
        missing = [each.key for each in offered if each.words is None]
        assert missing == [], language


def test_what_a_text_costs_and_what_speaks_against_it_is_told_without_a_script(desk: Desk) -> None:
    """The page comes back with the draft, its segments and warnings, and nothing is sent."""
    before = len(desk.rows(CommunicationRow))
    shown = act(desk.ana, 2, "check", text="Reply CANCEL please – it’s ok 🙂" + "x" * 60)
    assert "2 texts (" in shown
    assert "– 🙂 cost more room" in shown
    assert "CANCEL: carriers act on this word" in shown
    assert "Reply CANCEL please" in shown[shown.index("<textarea") :]
    assert len(desk.rows(CommunicationRow)) == before


def test_a_shared_phone_is_told_of_and_names_in_the_draft_are_found(desk: Desk) -> None:
    """N-04: somebody else may hold the phone."""
    assert "2 people share this phone" in page(desk.ana, "/inbox/phone/5")
    assert "the text names Theo" in act(desk.ana, 5, "check", text="Is theo better?")


def test_a_colleagues_reply_pauses_the_bot_visibly_and_handing_back_resumes_it(desk: Desk) -> None:
    """Take over and hand back stand in the timeline with who did it."""
    act(desk.ana, 1, "reply", text="This is Ana.")
    assert "The bot is paused" in page(desk.ben, "/inbox/phone/1")
    desk.text(1, "yes I will be there")
    assert [item.kind for item in desk.items(1)] == ["paused_message"]
    act(desk.ana, 1, "hand-back")
    desk.text(1, "yes I will be there")
    assert "You are confirmed" in page(desk.ana, "/inbox/phone/1")
    assert [row.kind for row in desk.rows(ActionRow)] == ["wrote", "handed_back"]


def test_the_summary_for_the_record_is_plain_lines(desk: Desk) -> None:
    """Who wrote what, what it was taken to mean, what came of it."""
    desk.text(7, "please have somebody call me")
    act(desk.ana, 7, "call", outcome="reached", words="Explained the test.")
    shown = page(desk.ana, "/inbox/phone/7")
    record = shown[shown.index('<textarea id="record"') :]
    for part in ("Text messages with Owen Park, English", "Patient: please have somebody call me [read as: Wants to talk to a person]",
                 "Phone call: Reached (Ana Torres): Explained the test.", "Open: Wants a call"):  # fmt: skip
        assert part in record


def test_conversations_and_actions_that_do_not_exist_are_not_found(desk: Desk) -> None:
    """Numbers and names in an address give nothing away."""
    assert desk.ana.get("/inbox/phone/999").status_code == 404
    assert desk.ana.post("/inbox/phone/999/note", data={"words": "x"}).status_code == 404
    assert desk.ana.post("/inbox/phone/1/explode").status_code == 404


# ---- promises and barriers


def promises(desk: Desk) -> list[PromiseRow]:
    """Every promise."""
    return desk.rows(PromiseRow)


def test_a_promise_is_kept_by_a_reply_a_call_or_an_outcome_that_is_an_answer(desk: Desk) -> None:
    """A note, a message on the machine or “nothing to do” does not answer anybody."""
    for phone, steps in ((1, "reply"), (2, "call"), (7, "resolve")):
        desk.text(phone, "please have somebody call me")
        promise = promises(desk)[-1]
        assert (promise.phone_id, promise.kept_at) == (phone, None)
        act(desk.ana, phone, "note", words="later")
        act(desk.ana, phone, "call", outcome="voicemail")
        assert promises(desk)[-1].kept_at is None
        if steps == "reply":
            act(desk.ana, phone, "reply", text="Ana here.")
        elif steps == "call":
            act(desk.ana, phone, "call", outcome="reached")
        else:
            do(desk.ana, "resolve", desk.items(phone)[0].id, outcome="called")
        assert promises(desk)[-1].kept_at is not None


def test_what_was_promised_is_owed_again_when_its_item_is_opened_again(desk: Desk) -> None:
    """An Undo of the wrong outcome: nobody has answered. What a reply had kept stays kept, and so does what was kept in time."""
    for phone in (1, 2, 7):
        desk.text(phone, "please have somebody call me")
    act(desk.ana, 2, "reply", text="Ana here.")
    items = {phone: desk.items(phone)[-1].id for phone in (1, 2, 7)}
    do(desk.ana, "resolve", *items.values(), outcome="answered")
    assert all(each.kept_at for each in promises(desk))
    do(desk.ana, "reopen", items[1], items[2])
    assert "was told that a person will answer" in page(desk.ana, "/inbox/phone/1")
    assert {each.phone_id: each.kept_at is None for each in promises(desk)[-3:]} == {1: True, 2: False, 7: False}
    desk.bot.clock.move(timedelta(days=4))  # type: ignore[attr-defined]
    do(desk.ana, "reopen", items[7])  # there is more to do; no apology is due
    do(desk.ana, "resolve", items[1], outcome="answered")
    do(desk.ana, "reopen", items[1])  # it was late, and is
    assert {each.phone_id: each.kept_at is None for each in promises(desk)[-3:]} == {1: True, 2: False, 7: False}


def test_help_with_a_barrier_is_followed_until_it_has_worked(desk: Desk) -> None:
    """Reported, arranged, asked; “not yet” brings it back, “solved” closes it."""
    desk.text(2, "my car died and I have no way to get there")
    (item,) = desk.items(2)
    do(desk.ana, "arranged", item.id)
    assert "Help arranged" in page(desk.ana, "/inbox/phone/2")
    do(desk.ana, "ask", item.id)
    assert desk.items(2)[0].snoozed_until is not None
    desk.text(2, "2")
    (again,) = desk.items(2)
    assert (again.id, again.snoozed_until, again.stage) == (item.id, None, "")
    do(desk.ana, "ask", item.id)
    desk.text(2, "yes")
    assert desk.items(2) == []
    assert "They say that the help has worked" in page(desk.ana, "/inbox/phone/2")


def test_the_bot_does_not_ask_in_a_conversation_that_it_must_leave_alone(desk: Desk) -> None:
    """A paused one is the coordinator's."""
    desk.text(2, "my car died and I have no way to get there")
    (item,) = desk.items(2)
    act(desk.ana, 2, "take-over")
    assert "The bot may not text this phone now" in do(desk.ana, "ask", item.id)
    assert desk.items(2)[0].stage == ""


def test_titles_of_items_are_unique() -> None:
    """Two kinds that read the same cannot be told apart in a list."""
    assert len({kind.title for kind in KINDS.values()}) == len(KINDS)
    assert set(work.OUTCOMES) & set(staff.CALLS) == set()


def test_what_is_to_be_done_about_a_death_stands_with_the_item_and_its_title_fits_a_line(desk: Desk) -> None:
    """A list on a phone has room for what it is."""
    desk.text(1, "this is her son, my mother passed away last week, she wont be coming")
    todo = "Answer, note whose it is under the person, see to the visits."
    assert todo in desk.ana.get("/inbox/phone/1").get_data(as_text=True)
    shown = desk.ana.get("/inbox").get_data(as_text=True)
    assert "Tells of a death or a lost pregnancy</span>" in shown
    assert todo not in shown


def test_the_english_beside_an_unreviewed_safety_text_is_shown(desk: Desk) -> None:
    """L-03: on the phone of the demo and in the conversation, as two texts."""
    with desk.bot.store.session() as session:
        phone = next(id_ for id_, _, people in phones(session, desk.bot.clinic_id) if people and people[0].name.startswith("Lucía"))
    desk.text(phone, "me duele mucho el pecho y no puedo respirar")
    for shown in (page(desk.ana, f"/demo?phone={phone}"), page(desk.ana, f"/inbox/phone/{phone}")):
        assert shown.count(">Sunrise Clinic: LLAME AL 911 AHORA") == shown.count(">Sunrise Clinic: CALL 911 NOW") == 1
        assert "\x1e" not in shown


def test_each_text_of_ours_stands_beside_its_english(desk: Desk) -> None:
    """Reminders, answers with the clinic's own sentence in them, approved replies; one's own words have none (L-04, S-17)."""
    desk.text(9, "Tôi không có xe đi")
    act(desk.ana, 9, "reply", key="reply.ride")
    act(desk.ana, 9, "reply", text="Hẹn gặp lại")
    shown = page(desk.ana, "/inbox/phone/9")
    assert "In English: You have a visit on [when]. Are you coming?" in shown
    heard = "Thank you for telling us that getting here is hard."
    assert f"In English: {heard} {desk.bot.clinic.clinic.resources['transport']['en']} A coordinator will get back to you." in shown
    assert f"In English: {desk.bot.clinic.replies['ride']['en']}" in shown
    assert shown.count("In English: ") == 3
    desk.text(2, "where do I park?")
    assert "In English" not in page(desk.ana, "/inbox/phone/2")


def test_every_gap_of_an_approved_sentence_has_a_name_for_who_reads_it() -> None:
    """A new kind of gap must be named, else its sentence could not be shown."""
    assert set().union(*map(gaps, TEXTS.values())) <= set(GAPS)


def test_the_demos_phone_lets_each_text_run_as_its_letters_do(desk: Desk) -> None:
    """Arabic of ours begins with a mark that says so, before the clinic's name (L-04)."""
    desk.text(10, "أريد أن أتحدث مع شخص")
    shown = page(desk.ana, "/demo?phone=10")
    assert '<span dir="auto">أريد أن أتحدث مع شخص</span>' in shown
    assert '<span dir="auto">\u200fSunrise Clinic: ' in shown


def test_two_answers_in_one_text_are_told_once_each(desk: Desk) -> None:
    """The text is kept as made of "answer" twice; which sentences they are is found in its words."""
    said = list(desk.bot.clinic.clinic.answers.values())[:2]
    words = " ".join(clean(each["vi"]) for each in said)
    told = twin(desk.bot, keys=("answer", "answer"), words=words, language="vi", reader=ENGLISH)
    assert told == " ".join(each["en"] for each in said)


def test_a_visit_that_the_bot_called_off_leads_to_the_words_that_it_acted_on(desk: Desk) -> None:
    """And one that a person called off does not, since the timeline names who."""
    desk.text(7, "hello")
    desk.text(1, "I can't come, please cancel my visit")
    (text,) = (row.id for row in desk.rows(CommunicationRow) if row.texts == "cancelled")
    link = f"/inbox/phone/1?why={text}#text-{text}"
    assert f'<a href="{link}">Why the bot called it off</a>' in page(desk.ana, "/inbox/phone/1")
    opened = page(desk.ana, link)
    assert opened.count('<details class="reading" open>') == 1
    assert "The bot called the visit off, as this clinic lets it" in opened
    visit = next(row.id for row in desk.rows(AppointmentRow) if row.patient_id == 2)
    desk.ana.post(f"/inbox/phone/2/call-off/{visit}", data={"cause": "clinic"})
    assert desk.rows(AppointmentRow, AppointmentRow.id == visit)[0].status == "cancelled"
    assert "Why the bot called it off" not in page(desk.ana, "/inbox/phone/2")


# ---- what came twice, and what was refused


def _since(shown: str) -> str:
    """The newest text by the form of a page."""
    return re.findall(r'name="since" value="(\d+)"', shown)[0]


def _box(shown: str) -> tuple[str, str]:
    """What stands in the reply box, and whether it can be written in."""
    (found,) = re.findall(r'<textarea id="text"[^>]*?( disabled| readonly)?>(.*?)</textarea>', shown, re.DOTALL)
    return found[1], found[0].strip()


def _sent(desk: Desk, phone: int) -> list[str]:
    return [row.body for row in desk.rows(CommunicationRow, CommunicationRow.phone_id == phone, CommunicationRow.sender == "staff")]


def test_a_second_click_sends_a_patient_nothing_twice(desk: Desk) -> None:
    """Own words, an approved sentence, one for later; whoever has seen them in the conversation may write them again."""
    noon = f"{desk.bot.clock() + timedelta(days=1):%Y-%m-%d}T12:00"
    for form in ({"text": "Ana here."}, {"key": "human"}, {"text": "Until then.", "at": noon}):
        since, before = _since(page(desk.ana, "/inbox/phone/7")), len(_sent(desk, 7))
        act(desk.ana, 7, "reply", since=since, **form)
        said = act(desk.ana, 7, "reply", since=since, **form)
        assert "on their way already" in said
        assert _box(said) == ("", "")  # nobody presses once more
        assert len(_sent(desk, 7)) == before + 1
    act(desk.ana, 7, "reply", since=_since(page(desk.ana, "/inbox/phone/7")), text="Ana here.")
    assert _sent(desk, 7).count("Ana here.") == 2


def test_a_second_click_writes_no_note_and_no_call_twice(desk: Desk) -> None:
    """Without JavaScript nothing else keeps it from it; whoever has seen it there may write the same again, and so may a colleague."""
    for action, form in (("note", {"words": "@Ben Cousin may drive."}), ("call", {"outcome": "no_answer", "words": ""})):
        for times in (1, 2):
            since = re.findall(rf'7/{action}"><input type="hidden" name="since" value="(\d+)"', page(desk.ana, "/inbox/phone/7"))[0]
            act(desk.ana, 7, action, since=since, **form)
            said = act(desk.ana, 7, action, since=since, **form)
            assert "written already" in said and "In the list of Ben" not in said
            assert [row.actor_id for row in desk.rows(ActionRow, ActionRow.kind == action)] == [ANA] * times
        act(desk.ben, 7, action, since=since, **form)
        act(desk.ben, 7, action, since=since, **{**form, "words": "Another thing."})
        assert [row.actor_id for row in desk.rows(ActionRow, ActionRow.kind == action)] == [ANA, ANA, BEN, BEN]


def test_a_colleague_with_a_page_from_before_sends_no_copy_either(desk: Desk) -> None:
    """Both had it open; other words of theirs go."""
    since = _since(page(desk.ben, "/inbox/phone/7"))
    act(desk.ana, 7, "reply", key="human", since=since)
    act(desk.ana, 7, "let-go")
    assert "on their way already" in act(desk.ben, 7, "reply", key="human", since=since)
    act(desk.ben, 7, "reply", text="Ben here.", since=since)
    assert len(_sent(desk, 7)) == 2


def test_what_was_typed_stays_when_it_is_refused(desk: Desk) -> None:
    """A colleague was faster, the hour is wrong, the patient has opted out: nobody types twice, and the next click sends it."""
    act(desk.ben, 9, "claim")
    typed = "Chào chị, tôi là Ana"
    for action, form in (("reply", {"text": typed}), ("to-translate", {"text": typed})):
        said = act(desk.ana, 9, action, **form)
        assert "Ben Carter is working on this conversation" in said
        assert _box(said) == (typed, "")
    assert "Voicemail full</textarea>" in act(desk.ana, 9, "call", outcome="voicemail", words="Voicemail full")
    act(desk.ben, 9, "let-go")
    assert _box(act(desk.ana, 9, "reply", text=typed, at="soon")) == (typed, "")
    assert _box(act(desk.ana, 9, "reply", text=typed)) == ("", "")
    assert _sent(desk, 9) == [typed]
    desk.text(9, "STOP")
    said = act(desk.ana, 9, "reply", text="Tạm biệt")
    assert _box(said) == ("Tạm biệt", "readonly")  # to be copied, not to be sent
    assert '<input type="hidden" name="back" value="/inbox/phone/9">' in said
