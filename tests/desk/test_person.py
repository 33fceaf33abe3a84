"""A person put right at the desk, what has happened in their life, and somebody new (rules N-01 … N-11, O-17)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.care.life import HAPPENED
from bot.channels.console import Console, received
from bot.delivery.planner import plan_due
from bot.delivery.sender import send_waiting
from bot.desk import apologies, life, newcomer, person, staff, work
from bot.desk.newcomer import Agreed
from bot.desk.person import Details
from bot.preview import report
from bot.records.imports import import_file
from bot.records.opened import Records
from bot.remind import remind
from bot.store import care, words
from bot.store.models import AppointmentRow, AuditRow, CommunicationRow, ConsentRow, PatientPhoneRow, PatientRow, PhoneRow, TaskRow
from bot.store.sending_models import OutboxRow
from bot.store.work_models import ActionRow, PromiseRow
from bot.turn import take
from tests.delivery.test_planner import NEW_YORK, run, texts
from tests.world import World, make_world

FORM = Agreed(how="form", on=date(2026, 3, 2), told="Texts about visits to this number. STOP ends them.")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def world(bot_parts: Any, request: pytest.FixtureRequest) -> Iterator[World]:
    """The demo's clinic, Wednesday 4 March 2026, nine in the morning; nobody has been texted. On one database and the other."""
    if request.param == "sqlite":
        made = make_world(bot_parts)
        yield made
        made.bot.store.engine.dispose()
        return
    with request.getfixturevalue("databases").copy(request.getfixturevalue("tables")) as url:
        made = make_world(bot_parts, url=url)
        yield made
        made.bot.store.engine.dispose()


def patient(world: World, name: str) -> int:
    """The id of somebody by the beginning of their name."""
    with world.bot.store.session() as session:
        return next(row.id for row in session.scalars(select(PatientRow)) if row.name.startswith(name))


def shown(world: World, patient_id: int) -> Details:
    """A person as their page shows them."""
    with world.bot.store.session() as session:
        return person.details(session, session.get_one(PatientRow, patient_id))


def correct(world: World, patient_id: int, *, agreed: Agreed | None = None, **changes: Any) -> tuple[str, ...]:
    """A coordinator corrects what they see."""
    seen = shown(world, patient_id)
    return person.correct(world.bot, patient_id, replace(seen, **changes), seen=seen, by=world.staff, agreed=agreed)


def items(world: World, who: str) -> list[tuple[str, str]]:
    """(kind, detail) of the open items of somebody's phone."""
    with world.bot.store.session() as session:
        mine = TaskRow.phone_id == world.phone_id(who), TaskRow.status == "requested"
        return [(row.kind, row.detail) for row in session.scalars(select(TaskRow).where(*mine).order_by(TaskRow.id))]


def plan(world: World) -> None:
    """The planner queues what is due."""
    while plan_due(world.bot):
        pass


def waiting(world: World, who: str) -> list[str]:
    """The texts that wait to be sent to somebody's phone."""
    with world.bot.store.session() as session:
        rows = select(CommunicationRow.body).join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
        return list(session.scalars(rows.where(CommunicationRow.phone_id == world.phone_id(who), OutboxRow.status == "waiting")))


def says(world: World, who: str, words: str) -> str:
    """The answer to a text."""
    return take(world.bot, received(sender=world.number(who), body=words))


@pytest.mark.parametrize("event", ["died", "loss", "hospital"])
def test_nothing_starts_by_text_after_a_life_event(world: World, event: str) -> None:
    """What waits is withdrawn, nothing new goes by itself, by hand or from the preview, and one item says to see to the visits
    (N-08, N-10)."""
    marcus = patient(world, "Marcus")
    plan(world)
    assert waiting(world, "marcus")
    assert correct(world, marcus, life_event=event) == ("life_event",)
    assert waiting(world, "marcus") == []
    assert items(world, "marcus") == [("life_event", event)]
    lines = [line for line in report(world.bot, first=date(2026, 3, 3), days=10) if "Marcus" in line]
    assert lines and all(f"NOT: {HAPPENED[event]}" in line for line in lines)
    with world.bot.store.begin() as session:
        assert remind(world.bot, session, world.phones["marcus"]) is None
    run(world, datetime(2026, 3, 7, tzinfo=NEW_YORK))
    assert texts(world, "marcus") == []
    assert items(world, "marcus") == [("life_event", event)]


