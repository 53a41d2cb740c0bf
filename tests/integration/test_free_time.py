"""Free time as it is stored, against its definition minute by minute; and what happens
when its sources change at once."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from jobbing_api import database, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.providers import models
from tests import factories

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

#: How much of the sixty days is looked at minute by minute.
WATCHED = 3 * DAY


def stretches(session: Session, provider: models.Provider) -> list[Range[datetime]]:
    session.expire(provider)
    return provider.free_time


def covers(during: Range[datetime], instant: datetime) -> bool:
    assert during.lower is not None
    assert during.upper is not None
    return during.lower <= instant < during.upper


def is_free(
    session: Session, provider: models.Provider, now: datetime
) -> list[tuple[datetime, bool]]:
    """The definition of free time, asked of every minute: the local clock shows weekly
    hours or an exception adds them, none takes them away, no booking is near."""
    hours = session.scalars(select(models.WeeklyHours)).all()
    exceptions = session.scalars(select(models.CalendarException)).all()
    held = session.scalars(select(models.Booking).where(models.Booking.released_at.is_(None)))
    taken = [
        (
            one.during.lower - one.buffer_minutes * MINUTE,
            one.during.upper + one.buffer_minutes * MINUTE,
        )
        for one in held
        if one.during.lower and one.during.upper
    ]
    zone = ZoneInfo(provider.time_zone)
    found = []
    instant = now.replace(minute=0, second=0, microsecond=0)
    while instant < now + WATCHED:
        local = instant.astimezone(zone)
        minute = local.hour * 60 + local.minute
        free = any(
            one.weekday == local.weekday() and one.from_minute <= minute < one.to_minute
            for one in hours
        )
        free |= any(one.available and covers(one.during, instant) for one in exceptions)
        free &= not any(not one.available and covers(one.during, instant) for one in exceptions)
        free &= not any(starts <= instant < ends for starts, ends in taken)
        found.append((instant, free))
        instant += MINUTE
    return found


offsets = st.integers(-600, 4 * 1440)
lengths = st.integers(1, 2000)
bounds = st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True).map(sorted)


@settings(
    max_examples=60,
    deadline=None,
    # Shrinking would write some ten thousand calendars.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    # Each example rolls back to a savepoint of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    weekly=st.lists(st.tuples(st.integers(0, 6), bounds), max_size=10),
    exceptions=st.lists(st.tuples(offsets, lengths, st.booleans()), max_size=6),
    visits=st.lists(st.tuples(offsets, st.integers(15, 400), st.integers(0, 45)), max_size=6),
    start=st.integers(0, 20 * 1440),
    zone=st.sampled_from(["Europe/Paris", "America/Martinique", "Asia/Kathmandu"]),
)
def test_stored_free_time_is_its_definition_in_every_minute(
    session: Session,
    weekly: list[tuple[int, list[int]]],
    exceptions: list[tuple[int, int, bool]],
    visits: list[tuple[int, int, int]],
    start: int,
    zone: str,
) -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC) + start * MINUTE
    outer = session.begin_nested()
    try:
        provider = factories.provider(session, now=now)
        account = session.get_one(accounts_models.Account, provider.account_id)
        market_id = provider.market_id
        for offset, length, buffer_minutes in visits:
            starts_at, ends_at = now + offset * MINUTE, now + (offset + length) * MINUTE
            overlapping = select(models.Booking.id).where(
                models.Booking.during.op("&&")(Range(starts_at, ends_at, bounds="[)"))
            )
            if session.scalar(overlapping) is None:
                providers.book(
                    session,
                    market_id=market_id,
                    provider_id=provider.account_id,
                    job_id=factories.bare_job(session, now).id,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    buffer_minutes=buffer_minutes,
                    place=factories.LYON,
                    now=now,
                )
        providers.put_calendar(
            session,
            account,
            time_zone=zone,
            weekly=[
                providers.Hours(
                    weekday=weekday,
                    from_time=f"{low // 60:02}:{low % 60:02}",
                    to_time=f"{high // 60:02}:{high % 60:02}",
                )
                for weekday, (low, high) in weekly
            ],
            exceptions=[
                providers.Exceptional(
                    from_at=now + offset * MINUTE,
                    to_at=now + (offset + length) * MINUTE,
                    available=available,
                )
                for offset, length, available in exceptions
            ],
            now=now,
        )
        stored = stretches(session, provider)
        for instant, free in is_free(session, provider, now):
            assert any(covers(stretch, instant) for stretch in stored) is free, instant
    finally:
        outer.rollback()


def test_free_time_reaches_from_this_hour_to_sixty_days_ahead(session: Session) -> None:
    now = datetime(2026, 6, 1, 10, 42, 7, 5, tzinfo=UTC)
    provider = factories.provider(session, now=now)
    account = session.get_one(accounts_models.Account, provider.account_id)
    providers.put_calendar(
        session,
        account,
        time_zone="Europe/Paris",
        weekly=[
            providers.Hours(weekday=weekday, from_time="00:00", to_time="24:00")
            for weekday in range(7)
        ],
        exceptions=[],
        now=now,
    )
    (whole,) = stretches(session, provider)
    assert (whole.lower, whole.upper) == (
        now.replace(minute=0, second=0, microsecond=0),
        now + 60 * DAY,
    )
    assert provider.free_until == now + 60 * DAY


def test_free_time_is_extended_once_a_day_of_it_is_used_up(session: Session, now: datetime) -> None:
    people = [factories.provider(session, now=now + late * HOUR) for late in range(3)]
    assert providers.extend_due(session, now=now + DAY, limit=10) == 0
    later = now + DAY + MINUTE
    assert providers.extend_due(session, now=later, limit=10) == 1
    assert people[0].free_until == later + 60 * DAY
    assert people[1].free_until == now + HOUR + 60 * DAY
    assert providers.extend_due(session, now=later, limit=10) == 0
    assert providers.extend_due(session, now=now + 3 * DAY, limit=2) == 2
    assert providers.extend_due(session, now=now + 3 * DAY, limit=2) == 1


def test_many_are_rebuilt_together_as_each_alone(session: Session, now: datetime) -> None:
    people = [factories.provider(session, now=now) for _ in range(5)]
    alone = [list(person.free_time) for person in people]
    session.execute(text("UPDATE providers SET free_time = '{}'"))
    providers.rebuild(session, [*(one.account_id for one in people), uuid.uuid4()], now=now)
    assert [stretches(session, person) for person in people] == alone
    providers.rebuild(session, [], now=now)


def test_two_clocks_extend_each_provider_once(own_database: Engine, now: datetime) -> None:
    with database.transaction() as session:
        for _ in range(20):
            factories.provider(session, now=now)

    def extend(_: int) -> int:
        with database.transaction() as session:
            return providers.extend_due(session, now=now + 2 * DAY, limit=100)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(extend, range(4))) == 20


def test_a_calendar_and_bookings_that_change_at_once_all_show(
    own_database: Engine, now: datetime
) -> None:
    """Each change alone is right whichever came last; together none may be lost."""
    for round_ in range(6):
        with database.transaction() as session:
            provider = factories.provider(session, now=now)
            provider_id, market_id = provider.account_id, provider.market_id
            jobs_ = [factories.bare_job(session, now).id for _ in range(4)]
            released = factories.bare_job(session, now).id
            providers.book(
                session,
                market_id=market_id,
                provider_id=provider_id,
                job_id=released,
                starts_at=now + 9 * HOUR,
                ends_at=now + 10 * HOUR,
                buffer_minutes=15,
                place=factories.LYON,
                now=now,
            )
        start = threading.Barrier(len(jobs_) + 2)

        def book(
            place: int,
            provider_id: uuid.UUID = provider_id,
            market_id: uuid.UUID = market_id,
            jobs_: list[uuid.UUID] = jobs_,
            start: threading.Barrier = start,
        ) -> None:
            start.wait()
            with database.transaction() as session:
                providers.book(
                    session,
                    market_id=market_id,
                    provider_id=provider_id,
                    job_id=jobs_[place],
                    starts_at=now + (2 * place + 1) * HOUR,
                    ends_at=now + (2 * place + 2) * HOUR,
                    buffer_minutes=10,
                    place=factories.LYON,
                    now=now,
                )

        def release(released: uuid.UUID = released, start: threading.Barrier = start) -> None:
            start.wait()
            with database.transaction() as session:
                providers.release(session, job_id=released, because="job-cancelled", now=now)

        def put(provider_id: uuid.UUID = provider_id, start: threading.Barrier = start) -> None:
            start.wait()
            with database.transaction() as session:
                providers.put_calendar(
                    session,
                    session.get_one(accounts_models.Account, provider_id),
                    time_zone="UTC",
                    weekly=[
                        providers.Hours(weekday=weekday, from_time="00:00", to_time="24:00")
                        for weekday in range(7)
                    ],
                    exceptions=[],
                    now=now,
                )

        with ThreadPoolExecutor(len(jobs_) + 2) as pool:
            changes = [pool.submit(book, place) for place in range(len(jobs_))]
            changes += [pool.submit(release), pool.submit(put)]
            for change in changes:
                change.result()
        with database.transaction() as session:
            provider = session.get_one(models.Provider, provider_id)
            taken = 10 * MINUTE
            ends = [now]
            for place in range(len(jobs_)):
                ends += [now + (2 * place + 1) * HOUR - taken, now + (2 * place + 2) * HOUR + taken]
            ends.append(now + 60 * DAY)
            expected = [(ends[i], ends[i + 1]) for i in range(0, len(ends), 2)]
            assert [(one.lower, one.upper) for one in provider.free_time] == expected, round_


def test_a_lock_on_a_calendar_holds_up_nobody_who_only_points_at_it(
    own_database: Engine, now: datetime
) -> None:
    with database.transaction() as session:
        provider = factories.provider(session, now=now)
        provider_id, market_id = provider.account_id, provider.market_id
    with database.transaction() as holder:
        assert providers.lock(holder, [provider_id])[provider_id].time_zone == "Europe/Paris"
        with database.transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            providers.record.write(
                session,
                kind="asked",
                provider_id=provider_id,
                market_id=market_id,
                category_id=6,
                urgency="now",
                subject_id=uuid.uuid4(),
                at=now,
            )
            account = session.get_one(accounts_models.Account, provider_id)
            providers.put_presence(session, account, online=True, position=None, now=now)
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(models.Presence)) == 1


@pytest.mark.parametrize("instant", ["2026-03-28T12:00+00:00", "2026-10-24T12:00+00:00"])
def test_a_night_when_clocks_change_is_as_long_as_it_is(session: Session, instant: str) -> None:
    now = datetime.fromisoformat(instant)
    provider = factories.provider(session, now=now)
    providers.put_calendar(
        session,
        session.get_one(accounts_models.Account, provider.account_id),
        time_zone="Europe/Paris",
        weekly=[providers.Hours(weekday=6, from_time="00:00", to_time="24:00")],
        exceptions=[],
        now=now,
    )
    sunday = stretches(session, provider)[0]
    assert sunday.lower is not None
    assert sunday.upper is not None
    assert sunday.upper - sunday.lower == (23 if now.month == 3 else 25) * HOUR
