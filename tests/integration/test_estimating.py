"""What jobs cost and how long others waited: of whom that is told, and of how few it is not."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from jobbing_api import geography, markets, offers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.geography import LonLat
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.offers import estimating
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models
from tests import factories
from tests.conftest import NOW
from tests.factories import LYON, north

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def ask(session: Session, now: datetime, **changes: Any) -> offers.Estimate:
    resident = changes.pop("resident", None) or factories.account(session)
    return offers.estimate(session, resident, brief=factories.brief(now, **changes), now=now)


def past_job(session: Session, at: datetime, **columns: Any) -> jobs_models.Job:
    """A job's row as somebody else posted it at that time."""
    row = factories.bare_job(session, at)
    # Whoever was asked about it, and came, is another story.
    for name, value in {"state": "open", **columns}.items():
        setattr(row, name, value)
    row.wake_at = at if row.state == "open" else None
    session.flush()
    return row


def finished(
    session: Session,
    now: datetime,
    cents: int,
    *,
    provider: providers_models.Provider,
    place: LonLat = LYON,
    cost_cents: int | None = None,
    days_ago: int = 10,
    **columns: Any,
) -> jobs_models.Job:
    at = now - days_ago * DAY
    order = {"total_cents": cents, "cost_cents": cost_cents, "lines": []}
    if cost_cents is None:
        del order["cost_cents"]
    return past_job(
        session,
        at,
        state=JobState.COMPLETED,
        provider_id=provider.account_id,
        starts_at=at,
        ends_at=at + 60 * MINUTE,
        completed_at=at,
        location=geography.point(*place),
        order=order,
        **columns,
    )


@pytest.fixture
def three(session: Session, now: datetime) -> Sequence[providers_models.Provider]:
    """Three who work; none of them within reach of anything, so that their own prices are
    told by nobody's record."""
    base = north(LYON, 45_000)
    return [factories.provider(session, base=base, reach_m=100, now=now) for _ in range(3)]


def paid(
    session: Session,
    now: datetime,
    cents: Sequence[int],
    three: Sequence[providers_models.Provider],
    **how: Any,
) -> None:
    for amount, provider in zip(cents, itertools.cycle(three), strict=False):
        finished(session, now, amount, provider=provider, **how)


# Prices --------------------------------------------------------------------------------


def test_four_finished_jobs_tell_nothing_and_five_tell_their_quartiles(
    session: Session, now: datetime, three: Sequence[providers_models.Provider]
) -> None:
    paid(session, now, [4_000, 5_000, 6_000, 7_000], three)
    assert ask(session, now).price is None
    paid(session, now, [50_000], three)
    price = ask(session, now).price
    assert price is not None
    assert (price.basis, price.area, price.counted) == ("finished-jobs", "nearby", 5)
    assert price.total == estimating.Quartiles(5_000, 6_000, 7_000)
    assert price.cost == price.total


def test_too_few_nearby_are_told_with_those_of_the_market(
    session: Session, now: datetime, three: Sequence[providers_models.Provider]
) -> None:
    far = north(LYON, 45_000)
    assert geography.neighbourhood(far) != geography.neighbourhood(LYON)
    paid(session, now, [4_000, 5_000, 6_000, 7_000], three)
    paid(session, now, [20_000, 30_000, 40_000, 50_000], three, place=far)
    price = ask(session, now).price
    assert price is not None
    assert (price.area, price.counted) == ("market", 8)
    assert price.total == estimating.Quartiles(5_000, 7_000, 30_000)
    paid(session, now, [8_000], three)
    price = ask(session, now).price
    assert price is not None
    assert (price.area, price.counted, price.total.high) == ("nearby", 5, 7_000)
    # There it is the other way round.
    there = ask(session, now, location=far).price
    assert there is not None
    assert (there.area, there.counted) == ("market", 9)


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": NOW - 366 * DAY},
        {"duration_minutes": 59},
        {"duration_minutes": 120},
        {"category_id": 7},
        {"state": JobState.FINISHED},
    ],
)
def test_what_is_old_other_or_not_done_is_no_price(
    session: Session,
    now: datetime,
    three: Sequence[providers_models.Provider],
    changes: dict[str, Any],
) -> None:
    paid(session, now, [4_000, 5_000, 6_000, 7_000], three)
    row = finished(session, now, 8_000, provider=three[0])
    assert ask(session, now).price is not None
    for name, value in changes.items():
        setattr(row, name, value)
    session.flush()
    assert ask(session, now).price is None


