"""``matching.rank`` and ``matching.slot`` against the oracle, in thousands of imagined cases.

The worlds are the same in every run, so that a red run is the change's doing.
``JOBBING_TEST_DEPTH=10`` asks ten times as many, and new ones each time.
"""

from __future__ import annotations

import itertools
import os
import random
import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from jobbing_api import geography, markets, matching, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.matching import models as matching_models
from jobbing_api.providers import models as providers_models
from tests import factories, oracle, worlds

DEPTH = int(os.environ.get("JOBBING_TEST_DEPTH", "1"))
WORLDS = 150
REQUESTS = 15

#: Scores and parts are sums of floats; PostGIS rounds distances to 10 nm.
CLOSE = 1e-9
CLOSE_M = 1e-6

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


# The engine beside the oracle -----------------------------------------------------------


def differences(ranking: matching.Ranking, verdict: oracle.Verdict, limit: int) -> list[str]:
    """What the engine says otherwise than the oracle, in words."""
    found: list[str] = []

    def same(what: str, engine: object, expected: object) -> None:
        if engine != expected:
            found.append(f"{what}: the engine says {engine}, the oracle {expected}")

    def near(what: str, engine: float, expected: float, by: float) -> None:
        if not abs(engine - expected) <= by:
            found.append(f"{what}: the engine says {engine!r}, the oracle {expected!r}")

    same("eligible", ranking.eligible, verdict.eligible)
    same("tier", ranking.tier, verdict.tier)
    same("candidates", len(ranking.candidates), min(limit, len(verdict.placed)))

    reasons = {person: name for _, person, name in verdict.missed}
    if ranking.complete:
        same("in reach", ranking.in_reach, verdict.in_reach)
        same("ranked", ranking.ranked, len(verdict.placed))
        same("fell out", dict(ranking.fell_out), dict(verdict.fell_out))
        same("near misses", len(ranking.near_misses), min(20, len(verdict.missed)))
    for miss, (distance_m, _, _) in zip(ranking.near_misses, verdict.missed, strict=False):
        same(f"filter of {miss.provider_id}", miss.filter, reasons.get(miss.provider_id))
        near(f"distance of {miss.provider_id}", miss.distance_m, distance_m, CLOSE_M)

    by_id = {one.provider_id: one for one in verdict.placed}
    both = zip(ranking.candidates, verdict.placed, strict=False)
    for place, (mine, theirs) in enumerate(both, start=1):
        who = f"place {place}, {mine.provider_id}"
        near(f"score at place {place}", mine.score, theirs.score, CLOSE)
        one = by_id.get(mine.provider_id)
        if one is None:
            found.append(f"{who}: fell out for the oracle, by {reasons.get(mine.provider_id)}")
            continue
        # Only those whom float sums barely tell apart may stand the other way round, and
        # not those whom nothing tells apart: there the hash decides.
        if mine.provider_id != theirs.provider_id and not (
            1e-12 < abs(one.score - theirs.score) <= CLOSE
        ):
            found.append(f"{who}: the oracle has {theirs.provider_id} there")
        near(f"{who}, score", mine.score, one.score, CLOSE)
        near(f"{who}, distance", mine.distance_m, one.distance_m, CLOSE_M)
        near(f"{who}, stars", mine.stars, one.stars, CLOSE)
        same(f"{who}, parts", sorted(mine.parts), sorted(one.parts))
        for name, part in mine.parts.items():
            near(f"{who}, {name}", part.value, one.parts[name][0], CLOSE)
            same(f"{who}, weight of {name}", part.weight, one.parts[name][1])
        for what in (
            "starts_at",
            "ends_at",
            "outside_hours",
            "price_kind",
            "amount_cents",
            "call_out_fee_cents",
        ):
            same(f"{who}, {what}", getattr(mine, what), getattr(one, what))
    return found


