"""When people are not to be disturbed, and what a waking minute is.

Hides: that quiet hours are those of the local clock, summer time and all, while the
minutes between them are real ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from jobbing_api.markets import local_time, policies

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_MINUTE = timedelta(minutes=1)
_SUNDAY = 6


def _waking_week(policy: policies.Policy) -> list[local_time.Stretch]:
    """The hours outside the quiet ones, as a repeated week."""

    def minute(clock: time) -> int:
        return clock.hour * 60 + clock.minute

    week: list[local_time.Stretch] = []
    for weekday in range(7):
        quiet_from = minute(policy.quiet_from)
        quiet_to = minute(policy.quiet_sunday_to if weekday == _SUNDAY else policy.quiet_to)
        if quiet_from > quiet_to:
            spans: Sequence[tuple[int, int]] = [(quiet_to, quiet_from)]
        elif quiet_from < quiet_to:
            # The quiet hours begin after midnight: the day has an end and a beginning.
            spans = [(0, quiet_from), (quiet_to, local_time.DAY_MINUTES)]
        else:
            spans = [(0, local_time.DAY_MINUTES)]
        week += [local_time.Stretch(weekday, *span) for span in spans if span[0] < span[1]]
    return week


def waking_deadline(
    policy: policies.Policy, *, from_at: datetime, minutes: float, time_zone: str
) -> datetime:
    """The instant (UTC) at which ``minutes`` outside the quiet hours have passed.

    Quiet hours are those of the local clock, minutes those of real time. For ``now``
    every minute counts: whoever is asked said that they are awake.
    """
    left = timedelta(minutes=minutes)
    if policy.urgency == "now" or minutes <= 0:
        return from_at + left
    stretches = _waking(policy, from_at, time_zone)
    while True:
        starts_at, ends_at = next(stretches)
        if ends_at - starts_at >= left:
            return starts_at + left
        left -= ends_at - starts_at


def quiet(policy: policies.Policy, *, at: datetime, time_zone: str) -> bool:
    """Whether ``at`` lies in the quiet hours of the local clock."""
    return _next_waking(policy, at, time_zone) > at


def next_ring(policy: policies.Policy, *, at: datetime, time_zone: str) -> datetime:
    """When an offer made ``at`` may ring (UTC): at once outside the quiet hours, else when
    they end; where offers are gathered, at the next hour for that. For ``now`` at once."""
    if policy.urgency == "now":
        return at
    if not policy.digest_at:
        return _next_waking(policy, at, time_zone)
    minutes = [clock.hour * 60 + clock.minute for clock in policy.digest_at]
    week = [
        local_time.Stretch(weekday, minute, minute + 1)
        for weekday in range(7)
        for minute in sorted(set(minutes))
    ]
    starts = [
        stretch.lower
        for stretch in local_time.weekly_stretches(week, time_zone, at - _MINUTE, at + _WEEK)
        if stretch.lower is not None and stretch.lower >= at
    ]
    return _next_waking(policy, min(starts), time_zone)


def _next_waking(policy: policies.Policy, at: datetime, time_zone: str) -> datetime:
    """``at`` itself outside the quiet hours, else the end of the quiet hours (UTC)."""
    return next(_waking(policy, at, time_zone))[0]


def _waking(
    policy: policies.Policy, from_at: datetime, time_zone: str
) -> Iterator[tuple[datetime, datetime]]:
    """The stretches outside the quiet hours from ``from_at`` on (UTC), without end; a day is
    looked at when it is asked for."""
    week = _waking_week(policy)
    start = from_at
    while True:
        for waking in local_time.weekly_stretches(week, time_zone, start, start + _DAY):
            assert waking.lower is not None
            assert waking.upper is not None
            yield waking.lower, waking.upper
        start += _DAY
