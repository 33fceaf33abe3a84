"""What must hold of every programme, whatever its steps, the answers, the zones and the day the clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.care.check_ins import check, silence
from bot.care.due import Number
from bot.care.forecast import Forecast, forecast
from bot.care.hours import Hours, shift
from bot.care.programmes import Enrolled, Programme, Question, Sent, missed_before
from bot.care.schedule import Cadence
from tests.care.test_schedule import CHICAGO, DAY, HONOLULU, MOMENTS, NEW_YORK, ZONES
from tests.quick import examples

HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)  # Wednesday, nine in the morning in New York
DAILY = Question(name="daily", say="check_in.medicine", answers={}, clocks=(time(9),))
MEDICINE = Programme(name="medicine", title="Medicine", questions=(DAILY,), lasts=10 * DAY)


@st.composite
def programmes(draw: st.DrawFn, number: int) -> Programme:
    """A programme as a clinic might write it."""
    asked = []
    for step in range(draw(st.integers(1, 3))):
        how = {"name": f"step{step}", "say": "check_in.medicine", "answers": {}}
        if draw(st.booleans()):
            asked.append(Question(**how, after=draw(st.integers(1, 200)) * HOUR))
        else:
            clocks = draw(st.lists(st.integers(9, 19).map(time), min_size=1, max_size=3, unique=True))
            asked.append(Question(**how, clocks=tuple(clocks), days=frozenset(draw(st.sets(st.integers(0, 6), min_size=1)))))
    return Programme(
        name=f"programme{number}",
        title="",
        questions=tuple(asked),
        lasts=draw(st.integers(1, 20)) * DAY,
        texts=draw(st.one_of(st.none(), st.integers(1, 8))),
        silent=draw(st.one_of(st.none(), st.integers(1, 5))),
        per_day=draw(st.integers(1, 3)),
        per_week=draw(st.integers(1, 10)),
    )


@st.composite
def numbers(draw: st.DrawFn) -> tuple[Number, Cadence, datetime]:
    """A number whose people are in a few programmes, a schedule, and a moment."""
    now = draw(MOMENTS)
    zones = tuple(draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True)))
    plans = []
    for number in range(draw(st.integers(1, 3))):
        start = now - draw(st.integers(0, 100)) * HOUR
        own, again = draw(st.booleans()), draw(st.booleans())
        programme = draw(programmes(number))
        repeated = (programme.questions[0].name, now + draw(st.integers(0, 10)) * HOUR) if again else None
        plan = Enrolled(id=number, patient=number, programme=programme, start=start, since=start, own_limits=own, again=repeated)
        plans.append(plan)
    cadence = Cadence(hours=Hours(holidays=frozenset(draw(st.sets(st.dates(date(2026, 3, 1), date(2026, 3, 25)), max_size=3)))))
    return Number(id=1, zones=zones, visits=(), plans=tuple(plans)), cadence, now


@examples(300)
@given(numbers())
def test_no_question_twice_none_in_the_night_none_after_the_end(drawn: tuple[Number, Cadence, datetime]) -> None:
    """Each at most once; within the hours of all zones (O-19, O-20); within the programme's own limits (O-18); no more than agreed."""
    number, cadence, now = drawn
    found = forecast(number, cadence, now, now + 30 * DAY)
    keys = [(asked.plan.id, asked.question.name, asked.due) for _, asked in found.asked]
    assert len(keys) == len(set(keys))
    moments = [moment for moment, _ in found.asked]
    assert all(later - earlier >= HOUR for earlier, later in pairwise(moments))  # one question at a time
    for moment, asked in found.asked:
        assert max(now, asked.at) <= moment < asked.until
        for zone in number.zones:
            local = moment.astimezone(zone)
            assert time(9) <= local.time() < time(20) and local.date() not in cadence.hours.holidays
        if asked.question.clocks:
            assert moment.astimezone(number.zones[0]).date() == asked.due.astimezone(number.zones[0]).date()  # "today" is that day
    for plan in number.plans:
        mine = [(moment.astimezone(number.zones[0]).date(), asked) for moment, asked in found.asked if asked.plan.id == plan.id]
        days = [day for day, asked in mine if not asked.again]
        assert sum(asked.again for _, asked in mine) <= 1
        assert plan.programme.texts is None or len(days) <= plan.programme.texts
        per_day, per_week = (plan.programme.per_day, plan.programme.per_week) if plan.own_limits else (1, 3)
        assert all(days.count(day) <= per_day for day in days)
        assert all(sum(day - 7 * DAY < each <= day for each in days) <= per_week for day in days)
        end = shift(plan.start, plan.programme.lasts, number.zones[0])
        assert all(asked.due < end for _, asked in mine if not asked.again)


