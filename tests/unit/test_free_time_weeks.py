"""Weekly hours as instants, against an oracle that only ever asks the other way round:
which local time an instant has."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range

from jobbing_api import errors, providers
from jobbing_api.markets import local_time

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

#: Each zone with days around which its clocks change (or, where they never do, any).
ZONES = {
    "Europe/Paris": [date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 3)],
    "America/Martinique": [date(2026, 3, 29), date(2026, 11, 1)],
    # By half an hour.
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "Asia/Kathmandu": [date(2026, 1, 1), date(2026, 10, 25)],
    # At midnight: the day of the change has no first hour.
    "Africa/Cairo": [date(2026, 4, 24), date(2026, 10, 30)],
    "America/Santiago": [date(2026, 9, 6), date(2026, 4, 5)],
    # The thirtieth never came: the islands crossed the date line.
    "Pacific/Apia": [date(2011, 12, 30)],
}


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


@functools.lru_cache(maxsize=100_000)
def occurrence(clock: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which local clocks show ``clock``; if none ever does, the
    instant it would be had the clocks not yet jumped over it (RFC 5545, 3.3.5)."""
    as_utc = clock.replace(tzinfo=UTC)
    probes = (as_utc + timedelta(hours=hours) for hours in range(-30, 31))
    offsets = {local(probe, zone) - probe.replace(tzinfo=None) for probe in probes}
    hits = [as_utc - offset for offset in offsets if local(as_utc - offset, zone) == clock]
    if hits:
        return min(hits)
    walker = as_utc - 30 * timedelta(hours=1)
    while local(walker + MINUTE, zone) < clock:
        walker += MINUTE
    return as_utc - (local(walker, zone) - walker.replace(tzinfo=None))


def covered(
    weekly: list[local_time.Stretch], zone: ZoneInfo, from_: datetime, to: datetime
) -> list[tuple[datetime, datetime]]:
    """What the week covers of [from_, to), by counting how many stretches are open."""
    changes: dict[datetime, int] = {}
    day = date(from_.year, from_.month, from_.day) - 3 * DAY
    while day <= to.date() + 3 * DAY:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # a local clock
        for weekday, from_minute, to_minute in weekly:
            if day.weekday() != weekday:
                continue
            starts = max(occurrence(midnight + from_minute * MINUTE, zone), from_)
            ends = min(occurrence(midnight + to_minute * MINUTE, zone), to)
            if starts < ends:
                changes[starts] = changes.get(starts, 0) + 1
                changes[ends] = changes.get(ends, 0) - 1
        day += DAY
    found: list[tuple[datetime, datetime]] = []
    open_count = 0
    for at in sorted(changes):
        before, open_count = open_count, open_count + changes[at]
        if before == 0 and open_count > 0:
            found.append((at, at))
        elif before > 0 and open_count == 0:
            found[-1] = (found[-1][0], at)
    return found


def pairs(stretches: list[Range[datetime]]) -> list[tuple[datetime | None, datetime | None]]:
    assert all(stretch.bounds == "[)" for stretch in stretches)
    return [(stretch.lower, stretch.upper) for stretch in stretches]


@st.composite
def stretches(draw: st.DrawFn) -> local_time.Stretch:
    # Many begin or end in the night hours, when clocks change.
    minute = st.one_of(st.integers(0, 1440), st.integers(0, 240), st.sampled_from([0, 1440]))
    low, high = sorted(draw(st.lists(minute, min_size=2, max_size=2, unique=True)))
    return local_time.Stretch(draw(st.integers(0, 6)), low, high)


@st.composite
def weeks_of_somewhere(
    draw: st.DrawFn,
) -> tuple[str, list[local_time.Stretch], datetime, datetime]:
    name = draw(st.sampled_from(sorted(ZONES)))
    change = draw(st.sampled_from(ZONES[name]))
    middle = datetime(change.year, change.month, change.day, tzinfo=UTC)
    from_ = middle + draw(st.integers(-4 * 86_400, 86_400)) * timedelta(seconds=1)
    to = from_ + draw(st.integers(0, 8 * 86_400)) * timedelta(seconds=1)
    return name, draw(st.lists(stretches(), max_size=12)), from_, to