def situations(
    question: worlds.Question, verdict: oracle.Verdict, sources: oracle.Sources
) -> set[str]:
    """What is worth knowing to have happened, by name."""
    request, policy, now = question.request, question.policy, question.now
    people = [sources.people[one.provider_id] for one in verdict.placed]
    scores = Counter(round(one.score, 9) for one in verdict.placed)
    own_base = [
        one.distance_m == oracle.metres(person.base, request.place)
        for one, person in zip(verdict.placed, people, strict=True)
    ]
    floors = sorted(tier.eligible_at_least for tier in policy.tiers)
    visits = [visit for person in people for visit in person.visits]
    rings = [ring for person in people for ring in person.reach_rings]
    zones = {ZoneInfo(person.time_zone) for person in people}
    lon, lat = request.place
    left = request.window_to - max(request.window_from, now)
    market_zone = ZoneInfo(sources.time_zones[request.market_id])
    yes = {
        "candidates": bool(people),
        "nobody in reach": verdict.in_reach == 0,
        "everybody busy": verdict.fell_out["slot"] > 5 and not people,
        "fifty eligible or more": verdict.eligible >= 50 and bool(people),
        "a tie": max(scores.values(), default=0) > 1,
        "cut by the limit": question.limit < len(people),
        "reach by area": bool(rings),
        "an area with a hole": any(len(person.reach_rings) > 1 for person in people),
        "an area across the antimeridian": abs(lat) < 85
        and any(max(x for x, _ in ring) - min(x for x, _ in ring) > 180 for ring in rings),
        "a base across the antimeridian": abs(lat) < 85
        and any(abs(person.base[0] - lon) > 180 for person in people),
        "at a high latitude": bool(people) and abs(lat) > 75,
        "around a pole": bool(people) and abs(lat) > 85,
        "from a fresh position": not all(own_base),
        "a stale position": request.urgency == "now"
        and any(
            at_base and person.position is not None
            for at_base, person in zip(own_base, people, strict=True)
        ),
        "outside hours": any(one.outside_hours for one in verdict.placed),
        "the clocks change in the window": any(
            now.astimezone(zone).utcoffset() != request.window_to.astimezone(zone).utcoffset()
            for zone in zones
        ),
        "in an hour that comes twice": bool(people) and now.astimezone(market_zone).fold == 1,
        "exceptions": any(
            starts_at < request.window_to and ends_at > request.window_from
            for person in people
            for starts_at, ends_at, _ in person.exceptions
        ),
        "a visit in the window": any(
            visit.starts_at < request.window_to and visit.ends_at > request.window_from
            for visit in visits
        ),
        "a long way from a visit": any(
            policy.travel_min_per_km * oracle.metres(visit.place, request.place) > 60_000
            and visit.starts_at < request.window_to + DAY
            and visit.ends_at > request.window_from - DAY
            for visit in visits
        ),
        "overlapping weekly stretches": any(
            a != b and a[0] == b[0] and a[1] <= b[1] < a[2]
            for person in people
            for a in person.weekly
            for b in person.weekly
        ),
        "a window begun": bool(people) and request.window_from < now,
        "too little of the window left": left < request.duration
        and request.duration <= request.window_to - request.window_from,
        "a window over": request.window_to < now,
        "now with seconds": bool(people) and request.window_from < now and now.second > 0,
        "a window from a second": bool(people) and request.window_from.second > 0,
        "a market's own rules": bool(people) and policy.version > 1,
        "a category's own rules": bool(people) and policy.category_id is not None,
        "hidden reviews": any(
            fact.stars is not None and fact.at > now for person in people for fact in person.facts
        ),
        **{
            f"candidates in {hours}": bool(people) and hours == odd_hours(request, now, market_zone)
            for hours in ("evenings", "nights", "sundays")
        },
        "papers asked": bool(request.papers) and bool(people),
        "languages asked": bool(request.languages) and bool(people),
        "tools asked": bool(request.needs) and bool(people),
        "only some asked about": request.only is not None and bool(people),
        "asked by a provider": request.resident_id in sources.people,
    }
    return {
        f"urgency: {request.urgency}",
        f"budget: {request.budget_kind}",
        f"tier: {floors.index(verdict.tier.eligible_at_least) + 1} of {len(floors)}",
        *(f"fell out: {name}" for name in verdict.fell_out),
        *(name for name, happened in yes.items() if happened),
    }


def odd_hours(request: matching.Request, now: datetime, zone: ZoneInfo) -> str | None:
    """The hours at which few work that hold the whole window, on the market's clock."""
    kinds = set[str | None]()
    at = request.earliest(now)
    while at < request.window_to and len(kinds) < 2:
        local = at.astimezone(zone)
        if local.hour < 7:
            kinds.add("nights")
        elif local.weekday() == 6:
            kinds.add("sundays")
        else:
            kinds.add("evenings" if local.hour >= 19 else None)
        at += timedelta(minutes=30)
    return kinds.pop() if len(kinds) == 1 else None