@examples(150)
@given(numbers(), st.sampled_from(["opted out", "held until a person has seen to it", "a coordinator has taken over"]))
def test_a_stopped_number_is_asked_nothing(drawn: tuple[Number, Cadence, datetime], stop: str) -> None:
    """Opt-out, hold and take-over stand over programmes as over reminders; so does what stops one plan alone."""
    number, cadence, now = drawn
    assert forecast(replace(number, stop=stop), cadence, now, now + 30 * DAY).asked == ()
    plans = tuple(replace(plan, stop="asked not to be texted") for plan in number.plans)
    assert forecast(replace(number, plans=plans), cadence, now, now + 30 * DAY).asked == ()


@examples(150)
@given(numbers())
def test_every_plan_is_looked_at_again_or_is_done_with(drawn: tuple[Number, Cadence, datetime]) -> None:
    """No plan is forgotten while something is left of it, and none is looked at for ever."""
    number, cadence, now = drawn
    done = check(number, cadence, now)
    gone = {plan.id for plan in (*done.silent, *done.over)}
    assert {plan for plan, look in done.look_at.items() if look is None} == gone
    assert all(look is None or look > now for look in done.look_at.values())


def test_a_daily_question_goes_at_its_time_until_nobody_answers() -> None:
    """Three days without an answer pause it: silence is no answer."""
    found = _forecast(_plan())
    assert [f"{moment.astimezone(NEW_YORK):%a %H:%M}" for moment, _ in found.asked] == ["Wed 09:00", "Thu 09:00", "Fri 09:00"]
    assert {asked.why for asked in found.unasked} == {"no answer to the last ones: paused"}


def test_who_answers_is_asked_until_the_programme_ends() -> None:
    """Ten days, at nine, also on the day the clocks go forward."""
    never = replace(MEDICINE, silent=None)
    times = [moment.astimezone(NEW_YORK) for moment, _ in _forecast(_plan(programme=never)).asked]
    assert [f"{each:%d %H:%M}" for each in times] == [f"{day:02} 09:00" for day in range(4, 14)]
    counted = replace(never, texts=4)
    assert len(_forecast(_plan(programme=counted)).asked) == 4


def test_a_question_that_was_missed_is_not_caught_up_with() -> None:
    """After an outage of three days only today's is asked."""
    plan = replace(_plan(programme=replace(MEDICINE, silent=None)), start=NOW - 3 * DAY)
    done = check(_number(plan), Cadence(), NOW)
    assert done.go is not None and done.go.due == NOW
    assert {asked.why for asked in done.withheld} == {"its time has passed"}


def test_two_programmes_take_turns() -> None:
    """One question at a time: the second waits an hour, so that an answer is to one of them (W-21)."""
    other = replace(_plan(), id=2, patient=2)
    times = [(asked.plan.id, moment) for moment, asked in _forecast(_plan(), other).asked][:2]
    assert times == [(1, NOW), (2, NOW + HOUR)]


