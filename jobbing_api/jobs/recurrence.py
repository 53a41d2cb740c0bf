"""When a job that comes again is to be done: the dates of a rule, by the calendar of a place.

Hides: the rule itself (RFC 5545, read by python-dateutil), and that it counts by the clock on
the wall: eight o'clock stays eight o'clock when summer time ends. A window shorter than a day
keeps its length nevertheless, in the night of the change too: else none would be left of it for
the job. Nothing here asks the database.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil import rrule

from jobbing_api import errors
from jobbing_api.jobs import models
from jobbing_api.markets import local_time

FREQUENCIES = ("weekly", "monthly")
#: On the same date of every month, or on the same weekday of it: "the first Tuesday".
MONTHLY_BY = ("date", "weekday")

#: What may become of an occurrence.
STATES = ("planned", "moved", "skipped", "asked", "missed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """How often: every ``interval`` weeks on these ``weekdays`` (Monday 0), or every
    ``interval`` months ``by`` date or weekday; so many ``times``, or ``until`` a local
    date, or without an end."""

    frequency: str
    interval: int = 1
    weekdays: Sequence[int] = ()
    by: str = "date"
    times: int | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """One of a series: the local date the rule gives it, and when it may be done."""

    on: date
    window_from: datetime
    window_to: datetime
    state: str
    job_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Past:
    """What was said of a series' occurrences, and which were asked about, by date."""

    exceptions: Mapping[date, models.SeriesException]
    asked: Mapping[date, uuid.UUID]


def occurrences(
    series: models.Series,
    time_zone: str,
    past: Past,
    *,
    from_: datetime | None = None,
    on: date | None = None,
) -> Iterator[Occurrence]:
    """Those the rule gives a date from ``from_`` on, or the one of the date ``on``."""
    local = local_time.zone(time_zone)
    first = series.begins
    if on is not None:
        first = datetime.combine(on, time.min)
    elif from_ is not None:
        first = max(first, from_.astimezone(local).replace(tzinfo=None))
    for moment in _rule(series).xafter(first, inc=True):
        day = moment.date()
        if on is not None and day != on:
            return
        window = regular(series, day, time_zone)
        state, said = "planned", past.exceptions.get(day)
        if said is not None:
            state = said.kind
            if said.window_from is not None and said.window_to is not None:
                window = (said.window_from, said.window_to)
        if day in past.asked:
            state = "asked"
        yield Occurrence(
            on=day,
            window_from=window[0],
            window_to=window[1],
            state=state,
            job_id=past.asked.get(day),
        )


def _rule(series: models.Series) -> rrule.rrule:
    begins, monthdays = series.begins, None
    weekdays = [rrule.weekday(day) for day in series.weekdays]
    if series.frequency == "monthly" and series.by == "weekday":
        # The first Tuesday; whoever begins with a fifth means the last.
        nth = (begins.day - 1) // 7 + 1
        weekdays = [rrule.weekday(begins.weekday(), nth if nth < 5 else -1)]
    elif series.frequency == "monthly":
        # The 31st of a month that has none is its last day.
        monthdays = range(min(begins.day, 28), begins.day + 1)
    return rrule.rrule(
        rrule.WEEKLY if series.frequency == "weekly" else rrule.MONTHLY,
        dtstart=begins,
        interval=series.interval,
        count=series.times,
        until=None if series.until is None else datetime.combine(series.until, time.max),
        byweekday=weekdays or None,
        bymonthday=monthdays,
        bysetpos=None if monthdays is None else -1,
    )


def regular(series: models.Series, on: date, time_zone: str) -> tuple[datetime, datetime]:
    """When the occurrence of a date may be done by the rule: it begins at the same time by
    the clock on the wall, whatever the offset, and lasts as long as the first, or to the same
    time of a later day."""
    local = local_time.zone(time_zone)
    minute = series.begins.hour * 60 + series.begins.minute
    from_ = local_time.instant(on, minute, local)
    if series.window_minutes < local_time.DAY_MINUTES:
        return from_, from_ + timedelta(minutes=series.window_minutes)
    return from_, local_time.instant(on, minute + series.window_minutes, local)


def weekdays(rule: Rule, begins: datetime) -> list[int]:
    """The days of a weekly rule; raises InvalidInput where the first is none of them."""
    if rule.frequency != "weekly":
        return []
    days = sorted(set(rule.weekdays)) or [begins.weekday()]
    if begins.weekday() not in days:
        raise errors.InvalidInput(fields={"weekdays": ["first-is-none-of-them"]})
    return days


def check_end(rule: Rule, begins: datetime) -> None:
    """Raises InvalidInput for a rule that ends before it begins, or in two ways."""
    if rule.until is not None and rule.until < begins.date():
        raise errors.InvalidInput(fields={"until": ["window-ends-before-it-starts"]})
    if rule.until is not None and rule.times is not None:
        raise errors.InvalidInput(fields={"times": ["times-or-until"]})


def window_minutes(from_: datetime, to: datetime, time_zone: str) -> int:
    """How long a window lasts that is to come again: as it is, or from a day on by the clock
    on the wall."""
    local = local_time.zone(time_zone)
    lasts = round((to - from_) / timedelta(minutes=1))
    if lasts < local_time.DAY_MINUTES:
        return lasts
    # Two instants of one zone are subtracted as what its clock shows.
    on_the_wall = to.astimezone(local) - from_.astimezone(local)
    return max(local_time.DAY_MINUTES, round(on_the_wall / timedelta(minutes=1)))
