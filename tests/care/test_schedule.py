"""What must hold of every schedule, whatever the visits, the zones and the day the clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.care.due import NO_PAPERS, NOT_A_VISIT, NOT_THE_LAST, TOLD_OF_PAPERS, Booked, Number, plan
from bot.care.forecast import Forecast, crowds_out, forecast, sent
from bot.care.hours import Hours, shift
from bot.care.schedule import CADENCE, DEFAULT, TO, Cadence, Step
from bot.dialogue.types import Wants
from tests.quick import examples

NEW_YORK, CHICAGO, HONOLULU = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago"), ZoneInfo("Pacific/Honolulu")
ZONES = [NEW_YORK, CHICAGO, HONOLULU, ZoneInfo("America/Phoenix"), ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe")]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Both of 2026's clock changes in the United States lie within a month of these.
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 25)), st.datetimes(datetime(2026, 10, 20), datetime(2026, 11, 15))
).map(lambda naive: naive.replace(tzinfo=UTC, microsecond=0))
GROUPS = st.sampled_from(TO[:3])
SAID = st.sampled_from([("reminder",), ("reminder", "papers"), ("visit_when", "papers"), ("papers",)])


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """A cadence as a clinic might write it."""
    aheads = draw(st.lists(st.integers(1, 10 * 24), min_size=1, max_size=6, unique=True))
    return tuple(
        Step(name=f"step{n}", ahead=timedelta(hours=hours), to=frozenset(draw(st.sets(GROUPS, min_size=1))), say=draw(SAID))
        for n, hours in enumerate(aheads)
    )


@st.composite
def numbers(draw: st.DrawFn) -> tuple[Number, Cadence, datetime]:
    """A number with a few visits, a schedule, and a moment."""
    now, lacks = draw(MOMENTS), draw(st.booleans())
    zones = tuple(draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True)))
    count = draw(st.integers(1, 4))
    visits = tuple(
        Booked(
            id=n,
            start=now + timedelta(minutes=15 * draw(st.integers(-96, 14 * 96))),
            service="primary",
            group=draw(GROUPS),
            told_at=draw(st.one_of(st.none(), st.integers(0, 200).map(lambda hours: now - timedelta(hours=hours)))),
            lacks=lacks,
        )
        for n in range(count)
    )
    cadence = Cadence(
        kinds={DEFAULT: draw(st.one_of(st.just(CADENCE), steps()))},
        hours=Hours(holidays=frozenset(draw(st.sets(st.dates(date(2026, 3, 1), date(2026, 3, 25)), max_size=3)))),
        per_day=draw(st.integers(1, 2)),
        per_week=draw(st.integers(1, 5)),
    )
    return Number(id=1, zones=zones, visits=visits), cadence, now


@examples(200)
@given(numbers(), st.sampled_from([Wants.VISITS, Wants.FEWER]))
def test_who_wants_fewer_texts_gets_no_other_and_none_beside_visits(drawn: tuple[Number, Cadence, datetime], wants: Wants) -> None:
    """VISITS: what goes is about a visit to come. FEWER: at most one text a visit."""
    number, cadence, now = drawn
    steps = (*cadence.steps("primary"), Step("nudge", 5 * DAY, frozenset(TO), ("prepare",)))
    cadence = replace(cadence, kinds={DEFAULT: steps})
    found = forecast(replace(number, wants=wants), cadence, now, now + 20 * DAY)
    gone = [timed for _, go in found.texts for timed in go]
    assert all(timed.step.about_visit and timed.visit.start > now for timed in gone)
    if wants is Wants.FEWER:
        assert len({timed.visit.id for timed in gone}) == len(gone)


def test_who_wants_fewer_texts_gets_the_last_reminder_and_the_rest_has_its_reason() -> None:
    """A silent patient is reminded two hours before and not a week and two days before; who has come is told nothing more."""
    fewer = replace(_number(), visits=(visit(NOW + 9 * DAY + 5 * HOUR),), wants=Wants.FEWER)
    found = forecast(fewer, Cadence(), NOW, NOW + 20 * DAY)
    assert [timed.step.name for _, go in found.texts for timed in go] == ["today"]
    assert {(timed.step.name, timed.why) for timed in found.withheld} == {("week", NOT_THE_LAST), ("days", NOT_THE_LAST)}
    missed = replace(_number(), visits=(visit(NOW - timedelta(hours=30), group="missed"),), wants=Wants.VISITS)
    found = forecast(missed, Cadence(), NOW, NOW + 5 * DAY)
    assert not found.texts
    assert [timed.why for timed in found.withheld] == [NOT_A_VISIT]


@pytest.mark.parametrize(
    ("hours", "group", "crowds"),
    [
        (5, "coming", True),  # the text two hours before the visit is today's only one
        (27, "coming", False),  # it goes tomorrow
        (53, "silent", False),  # the text two days before goes today all the same, or tomorrow
        (5, "not_coming", False),
    ],
)
def test_a_text_of_another_kind_leaves_room_for_the_last_one_about_a_visit(hours: int, group: str, crowds: bool) -> None:
    """O-18: one text a day is the most, and it is the one that is of no use a day later."""
    number = replace(_number(), visits=(visit(NOW + hours * HOUR, group=group),))
    assert crowds_out(number, Cadence(), NOW) is crowds
    assert not crowds_out(number, Cadence(per_day=2), NOW)


@examples(400)
@given(numbers())
def test_no_reminder_twice_none_in_the_night_none_too_late(drawn: tuple[Number, Cadence, datetime]) -> None:
    """Every step once; within the hours of all zones (O-19, O-20); before the visit; within the limits of the number (O-18)."""
    number, cadence, now = drawn
    found = forecast(number, cadence, now, now + 20 * DAY)
    names = [(timed.visit.id, timed.step.name) for _, go in found.texts for timed in go]
    assert len(names) == len(set(names))
    days = [moment.astimezone(number.zones[0]).date() for moment, _ in found.texts]
    for moment, go in found.texts:
        assert len({timed.visit.id for timed in go}) == len(go)  # no visit twice in one text
        for zone in number.zones:
            local = moment.astimezone(zone)
            assert time(9) <= local.time() < time(20)
            assert local.date() not in cadence.hours.holidays
        for timed in go:
            assert now <= moment <= timed.visit.start - cadence.latest
            assert timed.visit.group in timed.step.to
            assert timed.visit.told_at is None or moment >= timed.visit.told_at + cadence.settle
    for day in days:
        assert days.count(day) <= cadence.per_day
        assert sum(day - 7 * DAY < each <= day for each in days) <= cadence.per_week


@examples(300)
@given(numbers())
def test_every_step_of_a_visit_is_sent_or_has_a_reason(drawn: tuple[Number, Cadence, datetime]) -> None:
    """Nothing falls through: what a group should get either goes or is named with why it does not."""
    number, cadence, now = drawn
    found = forecast(number, cadence, now, now + 30 * DAY)
    told = [(timed.visit.id, timed.step.name) for _, go in found.texts for timed in go]
    told += [(timed.visit.id, timed.step.name) for timed in found.withheld]
    due = [(visit.id, step.name) for visit in number.visits for step in cadence.steps("primary") if visit.group in step.to]
    assert sorted(told) == sorted(due)


@examples(200)
@given(numbers(), st.integers(1, 200), st.integers(-72, 200))
def test_a_moved_visit_gets_no_text_of_its_old_time(drawn: tuple[Number, Cadence, datetime], after: int, by: int) -> None:
    """After a move, all that goes is about the new time; after a cancellation nothing does (D-08)."""
    number, cadence, now = drawn
    before = forecast(number, cadence, now, now + timedelta(hours=after))
    later = now + timedelta(hours=after)
    for moment, go in before.texts:
        number = sent(number, go, moment)
    moved = replace(number.visits[0], start=number.visits[0].start + timedelta(hours=by), told_at=later, sent=frozenset())
    following = forecast(replace(number, visits=(moved, *number.visits[1:])), cadence, later, later + 20 * DAY)
    assert {timed.visit.start for _, go in following.texts for timed in go if timed.visit.id == moved.id} <= {moved.start}
    cancelled = forecast(replace(number, visits=number.visits[1:]), cadence, later, later + 20 * DAY)
    assert moved.id not in {timed.visit.id for _, go in cancelled.texts for timed in go}


@examples(200)
@given(numbers(), st.sampled_from(["opted out", "held until a person has seen to it", "a coordinator has taken over"]))
def test_a_stopped_number_gets_nothing(drawn: tuple[Number, Cadence, datetime], stop: str) -> None:
    """Opt-out, hold and take-over stand over everything, and the reason is told."""
    number, cadence, now = drawn
    found = forecast(replace(number, stop=stop), cadence, now, now + 20 * DAY)
    assert found.texts == ()
    assert {timed.why for timed in found.withheld} <= {stop, "just booked, moved or answered", "no lawful hour", NO_PAPERS}


@examples(300)
@given(MOMENTS, st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True))
def test_the_next_lawful_moment_is_lawful_and_the_first(moment: datetime, zones: list[ZoneInfo]) -> None:
    """`after` and `before` keep their word on both sides, also where clocks change (Lord Howe moves by half an hour)."""
    hours, known = Hours(), tuple(zones)
    later, earlier = hours.after(moment, known), hours.before(moment, known)
    if later is not None:
        assert later >= moment and hours.lawful(later, known)
        assert later == moment or not hours.lawful(later - timedelta(seconds=1), known)
    if earlier is not None:
        assert earlier <= moment and hours.lawful(earlier, known)


@examples(200)
@given(numbers())
def test_papers_are_asked_for_once_a_visit_and_only_while_one_is_missing(drawn: tuple[Number, Cadence, datetime]) -> None:
    """What they are asked for beside goes without that sentence; a text that would only repeat the time does not go."""
    number, cadence, now = drawn
    found = forecast(number, cadence, now, now + 20 * DAY)
    for each in number.visits:
        said = [timed.step.say for _, go in found.texts for timed in go if timed.visit.id == each.id]
        assert sum("papers" in say for say in said) <= each.lacks
        assert ("visit_when",) not in said
        assert () not in said
    reasons = {timed.why for timed in found.withheld}
    assert NO_PAPERS not in reasons or not all(each.lacks for each in number.visits)
    assert TOLD_OF_PAPERS not in reasons or any(each.lacks for each in number.visits)


def test_two_days_before_nine_is_nine_when_the_clocks_change() -> None:
    """Days are counted on the wall clock, hours as they pass; the clocks of New York go forward on 8 March 2026."""
    visit = datetime(2026, 3, 9, 9, 0, tzinfo=NEW_YORK)
    assert shift(visit, -2 * DAY, NEW_YORK) == datetime(2026, 3, 7, 9, 0, tzinfo=NEW_YORK)
    assert visit.astimezone(UTC) - shift(visit, -2 * DAY, NEW_YORK) == timedelta(hours=47)
    assert visit.astimezone(UTC) - shift(visit, -timedelta(hours=2), NEW_YORK) == timedelta(hours=2)


def test_a_text_that_would_come_too_late_goes_on_the_evening_before() -> None:
    """Two hours before a visit at eight is night: it goes at seven the evening before."""
    assert _times(visit(datetime(2026, 3, 11, 8, 0, tzinfo=NEW_YORK), group="coming")) == ["Tue 19:00"]


def test_who_has_confirmed_hears_once_more() -> None:
    """Confirming changes something: three texts for who is silent, one for who has confirmed."""
    start = datetime(2026, 3, 12, 14, 0, tzinfo=NEW_YORK)
    assert _times(visit(start)) == ["Thu 14:00", "Tue 14:00", "Thu 12:00"]
    assert _times(visit(start, group="coming")) == ["Thu 12:00"]


def test_who_said_maybe_is_asked_again() -> None:
    """The promise "we will ask you again" is kept three days and one day before."""
    found = _forecast(visit(datetime(2026, 3, 12, 14, 0, tzinfo=NEW_YORK), group="maybe"))
    assert [go[0].step.say for _, go in found.texts] == [("ask_confirm",), ("ask_confirm",), ("reminder",)]


def test_a_visit_that_was_just_booked_is_not_reminded_of() -> None:
    """None inside its own window: booked a day before, no text says so again; two hours before is soon enough."""
    told_at = datetime(2026, 3, 4, 10, 0, tzinfo=NEW_YORK)
    assert _times(visit(datetime(2026, 3, 5, 14, 0, tzinfo=NEW_YORK), told_at=told_at)) == ["Thu 12:00"]
    assert _times(visit(datetime(2026, 3, 4, 20, 0, tzinfo=NEW_YORK), told_at=told_at)) == []


def test_after_an_outage_the_last_step_goes_alone() -> None:
    """What was missed is not caught up with: one text, the newest, and the reason for the others."""
    start = datetime(2026, 3, 5, 14, 0, tzinfo=NEW_YORK)  # a week and two days before have both passed
    found = _forecast(visit(start))
    assert _times(visit(start)) == ["Wed 09:00", "Thu 12:00"]
    assert [(timed.step.name, timed.why) for timed in found.withheld] == [("week", "its time has passed")]


def test_visits_of_one_day_share_a_text() -> None:
    """Two visits of a day are one text at each step, though their times differ."""
    nine, three = datetime(2026, 3, 12, 9, 0, tzinfo=NEW_YORK), datetime(2026, 3, 12, 15, 0, tzinfo=NEW_YORK)
    number = replace(_number(), visits=(visit(nine), replace(visit(three), id=2)))
    found = forecast(number, Cadence(), NOW, NOW + 20 * DAY)
    assert [len(go) for _, go in found.texts] == [2, 2, 2]


def test_honolulu_sleeps_when_new_york_gets_up() -> None:
    """Nothing at nine in New York for a patient in Hawaii (O-20)."""
    number = replace(_number(), zones=(HONOLULU,), visits=(visit(datetime(2026, 3, 6, 9, 0, tzinfo=NEW_YORK)),))
    planned = plan(number, Cadence(), NOW)
    assert planned.go == ()
    assert planned.look_at[1] == datetime(2026, 3, 4, 9, 0, tzinfo=HONOLULU)


@pytest.mark.parametrize(("missed_at", "texts"), [(timedelta(hours=30), 1), (timedelta(days=6), 0)])
def test_who_missed_a_visit_is_asked_back_once(missed_at: timedelta, texts: int) -> None:
    """A day after, at a lawful hour; after some days it makes no sense any more."""
    number = replace(_number(), visits=(visit(NOW - missed_at, group="missed"),))
    assert len(forecast(number, Cadence(), NOW, NOW + 5 * DAY).texts) == texts


NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)  # Wednesday, nine in the morning in New York


def visit(start: datetime, *, group: str = "silent", told_at: datetime | None = None) -> Booked:
    """A visit that nobody has been texted about."""
    return Booked(id=1, start=start.astimezone(UTC), service="primary", group=group, told_at=told_at)


def _number() -> Number:
    return Number(id=1, zones=(NEW_YORK,), visits=())


def _forecast(booked: Booked) -> Forecast:
    return forecast(replace(_number(), visits=(booked,)), Cadence(), NOW, NOW + 20 * DAY)


def _times(booked: Booked) -> list[str]:
    return [moment.astimezone(NEW_YORK).strftime("%a %H:%M") for moment, _ in _forecast(booked).texts]