def test_a_text_that_a_worker_has_in_hand_is_looked_at_once_more(world: World) -> None:
    """O-21: though it was never taken back from the outbox, it is not sent after the event (N-10)."""
    plan(world)
    with world.bot.store.begin() as session:
        session.get_one(PatientRow, patient(world, "Marcus")).life_event = "died"
    send_waiting(world.bot, Console())
    assert texts(world, "marcus") == []
    assert len(texts(world, "marcus", "dropped")) == 1


def test_a_life_event_ends_with_its_last_day_and_the_schedule_goes_on(world: World) -> None:
    """By itself, with a line in the timeline and in the audit trail; what was to be seen to is closed."""
    dorothy = patient(world, "Dorothy")  # her visit is on Friday the 6th
    correct(world, dorothy, life_event="hospital", life_event_until=date(2026, 3, 4))
    run(world, datetime(2026, 3, 4, 23, 0, tzinfo=NEW_YORK), now_and_then=lambda: life.end_due(world.bot))
    assert texts(world, "dorothy") == []
    run(world, datetime(2026, 3, 5, 12, 0, tzinfo=NEW_YORK), now_and_then=lambda: life.end_due(world.bot))
    assert len(texts(world, "dorothy")) == 1
    assert shown(world, dorothy).life_event == ""
    assert items(world, "dorothy") == []
    with world.bot.store.session() as session:
        assert session.scalars(select(ActionRow.detail).where(ActionRow.kind == "life")).all() == ["hospital 2026-03-04", ""]
        about = AuditRow.about == f"patient:{dorothy}", AuditRow.actor == "clock"
        assert session.scalars(select(AuditRow.action).where(*about)).all() == ["life"]


def test_a_death_and_nothing_have_no_last_day_and_a_last_day_is_to_come(world: World) -> None:
    """Each mistake is refused in words, and nothing is written."""
    dorothy = patient(world, "Dorothy")
    for event, until in (("died", date(2026, 3, 9)), ("", date(2026, 3, 9)), ("loss", date(2026, 3, 3)), ("moved away", None)):
        with pytest.raises(work.Refused):
            correct(world, dorothy, life_event=event, life_event_until=until)
    assert shown(world, dorothy).life_event == ""


def test_a_text_from_that_phone_gets_a_person_and_no_automatic_word_about_visits(world: World) -> None:
    """Received, noted for people with what has happened, and nothing is called off by the bot (N-10); danger and an opt-out come
    first as ever (S-01, O-06)."""
    world.remind("dorothy")
    send_waiting(world.bot, Console())
    correct(world, patient(world, "Dorothy"), life_event="died")
    answer = says(world, "dorothy", "1")
    assert "Mar" not in answer and "visit" not in answer.lower()
    assert "C" not in items(world, "dorothy")
    answer = says(world, "dorothy", "please cancel her appointment, my mother passed away")
    assert "Mar" not in answer
    assert set(items(world, "dorothy")) == {("life_event", "died"), ("held_message", "died")}
    with world.bot.store.session() as session:
        row = session.scalars(select(AppointmentRow).where(AppointmentRow.patient_id == patient(world, "Dorothy"))).one()
        assert (row.status, row.participant) == ("booked", "needs-action")
    says(world, "dorothy", "stop texting me")
    with world.bot.store.session() as session:
        assert session.get_one(PhoneRow, world.phones["dorothy"]).opted_out_at is not None


def test_a_shared_phone_stays_open_for_the_others(world: World) -> None:
    """One of two children is in hospital: the mother is reminded of her own visit alone, may confirm it by answering, and whatever
    might be about the child goes to a person (N-04, N-10)."""
    correct(world, patient(world, "Theo"), life_event="hospital")
    answer = says(world, "nadia", "when is the appointment?")
    assert "Mar" not in answer
    assert ("held_message", "hospital") in items(world, "nadia")
    world.remind("nadia")
    send_waiting(world.bot, Console())
    ((_, body),) = texts(world, "nadia")
    assert "10:30" in body and "3:30" not in body
    assert "10:30" in says(world, "nadia", "yes")
    says(world, "nadia", "cancel it")
    with world.bot.store.session() as session:
        rows = session.scalars(
            select(AppointmentRow).where(AppointmentRow.patient_id.in_([patient(world, "Nadia"), patient(world, "Theo")]))
        )
        assert {row.status for row in rows} == {"booked"}


