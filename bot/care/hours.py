"""When a text may start a conversation: by the clock of everybody who may read it, not in the night, not on a day without help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAYS_AHEAD = 15  # how far a lawful moment is looked for; no clinic is closed for longer
EVENING = timedelta(hours=1)  # a text that is moved to an earlier evening goes so long before the window ends


@dataclass(frozen=True)
class Hours:
    """From `opens` until `closes` (not included) of every day, local time (O-19), except on `holidays`.

    A number with people in several zones is texted when it is day in all of them (O-20).
    """

    opens: time = time(9)
    closes: time = time(20)
    holidays: frozenset[date] = frozenset()

    def lawful(self, moment: datetime, zones: tuple[tzinfo, ...]) -> bool:
        """Whether a text may start now."""
        return all(self._open(moment.astimezone(zone)) for zone in zones)

    def after(self, moment: datetime, zones: tuple[tzinfo, ...]) -> datetime | None:
        """The first lawful moment from `moment` on; None when the zones have no hour in common or all days are holidays."""
        moment = moment.astimezone(UTC)  # times of one zone that are there twice compare wrongly
        limit = moment + timedelta(days=DAYS_AHEAD)
        while moment < limit:
            later = max(self._after(moment, zone) for zone in zones)
            if later == moment:
                return moment
            moment = later
        return None

    def before(self, moment: datetime, zones: tuple[tzinfo, ...]) -> datetime | None:
        """The last moment up to `moment` that lies at least an hour before the end of a window; None as for `after`."""
        moment = moment.astimezone(UTC)
        limit = moment - timedelta(days=DAYS_AHEAD)
        while moment > limit:
            earlier = min(self._before(moment, zone) for zone in zones)
            if earlier == moment:
                return moment
            moment = earlier
        return None

    def _open(self, local: datetime) -> bool:
        return local.date() not in self.holidays and self.opens <= local.time() < self.closes

    def _after(self, moment: datetime, zone: tzinfo) -> datetime:
        """The first moment from `moment` on at which this zone is open, as far as a day ahead."""
        local = moment.astimezone(zone)
        if self._open(local):
            return moment
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        return max(moment, instant(day, self.opens, zone))

    def _before(self, moment: datetime, zone: tzinfo) -> datetime:
        """The last moment up to `moment` at which this zone is open for an hour more."""
        today = moment.astimezone(zone).date()
        for day in (today - timedelta(days=back) for back in range(DAYS_AHEAD)):
            if day not in self.holidays and instant(day, self.opens, zone) <= moment:
                return min(moment, instant(day, self.closes, zone) - EVENING)
        return moment - timedelta(days=DAYS_AHEAD)


def shift(moment: datetime, by: timedelta, zone: tzinfo) -> datetime:
    """`moment` moved by whole days on the wall clock of `zone` and by the rest as time passes.

    "Two days before" a visit at nine is nine, on the days of a clock change too; "two hours before" is two hours.
    """
    days, rest = divmod(abs(by), timedelta(days=1))
    sign = 1 if by >= timedelta(0) else -1
    local = moment.astimezone(zone)
    return instant(local.date() + timedelta(days=sign * days), local.time(), zone) + sign * rest


def instant(day: date, clock: time, zone: tzinfo) -> datetime:
    """That time of that day as an instant: of a time that is there twice the first, of one that is skipped the hour after."""
    return datetime.combine(day, clock.replace(fold=0), zone).astimezone(UTC)