def test_what_is_asked_once_more_has_no_limit_and_comes_once() -> None:
    """The patient was told that it comes; at a lawful hour of that day."""
    first = Sent("daily", NOW, NOW, answer="not_taken", statement="not-taken")
    plan = replace(_plan(), sent=(first,), again=("daily", NOW + 3 * HOUR))
    found = [(moment, asked.again) for moment, asked in forecast(_number(plan), Cadence(), NOW + HOUR, NOW + DAY - HOUR).asked]
    assert found == [(NOW + 3 * HOUR, True)]
    late = replace(plan, again=("daily", NOW + 12 * HOUR))  # nine in the evening
    assert forecast(_number(late), Cadence(), NOW + HOUR, NOW + DAY - HOUR).asked == ()


def test_a_follow_up_counts_for_the_limits_of_the_number() -> None:
    """Nobody agreed to it in particular, so the number's own limit holds (O-18)."""
    question = Question(name="first", say="check_in.visit", answers={}, after=DAY)
    programme = Programme(name="visit", title="", questions=(question,), lasts=7 * DAY, starts="fulfilled", silent=None)
    plan = Enrolled(id=1, patient=1, programme=programme, start=NOW - DAY, since=NOW, own_limits=False)
    number = replace(_number(plan), texted=(NOW - HOUR,))
    assert [moment for moment, _ in forecast(number, Cadence(), NOW, NOW + 5 * DAY).asked] == [NOW + DAY]
    assert [moment for moment, _ in forecast(_number(plan), Cadence(), NOW, NOW + 5 * DAY).asked] == [NOW]


def test_nothing_at_nine_in_new_york_for_a_patient_in_hawaii() -> None:
    """The clock of a programme is the patient's (O-20); where zones have no hour left of that day, it does not go."""
    number = replace(_number(_plan()), zones=(HONOLULU,))
    assert [f"{moment.astimezone(HONOLULU):%H:%M}" for moment, _ in forecast(number, Cadence(), NOW, NOW + DAY).asked] == ["09:00"]
    both = replace(_number(_plan()), zones=(CHICAGO, ZoneInfo("Asia/Karachi")))
    assert forecast(both, Cadence(), NOW, NOW + 3 * DAY).asked == ()


@pytest.mark.parametrize(
    ("answers", "missed"),
    [("", 0), ("no no", 2), ("no yes no", 1), ("no - no", 2), ("no no:again", 1), ("no yes:again", 0), ("no no:again no", 2)],
)
def test_missed_in_a_row_counts_days_and_not_questions(answers: str, missed: int) -> None:
    """What was asked twice counts once, by its last answer; silence (-) is neither taken nor missed."""
    statements = {"no": "not-taken", "yes": "taken", "-": ""}
    sent = tuple(
        Sent("daily", NOW + n * HOUR, NOW + n * HOUR, again=":" in each, statement=statements[each.split(":")[0]])
        for n, each in enumerate(answers.split())
    )
    assert missed_before(sent) == missed


def test_silence_counts_from_the_last_answer_or_since_it_was_resumed() -> None:
    """A question that may still be answered is no silence yet."""
    sent = tuple(Sent("daily", NOW + n * DAY, NOW + n * DAY, answer="taken" if n == 0 else "") for n in range(4))
    plan = replace(_plan(), sent=sent)
    assert silence(plan, NOW + 3 * DAY + HOUR) == 2
    assert silence(plan, NOW + 4 * DAY) == 3
    assert silence(replace(plan, since=NOW + 3 * DAY), NOW + 4 * DAY) == 1
    assert silence(replace(plan, sent=(*sent[:3], replace(sent[3], lost=True))), NOW + 4 * DAY) == 2  # nobody got it


def _plan(programme: Programme = MEDICINE) -> Enrolled:
    return Enrolled(id=1, patient=1, programme=programme, start=NOW, since=NOW)


def _number(*plans: Enrolled) -> Number:
    return Number(id=1, zones=(NEW_YORK,), visits=(), plans=plans)


def _forecast(*plans: Enrolled) -> Forecast:
    return forecast(_number(*plans), Cadence(), NOW, NOW + 20 * DAY)
