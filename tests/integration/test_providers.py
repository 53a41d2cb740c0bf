"""Profiles, calendars, presence, bookings and the record, on a real database."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from jobbing_api import database, errors, geography, markets, matching, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.providers import models, profiles
from tests import factories

NANTES = (-1.5536, 47.2184)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def put(
    session: Session, account: accounts_models.Account, now: datetime, **changes: Any
) -> models.Provider:
    values: dict[str, Any] = {
        "headline": "Gutters and roofs",
        "base": factories.LYON,
        "reach_m": 15_000,
        "reach_area": None,
        "minimum_visit_cents": 2500,
        "currency": "EUR",
        "skills": [factories.skill()],
        "languages": ["fr", "ar"],
        "tools": ["long-ladder"],
    }
    return providers.put_profile(session, account, **(values | changes), now=now)


def open_nantes(session: Session, now: datetime) -> markets.models.Market:
    return markets.create_market(
        session,
        slug="nantes",
        name="Nantes",
        area=factories.square(NANTES, 0.2),
        time_zone="America/Martinique",
        currency="EUR",
        country="FR",
        now=now,
    )


def book(
    session: Session,
    provider_id: uuid.UUID,
    job_id: uuid.UUID,
    starts_at: datetime,
    *,
    now: datetime,
    length: timedelta = HOUR,
) -> models.Booking:
    return providers.book(
        session,
        market_id=markets.market_by_slug(session, "lyon").id,
        provider_id=provider_id,
        job_id=job_id,
        starts_at=starts_at,
        ends_at=starts_at + length,
        buffer_minutes=15,
        place=factories.LYON,
        now=now,
    )


# Profiles ----------------------------------------------------------------------------


def test_a_new_profile_works_mondays_to_saturdays_until_said_otherwise(
    session: Session, now: datetime
) -> None:
    account = factories.account(session, role="provider")
    provider = put(session, account, now)
    assert provider.market_id == markets.market_by_slug(session, "lyon").id
    assert provider.time_zone == "Europe/Paris"
    assert provider.calendar_confirmed_at is None
    calendar = providers.get_calendar(session, account.id)
    assert [hours.weekday for hours in calendar.weekly] == [0, 1, 2, 3, 4, 5]
    assert {(hours.from_time, hours.to_time) for hours in calendar.weekly} == {("08:00", "19:00")}
    # Noon of a Monday in June: seven hours of today are left, counted from the hour.
    assert provider.free_time[0].lower == now
    assert provider.free_time[0].upper == now + 7 * HOUR
    assert provider.free_until == now + timedelta(days=60)


def test_a_profile_is_replaced_as_a_whole(session: Session, now: datetime) -> None:
    account = factories.account(session, role="provider")
    put(session, account, now, skills=[factories.skill(), factories.skill("gutter-repair")])
    calendar = providers.get_calendar(session, account.id)
    area = factories.square(factories.LYON, 0.1)
    put(
        session,
        account,
        now + HOUR,
        reach_m=None,
        reach_area=area,
        skills=[factories.skill("painting", kind="quote"), factories.skill(amount_cents=7000)],
        languages=["en"],
        tools=[],
    )
    session.expire_all()
    provider = providers.get(session, account.id)
    assert provider.version == 2
    assert provider.reach_m is None
    assert provider.reach_area is not None
    assert geography.to_geojson(provider.reach_area) == area
    assert [(s.category_id, s.price_kind, s.amount_cents) for s in provider.skills] == [
        (6, "flat", 7000),
        (15, "quote", None),
    ]
    assert (provider.languages, provider.tools) == (["en"], [])
    assert providers.get_calendar(session, account.id) == calendar


def test_a_profile_that_changed_meanwhile_is_not_overwritten(
    session: Session, now: datetime
) -> None:
    account = factories.account(session, role="provider")
    put(session, account, now)
    put(session, account, now, version=1)
    with pytest.raises(errors.VersionMismatch):
        put(session, account, now, version=1)


def test_only_a_provider_has_a_profile(session: Session, now: datetime) -> None:
    with pytest.raises(errors.NotAllowed):
        put(session, factories.account(session, role="resident"), now)
    with pytest.raises(errors.NotFound):
        providers.get(session, uuid.uuid4())


def test_prices_fit_currencies_of_large_numbers(session: Session, now: datetime) -> None:
    account = factories.account(session, role="provider")
    rupiah = 120_000_000
    provider = put(
        session,
        account,
        now,
        skills=[factories.skill(amount_cents=rupiah)],
        minimum_visit_cents=rupiah,
    )
    assert provider.skills[0].amount_cents == provider.minimum_visit_cents == rupiah


def test_a_base_outside_all_markets_is_refused(session: Session, now: datetime) -> None:
    account = factories.account(session, role="provider")
    with pytest.raises(errors.OutsideMarkets):
        put(session, account, now, base=NANTES)


BOW_TIE = [[4.8, 45.7], [4.9, 45.8], [4.9, 45.7], [4.8, 45.8], [4.8, 45.7]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("currency", {"currency": "CHF"}),
        ("minimum_visit_cents", {"minimum_visit_cents": -1}),
        ("languages", {"languages": []}),
        ("languages", {"languages": ["french"]}),
        ("reach_m", {"reach_m": None}),
        ("reach_m", {"reach_m": 0}),
        ("reach_m", {"reach_m": 200_001}),
        ("reach_m", {"reach_area": polygon(BOW_TIE)}),
        ("reach_area", {"reach_m": None, "reach_area": polygon(BOW_TIE)}),
        ("reach_area", {"reach_m": None, "reach_area": polygon(BOW_TIE[:3])}),
        ("reach_area", {"reach_m": None, "reach_area": {"type": "Point"}}),
        ("reach_area", {"reach_m": None, "reach_area": factories.square(factories.LYON, 2)}),
        ("skills.0.category", {"skills": [factories.skill("gutter-polishing")]}),
        ("skills.1.category", {"skills": [factories.skill(), factories.skill()]}),
        ("skills.0.price.kind", {"skills": [factories.skill(kind="barter")]}),
        ("skills.0.price.amount_cents", {"skills": [factories.skill(amount_cents=0)]}),
        ("skills.0.price.amount_cents", {"skills": [factories.skill(amount_cents=None)]}),
        (
            "skills.0.price.currency",
            {
                "skills": [
                    providers.SkillOffered(
                        category="painting", price_kind="quote", amount_cents=None, currency="CHF"
                    )
                ]
            },
        ),
        (
            "skills.0.price.amount_cents",
            {
                "skills": [
                    providers.SkillOffered(
                        category="painting", price_kind="quote", amount_cents=100, currency="EUR"
                    )
                ]
            },
        ),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(
    session: Session, now: datetime, field: str, changes: dict[str, Any]
) -> None:
    account = factories.account(session, role="provider")
    with pytest.raises(errors.InvalidInput) as refused:
        put(session, account, now, **changes)
    assert list(refused.value.fields) == [field]
    assert session.scalar(select(func.count()).select_from(models.Provider)) == 0


def test_a_reach_across_the_antimeridian_is_a_small_one(session: Session, now: datetime) -> None:
    taveuni = (-179.98, -16.8)
    markets.create_market(
        session,
        slug="taveuni",
        name="Taveuni",
        area=factories.square((-179.5, -16.8), 0.5),
        time_zone="Pacific/Fiji",
        currency="FJD",
        country="FJ",
        now=now,
    )
    across = polygon([[179.8, -17], [-179.8, -17], [-179.8, -16.6], [179.8, -16.6], [179.8, -17]])
    skill = providers.SkillOffered(
        category="painting", price_kind="quote", amount_cents=None, currency="FJD"
    )
    provider = put(
        session,
        factories.account(session, role="provider"),
        now,
        base=taveuni,
        reach_m=None,
        reach_area=across,
        skills=[skill],
        currency="FJD",
    )
    covered = select(
        *(
            func.ST_Covers(models.Provider.reach_area, geography.point(lon, -16.8))
            for lon in (179.9, -179.9, 0.0)
        )
    ).where(models.Provider.account_id == provider.account_id)
    assert tuple(session.execute(covered).one()) == (True, True, False)


def test_who_moves_to_another_market_keeps_no_visits_in_the_old_one(
    session: Session, now: datetime
) -> None:
    open_nantes(session, now)
    account = factories.account(session, role="provider")
    put(session, account, now)
    booked = factories.bare_job(session, now)
    book(session, account.id, booked.id, now + HOUR, now=now)
    with pytest.raises(errors.InvalidInput) as refused:
        put(session, account, now, base=NANTES)
    assert list(refused.value.fields) == ["base"]
    # Within the market, or once the visit is over, moving is fine.
    put(session, account, now, base=(4.9, 45.8))
    moved = put(session, account, now + 3 * HOUR, base=NANTES)
    assert moved.market_id == markets.market_by_slug(session, "nantes").id
    assert moved.time_zone == "Europe/Paris"


# The public profile ------------------------------------------------------------------


def fact(provider: models.Provider, kind: str, at: datetime, **changes: Any) -> providers.Fact:
    values: dict[str, Any] = {
        "kind": kind,
        "provider_id": provider.account_id,
        "market_id": provider.market_id,
        "category_id": 6,
        "urgency": "scheduled",
        "subject_id": uuid.uuid4(),
        "at": at,
    }
    return providers.Fact(**(values | changes))


def asked_and_answered(
    provider: models.Provider, at: datetime, minutes: int
) -> list[providers.Fact]:
    offer = uuid.uuid4()
    return [
        fact(provider, "asked", at, subject_id=offer),
        fact(provider, "answered", at + minutes * MINUTE, subject_id=offer),
    ]


def test_strangers_see_a_rating_and_how_fast_somebody_answers(
    session: Session, now: datetime
) -> None:
    provider = factories.provider(session, name="Amina", languages=["fr"], tools=["long-ladder"])
    facts = [fact(provider, "rated", now - HOUR, stars=stars) for stars in (5, 4, 4)]
    # Hidden until the other side has written too: it does not count yet.
    facts.append(fact(provider, "rated", now + HOUR, stars=1))
    for minutes in (2, 4, 60):
        facts += asked_and_answered(provider, now - 24 * HOUR, minutes)
    # Too long ago to say anything about today.
    facts += asked_and_answered(provider, now - timedelta(days=31), 500)
    providers.record.write_many(session, facts)

    seen = providers.public_profile(session, provider.account_id, now=now)
    assert seen.rating_mean == pytest.approx(13 / 3)
    assert seen.rating_count == 3
    assert seen.response_median_min == pytest.approx(4)
    assert seen.display_name == "Amina"
    assert seen.categories == ("gutter-cleaning",)
    assert not {"base", "position", "reach_m", "reach_area"} & set(dir(seen))


def test_a_new_provider_has_no_rating_rather_than_a_made_up_one(
    session: Session, now: datetime
) -> None:
    provider = factories.provider(session)
    seen = providers.public_profile(session, provider.account_id, now=now)
    assert (seen.rating_mean, seen.rating_count, seen.response_median_min) == (None, 0, None)


@pytest.mark.parametrize("column", ["suspended_at", "erased_at"])
def test_who_is_suspended_or_erased_has_no_public_profile(
    session: Session, now: datetime, column: str
) -> None:
    provider = factories.provider(session)
    account = session.get_one(accounts_models.Account, provider.account_id)
    setattr(account, column, now)
    if column == "erased_at":
        account.email = None
    session.flush()
    with pytest.raises(errors.NotFound):
        providers.public_profile(session, provider.account_id, now=now)


# Calendars ---------------------------------------------------------------------------


def calendar(
    session: Session,
    provider: models.Provider,
    now: datetime,
    weekly: list[tuple[int, str, str]] | None = None,
    exceptions: list[tuple[datetime, datetime, bool]] | None = None,
    **changes: Any,
) -> providers.Calendar:
    account = session.get_one(accounts_models.Account, provider.account_id)
    values: dict[str, Any] = {
        "time_zone": "Europe/Paris",
        "weekly": [
            providers.Hours(weekday=weekday, from_time=from_, to_time=to)
            for weekday, from_, to in (weekly or [])
        ],
        "exceptions": [
            providers.Exceptional(from_at=from_at, to_at=to_at, available=available)
            for from_at, to_at, available in (exceptions or [])
        ],
    }
    return providers.put_calendar(session, account, **(values | changes), now=now)


def free(session: Session, provider: models.Provider) -> list[tuple[datetime, datetime]]:
    session.expire(provider)
    return [(stretch.lower, stretch.upper) for stretch in provider.free_time]  # type: ignore[misc]  # rebuilt stretches are bounded


def test_a_calendar_reads_as_it_was_put(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    put_ = calendar(
        session,
        provider,
        now,
        [
            (6, "20:00", "24:00"),
            (0, "08:00", "12:00"),
            (0, "11:00", "13:30"),
            (0, "13:30", "15:00"),
        ],
        [(now + 5 * HOUR, now + 6 * HOUR, True), (now, now + HOUR, False)],
        time_zone="America/Martinique",
    )
    read = providers.get_calendar(session, provider.account_id)
    assert read == put_
    assert read.time_zone == "America/Martinique"
    assert [(h.weekday, h.from_time, h.to_time) for h in read.weekly] == [
        (0, "08:00", "15:00"),
        (6, "20:00", "24:00"),
    ]
    assert [one.available for one in read.exceptions] == [False, True]
    assert read.confirmed_at == now
    assert read.version == 2


def test_exceptions_add_and_take_away_and_taking_away_wins(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    # Weekly 14:00-16:00 on this Monday only within the horizon we look at.
    calendar(
        session,
        provider,
        now,
        [(0, "14:00", "16:00")],
        [
            (now + 3 * HOUR, now + 6 * HOUR, True),
            (now + 5 * HOUR, now + 7 * HOUR, False),
            (now - 9 * HOUR, now - 8 * HOUR, True),
        ],
    )
    assert free(session, provider)[0] == (now + 2 * HOUR, now + 5 * HOUR)


def test_an_empty_calendar_is_never_free(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    calendar(session, provider, now)
    assert free(session, provider) == []


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("time_zone", {"time_zone": "Paris"}),
        ("weekly.0.weekday", {"weekly": [(7, "08:00", "09:00")]}),
        ("weekly.0.from", {"weekly": [(0, "8:00", "09:00")]}),
        ("weekly.0.to", {"weekly": [(0, "24:00", "24:00")]}),
        ("weekly.1.to", {"weekly": [(0, "08:00", "09:00"), (0, "08:00", "24:01")]}),
        ("weekly.0.to", {"weekly": [(0, "08:00", "08:00")]}),
        ("weekly.0.to", {"weekly": [(0, "22:00", "06:00")]}),
        ("weekly", {"weekly": [(0, "08:00", "09:00")] * 101}),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(
    session: Session, now: datetime, field: str, changes: dict[str, Any]
) -> None:
    provider = factories.provider(session, now=now)
    before = providers.get_calendar(session, provider.account_id)
    with pytest.raises(errors.InvalidInput) as refused:
        calendar(session, provider, now, **changes)
    assert field in refused.value.fields
    assert providers.get_calendar(session, provider.account_id) == before


def test_exceptions_that_make_no_sense_are_refused(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    for field, exceptions in (
        ("exceptions.1.to", [(now, now + HOUR, True), (now, now, True)]),
        ("exceptions", [(now, now + HOUR, True)] * 501),
    ):
        with pytest.raises(errors.InvalidInput) as refused:
            calendar(session, provider, now, exceptions=exceptions)
        assert list(refused.value.fields) == [field]


def test_a_calendar_needs_a_profile_and_the_version_that_was_read(
    session: Session, now: datetime
) -> None:
    account = factories.account(session, role="provider")
    with pytest.raises(errors.ProfileRequired):
        providers.put_calendar(
            session, account, time_zone="Europe/Paris", weekly=[], exceptions=[], now=now
        )
    provider = factories.provider(session, now=now)
    calendar(session, provider, now, version=1)
    with pytest.raises(errors.VersionMismatch):
        calendar(session, provider, now, version=1)


# Presence ----------------------------------------------------------------------------


def presence(session: Session, provider: models.Provider) -> models.Presence:
    return session.get_one(models.Presence, provider.account_id, populate_existing=True)


def test_presence_keeps_the_last_position_and_nothing_else(session: Session, now: datetime) -> None:
    provider = factories.provider(session)
    account = session.get_one(accounts_models.Account, provider.account_id)

    def put_(online: bool, position: geography.LonLat | None, at: datetime) -> bool:
        return providers.put_presence(session, account, online=online, position=position, now=at)

    assert put_(True, (4.83, 45.76), now)
    assert put_(True, (4.90, 45.70), now + 5 * MINUTE)
    kept = presence(session, provider)
    assert kept.position is not None
    assert geography.lon_lat(kept.position) == (4.90, 45.70)
    assert (kept.position_at, kept.changed_at) == (now + 5 * MINUTE, now)

    # Off duty means unseen, whatever the phone says.
    assert put_(False, (4.90, 45.70), now + 6 * MINUTE)
    kept = presence(session, provider)
    assert (kept.online, kept.position, kept.position_at) == (False, None, None)
    assert kept.changed_at == now + 6 * MINUTE
    assert session.scalar(select(func.count()).select_from(models.Presence)) == 1

    # On duty without saying where.
    assert put_(True, None, now + 7 * MINUTE)
    assert not put_(True, None, now + 70 * MINUTE)
    assert put_(True, (4.90, 45.70), now + 71 * MINUTE)
    assert put_(True, None, now + 72 * MINUTE)
    assert presence(session, provider).position is None


@pytest.mark.parametrize(
    ("seconds", "metres", "written"),
    [(29, 0, False), (29, 99, False), (29, 101, True), (30, 0, True), (0, 0, False)],
)
def test_a_phone_that_stands_still_costs_no_write(
    session: Session, now: datetime, seconds: int, metres: float, written: bool
) -> None:
    provider = factories.provider(session)
    account = session.get_one(accounts_models.Account, provider.account_id)
    here = (4.83, 45.76)
    there = (4.83, 45.76 + metres / 111_195.08)
    providers.put_presence(session, account, online=True, position=here, now=now)
    later = now + timedelta(seconds=seconds)
    before = session.scalar(text("SELECT xmin::text || ctid::text FROM presences"))
    put_ = providers.put_presence(session, account, online=True, position=there, now=later)
    after = session.scalar(text("SELECT xmin::text || ctid::text FROM presences"))
    assert put_ is written
    assert (before != after) is written


def test_presence_needs_a_profile(session: Session, now: datetime) -> None:
    account = factories.account(session, role="provider")
    with pytest.raises(errors.ProfileRequired):
        providers.put_presence(session, account, online=True, position=None, now=now)


# Bookings ----------------------------------------------------------------------------


def test_a_booking_and_its_buffer_leave_free_time_and_come_back(
    session: Session, now: datetime
) -> None:
    provider = factories.provider(session, now=now)
    before = free(session, provider)
    assert before[0] == (now, now + 7 * HOUR)
    booked = factories.bare_job(session, now)
    book(session, provider.account_id, booked.id, now + 2 * HOUR, now=now)
    assert free(session, provider)[:2] == [
        (now, now + 2 * HOUR - 15 * MINUTE),
        (now + 3 * HOUR + 15 * MINUTE, now + 7 * HOUR),
    ]
    assert free(session, provider)[2:] == before[1:]

    released = providers.release(session, job_id=booked.id, because="job-cancelled", now=now)
    assert released is not None
    assert (released.released_at, released.released_because) == (now, "job-cancelled")
    assert free(session, provider) == before
    assert providers.release(session, job_id=booked.id, because="again", now=now) is None


def test_hours_that_overlap_are_booked_once(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    first, second = factories.bare_job(session, now), factories.bare_job(session, now)
    book(session, provider.account_id, first.id, now + 2 * HOUR, now=now)
    with pytest.raises(errors.CalendarConflict):
        book(session, provider.account_id, second.id, now + 2 * HOUR + 59 * MINUTE, now=now)
    # The hour after it touches and does not overlap; the transaction is still usable.
    book(session, provider.account_id, second.id, now + 3 * HOUR, now=now)
    # Somebody else may have the very same hour; a released one may be taken anew.
    other = factories.provider(session, now=now)
    book(session, other.account_id, factories.bare_job(session, now).id, now + 2 * HOUR, now=now)
    providers.release(session, job_id=first.id, because="job-cancelled", now=now)
    book(session, provider.account_id, first.id, now + 2 * HOUR, now=now)


def test_a_job_holds_one_booking(session: Session, now: datetime) -> None:
    booked = factories.bare_job(session, now)
    one, two = factories.provider(session, now=now), factories.provider(session, now=now)
    book(session, one.account_id, booked.id, now + HOUR, now=now)
    with pytest.raises(errors.AlreadyTaken):
        book(session, two.account_id, booked.id, now + HOUR, now=now)


def test_of_many_who_book_overlapping_hours_at_once_one_gets_them(
    own_database: Engine, now: datetime
) -> None:
    for _ in range(5):
        with database.transaction() as session:
            provider_id = factories.provider(session, now=now).account_id
            job_ids = [factories.bare_job(session, now).id for _ in range(12)]

        def attempt(
            job_id: uuid.UUID, late: int, provider_id: uuid.UUID = provider_id
        ) -> str | None:
            try:
                with database.transaction() as session:
                    starts_at = now + HOUR + late * MINUTE
                    book(session, provider_id, job_id, starts_at, now=now)
            except errors.DomainError as refused:
                return refused.slug
            return None

        with ThreadPoolExecutor(12) as pool:
            outcomes = list(pool.map(attempt, job_ids, range(12)))
        assert outcomes.count(None) == 1
        assert outcomes.count("calendar-conflict") == 11


# The record --------------------------------------------------------------------------


def test_the_same_fact_counts_once(session: Session, now: datetime) -> None:
    provider = factories.provider(session)
    kept = fact(provider, "kept", now)
    providers.record.write_many(session, [kept, kept])
    providers.record.write_many(session, [kept, fact(provider, "kept", now)])
    providers.record.write_many(session, [])
    assert providers.figures(session, provider.account_id, now=now).kept == 2


def test_a_fact_may_be_redated_or_struck(session: Session, now: datetime) -> None:
    provider = factories.provider(session)
    hidden = fact(provider, "rated", now + HOUR, stars=5)
    unsent = fact(provider, "asked", now - MINUTE)
    providers.record.write_many(session, [hidden, unsent])
    before = providers.figures(session, provider.account_id, now=now)
    assert (before.rating_count, before.asked) == (0, 1)
    providers.record.redate(
        session,
        kind="rated",
        provider_id=provider.account_id,
        subject_id=hidden.subject_id,
        at=now,
    )
    providers.record.forget(session, kind="asked", subject_ids=[unsent.subject_id])
    after = providers.figures(session, provider.account_id, now=now)
    assert (after.rating_count, after.rating_mean, after.asked) == (1, 5, 0)


def test_a_provider_sees_figures_of_the_last_weeks(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now - timedelta(days=100))
    facts = [fact(provider, "unanswered", now - HOUR), fact(provider, "withdrawn", now - HOUR)]
    for minutes in (1, 3):
        facts += asked_and_answered(provider, now - 2 * HOUR, minutes)
    for kind in ("kept", "kept", "late", "cancelled", "absent"):
        facts.append(fact(provider, kind, now - timedelta(days=80)))
    # What is too old, and what is to come, does not count.
    facts += asked_and_answered(provider, now - timedelta(days=40), 9)
    facts.append(fact(provider, "kept", now - timedelta(days=91)))
    facts.append(fact(provider, "asked", now + HOUR))
    providers.record.write_many(session, facts)
    book(session, provider.account_id, factories.bare_job(session, now).id, now + HOUR, now=now)

    figures = providers.figures(session, provider.account_id, now=now)
    assert (figures.response_days, figures.visit_days) == (30, 90)
    assert (figures.asked, figures.answered, figures.unanswered, figures.withdrawn) == (2, 2, 1, 1)
    assert figures.response_share == pytest.approx(2 / 3)
    assert figures.response_median_min == pytest.approx(2)
    assert (figures.accepted, figures.acceptance_share) == (1, 0.5)
    assert (figures.kept, figures.late, figures.cancelled, figures.absent) == (2, 1, 1, 1)


def test_figures_of_nobody_are_not_found(session: Session) -> None:
    with pytest.raises(errors.NotFound):
        providers.figures(session, uuid.uuid4(), now=datetime.now(UTC))


def test_more_tools_than_a_search_can_pass_are_refused(session: Session, now: datetime) -> None:
    account = factories.account(session, role="provider", now=now)
    bounds = profiles.MOST_TOOLS, profiles.MOST_OF_TOOLS // profiles.MOST_TOOLS
    for tools in (
        [f"tool-{n}" for n in range(bounds[0] + 1)],
        [f"{n:02}".ljust(bounds[1] + 1, "x") for n in range(bounds[0])],
    ):
        with pytest.raises(errors.InvalidInput) as refused:
            put(session, account, now, tools=tools)
        assert list(refused.value.fields) == ["tools"]
    # As many and as long as may be, together with every language there is room for, go
    # into the index, whose entries may be 2,704 bytes long.
    tools = [f"{n:02}".ljust(bounds[1], "x") for n in range(bounds[0])]
    languages = [f"{a}{b}" for a in "abcdefg" for b in "abcdef"][: profiles.MOST_LANGUAGES]
    put(session, account, now, tools=tools, languages=languages)
    session.execute(text("SET CONSTRAINTS search_index_settle IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS search_index_settle DEFERRED"))
    assert matching.index.check(session) == []