def test_no_apology_goes_where_somebody_has_died(world: World) -> None:
    """A promise made to the family stays a person's work, without a word from the bot."""
    says(world, "dorothy", "please have somebody call me")
    correct(world, patient(world, "Dorothy"), life_event="died")
    world.clock.now += timedelta(days=1)
    apologies.apologise(world.bot)
    with world.bot.store.session() as session:
        assert session.scalars(select(PromiseRow.apologised_at)).one() is None


def test_a_correction_is_written_down_and_found_and_can_be_taken_back(world: World) -> None:
    """H-07: the trail names the fields and no words; the search knows the new name and not the old one; taking back restores it."""
    lucia, bot = patient(world, "Lucía"), world.bot
    before = shown(world, lucia)
    changed = correct(world, lucia, name="Lucía Ramos", birth_year=1994, language="en", zone="America/Chicago")
    assert set(changed) == {"name", "birth_year", "language", "zone"}
    with bot.store.session() as session:
        (did,) = session.scalars(select(ActionRow).where(ActionRow.kind == "person"))
        assert did.detail == f"name birth_year language zone {lucia}" and "Ramírez → " in (did.words or "")
        rows = session.scalars(select(AuditRow).where(AuditRow.about == f"patient:{lucia}")).all()
        assert [(row.action, row.reason) for row in rows] == [("person", "name birth_year language zone")]
        found = {
            name: words.search(session, bot.store.cipher, bot.clinic_id, name, words.Only(), now=bot.clock()) for name in ("Ramos",)
        }
        assert found["Ramos"] == [world.phones["lucia"]]
    after = shown(world, lucia)
    (was, now) = person.unseal(bot, person.seal(bot, before, after), 2)
    person.correct(bot, lucia, was, seen=now, by=world.staff)
    assert shown(world, lucia) == before


def test_who_was_slower_writes_nothing(world: World) -> None:
    """Two coordinators, or an import meanwhile: the second form is refused, and nobody else can make what a form brings back."""
    lucia = patient(world, "Lucía")
    seen = shown(world, lucia)
    correct(world, lucia, name="Lucía Ramos")
    with pytest.raises(work.Refused, match="meanwhile"):
        person.correct(world.bot, lucia, replace(seen, birth_year=1990), seen=seen, by=world.staff)
    assert shown(world, lucia).birth_year == seen.birth_year
    for forged in ("", "x", "gAAAAABé", person.seal(world.bot, seen, seen)):
        with pytest.raises(work.Refused):
            person.unseal(world.bot, forged)


def test_a_colleagues_lock_keeps_others_from_correcting(world: World) -> None:
    """As for everything else in a conversation."""
    work.claim(world.bot, world.phones["lucia"], by=replace(world.staff, id=2, name="Ben Carter"))
    with pytest.raises(work.Refused, match="Ben Carter"):
        correct(world, patient(world, "Lucía"), name="Lucía Ramos")


def test_do_not_text_and_no_patient_here_stop_what_waits(world: World) -> None:
    """N-08, N-10: set at the desk as in the clinic's file; lifted, the schedule goes on."""
    marcus = patient(world, "Marcus")
    for change in ({"do_not_text": True}, {"active": False}):
        plan(world)
        assert waiting(world, "marcus"), change
        correct(world, marcus, **change)
        plan(world)
        assert waiting(world, "marcus") == []
        correct(world, marcus, do_not_text=False, active=True)


def test_a_phone_is_added_with_consent_and_one_is_taken_away_with_what_waits(world: World) -> None:
    """O-17: how, when, by whom, what was told; the old number's reminder does not go, the new one's does (D-08)."""
    marcus = patient(world, "Marcus")
    plan(world)
    with pytest.raises(work.Refused, match="agreed"):
        correct(world, marcus, phones=(("+17165550177", "self"),), agreed=replace(FORM, how=""))
    correct(world, marcus, phones=(("+17165550177", "self"),), agreed=FORM)
    with world.bot.store.session() as session:
        (consent,) = session.scalars(select(ConsentRow).where(ConsentRow.told.is_not(None)))
        assert (consent.decision, consent.source, consent.told) == ("opt_in", "form, staff:1", FORM.told)
        assert consent.at.astimezone(NEW_YORK).date() == FORM.on
        link = care.reached_on(session, [marcus])[marcus]
        assert link.phone_id == consent.phone_id
    plan(world)
    send_waiting(world.bot, Console())
    assert texts(world, "marcus") == []
    with world.bot.store.session() as session:
        sent = select(CommunicationRow.phone_id).join(OutboxRow, OutboxRow.communication_id == CommunicationRow.id)
        assert link.phone_id in session.scalars(sent.where(OutboxRow.status == "sent")).all()