@pytest.mark.parametrize(
    "band", [(15, 29), (30, 59), (60, 119), (120, 239), (240, 479), (480, 1440)]
)
def test_two_lengths_are_told_the_same_jobs_or_none_of_each_others(
    session: Session,
    now: datetime,
    three: Sequence[providers_models.Provider],
    band: tuple[int, int],
) -> None:
    """Whoever asks for one length and then another does not find the one job between them."""
    paid(session, now, [4_000] * 4, three, duration_minutes=band[0])
    paid(session, now, [31_337], three, duration_minutes=band[1])
    day = {"window_from": now + DAY, "window_to": now + 3 * DAY}
    told = [
        ask(session, now, duration_minutes=minutes, **day).price
        for minutes in (band[0], sum(band) // 2, band[1])
    ]
    assert [price and price.counted for price in told] == [5, 5, 5]
    assert told[0] == told[1] == told[2]
    beyond = [minutes for minutes in (band[0] - 1, band[1] + 1) if 15 <= minutes <= 1440]
    assert [ask(session, now, duration_minutes=minutes, **day).price for minutes in beyond] == [
        None for _ in beyond
    ]


def test_one_resident_is_one_price_the_latest(
    session: Session, now: datetime, three: Sequence[providers_models.Provider]
) -> None:
    busy = factories.account(session)
    paid(session, now, [90_000] * 9, three, resident_id=busy.id, days_ago=20)
    paid(session, now, [5_000, 6_000, 7_000], three)
    paid(session, now, [4_000], three, resident_id=busy.id, days_ago=5)
    assert ask(session, now).price is None
    paid(session, now, [8_000], three)
    price = ask(session, now).price
    assert price is not None
    assert (price.counted, price.total) == (5, estimating.Quartiles(5_000, 6_000, 7_000))


def test_two_providers_would_know_each_others_prices(
    session: Session, now: datetime, three: Sequence[providers_models.Provider]
) -> None:
    paid(session, now, [5_000] * 12, three[:2])
    assert ask(session, now).price is None
    paid(session, now, [5_000], three[2:])
    assert ask(session, now).price is not None


def test_ones_own_jobs_are_not_told_as_others(
    session: Session, now: datetime, three: Sequence[providers_models.Provider]
) -> None:
    paid(session, now, [5_000] * 4, three)
    mine = factories.account(session)
    paid(session, now, [5_000], three, resident_id=mine.id)
    assert ask(session, now, resident=mine).price is None
    assert ask(session, now).price is not None
    # Nor are the jobs of a provider who asks as a resident.
    working = session.get_one(accounts_models.Account, three[0].account_id)
    assert ask(session, now, resident=working).price is None


def test_what_is_left_after_a_tax_credit_is_told_beside(
    session: Session, now: datetime, three: Sequence[providers_models.Provider]
) -> None:
    for cents, cost in ((4_000, 2_000), (6_000, 3_000), (8_000, None), (9_000, 4_500)):
        paid(session, now, [cents], three, cost_cents=cost)
    paid(session, now, [10_000], three[1:], cost_cents=10_000)
    paid(session, now, [10_000], three[2:], cost_cents=10_000)
    price = ask(session, now).price
    assert price is not None
    assert price.total == estimating.Quartiles(6_000, 8_000, 10_000)
    assert price.cost == estimating.Quartiles(3_000, 4_500, 10_000)


def test_without_a_record_five_who_could_come_tell_what_they_ask(
    session: Session, now: datetime
) -> None:
    hourly = [
        factories.provider(
            session, skills=[factories.skill(kind="hourly", amount_cents=cents)], now=now
        )
        for cents in (2_000, 3_000, 4_000, 8_000)
    ]
    factories.provider(session, skills=[factories.skill(kind="quote")], now=now)
    assert ask(session, now).price is None
    factories.provider(session, skills=[factories.skill(amount_cents=5_000)], now=now)
    price = ask(session, now).price
    assert price is not None
    assert (price.basis, price.area, price.counted) == ("providers-prices", "nearby", 5)
    # An hour and a half of 20, 30 and 40 EUR; 50 EUR flat.
    assert price.total == estimating.Quartiles(4_500, 5_000, 6_000)
    # Whoever is too dear by the hour could not come for that, but is of this market.
    by_the_hour = {"budget_kind": "hourly", "budget_cents": 3_500}
    price = ask(session, now, **by_the_hour).price
    assert price is not None
    assert (price.area, price.counted) == ("market", 5)
    # What they come for at least is no part of an hourly price, as no offer has it.
    hourly[0].minimum_visit_cents = 50_000
    session.flush()
    assert ask(session, now, **by_the_hour).price == price


def test_a_tax_credit_is_that_of_those_who_are_declared(session: Session, now: datetime) -> None:
    skills = [factories.skill("hedge-trimming", amount_cents=6_000)]
    people = [factories.provider(session, skills=skills, now=now) for _ in range(5)]
    market = session.query(markets.models.Market).one()
    markets.write_policy(
        session,
        market_id=market.id,
        category_id=None,
        urgency="scheduled",
        rules=markets.default_rules("scheduled") | {"tax_share": 0.2, "tax_credit_share": 0.5},
        in_force_from=now,
        note="",
        now=now,
    )
    for provider in people[:2]:
        session.add(
            providers_models.Paper(provider_id=provider.account_id, kind="S", verified_at=now)
        )
    session.flush()
    found = ask(session, now, category="hedge-trimming")
    assert found.creditable
    assert found.price is not None
    assert found.price.total == estimating.Quartiles(6_000, 6_000, 6_000)
    assert found.price.cost == estimating.Quartiles(3_000, 6_000, 6_000)
    assert not ask(session, now).creditable


def test_quartiles_are_values_below_which_so_many_are() -> None:
    rng = random.Random(4)
    for size in range(1, 60):
        values = [rng.randint(0, 20) for _ in range(size)]
        found = estimating.quartiles(values)
        for share, value in ((0.25, found.low), (0.5, found.median), (0.75, found.high)):
            assert value is not None
            assert sum(one <= value for one in values) >= share * size
            assert sum(one < value for one in values) < share * size


# Waiting -------------------------------------------------------------------------------


def answered(
    session: Session,
    now: datetime,
    provider: providers_models.Provider,
    after_minutes: Sequence[float],
    *,
    declines: bool = False,
    round_: int = 1,
    **columns: Any,
) -> jobs_models.Job:
    """A job of ten days ago, and an offer for each answer so long after it was posted; none
    at all for ``-1``."""
    at = now - 10 * DAY
    columns = {"state": JobState.CANCELLED, **columns}
    job = past_job(session, at, **columns)
    for minutes in after_minutes:
        other = factories.provider(session, base=north(LYON, 45_000), reach_m=100, now=now)
        session.add(
            offers_models.Offer(
                id=uuid.uuid4(),
                market_id=job.market_id,
                job_id=job.id,
                round=round_,
                wave=1,
                provider_id=other.account_id if minutes >= 0 else provider.account_id,
                state=OfferState.DECLINED if declines else OfferState.WITHDRAWN,
                decline_reason="time" if declines else None,
                rank=1,
                score=1.0,
                parts={},
                distance_m=100,
                starts_at=at,
                ends_at=at + 60 * MINUTE,
                price={},
                send_at=at,
                expires_at=at + 120 * MINUTE,
                answered_at=None if minutes < 0 else at + minutes * MINUTE,
                created_at=at,
            )
        )
    session.flush()
    return job


def test_four_who_waited_tell_nothing_and_five_tell_a_range(
    session: Session, now: datetime, three: Sequence[providers_models.Provider]
) -> None:
    for minutes in ([3], [90, 10, 400], [20, -1], [-1]):
        answered(session, now, three[0], minutes)
    assert ask(session, now).wait is None
    answered(session, now, three[0], [29.5])
    wait = ask(session, now).wait
    assert wait is not None
    # One in five was never answered.
    assert (wait.counted, wait.minutes) == (5, estimating.Quartiles(10, 20, 30))
    for _ in range(3):
        answered(session, now, three[0], [-1])
    wait = ask(session, now).wait
    assert wait is not None
    assert (wait.counted, wait.minutes) == (8, estimating.Quartiles(10, 30, None))


@pytest.mark.parametrize(
    ("minutes", "changes"),
    [
        # Still waits; was asked about in another way, or for now; nobody could be asked.
        ([-1], {"state": JobState.OPEN}),
        ([5], {"mode": "choose"}),
        ([5], {"urgency": "flexible"}),
        ([], {}),
        # Only those asked first are told of.
        ([5], {"round_": 2}),
        ([5], {"category_id": 7}),
    ],
)
def test_whoever_was_asked_otherwise_says_nothing_of_this(
    session: Session,
    now: datetime,
    three: Sequence[providers_models.Provider],
    minutes: list[float],
    changes: dict[str, Any],
) -> None:
    for _ in range(4):
        answered(session, now, three[0], [5])
    answered(session, now, three[0], minutes, **changes)
    assert ask(session, now).wait is None
    answered(session, now, three[0], [5])
    assert ask(session, now).wait is not None


def test_a_no_is_no_answer_to_wait_for(
    session: Session, now: datetime, three: Sequence[providers_models.Provider]
) -> None:
    for _ in range(4):
        answered(session, now, three[0], [5])
    answered(session, now, three[0], [1], declines=True)
    answered(session, now, three[0], [1], declines=True)
    answered(session, now, three[0], [1], declines=True)
    wait = ask(session, now).wait
    assert wait is not None
    assert wait.minutes == estimating.Quartiles(5, 5, None)


# The first hour ------------------------------------------------------------------------


def test_a_first_hour_is_told_to_the_half_hour(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    brief = factories.brief(now)
    until = brief.window_from + timedelta(hours=3, minutes=7)
    factories.away(session, provider, from_at=now, to_at=until, now=now)
    assert ask(session, now).starts_at == brief.window_from + timedelta(hours=3, minutes=30)
    until = brief.window_to - timedelta(minutes=91)
    factories.away(session, provider, from_at=now, to_at=until, now=now)
    # Not later than it can still begin.
    assert ask(session, now).starts_at == brief.window_to - timedelta(minutes=90)