#: What must have happened often enough for the agreement to mean something.
EXPECTED = (
    *(f"fell out: {name}" for name in matching.FILTERS),
    *(f"urgency: {urgency}" for urgency in markets.models.URGENCIES),
    *(f"budget: {kind}" for kind in ("fixed", "hourly", "quotes")),
    *(f"tier: {number} of 3" for number in (1, 2, 3)),
    *("slot as preferred", "another slot", "no slot"),
    *("candidates", "nobody in reach", "everybody busy", "fifty eligible or more"),
    *("a tie", "cut by the limit", "only some asked about", "asked by a provider"),
    *("reach by area", "an area with a hole", "an area across the antimeridian"),
    *("a base across the antimeridian", "at a high latitude", "around a pole"),
    *("from a fresh position", "a stale position", "outside hours"),
    *("the clocks change in the window", "exceptions", "overlapping weekly stretches"),
    *("a visit in the window", "a long way from a visit"),
    *("a window begun", "too little of the window left", "a window over"),
    *("now with seconds", "a window from a second", "in an hour that comes twice"),
    *("hidden reviews",),
    *("a market's own rules", "a category's own rules"),
    *("papers asked", "languages asked", "tools asked"),
    *("candidates in evenings", "candidates in nights", "candidates in sundays"),
)


@pytest.fixture
def many_markets(own_database: Engine) -> Engine:
    """A database with the markets the worlds lie in."""
    with Session(own_database) as session:
        worlds.open_markets(session)
        session.commit()
    return own_database


@pytest.mark.timeout(300 * DEPTH)
def test_rank_and_slot_agree_with_the_oracle(many_markets: Engine) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=WORLDS * DEPTH,
        derandomize=DEPTH == 1,
        database=None,
        deadline=None,
        # A smaller world would be nicer to read and take minutes to find; the message
        # names the question and the people it is about instead.
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(worlds.worlds(requests=REQUESTS))
    def every_answer_is_the_same(world: worlds.World) -> None:
        with many_markets.connect() as connection, Session(connection) as session:
            town, people = worlds.build(session, world)
            prepared = world.chance("baselines").random()
            if prepared < 0.4:
                # Derived first, so that figures are counted last as of the world's own time.
                session.execute(text("SET CONSTRAINTS search_index_settle IMMEDIATE"))
                session.execute(text("SET CONSTRAINTS search_index_settle DEFERRED"))
            for category_id in town.categories if prepared < 0.6 else ():
                matching.index.take_baseline(
                    session, town.market_id, category_id, now=town.built_at
                )
            sources = oracle.read(session)
            for index in range(world.requests):
                question = worlds.question(session, town, people, index)
                seen.update(compare(session, sources, question))
                seen["cases"] += 1

    every_answer_is_the_same()
    print(  # noqa: T201  # With -s, or when the next lines fail, this is what to look at.
        f"{seen['cases']} cases agree.",
        *(f"{n:6} {name}" for name, n in sorted(seen.items())),
        sep="\n",
    )
    assert seen["cases"] >= 2_000 * DEPTH
    assert [name for name in EXPECTED if not seen[name]] == []


def compare(session: Session, sources: oracle.Sources, question: worlds.Question) -> set[str]:
    """Ask both, complain of any difference; returns what the case was about."""
    request, policy, now = question.request, question.policy, question.now
    verdict = oracle.rank(sources, request, policy, now=now)
    found = []
    for judge in ("best", "nearest" if request.job_id.int % 3 == 0 else "everybody"):
        ranking = matching.rank(
            session, request, policy, question.limit, now=now, purpose=None, judge=judge
        )
        found += [f"{judge}: {one}" for one in differences(ranking, verdict, question.limit)]
        if judge == "everybody" and not ranking.complete:
            found.append("judged everybody and is not complete")
    wanted: dict[str, Any] = {
        "provider_id": question.provider_id,
        "preferred_at": question.preferred_at,
        "now": now,
    }
    slot = matching.slot(session, request, policy, **wanted)
    expected = oracle.slot(sources, request, policy, **wanted)
    if slot != expected:
        found.append(f"slot of {wanted}: the engine says {slot}, the oracle {expected}")
    concerned = [
        str(person)
        for person in sources.people.values()
        if any(str(person.id) in line for line in found)
    ]
    assert not found, "\n".join([*found, str(question), *concerned[:2]])
    kind = (
        "no slot"
        if slot is None
        else "slot as preferred"
        if slot == question.preferred_at
        else "another slot"
    )
    return situations(question, verdict, sources) | {kind}