def test_somebody_new_is_checked_as_a_file_is_and_can_be_written_to(world: World) -> None:
    """A conversation begins with a coordinator's words; the next import knows the person by the clinic's own number."""
    bot = world.bot
    given = {
        "name": "Greta Lang",
        "birth_year": "1960",
        "language": "en",
        "zone": "",
        "identifier": "P77",
        "phone": "(716) 555-0178",
        "relation": "",
    }
    for wrong in (
        {"phone": "716 555 0178 x5"},
        {"phone": "+44 20 7946 0958"},
        {"phone": ""},
        {"name": ""},
        {"birth_year": "60"},
        {"zone": "Mars"},
    ):
        with pytest.raises(work.Refused):
            newcomer.add(bot, {**given, **wrong}, agreed=FORM, by=world.staff)
    for wrong_consent in (replace(FORM, how="guessed"), replace(FORM, told=" "), replace(FORM, on=date(2026, 3, 5))):
        with pytest.raises(work.Refused):
            newcomer.add(bot, given, agreed=wrong_consent, by=world.staff)
    with bot.store.session() as session:
        assert "Greta Lang" not in {row.name for row in session.scalars(select(PatientRow))}
    added = newcomer.add(bot, given, agreed=FORM, by=world.staff)
    staff.reply(bot, added.phone_id, "Welcome, Greta.", by=world.staff)
    send_waiting(bot, Console())
    with bot.store.session() as session:
        sent = session.scalars(select(CommunicationRow).where(CommunicationRow.phone_id == added.phone_id)).one()
        assert (sent.body, sent.status) == ("Welcome, Greta.", "delivered")
    with pytest.raises(work.Refused, match="number already"):
        newcomer.add(bot, given, agreed=FORM, by=world.staff)


def test_a_known_number_joins_the_person_to_that_phone(world: World) -> None:
    """With a relation (N-06); the same name there is refused; and an opt-out is not lifted by a new consent (O-02, O-17)."""
    bot, dorothy = world.bot, world.phones["dorothy"]
    staff.consent(bot, dorothy, texts=False, by=world.staff)
    work.let_go(bot, dorothy, by=world.staff)
    given = {"name": "Harold Hale", "language": "en", "phone": "716-555-0121", "relation": "spouse"}
    added = newcomer.add(bot, given, agreed=FORM, by=world.staff)
    assert (added.phone_id, added.opted_out, added.others) == (dorothy, True, ("Dorothy Hale",))
    with bot.store.session() as session:
        assert session.scalars(select(PatientPhoneRow.relation).where(PatientPhoneRow.phone_id == dorothy)).all() == ["self", "spouse"]
        assert session.get_one(PhoneRow, dorothy).opted_out_at is not None
    with pytest.raises(work.Refused, match="that name"):
        newcomer.add(bot, {**given, "name": "dorothy hale"}, agreed=FORM, by=world.staff)


def test_a_visit_that_an_import_brings_meanwhile_is_seen_to(world: World, tmp_path: Any) -> None:
    """Nobody is waited for who has died: the item is there though nothing was booked when it was noted (N-10)."""
    bot = world.bot
    given = {"name": "Greta Lang", "language": "en", "identifier": "P77", "phone": "716-555-0178"}
    added = newcomer.add(bot, given, agreed=FORM, by=world.staff)
    correct(world, patient(world, "Greta"), life_event="died")
    file = tmp_path / "visits.csv"
    file.write_text("identifier,patient,service,start\nV1,P77,primary,2026-03-20 09:00\n")
    records = Records(bot.store, bot.clinic, bot.clinic_id, world.clock, "command:test")
    for _ in range(2):
        assert import_file(records, file).problems == []
    with bot.store.session() as session:
        made = session.scalars(select(TaskRow).where(TaskRow.phone_id == added.phone_id)).all()
        assert [(row.kind, row.detail, row.appointment_id is not None) for row in made] == [("life_event", "died", True)]