@given(weeks_of_somewhere())
@example(  # The hour that does not exist in Paris, wholly and at either end.
    (
        "Europe/Paris",
        [local_time.Stretch(6, 130, 170), local_time.Stretch(6, 60, 150)],
        datetime(2026, 3, 28, tzinfo=UTC),
        datetime(2026, 3, 31, tzinfo=UTC),
    )
)
@example(  # The hour that comes twice.
    (
        "Europe/Paris",
        [local_time.Stretch(6, 130, 170)],
        datetime(2026, 10, 24, tzinfo=UTC),
        datetime(2026, 10, 26, tzinfo=UTC),
    )
)
@example(  # A day that never came: its hours are read as those of the next.
    (
        "Pacific/Apia",
        [local_time.Stretch(4, 480, 720)],
        datetime(2011, 12, 30, 12, tzinfo=UTC),
        datetime(2012, 1, 1, tzinfo=UTC),
    )
)
def test_weekly_hours_are_what_local_clocks_say(
    case: tuple[str, list[local_time.Stretch], datetime, datetime],
) -> None:
    name, weekly, from_, to = case
    found = providers.weekly_stretches(weekly, name, from_, to)
    assert pairs(found) == covered(weekly, ZoneInfo(name), from_, to)


@given(weeks_of_somewhere(), st.integers(0, 8 * 1440))
def test_free_time_is_the_same_seen_through_two_adjoining_windows(
    case: tuple[str, list[local_time.Stretch], datetime, datetime], minutes: int
) -> None:
    name, weekly, from_, to = case
    middle = min(from_ + minutes * MINUTE, to)
    whole = pairs(providers.weekly_stretches(weekly, name, from_, to))
    first = pairs(providers.weekly_stretches(weekly, name, from_, middle))
    second = pairs(providers.weekly_stretches(weekly, name, middle, to))
    if first and second and first[-1][1] == second[0][0]:
        joined = [*first[:-1], (first[-1][0], second[0][1]), *second[1:]]
    else:
        joined = first + second
    assert joined == whole


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "stretch", "from_", "expected"),
    [
        # Summer time begins: 02:30 is read as 03:30, the day is an hour shorter.
        ("Europe/Paris", (6, 150, 1440), "2026-03-29", ("01:30", "22:00")),
        ("Europe/Paris", (6, 60, 180), "2026-03-29", ("00:00", "01:00")),
        # Winter time begins: 02:30 is the first of the two, the day an hour longer.
        ("Europe/Paris", (6, 150, 1440), "2026-10-25", ("00:30", "23:00")),
        ("Europe/Paris", (6, 60, 150), "2026-10-25", ("-01:00", "00:30")),
        ("America/Martinique", (6, 0, 1440), "2026-03-29", ("04:00", "28:00")),
        ("Australia/Lord_Howe", (6, 120, 180), "2026-10-04", ("-08:30", "-08:00")),
        ("Asia/Kathmandu", (0, 540, 600), "2026-06-01", ("03:15", "04:15")),
    ],
)
def test_known_days(
    zone: str, stretch: tuple[int, int, int], from_: str, expected: tuple[str, str]
) -> None:
    midnight = at(f"{from_}T00:00+00:00")

    def offset(text: str) -> datetime:
        sign = -1 if text.startswith("-") else 1
        hours, minutes = text.lstrip("-").split(":")
        return midnight + sign * timedelta(hours=int(hours), minutes=int(minutes))

    found = providers.weekly_stretches([stretch], zone, midnight - DAY, midnight + 2 * DAY)
    assert pairs(found) == [(offset(expected[0]), offset(expected[1]))]


def test_a_stretch_inside_the_missing_hour_has_no_length_left() -> None:
    # 02:10-02:50 is read as 03:10-03:50, so it keeps its length; 02:30-03:00 ends
    # before it begins.
    day = at("2026-03-29T00:00+00:00")
    kept = providers.weekly_stretches([(6, 130, 170)], "Europe/Paris", day, day + DAY)
    assert pairs(kept) == [(at("2026-03-29T01:10+00:00"), at("2026-03-29T01:50+00:00"))]
    assert providers.weekly_stretches([(6, 150, 180)], "Europe/Paris", day, day + DAY) == []


def test_midnight_does_not_cut_a_night_in_two() -> None:
    week = [(0, 1200, 1440), (1, 0, 360)]
    found = providers.weekly_stretches(
        week, "Europe/Paris", at("2026-06-01T00:00+00:00"), at("2026-06-04T00:00+00:00")
    )
    assert pairs(found) == [(at("2026-06-01T18:00+00:00"), at("2026-06-02T04:00+00:00"))]


@pytest.mark.parametrize("name", ["Paris", "", "Europe", "../etc/passwd", "Europe/Paris\0", "CET4"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        local_time.zone(name)
    assert list(refused.value.fields) == ["time_zone"]