# Sources changed through the rooms' own doors --------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_whatever_changes_the_sources_the_ranking_follows(session: Session, seed: int) -> None:
    """Free time is stored; every door that changes what it is made of must renew it."""
    rng = random.Random(seed)
    # The Friday before the clocks go back.
    now = datetime(2026, 10, 23, 5, 0, tzinfo=UTC) + rng.randrange(86_400) * timedelta(seconds=1)
    lyon = markets.market_by_slug(session, "lyon")
    category = markets.category_by_slug(session, "gutter-cleaning")
    resident = factories.account(session)
    people = [
        factories.provider(session, base=worlds.near(rng, factories.LYON, 9_000), now=now)
        for _ in range(5)
    ]
    booked: list[uuid.UUID] = []
    for step in range(12):
        now += rng.choice([0, 1, 47, 3600, 7 * 3600]) * timedelta(seconds=1)
        now = _change_something(session, rng, rng.choice(people), resident, booked, now)
        sources = oracle.read(session)
        for urgency in markets.models.URGENCIES:
            starts_at = now.replace(minute=0) + rng.randint(-1, 30) * HOUR
            request = matching.Request(
                job_id=uuid.UUID(int=rng.getrandbits(128)),
                market_id=lyon.id,
                category_id=category.id,
                resident_id=resident.id,
                place=worlds.near(rng, factories.LYON, 9_000),
                window_from=starts_at,
                window_to=starts_at + rng.choice([3, 12, 72]) * HOUR,
                duration_minutes=rng.choice([30, 90]),
                urgency=urgency,
                budget_kind="fixed",
                budget_cents=9_000,
            )
            compare(
                session,
                sources,
                worlds.Question(
                    request=request,
                    policy=markets.policy_in_force(
                        session,
                        market_id=lyon.id,
                        category_id=category.id,
                        urgency=urgency,
                        now=now,
                    ),
                    limit=10,
                    now=now,
                    provider_id=people[step % 5].account_id,
                    preferred_at=starts_at + 2 * HOUR,
                ),
            )


def _change_something(
    session: Session,
    rng: random.Random,
    provider: providers_models.Provider,
    resident: accounts_models.Account,
    booked: list[uuid.UUID],
    now: datetime,
) -> datetime:
    """One of the things that may happen to a calendar; returns when it is done."""
    account = session.get_one(accounts_models.Account, provider.account_id)
    change = rng.choice(["calendar", "duty", "book", "release", "move", "extend"])
    if change == "calendar":
        first = now.replace(minute=15) + rng.randint(0, 40) * HOUR
        providers.put_calendar(
            session,
            account,
            time_zone=rng.choice(["Europe/Paris", "America/Martinique"]),
            weekly=[
                providers.Hours(
                    weekday=rng.randrange(7), from_time=f"{start:02}:30", to_time=f"{end:02}:00"
                )
                for start, end in [sorted(rng.sample(range(24), 2)) for _ in range(9)]
            ],
            exceptions=[
                providers.Exceptional(
                    from_at=first, to_at=first + 5 * HOUR, available=rng.random() < 0.5
                )
            ],
            now=now,
        )
    elif change == "duty":
        online = rng.random() < 0.7
        position = worlds.near(rng, factories.LYON, 9_000)
        providers.put_presence(session, account, online=online, position=position, now=now)
    elif change == "book":
        job = factories.job(session, now=now, resident=resident)
        starts_at = now.replace(minute=0, second=0) + rng.randint(1, 40) * 2 * HOUR
        providers.book(
            session,
            market_id=job.market_id,
            provider_id=factories.provider(session, now=now).account_id
            if _is_taken(session, provider.account_id, starts_at)
            else provider.account_id,
            job_id=job.id,
            starts_at=starts_at,
            ends_at=starts_at + 90 * MINUTE,
            buffer_minutes=15,
            place=worlds.near(rng, factories.LYON, 30_000),
            now=now,
        )
        booked.append(job.id)
    elif change == "release" and booked:
        providers.release(session, job_id=rng.choice(booked), because="cancelled", now=now)
    elif change == "move":
        providers.put_profile(
            session,
            account,
            headline="",
            base=worlds.near(rng, factories.LYON, 9_000),
            reach_m=rng.choice([3_000, 30_000]),
            reach_area=None,
            minimum_visit_cents=2_500,
            currency="EUR",
            skills=[factories.skill()],
            languages=["fr"],
            tools=[],
            now=now,
        )
    elif change == "extend":
        now += DAY + MINUTE
        providers.extend_due(session, now=now, limit=2)
    return now


