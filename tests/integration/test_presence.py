"""Who is on duty, where they were, and how long anybody remembers it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from jobbing_api import database, markets, matching, providers
from jobbing_api.geography import LonLat
from jobbing_api.providers import models
from tests import factories

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)

#: What the rules of a new market say for ``now``.
FRESH = timedelta(seconds=600)


def put(
    session: Session,
    provider: models.Provider,
    position: LonLat | None,
    *,
    at: datetime,
    online: bool = True,
) -> bool:
    person = factories.person(session, provider.account_id)
    return providers.put_presence(session, person, online=online, position=position, now=at)


def last(session: Session, provider: models.Provider) -> models.Presence:
    session.expire_all()
    return session.get_one(models.Presence, provider.account_id)


def rank(session: Session, now: datetime, urgency: str, **changes: Any) -> matching.Ranking:
    """Who cleans a gutter in Lyon: within the next hours, or tomorrow?"""
    tomorrow = (now + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
    starts_at = now if urgency == "now" else tomorrow
    market_id = markets.market_by_slug(session, "lyon").id
    category_id = markets.category_by_slug(session, "gutter-cleaning").id
    values: dict[str, Any] = {
        "job_id": uuid.uuid4(),
        "market_id": market_id,
        "category_id": category_id,
        "resident_id": uuid.uuid4(),
        "place": factories.LYON,
        "window_from": starts_at,
        "window_to": starts_at + 4 * HOUR,
        "duration_minutes": 60,
        "urgency": urgency,
        "budget_kind": "fixed",
        "budget_cents": 9_000,
    }
    policy = markets.policy_in_force(
        session, market_id=market_id, category_id=category_id, urgency=urgency, now=now
    )
    request = matching.Request(**(values | changes))
    return matching.rank(session, request, policy, 10, now=now)


def ids(ranking: matching.Ranking) -> list[uuid.UUID]:
    return [one.provider_id for one in ranking.candidates]


# --- off duty --------------------------------------------------------------------------------


def test_off_duty_there_is_no_position_to_rank_from(session: Session, now: datetime) -> None:
    provider = factories.provider(session, base=factories.north(factories.LYON, 5_000))
    put(session, provider, factories.north(factories.LYON, 1_000), at=now)
    assert rank(session, now, "now").candidates[0].distance_m == pytest.approx(1_000, abs=1)
    put(session, provider, factories.LYON, at=now + SECOND, online=False)
    assert last(session, provider).position is None
    # Back on duty without saying where from.
    put(session, provider, None, at=now + 2 * SECOND)
    [back] = rank(session, now + 2 * SECOND, "now").candidates
    assert back.distance_m == pytest.approx(5_000, abs=1)


def test_off_duty_nobody_is_asked_for_now(session: Session, now: datetime) -> None:
    working, resting, never = (factories.provider(session) for _ in range(3))
    put(session, working, factories.LYON, at=now)
    put(session, resting, factories.LYON, at=now)
    assert set(ids(rank(session, now, "now"))) == {working.account_id, resting.account_id}
    put(session, resting, None, at=now + SECOND, online=False)
    assert ids(rank(session, now + SECOND, "now")) == [working.account_id]
    put(session, working, None, at=now + SECOND, online=False)
    nobody = rank(session, now + SECOND, "now")
    assert (ids(nobody), nobody.fell_out) == ([], {"offline": 3})
    assert never.account_id not in ids(nobody)


def test_off_duty_scheduled_work_is_asked_by_calendar(session: Session, now: datetime) -> None:
    resting, away = (factories.provider(session, now=now) for _ in range(2))
    for one in (resting, away):
        put(session, one, None, at=now, online=False)
    tomorrow = (now + timedelta(days=1)).replace(hour=0)
    factories.away(session, away, from_at=tomorrow, to_at=tomorrow + 24 * HOUR, now=now)
    [candidate] = rank(session, now, "scheduled").candidates
    assert candidate.provider_id == resting.account_id
    # The calendar alone: 08 in Lyon, whatever duty says.
    assert candidate.starts_at == now.replace(hour=6) + timedelta(days=1)
    everybody = rank(session, now, "scheduled", only=[resting.account_id, away.account_id])
    assert everybody.fell_out == {"slot": 1}


# --- positions grow old ----------------------------------------------------------------------


def test_a_position_expires_when_ranking_stops_looking_at_it(
    session: Session, now: datetime
) -> None:
    base, spot = factories.north(factories.LYON, 5_000), factories.north(factories.LYON, 1_000)
    provider = factories.provider(session, base=base)
    put(session, provider, spot, at=now)

    def from_m(at: datetime) -> float:
        return rank(session, at, "now").candidates[0].distance_m

    assert providers.expire_positions(session, now=now + FRESH) == 0
    assert from_m(now + FRESH) == pytest.approx(1_000, abs=1)
    late = now + FRESH + SECOND
    assert from_m(late) == pytest.approx(5_000, abs=1)
    assert providers.expire_positions(session, now=late) == 1
    presence = last(session, provider)
    assert (presence.online, presence.position, presence.position_at) == (True, None, None)
    # On duty since when is not forgotten with it.
    assert presence.changed_at == now
    assert from_m(late) == pytest.approx(5_000, abs=1)
    # The phone is back, and is where it was.
    assert put(session, provider, spot, at=late)
    assert from_m(late) == pytest.approx(1_000, abs=1)


def test_how_old_is_too_old_is_each_markets_own_rule(session: Session, now: datetime) -> None:
    market = markets.create_market(
        session,
        slug="elsewhere",
        name="Elsewhere",
        area=factories.square((10.0, 50.0), 0.2),
        time_zone="Europe/Berlin",
        currency="EUR",
        country="DE",
        now=now - 24 * HOUR,
    )
    markets.write_policy(
        session,
        market_id=market.id,
        category_id=None,
        urgency="now",
        rules=markets.default_rules("now") | {"fresh_position_s": 60},
        in_force_from=now,
        note="",
        now=now,
    )
    here = factories.provider(session)
    there = factories.provider(session, base=(10.0, 50.0))
    for one, place in ((here, factories.LYON), (there, (10.0, 50.0))):
        put(session, one, place, at=now)
    assert providers.expire_positions(session, now=now + 61 * SECOND) == 1
    assert last(session, here).position is not None
    assert last(session, there).position is None


def test_a_market_whose_rules_are_still_to_come_expires_nothing(
    session: Session, now: datetime
) -> None:
    markets.create_market(
        session,
        slug="tomorrow",
        name="Tomorrow",
        area=factories.square((10.0, 50.0), 0.2),
        time_zone="Europe/Berlin",
        currency="EUR",
        country="DE",
        now=now + 24 * HOUR,
    )
    provider = factories.provider(session)
    put(session, provider, factories.LYON, at=now)
    assert providers.expire_positions(session, now=now + FRESH + SECOND) == 1


def test_who_has_no_old_position_is_not_written(session: Session, now: datetime) -> None:
    young, without, resting = (factories.provider(session) for _ in range(3))
    put(session, young, factories.LYON, at=now + HOUR)
    put(session, without, None, at=now)
    put(session, resting, None, at=now, online=False)
    rows = text("SELECT provider_id, xmin::text || ctid::text FROM presences ORDER BY 1")
    before = session.execute(rows).all()
    assert providers.expire_positions(session, now=now + HOUR + FRESH) == 0
    assert session.execute(rows).all() == before


def test_a_phone_that_reports_meanwhile_is_not_waited_for(
    own_database: Engine, now: datetime
) -> None:
    with database.transaction() as session:
        here, there = factories.provider(session, now=now), factories.provider(session, now=now)
        for one in (here, there):
            put(session, one, factories.LYON, at=now)
    late = now + FRESH + SECOND
    with database.transaction() as reporting:
        put(reporting, here, factories.LYON, at=late)
        with database.transaction() as expiring:
            assert providers.expire_positions(expiring, now=late) == 1
    with database.transaction() as session:
        assert last(session, here).position_at == late
        assert last(session, there).position is None


# --- standing still --------------------------------------------------------------------------


def test_a_phone_that_stands_still_stays_fresh_and_writes_every_half_minute(
    session: Session, now: datetime
) -> None:
    provider = factories.provider(session, base=factories.north(factories.LYON, 5_000))
    written = 0
    for seconds in range(0, 1_800, 5):
        at = now + seconds * SECOND
        written += put(session, provider, factories.LYON, at=at)
        seen_at = last(session, provider).position_at
        assert seen_at is not None
        assert at - seen_at < 30 * SECOND
    assert written == 1_800 / 30
    ranking = rank(session, now + 1_800 * SECOND, "now")
    assert ranking.candidates[0].distance_m == pytest.approx(0, abs=1)


def test_a_move_touches_no_index_row(session: Session, now: datetime) -> None:
    provider = factories.provider(session)
    put(session, provider, factories.LYON, at=now)
    rank(session, now, "now")
    rows = text("SELECT xmin::text || ctid::text FROM search_index")
    before = session.scalars(rows).all()
    put(session, provider, factories.north(factories.LYON, 500), at=now + SECOND)
    [moved] = rank(session, now + SECOND, "now").candidates
    assert moved.distance_m == pytest.approx(500, abs=1)
    assert session.scalars(rows).all() == before
