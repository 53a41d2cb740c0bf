"""Clock times of a place as instants.

Hides: time zones, winter and summer time. Everything above speaks of instants;
what people say ("Mondays from eight to noon", "not after half past eight") becomes
instants here and nowhere else.

The rule is that of RFC 5545, 3.3.5, at both ends of a stretch: a time that occurs
twice means its first occurrence, a time that does not occur is read with the offset
from before the gap. Python's ``fold=0`` (PEP 495) is exactly this rule.
"""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy.dialects.postgresql import Range

from jobbing_api import errors

#: ``to_minute`` of a stretch that ends with its day: the next local midnight.
DAY_MINUTES = 24 * 60

_DAY = timedelta(days=1)


class Stretch(NamedTuple):
    """A stretch of every week: weekday (Monday 0) and minutes of that local day."""

    weekday: int
    from_minute: int
    to_minute: int


@functools.cache
def _known_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def zone(name: str, *, field: str = "time_zone") -> zoneinfo.ZoneInfo:
    """The IANA time zone called ``name``.

    Raises InvalidInput at ``field`` where there is none.
    """
    if name not in _known_zones():
        raise errors.InvalidInput(
            fields={field: ["This is not a time zone, such as Europe/Paris."]}
        )
    return zoneinfo.ZoneInfo(name)


def instant(day: date, minute: int, local: zoneinfo.ZoneInfo) -> datetime:
    """The instant (UTC) at which the local clock of ``day`` shows ``minute`` (0-1440)."""
    days, rest = divmod(minute, DAY_MINUTES)
    hour, past = divmod(rest, 60)
    clock = datetime.combine(day + days * _DAY, time(hour, past), tzinfo=local)
    return clock.astimezone(UTC)


def weekly_stretches(
    weekly: Iterable[Stretch | tuple[int, int, int]],
    time_zone: str,
    from_: datetime,
    to: datetime,
) -> list[Range[datetime]]:
    """The half-open UTC stretches of a repeated week inside [``from_``, ``to``).

    In order, neither overlapping nor touching. A stretch that begins inside the gap of
    a change to summer time begins that much later; if it was to end first, nothing is
    left of it.
    """
    local = zone(time_zone)
    of_weekday: dict[int, list[tuple[int, int]]] = {}
    for weekday, from_minute, to_minute in weekly:
        of_weekday.setdefault(weekday, []).append((from_minute, to_minute))

    found: list[tuple[datetime, datetime]] = []
    # A time inside a gap may be read as one of the following day, hence one day early.
    day = from_.astimezone(local).date() - _DAY
    last = to.astimezone(local).date()
    while day <= last:
        for from_minute, to_minute in of_weekday.get(day.weekday(), ()):
            starts_at = max(instant(day, from_minute, local), from_)
            ends_at = min(instant(day, to_minute, local), to)
            if starts_at < ends_at:
                found.append((starts_at, ends_at))
        day += _DAY
    return _merged(found)


def _merged(stretches: list[tuple[datetime, datetime]]) -> list[Range[datetime]]:
    merged: list[Range[datetime]] = []
    for starts_at, ends_at in sorted(stretches):
        if merged and merged[-1].upper is not None and starts_at <= merged[-1].upper:
            longer = max(ends_at, merged[-1].upper)
            merged[-1] = Range(merged[-1].lower, longer, bounds="[)")
        else:
            merged.append(Range(starts_at, ends_at, bounds="[)"))
    return merged