def _is_taken(session: Session, provider_id: uuid.UUID, starts_at: datetime) -> bool:
    visits = oracle.read(session).people[provider_id].visits
    return any(
        visit.starts_at < starts_at + 90 * MINUTE and starts_at < visit.ends_at for visit in visits
    )


# Single truths, each once untrue ----------------------------------------------------------


def ask(session: Session, now: datetime, **changes: Any) -> matching.Request:
    """Who cleans a gutter in Lyon tomorrow, 08 to 18?"""
    tomorrow = (now + DAY).replace(hour=6, minute=0, second=0, microsecond=0)
    values: dict[str, Any] = {
        "job_id": uuid.uuid4(),
        "market_id": markets.market_by_slug(session, "lyon").id,
        "category_id": markets.category_by_slug(session, "gutter-cleaning").id,
        "resident_id": uuid.uuid4(),
        "place": factories.LYON,
        "window_from": tomorrow,
        "window_to": tomorrow + 10 * HOUR,
        "duration_minutes": 90,
        "urgency": "scheduled",
        "budget_kind": "fixed",
        "budget_cents": 9_000,
    }
    return matching.Request(**(values | changes))


def rules(session: Session, now: datetime, request: matching.Request) -> markets.Policy:
    return markets.policy_in_force(
        session,
        market_id=request.market_id,
        category_id=request.category_id,
        urgency=request.urgency,
        now=now,
    )


def ranked(
    session: Session, now: datetime, request: matching.Request, **kwargs: Any
) -> matching.Ranking:
    return matching.rank(session, request, rules(session, now, request), 10, now=now, **kwargs)


def test_nobody_is_an_answer(session: Session, now: datetime) -> None:
    ranking = ranked(session, now, ask(session, now))
    assert (ranking.candidates, ranking.near_misses, dict(ranking.fell_out)) == ([], [], {})
    assert (ranking.in_reach, ranking.ranked, ranking.eligible) == (0, 0, 0)
    assert ranking.tier.thin


def test_a_window_that_is_over_finds_nobody(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    for late in (-HOUR, -3 * DAY):
        over = {"window_from": now - 2 * HOUR + late, "window_to": now + late}
        request = ask(session, now, **over, outside_hours=True)
        assert dict(ranked(session, now, request).fell_out) == {"slot": 1}
        slot = matching.slot(
            session,
            request,
            rules(session, now, request),
            provider_id=provider.account_id,
            preferred_at=request.window_from,
            now=now,
        )
        assert slot is None


def test_a_slot_starts_on_a_whole_minute(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    odd = timedelta(seconds=27, microseconds=3)
    begun = ask(session, now, window_from=now, window_to=now + 5 * HOUR)
    assert ranked(session, now + odd, begun).candidates[0].starts_at == now + MINUTE
    request = ask(session, now, window_from=now + HOUR + odd)
    assert ranked(session, now, request).candidates[0].starts_at == now + HOUR + MINUTE

    providers.put_calendar(
        session,
        session.get_one(accounts_models.Account, provider.account_id),
        time_zone="Europe/Paris",
        weekly=[],
        exceptions=[
            providers.Exceptional(
                from_at=now + DAY + odd, to_at=now + DAY + 91 * MINUTE, available=True
            )
        ],
        now=now,
    )
    assert ranked(session, now, ask(session, now)).candidates[0].starts_at == now + DAY + MINUTE
    too_long = ask(session, now, duration_minutes=91)
    assert dict(ranked(session, now, too_long).fell_out) == {"slot": 1}


def test_asking_about_one_leaves_the_tier_as_it_is(session: Session, now: datetime) -> None:
    people = [factories.provider(session, now=now).account_id for _ in range(11)]
    everybody = ranked(session, now, ask(session, now))
    one = ranked(session, now, ask(session, now, only=people[:1]))
    assert (one.eligible, one.tier) == (everybody.eligible, everybody.tier)
    assert (one.in_reach, one.ranked) == (1, 1)
    assert not one.tier.thin


def test_offers_of_the_first_hour_count_where_midnight_comes_twice(
    session: Session, now: datetime
) -> None:
    """In the Azores, on the last Sunday of October, 01:00 becomes 00:00 once more."""
    place = (-25.67, 37.74)
    azores = markets.create_market(
        session,
        slug="azores",
        name="Azores",
        area=factories.square(place, 0.3),
        time_zone="Atlantic/Azores",
        currency="EUR",
        country="PT",
        now=now,
    )
    first_midnight = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    second_half_past = first_midnight + 90 * MINUTE
    provider = factories.provider(session, base=place, now=first_midnight)
    request = ask(session, first_midnight, market_id=azores.id, place=place)
    most = rules(session, first_midnight, request).pushes_a_day
    for minute in range(most):
        offer_id = uuid.uuid4()
        for kind in ("asked", "answered"):
            providers.record.write(
                session,
                kind=kind,
                provider_id=provider.account_id,
                market_id=azores.id,
                category_id=request.category_id,
                urgency=request.urgency,
                subject_id=offer_id,
                at=first_midnight + minute * MINUTE,
            )
    full = ranked(session, second_half_past, request)
    assert dict(full.fell_out) == {"daily-offers": 1}
    assert ranked(session, second_half_past + DAY, request).ranked == 1


#: In Santiago 24:00 becomes 23:00 once more at the first, and 00:00 becomes 01:00 at the second.
PUT_BACK = datetime(2026, 4, 5, 3, 0, tzinfo=UTC)
PUT_FORWARD = datetime(2026, 9, 6, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "weekday", "from_time", "to_time"),
    [
        # Over before, by the first half past eleven; begun before, and on until midnight.
        (PUT_BACK, 5, "20:00", "23:30"),
        (PUT_BACK, 5, "23:30", "24:00"),
        # Readings of no clock: what ends or begins there does so half an hour after the change.
        (PUT_FORWARD, 6, "00:00", "00:30"),
        (PUT_FORWARD, 6, "00:30", "03:00"),
    ],
)
def test_right_after_a_change_of_the_clock_hours_are_those_of_the_calendar(
    session: Session, change: datetime, weekday: int, from_time: str, to_time: str
) -> None:
    now = change - 12 * HOUR
    place = (-70.65, -33.45)
    santiago = markets.create_market(
        session,
        slug="santiago",
        name="Santiago",
        area=factories.square(place, 0.3),
        time_zone="America/Santiago",
        currency="EUR",
        country="FR",
        now=now,
    )
    provider = factories.provider(session, base=place, now=now)
    providers.put_calendar(
        session,
        session.get_one(accounts_models.Account, provider.account_id),
        time_zone="America/Santiago",
        weekly=[providers.Hours(weekday=weekday, from_time=from_time, to_time=to_time)],
        exceptions=[],
        now=now,
    )
    derive(session, provider, at=now)
    sources = oracle.read(session)
    found = 0
    for minutes, length in itertools.product(range(-120, 181, 15), (30, 60, 90)):
        starts_at = change + minutes * MINUTE
        request = ask(
            session,
            now,
            market_id=santiago.id,
            place=place,
            window_from=starts_at,
            window_to=starts_at + length * MINUTE,
            duration_minutes=30,
        )
        policy = rules(session, now, request)
        verdict = oracle.rank(sources, request, policy, now=now)
        for judge in ("best", "everybody"):
            ranking = ranked(session, now, request, judge=judge)
            assert differences(ranking, verdict, 10) == [], (judge, minutes, length)
        found += len(verdict.placed)
    assert found > 0


@pytest.mark.parametrize("days", [-90, -1, 0, 90])
def test_who_added_hours_is_found_in_them_whenever_their_row_was_derived(
    session: Session, now: datetime, days: int
) -> None:
    """They work Monday to Saturday from eight to seven, and in these hours."""
    provider = factories.provider(session, now=now)
    midnight = datetime(2026, 6, 2, 22, 0, tzinfo=UTC)
    added = {
        "evening": midnight - 4 * HOUR,
        "night": midnight + 3 * HOUR,
        "Sunday": midnight + 4 * DAY + 14 * HOUR,
    }
    providers.put_calendar(
        session,
        session.get_one(accounts_models.Account, provider.account_id),
        time_zone="Europe/Paris",
        weekly=providers.get_calendar(session, provider.account_id).weekly,
        exceptions=[
            providers.Exceptional(from_at=starts_at, to_at=starts_at + HOUR, available=True)
            for starts_at in added.values()
        ],
        now=now,
    )
    derive(session, provider, at=now + days * DAY)
    for hours, starts_at in added.items():
        request = ask(
            session,
            now,
            window_from=starts_at,
            window_to=starts_at + HOUR,
            duration_minutes=30,
        )
        for judge in ("best", "everybody"):
            best = ranked(session, now, request, judge=judge).candidates
            assert [one.starts_at for one in best] == [starts_at], (hours, judge)


def derive(session: Session, provider: providers_models.Provider, *, at: datetime) -> None:
    """What the index says of somebody, and what it is made by, as of an instant."""
    session.execute(text("SET CONSTRAINTS search_index_settle IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS search_index_settle DEFERRED"))
    matching.index.take_baselines(session, now=at)
    told = {"id": provider.account_id, "at": at}
    session.execute(text("SELECT search_index_derive(ARRAY[CAST(:id AS uuid)], :at)"), told)


def test_a_far_visit_days_away_is_minded_by_who_walks(session: Session, now: datetime) -> None:
    """At an hour a kilometre, forty kilometres take longer than a day."""
    provider = factories.provider(session, now=now)
    job = factories.job(session, now=now)
    far = (factories.LYON[0], factories.LYON[1] + 0.4)
    tomorrow = (now + DAY).replace(hour=6)
    providers.book(
        session,
        market_id=job.market_id,
        provider_id=provider.account_id,
        job_id=job.id,
        starts_at=tomorrow + 40 * HOUR,
        ends_at=tomorrow + 41 * HOUR,
        buffer_minutes=15,
        place=far,
        now=now,
    )
    request = ask(session, now)
    policy = rules(session, now, request)
    for min_per_km, fits in ((2.0, 1), (60.0, 0)):
        walking = replace(policy, travel_min_per_km=min_per_km)
        assert matching.rank(session, request, walking, 10, now=now).ranked == fits


def test_a_prior_that_weighs_nothing_still_stands_for_the_unrated(
    session: Session, now: datetime
) -> None:
    factories.provider(session, now=now)
    request = ask(session, now)
    policy = replace(rules(session, now, request), rating_prior_weight=0.0)
    ranking = matching.rank(session, request, policy, 10, now=now)
    assert ranking.candidates[0].stars == policy.rating_prior_stars


def test_who_is_equal_is_ordered_by_the_hash_whatever_the_order_of_their_reviews(
    session: Session, now: datetime
) -> None:
    stars = [(5, 3), (4, 40), (3, 333), (1, 71), (5, 19), (2, 5), (5, 211)]
    lyon = markets.market_by_slug(session, "lyon")
    people = []
    for _ in range(12):
        people.append(factories.provider(session, now=now).account_id)
        random.Random(len(people)).shuffle(stars)
        for given_stars, days in stars:
            providers.record.write(
                session,
                kind="rated",
                provider_id=people[-1],
                market_id=lyon.id,
                category_id=1,
                urgency="scheduled",
                subject_id=uuid.uuid4(),
                at=now - days * DAY,
                stars=given_stars,
            )
    for _ in range(5):
        request = ask(session, now)
        order = [one.provider_id for one in ranked(session, now, request).candidates]
        assert order == sorted(people, key=lambda who: oracle.tie(request.job_id, who))[:10]


def test_a_search_leaves_counts_and_no_places(session: Session, now: datetime) -> None:
    factories.provider(session, now=now)
    factories.provider(session, languages=["de"], now=now)
    request = ask(session, now, languages=("fr",))
    ranked(session, now, request, purpose=None)
    assert session.scalars(select(matching_models.Search)).all() == []
    ranked(session, now, request, judge="everybody")
    session.expire_all()
    search = session.scalars(select(matching_models.Search)).one()
    assert (search.job_id, search.at, search.purpose) == (request.job_id, now, "look")
    assert (search.in_reach, search.ranked, search.fell_out) == (2, 1, {"language": 1})
    assert search.complete
    assert search.cell == geography.demand_cell(factories.LYON)
    assert (search.market_id, search.urgency) == (request.market_id, "scheduled")


def test_nobody_has_no_slot(session: Session, now: datetime) -> None:
    request = ask(session, now)
    slot = matching.slot(
        session,
        request,
        rules(session, now, request),
        provider_id=uuid.uuid4(),
        preferred_at=request.window_from,
        now=now,
    )
    assert slot is None
